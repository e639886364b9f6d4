"""The pieces of a formula: columns and what is computed from them, numbered x0, x1, ..."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from nestimate.data.designs.expressions import (
    BASES,
    Expression,
    Token,
    closing,
    is_call,
    parse_expression,
    quoted,
    refuse,
    written,
)
from nestimate.errors import DesignError

#: Largest power to which a bracket of terms may be raised, as in (a + b)**2.
MOST_POWER = 9


@dataclass(frozen=True, kw_only=True)
class Atom:
    """A column, or what is computed from columns, as one piece of a formula.

    Attributes
    ----------
    text
        As printed: `age`, `log(dose)`, `poly(age, 2)`.
    value
        What to compute; a single column as it stands may hold labels.
    basis
        The function that makes several columns of it, with a gap for the value:
        `poly({}, degree=2)`; empty for one column.
    width
        How many columns that makes.
    coded
        Whether it stands in C(...): labels, whatever they look like.
    """

    text: str
    value: Expression
    basis: str = ""
    width: int = 1
    coded: bool = False

    @property
    def column(self) -> str | None:
        """The column that it is as it stands; None where something is computed."""
        return self.value.columns[0] if self.value.plain and not self.basis else None


@dataclass
class Reader:
    """Reads the right side of a formula into words: signs, 0 and 1, and numbered atoms."""

    text: str
    atoms: list[Atom] = field(default_factory=list)
    coded: list[str] = field(default_factory=list)

    def words(self, tokens: Sequence[Token]) -> list[str]:
        """Return words such as `x0`, `:`, `poly(x1, degree=2)`."""
        found: list[str] = []
        at = 0
        while at < len(tokens):
            token = tokens[at]
            end = closing(tokens, at + 1) + 1 if is_call(tokens, at) else at + 1
            if end > at + 1:
                found.append(self._call(tokens[at:end]))
            elif token.column is not None:
                found.append(self._number(self._column(tokens[at:end])))
            elif token.kind == "number":
                found.append(self._count(token, found))
            elif token.text in (",", "=", "~"):
                refuse(self.text, f"'{token.text}' has no place outside a function.")
            else:
                if token.text == "(" and found and (found[-1] == ")" or found[-1][-1].isalnum()):
                    refuse(self.text, f"a parenthesis follows '{self._last(found)}'.")
                if token.text == "**" and found and found[-1] != ")":
                    raise DesignError(
                        f"formula '{self.text}': right of the tilde, ** combines terms. For the "
                        f"power of a number write I({self._last(found)}**2)."
                    )
                found.append(token.text)
            at = end
        return found

    def _last(self, words: list[str]) -> str:
        return shown(words[-1], self.atoms)

    def _count(self, token: Token, before: list[str]) -> str:
        power = bool(before) and before[-1] == "**"
        allowed = [str(n) for n in range(2, MOST_POWER + 1)] if power else ["0", "1"]
        if token.text not in allowed:
            refuse(self.text, f"'{token.text}' is no term: arithmetic stands inside I(...).")
        return token.text

    def _column(self, tokens: Sequence[Token]) -> Atom:
        value = parse_expression(tokens, self.text)
        return Atom(text=quoted(value.columns[0]), value=value)

    def _call(self, tokens: Sequence[Token]) -> str:
        name, inside = tokens[0].text, tokens[2:-1]
        if name == "C":
            if len(inside) != 1 or inside[0].column is None:
                refuse(self.text, f"'{written(tokens, self.text)}': C(...) holds one column.")
            self.coded.append(str(inside[0].column))
            return self._number(replace(self._column(inside), coded=True))
        if name not in BASES:
            value = parse_expression(tokens, self.text)
            return self._number(Atom(text=value.text, value=value))
        commas = [i for i, token in enumerate(inside) if token.text == ","]
        cuts = [-1, *commas, len(inside)]
        parts = [inside[a + 1 : b] for a, b in pairwise(cuts)]
        settings = [self._setting(name, i, part) for i, part in enumerate(parts[1:])]
        if not settings or not parts[0]:
            refuse(
                self.text,
                f"'{written(tokens, self.text)}' needs a column and a number, as in {name}(x, 4).",
            )
        chosen, first = dict(settings), next(iter(BASES[name]))
        if (
            len(chosen) < len(settings)
            or first not in chosen
            or chosen.get("df", 99) < chosen.get("degree", 3)
        ):
            refuse(self.text, f"'{written(tokens, self.text)}' cannot be made.")
        value = parse_expression(parts[0], self.text)
        said = "".join(f", {key}={bool(n) if key == 'raw' else n}" for key, n in settings)
        text = written(tokens, self.text)
        basis = f"{name}({{}}{said})"
        return self._number(Atom(text=text, value=value, basis=basis, width=chosen[first]))

    def _setting(self, name: str, position: int, part: Sequence[Token]) -> tuple[str, int]:
        """Read `2`, `degree=2` or `raw=True`."""
        words, allowed = [token.text for token in part], BASES[name]
        if len(words) == 1 and position == 0:
            words = [next(iter(allowed)), "=", *words]
        known = len(words) == 3 and words[1] == "=" and words[2] in allowed.get(words[0], ())
        if not known:
            refuse(self.text, f"'{' '.join(words)}' is no setting of {name}(...).")
        return words[0], allowed[words[0]][words[2]]

    def _number(self, atom: Atom) -> str:
        known = [(other.text, other.coded) for other in self.atoms]
        if (atom.text, atom.coded) not in known:
            self.atoms.append(atom)
            known.append((atom.text, atom.coded))
        alias = f"x{known.index((atom.text, atom.coded))}"
        return atom.basis.format(alias) if atom.basis else alias

    def as_coded(self, word: str) -> str:
        """Return a word with labels in place of a column that stands in C(...) elsewhere."""
        atom = self.atoms[int(word[1:])] if re.fullmatch(r"x\d+", word) else None
        if atom is None or atom.column not in self.coded:
            return word
        return self._number(replace(atom, coded=True))


def atom_number(component: Any) -> int:
    """Return the number of the atom behind a component of a term."""
    return next(int(name[1:]) for name in component.var_names if name)


def shown(code: str, atoms: Sequence[Atom]) -> str:
    """Return numbered atoms as the user wrote them."""
    spelt = re.sub(r"(?:poly|bs)\((x\d+)[^)]*\)|(x\d+)", r"\1\2", code)
    named = re.sub(r"x(\d+)", lambda match: atoms[int(match[1])].text, spelt)
    return re.sub(r" ?(:) ?|(?<=\() | (?=\))", r"\1", named)
