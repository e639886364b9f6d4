r"""Densities of many data sets of one balanced design at once.

Where every cell holds as many readings as the next, means of cells are all that effects touch, and
the covariance of the means of a cluster has known axes: one for a unit; for a block of G cells their
mean, and the G - 1 directions in which they differ. Along each a mean scatters with A / lambda + B,
A being the variance of what lambda stretches and B the error of a cell's mean::

    log p(cluster | lambda) = -1/2 sum_e [c_e log(A_e / lambda + B_e) + S_e / (A_e / lambda + B_e)]

with S_e the squared distance along axis e and c_e its dimension. Everything inside the cells adds
strata of squares with a chi-squared each. Arrays have the data sets on the axis before the last, draws
on the last: `theta["mu"]` is (groups, sets, draws).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.data.hierarchy import Level
from nestimate.data.stack import Stack, reduced
from nestimate.data.terms import inner_names
from nestimate.errors import DesignError
from nestimate.model.likelihood import LOG_2PI, NODES, SINGLE, log_sum_exp, mixing_range

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
Single = NDArray[np.float32]
Theta = Mapping[str, Array]

#: nu / 2 up to which single precision holds the weights of nodes to 1e-4.
SINGLE_HALF = 500.0
#: Sum of exponentials above which no digit has been lost to underflow.
LEAST_SUM = 1e-30


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One direction in which the means of clusters scatter.

    Attributes
    ----------
    stretched, error
        Variance of what the mixing variable stretches, and of what it does not; both of shape
        (sets x draws,).
    size
        Dimension of the direction.
    squares
        Squared distance of each cluster along it, shape (clusters, sets x draws).
    """

    stretched: Array
    error: Array
    size: int
    squares: NDArray[np.float32]

    @classmethod
    def of(cls, stretched: Array, error: Array, size: int, squares: Array) -> Self:
        """Lay sets and draws out on one axis; `squares` is (clusters, sets, draws)."""
        return cls(
            stretched=stretched.reshape(-1),
            error=np.broadcast_to(error, stretched.shape).reshape(-1),
            size=size,
            squares=squares.astype(SINGLE).reshape(len(squares), -1),
        )


#: Clusters that share variances, by the axes of their covariance.
Kind = tuple[Axis, ...]


class StackedDensity(Protocol):
    """Log density of many data sets given parameters, and what a sampler asks beside it."""

    def log_density(self, theta: Theta, nodes: int = NODES) -> Array:
        """Log density of the standardised readings of every data set, shape (sets, draws)."""

    def guess(self) -> dict[str, Array]:
        """Return parameters near the bulk of the posterior, each of shape (size, sets)."""

    @property
    def basis(self) -> Array:
        """Orthonormal axes, shape (groups, groups), along which the means are known apart."""

    def information(self, theta: Theta) -> tuple[Array, Array]:
        """Return precision and middle of the means along `basis`, given the scales.

        Shapes (groups, sets, draws) and (groups, sets, 1).
        """

    def take(self, chosen: slice | Codes) -> "StackedDensity":
        """Return the density of some of the data sets."""


@dataclass(frozen=True, kw_only=True)
class Stratum:
    """Squares inside one level: members about the mean of what they lie in.

    Attributes
    ----------
    scale
        The parameter that adds to the variance at this level: sigma, or a level's tau.
    freedom
        Their degrees of freedom in each group, shape (groups,).
    squares
        Shape (groups, sets).
    members
        How many members of the level below one member holds; 1 for readings.
    log_n
        Sum of the logarithms of how many members lie in each mean.
    """

    scale: str
    freedom: Array
    squares: Array
    members: int
    log_n: float


