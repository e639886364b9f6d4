"""The value that one group is compared with, where the name of what was measured says it."""

import re

from nestimate.data.designs.groups import CONTROLS
from nestimate.data.designs.vocabulary import AROUND, words
from nestimate.data.inspection.kinds import describe_column
from nestimate.data.tables.door import Table

#: What values are set in relation to, beside a control: what was there before.
_SET_TO = CONTROLS | AROUND | {"initial", "start", "input", "ausgangswert", "initiale", "inicial"}
_FOLD = frozenset({"fold", "fc", "foldchange"})
_RATIO = frozenset(
    {"ratio", "relative", "rel", "norm", "normalised", "normalized", "quotient", "relativ"}
    | {"normalisiert", "normiert", "relatif", "relativo"}
)
#: What is 0 where nothing changed.
_DIFFERENCE = frozenset({"change", "changes", "difference", "diff", "delta", "loss", "gain", "log"})
_PERCENT = re.compile(r"%|per ?cent|\bpct\b|prozent", re.IGNORECASE)


def no_change(table: Table, name: str) -> str:
    """Return what values are where they are those of the control that they were divided by, or 0.

    Percentages of a control are 100 then, and ratios to it 1; changes and logarithms are 0.
    """
    said = words(re.sub(r"(?i)log", " log ", name))
    fold = bool(said & _FOLD)
    if "log" in said or (said & _DIFFERENCE and not fold) or name not in table.columns:
        return "0"
    if (describe_column(table, name).smallest or 0) < 0:
        return "0"
    divided = bool(said & _SET_TO)
    if _PERCENT.search(name):
        return "100" if divided else "0"
    return "1" if fold or (divided and (said & _RATIO or "/" in name)) else "0"
