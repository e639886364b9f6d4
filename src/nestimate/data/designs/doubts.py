"""What looks wrong in values that can be analysed all the same: said beside the answer."""

import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.copies import doubt_copies
from nestimate.data.designs.groups import CONTROLS, look_alikes
from nestimate.data.designs.levels import Level
from nestimate.data.designs.percentages import at_an_end, parts_of
from nestimate.data.designs.questionnaires import is_sum
from nestimate.data.designs.spanning import doubt_spanning, spanning
from nestimate.data.designs.statistics import Readings
from nestimate.errors import DataError, listed
from nestimate.remedies import Advice, Remedy

#: Robust SDs from the middle of the group: beyond FAR a value is named and does not help to set the
#: scales of the priors, beyond ABSURD no arithmetic can use it.
FAR, ABSURD = 100.0, 1e9
#: Zeros that are told apart from slips, and by how many robust SDs they lie below their group.
FEWEST_ZEROS, BELOW = 2, 10.0
#: Steps of scores, the most also where a column's name speaks of scores.
FEWEST_SCORES, MOST_SCORES, MOST_NAMED = 3, 7, 100
#: Values at an end that pile up there: for each time that any other occurs, and as a share of those
#: of a group; and different others at least.
FEWEST_PILED, PILED, FEWEST_SPREAD = 3, 0.25, 4
_SCORE = re.compile(
    r"(?i)(?<![^\W_])(scores?|nrs|vas|grades?|grading|stages?|rating|scale|likert|punkt(e|zahl)"
    r"|stadium|schweregrad|skala|bewertung|stade|échelle|cotation|puntuación|puntaje|puntos|grado"
    r"|estadio|escala)(?![^\W\d_])"
)


def doubt_values(
    name: str,
    readings: Readings,
    groups: Sequence[str],
    levels: Sequence[Level],
    natural: Callable[[NDArray[np.float64]], NDArray[np.float64]] = np.asarray,
    *,
    worked_out: bool = False,
) -> list[str]:
    """Return a warning for values that are hardly measurements, or hardly independent ones.

    Parameters
    ----------
    name
        The column of values.
    readings, groups
        Rows used and their groups.
    levels
        Units and subunits, outermost first; empty where every row is a data point.
    natural
        Turns what is analysed, such as logarithms, into what the user wrote.
    worked_out
        Whether they are worked out from columns: a difference of two counts is no count.
    """
    value = natural(readings.value)
    warnings: list[str] = []
    distinct = np.unique(value)
    if distinct.size == 2 and value.size > 4 and not readings.summarised:
        low, high = (f"{edge:g}" for edge in distinct)
        if (low, high) == ("0", "1"):
            said = Advice(
                f"{name} holds 0 and 1 only: yes or no, not a measurement. Differences are then "
                "those of proportions, and intervals from this model are rough. As yes and no: ",
                Remedy("response", "proportion"),
                ".",
            )
            warnings.append(said)
        else:
            warnings.append(f"{name} holds two different values only, {low} and {high}.")
    scores = scored(value, name)
    if counted(value) and not (scores or worked_out or readings.summarised):
        said = Advice(
            f"{name} holds whole numbers with zeros, as counts do, and is analysed as a "
            "measurement: near 0 an interval of a mean may reach below 0, and the spread of counts "
            "grows with their mean. Trust the difference of groups more than such an end. As "
            "counts: ",
            Remedy("response", "counts"),
            ".",
        )
        warnings.append(said)
    elif (of := parts_of(value, name)) is not None and not readings.summarised:
        said = Advice(
            f"{name} goes in steps of one in {of}, as shares of {of} do, and is analysed as a "
            f"measurement. If it counts some of {of}, put how many and of how many into two "
            "columns and name both: how surely a share is known follows from them. As shares: ",
            Remedy("response", "K/N"),
            ".",
        )
        warnings.append(said)
    elif at_an_end(value, name) and not readings.summarised:
        said = Advice(
            f"{name} is called a share and holds none or all of it, and is analysed as a "
            "measurement: 0 of 20 then weighs as much as 0 of 1,000. If it counts some of a whole, "
            "put how many and of how many into two columns and name both. As shares: ",
            Remedy("response", "K/N"),
            ".",
        )
        warnings.append(said)
    if scores and not readings.summarised:
        least, most = float(value.min()), float(value.max())
        warnings.append(
            f"{name} holds whole numbers from {least:g} to {most:g} only, as scores do, and is "
            "analysed as a measurement: every step is taken to be worth the same, from "
            f"{least:g} to {least + 1:g} as from {most - 1:g} to {most:g}, and no group to crowd "
            "at an end. Where that is so, a difference of mean scores means what it says."
        )
    if not warnings and not readings.summarised:
        warnings += doubt_spanning(name, value, readings.group, natural)
        warnings += _piled(name, value, readings.group, groups)
    warnings += _constant(name, value, readings.group, groups)
    copied = _copied(name, value, levels[-1]) if levels and not readings.summarised else []
    warnings += copied
    if not copied and not readings.summarised:
        place, where = (levels[-1].codes, levels[-1].name) if levels else (readings.group, "group")
        warnings += doubt_copies(name, value, place, readings.group, where)
    return warnings


