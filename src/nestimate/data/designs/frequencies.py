"""Tables of frequencies: how many there were of each combination of labels, no row a data point."""

import re

import numpy as np

from nestimate.data.designs.vocabulary import hints
from nestimate.data.tables.door import Table
from nestimate.data.tables.series import number_like
from nestimate.data.tables.titles import families, titles
from nestimate.errors import DataError, listed
from nestimate.remedies import Advice, Remedy

_FREQUENCY = re.compile(r"(?i)freq(uency|uencies|s)?|häufigkeit(en)?|fréquences?|frecuencias?")


#: Columns of scores from which on they are all that there are.
FEWEST_SCORES = 3
#: What such a table cannot answer, and how a share is compared.
_INSTEAD = (
    "To compare a share, write one row for each of what was sampled (animals, litters, sites) with "
    "how many of its total: "
)


def frequencies_said(table: Table) -> str:
    """Say that a table holds how often each combination of labels was met; "" where it does not."""
    facts = _facts(table)
    return f"{facts}{_INSTEAD}--response dead/total." if facts else ""


def scores_counted_said(table: Table) -> str:
    """Say that a table holds how many had which score, a row for each group; "" of any other.

    `Score 0` to `Score 3` may also be readings 1, 2, 3 of one animal in each row: there is none
    before the first of these, and no row of one is a whole group.
    """
    named = [n for stem, n in families([*table.columns]).items() if hints(stem) >= {"scored"}]
    scored = [whole for names in named if (whole := [n for n in names if _whole(table, n)])]
    others = [name for name in table.columns if not scored or name not in scored[0]]
    if len(scored) != 1 or len(scored[0]) < FEWEST_SCORES or any(map(_sampled, others)):
        return ""
    marks = [int(title.mark) for title in titles(scored[0]).values() if title.mark.isdigit()]
    most = max(float(np.nanmax(table.numbers(name))) for name in scored[0])
    codes = [table.labels(name)[0] for name in others]
    alone = not codes or np.unique(np.stack(codes), axis=1).shape[1] == table.n_rows
    if not marks or not alone or (min(marks) > 0 and most <= max(marks)):
        return ""
    return (
        f"this is a table of how many had which score ({scored[0][0]} to {scored[0][-1]}), so no "
        "number in it is a reading. Write a row for each animal or person that was scored, with "
        f"{listed(others, most=4) or 'its group'} and its score, and inspect that table."
    )


def _sampled(name: str) -> bool:
    return bool(hints(name) & {"unit", "block", "time"})


def doubt_frequencies(table: Table, value: str) -> list[str]:
    """Return a warning where the values are how often each combination of labels was met."""
    facts = _facts(table) if _FREQUENCY.fullmatch(value.strip()) else ""
    said = facts[:1].upper() + facts[1:] + _INSTEAD
    return [Advice(said, Remedy("response", "dead/total"), ".")] if facts else []


def _facts(table: Table) -> str:
    """Say what a table of frequencies is; "" of any other.

    Each combination stands in one row; a column that names nearly every row is what was sampled.
    """
    counts = [name for name in table.columns if _FREQUENCY.fullmatch(name.strip())]
    if len(counts) != 1 or not _whole(table, freq := counts[0]):
        return ""
    try:
        labels = {name: table.labels(name) for name in table.columns if name != freq}
    except DataError:
        return ""
    filled = {name: int((codes >= 0).sum()) for name, (codes, _) in labels.items()}
    if not all(filled.values()):
        return ""
    others = {
        name: labels[name]
        for name in labels
        if len(labels[name][1]) > 1 and not (len(labels[name][1]) == filled[name] > 3)
    }
    sampled = any("unit" in hints(n) and 2 * len(o[1]) > table.n_rows for n, o in others.items())
    if not others or sampled:
        return ""
    codes = np.stack([codes for codes, _ in others.values()])
    if np.unique(codes, axis=1).shape[1] < table.n_rows:
        return ""
    named = [*others]
    each = named[0] if len(named) == 1 else f"combination of {listed(named, most=6)}"
    said = (
        f"this is a table of frequencies: {freq} says how many there were of each {each}, so no "
        "row is a data point, and how much one animal, site or study differs from the next cannot "
        "be seen. "
    )
    counted = [n for n in named if len(others[n][1]) > 4 and number_like(table.columns[n])]
    if counted:
        said += (
            f"If {counted[0]} was measured or counted in each of them, write every row as often as "
            f"{freq} says, without {freq}, and inspect that table. "
        )
    return said


def _whole(table: Table, name: str) -> bool:
    """Return whether a column holds whole numbers from 0 on."""
    try:
        numbers = table.numbers(name)
    except DataError:
        return False
    present = numbers[~np.isnan(numbers)]
    return bool(present.size and np.all(present == np.floor(present)) and present.min() >= 0)
