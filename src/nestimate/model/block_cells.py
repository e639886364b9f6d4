r"""Blocks that see groups in cells which scatter by themselves: one level and one effect of each.

With y the mean of the cell of block k and group g::

    y_kg = mu_g + b_k + e_kg,   b_k ~ N(0, t^2 / lambda_k),   e_kg ~ N(0, a_g^2 / lambda_k + v_kg)

where v holds everything inside a cell: units and readings. Given lambda the cells of a block have a
covariance of a diagonal and one direction: time and room grow with the number of cells, no faster.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.design import Design
from nestimate.data.designs.stratum import Stratum
from nestimate.data.designs.structure import Structure
from nestimate.model.families import Family, scale_of
from nestimate.model.grouped import own_scale, row_cells, variance_of
from nestimate.model.likelihood import LOG_2PI

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
Theta = Mapping[Family, Array]

#: Steps in which lambda is found, and between what it is looked for.
TURNS, REACH = 3, (1e-3, 1e3)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Scattered:
    """What the scales alone make of the cells, for many draws at once.

    Attributes
    ----------
    mean, inner
        Means of the cells, and their variance by what is inside them; (draws, blocks, groups).
        Those of empty cells are 0 and infinite.
    stretched, level
        Variance of cells, (draws, groups), and of blocks, (draws,), before lambda stretches it.
    rest
        Log density of the rows of every block about the means of their cells, (draws, blocks).
    """

    mean: Array
    inner: Array
    stretched: Array
    level: Array
    rest: Array

    def precision(self, mixing: Array) -> Array:
        """Precision of the cells about their blocks, (draws, blocks, groups).

        `mixing`: lambda, (draws, blocks).
        """
        return 1 / (self.stretched[:, None] / mixing[:, :, None] + self.inner)

    def typical_mixing(self, nu: Array, means: Array) -> tuple[Array, Array]:
        """About what lambda is, and how many effects tell of it; both (draws, blocks).

        `means`: those of the groups, on the whole, shape (groups,).
        """
        mixing = np.ones((len(nu), self.mean.shape[1]))
        told = np.ones_like(mixing)
        for _ in range(TURNS):
            own = self.precision(mixing)
            total = own.sum(axis=2)
            middle = (own * (self.mean - means)).sum(axis=2) / total
            gap = own * (self.mean - means - middle[:, :, None])
            spread = self.stretched[:, None] / mixing[:, :, None]
            level = self.level[:, None] / mixing
            share = level * total / (1 + level * total)
            told = share + (spread * own).sum(axis=2)
            far = share * np.square(middle) / level + (spread * np.square(gap)).sum(axis=2)
            mixing = np.clip((nu[:, None] + told) / (nu[:, None] + far / mixing), *REACH)
        return mixing, told


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class BlockCells:
    """The rows of a design as cells of blocks and groups; all numbers standardised.

    Attributes
    ----------
    structure
        The columns of the design.
    seen
        Which cells have rows, shape (blocks, groups).
    cell
        The cell of every row, ascending, shape (rows,).
    y, n, count, ss
        Of every row its mean, the readings it stands for, those whose scatter is known, and their
        squared deviations; see `row_cells`.
    exact
        Whether a cell is one reading, whose error is part of what cells scatter by.
    effect, between, within
        What scatters from cell to cell and is stretched like blocks, from cell to cell as such, and
        from unit to unit inside cells; None where nothing does.
    """

    structure: Structure
    seen: NDArray[np.bool_]
    cell: Codes
    y: Array
    n: Array
    count: Array
    ss: Array
    exact: bool
    effect: Stratum | None
    between: Stratum | None
    within: Stratum | None

    @classmethod
    def of(cls, design: Design) -> Self | None:
        """Lay the rows out as cells; None where the design is another one."""
        structure = design.structure
        level, effect = _of_blocks(structure)
        if level is None or (structure.merged and not design.unreplicated):
            return None
        first, y, n, count, ss = row_cells(structure, design)
        cell = structure.outer.codes[first] * len(structure.groups) + structure.group[first]
        inside = _of_cells(structure, first, cell)
        if inside is None:
            return None
        order = np.argsort(cell, kind="stable")
        seen = np.zeros((structure.outer.size, len(structure.groups)), dtype=np.bool_)
        seen.reshape(-1)[cell] = True
        return cls(
            structure=structure,
            seen=seen,
            cell=cell[order],
            y=y[order],
            n=n[order],
            count=count[order].astype(np.float64),
            ss=ss[order],
            exact=design.unreplicated,
            effect=effect,
            between=inside[0],
            within=inside[1],
        )

    @cached_property
    def group(self) -> Codes:
        """The group of every row."""
        return np.asarray(self.cell % self.seen.shape[1])

    @cached_property
    def alike(self) -> tuple[Array, ...]:
        """Of each block which of its cells err alike where groups share scales: (kinds, cells).

        Columns are the cells with rows, in order; 1 where one is of the kind.
        """
        rows = np.split(self.n, np.flatnonzero(np.diff(self.cell)) + 1)
        numbers: dict[bytes, int] = {}
        codes = [numbers.setdefault(np.sort(own).tobytes(), len(numbers)) for own in rows]
        blocks = np.split(np.array(codes), np.cumsum(self.seen.sum(axis=1))[:-1])
        return tuple((np.unique(own)[:, None] == own).astype(np.float64) for own in blocks)

    def scattered(self, theta: Theta) -> Scattered:
        """Return what the scales alone make of the cells."""
        level = theta[scale_of(self.structure.strata[0])]
        draws, (blocks, groups) = level.shape[1], self.seen.shape
        stretched = np.zeros((draws, groups))
        if self.effect is not None:
            own = theta[scale_of(self.effect)]
            for g, effect in enumerate(self.effect.effects):
                stretched[:, g] = np.square(effect.share * own_scale(own, g))
        mean = np.zeros((draws, blocks * groups))
        inner, rest = np.full_like(mean, np.inf), np.zeros((draws, blocks))
        seen = self.seen.reshape(-1)
        if self.exact:
            mean[:, seen], inner[:, seen] = self.y, 0.0
        else:
            mean[:, seen], inner[:, seen], rest = self._inside(theta)
        return Scattered(
            mean=mean.reshape(draws, blocks, groups),
            inner=inner.reshape(draws, blocks, groups),
            stretched=stretched,
            level=np.square(level[0]),
            rest=rest,
        )

    def _inside(self, theta: Theta) -> tuple[Array, Array, Array]:
        """Means of the cells with rows and what they err by, (draws, cells), and what is left."""
        sigma2 = variance_of(theta)
        sigma2 = (sigma2[self.group] if len(sigma2) > 1 else sigma2).T
        error = sigma2 / self.n
        if self.within is not None:
            error = error + np.square(theta[scale_of(self.within)][0])[:, None]
        starts = np.flatnonzero(np.diff(self.cell, prepend=-1))
        known = np.add.reduceat(1 / error, starts, axis=1)
        mean = np.add.reduceat(self.y / error, starts, axis=1) / known
        place = np.cumsum(np.diff(self.cell, prepend=-1) > 0) - 1
        of_rows = np.log(error) + np.square(self.y - mean[:, place]) / error + LOG_2PI
        of_rows += (self.count - 1) * (LOG_2PI + np.log(sigma2)) + self.ss / sigma2
        of_rows += np.log(self.n)
        block = self.cell // self.seen.shape[1]
        rest = np.add.reduceat(of_rows, np.flatnonzero(np.diff(block, prepend=-1)), axis=1)
        of_cells = np.log(known) - LOG_2PI
        edges = np.cumsum(self.seen.sum(axis=1)) - self.seen.sum(axis=1)
        rest += np.add.reduceat(of_cells, edges, axis=1)
        inner = 1 / known
        if self.between is not None:
            inner += np.square(theta[scale_of(self.between)][0])[:, None]
        return mean, inner, -0.5 * rest


def _of_blocks(structure: Structure) -> tuple[Stratum | None, Stratum | None]:
    """Return the strata of blocks and of what groups differ by between them; see `BlockCells`."""
    heavy = [s for s in structure.strata if s.heavy]
    tied = structure.home is None and not (structure.crossed or structure.correlated)
    if not tied or not heavy or len(heavy) > 2 or heavy[0] is not structure.strata[0]:
        return None, None
    if not (heavy[0].plain and len(heavy[0].effects) == 1 and heavy[0].split == 1):
        return None, None
    if not np.array_equal(structure.fixed, structure.means[structure.group]):
        return None, None
    if len(heavy) == 1:
        return heavy[0], None
    columns = np.reshape([e.column for e in heavy[1].effects], (-1, structure.group.size))
    picks = structure.group == np.arange(len(structure.groups))[:, None]
    return (heavy[0], heavy[1]) if np.array_equal(columns, picks) else (None, None)


def _of_cells(
    structure: Structure, first: Codes, cell: Codes
) -> tuple[Stratum | None, Stratum | None] | None:
    """Return what lies between cells and within them; None where it is something else."""
    inside = [s for s in structure.strata if not s.heavy]
    found: dict[bool, Stratum] = {}
    for stratum in inside:
        codes = stratum.level.codes[first]
        members, cells = np.unique(codes).size, np.unique(cell).size
        pairs = np.unique(cell * (codes.max() + 1) + codes).size
        plain = stratum.plain and len(stratum.effects) == 1
        if not plain or pairs > members or (members == cells) in found:
            return None
        found[members == cells] = stratum
    finest = found.get(False)
    lies = cell if finest is None else finest.level.codes[first]
    if np.unique(lies).size < first.size:
        return None
    return found.get(True), finest