def counted(value: NDArray[np.float64]) -> bool:
    """Return whether values are counts with zeros among them."""
    whole = bool(np.all(value == np.floor(value)) and value.min() == 0)
    return whole and np.unique(value).size > 2


def scored(value: NDArray[np.float64], name: str) -> bool:
    """Return whether values look like scores: whole numbers from 1 to a few, many of each.

    Where the column is called a score they may start at 0, and need not be many.
    """
    low, top = float(value.min()), float(value.max())
    if np.any(value != np.floor(value)) or np.unique(value).size < FEWEST_SCORES:
        return False
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    called = _SCORE.search(spaced) or is_sum(name)
    if called and low in {0, 1} and top <= MOST_NAMED:
        return True
    return low == 1 and FEWEST_SCORES <= top <= MOST_SCORES and value.size >= 2 * top


def _constant(
    name: str, value: NDArray[np.float64], group: NDArray[np.intp], groups: Sequence[str]
) -> list[str]:
    """Name groups all of whose values are one: a control, or the end of what is measured."""
    said: list[str] = []
    for g, label in enumerate(groups):
        inside = value[group == g]
        if inside.size < 2 or np.ptp(inside) > 0 or np.ptp(value) == 0:
            continue
        constant = (
            f"All {inside.size} values of {name} in {label} are {inside[0]:g}: the spread "
            "there rests on the priors and on how finely the values were recorded."
        )
        relative = label.casefold() in CONTROLS and inside[0] in (1, 100) and len(groups) > 1
        divided = Advice(
            f"{constant} Where the others were divided by {label} before, compare them with "
            f"that value, leaving out {label}: ",
            Remedy("against", float(inside[0])),
            ".",
        )
        ends = [s for s, e in ((">", value.max()), ("<", value.min())) if inside[0] == e]
        limit = Advice(
            f"{constant} If it is the end of what can be measured, they are limits: write ",
            *(_as_limit(sign, inside[0]) for sign in ends),
        )
        said.append(divided if relative else limit if ends else constant)
    return said


def _piled(
    name: str, value: NDArray[np.float64], group: NDArray[np.intp], groups: Sequence[str]
) -> list[str]:
    """Name the largest, or smallest, value where many lie at it and few are alike elsewhere.

    What an instrument cannot tell from the end of its scale is written as that end.
    """
    distinct, which, times = np.unique(value, return_inverse=True, return_counts=True)
    said: list[str] = []
    for end, elsewhere, sign, words in (
        (distinct.size - 1, times[:-1], ">", ("largest", "too low")),
        (0, times[1:], "<", ("smallest", "too high")),
    ):
        often, at = int(times[end]), which == end
        inside = np.bincount(group[at], minlength=len(groups))
        share = inside / np.bincount(group, minlength=len(groups))
        g = int(share.argmax())
        # A group that is one value throughout is a control that others were divided by, or says so.
        if elsewhere.size < FEWEST_SPREAD or share[g] < PILED or share[g] == 1:
            continue
        if often < FEWEST_PILED * int(elsewhere.max()):
            continue
        if distinct[end] == 0 and unfound(value) is not None:
            continue
        edge = f"{distinct[end]:g}"
        said.append(
            Advice(
                f"{often} values of {name} are exactly {edge}, its {words[0]} ({inside[g]} of "
                f"{int((group == g).sum())} in {groups[g]}), and hardly any two others are alike. "
                f"Where that is the end of what can be measured they are limits: taken as "
                f"measurements they make the mean of {groups[g]} {words[1]} and its spread too "
                "small. Write ",
                _as_limit(sign, distinct[end]),
            )
        )
    return said


def _as_limit(sign: str, edge: float) -> Advice:
    """Say how a value is written that is known to lie beyond an end; 0 is no limit of detection."""
    cell = f"{sign}{edge:g}" if edge else f"{sign} and the limit of detection"
    return Advice(f"{cell} in their cells, and add ", Remedy("response", "censored"), ".")


def _copied(name: str, value: NDArray[np.float64], unit: Level) -> list[str]:
    """Warn where the readings of every unit are one and the same number."""
    counts = np.bincount(unit.codes, minlength=unit.size)
    high = np.full(unit.size, -np.inf)
    low = np.full(unit.size, np.inf)
    np.maximum.at(high, unit.codes, value)
    np.minimum.at(low, unit.codes, value)
    repeated = counts > 1
    if repeated.any() and (high[repeated] == low[repeated]).all():
        return [
            f"All readings of one {unit.name} are equal, in every {unit.name} with more than one: "
            f"were rows copied, or {name} averaged before? The SD of a reading then means nothing."
        ]
    return []


def doubt_labels(level: Level) -> list[str]:
    """Return a warning for labels of units or blocks that look like one in two spellings."""
    alike = look_alikes(level.labels)
    if not alike:
        return []
    said = "; ".join(" and ".join(f"'{label}'" for label in found) for found in alike[:4])
    more = f"; and {len(alike) - 4} more" if len(alike) > 4 else ""
    return [f"Labels of {level.name} that look alike are taken as different: {said}{more}."]


