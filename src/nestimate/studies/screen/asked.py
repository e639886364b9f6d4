"""What is asked of the groups, and which columns make them."""

from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is asked of the groups: a weighted sum of their means.

    Attributes
    ----------
    name
        As printed, `drug - placebo`.
    weights
        One for each group.
    sides
        What is said to lie above or below what; None where neither has a name.
    """

    name: str
    weights: tuple[float, ...]
    sides: tuple[str, str] | None = None

    @classmethod
    def difference(cls, low: str, high: str) -> Self:
        """Ask how far one group lies above another."""
        return cls(name=f"{high} - {low}", weights=(-1.0, 1.0), sides=(high, low))

    @classmethod
    def of_words(cls, words: dict[str, Any]) -> Self:
        """Read it from plain types, as a file holds them."""
        sides = words["sides"] and (words["sides"][0], words["sides"][1])
        return cls(name=words["name"], weights=tuple(words["weights"]), sides=sides)

    @property
    def plain(self) -> bool:
        """Whether it is the difference of two groups, and there is no other."""
        return self.weights == (-1.0, 1.0)


@dataclass(frozen=True, kw_only=True)
class Factors:
    """Columns whose levels make the groups.

    Attributes
    ----------
    names
        The columns.
    levels
        The level of each in every group, (groups, factors).
    reference
        Their references, as `compare` takes them.
    """

    names: tuple[str, ...]
    levels: tuple[tuple[str, ...], ...]
    reference: str

    @classmethod
    def of_words(cls, words: dict[str, Any] | None) -> Self | None:
        """Read them from plain types, as a file holds them."""
        if words is None:
            return None
        levels = tuple(map(tuple, words["levels"]))
        return cls(names=tuple(words["names"]), levels=levels, reference=words["reference"])
