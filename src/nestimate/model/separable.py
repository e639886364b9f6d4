r"""A model whose groups are independent of each other given what they share.

With s what the groups share (a common tau, sigma, nu) and x_g what is a group's own (its mean, and
its tau where every group has one)::

    p(y | s) = prod_g  int p(y_g | x_g, s) p(x_g) dx_g

so that the time an evaluation takes grows with the number of groups and no faster, and the
coordinates left, s, are few however many groups there are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.model import likelihood
from nestimate.model.arms import MANY_GROUPS
from nestimate.model.curves import FEWEST, Mixing, UnitCurve
from nestimate.model.families import FIXED, NOISE, NORMALITY, Family, pooled
from nestimate.model.likelihood import Noise, UnitClass
from nestimate.model.model import EXTREMES, Model
from nestimate.model.priors import Normal
from nestimate.model.units import Batch, Scales, UnitDensity
from nestimate.model.whitening import Z_EDGE, Whitening

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
LOG_2PI = float(np.log(2 * np.pi))

#: Steps of a tabulated prior per SD of z: straight lines between them err by 2e-7.
TABLE = 1024


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Curve:
    """A prior's map from z to the parameter, quick for many z.

    Attributes
    ----------
    low, slope
        Value at 0 and its slope, for a normal prior, which needs nothing else.
    values
        The map at steps of 1 / `TABLE` from -`Z_EDGE` on, otherwise.
    """

    low: float
    slope: float
    values: Array | None

    @classmethod
    def of(cls, whitening: Whitening) -> Self:
        """Tabulate a map."""
        ends = whitening.value(np.array([-0.5, 0.0, 0.5]))
        low, slope = float(ends[1]), float(ends[2] - ends[0])
        if isinstance(whitening.prior, Normal) and whitening.below == 0:
            return cls(low=low, slope=slope, values=None)
        steps = np.linspace(-Z_EDGE, Z_EDGE, 2 * int(Z_EDGE) * TABLE + 1)
        return cls(low=low, slope=slope, values=whitening.value(steps))

    def __call__(self, z: Array) -> Array:
        """Return the parameter at z, of any shape."""
        if self.values is None:
            return self.low + self.slope * z
        at = (np.clip(z, -Z_EDGE, Z_EDGE) + Z_EDGE) * TABLE
        below = np.minimum(at.astype(np.intp), self.values.size - 2)
        left = self.values.take(below)
        return np.asarray(left + (at - below) * (self.values.take(below + 1) - left))


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Shared:
    """What groups share at some points s, worked out once for all groups.

    Attributes
    ----------
    theta
        Standardised parameters by family, each of shape (points,).
    mixing
        The mixing integral; None where the groups' scales differ, or no such integral is needed.
    """

    theta: Mapping[Family, Array]
    mixing: Mixing | None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Separable:
    """Columns of z that groups share, and those of each group.

    Attributes
    ----------
    model, density
        The model, and its density.
    shared
        Columns of what groups share, shape (shared,).
    blocks
        Columns of each group, its mean first, shape (groups, own).
    """

    model: Model
    density: UnitDensity
    shared: Codes
    blocks: Codes

    @classmethod
    def of(cls, model: Model) -> Self | None:
        """Return the model so divided; None where it cannot be, or has few groups."""
        density, found = model.density, model.blocks
        groups = len(model.design.groups)
        if not isinstance(density, UnitDensity) or groups < MANY_GROUPS or len(found) != groups:
            return None
        families = {tuple(model.free[i].family for i in columns) for columns in found}
        if len(families) > 1 or next(iter(families))[0] != FIXED:
            return None  # one of the groups has a fixed parameter
        blocks = np.stack(found)
        shared = np.setdiff1d(np.arange(len(model.free)), blocks)
        return cls(model=model, density=density, shared=shared, blocks=blocks)

    @property
    def own(self) -> int:
        """Number of parameters of one group."""
        return int(self.blocks.shape[1])

    @cached_property
    def curves(self) -> tuple[Curve, ...]:
        """The map of every column of z."""
        made: dict[Whitening, Curve] = {}
        return tuple(
            made[w] if w in made else made.setdefault(w, Curve.of(w)) for w in self.model.whitening
        )

    @cached_property
    def families(self) -> tuple[Family, ...]:
        """Family of every own parameter."""
        return tuple(self.model.free[i].family for i in self.blocks[0])

    @cached_property
    def _pooled(self) -> tuple[Family, Family, Family]:
        """What scales drawn towards a typical one come from: typical, factor, place."""
        return pooled(self.model.design.structure.strata[0])

    def start(self) -> tuple[Array, Array]:
        """Return a point s near the bulk, (shared,), and one for the groups, (groups, own)."""
        z = self.model.start()
        own = z[self.blocks]
        own[:, 0] = 0.0  # the mean's coordinate is relative to where it is expected
        return z[self.shared], own

    @EXTREMES
    def at(self, s: Array) -> Shared:
        """Work out what groups share at points s, shape (points, shared)."""
        density, scale = self.density, self.density.scale
        own = {*self.families, *((scale,) if self._pooled[2] in self.families else ())}
        # Of hundreds of groups' own parameters none is worked out here.
        theta = {
            family: np.full(len(s), rows[0, 0])
            for family, rows in self._middle.items()
            if family not in own
        }
        for column, z in zip(self.shared, s.T, strict=True):
            value = self.model.whitening[column].value(np.clip(z, -Z_EDGE, Z_EDGE))
            theta[self.model.free[column].family] = value
        mixing = None
        if density.robust and density.design.levels and not {scale, NOISE} & own:
            middles = np.broadcast_to(density.middles()[:, None], (len(self.blocks), len(s)))
            tau = np.broadcast_to(theta[scale], middles.shape)
            sigma = np.broadcast_to(theta.get(NOISE, np.zeros(1)), middles.shape)
            nodes = likelihood.mixing_nodes(density.classes, middles, tau, sigma, theta[NORMALITY])
            scales = theta[scale], theta.get(NOISE, np.zeros(len(s))), theta[NORMALITY]
            curves = {
                noise: UnitCurve.of(kinds, self._middles, scales, nodes)
                for noise, kinds in self._alike.items()
            }
            mixing = Mixing(nodes=nodes, curves=curves)
        return Shared(theta=theta, mixing=mixing)

    def batches(self, size: int, groups: Codes | None = None) -> tuple[Batch, ...]:
        """Return all groups, or some, in batches of so many at most that are evaluated together."""
        alike = self._of_one_shape
        if groups is not None:
            alike = tuple(which[np.isin(which, groups)] for which in alike)
        return tuple(
            self.density.batch(which[i : i + size])
            for which in alike
            for i in range(0, which.size, size)
        )

    @cached_property
    def _of_one_shape(self) -> tuple[Codes, ...]:
        """Groups of the same numbers of units and readings, and of the same own priors."""
        found: dict[object, list[int]] = {}
        for g, columns in enumerate(self.blocks):
            priors = tuple(self.model.whitening[i] for i in columns)
            found.setdefault((self.density.signature(g), priors), []).append(g)
        return tuple(np.array(members) for members in found.values())

    @EXTREMES
    def log_density(self, batch: Batch, shared: Shared, x: Array) -> tuple[Array, Array]:
        """Log density of the readings of groups and of their own parameters.

        Parameters
        ----------
        batch
            Groups.
        shared
            What all groups share at each point.
        x
            Candidates of the groups' own parameters, shape (own, groups, candidates, points); the
            first is the mean, from where the other parameters lead one to expect it, in units of
            how well they do.

        Returns
        -------
        z
            The candidates in the engine's coordinates, of the shape of x.
        log_density
            As a density of x, shape (groups, candidates, points).
        """
        z = x.copy()
        scales = self._scales(batch, shared, x)
        centre, width = self._expected(batch, scales)
        z[0] = centre + width * x[0]
        mean = self.curves[self.blocks[batch.members[0]][0]]
        logs = self.density.of_groups(batch, scales, mean(z[0]), shared.mixing)
        logs = logs - 0.5 * (np.square(z).sum(axis=0) + self.own * LOG_2PI) + np.log(width)
        return z, np.where(np.isnan(logs), -np.inf, logs)

    def _scales(self, batch: Batch, shared: Shared, x: Array) -> Scales:
        """Tau and sigma, (groups or 1, candidates or 1, points), and nu, of a batch."""
        theta = {family: row[None, None, :] for family, row in shared.theta.items()}
        for column, family, z in zip(
            self.blocks[batch.members[0]][1:], self.families[1:], x[1:], strict=True
        ):
            theta[family] = self.curves[column](z)
        typical, factor, place = self._pooled
        scale = self.density.scale
        if place in theta:
            theta[scale] = theta[typical] * np.exp(theta[factor] * theta[place])
        tau = theta[scale]
        sigma = theta.get(NOISE, np.zeros_like(tau[:1, :1]))
        return tau, sigma, theta[NORMALITY][0, 0] if self.density.robust else None

    def _expected(self, batch: Batch, scales: Scales) -> tuple[Array, Array]:
        """Where the coordinate of a group's mean lies given the scales, and how well it is known.

        Shapes (groups, candidates or 1, points).
        """
        mean = self.curves[self.blocks[batch.members[0]][0]]
        precision = self.density.precision(batch.known, *scales)
        width = 1 / np.sqrt(1 + precision * mean.slope**2)
        middles = self._middles[batch.members, None, None]
        return width**2 * precision * mean.slope * (middles - mean.low), width

    @cached_property
    def _middle(self) -> Mapping[Family, Array]:
        """All parameters in the middle of their priors, (size, 1): what is fixed lies there."""
        return self.model.standard(np.zeros((1, len(self.model.free))))

    @cached_property
    def _middles(self) -> Array:
        return self.density.middles()

    @cached_property
    def _alike(self) -> Mapping[Noise, list[UnitClass]]:
        """Units whose means err alike, where they are many."""
        found: dict[Noise, list[UnitClass]] = {}
        for kind in self.density.classes:
            found.setdefault(kind.noise, []).append(kind)
        sizes = {noise: sum(kind.points.size for kind in kinds) for noise, kinds in found.items()}
        return {noise: kinds for noise, kinds in found.items() if sizes[noise] >= FEWEST}
