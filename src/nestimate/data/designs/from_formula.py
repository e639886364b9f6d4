"""A formula and a table, as a design: fixed columns, clusters, and the means to be compared."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.aggregates import read_rows
from nestimate.data.designs.along import Along
from nestimate.data.designs.coding import ROUNDING, turned
from nestimate.data.designs.crossing import Crossing
from nestimate.data.designs.design import Design
from nestimate.data.designs.doubts import doubt_values
from nestimate.data.designs.exposures import Grouped, doubt_exposures
from nestimate.data.designs.fixed_part import FixedPart
from nestimate.data.designs.formula import Formula
from nestimate.data.designs.frequencies import doubt_frequencies
from nestimate.data.designs.left_out.restarted import begin_anew
from nestimate.data.designs.left_out.said import beside_formula
from nestimate.data.designs.meetings import doubt_meetings
from nestimate.data.designs.misgivings import misgivings
from nestimate.data.designs.model_frame import ModelFrame, read_model_frame
from nestimate.data.designs.normalised import doubt_normalised
from nestimate.data.designs.observed import Observed
from nestimate.data.designs.pairing import Rows
from nestimate.data.designs.parallel import slopes_alike
from nestimate.data.designs.random_terms import Homes, Random
from nestimate.data.designs.reference_free import regrouped
from nestimate.data.designs.references import as_typed
from nestimate.data.designs.responses import MEASURED, observe
from nestimate.data.designs.roles import Roles
from nestimate.data.designs.scatter import measure_scatter
from nestimate.data.designs.slopes import Compared
from nestimate.data.designs.statistics import measure_yardstick, unit_statistics
from nestimate.data.designs.strata import noise_homes
from nestimate.data.designs.structure import Factor, Structure
from nestimate.data.designs.within import unnamed_spreads
from nestimate.data.tables.door import Table
from nestimate.errors import DataError, DesignError

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

#: Roles of columns beside the response.
BESIDE = ("total", "exposure", "limit")
#: What is said where coefficients are turned to a stated reference.
STATED = (
    "Coefficients are told against the stated reference; what is drawn, and what priors speak of, "
    "is the same whichever is stated."
)
#: What the mean of a formula without factors is called.
MEAN = "mean"


def formula_design(
    table: Table,
    formula: Formula,
    *,
    group: str | None = None,
    reference: str | Mapping[str, str] | None = None,
    roles: Roles | None = None,
    apart: bool = False,
    at: Mapping[str, tuple[float, ...]] | None = None,
    as_stated: bool = False,
) -> Design:
    """Return the design that a formula makes of a table.

    Parameters
    ----------
    table, formula
        The data and the parsed formula.
    group
        Factor of the fixed part whose levels are compared, or several with commas between, whose
        cells are; `FACTORS`: all of them. None: the first one.
    reference
        The level that the others are compared with; of several factors `time=t1,arm=control`, or a
        mapping. Coefficients are coded against the references.
    roles
        Of these the scale (`log`: logarithms of the response are analysed and ratios reported), and
        what a reading is where it is no measurement; None: measurements as they stand.
    apart
        Whether clusters (or rows) that lie in groups have a scale for each group.
    at
        Values of measurements at which groups are compared, the first of each first; the others are
        compared at their mean.

    as_stated
        Whether coefficients are drawn as they are coded against stated references. Otherwise they
        are drawn as with none and turned, so that no reference that is stated changes an answer.

    Raises
    ------
    DataError, DesignError
        When a column is absent, a cell cannot be read, or the terms cannot be told apart.
    """
    given = roles or Roles(value=formula.response, group=MEAN)
    roles = Roles(
        value=formula.response,
        group=MEAN,
        reference=as_typed(reference),
        **{name: getattr(given, name) for name in ("scale", "response", *BESIDE)},
    )
    observed = _observed(table, formula, roles)
    working = None if observed is None else observed.working
    read = partial(read_model_frame, table, formula, group=group, working=working)
    said = read(reference=reference)
    design = partial(
        _design,
        table,
        formula,
        said,
        roles=roles,
        observed=observed,
        apart=apart,
        at=at or {},
    )
    part = partial(FixedPart.of, formula=formula, centre=not as_stated)
    stated = reference is not None and not as_stated
    made = _stated(design(part(read(reference=None))), formula, said) if stated else None
    made = made or design(part(said))
    beside = {
        name: said.data[name].tolist()
        for name in formula.fixed_names
        if name not in said.compared and name not in formula.grouping
    }
    made = replace(made, warnings=(*made.warnings, *unnamed_spreads(made, beside)))
    if given.group not in ("", MEAN):
        return made  # roles that a formula stands for say themselves what they leave out
    where = " x ".join(said.compared) or "formula"
    unnamed = beside_formula(
        table, formula, made.roles, said.kept, made.structure, made.readings.value, where
    )
    return replace(made, warnings=(*made.warnings, *unnamed))


def _stated(design: Design, formula: Formula, frame: ModelFrame) -> Design | None:
    """Return a design with groups and coefficients as they are said with stated references.

    What is drawn stays: its priors speak of the coefficients that no stated reference decides. None
    where coefficients cannot be told from those, or own slopes of clusters are among them.
    """
    part, structure = FixedPart.of(frame, formula=formula, centre=False), design.structure
    turn = turned(structure.fixed + structure.offsets, part.written)
    if turn is None:
        return None
    before = np.eye(len(turn)) if structure.stated is None else structure.stated.turn
    near = np.isclose(turn, before, rtol=ROUNDING, atol=ROUNDING * np.abs(turn).max())
    moved = {part.labels[j] for j in np.flatnonzero(~near.all(axis=1))}
    if any(structure.labels[j] in moved for j, _ in structure.slopes):
        return None
    factors, crossing = _factors(frame)
    codes = _codes(factors, crossing, len(part.written))
    _, first = np.unique(codes, return_index=True)
    found = regrouped(design, structure.group[first].tolist()) if factors else design
    structure = replace(found.structure, factors=factors, factorial=crossing)
    if not moved:
        return replace(found, structure=structure)
    structure = replace(structure, stated=part.coding(turn))
    return replace(found, structure=structure, notes=(*found.notes, STATED))


def _design(
    table: Table,
    formula: Formula,
    said: ModelFrame,
    part: FixedPart,
    *,
    roles: Roles,
    observed: Observed | None,
    apart: bool,
    at: Mapping[str, tuple[float, ...]],
) -> Design:
    """Return the design coded against the references of `part`; those of `said` are told of."""
    frame, columns = part.frame, part.columns
    value, notes = _response(table, frame, formula), [*table.notes, *said.notes]
    if observed is not None:
        observed = observed.where(np.isin(np.arange(table.n_rows), frame.kept))
        notes += observed.notes
    else:
        value = roles.scaled.taken(table, formula.response, value, frame.kept)
        notes += roles.scaled.notes(formula.response, ", differences and coefficients")
    factors, crossing = _factors(frame)
    groups = crossing.groups if crossing else factors[0].labels if factors else (MEAN,)
    along = Along.of(frame, formula, part.common, at, part.turn)
    grid = along.grid
    belongs = _belonging(grid, factors, crossing)
    offsets = part.offsets
    codes = _codes(factors, crossing, value.size)
    readings = read_rows(value, codes, {})
    homes = Homes(groups=groups, codes=codes, grid=belongs.argmax(axis=0), crossing=crossing)
    random = Random.of(frame, formula, grid, homes, apart=apart and len(groups) > 1)
    levels = [dict(zip(frame.compared, said, strict=True)) for said in _levels(factors, crossing)]
    profiles = along.profiles(levels, offsets) if observed and observed.excess else None
    stick = None if observed is None else observed.yardstick()
    yardstick = stick or measure_yardstick(readings, len(groups))
    # The slope of a cluster at the mean of another measurement is not what its column says.
    place = {column.key: j for j, column in enumerate(columns) if part.as_written[j]}
    effects = [effect for stratum in random.strata if stratum.heavy for effect in stratum.effects]
    structure = Structure(
        text=formula.text,
        factors=factors,
        factorial=crossing,
        groups=groups,
        group=codes,
        labels=part.labels,
        shifts=part.shifts,
        alone=part.alone,
        fixed=part.drawn - offsets,
        offsets=offsets,
        means=belongs @ (along.rows() - offsets),
        strata=random.strata,
        outer=random.outer,
        correlated=random.correlated,
        cells=belongs @ random.grid,
        noise=noise_homes(crossing, [random.outer], codes, np.ones_like(codes)) if apart else (),
        slopes=tuple(
            (place[key], position)
            for position, (effect, key) in enumerate(zip(effects, random.keys, strict=True))
            if key in place and key[0] and effect.split == 1
        ),
        surfaces=along.surfaces(belongs, offsets),
        profiles=profiles,
        crossed=random.crossed,
        stated=None if part.as_written.all() else part.coding(part.turn),
    )
    every = np.ones(value.size, dtype=bool)
    whole = Rows(keep=every, readings=readings, groups=groups, levels=(), block=structure.block)
    measure, scatter = roles.measure, None if observed is None else observed.scatter(structure)
    doubts = (
        doubt_normalised(formula.response, whole, measure)
        or doubt_values(
            formula.response,
            readings,
            groups,
            (),
            measure.said,
            worked_out=not formula.outcome.plain,
        )
        if observed is None
        else observed.warnings(codes, groups, np.arange(codes.size))
    )
    clusters = random.outer.codes if random.outer.size else np.arange(codes.size)
    grouped = Grouped(codes, groups, clusters)
    first = tuple(name for name in formula.fixed_names if name in frame.factors)[:1]
    asked = [] if frame.compared == first else [("group", ",".join(frame.compared))]
    asked += [("at", along.typed)] if at else []
    compared = Compared(
        factors=frame.compared,
        labels=groups,
        codes=codes,
        value=(
            roles.scaled.called(formula.response)
            if observed is None
            else f"{observed.chance.link} of {formula.response}"
        ),
        options=(*asked, *roles.said_options),
        observed=observed,
    )
    anew = begin_anew(table, formula, frame.kept, compared.options)
    parts = value, part.written_centred, columns
    alike, unalike = (
        slopes_alike(formula, frame, random, compared, parts)
        if observed is None or observed.excess
        else ([], [])
    )
    return Design(
        roles=replace(roles, group=" x ".join(frame.compared) or MEAN),
        source=table.source,
        structure=structure,
        readings=readings,
        statistics=unit_statistics(readings, yardstick),
        yardstick=yardstick,
        scatter=scatter or measure_scatter(readings, yardstick, structure, every),
        notes=(
            *notes,
            *part.notes,
            *random.notes,
            *along.notes,
            *(profiles.notes if profiles else ()),
            *alike,
        ),
        warnings=(
            *doubt_frequencies(table, formula.response),
            *part.warnings,
            *along.warnings,
            *random.warnings,
            *misgivings(formula, frame, random, columns, (value, compared.options), anew),
            *unalike,
            *doubt_meetings(formula, frame, random, (frame.compared, compared.options), parts),
            *doubt_exposures(table, observed, formula.columns, frame.kept, grouped),
            *doubts,
        ),
        observed=observed,
    )


def _observed(table: Table, formula: Formula, roles: Roles) -> Observed | None:
    """Return the rows where they hold counts, shares or limits; None where measurements."""
    if roles.response != MEASURED and not formula.outcome.plain:
        raise DesignError(
            f"formula '{formula.text}': with response '{roles.response}' the column itself stands "
            "left of the tilde; its link is part of the response."
        )
    return observe(table, roles)


def _response(table: Table, frame: ModelFrame, formula: Formula) -> Array:
    columns = {name: frame.data[name].to_numpy(np.float64) for name in formula.measured}
    value = formula.outcome.evaluate(columns)
    odd = np.flatnonzero(~np.isfinite(value))
    if odd.size:
        raise DataError(
            f"{table.source}: '{formula.response}' is not a finite number in "
            f"{odd.size} rows, first in row {table.row(frame.kept[odd[0]])}."
        )
    return value


def _factors(frame: ModelFrame) -> tuple[tuple[Factor, ...], Crossing | None]:
    """Return what is compared, and the cells of several factors that have rows."""
    factors = tuple(
        Factor(
            name=name,
            labels=frame.factors[name],
            codes=frame.data[name].cat.codes.to_numpy().astype(np.intp),
        )
        for name in frame.compared
    )
    if len(factors) < 2:
        return factors, None
    cells = np.unique(np.stack([factor.codes for factor in factors], axis=1), axis=0)
    names, labels = tuple(f.name for f in factors), tuple(f.labels for f in factors)
    return factors, Crossing(names=names, labels=labels, cells=cells)


def _levels(factors: Sequence[Factor], crossing: Crossing | None) -> list[tuple[str, ...]]:
    """Return the levels of what is compared that every group has."""
    if crossing is None:
        return [(label,) for label in factors[0].labels] if factors else [()]
    return [
        tuple(labels[i] for labels, i in zip(crossing.labels, cell, strict=True))
        for cell in crossing.cells
    ]


def _codes(factors: Sequence[Factor], crossing: Crossing | None, size: int) -> NDArray[np.intp]:
    """Return the group, or the cell, of every row."""
    if crossing is None:
        return factors[0].codes if factors else np.zeros(size, dtype=np.intp)
    rows = np.stack([factor.codes for factor in factors], axis=1)
    return np.asarray((rows[:, None] == crossing.cells).all(axis=2).argmax(axis=1), dtype=np.intp)


def _belonging(grid: "pd.DataFrame", factors: Sequence[Factor], crossing: Crossing | None) -> Array:
    """Weights of the rows of the grid in the mean of each group, shape (groups, rows)."""
    if not factors:
        return np.full((1, len(grid)), 1 / len(grid))
    levels = np.arange(len(factors[0].labels))[:, None] if crossing is None else crossing.cells
    codes = np.stack([grid[factor.name].cat.codes.to_numpy() for factor in factors], axis=1)
    inside = (levels[:, None] == codes).all(axis=2).astype(np.float64)
    return np.asarray(inside / inside.sum(axis=1, keepdims=True))
