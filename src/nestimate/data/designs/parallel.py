"""Whether slopes that a formula takes to be alike are: in all groups, and in all clusters.

One slope for clusters whose own differ counts readings as if each were another cluster; one for
groups that differ in theirs is the slope of neither.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.axes import places_of
from nestimate.data.designs.cells import Cells
from nestimate.data.designs.centring import far
from nestimate.data.designs.contextual import Contextual
from nestimate.data.designs.crosswise import Crosswise, outermost
from nestimate.data.designs.expressions import quoted
from nestimate.data.designs.formula import Formula
from nestimate.data.designs.levels import Level
from nestimate.data.designs.model_frame import ModelFrame
from nestimate.data.designs.random_terms import Random, combined_level
from nestimate.data.designs.slopes import (
    Compared,
    Slopes,
    of_clusters,
    of_drift,
    of_groups,
    spelt_with,
)
from nestimate.data.designs.squares import ROUNDING, Rows, Test, constant
from nestimate.data.designs.strata import lies_in, same_members, split
from nestimate.data.designs.stratum import Effect, Role, Stratum
from nestimate.data.designs.tallies import TalliedRows
from nestimate.data.designs.term_columns import Column

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Groups from which slopes are left alone: each has too little to tell its own by.
MANY = 100
#: Chance of any being named, of all slopes where clusters cross, where none differ.
UNNAMED = 0.02
#: P above which the scatter of sessions is pooled with that of readings.
POOLED = 0.25
#: Levels of a factor from which clusters can drift along it.
FEWEST_PLACES = 3


def slopes_alike(
    formula: Formula,
    frame: ModelFrame,
    random: Random,
    compared: Compared,
    parts: tuple[Array, Array, Sequence[Column]],
) -> tuple[list[str], list[str]]:
    """Say which slopes are taken to be alike: notes where they may be, warnings where they are not.

    Parameters
    ----------
    formula, frame, random, compared
        The formula, the rows that it uses, what scatters, and what is compared.
    parts
        The values that are analysed, the fixed columns, and what these are.
    """
    notes: list[str] = []
    warnings: list[str] = []
    if len(compared.labels) >= MANY:
        return notes, warnings
    if random.crossed:
        return notes, _where_crossed(formula, frame, random, compared, parts)
    clusters = _between(random)
    for found in _drifts(formula, frame, random, compared, parts):
        if found.clusters is not None and found.clusters.unalike:
            spelt = spelt_with(formula, compared, found, clusters)
            warnings.append(of_drift(found, clusters, spelt))
    for found in _slopes(formula, frame, random, compared, parts):
        spelt = spelt_with(formula, compared, found, clusters)
        if found.contextual is not None:
            warnings.append(found.contextual.said(found.said, compared.value, clusters))
        if found.groups is not None and found.groups.unalike:
            warnings.append(of_groups(found, compared, clusters, spelt))
        elif found.clusters is not None and found.clusters.unalike:
            warnings.append(of_clusters(found, clusters, spelt))
        elif found.clusters is not None:
            notes.append(
                f"One slope of {found.said} serves every {clusters}; theirs may differ by chance "
                f"alone ({found.clusters.said}). ({found.name} | {clusters}) in a formula lets "
                "them differ."
            )
    return notes, warnings


def _where_crossed(
    formula: Formula,
    frame: ModelFrame,
    random: Random,
    compared: Compared,
    parts: tuple[Array, Array, Sequence[Column]],
) -> list[str]:
    """Say which slopes differ between groups, or clusters, beside what crosses these.

    Of each measurement that which is surest: the others may follow from it.
    """
    value, fixed, columns = parts
    levels = {path: combined_level(frame, path) for path in formula.clusters}
    cell = reduce(split, (level.codes for level in levels.values()))
    numbers = fixed[:, [column.numeric for column in columns]]
    crossing = outermost(levels)
    seen: list[tuple[Test, str, Slopes]] = []
    for path, level in crossing.items():
        beside = Crosswise.of(level, random.strata)
        if beside is None:
            continue
        known = np.hstack([fixed, beside.across])
        met = _where_met((value, known, numbers), beside, level.codes, cell)
        own = replace(random, outer=level, strata=(*beside.strata, *met))
        within = own, compared, (value, known, columns)
        for one in (*_drifts(formula, frame, *within), *_slopes(formula, frame, *within)):
            groups = one.groups if same_members(level.codes, random.outer.codes) else None
            tests = (groups, replace(one, clusters=None)), (one.clusters, replace(one, groups=None))
            seen += [(test, ":".join(path), found) for test, found in tests if test is not None]
    told: dict[str, str] = {}
    for test, clusters, one in sorted(seen, key=lambda found: found[0].p):
        if one.name in told or test.p * len(seen) > UNNAMED:
            continue
        spelt = spelt_with(formula, compared, one, clusters, apart=True)
        if one.groups is not None:
            told[one.name] = of_groups(one, compared, clusters, spelt)
        elif one.labels:
            told[one.name] = of_drift(one, clusters, spelt, apart=True)
        else:
            told[one.name] = of_clusters(one, clusters, spelt)
    return [*told.values()]


def _where_met(
    parts: tuple[Array, Array, Array], beside: Crosswise, outer: Codes, cell: Codes
) -> tuple[Stratum, ...]:
    """Return where all clusters meet, such as sessions, as what scatters if it may do so.

    Beside slopes of the clusters: what tells nothing of a scatter of its own is pooled (Bancroft,
    Biometrics 20:427, 1964).
    """
    value, fixed, numbers = parts
    own = np.eye(int(outer.max()) + 1)[outer]
    slopes = [own * (column - column.mean())[:, None] for column in numbers.T]
    held = tuple(s.members for s in beside.strata if not s.sloped)
    rows = Cells(value=value, fixed=np.hstack([fixed, *slopes]), held=held, cell=cell)
    test = rows.test(cell)
    if test is not None and test.p > POOLED:
        return ()
    level = Level(name="", labels=("",) * (int(cell.max()) + 1), codes=cell)
    one = Effect(name="1", column=np.ones(cell.size))
    return (Stratum(position=0, name="", level=level, role=Role.TERM, effects=(one,)),)


def _slopes(
    formula: Formula,
    frame: ModelFrame,
    random: Random,
    compared: Compared,
    parts: tuple[Array, Array, Sequence[Column]],
) -> Iterator[Slopes]:
    """Test the slopes of every measurement of the fixed part."""
    value, fixed, columns = parts
    clustered = random.outer.size > 0
    data = frame.numbered(formula)
    varying = _varying(formula, frame, random)
    for name in formula.fixed_names:
        atoms = [i for i in formula.fixed_atoms if formula.atoms[i].value.columns == (name,)]
        if name in frame.factors or not atoms:
            continue
        computed = not any(formula.atoms[i].column or formula.atoms[i].basis for i in atoms)
        x = np.asarray(data[f"x{atoms[0]}"] if computed else frame.data[name], dtype=np.float64)
        if np.ptp(x) <= ROUNDING * np.abs(x).max():
            continue
        rows = _rows((value, fixed, x), random, compared)
        measured = compared.observed is None
        if compared.observed is not None:
            rows = TalliedRows.of(rows, compared.observed)
        held = [j for j, column in enumerate(columns) if {*atoms} & {*column.atoms}]
        one = held[0] if len(held) == 1 and columns[held[0]].numeric else None
        inside = clustered and not constant(rows.x, split(rows.outer, rows.group))
        groups, each = _group_test(rows, inside, compared, (float(x.std()), one))
        yield Slopes(
            name=formula.atoms[atoms[0]].text if computed else quoted(name),
            groups=groups,
            clusters=_cluster_test(rows) if clustered and name not in varying else None,
            contextual=Contextual.of(rows, one) if clustered and measured else None,
            each=each,
            distant=far(x),
        )


def _drifts(
    formula: Formula,
    frame: ModelFrame,
    random: Random,
    compared: Compared,
    parts: tuple[Array, Array, Sequence[Column]],
) -> Iterator[Slopes]:
    """Return the factors, of labels that lie at numbers, along which clusters have own slopes."""
    value, fixed, _ = parts
    if not random.outer.size or compared.observed is not None:
        return
    varying = _varying(formula, frame, random)
    factors = [name for name in formula.fixed_names if name in frame.factors]
    for name in (one for one in factors if one not in varying):
        labels = frame.factors[name]
        places = np.array(places_of(name, labels))
        if places.size < FEWEST_PLACES:
            continue
        x = places[frame.data[name].cat.codes.to_numpy()]
        test = _cluster_test(_rows((value, fixed, x), random, compared))
        yield Slopes(
            name=quoted(name),
            groups=None,
            clusters=test,
            contextual=None,
            each=(),
            labels=labels,
            distant=far(x),
        )


def _varying(formula: Formula, frame: ModelFrame, random: Random) -> set[str]:
    """Return the columns that differ between the clusters, or inside them."""
    inside = (
        term
        for term in formula.random
        if lies_in(combined_level(frame, term.factors).codes, random.outer.codes)
    )
    return {name for term in inside for name in formula.left_of_bar(term)}


def _rows(parts: tuple[Array, Array, Array], random: Random, compared: Compared) -> Rows:
    """Return what slopes are tested in: values, fixed columns, and what they are along."""
    value, fixed, x = parts
    binary = [s for s in random.strata if all(np.isin(e.column, (0, 1)).all() for e in s.effects)]
    return Rows(
        y=value - value.mean(),
        fixed=fixed,
        x=(x - x.mean()) / x.std(),
        one=np.ones(x.size),
        group=compared.codes,
        outer=random.outer.codes if random.outer.size else np.arange(x.size),
        cells=tuple(stratum.members for stratum in binary if stratum.level.size),
    )


def _group_test(
    rows: Rows, inside: bool, compared: Compared, slope: tuple[float, int | None]
) -> tuple[Test | None, tuple[tuple[str, float], ...]]:
    """Test the slopes of groups, those of clusters being their error where these have some.

    Also return each of them; `slope`: the SD of the measurement, and the fixed column that is its
    slope if nothing else is.
    """
    if len(compared.labels) < 2:
        return None, ()
    means = rows.averaged(rows.x, rows.group)
    rows, own = means.even, means.beside(means.split_by_group).even
    if np.unique(rows.group).size < len(compared.labels) or not rows.settled:
        return None, ()  # of one of them, or of all, nothing tells a slope
    wide = rows.beside(rows.split_by_group)
    scale = np.linalg.norm(wide.fixed, axis=0)
    left = levelled = wide.levelled
    if inside and not constant(rows.group, rows.outer):
        left = left.off(rows.outer, left.x)  # groups meet in one cluster, and share its slope
    count = rows.fixed.shape[1]
    plain = replace(left, fixed=left.fixed[:, :count]).explained(scale[:count])
    full = left.explained(scale)
    error, freedom = full[0], rows.y.size - full[1]
    if inside:
        each = wide.beside(levelled.split_by_group).levelled
        for column in range(-len(compared.labels), 0):  # one after another: they share levels
            each = each.off(rows.outer, each.fixed[:, column])
        told = each.fixed.shape[1] - len(compared.labels)
        rest = replace(each, fixed=each.fixed[:, :told]).explained(scale)
        error, freedom = full[0] - rest[0], rest[1] - full[1]
    error = max(error, rows.least * freedom)
    return Test.of(plain, full, (error, freedom)), _each(own, compared, slope)


def _each(
    rows: Rows, compared: Compared, slope: tuple[float, int | None]
) -> tuple[tuple[str, float], ...]:
    """Return the slope of every group inside which the measurement varies, by least squares."""
    sd, place = slope
    if place is None or not rows.settled:
        return ()
    left, scale = rows.levelled, np.linalg.norm(rows.fixed, axis=0)
    kept = np.linalg.norm(left.fixed, axis=0) > ROUNDING * scale
    found = np.zeros(kept.size)
    found[kept] = np.linalg.lstsq(left.fixed[:, kept], left.y, rcond=ROUNDING)[0]
    own = found[-len(compared.labels) :]
    return tuple(
        (label, float(own[g] / sd + found[place]))
        for g, label in enumerate(compared.labels)
        if (left.group == g).sum() > 1 and np.ptp(left.x[left.group == g]) > ROUNDING
    )


def _cluster_test(rows: Rows) -> Test | None:
    """Test the slopes of clusters beside those of groups."""
    rows = rows.averaged(rows.x)
    rows = rows.beside(rows.split_by_group).even
    if not rows.tell_slopes:
        return None
    scale = np.linalg.norm(rows.fixed, axis=0)
    left = rows.levelled
    plain = left.explained(scale)
    full = left.off(rows.outer, left.x).explained(scale)
    freedom = rows.y.size - full[1]
    return Test.of(plain, full, (max(full[0], rows.least * freedom), freedom))


def _between(random: Random) -> str:
    """Return what the clusters are, as their random term says it."""
    return next((stratum.between for stratum in random.strata if stratum.heavy), "")
