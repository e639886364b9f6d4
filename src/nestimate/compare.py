"""The one call that command line and library share: data in, `Comparison` out."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nestimate.data.design import Design, Roles
from nestimate.data.formula import parse_formula
from nestimate.data.onegroup import with_one_group
from nestimate.data.regression import formula_design
from nestimate.data.tables import read_table
from nestimate.errors import DesignError, one_of
from nestimate.inference.fit import Fit
from nestimate.model.model import Model
from nestimate.model.parameters import PRESETS, ROBUST, SIGMA, TAU, Assumptions
from nestimate.model.twin import to_pymc
from nestimate.results import figures, text
from nestimate.results.answer import Answer
from nestimate.results.draws import to_datatree
from nestimate.results.report import render
from nestimate.results.summaries import Interval, Question

if TYPE_CHECKING:
    import pymc as pm
    from matplotlib.figure import Figure
    from xarray import DataTree


@dataclass(frozen=True, kw_only=True)
class Options:
    """Everything that may be chosen beside the roles; the words of the command line.

    Attributes
    ----------
    robust
        `units` (units are Student-t: one outlier does not drag the answer) or `none` (normal).
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
    contrasts
        `reference` (each group less the reference), `pairs` (all pairs), or expressions in group
        labels: `"(b + c) / 2 - a"`, several in a list.
    against
        Compare every group with this value instead; one group is then enough, and without a
        column of groups all rows are one.
    rope
        Region of practical equivalence of a difference (low, high), in the unit of the value.
    ci, ci_kind
        Mass of the credible intervals, and `hdi` or `eti`.
    ess
        Effective draws wanted behind every number.
    seed
        One seed, one answer.
    """

    robust: str = "units"
    tau: str | None = None
    scale: str = "linear"
    sigma: str = "common"
    n: str | None = None
    sd: str | None = None
    se: str | None = None
    preset: str = "default"
    prior: Mapping[str, str | float] = field(default_factory=dict)
    contrasts: str | Sequence[str] = "reference"
    against: float | None = None
    rope: tuple[float, float] | None = None
    ci: float = 0.95
    ci_kind: str = "hdi"
    ess: float = 10_000
    seed: int = 1

    def __post_init__(self) -> None:
        for what, value, allowed in (
            ("robust", self.robust, ROBUST),
            ("tau", self.tau or "own", TAU),
            ("scale", self.scale, ("linear", "log")),
            ("sigma", self.sigma, SIGMA),
            ("preset", self.preset, PRESETS),
            ("ci_kind", self.ci_kind, ("hdi", "eti")),
        ):
            if value not in allowed:
                raise DesignError(f"{what}: {one_of('choice', str(value), allowed)}")
        if not 0 < self.ci < 1:
            raise DesignError(
                f"ci is {self.ci:g}: it must lie between 0 and 1, such as 0.95 for a 95 % interval."
            )
        if not 100 <= self.ess <= 1_000_000:
            raise DesignError(f"ess is {self.ess:g}: it must lie between 100 and 1,000,000.")
        if not isinstance(self.seed, int) or self.seed < 0:
            raise DesignError(f"seed is {self.seed}: it must be a whole number, 0 or above.")
        self._check_rope()

    def _check_rope(self) -> None:
        if self.rope is None:
            return
        if len(self.rope) != 2 or not all(isfinite(edge) for edge in self.rope):
            raise DesignError(f"rope is {self.rope}: give two numbers, such as -0.5 and 0.5.")
        low, high = self.rope
        if not low < high:
            raise DesignError(f"rope runs from {low:g} to {high:g}: the lower end comes first.")
        null, what = (1, "ratios") if self.scale == "log" else (0, "differences")
        if not low <= null <= high or (null and low <= 0):
            raise DesignError(
                f"rope runs from {low:g} to {high:g} and does not hold {null}: it is the range of "
                f"{what} that are as good as none."
            )

    @classmethod
    def of(cls, options: "Options | Mapping[str, Any] | None") -> "Options":
        """Return options given as such, as a mapping of the same words, or not at all."""
        if isinstance(options, Options):
            return options
        given = dict(options or {})
        allowed = [f.name for f in fields(cls)]
        for name in given:
            if name not in allowed:
                raise DesignError(f"options: {one_of('option', str(name), allowed)}")
        return cls(**given)

    @property
    def assumptions(self) -> Assumptions:
        """The part that chooses the model."""
        return Assumptions(
            robust=self.robust,
            tau=self.tau,
            sigma=self.sigma,
            preset=self.preset,
            priors=self.prior,
        )

    @property
    def summary(self) -> dict[str, str]:
        """The columns of summary rows, by role."""
        given = {"n": self.n, "sd": self.sd, "se": self.se}
        return {role: name for role, name in given.items() if name is not None}

    @property
    def question(self) -> Question:
        """The part that chooses the summaries."""
        kind: Interval = "hdi" if self.ci_kind == "hdi" else "eti"
        asked = self.contrasts if isinstance(self.contrasts, str) else tuple(self.contrasts)
        return Question(
            ci_prob=self.ci,
            ci_kind=kind,
            rope=self.rope,
            contrasts=asked,
            against=self.against,
        )


class Comparison(Answer):
    """Groups compared: an `Answer` and the ways out of it."""

    def __str__(self) -> str:
        """Return the design, the answer and the checks as text."""
        return text.render(self)

    @property
    def draws(self) -> "DataTree":
        """Equally weighted posterior draws as a DataTree, for ArviZ."""
        return to_datatree(self)

    def plot_estimation(self) -> "Figure":
        """Return readings, units and groups on one axis, the differences beside them."""
        return figures.estimation_plot(self)

    def plot_posterior(self) -> "Figure":
        """Return the posterior of every headline quantity with interval, ROPE and zero."""
        return figures.posterior_plot(self)

    def plot_pair(self) -> "Figure":
        """Return population parameters and differences, each against each."""
        return figures.pair_plot(self)

    def report(self, path: str | Path) -> None:
        """Write the whole answer as one self-contained HTML file."""
        Path(path).write_text(render(self), encoding="utf-8")

    def to_pymc(self) -> "pm.Model":
        """Return the same model as a `pymc.Model`; needs the extra `nestimate[pymc]`."""
        return to_pymc(self.model)


def fit(
    formula: str,
    data: Any,
    *,
    group: str | None = None,
    reference: str | None = None,
    options: Options | Mapping[str, Any] | None = None,
) -> Comparison:
    """Estimate what a formula says, and how far the levels of a factor differ.

    Parameters
    ----------
    formula
        `y ~ drug + age + (drug | line)`. Left of a bar stands what differs between the levels of
        what stands right of it; `drug|line` may lack its parentheses, `(1 | batch/cask)` names
        nested levels, `||` makes effects independent, `C(x)` makes labels of numbers. All random
        terms must lie inside one outermost factor.
    data
        As for `compare`.
    group
        Factor of the fixed part whose levels are compared, the others held at balanced reference
        levels and measurements at their mean; None: the first one.
    reference
        The level that the others are compared with.
    options
        `Options`, or a mapping of the same words.

    Raises
    ------
    DataError, DesignError
        When the table or the formula cannot be read, or its terms cannot be told apart.

    Examples
    --------
    >>> import pandas as pd
    >>> import nestimate as ne
    >>> beds = {"bed": ["a", "a", "b", "b"] * 3, "light": [1.0, 2.0, 1.5, 3.0] * 3}
    >>> height = [3.1, 4.2, 5.0, 6.9, 3.3, 4.0, 5.3, 6.6, 2.9, 4.4, 5.1, 6.8]
    >>> data = pd.DataFrame({**beds, "height": height})
    >>> result = ne.fit("height ~ bed + light", data, options={"ess": 1000})
    >>> [row.name for row in result.coefficients]
    ['beta[Intercept]', 'beta[bed[b]]', 'beta[light]']
    """
    chosen = Options.of(options)
    if chosen.tau is not None or chosen.sigma != "common" or chosen.summary:
        raise DesignError(
            "tau, sigma, n, sd and se belong to compare: with a formula every random term has one "
            "spread, and every row is one reading."
        )
    design = formula_design(
        read_table(data),
        parse_formula(formula),
        group=group,
        reference=reference,
        scale=chosen.scale,
    )
    return _answered(design, chosen)


def compare(
    data: Any,
    *,
    value: str | None = None,
    group: str | None = None,
    unit: str | None = None,
    block: str | None = None,
    reference: str | None = None,
    relabel_units: bool = False,
    options: Options | Mapping[str, Any] | None = None,
) -> Comparison:
    """Estimate how far groups differ.

    Parameters
    ----------
    data
        A file (path), a data frame (pandas, polars, Arrow), or a mapping: group -> values, or
        group -> unit -> readings.
    value, group, unit
        Column names. A mapping needs none of them. `unit` is what was independently assigned or
        sampled (mouse, well, litter); repeated rows of a unit are its readings.
    block
        Column whose levels see several groups: day, litter, cell line.
    reference
        The group that the others are compared with.
    relabel_units
        Equal unit labels in different groups are different units.
    options
        `Options`, or a mapping of the same words: `{"rope": (-0.5, 0.5), "seed": 7}`.

    Returns
    -------
    Comparison
        Look at `passed` before using its numbers.

    Raises
    ------
    DataError, DesignError
        When the table cannot be read or the question cannot be asked of it.

    Examples
    --------
    >>> import nestimate as ne
    >>> drug = {"a": [5.1, 5.3], "b": [6.0, 6.2], "c": [5.5, 5.6]}
    >>> placebo = {"d": [4.1, 4.4], "e": [4.9, 4.8], "f": [4.3, 4.0]}
    >>> result = ne.compare({"drug": drug, "placebo": placebo}, options={"ess": 1000})
    >>> result.contrasts[0].name
    'drug - placebo'
    """
    chosen = Options.of(options)
    table = read_table(data)
    if isinstance(data, Mapping):
        value, group = value or "value", group or "group"
        unit = unit or ("unit" if "unit" in table.columns else None)
    if group is None and chosen.against is not None:
        table, group = with_one_group(table)
    if value is None or group is None:
        missing = "value (what was measured)" if value is None else "group (what is compared)"
        other = "" if value is None else " Without groups, give a value to compare with (against)."
        raise DesignError(
            f"the column for {missing} is not named. {table.source} has the columns: "
            f"{', '.join(table.columns)}.{other}"
        )
    roles = Roles(
        value=value,
        group=group,
        unit=unit,
        block=block,
        one_group=chosen.against is not None,
        summary=chosen.summary,
        known_sigma="sigma" in chosen.prior,
        scale=chosen.scale,
        reference=reference,
        relabel_units=relabel_units,
    )
    return _answered(Design.from_table(table, roles), chosen)


def _answered(design: Design, chosen: Options) -> Comparison:
    model = Model.from_design(design, chosen.assumptions)
    found = Fit.from_model(model, ess=chosen.ess, seed=chosen.seed)
    return Comparison.from_fit(found, chosen.question, ess=chosen.ess, options=asdict(chosen))
