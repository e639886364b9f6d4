"""A model of many data sets of one design at once: what `Model` is for one of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.data.stack import Stack
from nestimate.errors import DesignError
from nestimate.model.balanced import StackedDensity, stacked_density
from nestimate.model.likelihood import NODES
from nestimate.model.model import EXTREMES, FIXED_PART, Z_EDGE, Whitening
from nestimate.model.parameters import Assumptions, Parameter, affine, choose_parameters
from nestimate.model.priors import Fixed, Prior

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Steps of the bisection that finds where a prior is cut off, or a value reached.
BISECTIONS = 40


@dataclass(frozen=True, kw_only=True)
class StackedModel:
    """Parameters, priors and density of many data sets of one design.

    Attributes
    ----------
    stack, assumptions
        The data sets, and what was chosen about the model.
    parameters
        Those of every data set with their priors, in the user's unit.
    whitening
        One map per free parameter from z ~ N(0, 1) to its standardised value; the numbers of its
        prior have shape (sets, 1), or none where they are the same in all data sets.
    fixed
        Standardised values of the others, each of shape (sets, 1).
    density
        Log density of the readings given standardised parameters.

    Notes
    -----
    Points have shape (sets, draws, dim), one column per free parameter, with prior N(0, I).
    """

    stack: Stack
    assumptions: Assumptions
    parameters: tuple[tuple[Parameter, ...], ...]
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
            raise DesignError("Student-t readings have no density for many data sets at once yet.")
        designs = stack.designs()
        chosen = tuple(choose_parameters(design, assumptions) for design in designs)
        whitening, fixed = [], []
        for position, first in enumerate(chosen[0]):
            mine = [parameters[position] for parameters in chosen]
            prior = stacked_prior(
                [
                    p.prior.standardised(*affine(p.kind, d))
                    for p, d in zip(mine, designs, strict=True)
                ]
            )
            if isinstance(prior, Fixed):
                fixed.append(np.broadcast_to(prior.value, (len(stack), 1)))
                continue
            lower = None
            if first.lower is not None:
                spread = stack.measured("spread")
                lower = (np.array([p.lower for p in mine], dtype=np.float64) / spread)[:, None]
            whitening.append(_whitening(prior, lower))
        return cls(
            stack=stack,
            assumptions=assumptions,
            parameters=chosen,
            whitening=tuple(whitening),
            fixed=tuple(fixed),
            density=stacked_density(stack, robust=assumptions.robust_units),
        )

    def __len__(self) -> int:
        """Return the number of data sets."""
        return len(self.stack)

    @property
    def free(self) -> tuple[Parameter, ...]:
        """The parameters that are estimated, of the first data set."""
        return tuple(p for p in self.parameters[0] if p.free)

    @property
    def dim(self) -> int:
        """Number of free parameters."""
        return len(self.whitening)

    @property
    def ridge(self) -> int | None:
        """Column of the normality nu, along which posteriors trail off; None without it."""
        return next((i for i, p in enumerate(self.free) if p.name == "nu"), None)

    def take(self, chosen: slice | Codes) -> "StackedModel":
        """Return the model of some of the data sets."""
        positions = np.arange(len(self))[chosen]
        return replace(
            self,
            stack=self.stack.take(chosen),
            parameters=tuple(self.parameters[k] for k in positions),
            whitening=tuple(_taken(w, chosen) for w in self.whitening),
            fixed=tuple(value[chosen] for value in self.fixed),
            density=self.density.take(chosen),
        )

    @EXTREMES
    def evaluate(self, x: Array, nodes: int = NODES) -> tuple[dict[str, Array], Array]:
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
        found = log_prior + self.density.log_density(_pooled(theta), nodes)
        return theta, np.where(np.isfinite(found), np.maximum(found, -1e300), -1e300)

    def start(self) -> Array:
        """Return an x near the bulk of every posterior, shape (sets, dim)."""
        guess = self.density.guess()
        sets = len(self)
        guess |= {"tau_ratio": np.full((1, sets), 0.3), "tau_z": np.zeros((1, sets))}
        guess["tau_median"] = guess.get("tau", np.ones((1, sets))).mean(axis=0, keepdims=True)
        seen = dict.fromkeys(guess, 0)
        z = []
        for parameter, whitening in zip(self.free, self.whitening, strict=True):
            values = guess[parameter.name]
            value = values[seen[parameter.name] % len(values)][:, None]
            seen[parameter.name] += 1
            z.append(np.clip(_inverse(whitening, value), -6, 6))
        columns = np.stack(z, axis=2)
        # The warp puts the means where the scales say: there x is zero.
        columns[:, :, : self._means] = 0.0
        return np.asarray(columns[:, 0])

    @property
    def _means(self) -> int:
        return sum(p.kind in FIXED_PART for p in self.free)

    def _families(self, columns: Sequence[Array], *, located: bool) -> dict[str, Array]:
        """Standardised parameters of the fixed part, or of the rest, by family."""
        rows: dict[str, list[Array]] = {}
        free, fixed = iter(range(self.dim)), iter(self.fixed)
        shape = columns[-1].shape
        for parameter in self.parameters[0]:
            if parameter.free:
                i = next(free)
                if located == (parameter.kind in FIXED_PART):
                    z = np.clip(columns[i], -Z_EDGE, Z_EDGE)
                    rows.setdefault(parameter.name, []).append(self.whitening[i].value(z))
            else:
                value = next(fixed)
                if located == (parameter.kind in FIXED_PART):
                    rows.setdefault(parameter.name, []).append(np.broadcast_to(value, shape))
        return {name: np.stack(found) for name, found in rows.items()}

    def _warped(self, scales: Mapping[str, Array]) -> tuple[Array, Array, Array]:
        """Centres and widths (means, sets, draws) of the means' z along axes, given the scales.

        Given the scales a posterior of means with normal priors is normal with these; with other
        priors, or means that are fixed, nearly so. The density in x is exact in any case.
        """
        count = self._means
        located = [p for p in self.parameters[0] if p.kind in FIXED_PART]
        ends = [w.value(np.array([[-0.5, 0.0, 0.5]])) for w in self.whitening[:count]]
        sets = len(self)
        slope = np.stack([np.broadcast_to(e[:, 2] - e[:, 0], sets) for e in ends])[:, :, None]
        origin = np.stack([np.broadcast_to(e[:, 1], sets) for e in ends])[:, :, None]
        precision, middle = self.density.information(_pooled(scales))
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


def stacked_prior(priors: Sequence[Prior]) -> Prior:
    """Return one prior whose numbers are columns, shape (sets, 1), where the priors differ.

    Quantile functions are made of NumPy's operations, which take such numbers as they take one.
    """
    first = priors[0]
    if any(type(prior) is not type(first) for prior in priors):
        raise DesignError("data sets of one design need priors of one family.")
    found: Any = object.__new__(type(first))
    for field in fields(first):  # type: ignore[arg-type]
        numbers = np.array([getattr(prior, field.name) for prior in priors], dtype=np.float64)
        same = bool((numbers == numbers[0]).all())
        object.__setattr__(found, field.name, float(numbers[0]) if same else numbers[:, None])
    prior: Prior = found
    return prior


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


def _whitening(prior: Prior, lower: Array | None) -> Whitening:
    """Return the map for a prior cut off and renormalised at `lower`, shape (sets, 1)."""
    whole = Whitening(prior=prior, below=0.0, above=1.0)
    if lower is None:
        return whole
    edge = _inverse(whole, lower)
    if np.any(edge >= Z_EDGE - 1e-6):
        raise DesignError(
            f"prior {prior} puts no mass above the resolution of some simulated data set."
        )
    below, above = special.ndtr(edge), special.ndtr(-edge)
    return Whitening(prior=prior, below=below, above=above)


def _inverse(whitening: Whitening, value: Array) -> Array:
    """Return the z at which `value`, shape (sets, 1), is reached."""
    low, high = np.full_like(value, -Z_EDGE), np.full_like(value, Z_EDGE)
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        beneath = whitening.value(middle) < value
        low, high = np.where(beneath, middle, low), np.where(beneath, high, middle)
    return np.asarray(0.5 * (low + high))


def _pooled(theta: Mapping[str, Array]) -> Mapping[str, Array]:
    """Add the groups' scales where they are drawn towards a typical one; see `Model.standard`."""
    if "tau_z" not in theta:
        return theta
    factor = np.exp(theta["tau_ratio"] * theta["tau_z"])
    return {**theta, "tau": theta["tau_median"] * factor}
