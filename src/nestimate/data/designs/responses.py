"""Which kinds of readings there are beside measurements, and how their columns are named."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from nestimate.data.designs.censored import Censored
from nestimate.data.designs.counted import Counted
from nestimate.data.designs.limits import Limit
from nestimate.data.designs.measures import Measure
from nestimate.data.designs.observed import Columns, Observed
from nestimate.data.designs.proportions import Proportions
from nestimate.data.designs.scales import SCALES
from nestimate.data.tables.door import Table
from nestimate.errors import DesignError

#: What a reading may be beside a measurement: a table to be added to.
KINDS: tuple[type[Observed], ...] = (Counted, Proportions, Censored)
#: By the word of the option `response`.
READERS = {kind.word: kind for kind in KINDS}
#: How means are worked out and said, of those that do not leave it to the option `scale`.
LINKS = {kind.word: kind.link for kind in KINDS if kind.link is not None}
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


def named_beside(total: str | None, exposure: str | None, limit: str | float | None) -> list[str]:
    """Return the columns that are named beside that of values, as far as they may be columns."""
    edge = Limit.read(limit).of if isinstance(limit, str) else None
    return [name for name in (total, exposure, edge) if name is not None]


def measured_as(word: str, scale: str) -> Measure:
    """Return how values and means are worked out and said.

    Parameters
    ----------
    word
        What a reading is: of `WORDS`.
    scale
        The option of that name, to which some of them leave it.
    """
    return LINKS.get(word, SCALES[scale].measure)


class Asked(Columns, Protocol):
    """The user's words for the columns, and for what is in them."""

    @property
    def response(self) -> str:
        """A word of `READERS` or `MEASURED`."""

    @property
    def summary(self) -> Mapping[str, str]:
        """Columns of summaries."""


class Named(NamedTuple):
    """A word of `READERS` or `MEASURED`, the column of values, and that of totals."""

    word: str
    value: str | None
    total: str | None


def observe(table: Table, columns: Asked) -> Observed | None:
    """Return what stands in the column of values; None where it holds measurements.

    Parameters
    ----------
    table, columns
        The table, and what its columns are called.

    Raises
    ------
    DataError
        When a cell is not of the kind.
    DesignError
        When an option is named that has no part in it.
    """
    word = columns.response
    for name, given in (("exposure", columns.exposure), ("limit", columns.limit)):
        belongs = [kind.word for kind in KINDS if name in kind.takes]
        if given is not None and word not in belongs:
            raise DesignError(f"{name} belongs to response '{belongs[0]}'; this is {word}.")
    if word == MEASURED:
        return None
    if columns.summary:
        raise DesignError(
            f"n, sd and se are summaries of measurements; response '{word}' needs the "
            "rows themselves."
        )
    if word in LINKS:
        columns.scaled.check_link(word)
    return READERS[word].from_columns(table, columns)
