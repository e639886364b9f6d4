"""Columns of text that hold what was measured, in a form that is no number: which, and what to do.

Counts of a total, powers of ten, thousands set apart, dates and grades are no labels of rows; where
nothing else was measured the one to mend is named.
"""

import re
from collections.abc import Sequence
from shlex import quote

from nestimate.data.designs.vocabulary import hints
from nestimate.data.inspection.kinds import Column
from nestimate.data.tables.cells import OddCellError, read_number

_PART = re.compile(r"\d+\s*(/|of|von|sur|de)\s*\d+")
_POWER = re.compile(r"\d+([.,]\d+)?\s*[x×*·]\s*10\s*\^?\s*([-−]?\d+|[⁻⁰¹²³⁴-⁹]+)")
_DATED = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}")
_SIGNS = re.compile(r"[-+−±()/]+")
#: Words for how severe, strong or much something is.
_GRADES = frozenset(
    {"none", "absent", "mild", "slight", "weak", "minimal", "low", "moderate", "medium", "strong"}
    | {"high", "severe", "marked", "extreme", "normal", "poor", "fair", "good", "excellent"}
    | {"keine", "leicht", "mittel", "schwach", "stark", "schwer", "schlecht", "gut", "mässig"}
    | {"mäßig", "aucun", "aucune", "léger", "légère", "modéré", "modérée", "sévère", "faible"}
    | {"fort", "forte", "leve", "moderado", "moderada", "grave", "severo", "severa", "lieve"}
)
#: What labels are for, by the names of their columns, though they may look like grades or dates.
_ASIDE = frozenset({"unit", "block", "person", "remark", "kind"})


def unread_said(columns: Sequence[Column]) -> list[str]:
    """Say what each column of text holds that is neither a label nor a number, and what to do."""
    able = [c for c in columns if c.kind in {"labels", "id", "dates"} and c.smallest is None]
    able = [c for c in able if "group" not in hints(c.name)]
    return [said for column in able if (said := _said(column))]


def _said(column: Column) -> str:
    """Say what one column holds in place of numbers; "" where it holds labels."""
    first, name = column.examples[0], column.name
    words = not hints(name) & _ASIDE
    if column.kind == "dates" and words:
        return (
            f"{name} holds dates ({first} ...). If when something happened is compared, write how "
            "long after a start it was: the days from sowing, surgery or birth, as a number."
        )
    if _all(_PART, column):
        return (
            f"{name} holds how many of how many ({first}). Write two columns, {name} and total, "
            f"each with one number, and name both: --response {quote(f'{name}/total')}."
        )
    if _all(_POWER, column):
        return (
            f"{name} holds numbers with a power of ten written out ({first}). Write them as "
            "spreadsheets do, 2.2E6 for 2.2 x 10^6."
        )
    grades = {label.casefold() for label in column.examples}
    if words and (_all(_SIGNS, column) or (len(grades) > 1 and grades <= _GRADES)):
        shown = f'"{name}"' if not re.fullmatch(r"\w+", name) else name
        edit = quote(f"every {shown} LABEL = NUMBER")
        return (
            f"{name} holds grades ({', '.join(column.examples)}), which are no numbers. Write a "
            "number for each into a column of its own (0, 1, 2, 3), so that means of these are "
            f"compared, or yes and no for what counts: --edit {edit} (edits in Python), for each."
        )
    if first[:1].isdigit() and not _DATED.match(first):
        try:
            read_number(first)
        except OddCellError as error:
            return f"{name} holds '{first}', which {error}."
    return ""


def _all(form: re.Pattern[str], column: Column) -> bool:
    return all(map(form.fullmatch, column.examples))
