"""The text of a formula as tokens, and its arithmetic: nothing else in a formula is evaluated.

A formula is text from a stranger. It is cut into tokens by the rules below; columns become numbered
names, functions come from a closed list, and what remains is sums, products and powers, which are
checked node by node before anything is computed. formulae never sees a call of the user's.
"""

import ast
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from nestimate.errors import DesignError

Array = NDArray[np.float64]
Columns = Mapping[str, Array]

#: Functions of one value at a time, which may also be written np.log and so on.
ELEMENTWISE: Mapping[str, Callable[[Array], Array]] = {
    "log": np.log,
    "log2": np.log2,
    "log10": np.log10,
    "log1p": np.log1p,
    "exp": np.exp,
    "sqrt": np.sqrt,
    "abs": np.abs,
}
#: Functions of a column beside what it was in the data: means and SDs stay those of the data.
WHOLE: Mapping[str, Callable[[Array, Array], Array]] = {
    "I": lambda values, _: values,
    "center": lambda values, data: values - data.mean(),
    "scale": lambda values, data: (values - data.mean()) / data.std(),
    "standardize": lambda values, data: (values - data.mean()) / data.std(),
}
_NUMBERS = {str(n): n for n in range(1, 31)}
#: Functions that make several columns of one, their settings, and what those may be.
BASES: Mapping[str, Mapping[str, Mapping[str, int]]] = {
    "poly": {"degree": _NUMBERS, "raw": {"True": 1, "False": 0}},
    "bs": {"df": _NUMBERS, "degree": _NUMBERS},
}
#: What a formula may hold.
ALLOWED = (
    "A formula may hold names of columns (odd ones in backticks), numbers, + - * / ** : | and "
    f"parentheses, and the functions {', '.join(ELEMENTWISE)} (also as np.log ...), "
    f"{', '.join(WHOLE)}, C, {', '.join(BASES)}. Nothing else is evaluated."
)
#: Most tokens of one expression.
MOST_TOKENS = 200

_QUOTED = re.compile(r"`((?:[^`]|``)+)`(?!`)")
_TOKEN = re.compile(
    r"(?P<quoted>`(?:[^`]|``)+`(?!`))|(?P<name>[^\W\d][\w.]*)"
    r"|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)|(?P<sign>\|\||\*\*|[-+*/:()|~,=])"
)


@dataclass(frozen=True, kw_only=True)
class Token:
    """A piece of a formula.

    Attributes
    ----------
    kind
        `name`, `quoted` (in backticks), `number` or `sign`.
    text
        As written.
    start, end
        Where it stands in the formula.
    """

    kind: str
    text: str
    start: int
    end: int

    @property
    def column(self) -> str | None:
        """The column that it may name."""
        return {"name": self.text, "quoted": unquoted(self.text)}.get(self.kind)


def scan(text: str) -> tuple[Token, ...]:
    """Cut a formula into tokens.

    Raises
    ------
    DesignError
        At a character that no formula holds, a backtick or a parenthesis without its partner.
    """
    found: list[Token] = []
    at, depth = 0, 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        match = _TOKEN.match(text, at)
        if match is None:
            if text[at] == "`":
                raise DesignError(
                    f"formula '{text}': the quote ` is not closed. A backtick in the name of a "
                    "column is written twice."
                )
            instead = " Powers are written **." if text[at] == "^" else ""
            refuse(text, f"{text[at]!r} has no place in it.{instead}")
        kind = str(match.lastgroup)
        found.append(Token(kind=kind, text=match[0], start=at, end=match.end()))
        at = match.end()
        depth += (match[0] == "(") - (match[0] == ")")
        if depth < 0:
            raise DesignError(f"formula '{text}': a parenthesis is closed that was not opened.")
    if depth:
        raise DesignError(f"formula '{text}': a parenthesis is not closed.")
    return tuple(found)


def refuse(formula: str, what: str) -> NoReturn:
    """Refuse a formula for what it holds, and say what it may hold."""
    raise DesignError(f"formula '{formula}': {what} {ALLOWED}")


def written(tokens: Sequence[Token], formula: str) -> str:
    """Return tokens as the user wrote them, on one line."""
    return " ".join(formula[tokens[0].start : tokens[-1].end].split()) if tokens else ""


def quoted(name: str) -> str:
    """Return the name of a column as a formula writes it; its own backticks are doubled."""
    return name if re.fullmatch(r"[^\W\d][\w.]*", name) else f"`{name.replace('`', '``')}`"


def unquoted(text: str) -> str:
    """Return a text with the names in it as they stand in the table, without backticks."""
    return _QUOTED.sub(lambda found: found[1].replace("``", "`"), text)


def is_call(tokens: Sequence[Token], position: int) -> bool:
    """Return whether the token at a position is a function with its parenthesis."""
    after = tokens[position + 1].text if position + 1 < len(tokens) else ""
    return after == "(" and tokens[position].kind in ("name", "quoted", "number")


def closing(tokens: Sequence[Token], position: int) -> int:
    """Return the position of the parenthesis that closes the one at `position`."""
    depth = 0
    for at in range(position, len(tokens)):
        depth += (tokens[at].text == "(") - (tokens[at].text == ")")
        if not depth:
            return at
    return len(tokens)


