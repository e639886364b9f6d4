"""Columns left out that tie readings together, and pairs that are unlike."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.data.designs.labelled import unused_labels
from nestimate.data.designs.levels import Level
from nestimate.data.designs.roles import Roles
from nestimate.data.designs.statistics import Readings
from nestimate.data.tables.cells import is_plain_number
from nestimate.data.tables.door import Table
from nestimate.remedies import Advice, Fit, Remedy

Codes = NDArray[np.intp]
Values = NDArray[np.float64]

#: Correlation within pairs below which they are said to be unlike.
UNLIKE = -0.3
#: Chance below which members of a pair are called more alike than others, and fewest pairs.
ALIKE, FEWEST = 0.01, 4
#: Share of the scatter that labels have to explain; labels inside units that are looked at.
MUCH, MOST_INSIDE = 0.1, 30
#: Rounds in which means of labels and cells are taken off in turn: exact where these are balanced.
SWEEPS = 20
#: Fewest pairs whose correlation is looked at.
FEWEST_PAIRS = 3


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

    def compared(self, name: str) -> str:
        """Return the group as a formula writes it: numbers that name groups are no slope."""
        return f"C({name})" if all(map(is_plain_number, self.groups)) else name

    @property
    def held(self) -> str:
        """What the blocks are called, "" where there are none."""
        return "" if self.block is None else self.block.name

    @property
    def repeated(self) -> tuple[str, ...]:
        """Levels of which members have several readings, with what they lie in: `site:plot`."""
        names = [*filter(None, [self.held]), *(level.name for level in self.levels)]
        paths = [":".join(names[: i + 1]) for i in range(len(names))][-len(self.levels) :]
        several = [level.size < self.readings.value.size for level in self.levels]
        return tuple(compress(paths, several))


def doubt_pairs(table: Table, roles: Roles, used: Sequence[str], rows: Rows) -> dict[str, str]:
    """Name a column left out that ties values together across groups, where that shows.

    A day, a plate or a position is met equally often in all groups; so are numbers of replicates,
    and a column is named only where values that share its label are more alike than others: by an
    F test of labels beside groups (within blocks), or beside units where it differs inside them.

    Parameters
    ----------
    table, roles, used
        The table, and its columns that play a role.
    rows
        The rows that are compared.
    """
    if rows.readings.reconstructed or len(rows.groups) < 2:
        return {}
    found = []
    for name, codes, _ in unused_labels(table, used):
        tie = _tie(name, codes[rows.keep], rows)
        if tie is not None:
            found.append(tie)
    # What ties units together tells on the interval; what differs inside them on their readings.
    inside = [tie for tie in found if isinstance(tie, InsideTie)]
    between = [tie for tie in found if tie not in inside]
    best = [max(ties, key=lambda tie: tie.ratio) for ties in (between, inside) if ties]
    return {tie.name: tie.advice(roles, rows) for tie in best}


@dataclass(frozen=True, kw_only=True)
class Tie:
    """A column left out whose labels make values alike.

    Attributes
    ----------
    name, ratio
        The column, and the variance between its labels over that inside them.
    once
        Whether each label occurs once in every group (of a block).
    """

    name: str
    ratio: float
    once: bool

    def advice(self, roles: Roles, rows: Rows) -> str:
        """Say which column pairs what, and what uses it."""
        name = self.name
        what = "readings" if rows.unit is None else f"levels of {rows.unit.name}"
        listed = " and ".join([", ".join(rows.groups[:-1]), rows.groups[-1]])
        block = rows.held
        where = f"in every {block} " if block else ""
        often = "once" if self.once else "equally often"
        start = (
            f"Column {name} is left out, and it {'pairs' if self.once else 'ties'} the {what}: "
            f"{where}each {name} occurs {often} in {listed}, and what shares one {name} is "
            f"{self._alike} more alike than the rest (F = {self.ratio:.3g}). "
        )
        if not block:
            return Advice(start, "Compare within it: ", Remedy("block", name), ".")
        start += (
            "Without it the differences between them count as error of "
            f"{'a reading' if rows.unit is None else f'one {rows.unit.name}'}, and the interval is "
            "too wide."
        )
        inner = [f"{block}:{name}", *rows.repeated]
        group = rows.compared(roles.group)
        terms = [f"({group} | {block})", *(f"(1 | {cluster})" for cluster in inner)]
        how = "A formula uses the pairs" if self.once else "A formula takes them into account"
        return _by_formula(start, how, roles, (group, *terms), (name, block))

    @property
    def _alike(self) -> str:
        return "very much" if self.ratio > 10 else "clearly"


@dataclass(frozen=True, kw_only=True)
class InsideTie(Tie):
    """A column left out that differs between the readings of a unit, alike in all units."""

    def advice(self, roles: Roles, rows: Rows) -> str:
        """Say which column tells readings apart, and what uses it."""
        unit, name = rows.levels[0].name, self.name
        start = (
            f"Column {name} is left out, and it tells the readings of one {unit} apart: readings "
            f"of the same {name} are {self._alike} more alike than others in every {unit} "
            f"(F = {self.ratio:.3g}). Without it these differences count as error of a reading, "
            f"and where one {unit} lacks some {name} its mean is off."
        )
        block = rows.held
        group = rows.compared(roles.group)
        clusters = [f"({group} | {block})"] if block else []
        clusters += [f"(1 | {cluster})" for cluster in rows.repeated]
        number = f"C({name})"
        how = "A formula takes them into account"
        return _by_formula(start, how, roles, (group, number, *clusters), (name,))


@dataclass(frozen=True, kw_only=True)
class OuterTie(Tie):
    """A column left out that several blocks share, which makes their differences alike."""

    def advice(self, roles: Roles, rows: Rows) -> str:
        """Say which column holds blocks that are not independent, and how it is taken in."""
        name, block = self.name, rows.held
        return Advice(
            f"Column {name} is left out, and it ties the {block} together: how {roles.group} "
            f"differs within each {block} is {self._alike} more alike in those of one {name} "
            f"(F = {self.ratio:.3g}). They count as if each told it anew, and the interval is too "
            "narrow. Name both: ",
            Remedy("block", f"{name}/{roles.block}"),
            ".",
        )


def _outer(name: str, codes: Codes, rows: Rows) -> Tie | None:
    """Return a tie of blocks by how cells differ within them; None where that is chance."""
    block, groups = rows.block, len(rows.groups)
    if block is None:
        return None
    cell = block.codes * groups + rows.readings.group
    count = np.bincount(cell, minlength=block.size * groups).reshape(-1, groups)
    whole = (count > 0).all(axis=1)
    total = np.bincount(cell, rows.readings.value, count.size).reshape(-1, groups)
    means = total[whole] / count[whole]
    label = codes[np.unique(block.codes, return_index=True)[1]][whole]
    labels, of = np.unique(label, return_inverse=True)
    if labels.size < FEWEST - 1 or len(of) < 2 * labels.size:
        return None
    changes = means - means.mean(axis=1, keepdims=True)
    changes = changes - changes.mean(axis=0)
    shared = np.stack([changes[of == i].mean(axis=0) for i in range(labels.size)])[of]
    freedom = (labels.size - 1) * (groups - 1), (len(of) - labels.size) * (groups - 1)
    between, error = float(np.square(shared).sum()), float(np.square(changes - shared).sum())
    if between <= 1e-12 * float(np.square(means).sum()):
        return None
    ratio = between / freedom[0] / (error / freedom[1]) if error > 1e-12 * between else np.inf
    if float(special.fdtrc(*freedom, ratio)) >= ALIKE:
        return None
    return OuterTie(name=name, ratio=ratio, once=False)


def _by_formula(
    start: str, how: str, roles: Roles, terms: Sequence[str], names: Sequence[str]
) -> str:
    """Add the formula that does it, where names can stand in one and labels mean one unit."""
    said = [roles.value, roles.group, *names, *(roles.unit or "").split("/")]
    if roles.relabel_units or not all(w.isidentifier() and w.isascii() for w in said if w):
        return start
    formula = f"{roles.value} ~ {' + '.join(terms)}"
    return Advice(f"{start} {how}: ", Fit(formula, roles.said_options))


def _tie(name: str, codes: Codes, rows: Rows) -> Tie | None:
    """Return how a column ties values together; None where it does not, or by chance."""
    if (codes < 0).any():
        return None
    value, group = rows.readings.value, rows.readings.group
    inside = np.zeros(value.size, dtype=np.intp) if rows.block is None else rows.block.codes
    if (
        rows.block is not None
        and np.unique(inside * (codes.max() + 1) + codes).size == rows.block.size
    ):
        return _outer(name, codes, rows)
    if rows.unit is not None:
        first = np.unique(rows.unit.codes, return_index=True)[1]
        if (codes != codes[first][rows.unit.codes]).any():
            return _inside(name, codes, rows.unit, group, value)
        n = np.bincount(rows.unit.codes)
        value = np.bincount(rows.unit.codes, weights=value) / n
        codes, group, inside = codes[first], group[first], inside[first]
    groups, size = len(rows.groups), int(codes.max()) + 1
    pairs, pair = np.unique(inside * size + codes, return_inverse=True)
    counts = np.zeros((pairs.size, groups), dtype=np.intp)
    np.add.at(counts, (pair, group), 1)
    # What a design balances is met equally often in all groups; what came about is not.
    whole = (counts == counts[:, :1]).all(axis=1)
    if whole.sum() < max(FEWEST, 0.8 * pairs.size):
        return None
    kept = whole[pair]
    cell = inside * groups + group
    ratio = _ratio(value[kept], pair[kept], cell[kept], inside[kept])
    return None if ratio is None else Tie(name=name, ratio=ratio, once=bool(counts.max() == 1))


def _inside(name: str, codes: Codes, unit: Level, group: Codes, value: Values) -> Tie | None:
    """Return a tie of readings inside units: most units have every label, in every group."""
    labels = np.unique(codes).size
    if labels > MOST_INSIDE:
        return None
    counts = np.zeros((unit.size, int(codes.max()) + 1), dtype=np.intp)
    np.add.at(counts, (unit.codes, codes), 1)
    seen = np.unique(np.stack([group, codes]), axis=1).shape[1]
    # A design reads each of them equally often in every unit; what came about does not.
    regular = (counts == counts.max(axis=1, keepdims=True)) | (counts == 0)
    even = regular.all(axis=1).mean() >= 0.8 and (counts > 0).sum() >= 0.8 * labels * unit.size
    if not even or seen < labels * np.unique(group).size:
        return None
    ratio = _ratio(value, codes, unit.codes, np.zeros_like(codes), fewest=1)
    return None if ratio is None else InsideTie(name=name, ratio=ratio, once=False)


def _ratio(
    value: Values, label: Codes, cell: Codes, inside: Codes, *, fewest: int = FEWEST - 1
) -> float | None:
    """Variance between labels, beside cells, over what neither explains; None where it is chance.

    Parameters
    ----------
    value, label, cell, inside
        Of each item its value, label, cell (group of a block, or unit) and what holds both; shape
        (items,). Labels meet cells equally often, or nearly.
    fewest
        Degrees of freedom of labels below which nothing is said.
    """
    plain = value - _means(value, cell)
    rest = value
    for _ in range(SWEEPS):
        rest = rest - _means(rest, label)
        rest = rest - _means(rest, cell)
    labels, cells = np.unique(label).size, np.unique(cell).size
    freedom = labels - np.unique(inside).size
    left = value.size - cells - freedom
    squares = float(plain @ plain - rest @ rest)
    error = float(rest @ rest)
    if freedom < fewest or left < 1 or squares <= 1e-12 * float(plain @ plain):
        return None
    ratio = squares / freedom / (error / left) if error > 1e-12 * squares else np.inf
    share = 1 - (error / left) / (float(plain @ plain) / (value.size - cells))
    chance = float(special.fdtrc(freedom, left, ratio))
    return ratio if chance < ALIKE and share >= MUCH else None


def _means(value: Values, codes: Codes) -> Values:
    """Return for every item the mean of those that share its code."""
    n = np.bincount(codes)
    return np.asarray((np.bincount(codes, weights=value) / np.maximum(n, 1))[codes])


def doubt_unlike(rows: Rows) -> list[str]:
    """Say that one of a pair is high where the other is low: the model takes pairs to be alike."""
    block, (group, value) = rows.block, (rows.readings.group, rows.readings.value)
    if block is None or len(rows.groups) != 2 or value.size != 2 * block.size:
        return []
    order = np.lexsort((group, block.codes))
    first, second = value[order].reshape(-1, 2).T
    if (np.sort(group[order].reshape(-1, 2)) != [0, 1]).any() or block.size < FEWEST_PAIRS:
        return []
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return []
    shared = float(np.corrcoef(first, second)[0, 1])
    if shared > UNLIKE:
        return []
    one, other = rows.groups
    return [
        f"Over the {block.size} {block.name} {one} is high where {other} is low (correlation "
        f"{shared:.2f}). The model takes values of one {block.name} to be alike or unrelated, and "
        "its interval is then narrower than that of the differences alone: the paired t interval "
        "beside it rests on these."
    ]
