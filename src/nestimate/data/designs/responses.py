"""Which kinds of readings there are beside measurements, and how their columns are named."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from nestimate.data.designs.censored import Censored
from nestimate.data.designs.counted import Counted
from nestimate.data.designs.observed import Observed
from nestimate.data.designs.proportions import Proportions
from nestimate.data.designs.roles import Roles
from nestimate.data.tables.door import Table
from nestimate.errors import DesignError

#: What a reading is, by the word of the option `response`: a table to be added to.
READERS: Mapping[str, Callable[[Table, Roles], Observed]] = {
    Counted.word: lambda table, r: Counted.from_table(table, r.value, r.exposure),
    Proportions.word: lambda table, r: Proportions.from_table(table, r.value, r.total),
    Censored.word: lambda table, r: Censored.from_table(table, r.value, r.limit, r.scale),
}
#: What an ordinary reading is.
MEASURED = "measured"
WORDS = (MEASURED, *READERS)


def named(response: str, value: str | None, limit: str | float | None) -> "Named":
    """Return what the option `response` says: a word, or the two columns of a proportion.

    Raises
    ------
    DesignError
        When the column of values is named twice, and differently.
    """
    first, slash, second = (part.strip() for part in response.partition("/"))
    if slash:
        if value not in {None, first}:
            raise DesignError(
                f"value is '{value}' and response is '{response}': how many of how many is named "
                "by response alone."
            )
        return Named(word=Proportions.word, value=first, total=second)
    beyond = limit is not None and response == MEASURED
    return Named(word=Censored.word if beyond else response, value=value, total=None)


class Named(NamedTuple):
    """A word of `READERS` or `MEASURED`, the column of values, and that of totals."""

    word: str
    value: str | None
    total: str | None


def observe(table: Table, roles: Roles) -> Observed | None:
    """Return what stands in the column of values; None where it holds measurements.

    Raises
    ------
    DataError
        When a cell is not of the kind.
    DesignError
        When an option is named that has no part in it.
    """
    for name, belongs in (("exposure", Counted.word), ("limit", Censored.word)):
        if getattr(roles, name) is not None and roles.response != belongs:
            raise DesignError(f"{name} belongs to response '{belongs}'; this is {roles.response}.")
    if roles.response == MEASURED:
        return None
    if roles.summary:
        raise DesignError(
            f"n, sd and se are summaries of measurements; response '{roles.response}' needs the "
            "rows themselves."
        )
    if roles.scale == "log" and roles.response != Censored.word:
        raise DesignError(
            f"scale is 'log', and {roles.response} are compared as ratios as they are. Leave out "
            "scale."
        )
    return READERS[roles.response](table, roles)
