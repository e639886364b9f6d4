"""Shares written as percentages or fractions: how many of how many they were."""

import re

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: What all of a whole is written as, and what such a number is called.
WHOLES = {100.0: "percentages", 1.0: "fractions"}
_PERCENT = re.compile(r"(?i)%|(?<![a-z])(percent|percentage|perc|pct|prozent|pourcent)(?![a-z])")
_FRACTION = re.compile(r"(?i)(?<![a-z])(fraction|frac|proportion|prop)(?![a-z])")
#: Parts of a whole that is not named: of more, a step is too fine to be told from rounding.
FEWEST_PARTS, MOST_PARTS = 3, 20
#: Numbers that are no shares come out whole as often as this before they are taken for shares.
BY_CHANCE = 1e-4
#: Steps to a whole from which on how often they come out whole follows from the rounding alone.
FINEST = 2_000
#: Rows that are enough to tell.
ENOUGH = 200


def spoken(name: str) -> float | None:
    """Return what all of a whole is, 100 or 1, where a column's name speaks of shares."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    if _PERCENT.search(spaced):
        return 100.0
    return 1.0 if _FRACTION.search(spaced) else None


def counted_parts(share: Array, total: Array, name: str) -> tuple[Array, float] | None:
    """Return how many each share is of its total, and what all of a whole was written as.

    None where that cannot be told: a share gives no whole number within its rounding, or two of
    them; or both ways to write shares give some, and the name does not say which.

    Parameters
    ----------
    share, total
        Shape (rows,); NaN where there is none.
    name
        The column of shares: `percent positive` holds percentages.
    """
    said = spoken(name)
    found: dict[float, Array] = {}
    for whole in WHOLES if said is None else (said,):
        k = _parts(share, total, whole)
        if k is not None:
            found[whole] = k
    if len({k.tobytes() for k in found.values()}) != 1:
        return None
    whole, k = next(iter(found.items()))
    return k, whole


def surely_parts(share: Array, total: Array, name: str, *, named: bool = True) -> bool:
    """Return whether a column holds shares of another, rather than anything else.

    Parameters
    ----------
    share, total
        Shape (rows,); NaN where there is none.
    name
        The column of shares.
    named
        Whether the other column is called a total. Otherwise numbers alone have to tell: what is
        written in tens comes out whole of ten whatever it is.
    """
    found = counted_parts(share, total, name)
    if found is None:
        return False
    whole = found[1]
    known = ~np.isnan(share) & ~np.isnan(total)
    p, n = np.unique(np.stack([share[known], total[known]]), axis=1)
    if named:
        return spoken(name) is not None or _by_chance(p, n, whole) < BY_CHANCE
    inner = (p > 0) & (p < whole)
    return bool(inner.any()) and _on_grid(p[inner], n[inner], whole) < BY_CHANCE


def at_an_end(share: Array, name: str) -> bool:
    """Return whether a column of shares by its name holds none or all of a whole."""
    whole = spoken(name)
    if whole is None or share.min() < 0 or share.max() > whole:
        return False
    return bool(share.min() == 0 or share.max() == whole)


def parts_of(share: Array, name: str) -> int | None:
    """Return of how many the shares of a column are, where no column says it; None: of no few."""
    said = spoken(name)
    known = np.unique(share[~np.isnan(share)])
    for whole in WHOLES if said is None else (said,):
        inner = known[(known > 0) & (known < whole)]
        if inner.size < 2 or known[0] < 0 or known[-1] > whole:
            continue
        if said is None and not _rounding(inner) < whole / 100:
            # Steps of whole percents, or of tenths, are how other things are written too.
            continue
        for n in range(FEWEST_PARTS, MOST_PARTS + 1):
            all_n = np.full(inner.size, float(n))
            whole_numbers = _parts(inner, all_n, whole) is not None
            if whole_numbers and _by_chance(inner, all_n, whole) < BY_CHANCE:
                return n
    return None


def _rounding(share: Array) -> float:
    """Return the unit of the last decimal that is written."""
    for decimals in range(16):
        if np.array_equal(np.round(share, decimals), share):
            return float(10.0**-decimals)
    return 0.0


def _slack(share: Array, total: Array, whole: float) -> Array:
    """Return how far from a whole number rounding may bring what a share is of its total."""
    return np.asarray(total / whole * (_rounding(share) / 2) + 1e-9 * total)


def _by_chance(share: Array, total: Array, whole: float) -> float:
    """Return the probability that numbers taken anywhere would all come out whole."""
    return float(np.prod(np.minimum(2 * _slack(share, total, whole), 1.0)))


def _on_grid(share: Array, total: Array, whole: float) -> float:
    """Return the same of numbers that are written in the steps in which these are written."""
    unit = _rounding(share)
    if not unit:
        return 1.0
    step = float(np.gcd.reduce(np.round(share / unit).astype(np.int64))) * unit
    if whole / step > FINEST:
        return _by_chance(share, total, whole)
    # More of them make it only less likely.
    some = total[:ENOUGH, None]
    slack = _slack(share, some, whole)
    exact = np.arange(step, whole, step) * some / whole
    return float(np.prod(np.mean(np.abs(exact - np.round(exact)) <= slack, axis=1)))


def unclear(share: Array, total: Array, whole: float) -> NDArray[np.bool_]:
    """Return which shares do not give one whole number of their total, shape (rows,)."""
    known = ~np.isnan(share)
    wrong = np.zeros(share.size, dtype=np.bool_)
    p, n = share[known], total[known]
    with np.errstate(invalid="ignore"):
        slack, exact = _slack(p, n, whole), p * n / whole
        counted = (n >= 1) & (n == np.floor(n)) & (p >= 0) & (p <= whole)
        # Something is no share of nothing, however little it is.
        part = np.clip(np.round(exact), p > 0, n - (p < whole))
        wrong[known] = ~(counted & (slack < 0.5) & (np.abs(exact - part) <= slack))
    return wrong


def unclear_said(share: float, total: float, known: Array, whole: float) -> str:
    """Say what a share is of its total where that is no one whole number: 8 % of 16 is 1.28.

    `known` are all shares, which say how they were rounded.
    """
    exact = share * total / whole
    slack = float(_slack(known, np.array([total]), whole)[0])
    low, high = np.ceil(exact - slack), np.floor(exact + slack)
    read = f"may be {low:g} to {high:g}" if low < high else f"is {exact:.6g}"
    return f"{share:g}{' %' if whole == 100 else ''} of {total:g} {read}"


def _parts(share: Array, total: Array, whole: float) -> Array | None:
    """Return the whole numbers behind shares; None where a row has none, or two."""
    if np.isnan(share).all() or unclear(share, total, whole).any():
        return None
    return np.round(share * total / whole)
