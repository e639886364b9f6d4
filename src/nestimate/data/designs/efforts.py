"""What a name says of how long, on how much or in how much something was counted."""

import re

from nestimate.data.designs.opposites import words
from nestimate.remedies import Remedy

#: Words for what things were counted on, in or during; and units that it is measured in.
EXPOSURES = frozenset(
    (
        "area length volume time duration minutes hours seconds nights effort exposure offset "
        "dilution fields "
        "fläche länge volumen zeit dauer verdünnung felder "
        "surface longueur durée champs área longitud superficie tiempo duración campos"
    )
    .casefold()
    .split()
)
_IN_UNITS = frozenset("mm um µm cm ml ul µl mm² µm² cm²".casefold().split())
#: Words for how large something is, of which nothing was counted per centimetre.
_DIMENSIONS = frozenset(
    {"height", "depth", "width", "diameter", "thickness", "distance", "radius", "size", "höhe"}
    | {"hauteur", "altura", "breite", "durchmesser", "diamètre", "diámetro"}
)
#: Words for how long, or how much, was looked for what was counted.
_LASTING = frozenset(
    {"effort", "exposure", "offset", "nights", "minutes", "hours", "seconds", "duration", "hrs"}
    | {"mins", "secs", "minuten", "stunden", "heures", "horas", "minutos", "dauer", "durée"}
    | {"duración", "nächte", "nuits", "noches", "aufwand"}
)
#: Words for how long something was in use or at risk that need no unit behind them.
_IN_USE = frozenset({"service", "mileage", "kilometrage", "kilométrage", "laufleistung"})
#: Words for who or what was watched or at risk, and for units of time behind them: person-years.
_WATCHED = frozenset(
    {"person", "persons", "patient", "patients", "man", "woman", "women", "animal", "insect"}
    | {"trap", "camera", "bed", "device", "catheter", "machine", "vehicle", "plot", "risk"}
    | {"observed", "observation", "watched", "watch", "follow", "followed", "followup", "study"}
    | {"use", "operation", "operating", "service", "deployed", "monitored", "monitoring"}
    | {"searched", "sampling", "recorded", "recording", "tracked", "exposed", "beobachtet"}
    | {"beobachtung", "risiko", "betrieb", "personnes", "suivi", "risque", "observación"}
    | {"personas", "riesgo", "seguimiento"}
)
_TIMES = frozenset(
    {"years", "yrs", "months", "weeks", "days", "nights", "time", "jahre", "monate"}
    | {"wochen", "tage", "stunden", "zeit", "années", "mois", "semaines", "jours", "temps"}
    | {"años", "meses", "semanas", "días", "tiempo"}
)
#: The same in one word: pyears, trapnights, Personenjahre.
_TOGETHER = re.compile(
    r"(p|person|patient|trap|bed|device|camera|man)(years|yrs|months|weeks|days|nights|time)"
    r"|(personen|patienten|beobachtungs|betriebs|risiko|fallen)(jahre|monate|wochen|tage|stunden"
    r"|zeit|nächte)"
)
#: Words for among how many something happened, to few of them.
_AMONG = frozenset(
    {"population", "pop", "inhabitants", "residents", "einwohner", "bevölkerung", "habitants"}
    | {"habitantes", "población", "holders", "policyholders", "policies", "insured"}
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
)


def exposes(name: str) -> bool:
    """Return whether a column's name speaks of an area, length, volume or time, and of no rate."""
    said = words(name)
    return bool((EXPOSURES | _IN_UNITS) & said) and not said & _DIMENSIONS and "/" not in name


def speaks_of_extent(name: str) -> bool:
    """Return whether a word of a name, and not its unit alone, is for an area, length or time."""
    return exposes(name) and bool(EXPOSURES & words(name))


def lasting(name: str) -> bool:
    """Return whether a name says how long was looked for what was counted, or how long in use."""
    return spends(name) or (bool(words(name) & (_LASTING | _IN_USE)) and not _of_outcome(name))


def spends(name: str) -> bool:
    """Return whether a name says how much time was spent at risk or watched: person-years."""
    said = words(name)
    spent = bool(said & _WATCHED and said & _TIMES) or any(map(_TOGETHER.fullmatch, said))
    return spent and not _of_outcome(name)


def among(name: str) -> bool:
    """Return whether a name says among how many what was counted happened: inhabitants."""
    return bool(words(name) & _AMONG) and not _of_outcome(name)


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
    return bool(words(name) & (_OUTCOMES | _DIMENSIONS)) or "/" in name