def distances(readings: Readings, n_groups: int) -> NDArray[np.float64]:
    """Return how far each value is from the median of its group, in robust SDs; shape (rows,).

    Groups that are one number throughout, as what all others were divided by, tell no SD.
    """
    value = readings.value
    _check_magnitude(value)
    own = [value[readings.group == g] for g in range(n_groups)]
    middle = np.array([_median(values) for values in own])
    deviation = np.abs(value - middle[readings.group])
    scatters = np.array([values.size > 0 and np.ptp(values) > 0 for values in own])
    telling = deviation[scatters[readings.group]] if scatters.any() else deviation
    noise = 1e-12 * float(np.median(np.abs(value)))
    for share in (0.5, 0.75, 0.9):
        scale = 1.4826 * float(np.quantile(telling, share))
        if scale > noise:
            return np.asarray(deviation / scale)
    return np.zeros(value.size)


def _check_magnitude(value: NDArray[np.float64]) -> None:
    """Refuse values whose squares a computer cannot hold."""
    largest, span = float(np.abs(value).max()), float(np.ptp(value / 2))
    if largest > 1e100 or 0 < span < 1e-100:
        raise DataError(
            f"the values reach up to {largest:.2g} and spread over {2 * span:.2g}: too large or "
            "too small to compute with. Give them in another unit of measurement."
        )


def unfound(value: NDArray[np.float64]) -> tuple[float, float] | None:
    """Return between which values nearly all others lie if zeros lie far below these.

    Such zeros hardly were measured: in a logarithm they stand for what was not found.
    """
    others = value[value != 0]
    if value.size - others.size < FEWEST_ZEROS or others.size < FEWEST_ZEROS:
        return None
    least, low, high, most = np.quantile(others, (0.01, 0.1, 0.9, 0.99))
    return (float(least), float(most)) if least > high - low else None


def doubt_far(
    name: str,
    value: NDArray[np.float64],
    distance: NDArray[np.float64],
    row: Callable[[int], str],
    levels: Sequence[Level],
) -> list[str]:
    """Name the values that are so far out that they may be slips or codes.

    Parameters
    ----------
    name, value
        The column of values, and these as the user wrote them, shape (rows,).
    distance
        From the middle of the group, in robust SDs; shape (rows,).
    row
        What the user calls the row at a position among these.
    levels
        Units and subunits; empty where every row is a data point.

    Raises
    ------
    DataError
        When a value is so far out that nothing can be computed with it.
    """
    zero = value == 0
    others = unfound(value) if distance[zero].min(initial=np.inf) > BELOW else None
    absent: list[str] = []
    if others is not None and distance.max() <= ABSURD:
        said_zeros = Advice(
            f"{zero.sum()} values of {name} are exactly 0, and all others lie far above (from "
            f"{others[0]:.4g} to {others[1]:.4g}). If 0 stands for what was not found, as it does "
            "in logarithms, it is no measurement, and hides what there is. As missing: ",
            Remedy("na", "0"),
            ".",
        )
        absent.append(said_zeros)
        distance = np.where(zero, 0.0, distance)
    far = np.flatnonzero(distance > FAR)
    if not far.size:
        return absent
    worst = far[np.argmax(distance[far])]
    if distance[worst] > ABSURD:
        raise DataError(
            f"column '{name}', row {row(int(worst))}: the value is {distance[worst]:.0e} SDs away "
            "from the others of its group. If it is a slip or stands for a missing value, mend it "
            "or empty the cell."
        )
    if spanning(value):
        return absent
    named = listed([row(int(i)) for i in far], most=6).replace("'", "")
    lie = ("value", "lies", "its", "row") if far.size == 1 else ("values", "lie", "their", "rows")
    said: str = (
        f"{far.size} {lie[0]} of {name} {lie[1]} more than {FAR:g} SDs from the middle of {lie[2]} "
        f"group ({lie[3]} {named}; the farthest {distance[worst]:,.0f} SDs). A slip of the decimal "
        "mark, or a code for a missing value? Then mend or empty the cell."
    )
    if levels and any((distance[levels[0].codes == u] <= FAR).any() for u in levels[0].codes[far]):
        said = Advice(
            said,
            f" Other readings of the same {levels[0].name} are not so far out, and readings of one "
            f"{levels[0].name} are taken as normal, so that all intervals become much too wide, "
            "unless they are Student-t: ",
            Remedy("robust", "replicates"),
            ".",
        )
    return [*absent, said]


def setting_scales(readings: Readings, distance: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether each row sets the scales of the priors, shape (rows,): a few wild ones do not.

    With a wild unit among five, priors as wide as all values together leave room for a spread that
    is as wide as the one unit is far away, and the t model cannot tell it as an outlier.
    """
    wild = distance > FAR
    few = wild.any() and wild.sum() <= max(1, wild.size // 5)
    if not few or np.setdiff1d(readings.group, readings.group[~wild]).size:
        return np.ones(wild.size, dtype=bool)
    return ~wild


def _median(values: NDArray[np.float64]) -> float:
    return float(np.median(values)) if values.size else 0.0
