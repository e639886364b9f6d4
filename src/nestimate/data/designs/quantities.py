"""What columns of numbers hold, as their names say: quantities, changes, what was known before."""

import re
from collections.abc import Iterable

from nestimate.data.designs.vocabulary import Described, hints, words

#: What is measured, as names of columns say: two columns that say different ones are no groups.
_QUANTITIES = frozenset(
    {"weight", "mass", "height", "length", "width", "depth", "diameter", "girth", "thickness"}
    | {"volume", "area", "size", "speed", "velocity", "distance", "dist", "time", "duration"}
    | {"gain", "intake", "energy", "protein", "systolic", "diastolic", "calories", "biomass"}
    | {"latency", "age", "temp", "temperature", "pressure", "humidity", "rate", "density", "conc"}
    | {"concentration", "yield", "price", "income", "wage", "population", "pulse", "bmi", "ph"}
    | {"year", "month", "score", "absorbance", "intensity", "lat", "long", "latitude", "longitude"}
    | {"gewicht", "höhe", "länge", "breite", "volumen", "fläche", "dauer", "temperatur", "druck"}
    | {"poids", "hauteur", "longueur", "peso", "altura", "longitud", "edad"}
)


def of_quantities(names: Iterable[str]) -> bool:
    """Return whether names of columns say that different things were measured: speed, distance."""
    said = [words(name) & _QUANTITIES for name in names]
    return any(said) and not frozenset.intersection(*said)


#: What is known of a sample before anything is measured: how pure, how heavy at the start, where.
_KNOWN = re.compile(
    r"(?i)^base$|(?<!\d)260\W?2[38]0(?!\d)|\b(rin|dv200|purity|reinheit)\b|\b([cr]?[dr]na|template|input)\b"
    r"[\W_]*[nµu]g|\b(start|initial)(ing)?[\W_]*(body[\W_]*)?(weight|gewicht)|\banfangsgewicht"
    r"|poids[\W_]*initial|peso[\W_]*inicial"
    r"|^(gps[\W_]*)?(lat|lon|long|lng|latitud[e]?|longitud[e]?|(north|east)ing|elevation|altitude|elev|masl)"
    r"([\W_]*(deg|dd|m|wgs84|gps|utm))?$|^gps[\W_]*[news]$|^utm[\W_]*[news]$|^[xy][\W_]*(m|km|coord\w*|utm)$"
)


def known_before(name: str) -> bool:
    """Return whether a name says what is known of a sample before: its weight at the start, RIN."""
    return bool(_KNOWN.search(name))


#: Words for days, and for what happens once to each of what was sampled.
_DAY = frozenset(
    {"day", "date", "week", "month", "doy", "yday", "julian", "datum", "tag", "jour", "fecha"}
    | {"día", "giorno", "dia"}
)
_ONCE = frozenset(
    {"release", "released", "hatch", "hatching", "hatched", "lay", "laying", "laid", "capture"}
    | {"captured", "arrival", "emergence", "eclosion", "germination", "flowering", "anthesis"}
    | {"heading", "onset", "diagnosis", "admission", "discharge", "enrolment", "enrollment"}
    | {"death", "fledging", "weaning", "ringing", "tagging", "calving", "farrowing", "lambing"}
    | {"birth", "freilassung", "schlupf", "éclosion", "lâcher", "liberación", "eclosión"}
)


def is_moment(name: str) -> bool:
    """Return whether a name says on which day something was so, and not for how many: hatch day."""
    said = words(name)
    return bool(said & _DAY) and (len(said) > 1 or bool(said & {"doy", "yday"}))


def happens_once(name: str) -> bool:
    """Return whether a name says on which day something happened that happens once to each."""
    return is_moment(name) and bool(words(name) & _ONCE)


#: What is compared with 0, or with no change, where no groups are named.
_CHANGE = re.compile(
    r"(?i)(?<![^\W\d_])(change|changes|delta|diff|difference|differences|shift|effect|residuals?|bias"
    r"|fc|log\s?fc|ratio|fold|änderung|differenz|différence|diferencia|cambio)(?![^\W\d_])|[Δδ∆]"
    r"|log[\W_]?2?[\W_]?(fc|fold|ratio)|foldchange"
)


def lies_around(column: Described) -> bool:
    """Return whether numbers may be compared with 0: they lie on both sides, or are changes."""
    low, high = column.smallest, column.largest
    both = low is not None and high is not None and low < 0 < high
    return both or bool(_CHANGE.search(column.name))


def is_aside(column: Described, n_rows: int) -> bool:
    """Return whether a column is beside the design: known before, remarks, places.

    Places that are another in nearly every row, as positions on a plate, hold nothing together.
    """
    said = hints(column.name)
    known = column.smallest is not None and known_before(column.name)
    alone = "place" in said and 3 * column.distinct > 2 * n_rows
    return known or alone or "remark" in said
