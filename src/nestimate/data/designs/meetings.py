"""Whether readings are alike where factors meet: of one animal on one day, of one arm on one day.

A formula that holds animals and days, and not what is peculiar to an animal on a day, counts all
readings of that session as if each were another one. An effect that differs from animal to animal,
or from day to day, is what arms and animals, or days, have in common where they meet.
"""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace
from functools import reduce
from itertools import combinations
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.atoms import shown
from nestimate.data.designs.cells import Cells
from nestimate.data.designs.expressions import quoted
from nestimate.data.designs.formula import Formula
from nestimate.data.designs.left_out.holders import holds_several
from nestimate.data.designs.misgivings import told_apart
from nestimate.data.designs.model_frame import ModelFrame
from nestimate.data.designs.random_terms import Random, combined_level
from nestimate.data.designs.reused import Labelled
from nestimate.data.designs.squares import Test
from nestimate.data.designs.strata import lies_in, same_members, split
from nestimate.data.designs.structure import Factor
from nestimate.data.designs.term_columns import Column
from nestimate.data.tables.cells import is_plain_number
from nestimate.remedies import Advice, Fit

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Chance of any being named where nothing is alike.
UNNAMED = 0.01
#: The same in blocks, whose effects are asked about without a test where cells repeat.
IN_BLOCKS = 0.08


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Side:
    """One of the factors that meet: what is compared, or is fixed, or scatters.

    Attributes
    ----------
    path
        Its columns, outermost first.
    text
        As the fixed part writes it; empty where it scatters.
    codes
        Its level in every row.
    """

    path: tuple[str, ...]
    text: str
    codes: Codes

    @property
    def name(self) -> str:
        """What it is called."""
        return ":".join(self.path)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Meeting:
    """What several factors have in common where they meet, and the cells of that.

    Attributes
    ----------
    sides, codes
        The factors, what scatters first, and the cell of every row.
    test
        The F test of the cells.
    """

    sides: tuple[Side, ...]
    codes: Codes
    test: Test

    @classmethod
    def of(cls, sides: tuple[Side, ...], rows: Cells) -> Self | None:
        """Return it with its test; None where the rows do not tell."""
        codes = _cell(sides)
        home, *factors = sides
        if all(side.text for side in factors):
            # An interaction is what cells have in common beside what those of its factors do.
            parts = (_cell((home, *own)) for own in combinations(factors, len(factors) - 1))
            rows = replace(rows, held=(*rows.held, *parts))
        test = None if any(same_members(codes, one) for one in rows.held) else rows.test(codes)
        return None if test is None else cls(sides=sides, codes=codes, test=test)

    @property
    def order(self) -> int:
        """How many factors an interaction has; 1 of what is none."""
        return max(sum(bool(side.text) for side in self.sides[1:]), 1)

    @property
    def term(self) -> str:
        """The random term of the cells."""
        columns = dict.fromkeys(name for side in self.sides for name in side.path)
        return f"(1 | {':'.join(map(quoted, columns))})"


def doubt_meetings(
    formula: Formula,
    frame: ModelFrame,
    random: Random,
    asked: tuple[tuple[str, ...], tuple[tuple[str, str], ...]],
    parts: tuple[Array, Array, Sequence[Column]],
) -> list[Advice]:
    """Say where readings are alike that a formula takes for no more alike than others.

    Parameters
    ----------
    formula, frame, random
        The formula, the rows that it uses, and what scatters.
    asked
        The columns that are compared, and the options that another formula needs.
    parts
        The values that are analysed, the fixed columns, and what these are.
    """
    value, fixed, columns = parts
    compared = {*asked[0]}
    sides = _sides(formula, frame, compared)
    # Where cells of all factors repeat, nested formulas are asked about whatever the values are.
    single = bool(random.outer.size) and np.unique(_cell(sides)).size == value.size
    met = [*_met(sides, compared, formula, columns, tested=random.crossed or single)]
    least = {True: UNNAMED, False: UNNAMED if random.crossed else IN_BLOCKS}
    if not met:
        return []
    binary = [one for one in random.strata if not (one.merged or one.sloped)]
    rows = Cells(
        value=value,
        fixed=fixed,
        held=tuple(stratum.members for stratum in binary),
        cell=_cell(sides),
    )
    found: list[Meeting] = []
    for _ in met:
        tests = (Meeting.of(one, rows) for one in met)
        told = [
            one for one in tests if one and one.test.p * len(met) <= least[bool(one.sides[0].text)]
        ]
        if not told:
            break
        # Finer cells are alike in all that coarser ones have in common, but for interactions.
        found.append(min(told, key=lambda one: (-one.order, int(one.codes.max()), one.test.p)))
        rows = replace(rows, held=(*rows.held, found[-1].codes))
    return [_said(one, formula, frame, random, (value, asked[1])) for one in found]


