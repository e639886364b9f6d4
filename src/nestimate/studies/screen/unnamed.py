"""Columns that a screen leaves out and that show in its endpoints: animals, batches, ages."""

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.expressions import quoted
from nestimate.data.designs.labelled import Unused
from nestimate.data.designs.left_out.behind import FEWEST, across, behind
from nestimate.data.designs.left_out.holders import may_return, numbered
from nestimate.data.designs.left_out.kinds import Points
from nestimate.data.designs.vocabulary import hints, words
from nestimate.data.tables.cells import is_date
from nestimate.data.tables.table import Table
from nestimate.errors import DataError, DesignError
from nestimate.remedies import Advice, Remedy
from nestimate.studies.screen.request import MOST_LEVELS, Options, Roles
from nestimate.studies.screen.sheet import FILLED, Sheet, together
from nestimate.studies.screen.uneven import Shown, recurs, shown

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Share of the endpoints in which what shares a label is alike: .05 by chance.
SHARE = 0.2
#: Most cells of labels and groups that are counted out.
COUNTED = 8
#: What names say that hold samples together, whatever is compared.
TOGETHER = frozenset({"block", "person", "place"})
#: Words for that beside those.
CAGES = frozenset({"cage", "cages", "käfig", "jaula"})


def of_readings(table: Table, roles: Roles, options: Options) -> list[str]:
    """Name what stands behind the readings of a table with one of them in each row.

    Parameters
    ----------
    table
        Rows of several endpoints, with all columns.
    roles, options
        What its columns are, and what is asked.
    """
    try:
        return _said(Sheet.of_readings(table, roles, options))
    except (DataError, DesignError):
        # These rows alone may lack a group; what is wrong in all of them is said where they are.
        return []


def of_samples(
    sheet: Table, roles: Roles, sample: str, options: Options, kept: Codes, values: Array
) -> list[str]:
    """Name what stands behind the samples of a sheet.

    Parameters
    ----------
    sheet, roles, options
        The sheet, what its columns are, and what is asked.
    sample
        The column that names the samples.
    kept
        Rows of the sheet that are screened, shape (samples,).
    values
        Shape (endpoints, samples).
    """
    return _said(Sheet.of_samples(sheet, roles, options, sample, values, kept))


def _said(sheet: Sheet) -> list[str]:
    """Say what columns left out do: stand behind samples, or move what is compared."""
    confounded = [own for column in sheet.columns for own in _confounded(column, sheet)]
    nested = _nested(sheet)
    moving = shown(sheet, beside=[column for column, _ in nested])
    return [*confounded, *(said for _, said in nested), *(_moves(own) for own in moving)]


def _nested(sheet: Sheet) -> list[tuple[Unused, str]]:
    """Return the column that stands behind most samples, and what is said of it."""
    unit, roles = sheet.unit, sheet.roles
    names = {c.name: c for c in sheet.columns if not c.measures}
    found: Counter[str] = Counter()
    crossed: Counter[str] = Counter()
    seen = 0
    cell = sheet.cell
    for value in sheet.values:
        there = ~np.isnan(value)
        seen += bool(there.any())
        for name, column in names.items():
            rows = np.flatnonzero(there & (column.codes >= 0))
            if not rows.size or rows.size < FILLED * there.sum():
                continue
            points = Points(
                name=sheet.what if unit is None else roles.units[0],
                where=sheet.where,
                point=np.arange(rows.size) if unit is None else together([unit[rows]]),
                value=value[rows],
                cell=cell[rows],
            )
            codes = column.codes[rows]
            found[name] += behind(codes, points) is not None
            crossed[name] += across(codes, points) is not None
    ((name, count),) = (found + crossed).most_common(1) or [("", 0)]
    if count < max(SHARE * seen, 2):
        return []
    points_said = f"{sheet.what}s" if unit is None else f"labels of {roles.units[0]}"
    inner = f"/{roles.unit}" if roles.unit else ""
    start = (
        f"Mind: column {name} is left out, and what shares one {name} is more alike than the "
        f"rest of its {sheet.where} in {count} of the {seen} endpoints looked at (F "
        f"test, P below .05). "
    )
    if crossed[name]:
        said = Advice(
            f"{start}Each lies in one {sheet.where} and is met by several {points_said}, so that "
            f"an effect is known no better than from so many {name}: there are far too many hits. "
            "A screen cannot take both in; `fit` does, for single endpoints: "
            f"'+ (1 | {quoted(name)})' in a formula."
        )
        return [(names[name], said)]
    said = Advice(
        f"{start}The {points_said} count as if they were independent: there are "
        f"far too many hits if {name} is what was treated or sampled. Name it: ",
        Remedy("unit", f"{name}{inner}"),
        ".",
    )
    return [(names[name], said)]


def _confounded(column: Unused, sheet: Sheet) -> list[str]:
    """Say that the effect cannot be told from a column whose labels hold whole groups.

    A column that says the same as the groups may be another name of them: its own name, or all of
    its labels, have to speak of plates, days, operators.
    """
    keep = column.codes >= 0
    if keep.mean() < FILLED or not recurs(column) or not _holds(column, sheet.roles):
        return []
    pairs = np.unique(np.stack([sheet.group, column.codes])[:, keep], axis=1)
    concerned = pairs[:, sheet.weights[pairs[0]] != 0]
    groups, labels = (np.unique(own).size for own in concerned)
    if labels - groups >= FEWEST or _told(sheet.weights, pairs):
        return []
    name, effect, cells = column.name, sheet.layout.asked.name, _counted(column, sheet)
    says = f"never holds both sides of {effect}"
    if pairs.shape[1] == np.unique(pairs[0]).size == np.unique(pairs[1]).size:
        says = f"says the same as {' x '.join(sheet.roles.compared)}"
    return [
        f"Mind: column {name} {says}{f' ({cells})' if cells else ''}: what differs from one "
        f"{name} to another cannot be told from {effect}, in any endpoint. Every hit may be the "
        f"work of {name}, and no option mends that: only samples of both sides that share one "
        f"{name} do."
    ]


