"""Names of what was counted per week or per minute, and of how many there were of something."""

import re

_NUMBER_OF = re.compile(r"(?i)(number|no\.?|num\.?|nr\.?|#) of \w|anzahl \w|nombre d|número de ")
#: What stands behind a rate: per week, /min.
_PER = re.compile(
    r"(?i)(?<=\w)(\s+(per|pro|par|por)\s+[^\W\d_]+|\s*/\s*(s|sec|min|h|hr|hour|d|day|night|wk|week"
    r"|mo|month|yr|year|tag|woche|monat|jahr|jour|semaine|mois|an|día|semana|mes|año))\.?\s*$"
)


def numerator(name: str) -> str:
    """Return the name of a rate without what it is of: seizures/week is no week."""
    return _PER.sub("", name)


def says_number_of(name: str) -> bool:
    """Return whether a name says of what there were so many: number of pups."""
    return bool(_NUMBER_OF.match(name))


def is_rate(name: str) -> bool:
    """Return whether a name says how many or how much there was per week, per minute, in all."""
    return bool(_PER.search(name)) or says_number_of(name)
