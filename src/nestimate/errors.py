"""What nestimate raises and warns.

::

    NestimateError
    ├── DataError (ValueError)         the table cannot be read as it stands
    ├── DesignError (ValueError)       the table is fine, the question cannot be asked of it
    └── InferenceError (RuntimeError)  the answer cannot be trusted

Every message says what is wrong, where, what is allowed and what to do.
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


class NestimateError(Exception):
    """Anything nestimate raises on purpose."""


class DataError(NestimateError, ValueError):
    """The data cannot be read as they stand."""


class DesignError(NestimateError, ValueError):
    """The data can be read, but not used for the question asked."""


class InferenceError(NestimateError, RuntimeError):
    """The computation did not reach an answer that can be trusted."""


def one_of(what: str, name: str, allowed: Iterable[str]) -> str:
    """Say that `name` is not one of `allowed`, naming a near match where there is one."""
    names = list(allowed)
    near = get_close_matches(name.casefold(), [n.casefold() for n in names], n=1, cutoff=0.6)
    hint = ""
    if near:
        hint = f" Did you mean '{next(n for n in names if n.casefold() == near[0])}'?"
    listed = ", ".join(f"'{n}'" for n in names[:12]) + (", ..." if len(names) > 12 else "")
    return f"there is no {what} '{name}'.{hint} There is: {listed}."


def listed(labels: Sequence[str], most: int) -> str:
    """Return quoted labels, the first few where there are many."""
    more = f" and {len(labels) - most} more" if len(labels) > most else ""
    return ", ".join(f"'{label}'" for label in labels[:most]) + more