def _holds(column: Unused, roles: Roles) -> bool:
    """Whether labels speak of what holds samples together, and not of what is compared."""
    compared = [word for name in roles.compared for word in words(name)]
    times = any("time" in hints(name) for name in roles.compared)
    if words(column.name) & {*compared} or (times and "time" in hints(column.name)):
        return False
    if hints(column.name) & TOGETHER or words(column.name) & CAGES:
        return True
    return all((is_date(own) and not times) or hints(own) & TOGETHER for own in column.labels)


def _told(weights: Array, pairs: Codes) -> bool:
    """Whether an effect of groups is told beside labels, from what occurs together, (2, pairs)."""
    group, label = pairs[0], np.unique(pairs[1], return_inverse=True)[1]
    design = np.hstack([np.eye(weights.size)[group], np.eye(int(label.max()) + 1)[label]])
    wanted = np.pad(weights, (0, design.shape[1] - weights.size))
    return bool(np.allclose(design.T @ np.linalg.lstsq(design.T, wanted)[0], wanted))


def _counted(column: Unused, sheet: Sheet) -> str:
    """Count the samples of every label and group; of many name none."""
    group = [sheet.layout.groups[g] for g in sheet.group]
    cells = Counter(
        (column.labels[c], g) for c, g in zip(column.codes, group, strict=True) if c >= 0
    )
    held: dict[str, list[str]] = {}
    for (label, g), n in sorted(cells.items()):
        held.setdefault(label, []).append(f"{n} {g}")
    if len(cells) > COUNTED:
        return ""
    return "; ".join(f"{label}: {', '.join(own)}" for label, own in held.items())


def _moves(own: Shown) -> str:
    """Say what a column does that lies over several groups, and what takes it in."""
    return _labels(own) if own.labels else _numbers(own)


def _labels(own: Shown) -> str:
    name, sheet = own.column.name, own.sheet
    said = (
        f"Mind: column {name} is left out, and what shares one {name} is more alike than the rest "
        f"of its {sheet.where} in {own.count} of the {own.seen} endpoints looked at (F test, P "
        f"below .05; by chance in {own.seen / 20:.0f}). "
    )
    if not own.uneven:
        said += (
            "It lies evenly over the groups: where their difference is the same in every "
            f"{name} it makes no hits, but may hide some ({own.surely}); where it is another, hits "
            f"may be those of these {len(own.column.labels)} {name} alone."
        )
        if numbered(own.column.labels) and may_return(name, sheet.roles.compared):
            return Advice(
                f"{said} If equal labels are others in each group, give each one of its own and "
                "name it: ",
                Remedy("unit", name),
                ". If they are the same: ",
                Remedy("block", name),
                ".",
            )
        return Advice(f"{said} ", *_taken_in(own))
    cells = _counted(own.column, sheet)
    said += (
        f"It lies unevenly over the groups{f' ({cells})' if cells else ''}, so that what differs "
        f"from one {name} to another passes for a difference of theirs: {own.surely}."
    )
    without, beside = own.sure
    if beside < without:
        share = round(10 * (without - beside) / without) or 1
        said += f" About {share} of 10 hits may be the work of {name}."
    return Advice(f"{said} ", *_taken_in(own))


def _taken_in(own: Shown) -> list[str | Remedy]:
    """Say which roles take labels in."""
    name, sheet = own.column.name, own.sheet
    ways: list[list[str | Remedy]] = []
    if sheet.as_block(name):
        ways.append([Remedy("block", name)])
    if (asked := sheet.as_factor(name)) is not None:
        ways.append([Remedy("group", f"{sheet.roles.group},{name}"), " "])
        ways[-1].append(Remedy("contrast", str(asked.contrast)))
        if asked.reference is not None:
            ways[-1] += [" ", Remedy("reference", asked.reference)]
    if not ways:
        deep = len(sheet.roles.units) >= MOST_LEVELS and not sheet.roles.block
        return [
            f"A screen of these roles cannot take {name} in; `compare` does for single endpoints: ",
            Remedy("block", name) if deep else Remedy("group", f"{sheet.roles.group},{name}"),
            ".",
        ]
    first = "Take it in: "
    if own.empty:
        many = sheet.what if own.empty == 1 else f"{sheet.what}s"
        first = f"Fill it in where it is empty ({own.empty} {many}), and take it in: "
    return [first, *ways[0], *(part for way in ways[1:] for part in (", or ", *way)), "."]


def _numbers(own: Shown) -> str:
    name, sheet = own.column.name, own.sheet
    numbers = own.column.numbers
    assert numbers is not None
    means = " and ".join(
        f"{np.nanmean(numbers[sheet.group == g]):.3g} in {label}"
        for g, label in enumerate(sheet.layout.groups)
        if sheet.weights[g]
    )
    return Advice(
        f"Mind: column {name} is left out, and it lies unevenly over the groups (mean {means}) "
        f"while values go with it inside them in {own.count} of the {own.seen} endpoints looked "
        f"at (F test, P below .05; by chance in {own.seen / 20:.0f}), so that part of a hit may be "
        f"that of {name}: {own.surely}. A screen cannot take it in; where it was measured before "
        "the groups were made, `compare` does, for single endpoints: ",
        Remedy("adjust", name),
        ". If the groups may have changed it, leave it out.",
    )
