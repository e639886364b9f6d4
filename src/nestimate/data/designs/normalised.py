"""Values that were divided by a control, or taken less it: its error is hidden in the others."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.crossing import Crossing
from nestimate.data.designs.measures import Measure
from nestimate.data.designs.pairing import Rows
from nestimate.data.designs.statistics import Readings
from nestimate.data.tables.edits import LeaveOut
from nestimate.remedies import Advice, Remedy

Values = NDArray[np.float64]

#: Blocks from which a constant control is no chance.
CONSTANT = 3
#: Decimals that values may be rounded to, and how many times the rounding they scatter at least.
DECIMALS, SCATTERED = 9, 20
#: Standard errors of rounding that are allowed for.
SURE = 3.0


def doubt_normalised(
    name: str, rows: Rows, measure: Measure, crossing: Crossing | None = None
) -> list[str]:
    """Say that a group which is one number in every block was what the others were divided by.

    Its values then carry no error, and the error that it had is in all the others, shared by those
    of one block. The same of a group whose mean is one number in every block.

    Parameters
    ----------
    name, rows
        Column of values, and the rows that are compared.
    measure
        How values are said.
    crossing
        The factors whose cells the groups are, where there are several.
    """
    block, groups, group = rows.block, rows.groups, rows.readings.group
    if block is None or block.size < CONSTANT:
        return []
    value = measure.said(rows.readings.value)
    rounding = _rounding(value)
    found = []
    for g, label in enumerate(groups):
        mine = group == g
        count = np.bincount(block.codes[mine], minlength=block.size)
        if (count > 0).sum() < CONSTANT:
            continue
        total = np.bincount(block.codes[mine], value[mine], block.size)
        means = total[count > 0] / count[count > 0]
        single = np.ptp(value[mine]) <= 1e-9 * np.abs(value).max()
        level = value[mine][0] if single else float(f"{means.mean():.3g}")
        if single or (np.ptp(means) <= rounding and np.ptp(value[mine]) > SCATTERED * rounding):
            found.append((label, float(level), single))
    if crossing is not None and block is not None:
        return _of_own(name, found, rows, crossing)
    if len(found) != 1 or len(groups) == 1:
        return []
    label, level, single = found[0]
    done = "divided by" if level else "taken less"
    start = (
        f"{name} is {level:g} for {label} in every {block.name}: the values were {done} "
        f"{label} before, so that {label} shows no scatter and its error is hidden in the "
        "other groups. The model takes groups to scatter alike, so that its zeros make the "
        "others look surer than they are."
        if single
        else f"{name} averages {level:g} for {label} in every {block.name}: the values were {done} "
        f"the mean of {label} before, so that how far it differs between {block.name} is not "
        "seen, and its error is hidden in the other groups. Their intervals may be too narrow."
    )
    return [
        Advice(
            f"{start} Give the raw values, with ",
            Remedy("block", block.name),
            *((" and ", Remedy("scale", "log"), " for ratios.") if level > 0 else (".",)),
            f" Where only these are left, leave out the rows of {label} and compare the others "
            "with the stated value: ",
            Remedy("against", level),
            ".",
        )
    ]


def _of_own(
    name: str, found: Sequence[tuple[str, float, bool]], rows: Rows, crossing: Crossing
) -> list[str]:
    """Say that a level met in every block, such as a first time, was what its others were made of.

    Parameters
    ----------
    name, rows, crossing
        As in `doubt_normalised`.
    found
        Cells that are one number in every block: their label, that number, and whether every value
        in them is it.
    """
    block = rows.block
    if block is None or len({level for _, level, _ in found}) != 1:
        return []
    _, level, single = found[0]
    still = np.array([label in {label for label, _, _ in found} for label in crossing.groups])
    varies = crossing.varying(block.codes, rows.readings.group)
    levels = [
        (f, i)
        for f, labels in enumerate(crossing.labels)
        for i in range(len(labels))
        if varies[f] and np.array_equal(crossing.cells[:, f] == i, still)
    ]
    if len(levels) != 1:
        return []
    ((f, i),) = levels
    factor, label = crossing.names[f], crossing.labels[f][i]
    done = "divided by" if level else "taken less"
    others = [one for one in crossing.names if one != factor]
    alone = len(crossing.labels[f]) - 1 == len(others) == 1
    return [
        Advice(
            f"{name} {'is' if single else 'averages'} {level:g} for {factor} {label} in every "
            f"{block.name}: the values were {done} each {block.name}'s "
            f"own {label} before. So {label} shows no scatter and cannot be compared, a difference "
            f"from it is one from {level:g}, and its error is hidden in the others. Leave it out "
            "and compare the others, ",
            *((Remedy("group", others[0]), " ") if alone else ()),
            Remedy("edits", str(LeaveOut(where=((factor, label),)))),
            f" (each with {level:g}: ",
            Remedy("against", level),
            " as well), or give the raw values",
            *((", with ", Remedy("scale", "log"), " for ratios.") if level > 0 else (".",)),
        )
    ]


def doubt_stated(
    readings: Readings, groups: Sequence[str], measure: Measure, against: float | None
) -> list[str]:
    """Say that the mean of a group is the value it is held against: what the others came from.

    Parameters
    ----------
    readings, groups
        Measurements, and the labels of their groups.
    measure
        How values are said.
    against
        The stated value; None where none is.
    """
    if against is None or len(groups) < 2:
        return []
    value = measure.said(readings.value)
    found = []
    for g, label in enumerate(groups):
        own = value[readings.group == g]
        # The mean of rounded values errs by this where that of exact ones was the stated one.
        error = SURE * _rounding(value) / np.sqrt(12 * own.size)
        if own.std() / np.sqrt(own.size) > SCATTERED * error and abs(own.mean() - against) <= error:
            found.append((label, own.size))
    if len(found) != 1:
        return []
    label, n = found[0]
    return [
        Advice(
            f"The mean of {label} is {against:g}, the stated value. If the values were divided by "
            f"it before, or taken less it, {against:g} is no known number but an estimate from {n} "
            "values, whose error is in no interval of the other groups: these are too narrow. "
            f"Compare with {label} itself, then: leave out ",
            Remedy("against", against),
            ".",
        )
    ]


def _rounding(value: Values) -> float:
    """Return by how much means of rounded values may lie apart where those of exact ones do not."""
    size = float(np.abs(value).max())
    for decimals in range(DECIMALS):
        if np.abs(value - np.round(value, decimals)).max() <= 1e-12 * size:
            return float(10.0**-decimals)
    return 1e-9 * size
