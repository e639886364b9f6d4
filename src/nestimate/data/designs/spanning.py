"""Values that span powers of ten, or stand in steps of two-fold: they differ by factors."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from nestimate.remedies import Advice, Remedy

#: How many times as large as the lower fifth of values the upper is where they span powers of ten;
#: values that tell; and steps of two-fold, as of dilutions, and how nearly they are that.
SPANNED, FEWEST_SPANNED, FEWEST_STEPS, ROUNDED = 10.0, 8, 4, 0.02

#: Groups that show that spreads grow with means, and times as far apart as these are then.
FEWEST_RISING, RISING = 4, 5.0


def spanning(value: NDArray[np.float64]) -> bool:
    """Return whether values span powers of ten, most of them, or stand in steps of two-fold.

    Such values differ by factors: those that are far above others are no slips.
    """
    if not (value > 0).all():
        return False
    low, high = np.quantile(value, (0.2, 0.8))
    return bool(high >= SPANNED * low) or doubled(value)


def _rising(held: Sequence[NDArray[np.float64]]) -> bool:
    """Return whether groups scatter the more the larger their values are, as what grows does.

    A tumour that doubles in three days is sixteen times as large after twelve, and so is its SD.
    """
    if len(held) < FEWEST_RISING or min(float(x.min()) for x in held) <= 0:
        return False
    means = np.array([x.mean() for x in held])
    plain, logs = (np.array([np.std(to(x), ddof=1) for x in held]) for to in (np.asarray, np.log))
    if means.max() < RISING * means.min():
        return False
    return bool(np.ptp(np.log(plain)) > 2 * np.ptp(np.log(logs)))


def doubled(value: NDArray[np.float64]) -> bool:
    """Return whether each value is one of several that are two, four, eight times as large."""
    steps = np.log2(np.unique(value) / value.min())
    apart = np.abs(steps - np.rint(steps)).max() < ROUNDED
    return bool(apart) and steps.size >= FEWEST_STEPS and bool(steps[-1] >= FEWEST_STEPS)


def doubt_spanning(
    name: str,
    value: NDArray[np.float64],
    group: NDArray[np.intp],
    natural: Callable[[NDArray[np.float64]], NDArray[np.float64]],
) -> list[str]:
    """Say that values differ by factors, where groups scatter more alike in their logarithms.

    Parameters
    ----------
    name
        The column of values.
    value, group
        The values as the user wrote them, and their groups, shape (rows,).
    natural
        Turns what is analysed into what the user wrote: of logarithms nothing is said.
    """
    ends = np.array([1.0, 2.0])
    if not np.array_equal(natural(ends), ends) or value.size < FEWEST_SPANNED:
        return []
    held = [value[group == g] for g in np.unique(group)]
    held = [found for found in held if np.ptp(found) > 0]
    if not (spanning(value) or _rising(held)):
        return []
    plain, logs = ([float(np.std(to(x), ddof=1)) for x in held] for to in (np.asarray, np.log))
    if len(held) > 1 and max(plain) / min(plain) <= max(logs) / min(logs):
        return []
    steps = ", in steps of two-fold" if doubled(value) else ""
    return [
        Advice(
            f"{name} runs from {value.min():.4g} to {value.max():.4g}{steps}: such values differ "
            "by factors, and as they stand the largest decide. Groups as ratios, by logarithms: ",
            Remedy("scale", "log"),
            ".",
        )
    ]
