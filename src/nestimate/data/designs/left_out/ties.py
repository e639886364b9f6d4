"""Columns left out that tie data points of several groups together: days, plates, positions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.cells import Cells
from nestimate.data.designs.labelled import Unused
from nestimate.data.designs.left_out.asked import ByRoles
from nestimate.data.designs.left_out.beside import constant
from nestimate.data.designs.left_out.holders import holds_several
from nestimate.data.designs.left_out.kinds import LeftOut, Looked
from nestimate.data.designs.left_out.uneven import straight
from nestimate.data.designs.pairing import Rows
from nestimate.data.designs.reused import SURE, Told
from nestimate.data.designs.roles import Roles
from nestimate.data.designs.squares import Test
from nestimate.data.designs.strata import split
from nestimate.remedies import Advice, Fit, Remedy

Codes = NDArray[np.intp]
Values = NDArray[np.float64]

#: Chance below which members of a pair are called more alike than others, and fewest pairs.
ALIKE, FEWEST = 0.01, 4
#: Share of the scatter that labels have to explain; labels inside units that are looked at.
MUCH, MOST_INSIDE = 0.1, 30
#: The former of plates, days and what else holds several, where it is missed answers are too sure.
UNNAMED = 0.03
#: Share of the labels that have to be met in several groups.
MOSTLY = 0.6
#: Rounds in which means of labels and cells are taken off in turn: exact where these are balanced.
SWEEPS = 20


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Tie(LeftOut):
    """A column left out that is met equally often in all groups and makes values alike.

    A day, a plate or a position is, and so are numbers of replicates: a column is named only where
    values that share its label are more alike than others, by an F test of labels beside groups
    (within blocks).

    Attributes
    ----------
    once
        Whether each label occurs once in every group (of a block).
    """

    once: bool

    @classmethod
    def of(cls, column: Unused, looked: Looked) -> Self | None:
        """Return how a column ties units, or rows, together."""
        rows, codes = looked.rows, column.codes
        if rows is None or (codes < 0).any():
            return None
        value, group, inside = rows.readings.value, rows.readings.group, rows.within
        if rows.held and constant(codes, inside):
            return None
        if rows.unit is not None:
            first = np.unique(rows.unit.codes, return_index=True)[1]
            if (codes != codes[first][rows.unit.codes]).any():
                return None
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
        test = _alike(value[kept], pair[kept], cell[kept], inside[kept])
        once = bool(counts.max() == 1)
        return None if test is None else cls(name=column.name, looked=looked, test=test, once=once)

    @property
    def order(self) -> tuple[float, ...]:
        """The one that makes values most alike comes first."""
        return (-self.test.ratio,)

    def advice(self) -> Advice:
        """Say which column pairs what, and what uses it."""
        name, (roles, rows) = self.name, _asked(self.looked)
        what = "readings" if rows.unit is None else f"levels of {rows.unit.name}"
        listed = " and ".join([", ".join(rows.groups[:-1]), rows.groups[-1]])
        block = rows.held
        where = f"in every {block} " if block else ""
        often = "once" if self.once else "equally often"
        start = (
            f"{self.start}, and it {'pairs' if self.once else 'ties'} the {what}: "
            f"{where}each {name} occurs {often} in {listed}, and what shares one {name} is "
            f"{self.much} more alike than the rest ({self.shown}). "
        )
        if not block:
            return self._told(Advice(start, "Compare within it: ", Remedy("block", name), "."))
        start += (
            "Without it the differences between them count as error of "
            f"{'a reading' if rows.unit is None else f'one {rows.unit.name}'}, and the interval is "
            "too wide."
        )
        inner = [f"{block}:{name}", *rows.repeated]
        group = rows.compared(roles.group)
        terms = [f"({group} | {block})", *(f"(1 | {cluster})" for cluster in inner)]
        how = "A formula uses the pairs" if self.once else "A formula takes them into account"
        return self._told(_by_formula(start, how, roles, (group, *terms), (name, block)))

    def _told(self, said: Advice) -> Advice:
        """Say, where it can hardly be chance, that the values speak for blocks of these labels."""
        roles, _ = _asked(self.looked)
        held = [*filter(None, (roles.block or "").split("/"))]
        sure = self.test.p < SURE or (self.once and bool(held))
        return Told.of(said, (*held, self.name)) if sure else said


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Differing(LeftOut):
    """A column left out between whose labels differences of the groups differ: plates, gels, days.

    Of values in per cent of the control of each plate nothing else is left of what differs from
    plate to plate.
    """

    @classmethod
    def of(cls, column: Unused, looked: Looked) -> Self | None:
        """Return the column if points of one group are more alike where they share its label."""
        points, first = looked.points, looked.points.first
        blocked = looked.rows is not None and looked.rows.held
        if blocked or not points.apart or len(looked.groups) < 2 or straight(column, looked):
            return None
        code, group, value = column.codes[first], looked.group[first], points.means
        if (column.codes < 0).any() or (code[points.point] != column.codes).any():
            return None
        cell = split(code, group)
        several = np.bincount(cell)[cell] > 1
        pairs = np.unique(np.stack([code, group]), axis=1)
        meets = np.bincount(pairs[0])
        # Labels that most groups meet; a point that is alone with its label is like no other.
        if (meets > 1).sum() < max(FEWEST - 1, MOSTLY * (meets > 0).sum()) or not several.any():
            return None
        cell, group = cell[several], group[several]
        level = UNNAMED if holds_several(column.name) else ALIKE
        test = _alike(value[several], cell, group, np.zeros_like(group), fewest=1, level=level)
        if test is None:
            return None
        return cls(name=column.name, looked=looked, test=test)

    def advice(self) -> Advice:
        """Say that differences differ between labels, and what compares within these."""
        name, points = self.name, self.looked.points
        return Advice(
            f"{self.start}, and what shares one {name} inside one group is {self.much} more alike "
            f"than the rest of that group ({self.shown}): how far groups differ is another in one "
            f"{name} than in the next. The {points.many} count as if they were independent of it: "
            f"the interval is too narrow where {name} is a repeat of the experiment. Compare "
            "within it: ",
            *self.looked.asked.differing(name),
        )


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class InsideTie(LeftOut):
    """A column left out that differs between the readings of a unit, alike in all units.

    Attributes
    ----------
    met
        What readings of one group share where they share its label, if that is more than chance.
    """

    met: Test | None

    @classmethod
    def of(cls, column: Unused, looked: Looked) -> Self | None:
        """Return a tie of readings inside units: most units have every label, in every group."""
        rows, codes = looked.rows, column.codes
        if rows is None or rows.unit is None or (codes < 0).any():
            return None
        unit, labels = rows.unit, np.unique(codes).size
        if labels > MOST_INSIDE or constant(codes, unit.codes) or constant(codes, rows.within):
            return None
        counts = np.zeros((unit.size, int(codes.max()) + 1), dtype=np.intp)
        np.add.at(counts, (unit.codes, codes), 1)
        seen = np.unique(np.stack([rows.readings.group, codes]), axis=1).shape[1]
        # A design reads each of them equally often in every unit; what came about does not.
        regular = (counts == counts.max(axis=1, keepdims=True)) | (counts == 0)
        even = regular.all(axis=1).mean() >= 0.8 and (counts > 0).sum() >= 0.8 * labels * unit.size
        if not even or seen < labels * len(rows.groups):
            return None
        nothing = np.zeros_like(codes)
        test = _alike(rows.readings.value, codes, unit.codes, nothing, fewest=1)
        if test is None:
            return None
        value, group = rows.readings.value, rows.readings.group
        cells = Cells(
            value=value,
            fixed=np.ones((value.size, 1)),
            held=(unit.codes, codes, split(rows.within, group)),
            cell=split(unit.codes, codes),
        )
        met = cells.test(split(group, codes))
        met = met if met is not None and met.p < ALIKE else None
        return cls(name=column.name, looked=looked, test=test, met=met)

    @property
    def order(self) -> tuple[float, ...]:
        """The one that makes values most alike comes first."""
        return (-self.test.ratio,)

    def advice(self) -> Advice:
        """Say which column tells readings apart, and what uses it."""
        name, (roles, rows) = self.name, _asked(self.looked)
        unit = rows.levels[0].name
        start = (
            f"{self.start}, and it tells the readings of one {unit} apart: readings "
            f"of the same {name} are {self.much} more alike than others in every {unit} "
            f"({self.shown}). Without it these differences count as error of a reading, "
            f"and where one {unit} lacks some {name} its mean is off."
        )
        block = rows.held
        group = rows.compared(roles.group)
        clusters = [f"({group} | {block})"] if block else []
        clusters += [f"(1 | {cluster})" for cluster in rows.repeated]
        number = f"C({name})"
        if self.met is not None:
            start += (
                f" How far groups differ is another in one {name} than in the next "
                f"({self.met.said}), and where {name} repeats the experiment the interval is too "
                "narrow without that."
            )
            clusters.append(f"(1 | {':'.join([name, *roles.group.split(',')])})")
        how = "A formula takes them into account"
        return _by_formula(start, how, roles, (group, number, *clusters), (name,))


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class OuterTie(LeftOut):
    """A column left out that several blocks share, which makes their differences alike."""

    @classmethod
    def of(cls, column: Unused, looked: Looked) -> Self | None:
        """Return a tie of blocks by how cells differ within them."""
        rows, codes = looked.rows, column.codes
        if rows is None or not rows.held or (codes < 0).any() or not constant(codes, rows.within):
            return None
        inside, groups = rows.within, len(rows.groups)
        size = int(inside.max()) + 1
        cell = inside * groups + rows.readings.group
        count = np.bincount(cell, minlength=size * groups).reshape(-1, groups)
        whole = (count > 0).all(axis=1)
        total = np.bincount(cell, rows.readings.value, count.size).reshape(-1, groups)
        means = total[whole] / count[whole]
        label = codes[np.unique(inside, return_index=True)[1]][whole]
        labels, of = np.unique(label, return_inverse=True)
        if labels.size < FEWEST - 1 or len(of) < 2 * labels.size:
            return None
        changes = means - means.mean(axis=1, keepdims=True)
        changes = changes - changes.mean(axis=0)
        shared = np.stack([changes[of == i].mean(axis=0) for i in range(labels.size)])[of]
        between, error = float(np.square(shared).sum()), float(np.square(changes - shared).sum())
        if between <= 1e-12 * float(np.square(means).sum()):
            return None
        known = (groups - 1) * np.array([1, labels.size, len(of) - labels.size])
        plain, full, left = map(int, known)
        test = Test.of((between + error, plain), (error, full), (error, left))
        if test is None or test.p >= ALIKE:
            return None
        return cls(name=column.name, looked=looked, test=test)

    @property
    def order(self) -> tuple[float, ...]:
        """The one that makes values most alike comes first."""
        return (-self.test.ratio,)

    def advice(self) -> Advice:
        """Say which column holds blocks that are not independent, and how it is taken in."""
        name, (roles, rows) = self.name, _asked(self.looked)
        return Advice(
            f"{self.start}, and it ties the {rows.held} together: how {roles.group} "
            f"differs within each {rows.held} is {self.much} more alike in those of one {name} "
            f"({self.shown}). They count as if each told it anew, and the interval is too "
            "narrow. Name both: ",
            Remedy("block", f"{name}/{roles.block}"),
            ".",
        )


def _asked(looked: Looked) -> tuple[Roles, Rows]:
    """Return the roles and the rows: only of designs whose columns have roles are ties told."""
    assert looked.rows is not None
    assert isinstance(looked.asked, ByRoles)
    return looked.asked.roles, looked.rows


def _by_formula(
    start: str, how: str, roles: Roles, terms: Sequence[str], names: Sequence[str]
) -> Advice:
    """Add the formula that does it, where names can stand in one and labels mean one unit."""
    said = [roles.value, roles.group, *names, *(roles.unit or "").split("/")]
    if roles.relabel_units or not all(w.isidentifier() and w.isascii() for w in said if w):
        return Advice(start)
    formula = f"{roles.value} ~ {' + '.join(terms)}"
    return Advice(f"{start} {how}: ", Fit(formula, roles.said_options))


def _alike(
    value: Values,
    label: Codes,
    cell: Codes,
    inside: Codes,
    *,
    fewest: int = FEWEST - 1,
    level: float = ALIKE,
) -> Test | None:
    """Test labels beside cells; None where what they say may be chance, or is little.

    Parameters
    ----------
    value, label, cell, inside
        Of each item its value, label, cell (group of a block, or unit) and what holds both; shape
        (items,). Labels meet cells equally often, or nearly.
    fewest
        Degrees of freedom of labels below which nothing is said.
    level
        Chance below which members are called alike.
    """
    plain = value - _means(value, cell)
    rest = value
    for _ in range(SWEEPS):
        rest = rest - _means(rest, label)
        rest = rest - _means(rest, cell)
    labels, cells = np.unique(label).size, np.unique(cell).size
    freedom = labels - np.unique(inside).size
    left = value.size - cells - freedom
    total, error = float(plain @ plain), float(rest @ rest)
    if freedom < fewest or left < 1 or total - error <= 1e-12 * total:
        return None
    share = 1 - (error / left) / (total / (value.size - cells))
    test = Test.of((total, cells), (error, cells + freedom), (error, left))
    return test if test is not None and test.p < level and share >= MUCH else None


def _means(value: Values, codes: Codes) -> Values:
    """Return for every item the mean of those that share its code."""
    n = np.bincount(codes)
    return np.asarray((np.bincount(codes, weights=value) / np.maximum(n, 1))[codes])
