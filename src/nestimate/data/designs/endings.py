"""Times until something happened: the words for them, and for what says in which rows it did."""

import re
from collections.abc import Sequence

from nestimate.data.designs.vocabulary import words

_EVENT = frozenset(
    {"event", "events", "status", "dead", "death", "died", "deceased", "failure", "failed"}
    | {"relapse", "relapsed", "recurrence", "progression", "progressed", "uncensored", "endpoint"}
    | {"delta", "ereignis", "tot", "gestorben", "décès", "mort", "evento", "muerto", "muerte"}
)
#: The other way round: what is true of those whose end was not seen.
_OPEN = frozenset(
    {"censor", "censored", "censoring", "cens", "alive", "survived", "zensiert", "lebend", "vivant"}
    | {"censuré", "vivo", "censurado"}
)
#: Words that stand for either: 1 says in some tables that the end was seen.
_EITHER = frozenset({"cens", "censoring", "censor"})
_TIMES = frozenset(
    {"day", "days", "week", "weeks", "month", "months", "year", "years", "hour", "hours", "time"}
    | {"survival", "lifespan", "os", "pfs", "dfs", "ttp", "followup", "latency", "duration"}
    | {"tage", "tag", "wochen", "monate", "zeit", "überleben", "jours", "semaines", "mois", "temps"}
    | {"survie", "días", "semanas", "meses", "tiempo", "supervivencia"}
)
_INTERVALS = (
    (frozenset({"start", "begin", "beginn"}), frozenset({"stop", "end", "ende"})),
    (frozenset({"entry"}), frozenset({"exit"})),
)
#: What cells say: it happened, and it did not as long as one looked.
_PLAIN_YES = frozenset({"1", "yes", "y", "true", "ja", "oui", "sí"})
_PLAIN_NO = frozenset({"0", "no", "n", "false", "nein", "non"})
_YES = frozenset(
    {"dead", "died", "death", "deceased", "event", "relapse", "relapsed", "progressed", "success"}
    | {"reached", "found", "tot", "gestorben", "décès", "mort", "muerto"}
)
_NO = frozenset(
    {"alive", "survived", "censored", "no event", "lost", "fail", "failed", "failure", "timeout"}
    | {"not found", "lebend", "zensiert", "vivant", "censuré", "vivo", "censurado"}
)


def says_end(name: str) -> bool:
    """Return whether a column may say of each time whether it was the end: dead, censored."""
    said = words(name)
    return bool(said & (_EVENT | _OPEN)) or any(word.endswith("stat") for word in said)


def says_time(name: str) -> bool:
    """Return whether a column may hold times until something happened."""
    said = words(name)
    return bool(said & _TIMES) or any(word.endswith("time") for word in said)


def says_interval(start: str, stop: str) -> bool:
    """Return whether two columns may say from when until when something was looked at."""
    first, last = (words(re.sub(r"^t(?=st(art|op)$)", "", name)) for name in (start, stop))
    return any(first & begun and last & ended for begun, ended in _INTERVALS)


def cut_off(event: str, labels: Sequence[str]) -> str | None:
    """Return the label of what had not happened when one stopped looking; None if it is no such.

    1 is what the name of the column says; a status of 1 and 2 counts from what is alive.
    """
    said = {label.casefold(): label for label in labels}
    if len(said) != 2 or len(labels) != 2:
        return None
    if {*said} == {"1", "2"}:
        return said["1"] if "status" in words(event) else None
    backwards = words(event) & _OPEN and not words(event) & _EVENT
    for yes, no in ((_PLAIN_YES, _PLAIN_NO)[:: -1 if backwards else 1], (_YES, _NO)):
        if said.keys() & yes and said.keys() & no:
            return next(label for word, label in said.items() if word in no)
    return None


def other_way(event: str, label: str) -> str:
    """Say that a column may mean the opposite, where its name leaves that open; otherwise ""."""
    if not words(event) & _EITHER:
        return ""
    return (
        f" In some tables {event} {label} says that it did happen: then it is the others that were "
        "cut off."
    )
