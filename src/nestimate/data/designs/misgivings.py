"""What a formula probably does not mean: said beside the answer."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.atoms import shown
from nestimate.data.designs.expressions import quoted
from nestimate.data.designs.formula import Formula, RandomTerm
from nestimate.data.designs.levels import Level
from nestimate.data.designs.model_frame import ModelFrame
from nestimate.data.designs.random_terms import Random, combined_level
from nestimate.data.designs.reused import Labelled
from nestimate.data.designs.squares import ROUNDING
from nestimate.data.designs.strata import same_members, split
from nestimate.data.designs.structure import Factor
from nestimate.data.designs.term_columns import Column
from nestimate.remedies import Fit

Codes = NDArray[np.intp]
Values = NDArray[np.float64]

#: Whole numbers up to this many may be codes of groups.
MOST_CODES = 12
#: Units of every group from which numbers may be their names.
FEWEST_IDS = 3
#: A level of one factor: the code of `1`, and the number of factors right of the bar.
ONE = ("1", 1)


def misgivings(
    formula: Formula,
    frame: ModelFrame,
    random: Random,
    fixed: Sequence[Column],
    asked: tuple[Values, tuple[tuple[str, str], ...]],
    anew: Mapping[tuple[str, ...], str],
) -> list[str]:
    """Say what a formula probably does not mean.

    Parameters
    ----------
    formula, frame, random, fixed
        The formula, the rows that it uses, what scatters, and the fixed columns.
    asked
        The values that are analysed, and the options that another formula for them needs.
    anew
        What is said of labels that begin anew in a column left out, by what tells clusters apart.
    """
    levels = [term.factors[0] for term in formula.random if (term.code, len(term.factors)) == ONE]
    said = [
        f"{name} is in the fixed part and right of a bar: its levels are estimated one by one, so "
        f"that little is left for the spread between them. {_meant(name, formula)} is usually "
        "meant."
        for name in levels
        if name in formula.fixed_names
    ]
    columns = [name for i in formula.fixed_atoms if (name := formula.atoms[i].column) is not None]
    for term in formula.random:
        number = int(term.code[1:]) if term.code[1:].isdecimal() else None
        held = number is None or number in formula.fixed_atoms
        known = number is None or held or formula.atoms[number].column in columns
        if number is not None and not known and not _moved(formula, frame, number):
            said.append(
                f"The effect of {term.expression} differs between {':'.join(term.factors)}, but "
                f"{term.expression} is not in the fixed part: on average it is taken to be zero. "
                f"Add '+ {term.expression}' to estimate it."
            )
        elif number is not None and _constant(frame, formula.atoms[number].column, term.factors):
            where = ":".join(term.factors)
            said.append(
                f"Every {where} has one {term.expression}, so how {term.expression} differs "
                f"between {where} cannot be told from the level of one {where}. "
                f"'(1 | {term.place})' is usually meant."
            )
    factors = [name for name in columns if name in frame.factors]
    reused = {**_reused(formula, frame, factors, *asked), **anew}
    return [
        *said,
        *reused.values(),
        *_alike(formula, frame, random, fixed, [*reused]),
        *(
            s
            for name in columns
            if name not in frame.factors
            for s in _ids(name, frame, random.outer, factors) or _codes(name, frame, random.outer)
        ),
    ]


def _reused(
    formula: Formula,
    frame: ModelFrame,
    names: Sequence[str],
    value: Values,
    options: tuple[tuple[str, str], ...],
) -> dict[tuple[str, ...], str]:
    """Say which labels may have been used again under other levels of the fixed part's factors."""
    levels = {name: combined_level(frame, (name,)) for name in (*names, *formula.grouping)}
    factors = [Factor(name=n, labels=levels[n].labels, codes=levels[n].codes) for n in names]
    said = {}
    for path in formula.clusters:
        found = Labelled.of([levels[name] for name in path], factors, value)
        for sentence in found.same(Fit(told_apart(formula, path, found.apart), options)):
            said[path] = sentence
    return said


def told_apart(formula: Formula, path: tuple[str, ...], apart: tuple[str, ...]) -> str:
    """Return the formula with clusters told apart by factors, too; what holds them sees several."""
    atoms, size = formula.written, len(path)
    terms: dict[frozenset[str], tuple[list[RandomTerm], list[str], tuple[str, ...]]] = {}
    for factors, own in formula.clusters.items():
        inside, told = factors[:size] == path, factors
        left = [term for term in own if term.code != "1"]
        if inside:
            left = [term for term in left if not formula.left_of_bar(term) & {*apart}]
            told = (*path[:-1], *apart, path[-1], *factors[size:])
        spelt = [shown(term.code, atoms) for term in left]
        if factors == path[: len(factors)] and not inside and not left and len(apart) == 1:
            spelt = [atoms[i].text for i in formula.fixed_atoms if atoms[i].column in apart]
        terms.setdefault(frozenset(told), (own, spelt, told))
    return formula.spelt(shown(formula.fixed, atoms), [*terms.values()])


