"""Whether cells of several factors in blocks of counts, shares or limits show several spreads."""

from dataclasses import dataclass
from operator import attrgetter
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special
from scipy.sparse.csgraph import connected_components

from nestimate.data.designs.design import Design
from nestimate.data.designs.spreads import Spreads
from nestimate.data.designs.structure import Structure
from nestimate.data.designs.varying import FEWEST_BLOCKS, corrected
from nestimate.model.observed_spreads import excess_behind
from nestimate.model.spread_profiles import (
    ROUNDING,
    TEST,
    TRIED,
    called,
    cell_values,
    said_in,
)

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Variance of what was not seen, in squares of the spread of the yardstick.
UNSEEN = 1e8


def observed_cells(design: Design) -> Spreads | None:
    """Return how far each cell of several factors in blocks differs from block to block by itself.

    Beside what blocks, and factors in them, have in common, and beyond chance. None where nothing
    tells it, or a cell is met in too few blocks.

    Notes
    -----
    The likelihood of a scale for each cell against that of one, in each arm by itself and added up,
    whatever the means are, and the slopes of what lies beside them.
    """
    if design.single:
        return None
    structure = design.structure
    value, chance = cell_values(design)
    if design.cells.max() > 1 and design.by_chance:
        seen_in = design.observed
        assert seen_in is not None
        told = np.unique(structure.cell, return_inverse=True)[1]
        inflated = seen_in.features(told).get("excess", 1.0)
        chance = chance * seen_in.inflation(np.array(excess_behind(seen_in, inflated)))
    seen = np.isfinite(value)
    if seen.sum(axis=0).min() < FEWEST_BLOCKS:
        return None
    logs, apart, freedom = np.zeros(len(design.groups)), 0.0, 0
    for arm in _met(seen):
        blocks = Arm.of(structure, arm, value, chance)
        common, own = blocks.most(each=False), blocks.most(each=True)
        logs[arm] = own[1][-arm.size :]
        many = seen[:, arm].sum(axis=0) - 1
        apart += 2 * max(0.0, own[0] - common[0]) / corrected(many)
        freedom += arm.size - 1
    if not freedom:
        return None
    many = seen.sum(axis=0)
    return Spreads(
        groups=design.groups,
        sds=said_in(design, logs),
        p=float(special.chdtrc(freedom, apart)),
        fewest=int(many.min()),
        most=int(many.max()),
        test=TEST,
        what=called(design),
    )


def _met(seen: NDArray[np.bool_]) -> list[Codes]:
    """Return the cells that meet in blocks: those of every arm."""
    together = seen.T.astype(np.intp) @ seen
    _, arm = connected_components(together > 0, directed=False)
    return [np.flatnonzero(arm == i) for i in range(int(arm.max()) + 1)]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Arm:
    """Values of the cells of one arm.

    Attributes
    ----------
    value, chance
        Shape (blocks, cells); NaN where there is none.
    fixed
        Columns of the means of cells and of what lies beside them, (blocks, cells, columns).
    shared
        What each stratum but that of the cells adds to their covariance, (strata, cells, cells).
    """

    value: Array
    chance: Array
    fixed: Array
    shared: Array

    @classmethod
    def of(cls, structure: Structure, arm: Codes, value: Array, chance: Array) -> Self:
        """Take what scatters in blocks beside their cells, and what is fixed, from the structure.

        Parameters
        ----------
        arm
            The cells.
        value, chance
            Of all cells, as `cell_values` returns them.
        """
        blocks = np.isfinite(value[:, arm]).any(axis=1)
        fixed, count = structure.fixed, np.bincount(structure.cell, minlength=value.size)
        means = np.stack([np.bincount(structure.cell, x, value.size) for x in fixed.T], axis=1)
        means = (means / np.maximum(count, 1)[:, None]).reshape(*value.shape, -1)
        means = means[np.ix_(blocks, arm)]
        own = np.broadcast_to(np.eye(arm.size), (len(means), arm.size, arm.size))
        columns = np.concatenate([own, means], axis=2)
        basis, sizes, _ = np.linalg.svd(columns.reshape(-1, columns.shape[2]), full_matrices=False)
        basis = basis[:, sizes > ROUNDING * sizes[0]].reshape(*own.shape[:2], -1)
        shared = []
        for stratum in structure.strata:
            mine = np.array([s.position == stratum.position for s, _ in structure.heavy])
            loads = structure.cells[np.ix_(arm, mine)] if stratum.heavy else np.zeros((1, 1))
            whole = loads @ loads.T
            if np.abs(whole - np.diag(np.diag(whole))).max() > ROUNDING:
                shared.append(whole)
        return cls(
            value=value[np.ix_(blocks, arm)],
            chance=chance[np.ix_(blocks, arm)],
            fixed=basis,
            shared=np.array(shared).reshape(-1, arm.size, arm.size),
        )

    def most(self, *, each: bool) -> tuple[float, Array]:
        """Return the largest likelihood, and logarithms of the SDs there, of the cells last."""
        strata, cells = len(self.shared), self.value.shape[1]
        low, high = np.log(TRIED[[0, -1]])
        bounds = [(low, high)] * (strata + (cells if each else 1))
        starts = (np.full(len(bounds), start) for start in np.log([0.3, 1.0]))
        found = [optimize.minimize(self.unlikely, start, bounds=bounds) for start in starts]
        best = min(found, key=attrgetter("fun"))
        return -float(best.fun), best.x

    def unlikely(self, logs: Array) -> float:
        """Return the negative log likelihood, what is fixed integrated out."""
        strata, cells = len(self.shared), self.value.shape[1]
        squares = np.exp(2 * logs)
        whole = np.tensordot(squares[:strata], self.shared, axes=1)
        own = np.broadcast_to(squares[strata:], cells) + self.chance
        missing = ~np.isfinite(self.value)
        # What was not seen is as good as free: it tells nothing.
        y = np.where(missing, 0.0, self.value)
        covariance = whole + np.where(missing, UNSEEN, own)[:, :, None] * np.eye(cells)
        precision = np.linalg.inv(covariance)
        weighed = np.swapaxes(self.fixed, 1, 2) @ precision
        about = (weighed @ self.fixed).sum(axis=0)
        pull = np.einsum("bki,bi->k", weighed, y)
        far = np.einsum("bi,bij,bj->", y, precision, y) - pull @ np.linalg.solve(about, pull)
        sizes = np.linalg.slogdet(covariance)[1].sum() + np.linalg.slogdet(about)[1]
        return float(0.5 * (sizes + far))
