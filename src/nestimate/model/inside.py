"""What lies inside the cells of a balanced design, for many data sets at once.

Squares inside a level have a chi-squared distribution each, and the mean of a cell an error.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.stack import Stack, reduced
from nestimate.data.designs.stratum import Stratum
from nestimate.errors import DesignError
from nestimate.model.families import NOISE, NORMALITY, Family, scale_of
from nestimate.model.likelihood import LOG_2PI

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
Theta = Mapping[Family, Array]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Squares:
    """Squares inside one level: members about the mean of what they lie in.

    Attributes
    ----------
    scale
        What adds to the variance at this level: the error of a reading, or a level's scale.
    freedom
        Their degrees of freedom in each group, shape (groups,).
    squares
        Shape (groups, sets).
    members
        How many members of the level below one member holds; 1 for readings.
    log_n
        Sum of the logarithms of how many members lie in each mean.
    """

    scale: Family
    freedom: Array
    squares: Array
    members: int
    log_n: float


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Inside:
    """All that lies inside the cells.

    Attributes
    ----------
    strata
        From the readings outwards; empty where readings have no error of their own.
    means
        Mean of each cell, shape (cells, sets).
    members
        Members of the outermost stratum in each cell, or as many as its mean counts as, (cells,).
    """

    strata: tuple[Squares, ...]
    means: Array
    members: Codes | Array

    def log_density(self, theta: Theta) -> Array | float:
        """Log density of everything about the means of the cells, shape (sets, draws)."""
        total: Array | float = 0.0
        for stratum, variance in zip(self.strata, self._variances(theta), strict=True):
            if not stratum.freedom.any():
                continue
            freedom, squares = stratum.freedom[:, None, None], stratum.squares[:, :, None]
            if len(variance) == 1:
                freedom, squares = freedom.sum(axis=0), squares.sum(axis=0)
                own = freedom * (LOG_2PI + np.log(variance[0])) + squares / variance[0]
            else:
                own = (freedom * (LOG_2PI + np.log(variance)) + squares / variance).sum(axis=0)
            total = total - 0.5 * (own + stratum.log_n)
        return total

    def error(self, theta: Theta) -> Array | None:
        """Variance of the outermost stratum's members, (1 or groups, sets, draws), or None."""
        return self._variances(theta)[-1] if self.strata else None

    def guess(self, within: Array) -> dict[Family, Array]:
        """Return scales near the bulk of the posterior, each of shape (size, sets)."""
        found = {s.scale: 0.5 * within[None, :] for s in self.strata}
        if self.strata and self.strata[0].freedom.sum():
            first = self.strata[0]
            seen = np.sqrt(first.squares.sum(axis=0) / first.freedom.sum())
            found[first.scale] = np.maximum(seen, 0.02 * within)[None, :]
        return {**found, NORMALITY: np.full((1, within.size), 10.0)}

    def _variances(self, theta: Theta) -> list[Array]:
        found: list[Array] = []
        for stratum in self.strata:
            own = np.square(theta[stratum.scale])
            found.append(own + found[-1] / stratum.members if found else own)
        return found

    @classmethod
    def of(cls, stack: Stack, place: Codes) -> Self:
        """Reduce readings level by level to the means of the cells.

        Parameters
        ----------
        stack
            The data sets.
        place
            Cell of every row, shape (rows,).

        Raises
        ------
        DesignError
            When members of an inner level hold unequal numbers.
        """
        structure = stack.template.structure
        group, n_groups = stack.template.readings.group, len(structure.groups)
        first, values = np.arange(group.size), stack.standard
        members, strata = np.ones(group.size, dtype=np.intp), []
        inner: list[Stratum] = [s for s in structure.strata if not s.heavy]
        inner.reverse()
        scales = [] if structure.merged else [NOISE, *map(scale_of, inner)]
        parents = [*(s.level.codes for s in inner), place] if scales else []
        for scale, codes in zip(scales, parents, strict=True):
            if np.ptp(members):
                raise DesignError("units hold unequal numbers of what lies inside them.")
            below = int(members[0])
            parent, at = codes[first], group[first]
            means, squares = reduced(values, parent, int(parent.max()) + 1)
            members = np.bincount(parent)
            _, chosen = np.unique(parent, return_index=True)
            of_group = at[chosen]
            strata.append(
                Squares(
                    scale=scale,
                    freedom=np.bincount(of_group, weights=members - 1, minlength=n_groups),
                    squares=np.stack(
                        [squares[:, of_group == g].sum(axis=1) for g in range(n_groups)]
                    ),
                    members=below,
                    log_n=float(np.log(members).sum()),
                )
            )
            values, first = means, first[chosen]
        if not scales:
            values = values[:, np.argsort(place, kind="stable")]
        return cls(strata=tuple(strata), means=np.ascontiguousarray(values.T), members=members)

    def take(self, chosen: slice | Codes) -> "Inside":
        """Keep some of the data sets."""
        strata = tuple(replace(s, squares=s.squares[:, chosen]) for s in self.strata)
        return replace(self, strata=strata, means=self.means[:, chosen])
