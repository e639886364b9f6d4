"""Names of what was counted per week or per minute, and of how many there were of something."""

import re

from nestimate.remedies import Remedy

_NUMBER_OF = re.compile(r"(?i)(number|no\.?|num\.?|nr\.?|#) of \w|anzahl \w|nombre d|número de ")
#: What stands behind a rate: per week, /min.
_PER = re.compile(
    r"(?i)(?<=\w)(\s+(per|pro|par|por)\s+[^\W\d_]+|\s*/\s*(s|sec|min|h|hr|hour|d|day|night|wk|week"
    r"|mo|month|yr|year|tag|woche|monat|jahr|jour|semaine|mois|an|día|semana|mes|año))\.?\s*$"
)


#: Words for how long, or how much, was looked for what was counted.
_LASTING = frozenset(
    {"effort", "exposure", "offset", "nights", "minutes", "hours", "seconds", "duration", "hrs"}
    | {"mins", "secs", "minuten", "stunden", "heures", "horas", "minutos", "dauer", "durée"}
    | {"duración", "nächte", "nuits", "noches", "aufwand"}
)
#: A unit of time, length, area or volume at the end of a name.
_EXTENT = re.compile(
    r"(?i)[^\W\d][\s_.]*[\s_.(\[](mins?|h|hrs?|s|secs?|k?m|[kcmuµ]?m(2|²|\^2)|ha|ft2|ml|[uµ]?l)"
    r"[)\]]?\s*$"
)
#: What is measured in such units, and on, in or during which nothing is counted.
_OUTCOMES = frozenset(
    {"latency", "age", "speed", "velocity", "rt", "reaction", "onset", "delay", "interval", "since"}
    | {"after", "rise", "half", "decay", "period", "survival", "sleep", "weight", "wing", "body"}
    | {"height", "depth", "width", "diameter", "thickness", "distance", "radius", "size", "höhe"}
    | {"hauteur", "altura", "breite", "durchmesser", "diamètre", "diámetro"}
)


def lasting(name: str) -> bool:
    """Return whether a name says how long, or how much, was looked for what was counted."""
    return bool(_LASTING & _said(name)) and not _of_outcome(name)


def ends_with_extent(name: str) -> bool:
    """Return whether a unit of time, length, area or volume ends a name, and no outcome's."""
    return bool(_EXTENT.search(name)) and not _of_outcome(name)


def is_extent(name: str) -> bool:
    """Return whether a name says how long, on how much or in how much was counted."""
    return lasting(name) or ends_with_extent(name)


def per_effort(value: str, over: str) -> tuple[str | Remedy, ...]:
    """Say how counts per time, area or effort are asked for."""
    named = (Remedy("value", value), " ", Remedy("response", "counts"), " ")
    how = f" For counts of {value} per {over} (a time, area or effort): "
    return (how, *named, Remedy("exposure", over), ".")


def _of_outcome(name: str) -> bool:
    return bool(_said(name) & _OUTCOMES) or "/" in name


def _said(name: str) -> frozenset[str]:
    return frozenset(word for word in re.split(r"[\W\d_]+", name.casefold()) if word)


def numerator(name: str) -> str:
    """Return the name of a rate without what it is of: seizures/week is no week."""
    return _PER.sub("", name)


def says_number_of(name: str) -> bool:
    """Return whether a name says of what there were so many: number of pups."""
    return bool(_NUMBER_OF.match(name))


def is_rate(name: str) -> bool:
    """Return whether a name says how many or how much there was per week, per minute, in all."""
    return bool(_PER.search(name)) or says_number_of(name)
