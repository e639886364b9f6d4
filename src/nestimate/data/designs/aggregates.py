"""What the value column holds: readings, their logarithms, or the summaries of several."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.levels import Level
from nestimate.data.designs.statistics import Readings, frozen
from nestimate.data.tables.door import Table
from nestimate.errors import DataError, DesignError
from nestimate.remedies import Advice, Remedy

#: Smallest value that a column may hold, and how that is said.
RULES = {
    "n": (1.0, "a whole number, 1 or more"),
    "sd": (0.0, "0 or more"),
    "se": (np.nextafter(0.0, 1.0), "above 0"),
}


def summary_columns(
    table: Table, named: Mapping[str, str], value: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    """Read the columns n, sd and se of summary rows, and refuse what cannot be."""
    if "sd" in named and "n" not in named:
        raise DesignError(
            f"sd is '{named['sd']}' but n is not named: an SD tells nothing without the "
            "number of readings it came from: ",
            Remedy("n", "COLUMN"),
            ".",
        )
    if {"se", "sd"} <= named.keys():
        raise DesignError(
            f"sd ('{named['sd']}') and se ('{named['se']}') are both named, and with n "
            "either gives the other: leave out se."
        )
    found = {role: table.numbers(name) for role, name in named.items()}
    present = ~np.isnan(value)
    for role, rows in found.items():
        least, said = RULES[role]
        fails = (rows < least) | ((rows != np.floor(rows)) & (role == "n"))
        wrong = np.flatnonzero(present & ~np.isnan(rows) & fails)
        if wrong.size:
            raise DataError(
                f"{table.source}: column '{named[role]}' ({role}), row "
                f"{table.row(wrong[0])}: {rows[wrong[0]]:g}. It must be {said}."
            )
    bare = np.flatnonzero(present & np.isnan(found.get("se", np.zeros(value.size))))
    if bare.size and "n" not in found:
        raise DataError(
            f"{table.source}: column '{named['se']}' (se) is empty in {bare.size} of "
            f"{int(present.sum())} rows that have a value, row {table.row(bare[0])} first. Give "
            "every mean its standard error, or delete the row."
        )
    if {"n", "se"} <= found.keys():
        # The standard error of a mean of n readings is their SD over sqrt(n).
        found["sd"] = found.pop("se") * np.sqrt(found["n"])
    if "sd" in found:
        several = np.nan_to_num(found["n"], nan=1.0) > 1
        spread = "an SD" if "sd" in named else "a standard error"
        single = np.flatnonzero(present & ~several & (np.nan_to_num(found["sd"]) > 0))
        if single.size:
            raise DataError(
                f"{table.source}: row {table.row(single[0])} has {spread} but n is 1 or "
                f"empty: {spread} needs at least two readings."
            )
    return found


def read_rows(
    value: NDArray[np.float64],
    group: NDArray[np.intp],
    summary: Mapping[str, NDArray[np.float64]],
) -> Readings:
    """Take rows as readings, or as the summaries that the columns `n`, `sd`, `se` make them.

    Parameters
    ----------
    value, group
        Values or means, and codes of groups; shape (rows,).
    summary
        `n`, `sd` and `se` as far as the table has them, NaN where empty; shape (rows,). A row
        without n is one reading.
    """
    one = np.ones(value.size)
    n = np.nan_to_num(summary.get("n", one), nan=1.0)
    sd, se = (summary.get(name, np.nan * one) for name in ("sd", "se"))
    freedom: NDArray[np.intp] = np.where(np.isnan(sd), 0, n - 1).astype(np.intp)
    within = freedom.astype(np.float64) * np.square(np.nan_to_num(sd))
    return Readings(
        value=frozen(value),
        group=frozen(group),
        unit=frozen(np.arange(value.size)),
        n=frozen(n.astype(np.intp)),
        ss=frozen(within),
        freedom=frozen(freedom),
        error=frozen(se),
    )


def reconstructed(
    readings: Readings, groups: Sequence[str], *, alone: bool, against: bool
) -> tuple[Readings, list[str]]:
    """Return values that have the mean, SD and n of each group, for groups of one summary row each.

    Under normal errors n, mean and SD of a group tell all that its values would (they are the
    sufficient statistics), so that evenly spaced values with these give the very same answer. All
    else is returned as it is: rows that are not `alone`, and groups of several rows. What it is no
    more robust than follows from whether each group is held `against` a stated value.

    Raises
    ------
    DesignError
        When a group lacks its n or SD.
    """
    if not alone or np.bincount(readings.group).max() > 1:
        return readings, []
    bare = [groups[g] for g in readings.group[readings.freedom < 1]]
    if bare:
        known = np.isfinite(readings.error).any()
        lacks = "a standard error but no n" if known else "no SD or an n below 2"
        raise DesignError(
            f"the table has one row for each group, and group '{bare[0]}' has {lacks}: a "
            "difference cannot be told from chance. A table of group means needs n "
            "and SD (or n and standard error) of every group: ",
            Remedy("n", "COLUMN"),
            " with ",
            Remedy("sd", "COLUMN"),
            " or ",
            Remedy("se", "COLUMN"),
            ".",
        )
    values = []
    for mean, n, ss in zip(readings.value, readings.n, readings.ss, strict=True):
        even = np.linspace(-1.0, 1.0, n)
        values.append(mean + even * np.sqrt(ss / np.square(even).sum()))
    value = np.concatenate(values)
    group = np.repeat(readings.group, readings.n)
    found = replace(read_rows(value, group, {}), reconstructed=True)
    counts = ", ".join(
        f"{groups[g]} ({n})" for g, n in zip(readings.group, readings.n, strict=True)
    )
    test = "the one-sample t" if against else "Welch's t"
    return found, [
        f"Only n, mean and SD of every group are given: {counts}. Values are taken as normal, for "
        "which these tell all. Whether a value far out or a skewed distribution drags a mean "
        f"cannot be seen, so that this answer is no more robust than {test}; and if several of "
        "the n are readings of one animal or sample, it is too sure: n counts independent units.",
    ]


def merge_means(
    levels: tuple[Level, ...], readings: Readings, *, known_sigma: bool
) -> tuple[tuple[Level, ...], Readings, list[str]]:
    """Decide what means are worth when not every SD was kept.

    With any SD, any repeated reading, numbers of readings that differ or a stated sigma, the error
    of a mean can be told from the spread between units. Otherwise the means are data points.
    """
    unit = levels[-1].codes
    known = np.isfinite(readings.error)
    if known.any():
        if np.bincount(unit).max() > 1 or len(levels) > 1:
            raise DesignError(
                f"se needs one row per {levels[0].name}, without further levels: the standard "
                "error of each mean is taken as it stands."
            )
        return levels, readings, []
    freedom = readings.freedom.sum() + unit.size - np.unique(unit).size
    told = known_sigma or bool(freedom) or np.unique(readings.n).size > 1
    lost = int(((readings.n > 1) & (readings.freedom == 0)).sum())
    if told:
        more = (
            "they tell of sigma by scattering the more, the fewer readings they are of"
            if np.unique(readings.n).size > 1
            else "they say nothing about sigma"
        )
        said = f"{lost} of {unit.size} means come without an SD: {more}."
        return levels, readings, [said] if lost else []
    one = np.ones_like(readings.n)
    said = Advice(
        f"All {unit.size} means stand for {readings.n[0]} readings each and no SD was kept: the "
        "error of a reading cannot be told from the spread between units. The means count as "
        "data points and tau holds both. A known replicate SD can be given: ",
        Remedy("prior", "sigma = 0.5"),
        ".",
    )
    return levels[:-1], replace(readings, n=one), [said]
