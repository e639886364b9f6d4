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
_IN_UNITS = frozenset({"mm", "um", "µm", "cm", "ml", "ul", "µl", "mm²", "µm²", "cm²"})
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
    """Return whether a name says how long, or how much, was looked for what was counted."""
    return bool(_LASTING & words(name)) and not _of_outcome(name)


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
