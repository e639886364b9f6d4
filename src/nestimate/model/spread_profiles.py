"""How likely spreads are by what stands for members and cells of counts, shares or limits."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from nestimate.data.designs.design import Design
from nestimate.data.designs.spreads import Spreads
from nestimate.data.designs.varying import FEWEST_BLOCKS, by_chance

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Spreads that are tried, in spreads of the yardstick; the first is next to none.
TRIED = np.geomspace(0.05, 15, 24)
#: Share of the largest below which an eigenvalue is 0.
ROUNDING = 1e-9
TEST = "likelihood ratio"


def by_cells(design: Design, value: Array, variance: Array, name: str) -> Spreads | None:
    """Return the spreads of groups by what stands for cells of blocks of this name."""
    blocks = np.isfinite(value).sum(axis=1) > 1
    value, variance = value[blocks], variance[blocks]
    freedom = np.isfinite(value).sum(axis=0) - 1
    if freedom.min() < 1 or freedom.max() < FEWEST_BLOCKS - 1:
        return None
    tried = np.log(TRIED)

    def unlikely(logs: Array) -> float:
        return -likelihood_of(value, np.exp(2 * logs) + variance, cells=True)

    common = profile_of(value, variance, cells=True)
    start = np.full(len(design.groups), tried[common.argmax()])
    within = [(tried[0], tried[-1])] * start.size
    best = optimize.minimize(unlikely, start, bounds=within, method="L-BFGS-B")
    return Spreads(
        groups=design.groups,
        sds=said_in(design, best.x),
        p=by_chance(2 * max(0.0, -best.fun - peak_of(common)[0]), freedom),
        fewest=blocks.size,
        most=blocks.size,
        within=name,
        test=TEST,
        what=called(design),
    )


def cell_values(design: Design) -> tuple[Array, Array]:
    """Return what stands for every cell of block and group, and its variance by chance alone.

    Both standardised, of shape (blocks, groups); NaN where nothing was seen, or a limit alone.
    """
    return of_cells(design, design.structure.cell, design.cells.shape)


def of_cells(design: Design, cell: Codes, shape: tuple[int, ...]) -> tuple[Array, Array]:
    """Return the same of cells numbered through, of this shape."""
    seen, stick, size = design.observed, design.yardstick, int(np.prod(shape))
    assert seen is not None
    told = np.bincount(cell, minlength=size) > 0
    if design.limited:
        told &= np.bincount(cell, ~seen.exact, size) == 0
    found = seen.together(cell, size)
    value = np.where(told, found.value, np.nan).reshape(shape)
    chance = np.nan_to_num(found.variance).reshape(shape)
    return value / stick.spread, chance / stick.spread**2


def profile_of(value: Array, chance: Array, *, cells: bool = False) -> Array:
    """Return the log likelihood of values at all spreads; see `likelihood_of`."""
    return np.array([likelihood_of(value, tau**2 + chance, cells=cells) for tau in TRIED])


def likelihood_of(value: Array, variance: Array, *, cells: bool) -> float:
    """Return the log likelihood of normal values, whatever the means of blocks and of cells are.

    Parameters
    ----------
    value, variance
        Shape (blocks, groups); NaN where there is none.
    cells
        Whether groups have means, too, beside those of blocks.
    """
    seen = np.isfinite(value)
    weight = np.where(seen, 1 / variance, 0.0)
    y = np.where(seen, value, 0.0)
    whole = weight.sum(axis=1)
    left = y - ((weight * y).sum(axis=1) / whole)[:, None]
    found = np.log(weight[seen]).sum() - np.log(whole).sum() - (weight * left**2).sum()
    if cells:
        about = np.diag(weight.sum(axis=0)) - (weight / whole[:, None]).T @ weight
        sizes, axes = np.linalg.eigh(about)
        told = sizes > ROUNDING * sizes[-1]
        along = axes.T @ (weight * left).sum(axis=0)
        found += (along[told] ** 2 / sizes[told]).sum() - np.log(sizes[told]).sum()
    return float(0.5 * found)


def rank_of(value: Array) -> int:
    """Return how many means of groups are told beside those of blocks."""
    seen = np.isfinite(value).astype(np.float64)
    about = np.diag(seen.sum(axis=0)) - (seen / seen.sum(axis=1, keepdims=True)).T @ seen
    return int(np.linalg.matrix_rank(about))


def compared(design: Design, names: Sequence[str], profiles: Array, sizes: Codes) -> Spreads:
    """Return spreads by their log likelihoods, shape (names, spreads tried), of so many members."""
    own = [peak_of(profile) for profile in profiles]
    apart = sum(most for most, _ in own) - peak_of(profiles.sum(axis=0))[0]
    return Spreads(
        groups=tuple(names),
        sds=said_in(design, np.array([at for _, at in own])),
        p=by_chance(2 * max(0.0, apart), sizes - 1),
        fewest=int(sizes.min()),
        most=int(sizes.max()),
        test=TEST,
        what=called(design),
    )


def peak_of(profile: Array) -> tuple[float, float]:
    """Return the largest likelihood and the logarithm of the spread there, between those tried."""
    i = int(profile.argmax())
    logs = np.log(TRIED)
    if i in (0, TRIED.size - 1):
        return float(profile[i]), float(logs[i])
    before, here, after = profile[i - 1 : i + 2]
    bend, rise = before - 2 * here + after, 0.5 * (after - before)
    step = -rise / bend if bend < 0 else 0.0
    return float(here + 0.5 * rise * step), float(logs[i] + step * (logs[1] - logs[0]))


def said_in(design: Design, logs: Array) -> tuple[float, ...]:
    """Return SDs in the unit of the value by their logarithms; the least that is tried is 0."""
    shown = np.where(logs > np.log(TRIED[0]), np.exp(logs), 0.0)
    return tuple(map(float, shown * design.yardstick.spread))


def called(design: Design) -> str:
    """Return what SDs of a design are called."""
    return f"SD of {design.chance.link}" if design.chance.link else "SD"
