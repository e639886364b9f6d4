"""The text of a formula, taken apart: response, fixed part, random terms.

formulae reads the expressions; what it leaves open is settled here: a bar without parentheses, as
in `drug|line`, is a random term, and a double bar makes its effects independent.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from nestimate.errors import DesignError


@dataclass(frozen=True, kw_only=True)
class RandomTerm:
    """What differs between the levels of a factor.

    Attributes
    ----------
    expression
        `1`, or a term such as `day` or `drug:day`.
    factors
        The columns whose combinations are the levels, outermost first.
    correlated
        Whether it may be correlated with the other terms of its bar.
    """

    expression: str
    factors: tuple[str, ...]
    correlated: bool


@dataclass(frozen=True, kw_only=True)
class Formula:
    """A formula in parts.

    Attributes
    ----------
    text
        As the user wrote it.
    response, fixed
        Left of the tilde, and the part right of it that has no bar; as formulae reads them.
    measured
        Columns that the response names.
    fixed_names
        Columns that the fixed part names.
    variables
        Those, and the columns that random terms name left of their bars.
    coded
        Those of them that stand in C(...): labels, whatever they look like.
    random
        The random terms.
    """

    text: str
    response: str
    fixed: str
    measured: tuple[str, ...]
    fixed_names: tuple[str, ...]
    variables: tuple[str, ...]
    coded: tuple[str, ...]
    random: tuple[RandomTerm, ...]

    def first(self, names: Collection[str]) -> str | None:
        """Return that of `names` which the fixed part names first."""
        return min(names, key=self.fixed.find, default=None)

    @property
    def grouping(self) -> tuple[str, ...]:
        """Columns right of a bar."""
        return tuple(dict.fromkeys(name for term in self.random for name in term.factors))


def parse_formula(text: str) -> Formula:
    """Take a formula apart.

    Raises
    ------
    DesignError
        When it cannot be read; says where.
    """
    left, tilde, right = text.partition("~")
    if not tilde or not left.strip() or not right.strip() or "~" in right:
        raise DesignError(
            f"formula '{text}': write the measured value, a tilde, and what explains it, such as "
            "'y ~ drug + (drug | line)'."
        )
    fixed, random = [], []
    for piece in _summands(right, text):
        if _bar(piece) is None:
            fixed.append(piece)
        else:
            random += _random_terms(piece, text)
    kept = " ".join(fixed).lstrip("+ ") or "1"
    if "|" in _masked(kept):
        raise DesignError(
            f"formula '{text}': a random term such as (drug | line) can only be added with +."
        )
    parts = (kept, *(term.expression for term in random))
    described = [_describe(f"y ~ {part}", text) for part in parts]
    components = [_components(description) for description in described]
    fixed_names = {str(v) for c in components[0] for v in c.var_names if v}
    every = [c for found in components for c in found]
    offsets = [c for c in every if str(c.name).startswith("offset(")]
    if offsets:
        raise DesignError(
            f"formula '{text}': {offsets[0].name} is not supported: take it off the measured value "
            "instead, as in 'I(y - x) ~ ...'."
        )
    coded = [c for c in every if str(c.name).startswith("C(")]
    plain = [c for c in every if not str(c.name).startswith("C(")]
    both = {v for c in coded for v in c.var_names} & {v for c in plain for v in c.var_names}
    if both:
        raise DesignError(
            f"formula '{text}': '{min(both)}' is a factor in C(...) and a measurement elsewhere. "
            "Give the factor a column of its own."
        )
    return Formula(
        text=text.strip(),
        response=left.strip(),
        fixed=kept,
        measured=tuple(sorted(_describe(f"{left.strip()} ~ 1", text).var_names)),
        fixed_names=tuple(sorted(fixed_names)),
        variables=tuple(dict.fromkeys(str(v) for c in every for v in sorted(c.var_names) if v)),
        coded=tuple(dict.fromkeys(str(v) for c in coded for v in c.var_names)),
        random=tuple(random),
    )


def _summands(text: str, whole: str) -> list[str]:
    """Split at plus and minus signs outside parentheses and quotes; signs stay with their piece."""
    found, depth, quoted = [""], 0, ""
    for character in text:
        if quoted:
            quoted = "" if character == quoted else quoted
        elif character in "`'\"":
            quoted = character
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif character in "+-" and not depth:
            found.append("")
        found[-1] += character
    if depth or quoted:
        what = "a parenthesis" if depth else f"the quote {quoted}"
        raise DesignError(f"formula '{whole}': {what} is not closed.")
    return [piece.strip() for piece in found if piece.strip()]


def _inside(piece: str) -> str:
    """Return a summand without its sign and the parentheses around all of it."""
    piece = piece.lstrip("+ ").strip()
    while piece.startswith("(") and piece.endswith(")"):
        depth = 0
        for character in piece[:-1]:
            depth += (character == "(") - (character == ")")
            if not depth:
                return piece
        piece = piece[1:-1].strip()
    return piece


def _bar(piece: str) -> re.Match[str] | None:
    """Find the bar of a summand, outside inner parentheses."""
    flat = _masked(_inside(piece))
    depth = 0
    for position, character in enumerate(flat):
        depth += (character == "(") - (character == ")")
        if character == "|" and not depth:
            return re.compile(r"\|\|?").match(flat, position)
    return None


def _masked(text: str) -> str:
    """Return the text with its quoted names blanked out, as long as before."""
    return re.sub(r"`[^`]*`", lambda match: "_" * len(match[0]), text)


def _random_terms(piece: str, whole: str) -> list[RandomTerm]:
    inner, bar = _inside(piece), _bar(piece)
    if bar is None:
        return []
    expression, factor = inner[: bar.start()].strip(), inner[bar.end() :].strip()
    if not expression or not factor or "|" in _masked(factor):
        raise DesignError(
            f"formula '{whole}': '{inner}' must read 'what differs | between what', such as "
            "drug | line, or 1 | batch/cask."
        )
    if re.search(r"-\s*1\b", expression):
        expression = "0 + " + re.sub(r"-\s*1\b", "", expression)
    terms = _describe(f"y ~ ({expression}|{factor})", whole).group_terms
    several = len({str(term.expr) for term in terms}) > 1
    found = []
    for term in terms:
        factors = tuple(str(component.name) for component in term.factor.components)
        odd = [c.name for c in term.factor.components if type(c).__name__ != "Variable"]
        if odd:
            raise DesignError(
                f"formula '{whole}': {odd[0]} right of a bar: name columns there, such as line."
            )
        name = ":".join(map(_quoted, getattr(term.expr, "components", ()))) or "1"
        found.append(
            RandomTerm(expression=name, factors=factors, correlated=several and bar[0] == "|")
        )
    return found


def _quoted(component: Any) -> str:
    """Return a variable or call as a formula writes it."""
    name = str(component.name)
    plain = type(component).__name__ != "Variable" or name.isidentifier()
    return name if plain else f"`{name}`"


def _components(description: Any) -> list[Any]:
    """Return the variables and calls of the fixed terms of a description."""
    terms = description.common_terms
    return [component for term in terms for component in getattr(term, "components", ())]


def _describe(text: str, whole: str) -> Any:
    from formulae import model_description  # noqa: PLC0415 - a second, and only formulas need it

    try:
        return model_description(text)
    except Exception as error:  # noqa: BLE001 - the parser raises errors of many kinds
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DesignError(f"formula '{whole}' cannot be read: {said}") from None