@dataclass(frozen=True, kw_only=True)
class Expression:
    """Arithmetic on columns.

    Attributes
    ----------
    text
        As the user wrote it.
    columns
        The columns that it names, in order of appearance.
    tree
        Its checked syntax tree; the columns are the names _0, _1, ...
    """

    text: str
    columns: tuple[str, ...]
    tree: ast.expr

    @property
    def plain(self) -> bool:
        """Whether it is one column as it stands."""
        return isinstance(self.tree, ast.Name)

    @property
    def arithmetic(self) -> bool:
        """Whether it calls no function."""
        return not any(isinstance(node, ast.Call) for node in ast.walk(self.tree))

    def evaluate(self, columns: Columns, data: Columns | None = None) -> Array:
        """Compute it, shape (rows,).

        Parameters
        ----------
        columns
            The columns to compute it for.
        data
            The columns of the data, which set the means and SDs of center and scale; None: those.
        """
        with np.errstate(all="ignore"):
            size = next(iter(columns.values())).shape
            found = self._value(self.tree, columns, columns if data is None else data)
            return np.array(np.broadcast_to(found, size), dtype=np.float64)

    def about_means(self, columns: Columns) -> Array:
        """Compute it with columns, and functions of them, less their means; shape (rows,).

        Of sums, products and whole powers the parts are moved; what else is computed is a part.
        """
        with np.errstate(all="ignore"):
            return np.asarray(self._moved(self.tree, columns), dtype=np.float64)

    def _moved(self, node: ast.expr, columns: Columns) -> Array:
        match node:
            case ast.Call(func=ast.Name(id="I"), args=[inner]):
                return self._moved(inner, columns)
            case ast.UnaryOp(op=op, operand=operand):
                found = self._moved(operand, columns)
                return -found if isinstance(op, ast.USub) else found
            case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as op, right=right):
                return _OPERATORS[type(op)](self._moved(left, columns), self._moved(right, columns))
            case ast.BinOp(left=left, op=ast.Mult(), right=right):
                return self._factor(left, columns) * self._factor(right, columns)
            case ast.BinOp(left=left, op=ast.Div(), right=right) if not _varies(right):
                return self._moved(left, columns) / self._value(right, columns, columns)
            case ast.BinOp(left=left, op=ast.Pow(), right=ast.Constant(value=int() as power)):
                return self._moved(left, columns) ** power
        found = self._value(node, columns, columns)
        return found - found.mean()

    def _factor(self, node: ast.expr, columns: Columns) -> Array:
        moves = self._moved if _varies(node) else partial(self._value, data=columns)
        return moves(node, columns)

    def _value(self, node: ast.expr, columns: Columns, data: Columns) -> Array:
        match node:
            case ast.Constant(value=value):
                return np.asarray(value, dtype=np.float64)
            case ast.Name(id=name):
                return columns[self.columns[int(name[1:])]]
            case ast.UnaryOp(op=op, operand=operand):
                found = self._value(operand, columns, data)
                return -found if isinstance(op, ast.USub) else found
            case ast.BinOp(left=left, op=op, right=right):
                return _OPERATORS[type(op)](
                    self._value(left, columns, data), self._value(right, columns, data)
                )
            case ast.Call(func=ast.Name(id=name), args=[argument]):
                inner = self._value(argument, columns, data)
                if name in ELEMENTWISE:
                    return ELEMENTWISE[name](inner)
                return WHOLE[name](inner, self._value(argument, data, data))
        raise TypeError("not an expression that was checked")


def _varies(node: ast.expr) -> bool:
    """Whether a column is named in it."""
    return any(isinstance(one, ast.Name) and one.id[0] == "_" for one in ast.walk(node))


_OPERATORS: Mapping[type[ast.operator], Callable[[Array, Array], Array]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Pow: np.power,
}


def parse_expression(tokens: Sequence[Token], formula: str) -> Expression:
    """Read arithmetic, and check all of it before any of it can be computed.

    Raises
    ------
    DesignError
        When it holds anything but columns, numbers, + - * / ** and listed functions.
    """
    text, columns, words = written(tokens, formula), dict[str, int](), list[str]()
    if len(tokens) > MOST_TOKENS:
        refuse(formula, f"one expression in it is longer than {MOST_TOKENS} names and signs.")
    for position, token in enumerate(tokens):
        if is_call(tokens, position):
            name = token.text.removeprefix("np.")
            known = name in ELEMENTWISE or (name in WHOLE and name == token.text)
            if token.kind != "name" or not known:
                refuse(formula, f"'{token.text}(...)' cannot be computed here.")
            words.append(name)
        elif token.column is not None:
            words.append(f"_{columns.setdefault(token.column, len(columns))}")
        elif token.kind == "number" and not np.isfinite(float(token.text)):
            refuse(formula, f"'{token.text[:9]}...' is too large a number.")
        elif token.text in (":", "|", "||", "~", "=", ","):
            refuse(formula, f"'{token.text}' has no place in '{text}'.")
        else:
            words.append(token.text)
    try:
        tree = ast.parse(" ".join(words), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        refuse(formula, f"'{text}' cannot be read.")
    if not all(_fine(node) for node in _expressions(tree)):
        refuse(formula, f"'{text}' is no arithmetic.")
    if not columns:
        raise DesignError(f"formula '{formula}': '{text}' names no column.")
    return Expression(text=text, columns=tuple(columns), tree=tree)


def _expressions(tree: ast.expr) -> Iterator[ast.AST]:
    skipped = (ast.Load, ast.operator, ast.unaryop)
    return (node for node in ast.walk(tree) if not isinstance(node, skipped))


def _fine(node: ast.AST) -> bool:
    """Return whether a node is one that `Expression` computes."""
    match node:
        case ast.Constant(value=bool()):
            return False
        case ast.Constant(value=int() | float()):
            return True
        case ast.Name(id=name):
            return name in ELEMENTWISE or name in WHOLE or name[:1] == "_"
        case ast.UnaryOp(op=ast.USub() | ast.UAdd()):
            return True
        case ast.BinOp(op=op):
            return type(op) in _OPERATORS
        case ast.Call(func=ast.Name(id=name), args=[_], keywords=[]):
            return name in ELEMENTWISE or name in WHOLE
    return False
