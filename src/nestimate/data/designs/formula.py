"""The text of a formula, taken apart: response, fixed part, random terms.

Columns and the arithmetic on them are atoms, numbered x0, x1, ...; what stands between them,
`+ - * / ** :` and bars, is spelt in those numbers and read by formulae. So no name that a user
gives to a column can mean anything else. What formulae leaves open is settled here: a bar without
parentheses, as in `drug|line`, is a random term, and a double bar makes its effects independent.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from nestimate.data.designs.atoms import Atom, Reader, atom_number, shown
from nestimate.data.designs.expressions import Expression, parse_expression, quoted, scan
from nestimate.errors import DesignError


@dataclass(frozen=True, kw_only=True)
class RandomTerm:
    """What differs between the levels of a factor.

    Attributes
    ----------
    expression
        `1`, or a term such as `day` or `drug:day`.
    code
        The same in numbered atoms.
    factors
        The columns whose combinations are the levels, outermost first.
    correlated
        Whether it may be correlated with the other terms of its bar.
    bar, place
        All that stands left and right of its bar.
    """

    expression: str
    code: str
    factors: tuple[str, ...]
    correlated: bool
    bar: str
    place: str


@dataclass(frozen=True, kw_only=True)
class Formula:
    """A formula in parts.

    Attributes
    ----------
    text, response
        As the user wrote them; a response that is one column is its name.
    outcome
        The arithmetic left of the tilde.
    atoms
        What the right side is made of, by number.
    fixed
        The part right of the tilde that has no bar, in numbered atoms.
    fixed_atoms, varying_atoms
        Numbers of the atoms of the fixed part, and of those left of a bar.
    coded
        Columns that stand in C(...): labels, whatever they look like, but left of a bar without C.
    random
        The random terms.
    """

    text: str
    response: str
    outcome: Expression
    atoms: tuple[Atom, ...]
    fixed: str
    fixed_atoms: tuple[int, ...]
    varying_atoms: tuple[int, ...]
    coded: tuple[str, ...]
    random: tuple[RandomTerm, ...]

    @property
    def clusters(self) -> dict[tuple[str, ...], list[RandomTerm]]:
        """The random terms by what they differ between."""
        held: dict[tuple[str, ...], list[RandomTerm]] = {}
        for term in self.random:
            held.setdefault(term.factors, []).append(term)
        return held

    def left_of_bar(self, term: RandomTerm) -> set[str]:
        """Return the columns that a random term says differ."""
        numbers = (int(i) for i in re.findall(r"x(\d+)", term.code))
        return {name for i in numbers for name in self.atoms[i].value.columns}

    @property
    def measured(self) -> tuple[str, ...]:
        """Columns that the response names."""
        return self.outcome.columns

    @property
    def fixed_names(self) -> tuple[str, ...]:
        """Columns that the fixed part names, in order of appearance."""
        return self._names(self.fixed_atoms)

    @property
    def variables(self) -> tuple[str, ...]:
        """Those, and the columns that random terms name left of their bars."""
        return self._names((*self.fixed_atoms, *self.varying_atoms))

    @property
    def computed(self) -> tuple[str, ...]:
        """Columns of the right side that something is computed from."""
        used = {*self.fixed_atoms, *self.varying_atoms}
        return self._names([i for i in sorted(used) if self.atoms[i].column is None])

    @property
    def columns(self) -> frozenset[str]:
        """Names of all its columns."""
        return frozenset((*self.measured, *self.variables, *self.grouping))

    @property
    def grouping(self) -> tuple[str, ...]:
        """Columns right of a bar."""
        return tuple(dict.fromkeys(name for term in self.random for name in term.factors))

    @property
    def written(self) -> tuple[Atom, ...]:
        """The atoms with C(...) around columns that are taken for labels by it."""
        return tuple(
            replace(atom, text=f"C({atom.text})") if atom.coded else atom for atom in self.atoms
        )

    def spelt(
        self, fixed: str, terms: Sequence[tuple[Sequence[RandomTerm], Sequence[str], Sequence[str]]]
    ) -> str:
        """Return a formula for the same response.

        Parameters
        ----------
        fixed
            Its fixed part.
        terms
            Of each of its random parts the terms that it is made of, what stands left of the bar
            beside 1, and the columns to the right.
        """
        parts = [fixed]
        for own, left, factors in terms:
            bar = "|" if len(left) < 2 or any(term.correlated for term in own) else "||"
            start = [] if left and any(term.code == "1" for term in own) else ["0" if left else "1"]
            parts.append(f"({' + '.join([*start, *left])} {bar} {':'.join(map(quoted, factors))})")
        response = quoted(self.response) if self.outcome.plain else self.outcome.text
        return f"{response} ~ {' + '.join(parts)}"

    def shown(self, code: str) -> str:
        """Return numbered atoms as the user wrote them."""
        return shown(code, self.atoms)

    def _names(self, atoms: Sequence[int]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for i in atoms for name in self.atoms[i].value.columns))


def parse_formula(text: str) -> Formula:
    """Take a formula apart, and check all of it before anything in it can be computed.

    Raises
    ------
    DesignError
        When it cannot be read, or holds what a formula may not; says where.
    """
    text = text.strip()
    tokens = scan(text)
    tildes = [i for i, token in enumerate(tokens) if token.text == "~"]
    if len(tildes) != 1 or tildes[0] in (0, len(tokens) - 1):
        raise DesignError(
            f"formula '{text}': write the measured value, a tilde, and what explains it, such as "
            "'y ~ drug + (drug | line)'."
        )
    left, right = tokens[: tildes[0]], tokens[tildes[0] + 1 :]
    outcome = parse_expression(left, text)
    reader = Reader(text)
    fixed: list[list[str]] = []
    random: list[RandomTerm] = []
    for piece in _summands(reader.words(right)):
        if _bar(_inside(piece)) is None:
            fixed.append([reader.as_coded(word) for word in piece])
        else:
            random += _random_terms(piece, reader)
    kept = " ".join(word for piece in fixed for word in piece).removeprefix("+ ") or "1"
    if "|" in kept:
        raise DesignError(
            f"formula '{text}': a random term such as (drug | line) can only be added with +."
        )
    described = _describe(f"y ~ {kept}", reader)
    _check_removed(fixed, described, reader)
    inside = _atoms(described.common_terms)
    spelt = [int(i) for i in re.findall(r"x(\d+)", kept)]
    found = Formula(
        text=text,
        response=outcome.columns[0] if outcome.plain else outcome.text,
        outcome=outcome,
        atoms=tuple(reader.atoms),
        fixed=kept,
        fixed_atoms=tuple(i for i in dict.fromkeys(spelt) if i in inside),
        varying_atoms=tuple(
            dict.fromkeys(int(i) for term in random for i in re.findall(r"x(\d+)", term.code))
        ),
        coded=tuple(dict.fromkeys(reader.coded)),
        random=tuple(random),
    )
    spelt_twice = Counter((term.code, term.factors) for term in random).most_common(1)
    if spelt_twice and spelt_twice[0][1] > 1:
        (code, factors), _ = spelt_twice[0]
        what = f"({found.shown(code)} | {':'.join(factors)})"
        raise DesignError(f"formula '{text}': {what} is there twice. Leave one of them out.")
    mixed = [n for n in (*found.coded, *found.grouping) if n in found.computed]
    if mixed:
        raise DesignError(
            f"formula '{text}': '{mixed[0]}' holds labels (in C(...) or right of a bar), and "
            "elsewhere something is computed from it. Give the labels a column of their own."
        )
    return found


def _summands(words: Sequence[str]) -> list[list[str]]:
    """Split at plus and minus signs outside parentheses; signs stay with their piece."""
    found: list[list[str]] = [[]]
    depth = 0
    for word in words:
        depth += (word == "(") - (word == ")")
        if word in "+-" and not depth:
            found.append([])
        found[-1].append(word)
    return [piece for piece in found if piece]


def _inside(piece: Sequence[str]) -> list[str]:
    """Return a summand without its plus sign and the parentheses around all of it."""
    inner = list(piece)
    while inner and inner[0] == "+":
        inner = inner[1:]
    while inner[:1] == ["("] and inner[-1] == ")":
        depth = 0
        for word in inner[:-1]:
            depth += (word == "(") - (word == ")")
            if not depth:
                return inner
        inner = inner[1:-1]
    return inner


def _bar(words: Sequence[str]) -> int | None:
    """Find the bar of a summand, outside inner parentheses."""
    depth = 0
    for position, word in enumerate(words):
        depth += (word == "(") - (word == ")")
        if word in ("|", "||") and not depth:
            return position
    return None


def _random_terms(piece: Sequence[str], reader: Reader) -> list[RandomTerm]:
    inner = _inside(piece)
    bar = _bar(inner) or 0
    left, right = inner[:bar], inner[bar + 1 :]
    if not left or not right or {"|", "||"} & {*left, *right}:
        raise DesignError(
            f"formula '{reader.text}': '{shown(' '.join(inner), reader.atoms)}' must read "
            "'what differs | between what', such as drug | line, or 1 | batch/cask."
        )
    code = " ".join(left)
    if re.search(r"- 1\b", code):
        code = "0 + " + re.sub(r"- 1\b", "", code)
    terms = _describe(f"y ~ ({code} | {' '.join(right)})", reader).group_terms
    several = len({str(term.expr) for term in terms}) > 1
    found = []
    for term in terms:
        numbers = [atom_number(component) for component in term.factor.components]
        odd = [reader.atoms[i].text for i in numbers if reader.atoms[i].column is None]
        if odd:
            raise DesignError(
                f"formula '{reader.text}': {odd[0]} right of a bar: name columns there, such as "
                "line."
            )
        parts = [atom_number(component) for component in getattr(term.expr, "components", ())]
        wide = [reader.atoms[i].text for i in parts if reader.atoms[i].basis]
        if wide:
            raise DesignError(
                f"formula '{reader.text}': {wide[0]} left of a bar is not supported. Write the "
                "column itself there, as in (day | dog), or its powers as I(day**2)."
            )
        found.append(
            RandomTerm(
                expression=":".join(reader.atoms[i].text for i in parts) or "1",
                code=":".join(str(c.name) for c in getattr(term.expr, "components", ())) or "1",
                factors=tuple(str(reader.atoms[i].column) for i in numbers),
                correlated=several and inner[bar] == "|",
                bar=shown(" ".join(left), reader.atoms),
                place=shown(" ".join(right), reader.atoms),
            )
        )
    return found


def _check_removed(pieces: Sequence[list[str]], described: Any, reader: Reader) -> None:
    """Refuse a minus that takes nothing away: it was probably meant as arithmetic."""
    taken = [piece for piece in pieces if piece[0] == "-" and piece[1:] not in (["0"], ["1"])]
    for piece in taken:
        others = [word for other in pieces if other is not piece for word in other]
        without = _describe(f"y ~ {' '.join(others) or '1'}", reader)
        if len(without.common_terms) == len(described.common_terms):
            what = shown(" ".join(piece[1:]), reader.atoms)
            raise DesignError(
                f"formula '{reader.text}': '- {what}' takes out a term that is not there. Leave "
                "it out; arithmetic with columns stands inside I(...)."
            )


def _atoms(terms: Sequence[Any]) -> set[int]:
    """Numbers of the atoms that terms are made of."""
    return {atom_number(c) for term in terms for c in getattr(term, "components", ())}


def _describe(code: str, reader: Reader) -> Any:
    from formulae import model_description  # noqa: PLC0415 - a second, and only formulas need it
    from formulae.parser import Parser  # noqa: PLC0415
    from formulae.scanner import Scanner  # noqa: PLC0415

    try:
        parser = Parser(Scanner(code).scan())
        parser.parse()
        rest = None if parser.at_end() else str(parser.peek().lexeme)
        described = None if rest else model_description(code)
    except Exception:  # noqa: BLE001 - the parser raises errors of many kinds
        described, rest = None, None
    if described is None:
        where = f" near '{shown(rest, reader.atoms)}'" if rest else ""
        raise DesignError(
            f"formula '{reader.text}' cannot be read{where}: between columns stands one of + - * / "
            ": or a bar, and every sign has something on both sides."
        )
    return described
