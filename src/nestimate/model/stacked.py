"""A model of many data sets of one design at once: what `Model` is for one of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.stack import Stack
from nestimate.data.designs.structure import Structure
from nestimate.errors import DesignError
from nestimate.model.assumptions import Assumptions
from nestimate.model.balanced import StackedDensity, stacked_density
from nestimate.model.families import NORMALITY, Family, pooled, scale_of
from nestimate.model.likelihood import NODES
from nestimate.model.model import EXTREMES
from nestimate.model.parameters import FIXED_PART, Parameter, affine, choose_parameters
from nestimate.model.priors import Fixed
from nestimate.model.whitening import Z_EDGE, Whitening

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Steps of the bisection that finds the z of a value: 6e-8.
BISECTIONS = 28


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class StackedModel:
    """Parameters, priors and density of many data sets of one design.

    Attributes
    ----------
    structure, sets
        What the data sets are made of, and how many there are.
    parameters
        Theirs, in the user's unit: numbers of priors have shape (sets, 1), or none where they are
        the same in all data sets.
    whitening
        One map per free parameter from z ~ N(0, 1) to its standardised value.
    fixed
        Standardised values of the others, each of shape (sets, 1).
    density
        Log density of the readings given standardised parameters.

    Notes
    -----
    Points have shape (sets, draws, dim), one column per free parameter, with prior N(0, I).
    """

    structure: Structure
    sets: int
    parameters: tuple[Parameter, ...]
    whitening: tuple[Whitening, ...]
    fixed: tuple[Array, ...]
    density: StackedDensity

    @classmethod
    def of(cls, stack: Stack, assumptions: Assumptions) -> Self:
        """Choose the parameters of every data set, as `Model.from_design` would.

        Raises
        ------
        DesignError
            When the design or the assumptions have no density for many data sets at once.
        """
        if assumptions.robust_readings:
            raise DesignError(
                "robust: Student-t readings have no density for many data sets at once, which plan "
                "needs. Use 'units' or 'none'."
            )
        design = stack.units
        parameters = choose_parameters(design, assumptions)
        spread = design.yardstick.spread
        priors = [p.prior.standardised(*affine(p.kind, design)) for p in parameters]
        return cls(
            structure=design.structure,
            sets=len(stack),
            parameters=parameters,
            whitening=tuple(
                Whitening.of(prior, None if p.lower is None else p.lower / spread, BISECTIONS)
                for p, prior in zip(parameters, priors, strict=True)
                if p.free
            ),
            fixed=tuple(
                np.broadcast_to(prior.value, (len(stack), 1))
                for prior in priors
                if isinstance(prior, Fixed)
            ),
            density=stacked_density(stack, robust=assumptions.robust_units),
        )

    def __len__(self) -> int:
        """Return the number of data sets."""
        return self.sets

    @property
    def free(self) -> tuple[Parameter, ...]:
        """The parameters that are estimated."""
        return tuple(p for p in self.parameters if p.free)

    @property
    def dim(self) -> int:
        """Number of free parameters."""
        return len(self.whitening)

    @property
    def ridge(self) -> int | None:
        """Column of the normality nu, along which posteriors trail off; None without it."""
        return next((i for i, p in enumerate(self.free) if p.family == NORMALITY), None)

    def take(self, chosen: slice | Codes) -> "StackedModel":
        """Return the model of some of the data sets."""
        return replace(
            self,
            sets=np.arange(self.sets)[chosen].size,
            whitening=tuple(_taken(w, chosen) for w in self.whitening),
            fixed=tuple(value[chosen] for value in self.fixed),
            density=self.density.take(chosen),
        )

    @EXTREMES
    def evaluate(self, x: Array, nodes: int = NODES) -> tuple[dict[Family, Array], Array]:
        """Return parameters, families of shape (size, sets, draws), and log posterior density.

        Parameters
        ----------
        x
            Points in the coordinates in which the posterior is nearly round, (sets, draws, dim).
        nodes
            Nodes of the integral over the mixing variable.

        Returns
        -------
        theta, log_density
            Standardised parameters, and the log density in x up to a constant, (sets, draws).
        """
        means = self._means
        columns = [np.ascontiguousarray(x[:, :, i]) for i in range(self.dim)]
        squares = sum(np.square(column) for column in columns[means:])
        theta = self._families(columns, located=False)
        centre, width, axes = self._warped(theta)
        # x stretched along the axes is z; see `Model.warp`.
        along = [c + w * column for c, w, column in zip(centre, width, columns, strict=False)]
        z = [sum(axes[g, e] * along[e] for e in range(means)) for g in range(means)]
        theta = {**self._families([*z, *columns[means:]], located=True), **theta}
        log_prior = -0.5 * (squares + sum(np.square(zg) for zg in z))
        log_prior = log_prior + sum(np.log(w) for w in width)
        found = log_prior + self.density.log_density(self._with_pooled(theta), nodes)
        return theta, np.where(np.isfinite(found), np.maximum(found, -1e300), -1e300)

    def start(self) -> Array:
        """Return an x near the bulk of every posterior, shape (sets, dim)."""
        guess = self.density.guess()
        sets = len(self)
        for stratum in self.structure.strata:
            typical, factor, place = pooled(stratum)
            seen = guess.get(scale_of(stratum), np.ones((1, sets)))
            guess[typical] = seen.mean(axis=0, keepdims=True)
            guess |= {factor: np.full((1, sets), 0.3), place: np.zeros((1, sets))}
        z = []
        for parameter, whitening in zip(self.free, self.whitening, strict=True):
            values = guess[parameter.family]
            value = values[parameter.member % len(values)][:, None]
            z.append(np.clip(whitening.inverse(value, BISECTIONS), -6, 6))
        columns = np.stack(z, axis=2)
        # The warp puts the means where the scales say: there x is zero.
        columns[:, :, : self._means] = 0.0
        return np.asarray(columns[:, 0])

    def _with_pooled(self, theta: Mapping[Family, Array]) -> dict[Family, Array]:
        """Add the groups' scales where they are drawn towards a typical one."""
        found = dict(theta)
        for stratum in self.structure.strata:
            typical, factor, place = pooled(stratum)
            if place in theta:
                found[scale_of(stratum)] = theta[typical] * np.exp(theta[factor] * theta[place])
        return found

    @property
    def _means(self) -> int:
        return sum(p.kind in FIXED_PART for p in self.free)

    def _families(self, columns: Sequence[Array], *, located: bool) -> dict[Family, Array]:
        """Standardised parameters of the fixed part, or of the rest, by family."""
        rows: dict[Family, list[Array]] = {}
        free, fixed = iter(range(self.dim)), iter(self.fixed)
        shape = columns[-1].shape
        for parameter in self.parameters:
            if parameter.free:
                i = next(free)
                if located == (parameter.kind in FIXED_PART):
                    z = np.clip(columns[i], -Z_EDGE, Z_EDGE)
                    rows.setdefault(parameter.family, []).append(self.whitening[i].value(z))
            else:
                value = next(fixed)
                if located == (parameter.kind in FIXED_PART):
                    rows.setdefault(parameter.family, []).append(np.broadcast_to(value, shape))
        return {name: np.stack(found) for name, found in rows.items()}

    def _warped(self, scales: Mapping[Family, Array]) -> tuple[Array, Array, Array]:
        """Centres and widths (means, sets, draws) of the means' z along axes, given the scales.

        Given the scales a posterior of means with normal priors is normal with these; with other
        priors, or means that are fixed, nearly so. The density in x is exact in any case.
        """
        count = self._means
        located = [p for p in self.parameters if p.kind in FIXED_PART]
        ends = [w.value(np.array([[-0.5, 0.0, 0.5]])) for w in self.whitening[:count]]
        sets = len(self)
        slope = np.stack([np.broadcast_to(e[:, 2] - e[:, 0], sets) for e in ends])[:, :, None]
        origin = np.stack([np.broadcast_to(e[:, 1], sets) for e in ends])[:, :, None]
        precision, middle = self.density.information(self._with_pooled(scales))
        axes = self.density.basis
        if count < len(located):
            free = np.array([p.free for p in located])
            middle = np.einsum("ge,edn->gdn", axes, middle)[free]
            precision = np.einsum("ge,edn->gdn", np.square(axes), precision)[free]
            axes = np.eye(count)
        typical = slope.mean(axis=0)
        origin = np.einsum("ge,gdn->edn", axes, origin)
        width = 1 / np.sqrt(1 + np.maximum(np.nan_to_num(precision), 0) * np.square(typical))
        pull = np.nan_to_num(precision * (middle - origin)) * typical
        return pull * np.square(width), width, axes


def _taken(whitening: Whitening, chosen: slice | Codes) -> Whitening:
    """Return the map of some of the data sets."""
    prior: Any = object.__new__(type(whitening.prior))
    for name, number in vars(whitening.prior).items():
        object.__setattr__(prior, name, _some(number, chosen))
    return Whitening(
        prior=prior, below=_some(whitening.below, chosen), above=_some(whitening.above, chosen)
    )


def _some(number: float | Array, chosen: slice | Codes) -> float | Array:
    return number[chosen] if isinstance(number, np.ndarray) else number