def _moved(formula: Formula, frame: ModelFrame, number: int) -> bool:
    """Whether an atom is a measurement of the fixed part from another origin, in other units."""
    data = frame.numbered(formula)
    own = data[f"x{number}"]
    others = [data[f"x{i}"] for i in formula.fixed_atoms]
    return own.dtype.kind in "iuf" and any(
        other.dtype.kind in "iuf" and abs(np.corrcoef(own, other)[0, 1]) > 1 - ROUNDING
        for other in others
    )


def _alike(
    formula: Formula,
    frame: ModelFrame,
    random: Random,
    fixed: Sequence[Column],
    reused: Sequence[tuple[str, ...]],
) -> list[str]:
    """Say that an effect is taken to be the same in all clusters, where readings repeat in each.

    Then its readings count as if each were a cluster of its own (Schielzeth & Forstmeier 2009).
    `reused`: columns that tell clusters apart of which equal labels may be others.
    """
    outer = random.outer
    if random.crossed or not outer.size:
        return []
    data = frame.numbered(formula)
    labels = {
        i: np.unique(data[f"x{i}"].astype(str), return_inverse=True)[1]
        for i in formula.fixed_atoms
        if data[f"x{i}"].dtype.kind not in "iuf"
    }

    def cells(atoms: Sequence[int]) -> Codes:
        found = outer.codes
        for i in atoms:
            found = split(found, labels[i])
        return found

    whole = cells(tuple(labels))
    if np.unique(whole).size == whole.size:
        return []
    held = [stratum.members for stratum in random.strata]
    terms = {c.atoms for c in fixed if c.atoms and all(i in labels for i in c.atoms)}
    missing = [
        set(atoms)
        for atoms in terms
        if not any(same_members(cells(atoms), other) for other in (outer.codes, *held))
    ]
    said = []
    again = [path[-1] for path in reused if outer.name in path]
    same = f"If equal labels are one {again[0]}, " if again else ""
    # What is said of an interaction holds its factors.
    for atoms in (one for one in missing if not any(one < other for other in missing)):
        names = [formula.atoms[i].text for i in sorted(atoms)]
        what = " x ".join(names)
        bar = f"{' * '.join(names)} {'||' if len(names) > 1 else '|'} {outer.name}"
        said.append(
            f"How far {'the effect' if len(names) == 1 else 'the interaction'} of {what} differs "
            f"between {outer.name} is not in the formula: it is taken to be the same in every "
            f"{outer.name}, and readings count as if each were another {outer.name}. "
            f"{same}'({bar})' lets it differ."
        )
    return said


def _meant(name: str, formula: Formula) -> str:
    """Return which of the two is meant of a factor that is fixed and right of a bar.

    Where nothing else is compared it is the factor itself.
    """
    term = f"'(1 | {quoted(name)})'"
    if {*formula.fixed_names} == {name}:
        return f"{name} in the fixed part without {term}"
    return f"{term} without {name} in the fixed part"


def _constant(frame: ModelFrame, name: str | None, factors: tuple[str, ...]) -> bool:
    """Whether a column has one value in every level of a factor."""
    if name is None:
        return False
    level = combined_level(frame, factors)
    values = np.unique(frame.data[name].to_numpy(), return_inverse=True)[1]
    pairs = level.codes * (int(values.max()) + 1) + values
    return bool(np.unique(pairs).size == level.size)


def _ids(name: str, frame: ModelFrame, outer: Level, factors: Sequence[str]) -> list[str]:
    """Say that whole numbers, each in several rows of one group, may be names of units."""
    values = frame.data[name].to_numpy()
    found, codes, rows = np.unique(values, return_inverse=True, return_counts=True)
    if outer.size or np.any(found != np.floor(found)) or rows.min() < 2:
        return []
    for factor in factors:
        level = combined_level(frame, (factor,))
        held = np.unique(np.stack([level.codes, codes]), axis=1)
        apart = held.shape[1] == found.size
        if apart and np.bincount(held[0], minlength=level.size).min() >= FEWEST_IDS:
            return [
                f"{name} holds whole numbers ({found[0]:g}, {found[1]:g}, ...), each in several "
                f"rows of one {factor}, as names of units do, and is analysed as a measurement, "
                f"with one slope. If they are names, write '(1 | {quoted(name)})' in place of "
                f"{name}: its readings are then no data points of their own. If they were "
                f"measured once in each unit, add '(1 | UNIT)' with the column of units."
            ]
    return []


def _codes(name: str, frame: ModelFrame, outer: Level) -> list[str]:
    """Say that whole numbers, one in every cluster, may be names of groups."""
    values = frame.data[name].to_numpy()
    found = np.unique(values)
    clusters = outer.size > 0
    apart = np.unique(outer.codes * found.size + np.searchsorted(found, values)).size
    if (
        not 1 < found.size <= MOST_CODES
        or 2 * found.size > values.size
        or found[0] not in (0, 1)
        or np.any(np.diff(found) != 1)
        or (clusters and apart > outer.size)
    ):
        return []
    where = f", one in every {outer.name}" if clusters else ""
    return [
        f"{name} holds the whole numbers {found[0]:g} to {found[-1]:g}{where}, and is analysed as "
        f"a measurement, with one slope. If the numbers stand for groups, write C({quoted(name)})."
    ]
