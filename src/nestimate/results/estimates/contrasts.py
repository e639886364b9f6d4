"""Which differences are asked for: to the reference, all pairs, or the user's own."""

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.design import Design
from nestimate.data.designs.measures import Measure
from nestimate.data.tables.cells import is_plain_number
from nestimate.errors import DesignError, listed, one_of

#: Words for sets of contrasts of one factor; the last two are of levels that have an order.
SETS = ("reference", "pairs", "steps", "trend")
#: What a quotient of two labels is where differences are said with this sign.
BETWEEN = {"-": ast.Div(), "/": ast.Sub()}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Contrast:
    """A weighted sum of group means.

    Attributes
    ----------
    name
        As printed: `drug - placebo`.
    weights
        One weight per group, shape (groups,).
    against
        Stated value that is subtracted.
    sides
        What is said to be above or below what, `("drug", "placebo")`; None for the user's own.
    changed, at, averaged
        With several factors: those that change, the levels that are held, and the factors that are
        averaged over, every level counting the same. More than one that changes is an interaction.
    trend
        Whether it is the change along ordered groups.
    """

    name: str
    weights: NDArray[np.float64]
    against: float = 0.0
    sides: tuple[str, str] | None = None
    changed: tuple[str, ...] = ()
    at: tuple[str, ...] = ()
    averaged: tuple[str, ...] = ()
    trend: bool = False

    @property
    def interaction(self) -> bool:
        """Whether it says how far an effect differs."""
        return len(self.changed) > 1

    @property
    def paired(self) -> bool:
        """Whether it is an interaction of two factors, which averages are held against."""
        return len(self.changed) == 2

    @property
    def stated(self) -> bool:
        """Whether one group is held against a stated value."""
        return self.single and self.sides is not None

    @property
    def single(self) -> bool:
        """Whether one group alone is in it."""
        return bool(np.count_nonzero(self.weights) == 1)

    @property
    def place(self) -> str:
        """Where it is looked at, ` in WT`; nothing where no level is held."""
        return f" in {', '.join(self.at)}" if self.at and not self.interaction else ""

    @property
    def turn(self) -> float:
        """The sign of its first weight: the other one for the contrast the other way round."""
        return float(np.sign(self.weights[np.flatnonzero(self.weights)[0]]))


def choose_contrasts(
    groups: Sequence[str],
    asked: str | Sequence[str],
    against: float | None,
    measure: Measure,
    *,
    centre: str = "mean",
) -> tuple[Contrast, ...]:
    """Return the contrasts to report.

    Parameters
    ----------
    groups
        Group labels, the reference first.
    asked
        `reference`, `pairs`, or expressions in group labels such as `(b + c) / 2 - a`.
    against
        A stated value that every group is compared with instead, or None.
    measure
        How group means are said: differences of logarithms are ratios.
    centre
        What of a group is held against a stated value, in words.

    Raises
    ------
    DesignError
        When an expression cannot be read, or does not compare groups.
    """
    sign = measure.differences.sign
    if against is not None:
        with np.errstate(divide="ignore", invalid="ignore"):
            stated = float(measure.worked(against))
        if not np.isfinite(stated):
            raise DesignError(f"against is {against:g}: {measure.domain}.")
        return tuple(
            Contrast(
                name=f"{label} {sign} {against:g}",
                weights=row,
                against=stated,
                sides=(f"the {centre} of {label}", f"{against:g}"),
            )
            for label, row in zip(groups, np.eye(len(groups)), strict=True)
        )
    if asked == "reference":
        pairs = [(g, 0) for g in range(1, len(groups))]
    elif asked == "pairs":
        pairs = [(b, a) for a, b in combinations(range(len(groups)), 2)]
    elif isinstance(asked, str):
        return choose_contrasts(groups, (asked,), against, measure)
    else:
        found = [c for text in asked for c in _of_one(groups, text, measure)]
        return tuple({contrast.name: contrast for contrast in found}.values())
    unit = np.eye(len(groups))
    return tuple(
        Contrast(
            name=f"{groups[b]} {sign} {groups[a]}",
            weights=unit[b] - unit[a],
            sides=(groups[b], groups[a]),
        )
        for b, a in pairs
    )


def _of_one(groups: Sequence[str], text: str, measure: Measure) -> tuple[Contrast, ...]:
    """Return the contrasts that one word, or one expression, stands for."""
    if text in ("reference", "pairs"):
        return choose_contrasts(groups, text, None, measure)
    return (parse_contrast(text, groups, measure.differences),)


def told_by_blocks(
    design: Design, asked: Sequence[Contrast], *, every: bool = True
) -> tuple[Contrast, ...]:
    """Return the contrasts that blocks can show, which have all of their cells.

    Parameters
    ----------
    design, asked
        The design, and the contrasts of it.
    every
        Whether every block has to have them; simple effects are then left out, as there are as
        many of them as cells, and averages and interactions stay. Otherwise one block is enough.
    """
    crossing, block = design.structure.factorial, design.block
    if crossing is None or block is None:
        return tuple(asked)
    possible = crossing.possible(block, design.readings.group)
    found = []
    for contrast in asked:
        whole = possible[:, contrast.weights != 0].all(axis=1)
        if (whole.all() and not (contrast.at and contrast.sides)) if every else whole.any():
            found.append(contrast)
    return tuple(found)


