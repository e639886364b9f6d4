"""How a question was put, by roles or by a formula, and so how a column is taken into it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.expressions import quoted
from nestimate.data.designs.labelled import Unused
from nestimate.data.designs.left_out.beside import constant
from nestimate.data.designs.roles import Roles
from nestimate.remedies import Fit, Remedy, Spoken

Codes = NDArray[np.intp]
#: The end of a sentence: text, and what can be done.
Parts = tuple[str | Spoken, ...]


class Asked(Protocol):
    """How a question was put, and so how a column is taken into it."""

    def holding(self, column: Unused) -> Parts:
        """Return what says that labels hold several data points each."""

    def again(self, column: Unused) -> Parts:
        """Return what says that equal labels of several places are different things each."""

    def shared(self, column: Unused) -> Parts:
        """Return what says that they are the same, behind `If they are`; nothing if none does."""

    def differing(self, name: str) -> Parts:
        """Return what lets what is compared differ between labels, where there are no blocks."""

    def repeating(self, column: Unused, *, inside: bool, full: bool, several: bool) -> Parts:
        """Return what says that labels repeat the experiment, or are compared, too.

        `inside`: whether they differ inside data points; `full`: whether each of their cells holds
        several; `several`: whether each group is met by several labels.
        """

    def along(self, name: str) -> Parts:
        """Return what compares groups at one value of a measurement."""

    def crossing(self, name: str, within: Sequence[str] = ()) -> Parts:
        """Return what says that labels and data points are met by several of each other.

        `within`: factors in whose levels labels are others.
        """

    def only(self, keep: NDArray[np.bool_]) -> Self:
        """Return the same for some of the rows."""


@dataclass(frozen=True, kw_only=True)
class ByRoles:
    """A question whose columns have roles.

    Attributes
    ----------
    roles, covariates
        The roles, and what it is adjusted for.
    compared, repeated
        What is compared as a formula writes it, and the levels that have several readings.
    """

    roles: Roles
    covariates: tuple[str, ...] = ()
    compared: str = "1"
    repeated: tuple[str, ...] = ()

    def holding(self, column: Unused) -> Parts:
        """Name the unit."""
        return (*self._unit(column.name), ".")

    def again(self, column: Unused) -> Parts:
        """Name the unit, its labels another one in each place."""
        unit, *beside = self._unit(column.name)
        return (unit, " ", Remedy("relabel_units"), *beside, ".")

    def shared(self, column: Unused) -> Parts:
        """Name the block where there is none."""
        if self.roles.block:
            return ()
        return ("compare within it: ", Remedy("block", column.name), ".")

    def differing(self, name: str) -> Parts:
        """Name the block."""
        return (Remedy("block", name), ".")

    def _unit(self, name: str) -> Parts:
        """Return the unit, and the block that it lies in, which units may have been named for."""
        unit, block = self.roles.unit, self.roles.block
        named = Remedy("unit", name if unit is None else f"{name}/{unit}")
        return (named, " beside ", Remedy("block", block)) if block else (named,)

    def repeating(self, column: Unused, *, inside: bool, full: bool, several: bool) -> Parts:
        """Name the block where there is none, or one more factor whose cells can be compared."""
        name, both = column.name, Remedy("group", f"{self.roles.group},{column.name}")
        how: Parts = (both, f" where {name} is compared, too.")
        if self.roles.block or inside:
            return how if full else (f"'+ {quoted(name)}' in a formula.",)
        if not several:
            return self.crossing(name)
        return (Remedy("block", name), *((", or ", *how) if full else (".",)))

    def only(self, keep: NDArray[np.bool_]) -> Self:  # noqa: ARG002 - columns are the same
        """Return itself."""
        return self

    def crossing(self, name: str, within: Sequence[str] = ()) -> Parts:
        """Write the formula where names can stand in one and each label means one unit."""
        roles = self.roles
        crossed = ":".join((*within, name))
        group = "" if roles.one_group else roles.group
        parts = f"{group},{name},{roles.unit or ''},{roles.block or ''}"
        said = [roles.value, *re.split("[,/]", parts)]
        if roles.relabel_units or not all(w.isidentifier() and w.isascii() for w in said if w):
            return (f"'+ (1 | {':'.join(map(quoted, (*within, name)))})' in a formula.",)
        held = [*filter(None, (roles.block or "").split("/"))]
        clusters = [":".join(held[: i + 1]) for i in range(len(held))]
        # How far one factor differs from block to block.
        clusters += [f"{held[0]}:{group}"] if held and "," not in group else []
        terms = [self.compared, *self.covariates]
        terms += [f"(1 | {one})" for one in (*clusters, *self.repeated, crossed)]
        return (Fit(f"{roles.value} ~ {' + '.join(terms)}", roles.said_options),)

    def along(self, name: str) -> Parts:
        """Name the covariates."""
        how = (Remedy("adjust", ",".join([*self.covariates, name])), ".")
        if self.roles.relabel_units:
            return (*how[:1], ", every unit with a label of its own.")
        return how


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ByFormula:
    """A question that is a formula.

    Attributes
    ----------
    factors, outer
        Factors of its clusters, none where these are rows, and their codes.
    compared
        What is compared.
    """

    factors: tuple[str, ...]
    outer: Codes
    compared: tuple[str, ...]

    def again(self, column: Unused) -> Parts:
        """Write the term: labels behind the factors that are compared."""
        return (
            f"'+ (1 | {':'.join(map(quoted, (*self.compared, column.name)))})' in the formula.",
        )

    def shared(self, column: Unused) -> Parts:
        """Write the term."""
        return (f"'+ (1 | {quoted(column.name)})' in the formula.",)

    def differing(self, name: str) -> Parts:
        """Write the term."""
        compared = " * ".join(map(quoted, self.compared))
        return (f"'+ ({compared} | {quoted(name)})' in the formula.",)

    def holding(self, column: Unused) -> Parts:
        """Write the term: what holds the clusters, or lies inside them."""
        name = quoted(column.name)
        if self.factors and not constant(column.codes, self.outer):
            codes = np.unique(column.codes, return_inverse=True)[1]
            return (f"'{self._inside(name) if constant(self.outer, codes) else f'(1 | {name})'}'.",)
        return (f"'{self._about(name)}'.",)

    def repeating(self, column: Unused, *, inside: bool, full: bool, several: bool) -> Parts:  # noqa: ARG002 - adds up
        """Write the terms: what is compared beside the rest, and what repeats it."""
        name = quoted(column.name)
        fixed = f"'+ {name}'" if column.numbers is None else f"'+ C({name})'"
        if inside:
            return (f"{fixed} in the formula.",)
        again = f"'{self._about(name)}' where {column.name} is a repeat of the experiment"
        if self.factors and not constant(column.codes, self.outer):
            each = ":".join(self.factors)
            again = f"'{self._inside(name)}' where every {each} has its own {column.name}"
        return (f"{fixed} in the formula, or {again}.",)

    def only(self, keep: NDArray[np.bool_]) -> Self:
        """Return the same for some of the rows."""
        return replace(self, outer=np.unique(self.outer[keep], return_inverse=True)[1])

    def crossing(self, name: str, within: Sequence[str] = ()) -> Parts:
        """Write the term."""
        return (f"'+ (1 | {':'.join(map(quoted, (*within, name)))})' in the formula.",)

    def along(self, name: str) -> Parts:
        """Write the slope."""
        return (f"'+ {quoted(name)}' in the formula.",)

    def _about(self, name: str) -> str:
        """Return the terms of what holds the clusters."""
        if len(self.factors) > 1:
            return f"(1 | {name}) + (1 | {':'.join([name, *map(quoted, self.factors)])})"
        return f"(1 | {'/'.join([name, *map(quoted, self.factors)])})"

    def _inside(self, name: str) -> str:
        """Return the term of what lies inside the clusters."""
        return f"(1 | {':'.join([*map(quoted, self.factors), name])})"
