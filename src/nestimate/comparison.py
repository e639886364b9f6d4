"""The one call that command line and library share: data in, `Comparison` out."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from nestimate.data.designs import responses
from nestimate.data.designs.design import Design
from nestimate.data.designs.formula import parse_formula
from nestimate.data.designs.from_formula import formula_design
from nestimate.data.designs.references import as_typed
from nestimate.data.designs.roles import Roles
from nestimate.data.designs.scales import SCALES
from nestimate.data.tables.door import Wanted, read_table
from nestimate.data.tables.files import file_name
from nestimate.errors import ArgumentError, DesignError
from nestimate.model.own_spreads import by_spread
from nestimate.model.twin import to_pymc
from nestimate.options import Options, options_apart
from nestimate.outcomes import Outcomes, columns_of
from nestimate.outputs import whole, write_report
from nestimate.planning import Pilot
from nestimate.posing import fitted, posed
from nestimate.results.documents import notebook, pictures, terminal
from nestimate.results.documents.html import render
from nestimate.results.estimates.asked import asked_contrasts, asked_design
from nestimate.results.exports import storage
from nestimate.results.exports.draws import to_datatree
from nestimate.results.exports.frame import to_frame
from nestimate.results.figures.pictured import Pictured
from nestimate.results.words.adjustment import with_narrowing
from nestimate.values import checked_arguments
from nestimate.words import Words

if TYPE_CHECKING:
    import pandas as pd
    import pymc as pm
    from xarray import DataTree


class Comparison(Pictured, Pilot):
    """Groups compared: an `Answer` and the ways out of it."""

    def __str__(self) -> str:
        """Return the design, the answer and the checks as text."""
        return terminal.render(self)

    def __repr__(self) -> str:
        """Return the answer in one line."""
        return notebook.line(self)

    def _repr_html_(self) -> str:
        """Return the answer as notebooks show it."""
        return notebook.render(self)

    def summary(self) -> "pd.DataFrame":
        """Return every reported number, one row per quantity; no rows if a check failed.

        Columns: part, name, mean, median, sd, ci_low, ci_high, ci_prob, ci_kind, p_gt_0, p_in_rope,
        ess, mcse_mean.
        """
        return to_frame(self)

    @property
    def draws(self) -> "DataTree":
        """Equally weighted posterior draws as a DataTree, for ArviZ."""
        return to_datatree(self)

    def report(self, path: str | Path, *, every_figure: bool = False) -> None:
        """Write the answer as one self-contained file: `.html`, `.pdf` (by Chromium), or `.md`.

        The first page is the answer and can be read alone; the rest is folded on a screen and
        follows in print. `every_figure` brings those that say nothing of this answer as well.

        Raises
        ------
        DesignError
            When the name has another ending, or the file cannot be written.
        """
        write_report(path, lambda kind: render(self, kind, every_figure=every_figure))

    def legend(self, name: str = "estimation") -> str:
        """Return the text below a figure in a paper: what it shows, n at each level, intervals."""
        return pictures.legend(self, name)

    def save(self, path: str | Path) -> None:
        """Write the whole result to a file, `name.nestimate`, from which `load` reads it.

        Raises
        ------
        DesignError
            When the name does not end in `.nestimate`, or the file cannot be written.
        """
        target = Path(path)
        if target.suffix != storage.SUFFIX:
            raise DesignError(
                f"save writes files that end in {storage.SUFFIX}: "
                f"result.save('{target.with_suffix(storage.SUFFIX)}')."
            )
        with whole(target) as part:
            storage.write(self, part)

    def to_pymc(self) -> "pm.Model":
        """Return the same model as a `pymc.Model`; needs the extra `nestimate[pymc]`."""
        return to_pymc(self.model)


@checked_arguments
def load(path: str | Path) -> Comparison:
    """Return a result that `Comparison.save` wrote: the same numbers, texts, figures and draws.

    Parameters
    ----------
    path
        The file, `name.nestimate`. Nothing in it is run.

    Raises
    ------
    DataError
        When the file is absent, is something else, is damaged or comes from a later version.
    """
    return storage.read(Path(path), Comparison)


@options_apart
def fit(
    formula: str,
    data: Any,
    *,
    group: str | None = None,
    reference: str | Mapping[str, str] | None = None,
    options: Options | Words | Mapping[str, Any] | None = None,
) -> Comparison:
    """Estimate what a formula says, and how far the levels of a factor differ.

    Parameters
    ----------
    formula
        `y ~ drug + age + (drug | line)`. Left of the tilde stands a column or arithmetic, `a - b`.
        Left of a bar stands what differs between the levels of what stands right of it; `drug|line`
        may lack its parentheses, `(1 | batch/cask)` names nested levels, `||` makes effects
        independent, `C(x)` makes labels of numbers. Factors that cross, `(1 | mouse) + (1 | day)`,
        are normal; correlated slopes in them need PyMC. Nothing is evaluated but + - * / ** and the
        functions log, log2, log10, log1p, exp, sqrt, abs (also as np.log ...), center, scale,
        standardize, I, poly, bs.
    data
        As for `compare`. Of a wide table (`wide` of the options) the formula names what the titles
        of its columns are: the value and, if new, the factor and the units, `y ~ arm * time + (1 |
        mouse)`.
    group
        Factor of the fixed part whose levels are compared, or several with commas between, whose
        cells are; the others are averaged over, and measurements held at their mean. None: the
        first one; all of them where a contrast asks for more (`simple`, `drug - veh | WT`).
    reference
        The level that the others are compared with, `"control"`; of several factors
        `"time=t1,arm=control"` or `{"time": "t1", "arm": "control"}`. Coefficients are coded
        against the references.
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
    chosen.check_formula()
    if "~" not in formula and isinstance(data, str | Path) and "~" in str(data).lstrip("~"):
        raise ArgumentError(
            f"'{data}' stands where the data are named, and '{formula}' where the formula is: the "
            "formula comes first."
        )
    parsed = parse_formula(formula)
    response = responses.named(chosen.response, parsed.response, chosen.limit)
    SCALES[chosen.scale].check_formula(parsed.response, plain=parsed.outcome.arithmetic)
    wanted = Wanted(
        **asdict(chosen.reading),
        value=next(iter(parsed.measured), None),
        named=(
            *parsed.measured[1:],
            *parsed.variables,
            *parsed.grouping,
            *responses.named_beside(response.total, chosen.exposure, chosen.limit),
        ),
        clusters=tuple(parsed.grouping),
    )
    make = partial(
        formula_design,
        read_table(data, wanted),
        parsed,
        reference=reference,
        roles=Roles(
            value=parsed.response,
            group="",
            scale=chosen.scale,
            response=response.word,
            total=response.total,
            exposure=chosen.exposure,
            limit=None if chosen.limit is None else str(chosen.limit),
        ),
        at=chosen.values_at,
        # What is said of a coefficient's prior is said of it as it is called with the reference.
        as_stated=any(target.strip().startswith("beta") for target in chosen.priors),
    )

    def build(apart: bool) -> Design:
        own = partial(make, apart=apart)
        return own(group=group) if group is not None else asked_design(own, chosen.question)

    design = by_spread(build, chosen.tau)
    reference = as_typed(reference)
    return _answered(
        design,
        chosen,
        command="fit",
        data=data,
        named={"formula": formula, "group": group, "reference": reference},
    )


