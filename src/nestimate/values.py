"""Records as values: equal and hashable by what they hold, shown by what was chosen."""

from collections.abc import Hashable, Mapping, Sequence, Set
from dataclasses import MISSING, Field, fields
from functools import cache
from numbers import Real
from types import NoneType, UnionType
from typing import Any, Literal, TypeAliasType, Union, get_args, get_origin, get_type_hints

import numpy as np

from nestimate.errors import DesignError, one_of


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


def check_fields(record: Any, kind: Any) -> None:
    """Refuse values that the types of a record's fields do not allow; NumPy's become plain ones.

    Looked at are words (`Literal`), numbers, text, and what is on or off; all else is for the
    record itself to check.

    Raises
    ------
    DesignError
        Which field it is, and what it takes.
    """
    for name, hint in _hints(kind).items():
        given, kinds = getattr(record, name), _members(hint)
        if isinstance(given, np.generic):
            given = given.item()
            object.__setattr__(record, name, given)
        if given is None and NoneType in kinds:
            continue
        match [one for one in kinds if one is not NoneType]:
            case [one] if get_origin(one) is Literal:
                if not (isinstance(given, str) and given in get_args(one)):
                    raise DesignError(f"{name}: {one_of('choice', str(given), get_args(one))}")
            case [one] if one is bool:
                if not isinstance(given, bool):
                    raise DesignError(f"{name} is {given!r}: it must be True or False.")
            case [one] if one in {int, float}:
                if isinstance(given, bool) or not isinstance(given, Real):
                    raise DesignError(f"{name} is {given!r}: it must be a number.")
            case [one] if one is str:
                if not (isinstance(given, str) and given.strip()):
                    raise DesignError(f"{name} is {given!r}: give it as text, '{given or 'name'}'.")


@cache
def _hints(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in _fields(kind)}


def _members(hint: Any) -> tuple[Any, ...]:
    """Return the members of a union, names of types looked up; of another type itself."""
    if isinstance(hint, TypeAliasType):
        return _members(hint.__value__)
    if get_origin(hint) not in {UnionType, Union}:
        return (hint,)
    return tuple(member for part in get_args(hint) for member in _members(part))
