"""Columns that a screen leaves out and that lie over several groups: batches, days, ages.

What a column explains beside the groups is held against what as many directions at random explain,
the same for all endpoints (a rotation test; Langsrud, Stat. Comput. 15, 2005): endpoints of one
sample may go together as they like.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.data.designs.labelled import Unused
from nestimate.data.designs.left_out.beside import Stage, Strata
from nestimate.data.designs.left_out.uneven import MOST_LABELS, indicators, line, named
from nestimate.studies.screen.sheet import FILLED, Sheet

Array = NDArray[np.float64]

#: Chance below which one endpoint goes with a column, or differs between groups.
ALIKE = 0.05
#: Chance below which a column is named: of all that are looked at together.
NAMED = 0.02
#: Share of the endpoints that have to go with it: twice what chance has.
SHARE = 0.1
#: Degrees of freedom of an error below which nothing is said.
FEWEST = 3
#: By how many of its errors an effect has to move to be told.
MOVED = 0.25
#: Directions at random, and their seed.
DRAWN, SEED = 2_000, 1
#: What is taken for rounding.
ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Shown:
    """What a column explains beside the groups.

    Attributes
    ----------
    column, sheet
        The column, and the samples in which it holds something.
    columns
        Its labels, or its numbers, as columns of least squares, (samples, columns).
    labels
        Whether it holds labels.
    count, seen
        In how many endpoints values go with it, and of how many.
    p
        Chance that as much is explained in all of them together; 1 where they are few.
    sure
        How many endpoints differ between the groups by least squares, without it and beside it.
    moved
        In how many of them it moves the effect by much of its error.
    empty
        In how many other samples it is empty.
    """

    column: Unused
    sheet: Sheet
    columns: Array
    labels: bool
    count: int
    seen: int
    p: float
    sure: tuple[int, int]
    moved: int
    empty: int = 0

    @classmethod
    def of(cls, column: Unused, sheet: Sheet, strata: Strata) -> Self | None:
        """Return what a column explains; None where nothing can be told."""
        labels = recurs(column)
        columns = indicators(column) if labels else line(column)
        y = sheet.filled.T
        if not columns.size or not y.size or (place := strata.home(columns)) is None:
            return None
        stage = strata.stages[place]
        x, values = stage.left(strata.parts(columns)[place]), stage.left(strata.parts(y)[place])
        total = np.square(values).sum(axis=0)
        varies = total > ROUNDING * np.square(y - y.mean(axis=0)).sum(axis=0)
        basis = _spanned(x, np.linalg.norm(columns - columns.mean(axis=0)))
        rank, freedom = basis.shape[1], stage.freedom - basis.shape[1]
        if not rank or freedom < FEWEST or not varies.any():
            return None
        values = values[:, varies] / np.sqrt(total[varies])
        gain = np.square(basis.T @ values).sum(axis=0)
        with np.errstate(divide="ignore"):
            ratio = gain / rank / (np.maximum(1 - gain, 0.0) / freedom)
        sure = _sure(sheet, strata, columns, y)
        if sure is None:
            return None
        count, seen = int((special.fdtrc(rank, freedom, ratio) < ALIKE).sum()), int(varies.sum())
        few = count < _fewest(seen)
        return cls(
            column=column,
            sheet=sheet,
            columns=columns,
            labels=labels,
            count=count,
            seen=seen,
            p=1.0 if few else _chance(float(gain.mean()), values, rank, stage.freedom),
            sure=sure[:2],
            moved=sure[2],
        )

    def named(self, looked: int) -> bool:
        """Whether it is said, one of several that are looked at."""
        return self.p * looked < NAMED and (self.labels or self.uneven)

    @property
    def uneven(self) -> bool:
        """Whether it moves the effect in more than a few endpoints."""
        return self.moved >= _fewest(self.seen)

    @property
    def surely(self) -> str:
        """How many endpoints differ, in words."""
        without, beside = self.sure
        return (
            f"by least squares {without} of these {self.seen} differ in "
            f"{self.sheet.layout.asked.name} (P below .05) without it, {beside} beside it"
        )


def shown(sheet: Sheet, *, beside: list[Unused]) -> list[Shown]:
    """Return the labels and the numbers that show most, beside what is named already."""
    strata = sheet.strata
    for column in beside:
        strata = strata.beside(np.unique(column.codes, return_inverse=True)[1])
    names = {column.name for column in beside}
    found = [
        one
        for column in sheet.columns
        if column.name not in names and (one := _filled(column, sheet, strata)) is not None
    ]
    told = sorted((one for one in found if one.named(len(found))), key=lambda one: one.p)
    labels, numbers = ([one for one in told if one.labels is own] for own in (True, False))
    best = labels[:1]
    for one in best:
        # What labels say is not said again: the order of runs that are batches.
        whole = one.columns.shape[0] == sheet.group.size
        taken = strata.taking(one.columns) if whole else strata
        again = ((own, _filled(own.column, sheet, taken)) for own in numbers)
        numbers = [own for own, left in again if left is not None and left.named(len(found))]
    return [*best, *numbers[:1]]


def _fewest(seen: int) -> float:
    """Return how many of the endpoints are more than a few."""
    return max(SHARE * seen, 2)


def recurs(column: Unused) -> bool:
    """Whether a column holds labels: no numbers, or numbers each of which is met again."""
    if column.numbers is None or named(column):
        return True
    counts = np.unique(column.numbers, return_counts=True)[1]
    return counts.size <= MOST_LABELS and bool(counts.min() > 1)


def _filled(column: Unused, sheet: Sheet, strata: Strata) -> Shown | None:
    keep = column.codes >= 0
    if keep.all():
        return Shown.of(column, sheet, strata)
    lost = np.unique(sheet.group[keep]).size < len(sheet.layout.groups)
    if lost or keep.mean() < FILLED:
        return None
    found = Shown.of(column.where(keep), sheet.only(keep), strata.only(keep))
    return None if found is None else replace(found, empty=int((~keep).sum()))


def _spanned(x: Array, size: float) -> Array:
    """Return orthonormal columns that span others, (members, rank)."""
    vectors, lengths, _ = np.linalg.svd(x, full_matrices=False)
    return np.asarray(vectors[:, lengths > np.sqrt(ROUNDING) * max(size, 1e-300)])


def _sure(sheet: Sheet, strata: Strata, columns: Array, y: Array) -> tuple[int, int, int] | None:
    """Return how many endpoints differ without and beside columns, and how many effects move."""
    place = strata.compares
    stage, own, values = strata.stages[place], strata.parts(columns)[place], strata.parts(y)[place]
    weights = np.pad(sheet.weights, (0, stage.x.shape[1] - sheet.weights.size))
    without = _effect(stage, weights, values)
    beside = _effect(stage.beside(own), np.pad(weights, (0, own.shape[1])), values)
    if without is None or beside is None:
        return None
    (low, error, p), (high, _, q) = without, beside
    moved = np.abs(high - low) > MOVED * error
    return int((p < ALIKE).sum()), int((q < ALIKE).sum()), int(moved.sum())


def _effect(stage: Stage, weights: Array, values: Array) -> tuple[Array, Array, Array] | None:
    """Return effects, their errors and how probable they are by chance, (endpoints,) each.

    None where the effect is not told.
    """
    vectors, lengths, turned = np.linalg.svd(stage.x, full_matrices=False)
    kept = lengths > np.sqrt(ROUNDING) * lengths.max()
    told = turned[kept]
    freedom = stage.freedom
    if np.linalg.norm(weights - told.T @ (told @ weights)) > 1e-6 or freedom < 1:
        return None
    solved = (told @ weights) / lengths[kept]
    found = solved @ (vectors[:, kept].T @ values)
    left = np.square(stage.left(values)).sum(axis=0) / freedom
    error = np.sqrt(left * (solved @ solved))
    ratio = np.abs(found) / np.maximum(error, 1e-300)
    return found, error, np.asarray(2 * special.stdtr(freedom, -ratio))


def _chance(mean: float, values: Array, rank: int, freedom: int) -> float:
    """Return how often directions at random explain as much of values of length 1.

    Parameters
    ----------
    mean
        Share of their squares that is explained, on average.
    values
        Shape (members, endpoints).
    rank, freedom
        How many directions explain it, and how many there are.
    """
    rng = np.random.default_rng(SEED)
    lengths = np.linalg.svd(values, compute_uv=False)[:freedom] ** 2 / values.shape[1]
    inside = rng.standard_normal((DRAWN, lengths.size, rank))
    across = inside.transpose(0, 2, 1)
    whole = across @ inside + _scatter(rng, freedom - lengths.size, rank)
    weighed = across @ (lengths[:, None] * inside)
    drawn = np.trace(np.linalg.solve(whole, weighed), axis1=1, axis2=2)
    return float(((drawn >= mean).sum() + 1) / (DRAWN + 1))


def _scatter(rng: np.random.Generator, freedom: int, rank: int) -> Array:
    """Draw sums of squares and products of normal numbers, (draws, rank, rank)."""
    if freedom < rank:
        drawn = rng.standard_normal((DRAWN, rank, freedom))
        return np.asarray(drawn @ drawn.transpose(0, 2, 1))
    from scipy.stats import wishart  # noqa: PLC0415 - half a second, and only here

    found = wishart.rvs(freedom, np.eye(rank), size=DRAWN, random_state=rng)
    return np.asarray(found).reshape(DRAWN, rank, rank)
