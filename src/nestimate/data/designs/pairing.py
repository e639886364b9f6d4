"""Columns left out that tie readings together, and values that were divided by a control."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.data.designs.levels import Level
from nestimate.data.designs.measures import Measure
from nestimate.data.designs.roles import Roles
from nestimate.data.designs.statistics import Readings
from nestimate.data.tables.door import Table
from nestimate.errors import DataError
from nestimate.remedies import Advice, Remedy

Codes = NDArray[np.intp]

#: Chance below which members of a pair are called more alike than others, and fewest pairs.
ALIKE, FEWEST = 0.01, 4
#: Columns left out that are looked at.
MOST_COLUMNS = 30
#: Blocks from which a constant control is no chance.
CONSTANT = 3


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Rows:
    """The rows that are compared, as far as pairs among them are concerned.

    Attributes
    ----------
    keep
        Which rows of the table are used, shape (rows of the table,).
    readings, groups
        These rows and the labels of their groups.
    levels, block
        Units and subunits, outermost first, where rows are readings of such, and the blocks.
    """

    keep: NDArray[np.bool_]
    readings: Readings
    groups: Sequence[str]
    levels: tuple[Level, ...]
    block: Level | None

    @property
    def unit(self) -> Level | None:
        """The experimental unit, or None where every row is a data point."""
        return self.levels[0] if self.levels else None


def doubt_pairs(table: Table, roles: Roles, used: Sequence[str], rows: Rows) -> list[str]:
    """Name a column left out that pairs values one to one across groups, where that shows.

    Numbers of replicates also occur once in every group; so a column is named only where values
    that share its label are more alike than others (an F test of pairs within blocks). Nothing is
    said where units lie in blocks.

    Parameters
    ----------
    table, roles, used
        The table, and its columns that play a role.
    rows
        The rows that are compared.
    """
    blind = rows.readings.reconstructed or (rows.unit is not None and rows.block is not None)
    if blind or len(rows.groups) < 2:
        return []
    found = []
    for name in [name for name in table.columns if name not in used][:MOST_COLUMNS]:
        try:
            codes = table.labels(name)[0]
        except DataError:
            continue  # what cannot be labels pairs nothing
        ratio = _ratio(codes[rows.keep], rows)
        if ratio is not None:
            found.append((ratio, name))
    if not found:
        return []
    ratio, name = max(found)
    return [_advice(name, ratio, roles, rows)]


def _ratio(codes: Codes, rows: Rows) -> float | None:
    """Variance of pairs over that inside them; None where there are no pairs, or it is chance."""
    value, group = rows.readings.value, rows.readings.group
    inside = np.zeros(value.size, dtype=np.intp) if rows.block is None else rows.block.codes
    if rows.unit is not None:
        first = np.unique(rows.unit.codes, return_index=True)[1]
        if (codes != codes[first][rows.unit.codes]).any():
            return None  # a unit has several of them
        n = np.bincount(rows.unit.codes)
        value = np.bincount(rows.unit.codes, weights=value) / n
        codes, group, inside = codes[first], group[first], inside[first]
    if (codes < 0).any():
        return None
    groups, size = len(rows.groups), int(codes.max()) + 1
    pairs, pair = np.unique(inside * size + codes, return_inverse=True)
    counts = np.zeros((pairs.size, groups), dtype=np.intp)
    np.add.at(counts, (pair, group), 1)
    whole = (counts == 1).all(axis=1)
    blocks = pairs // size
    if counts.max() > 1 or whole.sum() < max(FEWEST, 0.8 * pairs.size):
        return None
    table = np.zeros((pairs.size, groups))
    table[pair, group] = value
    squares = freedom = 0.0
    rest = 0.0
    for block in np.unique(blocks[whole]):
        cells = table[whole & (blocks == block)]
        own = cells - cells.mean(axis=0)
        middle = own.mean(axis=1, keepdims=True)
        squares += groups * float(np.square(middle).sum())
        rest += float(np.square(own - middle).sum())
        freedom += len(cells) - 1
    if freedom < FEWEST - 1 or squares <= 0:
        return None
    ratio = (groups - 1) * squares / rest if rest > 0 else np.inf
    chance = float(special.fdtrc(freedom, freedom * (groups - 1), ratio))
    return ratio if chance < ALIKE else None


def _advice(name: str, ratio: float, roles: Roles, rows: Rows) -> str:
    """Say which column pairs what, and what uses it."""
    what = "readings" if rows.unit is None else f"levels of {rows.unit.name}"
    listed = " and ".join([", ".join(rows.groups[:-1]), rows.groups[-1]])
    value, group = roles.value, roles.group
    where = "" if rows.block is None else f"in every {rows.block.name} "
    alike = "very much" if ratio > 10 else "clearly"
    start = (
        f"Column {name} is left out, and it pairs the {what}: {where}each {name} occurs once "
        f"in {listed}, and what shares a {name} is {alike} more alike than the rest "
        f"(F = {ratio:.3g}). "
    )
    if rows.block is None:
        return Advice(start, "Compare within it: ", Remedy("block", name), ".")
    block = rows.block.name
    formula = f"{value} ~ {group} + ({group} | {block}) + (1 | {block}:{name})"
    plain = all(word.isidentifier() for word in (value, group, block, name))
    start += (
        "Without it the differences between them count as error of a reading, and the interval is "
        "too wide."
    )
    if not plain:
        return start
    how = f'{start} A formula uses the pairs: nestimate fit "{formula}", ne.fit in Python'
    response = roles.said_response
    return (
        f"{how}."
        if response is None
        else Advice(f"{how}, with ", Remedy("response", response), ".")
    )


def doubt_normalised(name: str, rows: Rows, measure: Measure) -> list[str]:
    """Say that a group which is one number in every block was what the others were divided by.

    Its values then carry no error, and the error that it had is in all the others, shared by those
    of one block.

    Parameters
    ----------
    name, rows
        Column of values, and the rows that are compared.
    measure
        How values are said.
    """
    block, groups, group = rows.block, rows.groups, rows.readings.group
    if block is None or block.size < CONSTANT:
        return []
    value = measure.said(rows.readings.value)
    flat = [
        g
        for g in range(len(groups))
        if np.unique(block.codes[group == g]).size >= CONSTANT
        and np.ptp(value[group == g]) <= 1e-9 * np.abs(value).max()
    ]
    if len(flat) != 1 or len(flat) == len(groups):
        return []
    label, level = groups[flat[0]], float(value[group == flat[0]][0])
    done = "divided by" if level else "taken less"
    return [
        Advice(
            f"{name} is {level:g} for {label} in every {block.name}: the values were {done} "
            f"{label} before, so that {label} shows no scatter and its error is hidden in the "
            "other groups. The model takes groups to scatter alike, so that its zeros make the "
            "others look surer than they are. Give the raw values, with ",
            Remedy("block", block.name),
            *((" and ", Remedy("scale", "log"), " for ratios.") if level > 0 else (".",)),
            f" Where only these are left, leave out the rows of {label} and compare the others "
            "with the stated value: ",
            Remedy("against", level),
            ".",
        )
    ]
