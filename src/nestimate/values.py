"""Records as values: equal and hashable by what they hold, shown by what was chosen."""

from collections.abc import Hashable, Mapping, Sequence, Set
from dataclasses import MISSING, Field, fields
from typing import Any


class Value:
    """A frozen dataclass that may hold mappings and lists, and be a key all the same.

    A dataclass makes a hash of its own, so `__hash__ = Value.__hash__` stands in the class.
    """

    def __hash__(self) -> int:
        """Return a hash that is equal where the fields are."""
        return hash((type(self), *(_key(getattr(self, f.name)) for f in _fields(self))))

    def __repr__(self) -> str:
        """Show the fields that are not as usual."""
        chosen = {f.name: getattr(self, f.name) for f in _fields(self)}
        shown = [
            f"{f.name}={chosen[f.name]!r}" for f in _fields(self) if _usual(f) != chosen[f.name]
        ]
        return f"{type(self).__name__}({', '.join(shown)})"


def _fields(record: Any) -> tuple[Field[Any], ...]:
    return fields(record)


def _usual(field: Field[Any]) -> object:
    if field.default_factory is not MISSING:
        return field.default_factory()
    return field.default


def _key(value: object) -> Hashable:
    match value:
        case Mapping():
            return frozenset((name, _key(part)) for name, part in value.items())
        case str():
            return value
        case Set():
            return frozenset(_key(part) for part in value)
        case Sequence():
            return tuple(_key(part) for part in value)
    return value
