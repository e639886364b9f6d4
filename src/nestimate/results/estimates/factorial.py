"""What is asked of two or three factors: simple effects, averages, and how far effects differ."""

import ast
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.crossing import Crossing
from nestimate.data.designs.measures import Measure
from nestimate.data.tables.cells import is_plain_number
from nestimate.errors import DesignError, listed, one_of
from nestimate.results.estimates.contrasts import Contrast, parsed
from nestimate.results.estimates.terms import (
    Place,
    Sum,
    Term,
    along_order,
    called,
    ends,
    of_levels,
    trend,
)

Array = NDArray[np.float64]
#: Words for sets of contrasts: of levels with each other, and of levels that have an order.
LEVELS, ORDERED = ("simple", "main", "interaction"), ("steps", "trend")
SETS = ("reference", *LEVELS, *ORDERED)


def asks_of_factors(asked: str | Sequence[str]) -> bool:
    """Whether a contrast asks for what several factors have: a set, or a level after a bar."""
    texts = (asked,) if isinstance(asked, str) else asked
    return any("|" in text or text in LEVELS for text in texts)


def choose(crossing: Crossing, asked: str, sign: str) -> tuple[tuple[Contrast, ...], list[str]]:
    """Return a set of contrasts, and the names of those that a missing cell forbids.

    Parameters
    ----------
    crossing
        The factors and their cells.
    asked
        One of `SETS`; `reference` is all of them.
    sign
        What stands between the sides of a difference: `-`, or `/` for ratios.
    """
    found, lost = [], []
    every = along_order if asked in ORDERED else of_levels
    for term in every(crossing, asked, sign):
        weights = _weights(term.whole, crossing)
        if weights is None:
            lost.append(term.name)
        else:
            found.append(_contrast(term, weights, crossing, sign))
    return tuple(found), lost


def _contrast(term: Term, weights: Array, crossing: Crossing, sign: str) -> Contrast:
    changed = tuple(step.factor for step in term.steps)
    held = {factor for factor, _ in term.at}
    averaged = [f for f in range(len(crossing.names)) if f not in held and f not in changed]
    last = term.steps[-1]
    sides = None if last.trend else ends(crossing, last)
    if sides is not None and len(changed) > 1:
        effect = called(crossing, term.steps[:-1], term.at, sign)
        sides = f"{effect} in {sides[0]}", f"{effect} in {sides[1]}"
    return Contrast(
        name=term.name,
        weights=weights,
        sides=sides,
        changed=tuple(crossing.names[f] for f in changed),
        at=tuple(crossing.level(f, level) for f, level in term.at),
        averaged=tuple(crossing.names[f] for f in averaged),
        trend=bool(term.steps[0].trend),
    )


def _weights(whole: Sum, crossing: Crossing) -> Array | None:
    """Return a weight for every cell, levels that are averaged over counting the same.

    None where a cell that is needed has no values.
    """
    place = {tuple(map(int, cell)): g for g, cell in enumerate(crossing.cells)}
    found = np.zeros(len(place))
    for weight, held in whole:
        ranges = [(held[f],) if f in held else range(size) for f, size in enumerate(crossing.sizes)]
        cells = list(product(*ranges))
        for cell in cells:
            if cell not in place:
                return None
            found[place[cell]] += weight / len(cells)
    return found


def chosen(
    crossing: Crossing, asked: str | Sequence[str], measure: Measure
) -> tuple[Contrast, ...]:
    """Return the contrasts asked for: sets by their words, and expressions.

    Raises
    ------
    DesignError
        When an expression cannot be read, or nothing that was asked for can be estimated.
    """
    found: list[Contrast] = []
    for text in (asked,) if isinstance(asked, str) else asked:
        if text not in SETS:
            found.append(parse(text, crossing, measure))
            continue
        if text in ORDERED and not crossing.ordered:
            last = crossing.names[-1]
            raise DesignError(
                f"contrast '{text}': no factor has an order. State it: "
                f"order '{last}={','.join(crossing.labels[-1])}'."
            )
        # The change along a logarithm is one of logarithms: it is said as a ratio as a whole.
        logs = text == "trend" and measure.logarithmic
        several, lost = choose(crossing, text, "-" if logs else measure.sign)
        if logs:
            several = tuple(replace(one, name=f"exp({one.name})") for one in several)
        if not several:
            raise DesignError(
                f"contrast '{text}': each of {listed(lost, most=4)} needs a cell that has no "
                f"values ({listed(crossing.missing, most=6)})."
            )
        found += several
    return tuple(found)


