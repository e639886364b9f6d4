"""Axes along which the cells of blocks scatter by themselves, whatever the scales.

Every stratum of blocks adds L L' to the covariance of a block's cells, L being what each of its
effects does to each cell. In balanced designs these matrices share their eigenvectors: the mean of
a block, the differences between levels of one factor, what is left of both, and so on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.structure import Structure
from nestimate.errors import DesignError
from nestimate.model.families import Family, scale_of

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Loadings closer than this are equal.
ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Directions:
    """Blocks that see the same groups, and the axes along which their cells scatter.

    Attributes
    ----------
    groups
        Codes of the groups that they see, shape (seen,).
    cells
        Position of the cell of each block and group, shape (blocks, seen).
    scales
        The scale of each stratum.
    outer
        What the effects of each stratum add to the covariance of the cells when the square of
        their scale is 1, (effects, seen, seen).
    axes
        Orthonormal, one a column, shape (seen, seen).
    classes
        Positions of the axes along which the cells scatter alike.
    """

    groups: Codes
    cells: Codes
    scales: tuple[Family, ...]
    outer: tuple[Array, ...]
    axes: Array
    classes: tuple[Codes, ...]

    @classmethod
    def of(cls, structure: Structure, groups: Codes, cells: Codes) -> Self:
        """Find the axes.

        Raises
        ------
        DesignError
            When the strata have none in common.
        """
        strata = [s for s in structure.strata if s.heavy]
        outer = []
        for stratum in strata:
            mine = np.array([s.position == stratum.position for s, _ in structure.heavy])
            loads = structure.cells[np.ix_(groups, mine)]
            outer.append(np.einsum("ge,he->egh", loads, loads) / stratum.split)
        whole = [part.sum(axis=0) for part in outer]
        axes = _common(whole)
        # What all cells of a block have in common comes first.
        axes = axes[:, np.argsort(-np.square(axes.sum(axis=0)), kind="stable")]
        along = np.stack([np.einsum("ge,gh,he->e", axes, part, axes) for part in whole], axis=1)
        _, codes = np.unique(np.round(along / ROUNDING), axis=0, return_inverse=True)
        codes = codes.reshape(-1)
        return cls(
            groups=groups,
            cells=cells,
            scales=tuple(map(scale_of, strata)),
            outer=tuple(outer),
            axes=axes,
            classes=tuple(np.flatnonzero(codes == c) for c in np.unique(codes)),
        )

    @property
    def alone(self) -> bool:
        """Whether there are a level and one effect of blocks, and nothing else."""
        return len(self.scales) == 2

    def apart(self, theta: Mapping[Family, Array]) -> bool:
        """Whether some stratum has a scale for each of its effects."""
        return any(len(theta[scale]) > 1 for scale in self.scales)

    def stretched(self, theta: Mapping[Family, Array]) -> Array:
        """Variance along every axis of what the mixing variable stretches, (seen, sets, draws)."""
        found = 0.0
        for square, part in self._squares(theta):
            loads = np.einsum("ge,fgh,he->fe", self.axes, part, self.axes)
            found = found + np.einsum("fsd,fe->esd", square, loads)
        return np.asarray(found)

    def covariance(self, theta: Mapping[Family, Array]) -> Array:
        """Covariance of the cells of a block, shape (sets, draws, seen, seen)."""
        found = 0.0
        for square, part in self._squares(theta):
            found = found + np.einsum("fsd,fgh->sdgh", square, part)
        return np.asarray(found)

    def least(self, theta: Mapping[Family, Array]) -> Array:
        """Return what the variance is at least, along whatever axis, shape (sets, draws)."""
        lowest = np.linalg.eigvalsh(self.outer[-1].sum(axis=0))[0]
        found: Array = max(lowest, 0.0) * np.square(theta[self.scales[-1]]).min(axis=0)
        return found

    def _squares(self, theta: Mapping[Family, Array]) -> list[tuple[Array, Array]]:
        """Squares of the scales of the effects of each stratum, with what they multiply."""
        found = []
        for scale, part in zip(self.scales, self.outer, strict=True):
            square = np.square(theta[scale])
            # One scale for all effects multiplies their sum.
            found.append((square, part if len(square) > 1 else part.sum(axis=0, keepdims=True)))
        return found


def directions(structure: Structure, block: Codes, place: Codes) -> tuple[Directions, ...]:
    """Return the directions of all blocks, by the groups that they see.

    Parameters
    ----------
    block, place
        Block and position of the cell of every row, shape (rows,).

    Raises
    ------
    DesignError
        When blocks see different groups that overlap, so that cells are missing.
    """
    first = np.unique(place, return_index=True)[1]
    seen: dict[tuple[int, ...], list[Codes]] = {}
    for b in np.unique(block):
        rows = first[block[first] == b]
        rows = rows[np.argsort(structure.group[rows])]
        seen.setdefault(tuple(structure.group[rows].tolist()), []).append(place[rows])
    every = [g for groups in seen for g in groups]
    if len(set(every)) < len(every):
        raise DesignError("cells of block and group hold unequal numbers of readings.")
    return tuple(
        Directions.of(structure, np.array(groups, dtype=np.intp), np.stack(cells))
        for groups, cells in seen.items()
    )


def _common(parts: Sequence[Array]) -> Array:
    """Return orthonormal eigenvectors that symmetric matrices have in common."""
    mixed = sum(part / (i + np.sqrt(2)) for i, part in enumerate(parts))
    _, axes = np.linalg.eigh(mixed)
    for part in parts:
        turned = axes.T @ part @ axes
        if np.abs(turned - np.diag(np.diagonal(turned))).max() > ROUNDING * np.abs(part).max():
            raise DesignError("what differs between blocks has no axes in common.")
    # The sign is a convention: the largest entry is positive.
    lead = axes[np.abs(axes).argmax(axis=0), np.arange(len(axes))]
    return np.asarray(axes * np.sign(lead))