@overload
def compare(
    data: Any,
    *,
    value: str | None = None,
    group: str | Sequence[str] | None = None,
    unit: str | None = None,
    block: str | None = None,
    reference: str | Mapping[str, str] | None = None,
    relabel_units: bool = False,
    options: Options | Words | Mapping[str, Any] | None = None,
) -> Comparison: ...


@overload
def compare(
    data: Any,
    *,
    value: list[str] | tuple[str, ...],
    group: str | Sequence[str] | None = None,
    unit: str | None = None,
    block: str | None = None,
    reference: str | Mapping[str, str] | None = None,
    relabel_units: bool = False,
    options: Options | Words | Mapping[str, Any] | None = None,
) -> Outcomes[Comparison]: ...


@options_apart
def compare(
    data: Any,
    *,
    value: str | Sequence[str] | None = None,
    group: str | Sequence[str] | None = None,
    unit: str | None = None,
    block: str | None = None,
    reference: str | Mapping[str, str] | None = None,
    relabel_units: bool = False,
    options: Options | Words | Mapping[str, Any] | None = None,
) -> Comparison | Outcomes[Comparison]:
    """Estimate how far groups differ.

    Parameters
    ----------
    data
        A file (path, or open binary file), a data frame (pandas, polars, Arrow), a dict of columns,
        a list of records, or a mapping: group -> values, or group -> unit -> readings, or a list of
        readings for every unit.
    value, group, unit
        Column names; value may be several columns of readings, `"rep1,rep2,rep3"`, or a list of
        outcomes, `["weight", "length"]`, each answered by itself. A mapping and a table with a
        column per group need none of them. `unit` is what was independently assigned or sampled
        (mouse, well, litter); repeated rows of a unit are its readings. Two or three factors,
        `group=["genotype", "treatment"]` or `"genotype,treatment"`, are compared cell by
        cell: simple effects, averages, and how far an effect differs (the interaction). Which
        factor lies between and which within units or blocks follows from the data.
    block
        Column whose levels see several groups: day, litter, cell line; with plots inside it, of
        which each sees some of the cells, `"field/plot"`; behind a factor where its levels hold
        others of the same label, `"arm/mouse"`.
    reference
        The group that the others are compared with; of several factors
        `{"genotype": "WT", "treatment": "veh"}`, or `"genotype=WT,treatment=veh"`.
    relabel_units
        Equal unit labels in different groups are different units.
    options
        `Options`, or a mapping of the same words: `{"rope": (-0.5, 0.5), "seed": 7}`.

    Returns
    -------
    Comparison
        Look at `passed` before using its numbers. Of a list of outcomes `Outcomes`, a mapping from
        each to its `Comparison`.

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

    def answer(outcomes: str | Sequence[str] | None) -> Comparison:
        design, beside, chosen, named = posed(
            data,
            value=outcomes,
            group=group,
            unit=unit,
            block=block,
            reference=reference,
            relabel_units=relabel_units,
            options=options,
        )
        return _answered(design, chosen, command="compare", data=data, named=named, beside=beside)

    if value is None or isinstance(value, str):
        return answer(value)
    chosen = Options.of(options)
    chosen.check_outcomes(value)
    columns = columns_of(data, chosen.reading)
    return Outcomes.of(value, columns, lambda one: answer((one, *(v for v in value if v != one))))


def _answered(
    design: Design,
    chosen: Options,
    *,
    command: str,
    data: Any,
    named: Mapping[str, Any],
    beside: Design | None = None,
) -> Comparison:
    found = fitted(design, chosen)
    if beside is not None:
        asked = asked_contrasts(design, chosen.question)
        found = with_narrowing(found, beside, chosen.covariates, asked)
    options, usual = asdict(chosen), asdict(Options())
    call = {
        "command": command,
        "data": file_name(data),
        **{name: given for name, given in named.items() if given is not None},
        "options": {name: given for name, given in options.items() if given != usual[name]},
    }
    wanted = chosen.budget.draws(len(design.groups))
    return Comparison.from_fit(found, chosen.question, ess=wanted, options=options, call=call)