def parse(text: str, crossing: Crossing, measure: Measure) -> Contrast:
    """Read `drug - veh | genotype=WT`, `(drug - veh | KO) - (drug - veh | WT)`, or cells.

    Labels that one factor alone has need no name; after the bar stand levels that are held, with
    commas between. Factors that are not mentioned are averaged over, every level counting the same.
    Where differences are ratios, `drug / veh | genotype=WT` is read too.

    Raises
    ------
    DesignError
        When it cannot be read, compares nothing, or needs a cell without values.
    """
    spelled = _spellings(crossing)
    pattern = "|".join(
        rf"'{re.escape(word)}'|\"{re.escape(word)}\"|(?<!\w){re.escape(word)}(?!\w)"
        for word in sorted(spelled, key=len, reverse=True)
    )
    places: list[Sum] = []

    def placeholder(match: re.Match[str]) -> str:
        word = match[0] if match[0] in spelled else match[0][1:-1]
        places.append(spelled[word])
        return f"g_{len(places) - 1}"

    spaced = re.sub(r"\s*=\s*", "=", text.strip())
    try:
        code = re.sub(pattern, placeholder, spaced).replace(",", "&")
        tree, ratio = parsed(code, measure)
        whole = _evaluated(tree, places)
    except ZeroDivisionError:
        raise DesignError(f"contrast '{text}' divides by 0. Divide by a number above 0.") from None
    except (SyntaxError, KeyError, TypeError, OverflowError, ValueError):
        raise DesignError(_unread(text, crossing, measure)) from None
    if isinstance(whole, float):
        raise DesignError(_unread(text, crossing, measure))
    if abs(sum(weight for weight, _ in whole)) > 1e-9:
        raise DesignError(
            f"contrast '{text}': the weights must cancel, as in "
            f"'{_example(crossing, measure)}'; otherwise nothing is compared."
        )
    weights = _weights(whole, crossing)
    if weights is None:
        raise DesignError(
            f"contrast '{text}' needs a cell that has no values "
            f"({listed(crossing.missing, most=6)}), so it cannot be estimated."
        )
    if not np.any(np.abs(weights) > 1e-12) or not np.isfinite(weights).all():
        raise DesignError(f"contrast '{text}' compares nothing with nothing.")
    return Contrast(
        name=text.strip() if ratio else measure.written(text.strip()),
        weights=np.where(np.abs(weights) > 1e-12, weights, 0.0),
    )


def _example(crossing: Crossing, measure: Measure) -> str:
    return next(of_levels(crossing, "simple", measure.sign)).name


def _unread(text: str, crossing: Crossing, measure: Measure) -> str:
    labels = [label for labels in crossing.labels for label in labels]
    known = sorted((*labels, *crossing.names), key=len, reverse=True)
    rest = re.sub("|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in known), " ", text)
    words = re.findall(r"[^\W\d]\w*", rest)
    sets = (*SETS, "pairs") if [text.strip()] == words else ()
    what = one_of("level", words[0], labels, sets) if words else "it cannot be read."
    twice = [
        label
        for label in dict.fromkeys(labels)
        if labels.count(label) > 1 or is_plain_number(label)
    ]
    told = f" Write {crossing.names[-1]}=... before {listed(twice, most=3)}." if twice else ""
    return f"contrast '{text}': {what} Write levels as in '{_example(crossing, measure)}'.{told}"


def _spellings(crossing: Crossing) -> dict[str, Sum]:
    """Return what can stand in an expression: trends, cells, levels with their factor or alone."""
    return {
        **{word: [(1.0, place)] for word, place in _levels(crossing).items()},
        **{
            (step := trend(crossing, f)).trend: [(w, {f: level}) for w, level in step.weights]
            for f in crossing.ordered
        },
    }


def _levels(crossing: Crossing) -> dict[str, Place]:
    found: dict[str, Place] = {}
    for f, (name, labels) in enumerate(zip(crossing.names, crossing.labels, strict=True)):
        for position, label in enumerate(labels):
            found[f"{name}={label}"] = {f: position}
            found[crossing.level(f, position)] = {f: position}
    for cell in product(*(range(size) for size in crossing.sizes)):
        found[crossing.cell(cell)] = dict(enumerate(cell))
    return found


def _evaluated(node: ast.expr, places: Sequence[Sum]) -> float | Sum:
    """Evaluate an expression to weighted places, or to a plain number."""
    match node:
        case ast.Constant(value=int() | float() as value):
            return float(value)
        case ast.Name(id=name) if name.startswith("g_"):
            return places[int(name[2:])]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            inside = _evaluated(operand, places)
            return -inside if isinstance(inside, float) else _times(inside, -1.0)
        case ast.BinOp(left=left, op=op, right=right):
            return _joined(_evaluated(left, places), op, _evaluated(right, places))
    raise TypeError("only sums of weighted levels")


def _joined(a: float | Sum, op: ast.operator, b: float | Sum) -> float | Sum:
    match op, a, b:
        case ast.Add() | ast.Sub(), list(), list():
            return [*a, *_times(b, 1.0 if isinstance(op, ast.Add) else -1.0)]
        case ast.Add() | ast.Sub(), float(), float():
            return a + b if isinstance(op, ast.Add) else a - b
        case ast.BitOr() | ast.BitAnd(), list(), [(_, held)]:
            return [(weight, _met(place, held)) for weight, place in a]
        case ast.Mult(), float(), float():
            return a * b
        case ast.Mult(), list(), float():
            return _times(a, b)
        case ast.Mult(), float(), list():
            return _times(b, a)
        case ast.Div(), _, float():
            if b == 0:
                raise ZeroDivisionError
            return a / b if isinstance(a, float) else _times(a, 1 / b)
    raise TypeError("only sums of weighted levels")


def _times(whole: Sum, factor: float) -> Sum:
    return [(factor * weight, place) for weight, place in whole]


def _met(place: Place, held: Place) -> Place:
    if any(place.get(f, level) != level for f, level in held.items()):
        raise ValueError("one factor at two levels")
    return {**place, **held}