def parse_contrast(text: str, groups: Sequence[str], measure: Measure) -> Contrast:
    """Read an expression in group labels; labels with odd characters may stand in quotes.

    Where some do, labels that are numbers have to: `('1' + '2') / 2 - '0'`. Where differences are
    ratios, it is one of logarithms, or a ratio `b / a`.
    """
    ordered = sorted(groups, key=len, reverse=True)
    quoted = [f"{mark}{label}{mark}" for label in ordered for mark in "'\""]
    plain = [
        label
        for label in ordered
        if not (is_plain_number(label) and any(word in text for word in quoted))
    ]
    pattern = "|".join(
        [*map(re.escape, quoted), *(rf"(?<!\w){re.escape(label)}(?!\w)" for label in plain)]
    )

    def placeholder(match: re.Match[str]) -> str:
        label = match[0] if match[0] in groups else match[0][1:-1]
        return f"g_{groups.index(label)}"

    try:
        tree, ratio = parsed(re.sub(pattern, placeholder, text.strip()), measure)
        weights = _weights(tree, len(groups))
    except ZeroDivisionError:
        raise DesignError(f"contrast '{text}' divides by 0. Divide by a number above 0.") from None
    except (SyntaxError, KeyError, TypeError, OverflowError):
        unknown = re.findall(r"[^\W\d]\w*", re.sub(pattern, " ", text))
        sets = SETS if [text.strip()] == unknown else ()
        what = one_of("group", unknown[0], groups, sets) if unknown else "it cannot be read."
        numbers = any(map(is_plain_number, groups)) and not unknown
        how = "Put labels that are numbers in quotes, " if numbers else "Write group labels "
        low, high = (f"'{g}'" if numbers else g for g in (groups[0], groups[-1]))
        more = f"so that other numbers are weights: ({high} - {low}) / 2."
        raise DesignError(
            f"contrast '{text}': {what} {how}"
            + (more if numbers else f"with +, -, * and /, such as '({high} {measure.sign} {low})'.")
        ) from None
    if not np.isfinite(weights).all():
        raise DesignError(f"contrast '{text}': its numbers are too large to compute with.")
    if isinstance(weights, float) or abs(weights.sum()) > 1e-9 or not np.any(weights):
        raise DesignError(
            f"contrast '{text}': the weights of the groups ({listed(list(groups), most=6)}) must "
            "cancel, as in 'b - a' or '(b + c) / 2 - a'; otherwise nothing is compared."
        )
    return Contrast(name=text.strip() if ratio else measure.written(text.strip()), weights=weights)


def parsed(code: str, measure: Measure) -> tuple[ast.expr, bool]:
    """Return an expression of labels g_0, g_1, ..., and whether it is written as answers write it.

    Where differences are ratios, `b / a` is the difference of logarithms that it stands for, and
    `exp(b - a)` is what answers call it. Sums of labels are those of logarithms, so that no ratio
    can hold one.
    """
    start, end = measure.written(" ").split(" ")
    written = start != end and code.startswith(start) and code.endswith(end)
    inner = code[len(start) : -len(end)] if written else code
    tree = ast.parse(inner, mode="eval").body
    joined = [n for n in ast.walk(tree) if isinstance(n, ast.BinOp) and _of_labels(n.left, n.right)]
    ratios = [node for node in joined if isinstance(node.op, ast.Div)]
    if ratios and any(isinstance(node.op, ast.Add | ast.Sub) for node in joined):
        raise TypeError("a ratio of sums")
    for node in ratios:
        node.op = BETWEEN[measure.sign]
    return tree, written or bool(ratios)


def _of_labels(*nodes: ast.expr) -> bool:
    """Whether each of several expressions holds a label."""
    return all(
        any(isinstance(part, ast.Name) and part.id.startswith("g_") for part in ast.walk(node))
        for node in nodes
    )


def _weights(node: ast.expr, n_groups: int) -> float | NDArray[np.float64]:
    """Evaluate an expression to the weights of the groups, or to a plain number."""
    match node:
        case ast.Constant(value=int() | float() as value):
            return float(value)
        case ast.Name(id=name) if name.startswith("g_"):
            unit: NDArray[np.float64] = np.eye(n_groups)[int(name[2:])]
            return unit
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_weights(operand, n_groups)
        case ast.BinOp(left=left, op=op, right=right):
            a, b = _weights(left, n_groups), _weights(right, n_groups)
            numbers = isinstance(a, float), isinstance(b, float)
            match op:
                case ast.Add() if numbers[0] == numbers[1]:
                    return a + b
                case ast.Sub() if numbers[0] == numbers[1]:
                    return a - b
                case ast.Mult() if any(numbers):
                    return a * b
                case ast.Div() if numbers[1]:
                    if b == 0:
                        raise ZeroDivisionError
                    return a / b
    raise TypeError("only sums of weighted group labels")