@dataclass(frozen=True, kw_only=True)
class Inside:
    """All that lies inside the cells.

    Attributes
    ----------
    strata
        From the readings outwards; empty where readings have no error of their own.
    means
        Mean of each cell, shape (cells, sets).
    members
        Members of the outermost stratum in each cell, shape (cells,).
    """

    strata: tuple[Stratum, ...]
    means: Array
    members: Codes

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

    def guess(self, within: Array) -> dict[str, Array]:
        """Return scales near the bulk of the posterior, each of shape (size, sets)."""
        found = {s.scale: 0.5 * within[None, :] for s in self.strata}
        if self.strata and self.strata[0].freedom.sum():
            first = self.strata[0]
            seen = np.sqrt(first.squares.sum(axis=0) / first.freedom.sum())
            found[first.scale] = np.maximum(seen, 0.02 * within)[None, :]
        return {**found, "nu": np.full((1, within.size), 10.0)}

    def _variances(self, theta: Theta) -> list[Array]:
        found: list[Array] = []
        for stratum in self.strata:
            own = np.square(theta[stratum.scale])
            found.append(own + found[-1] / stratum.members if found else own)
        return found

    @classmethod
    def of(cls, stack: Stack, place: Codes, inner: Sequence[Level], scales: Sequence[str]) -> Self:
        """Reduce readings level by level to the means of the cells.

        Parameters
        ----------
        stack
            The data sets.
        place
            Cell of every row, shape (rows,).
        inner
            The levels inside the cells, outermost first.
        scales
            Parameters of these levels, outermost first, and of the readings; empty where readings
            have no error of their own.

        Raises
        ------
        DesignError
            When members of an inner level hold unequal numbers.
        """
        group, n_groups = stack.template.readings.group, len(stack.template.groups)
        first, values = np.arange(group.size), stack.standard
        members, strata = np.ones(group.size, dtype=np.intp), []
        parents = [*(level.codes for level in reversed(inner)), place] if scales else []
        for scale, codes in zip(reversed(scales), parents, strict=True):
            if np.ptp(members):
                raise DesignError(f"units hold unequal numbers of what {scale} tells apart.")
            below = int(members[0])
            parent, at = codes[first], group[first]
            means, squares = reduced(values, parent, int(parent.max()) + 1)
            members = np.bincount(parent)
            _, chosen = np.unique(parent, return_index=True)
            of_group = at[chosen]
            strata.append(
                Stratum(
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


@dataclass(frozen=True, kw_only=True)
class UnitStack:
    """Units in groups: every unit is a cluster of its own.

    Attributes
    ----------
    inside
        What lies inside the units.
    group
        Group of each unit, shape (units,).
    robust
        Whether units are Student-t rather than normal.
    within
        SD of readings within groups in units of the spread, shape (sets,).
    """

    inside: Inside
    group: Codes
    robust: bool
    within: Array

    @classmethod
    def of(cls, stack: Stack, *, robust: bool) -> Self:
        """Reduce the data sets."""
        design = stack.template
        levels = design.levels
        place = levels[0].codes if levels else np.arange(design.readings.group.size)
        scales = (*inner_names(levels, None), "sigma") if levels else ()
        group = np.empty(int(place.max()) + 1, dtype=np.intp)
        group[place] = design.readings.group
        return cls(
            inside=Inside.of(stack, place, levels[1:], scales),
            group=group,
            robust=robust,
            within=stack.measured("within") / stack.measured("spread"),
        )

    def take(self, chosen: slice | Codes) -> "UnitStack":
        """Keep some of the data sets."""
        return replace(self, inside=self.inside.take(chosen), within=self.within[chosen])

    def log_density(self, theta: Theta, nodes: int = NODES) -> Array:
        """Log density of the standardised readings, shape (sets, draws)."""
        mu, error = theta["mu"], self.inside.error(theta)
        shape = mu.shape[1:]
        tau2 = np.square(theta["tau"])
        kinds = []
        for g, members, units in self._classes:
            own = tau2[g % len(tau2)]
            noise = np.zeros(shape) if error is None else error[g % len(error)] / members
            distance = np.square(self.inside.means[units][:, :, None] - mu[g])
            kinds.append((Axis.of(own, noise, 1, distance),))
        nu = theta["nu"][0].reshape(-1) if self.robust else None
        outer = mixed_density(kinds, nu, nodes, exact=error is None)
        return np.asarray(self.inside.log_density(theta) + outer.reshape(shape))

    @property
    def _classes(self) -> list[tuple[int, int, Codes]]:
        """Group, members and positions of units that share variances."""
        kinds = np.stack([self.group, self.inside.members])
        distinct, codes = np.unique(kinds, axis=1, return_inverse=True)
        codes = codes.reshape(-1)
        return [(int(g), int(n), np.flatnonzero(codes == i)) for i, (g, n) in enumerate(distinct.T)]

    def guess(self) -> dict[str, Array]:
        """Return parameters near the bulk of the posterior, each of shape (size, sets)."""
        scatter = np.stack([means.std(axis=0, ddof=min(1, len(means) - 1)) for means in self._by])
        return {
            "mu": self._middles,
            "tau": np.maximum(0.7 * scatter, 0.05 * self.within),
            **self.inside.guess(self.within),
        }

    @property
    def basis(self) -> Array:
        """Every group by itself."""
        return np.eye(int(self.group.max()) + 1)

    def information(self, theta: Theta) -> tuple[Array, Array]:
        """Precision and middle of the means given the scales."""
        tau2, error = np.square(theta["tau"]), self.inside.error(theta)
        found = []
        for g, means in enumerate(self._by):
            variance = tau2[g % len(tau2)]
            if error is not None:
                inverse = (1 / self.inside.members[self.group == g]).mean()
                variance = variance + error[g % len(error)] * inverse
            if self.robust:
                # As for one data set: few degrees of freedom, so the scatter seen counts too.
                nu, seen = theta["nu"][0], means.var(axis=0)[:, None]
                variance = (nu * variance + seen) / (nu + 1)
            found.append(len(means) / variance)
        return np.stack(found), self._middles[:, :, None]

    @property
    def _by(self) -> list[Array]:
        return [self.inside.means[self.group == g] for g in range(int(self.group.max()) + 1)]

    @property
    def _middles(self) -> Array:
        """Middle of each group's unit means, (groups, sets); the median where it is steady."""
        return np.stack(
            [
                np.median(means, axis=0) if self.robust and len(means) >= 5 else means.mean(axis=0)
                for means in self._by
            ]
        )


@dataclass(frozen=True, kw_only=True)
class BlockStack:
    """Blocks that see every group equally often.

    Attributes
    ----------
    inside
        What lies inside the cells of block and group; cells are numbered block by block.
    groups
        How many groups each block sees.
    robust, within
        As in `UnitStack`.
    """

    inside: Inside
    groups: int
    robust: bool
    within: Array

    @classmethod
    def of(cls, stack: Stack, *, robust: bool) -> Self:
        """Reduce the data sets.

        Raises
        ------
        DesignError
            When cells are empty or unequal.
        """
        design = stack.template
        assert design.block is not None
        count = len(design.groups)
        place = design.block.codes * count + design.readings.group
        scales = () if design.unreplicated else (*inner_names(design.levels, design.block), "sigma")
        if np.ptp(np.bincount(place, minlength=design.block.size * count)):
            raise DesignError("cells of block and group hold unequal numbers of readings.")
        return cls(
            inside=Inside.of(stack, place, design.levels, scales),
            groups=count,
            robust=robust,
            within=stack.measured("within") / stack.measured("spread"),
        )

    def take(self, chosen: slice | Codes) -> "BlockStack":
        """Keep some of the data sets."""
        return replace(self, inside=self.inside.take(chosen), within=self.within[chosen])

    def log_density(self, theta: Theta, nodes: int = NODES) -> Array:
        """Log density of the standardised readings, shape (sets, draws)."""
        mu = theta["mu"]
        residual = self._cells[:, :, :, None] - mu
        level = np.square(residual.sum(axis=1)) / self.groups
        rest = np.maximum(np.square(residual).sum(axis=1) - level, 0)
        (along, across), noise = self._stretched(theta), self._noise(theta)
        kind = (
            Axis.of(along, noise, 1, level),
            *((Axis.of(across, noise, self.groups - 1, rest),) if self.groups > 1 else ()),
        )
        nu = theta["nu"][0].reshape(-1) if self.robust else None
        outer = mixed_density([kind], nu, nodes, exact=not self.inside.strata)
        return np.asarray(self.inside.log_density(theta) + outer.reshape(mu.shape[1:]))

    def guess(self) -> dict[str, Array]:
        """Return parameters near the bulk of the posterior, each of shape (size, sets)."""
        half = 0.5 * self.within[None, :]
        return {
            "mu": self._cells.mean(axis=0),
            "tau_block": half,
            "tau_effect": half,
            **self.inside.guess(self.within),
        }

    @property
    def basis(self) -> Array:
        """The mean over groups, and the directions in which they differ."""
        ones = np.hstack([np.ones((self.groups, 1)), np.eye(self.groups)[:, 1:]])
        return np.asarray(np.linalg.qr(ones)[0])

    def information(self, theta: Theta) -> tuple[Array, Array]:
        """Precision and middle of the means given the scales, along `basis`."""
        cells, noise = self._cells, self._noise(theta)
        middle = cells.mean(axis=0)
        along, across = self._stretched(theta)
        if self.robust:
            spread = np.square(cells - middle)
            seen = spread.sum(axis=(0, 1))[:, None] / cells[:, :, 0].size
            nu = theta["nu"][0]
            typical = (along + (self.groups - 1) * across) / self.groups + noise
            # On the whole lambda is what makes the scatter seen typical; see `GroupedDensity`.
            factor = (nu + seen / typical) / (nu + 1)
            along, across = along * factor, across * factor
        variance = [along + noise] + [across + noise] * (self.groups - 1)
        return len(cells) / np.stack(variance), (self.basis.T @ middle)[:, :, None]

    @property
    def _cells(self) -> Array:
        """Mean of every cell, shape (blocks, groups, sets)."""
        means = self.inside.means
        return means.reshape(-1, self.groups, means.shape[1])

    def _stretched(self, theta: Theta) -> tuple[Array, Array]:
        """Variance of a block's mean over groups (times root groups), and across them."""
        across = 0.5 * np.square(theta["tau_effect"][0])
        return self.groups * np.square(theta["tau_block"][0]) + across, across

    def _noise(self, theta: Theta) -> Array:
        error = self.inside.error(theta)
        if error is None:
            return np.zeros(theta["tau_effect"].shape[1:])
        if len(error) > 1:
            raise DesignError("groups with an SD of a reading each have no closed form in blocks.")
        return error[0] / self.inside.members[0]


def stacked_density(stack: Stack, *, robust: bool) -> StackedDensity:
    """Choose the density of a design.

    Raises
    ------
    DesignError
        When the design has none in closed form.
    """
    design = stack.template
    if design.formula is not None:
        raise DesignError("a formula has no density for many data sets at once yet.")
    if design.block is None:
        return UnitStack.of(stack, robust=robust)
    return BlockStack.of(stack, robust=robust)


def mixed_density(kinds: Sequence[Kind], nu: Array | None, nodes: int, *, exact: bool) -> Array:
    """Log density of the means of all clusters, shape (sets x draws,).

    Parameters
    ----------
    kinds
        Clusters by the variances that they share.
    nu
        Degrees of freedom, shape (sets x draws,); None: normal.
    nodes
        Nodes of the integral over the mixing variable.
    exact
        Whether nothing but what the mixing variable stretches scatters: then the means are
        Student-t themselves.
    """
    if nu is None:
        return _normal(kinds)
    return _student(kinds, nu) if exact else _integrated(kinds, nu, nodes)


def _normal(kinds: Sequence[Kind]) -> Array:
    total: Array | float = 0.0
    for kind in kinds:
        for axis in kind:
            variance = axis.stretched + axis.error
            size = len(axis.squares) * axis.size
            squares = axis.squares.sum(axis=0, dtype=np.float64)
            total = total - 0.5 * (size * (LOG_2PI + np.log(variance)) + squares / variance)
    return np.asarray(total)


def _student(kinds: Sequence[Kind], nu: Array) -> Array:
    total = np.zeros_like(nu)
    for kind in kinds:
        size, members = sum(axis.size for axis in kind), len(kind[0].squares)
        half = 0.5 * (nu + size)
        constant = (
            special.gammaln(half) - special.gammaln(0.5 * nu) - 0.5 * size * np.log(np.pi * nu)
        )
        for axis in kind:
            constant -= 0.5 * axis.size * np.log(axis.stretched)
        total += members * constant
        for c in range(members):
            distance = sum(axis.squares[c] / axis.stretched for axis in kind)
            total -= half * np.log1p(distance / nu)
    return total


def _integrated(kinds: Sequence[Kind], nu: Array, nodes: int) -> Array:
    inverse, log_weight = _rule(kinds, nu, nodes)
    # Every cluster is written into one block of memory, as in `likelihood`.
    terms, held = np.empty_like(log_weight), np.empty_like(log_weight)
    total = np.zeros_like(nu)
    for kind in kinds:
        offset, slopes, constant = log_weight.copy(), [], 0.0
        for axis in kind:
            variance = axis.stretched.astype(SINGLE) * inverse + axis.error.astype(SINGLE)
            offset -= SINGLE(0.5 * axis.size) * np.log(variance)
            slopes.append(np.divide(SINGLE(-0.5), variance, out=variance))
            constant += axis.size * LOG_2PI
        top = offset.max(axis=0)
        offset -= top
        for c in range(len(kind[0].squares)):
            np.multiply(slopes[0], kind[0].squares[c], out=terms)
            for slope, axis in zip(slopes[1:], kind[1:], strict=True):
                np.multiply(slope, axis.squares[c], out=held)
                np.add(terms, held, out=terms)
            np.add(terms, offset, out=terms)
            total += _log_sum(terms, held)
        total += len(kind[0].squares) * (top - 0.5 * constant)
    return total


def _log_sum(terms: Single, held: Single) -> Array:
    """Log of the sum of exponentials along the first axis; `held` is written over.

    The terms are at most 0 or so. Where they all lie far below the largest is taken out first.
    """
    found = np.add.reduce(np.exp(terms, out=held), axis=0)
    if found.min() > LEAST_SUM:
        return np.log(found.astype(np.float64))
    return log_sum_exp(terms.copy())


def _rule(kinds: Sequence[Kind], nu: Array, nodes: int) -> tuple[Single, Single]:
    """1 / lambda and log weight of nodes that serve every cluster, (nodes, sets x draws).

    As `likelihood.mixing_rule`, in single precision where nu is small enough for that.
    """
    extreme, gain = np.zeros_like(nu), np.zeros_like(nu)
    for kind in kinds:
        far: Array | float = 0.0
        near: Array | float = 0.0
        for axis in kind:
            far = far + axis.squares / axis.stretched
            near = near + axis.squares / (axis.stretched + axis.error)
        extreme = np.maximum(extreme, np.max(far, axis=0))
        gain = np.maximum(gain, np.max(near, axis=0))
    # One axis with little error is enough for lambda to be felt.
    ratios = [np.min([axis.error / axis.stretched for axis in kind], axis=0) for kind in kinds]
    low, high = mixing_range(extreme, gain, np.max(ratios, axis=0), nu)
    half = np.minimum(0.5 * nu, 1e8)
    spacing = (high - low) / (nodes - 1)
    precision = SINGLE if half.max() < SINGLE_HALF else np.float64
    log_weight = spacing.astype(precision) * np.arange(nodes, dtype=precision)[:, None]
    log_weight += low.astype(precision)
    mixing = np.exp(log_weight)
    log_weight -= mixing
    log_weight *= half.astype(precision)
    constant = half * np.log(half) - special.gammaln(half) + np.log(spacing)
    log_weight += constant.astype(precision)
    inverse = np.divide(1, mixing, out=mixing)
    return inverse.astype(SINGLE, copy=False), log_weight.astype(SINGLE, copy=False)
