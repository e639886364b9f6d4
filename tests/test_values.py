"""What holds arrays or results is equal to itself alone, can be a key, and prints in one line."""

import dataclasses
import importlib
import pkgutil
import types
import typing

import numpy as np
import pandas as pd
import pytest

import nestimate
import nestimate as ne
from nestimate.results.answer import Answer

pytestmark = pytest.mark.quick


def _dataclasses():
    for found in pkgutil.walk_packages(nestimate.__path__, "nestimate."):
        module = importlib.import_module(found.name)
        for kind in vars(module).values():
            if (
                isinstance(kind, type)
                and "__dataclass_params__" in vars(kind)
                and kind.__module__ == found.name
            ):
                yield kind


def _parts(hint):
    yield hint
    for inner in typing.get_args(hint):
        yield from _parts(inner)


class _Late(dict):
    """Names that are imported for annotations only."""

    def __missing__(self, name):
        return types.SimpleNamespace(DataFrame=pd.DataFrame) if name == "pd" else object


CLASSES = tuple(_dataclasses())
HINTS = {kind: typing.get_type_hints(kind, localns=_Late()) for kind in CLASSES}


def _is_array(part):
    return (typing.get_origin(part) or part) in (np.ndarray, np.typing.NDArray, pd.DataFrame)


def _holders():
    """Classes that hold an array, or something that does."""
    parts = {
        kind: {
            part
            for field in dataclasses.fields(kind)
            for part in _parts(HINTS[kind][field.name])
            if not isinstance(part, list)  # arguments of what can be called
        }
        for kind in CLASSES
    }
    held = {kind for kind in CLASSES if any(map(_is_array, parts[kind]))}
    while True:
        # A field of a class may hold what is derived from it.
        within = {base for kind in held for base in kind.__mro__} & set(CLASSES)
        more = {kind for kind in CLASSES if parts[kind] & within}
        if more <= held:
            return sorted(held, key=lambda kind: (kind.__module__, kind.__name__))
        held |= more


HOLDERS = _holders()


def test_there_are_such_classes():
    assert Answer in HOLDERS
    assert len(HOLDERS) > 30


@pytest.mark.parametrize("kind", HOLDERS, ids=lambda kind: kind.__name__)
def test_holders_of_arrays_are_compared_by_identity_and_print_shortly(kind):
    assert kind.__eq__ is object.__eq__
    assert kind.__hash__ is object.__hash__
    generated = getattr(kind.__repr__, "__wrapped__", None)
    assert generated is None, "dataclass prints every array"


def test_an_answer_and_all_it_is_made_of():
    data = {"a": [5.1, 5.3, 4.9], "b": [6.0, 6.2, 5.8]}
    one, other = (ne.compare(data, options={"ess": 200}) for _ in range(2))
    seen, waiting = set(), [(one, other)]
    while waiting:
        mine, theirs = waiting.pop()
        if id(mine) in seen:
            continue
        seen.add(id(mine))
        assert mine == mine
        assert isinstance(mine == theirs, bool)
        if isinstance(mine, tuple(HOLDERS)):
            hash(mine)
        assert len(repr(mine)) < 2000
        assert len(repr(mine).splitlines()) < 5
        for field in dataclasses.fields(mine):
            pair = getattr(mine, field.name), getattr(theirs, field.name)
            if dataclasses.is_dataclass(pair[0]):
                waiting.append(pair)
    assert one != other
    assert len({one, other, one.fit, other.fit}) == 4
    assert "draws" in repr(one.fit)