def _sides(formula: Formula, frame: ModelFrame, compared: Set[str]) -> list[Side]:
    """Return what scatters, and the factors of the fixed part; of these the compared ones last."""
    atoms = [formula.written[i] for i in formula.fixed_atoms]
    paths = [(path, "") for path in formula.clusters]
    paths += [((a.column,), a.text) for a in atoms if a.column in frame.factors]
    paths = sorted(paths, key=lambda one: bool(one[1]) + (one[0][0] in compared and bool(one[1])))
    return [Side(path=p, text=t, codes=combined_level(frame, p).codes) for p, t in paths]


def _met(
    sides: Sequence[Side],
    compared: Set[str],
    formula: Formula,
    columns: Sequence[Column],
    *,
    tested: bool,
) -> Iterator[tuple[Side, ...]]:
    """Give the factors whose cells a formula may leave out.

    Those are pairs that cross, all that do, and interactions with what scatters.
    """
    held = [{formula.atoms[i].column for i in column.atoms} for column in columns]
    for one, other in combinations(sides, 2):
        names = {*one.path, *other.path}
        known = not names & compared or any(names <= own for own in held)
        known = known if one.text else not tested
        if not (known or lies_in(one.codes, other.codes) or lies_in(other.codes, one.codes)):
            yield one, other
    scattering = [side for side in sides if not side.text]
    if tested and len(scattering) > 2:
        yield tuple(scattering)
    for home in scattering if tested else ():
        yield from ((home, *own) for own in _interactions(sides, held, home))


def _interactions(
    sides: Sequence[Side], held: Sequence[Set[str | None]], home: Side
) -> Iterator[tuple[Side, ...]]:
    """Give the factors of which the fixed part holds an interaction that may differ in a cluster.

    Those are factors that have several levels in a cluster, and not one in each.
    """
    fixed = {side.name: side for side in sides if side.text}
    for names in {frozenset(own) for own in held if len(own) > 1 and own <= {*fixed}}:
        own = tuple(side for name, side in fixed.items() if name in names)
        cells = _cell(own)
        inside = not any(lies_in(home.codes, side.codes) for side in own)
        if inside and not same_members(cells, split(home.codes, cells)):
            yield own


def _cell(sides: Sequence[Side]) -> Codes:
    """Return where factors meet."""
    return reduce(split, (side.codes for side in sides))


def _said(
    met: Meeting,
    formula: Formula,
    frame: ModelFrame,
    random: Random,
    asked: tuple[Array, tuple[tuple[str, str], ...]],
) -> Advice:
    """Say what is alike, and the formula that takes it in."""
    value, options = asked
    added = Fit(f"{formula.text} + {met.term}", options)
    if not any(side.text for side in met.sides):
        names = " and ".join(side.name for side in met.sides)
        where = ":".join(side.name for side in met.sides)
        return Advice(
            f"Readings of one {where} are more alike than {names} make them ({met.test.said}), and "
            f"count as if each were of another {where}: intervals are too narrow. A level for each "
            f"{where}: ",
            added,
        )
    home, effect, *more = met.sides
    if more:
        what = " x ".join(side.name for side in met.sides[1:])
        return Advice(
            f"The interaction of {what} differs between {home.name} ({met.test.said}), and it is "
            f"taken to be the same in every {home.name}: readings count as if each were another "
            f"{home.name}. With one that differs: ",
            added,
        )
    if home.text:
        return Advice(
            f"The effect of {effect.name} differs from one {home.name} to the next "
            f"({met.test.said}), and the formula takes it to be the same in each. Where "
            f"{home.name} repeats the experiment, readings count as if each told it anew, and the "
            f"interval is too narrow; where it is compared, too, '{effect.text} * {home.text}' is "
            "meant. An effect for each repeat: ",
            added,
        )
    start = (
        f"The effect of {effect.name} differs between {home.name} ({met.test.said}), and it is "
        f"taken to be the same in every {home.name}: readings count as if each were another "
        f"{home.name}."
    )
    levels = [combined_level(frame, (name,)) for name in home.path]
    own = combined_level(frame, effect.path)
    factor = Factor(name=own.name, labels=own.labels, codes=own.codes)
    labelled = Labelled.of(levels, [factor], value)
    numbers = all(map(is_plain_number, labelled.labels)) and not holds_several(labelled.name)
    if numbers and labelled.apart:
        return Advice(
            f"{start} Or equal labels are others in every {effect.name}: what shares one is no "
            f"more alike over {effect.name} than what does not. If {home.name} "
            f"{labelled.labels[0]} is one, '({effect.text} | {':'.join(map(quoted, home.path))})' "
            f"lets the effect differ; if it is another in every {effect.name}: ",
            Fit(told_apart(formula, home.path, effect.path), options),
        )
    if random.outer.name == home.name:
        added = Fit(_differing(formula, home, effect), options)
    return Advice(f"{start} With one that differs: ", added)


def _differing(formula: Formula, home: Side, effect: Side) -> str:
    """Return the formula with an effect for each cluster."""
    atoms, terms = formula.written, []
    for factors, own in formula.clusters.items():
        left = [shown(term.code, atoms) for term in own if term.code != "1"]
        left += [effect.text] if factors == home.path else []
        terms.append((own, left, factors))
    return formula.spelt(shown(formula.fixed, atoms), terms)
