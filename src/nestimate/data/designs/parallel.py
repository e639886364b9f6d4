"""Whether slopes that a formula takes to be alike are: in all groups, and in all clusters.

One slope for clusters whose own differ counts readings as if each were another cluster; one for
groups that differ in theirs is the slope of neither.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.atoms import shown
from nestimate.data.designs.axes import places_of
from nestimate.data.designs.contextual import Contextual
from nestimate.data.designs.expressions import quoted, unquoted
from nestimate.data.designs.formula import Formula
from nestimate.data.designs.model_frame import ModelFrame
from nestimate.data.designs.observed import Observed
from nestimate.data.designs.random_terms import Random
from nestimate.data.designs.squares import ROUNDING, Rows, Test, constant
from nestimate.data.designs.strata import split
from nestimate.data.designs.tallies import TalliedRows
from nestimate.data.designs.term_columns import Column
from nestimate.data.tables.cells import is_plain_number
from nestimate.remedies import Advice, Fit, Remedy

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Groups from which slopes are left alone: each has too little to tell its own by.
MANY = 100
#: Slopes that are told one by one.
MOST_SHOWN = 6
#: Levels of a factor from which clusters can drift along it.
FEWEST_PLACES = 3


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Compared:
    """What is compared, and how it was asked for.

    Attributes
    ----------
    factors, labels, codes
        Names of the factors as the formula writes them, labels of their cells, and those of rows.
    value
        What slopes are of: `y`, `log(y)`.
    options
        Options that another formula for the same question needs.
    observed
        What stands in the rows where these are no measurements.
    """

    factors: tuple[str, ...]
    labels: tuple[str, ...]
    codes: Codes
    value: str
    options: tuple[tuple[str, str], ...]
    observed: Observed | None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Slopes:
    """The slopes of a measurement where a formula has one for all.

    Attributes
    ----------
    name
        The measurement as the formula writes it.
    groups, clusters
        Tests of those of groups, and of clusters; None where they have their own, or where the data
        cannot tell.
    contextual
        How the slope between clusters differs from that inside them; None where it may be the same.
    each
        Slopes of the groups by least squares, with their labels; () where there is more to a slope
        than a coefficient.
    labels
        Labels of a factor that lie at numbers, along which clusters may drift; () of what is a
        measurement in the formula.
    """

    name: str
    groups: Test | None
    clusters: Test | None
    contextual: Contextual | None
    each: tuple[tuple[str, float], ...]
    labels: tuple[str, ...] = ()

    @property
    def said(self) -> str:
        """What is measured, as it stands in the table."""
        return unquoted(self.name)


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
    if random.crossed or len(compared.labels) >= MANY:
        return notes, warnings
    clusters = _between(random)
    for found in _drifts(formula, frame, random, compared, parts):
        warnings.append(_of_drift(found, clusters, _spelt(formula, random, compared, found)))
    for found in _slopes(formula, frame, random, compared, parts):
        spelt = _spelt(formula, random, compared, found)
        if found.contextual is not None:
            warnings.append(found.contextual.said(found.said, compared.value, clusters))
        if found.groups is not None and found.groups.unalike:
            warnings.append(_of_groups(found, compared, clusters, spelt))
        elif found.clusters is not None and found.clusters.unalike:
            warnings.append(
                Advice(
                    f"Slopes of {found.said} differ between {clusters} ({found.clusters.said}), "
                    f"and all of them are given one: readings count as if each were another "
                    f"{clusters}, and what is said of slopes, and far from the mean of "
                    f"{found.said}, is too sure. A slope for each {clusters}: ",
                    spelt,
                )
            )
        elif found.clusters is not None:
            notes.append(
                f"One slope of {found.said} serves every {clusters}; theirs may differ by chance "
                f"alone ({found.clusters.said}). ({found.name} | {clusters}) in a formula lets "
                "them differ."
            )
    return notes, warnings


def _of_drift(found: Slopes, clusters: str, spelt: Fit) -> Advice:
    """Say that clusters drift apart along a factor whose labels lie at numbers."""
    x, test = found.said, found.clusters
    assert test is not None
    start = (
        f"Every {clusters} drifts its own way along {x} ({test.said}), and the formula gives all "
        f"of them one change: intervals of changes that last long are too narrow, those of short "
        f"ones too wide. A line along {x} for each {clusters}"
    )
    if all(map(is_plain_number, found.labels)):
        return Advice(f"{start}: ", spelt)
    return Advice(f"{start} needs a column of its numbers: '(NUMBERS | {clusters})'.")


def _of_groups(found: Slopes, compared: Compared, clusters: str, spelt: Fit) -> Advice:
    """Say that groups have slopes of their own, and what that makes of a difference."""
    x, test = found.said, found.groups
    assert test is not None
    shown = ", ".join(f"{slope:.3g} in {label}" for label, slope in found.each[:MOST_SHOWN])
    more = ", ..." if len(found.each) > MOST_SHOWN else ""
    by = f"of {compared.value} by least squares {shown}{more}; " if shown else ""
    each = " for each" + f", and for each {clusters}" * (found.clusters is not None)
    return Advice(
        f"Slopes of {x} differ between the groups ({by}{test.said}), and the answer has one for "
        f"all. How far groups differ then depends on {x}, and what is said at one {x} is off "
        f"there, too, unless the groups are alike in {x}. A slope{each} (groups are compared at "
        "the mean; elsewhere with ",
        Remedy("at", f"{x}=VALUE"),
        "): ",
        spelt,
    )


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
    varying = {n for i in formula.varying_atoms for n in formula.atoms[i].value.columns}
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
    varying = {n for i in formula.varying_atoms for n in formula.atoms[i].value.columns}
    factors = [name for name in formula.fixed_names if name in frame.factors]
    for name in (one for one in factors if one not in varying):
        labels = frame.factors[name]
        places = np.array(places_of(name, labels))
        if places.size < FEWEST_PLACES:
            continue
        x = places[frame.data[name].cat.codes.to_numpy()]
        test = _cluster_test(_rows((value, fixed, x), random, compared))
        if test is not None and test.unalike:
            yield Slopes(
                name=quoted(name),
                groups=None,
                clusters=test,
                contextual=None,
                each=(),
                labels=labels,
            )


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
    if np.unique(rows.group).size < len(compared.labels):
        return None, ()  # of one of them nothing tells a slope
    wide = rows.beside(rows.split_by_group)
    scale = np.linalg.norm(wide.fixed, axis=0)
    left = levelled = wide.levelled
    if inside and not constant(rows.group, rows.outer):
        left = left.off(rows.outer, left.x)  # groups meet in one cluster, and share its slope
    count = rows.fixed.shape[1]
    plain = replace(left, fixed=left.fixed[:, :count]).explained(scale[:count])
    full = left.explained(scale)
    error = (full[0], rows.y.size - full[1])
    if inside:
        each = levelled.off(split(rows.outer, rows.group), levelled.x).explained(scale)
        error = (full[0] - each[0], each[1] - full[1])
    return Test.of(plain, full, error), _each(own, compared, slope)


def _each(
    rows: Rows, compared: Compared, slope: tuple[float, int | None]
) -> tuple[tuple[str, float], ...]:
    """Return the slope of every group inside which the measurement varies, by least squares."""
    sd, place = slope
    if place is None:
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
    scale = np.linalg.norm(rows.fixed, axis=0)
    left = rows.levelled
    plain = left.explained(scale)
    full = left.off(rows.outer, left.x).explained(scale)
    return Test.of(plain, full, (full[0], rows.y.size - full[1]))


def _spelt(formula: Formula, random: Random, compared: Compared, found: Slopes) -> Fit:
    """Return the formula with slopes of its own for what differs in them, or may."""
    atoms = formula.written
    texts = {atoms[i].column: atoms[i].text for i in formula.fixed_atoms}
    fixed = shown(formula.fixed, atoms)
    if found.groups is not None and found.groups.unalike:
        crossed = " * ".join(texts[name] for name in compared.factors)
        pieces = fixed.split(" + ")
        # Inside parentheses a piece is part of something else.
        alone = {crossed, found.name, *(texts[name] for name in compared.factors)}
        rest = pieces if "(" in formula.fixed else [p for p in pieces if p not in alone]
        fixed = " + ".join([f"{crossed} * {found.name}", *rest])
    terms = []
    for factors, own in formula.clusters.items():
        left = [shown(term.code, atoms) for term in own if term.code != "1"]
        if found.clusters is not None and ":".join(factors) == _between(random):
            left = list(dict.fromkeys([*left, found.name]))
        terms.append((own, left, factors))
    return Fit(formula.spelt(fixed, terms), compared.options)


def _between(random: Random) -> str:
    """Return what the clusters are, as their random term says it."""
    return next((stratum.between for stratum in random.strata if stratum.heavy), "")
