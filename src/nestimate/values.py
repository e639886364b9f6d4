"""Records as values: equal and hashable by what they hold, shown by what was chosen."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence, Set
from dataclasses import MISSING, Field, fields
from functools import cache, partial, wraps
from inspect import signature
from numbers import Integral, Real
from pathlib import Path
from types import NoneType, UnionType
from typing import (
    Any,
    Literal,
    TypeAliasType,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

import numpy as np

from nestimate.errors import ArgumentError, DesignError, one_of

#: How it is said what an argument may be.
SAID = {
    str: "text",
    Path: "a path",
    Sequence: "a list",
    Mapping: "a mapping",
    bool: "True or False",
    int: "a whole number",
    float: "a number",
}


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


def check_arguments(call: Callable[..., Any], given: Mapping[str, Any]) -> None:
    """Refuse arguments that are of no kind that `call` takes; words are for the call itself.

    Raises
    ------
    ArgumentError
        Which argument it is, and what it may be.
    """
    for name, hint in _taken(call).items():
        members = _members(hint)
        kinds = [Mapping if is_typeddict(k) else get_origin(k) or k for k in members]
        if name not in given or any(map(partial(_is, given[name]), kinds, members)):
            continue
        value = given[name]
        named = [SAID[kind] for kind in dict.fromkeys(kinds) if kind in SAID]
        if _holds_cells(value):
            # Cells in place of the name of their column, or a table in the place of another word.
            first = getattr(value, "name", None)
            shown, order = f"a {type(value).__name__}", ", ".join(_placed(call))
            order = f" In order: {call.__name__}({order}, ...)." if order else ""
        else:
            first = next(iter(value), "") if isinstance(value, Sequence) else value
            shown, order = repr(value), ""
        such = f", such as '{first}'" if str in kinds and isinstance(first, str | Real) else ""
        raise ArgumentError(f"{name} is {shown}: give {' or '.join(named)}{such}.{order}")


def checked_arguments[**P, T](call: Callable[P, T]) -> Callable[P, T]:
    """Refuse arguments of a wrong kind before a call is made; see `check_arguments`."""
    taken = signature(call)

    @wraps(call)
    def checked(*args: P.args, **kwargs: P.kwargs) -> T:
        check_arguments(call, taken.bind(*args, **kwargs).arguments)
        return call(*args, **kwargs)

    return checked


def _holds_cells(value: Any) -> bool:
    """Whether a value is an array, a column or a table, of which not all is to be printed."""
    return len(getattr(value, "shape", ())) > 0


def _placed(call: Callable[..., Any]) -> list[str]:
    """Return the arguments of a call that may be given without a name."""
    taken = signature(call).parameters.values()
    return [p.name for p in taken if p.kind is p.POSITIONAL_OR_KEYWORD]


def _is(given: Any, kind: Any, hint: Any) -> bool:
    """Whether a value is of a kind; numbers of NumPy are numbers."""
    if kind in (Any, Literal):
        return True
    if kind is Sequence:
        many = isinstance(given, Iterable) and not isinstance(given, str | Mapping)
        # The cells of a column are no names of columns.
        named = get_args(hint) != (str,) or not _holds_cells(given)
        return many and (named or all(isinstance(one, str) for one in given))
    if kind in (int, float):
        real = Integral if kind is int else Real
        return isinstance(given, real) and not isinstance(given, bool)
    return isinstance(given, (bool, np.bool_) if kind is bool else kind)


@cache
def _taken(call: Callable[..., Any]) -> dict[str, Any]:
    return get_type_hints(call)


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
