"""What nestimate raises and warns.

::

    NestimateError
    ├── DataError (ValueError)         the table cannot be read as it stands
    ├── DesignError (ValueError)       the table is fine, the question cannot be asked of it
    │   ├── ArgumentError (TypeError)  no argument has that name or kind
    │   └── RowError (KeyError)        an answer has no row of that name
    └── InferenceError (RuntimeError)  the answer cannot be trusted

Every message says what is wrong, where, what is allowed and what to do.
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from nestimate.remedies import Advice, Remedy, Voice, said


class NestimateError(Exception):
    """Anything nestimate raises on purpose.

    It is raised with one message, or with pieces of it among which are remedies: `str` says these
    in the words of the command line and of Python, `said` in those of one.
    """

    def __str__(self) -> str:
        """Return the message."""
        return str(Advice(*self.args))

    @property
    def remedies(self) -> tuple[Remedy, ...]:
        """What can be done about it, as far as options do it."""
        return Advice(*self.args).remedies

    def said(self, voice: Voice) -> str:
        """Return the message with its remedies in one voice."""
        return said(Advice(*self.args), voice)


class DataError(NestimateError, ValueError):
    """The data cannot be read as they stand."""


class DesignError(NestimateError, ValueError):
    """The data can be read, but not used for the question asked."""


class ArgumentError(DesignError, TypeError):
    """A call names an argument that there is not, or gives one what it does not take."""


class RowError(DesignError, KeyError):
    """An answer has no row of this name."""


class InferenceError(NestimateError, RuntimeError):
    """The computation did not reach an answer that can be trusted."""


def one_of(what: str, name: str, allowed: Iterable[str], words: Iterable[str] = ()) -> str:
    """Say that `name` is not one of `allowed`, naming a near match where there is one.

    `words` may be meant as well, but are not what is listed.
    """
    names = list(allowed)
    meant = [*names, *words]
    near = get_close_matches(name.casefold(), [n.casefold() for n in meant], n=1, cutoff=0.6)
    hint = ""
    if near:
        hint = f" Did you mean '{next(n for n in meant if n.casefold() == near[0])}'?"
    listed = ", ".join(f"'{n}'" for n in names[:12]) + (", ..." if len(names) > 12 else "")
    return f"there is no {what} '{name}'.{hint} There is: {listed}."


def listed(labels: Sequence[str], most: int) -> str:
    """Return quoted labels, the first few where there are many."""
    more = f" and {len(labels) - most} more" if len(labels) > most else ""
    return ", ".join(f"'{label}'" for label in labels[:most]) + more
