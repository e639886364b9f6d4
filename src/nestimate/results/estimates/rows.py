"""Rows of an answer: a sequence whose members are also found by their names."""

from typing import Protocol, SupportsIndex, overload

from nestimate.errors import RowError, one_of

#: Names that `repr` shows.
SHOWN = 4


class Named(Protocol):
    """Something with a name."""

    @property
    def name(self) -> str:
        """What it is called."""


class Rows[Row: Named](tuple[Row, ...]):
    """Rows in their order, by position or by name: `rows[0]`, `rows["drug - placebo"]`.

    A tuple in every respect. `name in rows` asks for a name.
    """

    __slots__ = ()

    @overload
    def __getitem__(self, key: str) -> Row: ...
    @overload
    def __getitem__(self, key: SupportsIndex) -> Row: ...
    @overload
    def __getitem__(self, key: slice) -> "Rows[Row]": ...
    def __getitem__(self, key: str | SupportsIndex | slice) -> "Row | Rows[Row]":
        """Return the row of a name or at a position, or several.

        Raises
        ------
        RowError
            When there is no row of this name; the message lists those there are.
        """
        if isinstance(key, str):
            for row in self:
                if row.name == key:
                    return row
            there = one_of("row", key, self.names) if self else f"there is no row '{key}', nor any."
            raise RowError(there)
        found = super().__getitem__(key)
        return Rows(found) if isinstance(key, slice) else found  # type: ignore[arg-type,return-value]

    def __contains__(self, key: object) -> bool:
        """Say whether there is a row of this name, or this row."""
        return key in self.names if isinstance(key, str) else super().__contains__(key)

    @property
    def names(self) -> tuple[str, ...]:
        """The names, in order."""
        return tuple(row.name for row in self)

    def __repr__(self) -> str:
        """Name the first rows, and say how many there are."""
        shown = "; ".join(str(row) for row in self[:SHOWN])
        more = f"; and {len(self) - SHOWN} more" if len(self) > SHOWN else ""
        count = "1 row" if len(self) == 1 else f"{len(self)} rows"
        return f"<{count}: {shown}{more}>" if self else "<no rows>"
