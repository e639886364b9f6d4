"""Columns that name what several animals or readings have in common, and labels given anew."""

import re
from collections.abc import Iterable

from nestimate.data.designs.vocabulary import LITTERS, OCCASIONS, WITHIN, hints, words

#: Words for what several animals or readings have in common: where they live, who handles them
#: and when, what they are read on. They are no other name of what was given to groups.
HOLDERS = LITTERS | frozenset(
    {"batch", "plate", "day", "date", "run", "session", "week", "cage", "tank", "pen", "aquarium"}
    | {"operator", "experimenter", "technician", "observer", "scorer", "rater", "reader", "site"}
    | {"lab", "center", "centre", "hospital", "clinic", "gel", "blot", "membrane", "machine"}
    | {"scanner", "instrument", "rig", "incubator", "chamber", "round", "experiment", "exp"}
    | {"expt", "preparation", "prep", "isolation", "shipment", "tray", "bench", "lot", "kit"}
    | {"charge", "platte", "tag", "datum", "woche", "versuch", "versuchstag", "durchgang", "labor"}
    | {"käfig", "becken", "untersucher", "bearbeiter", "gelege", "aquarium", "gerät"}
    | {"plaque", "jour", "semaine", "expérience", "manip", "opérateur", "operateur", "bac"}
    | {"lote", "placa", "día", "fecha", "semana", "experimento", "operador", "jaula", "dia"}
    | {"cohort", "cohorts", "kohorte", "cohorte", "replicate", "repeat", "wiederholung"}
    | {"period", "periode", "période", "período", "periodo", "visit", "occasion"}
    | {"lotto", "piastra", "giorno", "esperimento", "operatore", "gabbia"}
)
#: Those of them that are the same for all groups, and those that are not numbered one by one.
_ONES = LITTERS | {
    "clone",
    "klon",
    "isolate",
    "colony",
    "founder",
    "cage",
    "tank",
    "pen",
    "aquarium",
    "käfig",
    "becken",
    "bac",
    "jaula",
    "gabbia",
}


def holds_several(name: str) -> bool:
    """Return whether a column names what several animals have in common: a plate, a day, a cage."""
    return bool({own for word in words(name) for own in (word, word.removesuffix("s"))} & HOLDERS)


def numbers_several(name: str) -> bool:
    """Return whether numbers in a column name what holds several, and measure nothing, as days may.

    `batch` 1.5, `plate` 3, `date` 20240105.
    """
    return holds_several(name) and ("time" not in hints(name) or bool(words(name) & OCCASIONS))


def numbered(labels: Iterable[str]) -> bool:
    """Return whether labels are numbers, or letters, as others may have, too: `1`, `p1`, `m_01`."""
    found = [re.fullmatch(r"(\D*)0*\d{1,3}|[A-Za-z]", label) for label in labels]
    return None not in found and len({part[1] or "" for part in found if part}) == 1


def may_return(name: str, compared: Iterable[str]) -> bool:
    """Return whether labels may be given anew in every group, as numbers of animals and cages are.

    Not those of what all groups share, as days are, nor where one animal is seen at several times.
    """
    said = hints(name)
    ones = {own for word in words(name) for own in (word, word.removesuffix("s"))} & _ONES
    if any("time" in hints(own) or words(own) & WITHIN for own in compared):
        return False
    if said & {"time", "trait", "person", "group"} or (said & {"block"} and not ones):
        return False
    return bool(ones or said & {"unit", "counter"})


def another_name(name: str, compared: str) -> bool:
    """Return whether two columns that say the same may be two names of one thing."""
    return bool(hints(name) & hints(compared) - {"unit"})
