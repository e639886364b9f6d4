"""Columns worked out from others, row by row: CFU/ml, densities, rates, delta Ct and its power."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.efforts import exposes
from nestimate.data.designs.housekeeping import is_reference
from nestimate.data.designs.vocabulary import hints, words
from nestimate.data.inspection.kinds import Column
from nestimate.data.tables.door import Table

Array = NDArray[np.float64]

#: Columns up to which each is looked at as made of the others.
MOST_RELATED = 8
#: Parts of a product, and rows that are looked at.
_MOST_PARTS, _MOST_ROWS = 3, 2_000
#: Different numbers from which on it is no coincidence that all of them come out.
_ENOUGH = 4
#: How far, beside its last digit, a number may lie from what it is worked out from: as a share.
_OFF = 0.003
#: How far a difference of cycles may lie from what it is worked out from, relative to its range.
_OFF_CYCLES = 0.01
#: What is worked out is called so.
_RELATIVE = re.compile(
    r"(?i)/|%|\b(per|pro|par|por)\b|(dens|rate\b|ratio|index|conc|frequen|fold|norm|cfu|bmi|log|\bl[ng]\b)"
)


@dataclass(frozen=True, kw_only=True)
class Derived:
    """A column worked out from others, row by row, but for a factor that is the same in all.

    Attributes
    ----------
    column
        What it is called.
    times, over
        The columns that are multiplied, and those that it is divided by; one occurs twice where it
        is squared. Of a difference the first, and what is taken from it; of a power the exponent;
        of a logarithm what it is of.
    how
        Whether numbers are multiplied and divided, subtracted, an exponent of two, or logarithms.
    """

    column: str
    times: tuple[str, ...] = ()
    over: tuple[str, ...] = ()
    how: Literal["product", "difference", "power", "logarithm"] = "product"

    @property
    def parts(self) -> frozenset[str]:
        """The columns that it is worked out from."""
        return frozenset({*self.times, *self.over})

    @property
    def compared(self) -> bool:
        """Whether it says more than its parts: a quotient, a volume, a difference of cycles."""
        return self.how in {"product", "difference"} and len(self.parts) > 1

    @property
    def note(self) -> str:
        """What it is of another column that is compared in its place."""
        return (
            f"{self.column} is two to the power of {self.times[0]}, which is compared: a "
            "difference of 1 is a ratio of 2."
        )


@np.errstate(all="ignore")  # of the largest numbers there are some products are not finite
def derived_columns(table: Table, columns: Sequence[Column]) -> Mapping[str, Derived]:
    """Return the columns that are products, quotients, differences or powers of others."""
    able = [c for c in columns if c.measured and c.kind in {"numbers", "numbers as labels"}]
    if len(able) > MOST_RELATED:
        # Of many, those whose names say what they are of, and what may be that.
        told = [c for c in able if exposes(c.name) or "counted" in hints(c.name)]
        able = [c for c in able if is_reference(c.name) or c in told or _RELATIVE.search(c.name)]
        able = able[:MOST_RELATED]
    found = _by_name(columns)
    order = [c.name for c in columns]
    rows = slice(0, _MOST_ROWS)
    read = {c.name: table.numbers(c.name)[rows] for c in able}
    made = [c for c in able if not c.numbering and c.distinct >= _ENOUGH]
    made = [c for c in made if c.kind == "numbers" or not c.whole]
    made.sort(key=lambda c: (not _RELATIVE.search(c.name), -order.index(c.name)))
    for column in made:
        if column.name in found:
            continue
        relative = _RELATIVE.search(column.name) is not None
        if not relative and (column.whole or "counted" in hints(column.name)):
            continue
        # What is worked out stands behind what it is of, unless its name says what it is.
        parts = {
            name: values
            for name, values in read.items()
            if name != column.name
            and not (name in found and column.name in found[name].parts)
            and (relative or order.index(name) < order.index(column.name) or is_reference(name))
        }
        one = _difference(column.name, read[column.name], parts)
        one = one or _product(column.name, read[column.name], parts)
        one = one or _power(column.name, read[column.name], parts)
        one = one or _logarithm(column.name, read[column.name], parts)
        if one is not None:
            found[column.name] = one
    return found


def _by_name(columns: Sequence[Column]) -> dict[str, Derived]:
    """Return the columns whose name is that of one column, a stroke, and that of another."""
    named = {c.name for c in columns}
    pairs = ((a, b) for a in named for b in named if f"{a}/{b}" in named)
    return {f"{a}/{b}": Derived(column=f"{a}/{b}", times=(a,), over=(b,)) for a, b in pairs}


def _difference(name: str, read: Array, parts: Mapping[str, Array]) -> Derived | None:
    """Return a column as another less a reference, or the other way round."""
    for b in parts:
        for a in parts:
            if a == b or not is_reference(b) or is_reference(a):
                continue
            taken = parts[a] - parts[b]
            if _is_nearly(taken, read) or _is_nearly(-taken, read):
                return Derived(column=name, times=(a,), over=(b,), how="difference")
    return None


def _is_nearly(made: Array, read: Array) -> bool:
    """Whether numbers are others but for their last digits."""
    known = np.isfinite(made) & ~np.isnan(read)
    if np.count_nonzero(known) < _ENOUGH - 1:
        return False
    return bool(np.abs(made - read)[known].max() <= _OFF_CYCLES * np.ptp(read[known]))


def _product(name: str, read: Array, parts: Mapping[str, Array]) -> Derived | None:
    """Return a column as a product of powers of others: as few as there are, each once or twice."""
    off = _rounded(read)
    for size in range(1, _MOST_PARTS + 1):
        for chosen in combinations(parts, size):
            # Three are a count, a dilution and a volume.
            if size > 2 and not any("counted" in hints(n) for n in chosen):
                continue
            powers = _powers(read, [parts[n] for n in chosen], off)
            if powers is None or (size == 1 and powers != [1]):
                continue
            times = tuple(n for n, p in zip(chosen, powers, strict=True) for _ in range(max(p, 0)))
            over = tuple(n for n, p in zip(chosen, powers, strict=True) for _ in range(max(-p, 0)))
            if times and len(over) < _MOST_PARTS:
                return Derived(column=name, times=times, over=over)
    return None


def _powers(read: Array, parts: Sequence[Array], off: Array) -> list[int] | None:
    """Return the powers, -2 to 2 and not 0, of which numbers are the product; None of none."""
    known = np.all([p > 0 for p in parts], axis=0) & (read > 0)
    if np.unique(read[known]).size < _ENOUGH or np.count_nonzero(known) < len(parts) + 2:
        return None
    said = np.log(read[known])
    logs = np.log(np.stack([p[known] for p in parts]))
    near = float(np.median(off[known]))
    if near > 0.05 or min(said.std(), *logs.std(axis=1)) < 5 * near:
        return None
    x = logs - logs.mean(axis=1, keepdims=True)
    found, _, rank, _ = np.linalg.lstsq(x.T, said - said.mean(), rcond=None)
    powers = np.rint(found)
    if rank < len(parts) or np.abs(found - powers).max() > 0.2:
        return None
    if not ((np.abs(powers) >= 1) & (np.abs(powers) <= 2)).all():
        return None
    left = said - powers @ logs
    if (np.abs(left - np.median(left)) > 1.5 * off[known] + _OFF).any():
        return None
    # Nothing was counted where the quotient is 0.
    zero = ~known & (read == 0)
    return (
        [int(p) for p in powers] if np.all(np.any([p == 0 for p in parts], axis=0)[zero]) else None
    )


def _power(name: str, read: Array, parts: Mapping[str, Array]) -> Derived | None:
    """Return a column as two to the power of another, or of its negative: of cycles."""
    off = _rounded(read)
    cycles: dict[tuple[str, ...], Array] = {(a,): x for a, x in parts.items()}
    cycles |= {
        (a, b): parts[a] - parts[b]
        for a in parts
        for b in parts
        if a != b and is_reference(b) and not is_reference(a)
    }
    for chosen, exponent in cycles.items():
        known = (read > 0) & ~np.isnan(exponent)
        if np.unique(read[known]).size < _ENOUGH or np.unique(exponent[known]).size < _ENOUGH:
            continue
        for sign in (-1, 1):
            left = np.log2(read[known]) - sign * exponent[known]
            allowed = 2 * off[known] + 2 * _OFF_CYCLES
            if (np.abs(left - np.median(left)) <= allowed).all() and np.ptp(exponent[known]) > 0.5:
                return Derived(column=name, times=chosen[:1], over=chosen[1:], how="power")
    return None


def _logarithm(name: str, read: Array, parts: Mapping[str, Array]) -> Derived | None:
    """Return a column as logarithms of another: to base 2, 10 or e."""
    written = _last_digit(read)
    for part, values in parts.items():
        known = (values > 0) & ~np.isnan(read)
        if np.unique(read[known]).size < _ENOUGH or np.unique(values[known]).size < _ENOUGH:
            continue
        for base in (2, 10, np.e):
            left = read[known] - np.log(values[known]) / np.log(base)
            allowed = 1.5 * written[known] + (_rounded(values)[known] + _OFF) / np.log(base)
            near = (np.abs(left - np.median(left)) <= allowed).all()
            if near and np.ptp(read[known]) > 20 * np.median(allowed):
                return Derived(column=name, times=(part,), how="logarithm")
    return None


def _rounded(read: Array) -> Array:
    """Return how far each number may lie from what was rounded to it, as a share of it."""
    return np.asarray(_last_digit(read) / np.abs(read))


def _last_digit(read: Array) -> Array:
    """Return how far each number may lie from what was rounded to it: half of its last digit.

    Numbers are written with as many decimals, or with as many digits: no one knows which.
    """
    known = np.abs(read[np.isfinite(read) & (read != 0)])
    decimals = next((d for d in range(-2, 9) if _whole(known * 10.0**d)), 9)
    digits = next((d for d in range(1, 9) if _whole(_shifted(known, d))), 9)
    return np.asarray(np.maximum(0.5 * 10.0**-decimals, 0.5 * 10.0 ** (1 - digits) * np.abs(read)))


def _whole(values: Array) -> bool:
    return bool(np.all(np.abs(values - np.rint(values)) <= 1e-6 * np.maximum(1, values)))


def _shifted(values: Array, digits: int) -> Array:
    """Return numbers with so many digits before the point."""
    return np.asarray(values / 10.0 ** (np.floor(np.log10(values)) - digits + 1))


def measured_parts(columns: Sequence[Column], found: Mapping[str, Derived]) -> Iterator[str]:
    """Yield what is worked out, and of its parts those that were measured: they label no rows.

    Doses that something is divided by were given, and dilutions tell readings apart.
    """
    parts = {name for one in found.values() for name in one.parts}
    for column in columns:
        given = hints(column.name) & {"group", "counter"} and "counted" not in hints(column.name)
        read = column.kind == "numbers" or exposes(column.name)
        if column.name in found or (column.name in parts and read and not given):
            yield column.name


def counted_over(counts: Iterable[str], found: Mapping[str, Derived]) -> tuple[str, str] | None:
    """Return a count and the area, volume or time that another column divides it by."""
    for name in counts:
        for one in found.values():
            simple = one.how == "product" and one.times == (name,) and len(one.over) == 1
            if simple and exposes(one.over[0]):
                return name, one.over[0]
    return None


def worked_out_from(count: str, found: Mapping[str, Derived]) -> tuple[str, ...]:
    """Return the columns that are worked out from a count, and their logarithms."""
    made = [name for name, one in found.items() if count in one.times]
    return (*made, *(n for n, one in found.items() if one.parts & {*made} and n not in made))


def holds_more(columns: Sequence[Column], found: Mapping[str, Derived]) -> bool:
    """Return whether a concentration stands there that does not follow from the other columns.

    CFU/g know how heavy what was diluted was.
    """
    return any(c.measured and "/" in c.name and c.name not in found for c in columns)


def of_intensities(share: str, total: str, found: Mapping[str, Derived]) -> bool:
    """Return whether a column is a quotient of two others of which neither was counted."""
    one = found.get(share)
    if one is None or one.over != (total,) or one.how != "product":
        return False
    return not any("counted" in hints(n) or words(n) & {"n", "total"} for n in one.parts)


def unrelated(columns: Sequence[Column], found: Mapping[str, Derived]) -> tuple[str, ...]:
    """Return the columns that others are usually set in relation to, where none is."""
    related = {name for one in found.values() if one.compared for name in one.parts}
    named = [c.name for c in columns if c.measured and is_reference(c.name)]
    return () if related.intersection(named) else tuple(named)


def powers_of(value: str, found: Mapping[str, Derived]) -> tuple[str, ...]:
    """Say which columns are powers of the one that is compared."""
    powers = [one for one in found.values() if one.how == "power" and one.times == (value,)]
    return tuple(one.note for one in powers if not one.over)


def counts_rows_through(column: Column, n_rows: int) -> bool:
    """Return whether numbers are 1 to as many as there are rows: leaves so called are numbered."""
    return column.distinct == n_rows and (column.smallest, column.largest) == (1, n_rows)
