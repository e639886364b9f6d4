"""Draws in, a few numbers with their Monte Carlo errors out."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from math import isfinite
from numbers import Real
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.measures import LINEAR, Measure
from nestimate.errors import DesignError
from nestimate.inference import diagnostics, work
from nestimate.remedies import Advice
from nestimate.results.estimates.quantities import Quantity
from nestimate.values import check_fields
from nestimate.words import CiKind, Contrasts

Array = NDArray[np.float64]
Interval = Literal["hdi", "eti", "simultaneous"]

#: Where the errors of an HDI are not worked out one by one (units, blocks) they are those of
#: quantiles times this, measured in simulations from normal and t draws: it may slide a little.
HDI_EXCESS = 1.5
#: Fields of a summary that its record leaves out: the words that are made of them stand in it.
UNTOLD = ("kind", "of")
#: Quantities of one kind from which their errors are worked out quickly.
MANY = 20
#: Share of an interval's width below which the lower end of a scale or share is near 0.
NEAR = 0.02
#: Width of the 95 % interval of a normal in SDs.
NORMAL = 3.92


@dataclass(frozen=True, kw_only=True, repr=False)
class Summary:
    """One estimated quantity.

    Attributes
    ----------
    name
        What it is: `drug - placebo`, `tau[drug]`.
    mean, median
        Of the posterior. Where no mean need exist (an effect size, a Student-t unit not yet seen)
        both are the median. Of a ratio `mean` is the exponential of the mean of its logarithm (its
        geometric mean), so that the ratio the other way round is its inverse.
    sd, sd_log
        SD of the posterior; None where no mean exists, and for a ratio, whose SD has no stable
        value: `sd_log` is then the SD of its logarithm.
    ci_low, ci_high, ci_prob, ci_kind
        Credible interval, its mass, and `hdi` (narrowest), `eti` (equal tails) or `simultaneous`
        (the mass is that of all differences being inside at once).
    p_gt_0, p_in_rope
        Probability above zero (a ratio: above one) and inside the region of practical equivalence;
        None where the question makes no sense or no region was given.
    ess, mcse_mean
        Effective draws (the smaller of bulk and tails) and Monte Carlo error of the mean.
    mcse_ci_low, mcse_ci_high
        Monte Carlo errors of the interval's two ends.
    measure
        How it is worked out and said: as it stands, or as a ratio.
    positive
        Whether it lies above 0 whatever the data, as a scale or a share does.
    kind, of
        What it is, and of what; see `Quantity`.
    """

    name: str
    mean: float
    median: float
    sd: float | None
    ci_low: float
    ci_high: float
    ci_prob: float
    ci_kind: Interval
    p_gt_0: float | None
    p_in_rope: float | None
    ess: float
    mcse_mean: float
    mcse_ci_low: float
    mcse_ci_high: float
    sd_log: float | None = None
    measure: Measure = LINEAR
    positive: bool = False
    kind: str = ""
    of: str = ""

    def __repr__(self) -> str:
        """Say the mean and the interval in one line; digits are rounded in `words`."""
        ends = f"{self.ci_low:.4g} to {self.ci_high:.4g}"
        return f"<{self.name}: {self.mean:.4g}, {100 * self.ci_prob:g} % {self.ci_kind} {ends}>"

    @property
    def reaches_zero(self) -> bool:
        """Whether nothing parts the interval of a scale or share from 0."""
        least = max(2 * self.mcse_ci_low, NEAR * (self.ci_high - self.ci_low))
        return self.positive and self.ci_low < least

    @property
    def spread(self) -> float:
        """SD on the scale on which it is worked out: of a ratio, that of its logarithm.

        What has none is measured by its interval.
        """
        if self.sd is None and self.sd_log is None:
            return self.width / NORMAL
        return (self.sd if self.sd_log is None else self.sd_log) or 0.0

    @property
    def width(self) -> float:
        """Width of the interval on the scale on which it is worked out."""
        low, high = self.measure.worked((self.ci_low, self.ci_high))
        return float(high - low)

    def worked_error(self, what: Literal["mean", "ci_low", "ci_high"]) -> float:
        """Monte Carlo error of a number on the scale on which it is worked out."""
        error: float = getattr(self, f"mcse_{what}")
        one = self.measure.error(getattr(self, what), 1.0)
        return error / one if one > 0 else error

    def record(self) -> dict[str, Any]:
        """Return the fields as plain values for JSON, which knows no infinity."""
        fields = (asdict(self) | {"measure": self.measure.name}).items()
        return {
            k: None if isinstance(v, float) and not isfinite(v) else v
            for k, v in fields
            if k not in UNTOLD
        }


def _edges(rope: object) -> tuple[float, float]:
    """Return the ends of a region of practical equivalence as they were given."""
    edges = tuple(rope) if isinstance(rope, Sequence | np.ndarray) else ()
    numbers = all(isinstance(edge, Real) and isfinite(edge) for edge in edges)
    if len(edges) != 2 or not numbers:
        raise DesignError(f"rope is {rope}: give two numbers, such as -0.5 and 0.5.")
    low, high = (float(edge) for edge in edges)
    if not low < high:
        raise DesignError(f"rope runs from {low:g} to {high:g}: the lower end comes first.")
    return low, high


def _values(at: object) -> dict[str, tuple[float, ...]]:
    """Return the values stated of measurements: `age=20,40; dose=1`, or a mapping of them."""
    given: dict[str, Any] = {}
    if isinstance(at, Mapping):
        given = {str(name): value for name, value in at.items()}
    for part in at.split(";") if isinstance(at, str) else ():
        name, _, text = part.partition("=")
        given[name.strip()] = text.split(",")
    found: dict[str, tuple[float, ...]] = {}
    for name, values in given.items():
        several = values if isinstance(values, Sequence | np.ndarray) else [values]
        try:
            numbers = tuple(float(value) for value in several)
        except (TypeError, ValueError):
            numbers = ()
        if not (name and numbers and all(map(isfinite, numbers))):
            found = {}
            break
        found[name] = tuple(dict.fromkeys(numbers))
    if not found:
        raise DesignError(
            f"at is {at!r}: write a measurement and a number, 'age=40'; several values with "
            "commas, several measurements with semicolons, 'age=20,40; dose=1'."
        )
    return found


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked of the draws, and how quantities are summarised.

    Attributes
    ----------
    contrast
        `reference` (each group less the reference), `pairs` (all pairs), or expressions in group
        labels: `"(b + c) / 2 - a"`, several in a list.
    order
        Labels of the groups in their order, `"0,1,3,10"`: each step, the linear trend, and how
        probably the mean rises at every step are then asked for (`contrast` `steps`, `trend`). Of
        several factors the one that has an order is named, `"day=0,1,3"`.
    adjust
        Covariates, `"age,baseline"`: groups are compared at the mean of these columns of numbers,
        with one slope for all groups.
    at
        Values of measurements of a formula, or of covariates, at which groups are compared,
        `"age=40"` or `{"age": 40}`; of several, `"age=20,40"`, at the first, and at the others as
        well. Left out: at their mean.
    relative_to
        The control that raw values are taken relative to inside each block: ratios to it, worked
        out as differences of logarithms (`scale` `log` with this `reference`).
    against
        Compare every group, or all rows without a column of groups, with this value instead.
    rope
        Region of practical equivalence of a difference (low, high), in the unit of the value; of
        ratios (on a log scale, of counts and of shares) about 1, such as (0.8, 1.25).
    ci_prob, ci_kind
        Mass of the credible intervals, and `hdi` or `eti`.
    simultaneous
        Intervals of the differences that hold all at once with that mass.
    bayes_factor
        Also give Bayes factors for differences of exactly zero, with the prior they follow.
    """

    contrast: Contrasts | Sequence[str] = "reference"
    order: str | Sequence[str] | None = None
    adjust: str | Sequence[str] | None = None
    at: str | Mapping[str, float | Sequence[float]] | None = None
    relative_to: str | None = None
    against: float | None = None
    rope: tuple[float, float] | None = None
    ci_prob: float = 0.95
    ci_kind: CiKind = "hdi"
    simultaneous: bool = False
    bayes_factor: bool = False

    def check(self) -> None:
        """Refuse what cannot be asked; lists become tuples, as do the ends of the ROPE.

        Raises
        ------
        DesignError
            When an option is of the wrong kind, or out of range.
        """
        check_fields(self, Question)
        if self.against is not None and not isfinite(self.against):
            raise DesignError(f"against is {self.against}: it must be a finite number.")
        if self.against is not None and self.contrast != "reference":
            raise DesignError(
                "against compares each group with that value, contrast groups with each other: ask "
                "for one of them at a time."
            )
        if not 0 < self.ci_prob < 1:
            raise DesignError(
                f"ci_prob is {self.ci_prob:g}: it must lie between 0 and 1, such as 0.95 for a "
                "95 % interval."
            )
        for name, example in (("contrast", "b - a"), ("order", "0,1,3"), ("adjust", "age")):
            given = getattr(self, name)
            if isinstance(given, str | None) and (given is not None or name != "contrast"):
                continue
            if not (isinstance(given, Sequence) and all(isinstance(c, str) for c in given)):
                raise DesignError(f"{name} is {given!r}: write '{example}', or a list of such.")
            word = name == "contrast" and len(given) == 1  # such as `pairs`
            object.__setattr__(self, name, given[0] if word else tuple(given))
        if self.rope is not None:
            object.__setattr__(self, "rope", _edges(self.rope))
        if self.at is not None:
            object.__setattr__(self, "at", _values(self.at))

    @property
    def covariates(self) -> tuple[str, ...]:
        """The columns that groups are adjusted for."""
        given = self.adjust.split(",") if isinstance(self.adjust, str) else self.adjust or ()
        return tuple(name.strip() for name in given)

    @property
    def values_at(self) -> dict[str, tuple[float, ...]]:
        """The values of measurements at which groups are compared; none where none is stated."""
        return {} if self.at is None else _values(self.at)

    def interval(self, values: Array, weights: Array) -> tuple[float, float]:
        """Return the ends of the interval for one quantity, values of shape (draws,)."""
        if self.ci_kind == "hdi":
            return diagnostics.hdi(values, weights, self.ci_prob)
        tail = 0.5 * (1 - self.ci_prob)
        low, high = diagnostics.quantile(values, weights, np.array([tail, 1 - tail]))
        return float(low), float(high)

    def errors(
        self, values: Array, weights: Array, ends: tuple[float, float], *, quick: bool = False
    ) -> tuple[float, float]:
        """Return the Monte Carlo errors of the ends of an interval, values ascending."""
        if self.ci_kind == "hdi" and not quick and values[0] < values[-1]:
            return diagnostics.mcse_hdi(values, weights, self.ci_prob)
        found = diagnostics.mcse_quantiles(values, weights, np.array(ends))
        low, high = (HDI_EXCESS if self.ci_kind == "hdi" else 1.0) * found
        return float(low), float(high)

    def of_contrasts(self, quantities: Sequence[Quantity]) -> tuple[Summary, ...]:
        """Summarise differences of the same draws, each by itself or all at once, as was asked."""
        if not self.simultaneous or not quantities:
            return self.summaries(quantities)
        each = self.of_each([quantity.values for quantity in quantities], quantities[0].weights)
        return tuple(
            replace(each.summary(quantity), ci_prob=self.ci_prob, ci_kind="simultaneous")
            for quantity in quantities
        )

    def of_each(self, values: Sequence[Array], weights: Array) -> Self:
        """Return how each of several differences is summarised.

        Intervals that hold all at once have equal tails and equal mass, as much of it as puts the
        given share of the draws inside all of them; the others are as they were asked.

        Parameters
        ----------
        values, weights
            The draws of every difference, shape (draws,), and their weights.
        """
        if not self.simultaneous:
            return self
        farthest = np.zeros(weights.size)
        for own in values:
            order = np.argsort(own, kind="stable")
            below = np.empty(weights.size)
            below[order] = np.cumsum(weights[order]) - 0.5 * weights[order]
            farthest = np.maximum(farthest, np.abs(2 * below - 1))
        mass = float(diagnostics.quantile(farthest, weights, np.array([self.ci_prob]))[0])
        return replace(self, ci_kind="eti", ci_prob=mass)

    def summaries(
        self, quantities: Sequence[Quantity], *, quick: bool = False
    ) -> tuple[Summary, ...]:
        """Summarise the draws of several quantities; quickly, where there are many."""
        work.say("summarising")
        quick = quick or len(quantities) > MANY
        return tuple(self.summary(quantity, quick=quick) for quantity in quantities)

    def summary(self, quantity: Quantity, *, quick: bool = False) -> Summary:
        """Summarise the draws of one quantity; quickly, where there are many of its kind."""
        values, weights = quantity.values, quantity.weights
        order = diagnostics.ascending(values)
        values, weights = values[order], weights[order]
        mean, sd = diagnostics.mean_and_sd(values, weights)
        low, high = self.interval(values, weights)
        ess = float(diagnostics.ess(values[:, None], weights)[0])
        error_low, error_high = self.errors(values, weights, (low, high), quick=quick)
        middle = diagnostics.quantile(values, weights, np.array([0.5]))[0]
        error_point = diagnostics.mcse_mean(values, weights)
        if not quantity.mean_exists:
            mean = middle
            error_point = diagnostics.mcse_quantiles(values, weights, np.array([middle]))[0]
        measure, null = quantity.measure, quantity.null
        region = measure.worked(self.rope) if quantity.rope and self.rope else None
        said = measure.said((float(mean), float(middle), low, high))
        centre, median, start, end = (float(number) for number in said)
        return Summary(
            name=quantity.name,
            mean=centre,
            median=median,
            **measure.spreads(float(sd) if quantity.mean_exists else None, float(sd)),
            ci_low=start,
            ci_high=end,
            ci_prob=self.ci_prob,
            ci_kind=self.ci_kind,
            p_gt_0=None if null is None else _mass(values > measure.worked(null), weights),
            p_in_rope=(
                None
                if region is None
                else _mass((values >= region[0]) & (values <= region[1]), weights)
            ),
            ess=ess,
            mcse_mean=measure.error(centre, float(error_point)),
            mcse_ci_low=measure.error(start, float(error_low)),
            mcse_ci_high=measure.error(end, float(error_high)),
            measure=measure,
            positive=quantity.positive,
            kind=quantity.kind,
            of=quantity.of,
        )


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that was looked at before the answer is believed.

    Attributes
    ----------
    name, passed, value, text
        What was checked, whether it held, the number it rests on, and a sentence for the user.
    withholds
        Whether the answer is held back where it does not hold; otherwise it is advice.
    """

    name: str
    passed: bool
    value: float
    text: str
    withholds: bool = True

    @classmethod
    def of(
        cls, name: str, value: float, *, passed: bool, text: str, withholds: bool = True
    ) -> Self:
        """Return a check; numbers are made plain so that JSON can hold them."""
        return cls(
            name=name, passed=bool(passed), value=float(value), text=text, withholds=withholds
        )

    def record(self) -> dict[str, Any]:
        """Return the fields as plain values for JSON, with what can be done as option and value."""
        remedies = self.text.remedies if isinstance(self.text, Advice) else ()
        return asdict(self) | {"remedies": [asdict(remedy) for remedy in remedies]}


def _mass(event: NDArray[np.bool_], weights: Array) -> float:
    return float(np.clip(weights @ event, 0.0, 1.0))
