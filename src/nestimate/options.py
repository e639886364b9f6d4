"""Everything that may be chosen beside the roles: the words of command line and library."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import wraps
from inspect import signature
from math import isfinite
from numbers import Real
from typing import Any, cast

import numpy as np

from nestimate.data.designs.responses import MEASURED, WORDS
from nestimate.data.tables.reading import Reading
from nestimate.data.tables.reshape import WIDE
from nestimate.errors import ArgumentError, DesignError, one_of
from nestimate.model.parameters import PRESETS, ROBUST, SIGMA, TAU, Assumptions
from nestimate.remedies import Remedy
from nestimate.results.estimates.summaries import Interval, Question
from nestimate.values import Value
from nestimate.words import (
    CiKind,
    Contrasts,
    Decimal,
    Preset,
    Robust,
    Scale,
    Sigma,
    Tau,
    Wide,
    Words,
)

#: Words of version 0.1, and what they are called now.
FORMER = {"ci": "ci_prob", "contrasts": "contrast"}


@dataclass(frozen=True, kw_only=True, repr=False)
class Options(Value):
    """Everything that may be chosen beside the roles; the words of the command line.

    Attributes
    ----------
    response
        What a reading is: `measured`, `counts`, `k/n` (two columns: how many of how many),
        `proportion` (the values are 0 or 1) or `censored` (`<0.5`, `>100`, `BLQ`, `0.5-1`).
    exposure
        Column of the area, time or volume behind each count.
    limit
        Limit of detection that words such as `BLQ` stand for, or the column that holds it.
    robust
        `units` (units are Student-t: one outlier does not drag the answer) or `none` (normal).
        None: units, but none for counts and proportions, whose averages a Student-t has not.
    tau
        `own` or `common` between-unit scale; None: own for two groups, common for more.
    scale
        `linear`, or `log`: logarithms are analysed, ratios of geometric means reported; the ROPE is
        then one of ratios, such as (0.9, 1.1).
    sigma
        Replicate SD `common` to all groups, or each its `own`.
    n, sd, se
        Columns of summary rows: value is then the mean of n readings with that SD, or a mean with
        that standard error. A row without n is one reading.
    preset
        Set of priors: `default`, `kruschke2013` or `meredith2021`.
    prior
        Changed priors, `{"tau": "halfnormal(2)", "nu": 30}`; a number fixes the parameter.
    contrast
        `reference` (each group less the reference), `pairs` (all pairs), or expressions in group
        labels: `"(b + c) / 2 - a"`, several in a list.
    order
        Labels of the groups in their order, `"0,1,3,10"`: each step, the linear trend, and how
        probably the mean rises at every step are then asked for (`contrast` `steps`, `trend`).
    adjust
        Covariates, `"age,baseline"`: groups are compared at the mean of these columns of numbers,
        with one slope for all groups.
    against
        Compare every group with this value instead; one group is then enough, and without a
        column of groups all rows are one.
    rope
        Region of practical equivalence of a difference (low, high), in the unit of the value.
    ci_prob, ci_kind
        Mass of the credible intervals, and `hdi` or `eti`.
    simultaneous
        Intervals of the differences that hold all at once with that mass.
    bayes_factor
        Also give Bayes factors for differences of exactly zero, with the prior they follow.
    ess
        Effective draws wanted behind every number.
    seed
        One seed, one answer.
    sheet
        Sheet of a workbook, where several hold data.
    decimal
        Decimal mark of numbers in text, `.` or `,`; the other mark may then group thousands. None:
        a number with a comma is refused.
    edits
        What is changed in the table before anything else, one line each and in order:
        `row 9, glucose = 5.1 # why`, `without mouse = m10 # why`. Each is said in the answer.
    value_unit
        Unit of measurement of the value, such as `mg/L`: stands on axes and after differences.
    wide
        `groups` (a column per group), `units` (a column per unit, its group in the title) or
        `replicates` (a column per reading of the unit in the row). None: such tables are
        recognised where nothing else can be meant.
    skip_rows
        How many rows at the top of a file are left out, `3`; or which, by the file's own count:
        `"2-4"`, `"9,14-16"`.
    header_row
        Row of a file that names the columns; what stands above is left out.
    na
        Cells that stand for no reading, several with commas between: `"n.d.,nd"`.
    fill_down
        Columns whose empty cells continue the label above, several with commas between.
    """

    __hash__ = Value.__hash__

    response: str = "measured"
    exposure: str | None = None
    limit: float | str | None = None
    robust: Robust | None = None
    tau: Tau | None = None
    scale: Scale = "linear"
    sigma: Sigma = "common"
    n: str | None = None
    sd: str | None = None
    se: str | None = None
    preset: Preset = "default"
    prior: Mapping[str, str | float] = field(default_factory=dict)
    contrast: Contrasts | Sequence[str] = "reference"
    order: str | Sequence[str] | None = None
    adjust: str | Sequence[str] | None = None
    against: float | None = None
    rope: tuple[float, float] | None = None
    ci_prob: float = 0.95
    ci_kind: CiKind = "hdi"
    simultaneous: bool = False
    bayes_factor: bool = False
    ess: float = 10_000
    seed: int = 1
    sheet: str | None = None
    decimal: Decimal | None = None
    edits: Sequence[str] = ()
    wide: Wide | None = None
    value_unit: str | None = None
    skip_rows: int | str | None = None
    header_row: int | None = None
    na: str | None = None
    fill_down: str | None = None

    def __post_init__(self) -> None:
        self._check_kinds()
        for what, value, allowed in (
            ("robust", self.robust or ROBUST[0], ROBUST),
            ("tau", self.tau or "own", TAU),
            ("scale", self.scale, ("linear", "log")),
            ("sigma", self.sigma, SIGMA),
            ("preset", self.preset, PRESETS),
            ("ci_kind", self.ci_kind, ("hdi", "eti")),
            ("wide", self.wide or WIDE[0], WIDE),
        ):
            if not isinstance(value, str) or value not in allowed:
                raise DesignError(f"{what}: {one_of('choice', str(value), allowed)}")
        if self.response not in WORDS and "/" not in self.response:
            raise DesignError(
                f"response: {one_of('choice', str(self.response), WORDS)} Of how many of how many "
                "name both columns, 'positive/total'."
            )
        self.reading.check()
        object.__setattr__(self, "edits", tuple(self.edits))
        if self.against is not None and not isfinite(self.against):
            raise DesignError(f"against is {self.against}: it must be a finite number.")
        if not 0 < self.ci_prob < 1:
            raise DesignError(
                f"ci_prob is {self.ci_prob:g}: it must lie between 0 and 1, such as 0.95 for a "
                "95 % interval."
            )
        if not 100 <= self.ess <= 1_000_000:
            raise DesignError(f"ess is {self.ess:g}: it must lie between 100 and 1,000,000.")
        if not isinstance(self.seed, int) or self.seed < 0:
            raise DesignError(f"seed is {self.seed}: it must be a whole number, 0 or above.")
        self._check_rope()

    def _check_kinds(self) -> None:
        """Refuse what is of the wrong kind, and take NumPy's numbers as plain ones."""
        for what in ("ci_prob", "ess", "against", "seed"):
            given = getattr(self, what)
            if isinstance(given, np.generic):
                object.__setattr__(self, what, given.item())
            elif (
                isinstance(given, bool)
                or not isinstance(given, Real | None)
                or (given is None and what != "against")
            ):
                raise DesignError(f"{what} is {given!r}: it must be a number.")
        for what in ("n", "sd", "se", "value_unit", "exposure"):
            given = getattr(self, what)
            if given is not None and not (isinstance(given, str) and given.strip()):
                raise DesignError(
                    f"{what} is {given!r}: give its name as text, '{given or 'mg/L'}'."
                )
        if not isinstance(self.prior, Mapping):
            raise DesignError(f"prior is {self.prior!r}: write {{'tau': 'halfnormal(2)'}}.")
        if not isinstance(self.contrast, str) and not (
            isinstance(self.contrast, Sequence) and all(isinstance(c, str) for c in self.contrast)
        ):
            raise DesignError(f"contrast is {self.contrast!r}: write 'b - a', or a list of such.")

    def _check_rope(self) -> None:
        if self.rope is None:
            return
        edges = tuple(self.rope) if isinstance(self.rope, Sequence | np.ndarray) else ()
        numbers = all(isinstance(edge, Real) and isfinite(edge) for edge in edges)
        if len(edges) != 2 or not numbers:
            raise DesignError(f"rope is {self.rope}: give two numbers, such as -0.5 and 0.5.")
        low, high = (float(edge) for edge in edges)
        object.__setattr__(self, "rope", (low, high))
        if not low < high:
            raise DesignError(f"rope runs from {low:g} to {high:g}: the lower end comes first.")
        null, what = (1, "ratios") if self.scale == "log" else (0, "differences")
        if not low <= null <= high or (null and low <= 0):
            raise DesignError(
                f"rope runs from {low:g} to {high:g} and does not hold {null}: it is the range of "
                f"{what} that are as good as none."
            )

    @classmethod
    def of(cls, options: "Options | Words | Mapping[str, Any] | None") -> "Options":
        """Return options given as such, as a mapping of the same words, or not at all."""
        if isinstance(options, Options):
            return options
        # Words of version 0.1 are still taken.
        given = {FORMER.get(name, name): value for name, value in dict(options or {}).items()}
        allowed = [f.name for f in fields(cls)]
        for name in given:
            if name not in allowed:
                raise DesignError(f"options: {one_of('option', str(name), allowed)}")
        return cls(**given)

    def check_formula(self) -> None:
        """Refuse what belongs to roles and has no part in a formula."""
        if self.bayes_factor:
            raise DesignError(
                "bayes_factor belongs to compare: it needs priors of the group means."
            )
        if self.wide is not None:
            raise DesignError("wide belongs to compare: a formula needs one column per quantity.")
        if self.tau is not None or self.sigma != "common" or self.summary:
            raise DesignError(
                "tau, sigma, n, sd and se belong to compare: with a formula every random term has "
                "one spread, and every row is one reading."
            )
        if self.response != MEASURED or self.exposure or self.limit:
            raise DesignError(
                "response, exposure and limit belong to compare: a formula takes measurements only."
            )
        if self.order is not None or self.covariates:
            raise DesignError(
                "order and adjust belong to compare: in a formula covariates stand beside the "
                "factor, 'y ~ group + age'."
            )

    @property
    def assumptions(self) -> Assumptions:
        """The part that chooses the model."""
        return Assumptions(
            robust=self.robust or ROBUST[0],
            tau=self.tau,
            sigma=self.sigma,
            preset=self.preset,
            priors=self.prior,
        )

    @property
    def covariates(self) -> tuple[str, ...]:
        """The columns that groups are adjusted for."""
        given = self.adjust.split(",") if isinstance(self.adjust, str) else self.adjust or ()
        return tuple(name.strip() for name in given)

    @property
    def reading(self) -> Reading:
        """The part that says how a file is read."""
        return Reading(**{f.name: getattr(self, f.name) for f in fields(Reading)})

    @property
    def summary(self) -> dict[str, str]:
        """The columns of summary rows, by role."""
        given = {"n": self.n, "sd": self.sd, "se": self.se}
        return {role: name for role, name in given.items() if name is not None}

    @property
    def question(self) -> Question:
        """The part that chooses the summaries."""
        kind: Interval = "hdi" if self.ci_kind == "hdi" else "eti"
        asked = self.contrast if isinstance(self.contrast, str) else tuple(self.contrast)
        return Question(
            ci_prob=self.ci_prob,
            ci_kind=kind,
            rope=self.rope,
            contrasts=asked,
            against=self.against,
            simultaneous=self.simultaneous,
            bayes_factor=self.bayes_factor,
        )


def options_apart[**P, T](call: Callable[P, T]) -> Callable[P, T]:
    """Say where an option belongs that is given as an argument of its own: `rope=...`."""
    known = tuple(signature(call).parameters)

    @wraps(call)
    def checked(*args: P.args, **kwargs: P.kwargs) -> T:
        for name, value in kwargs.items():
            if name in known:
                continue
            options = {f.name for f in fields(Options)} | FORMER.keys()
            where = f"{call.__name__} has no argument '{name}'"
            if name in options:
                right = Remedy(FORMER.get(name, name), cast(Any, value)).python
                raise ArgumentError(f"{where}: it is one of the options, {right}.")
            raise ArgumentError(f"{where}: {one_of('argument', name, (*known, *sorted(options)))}")
        return call(*args, **kwargs)

    return checked
