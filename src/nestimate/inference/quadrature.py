r"""Posteriors of differences when units and blocks are normal, without any sampling.

Given the scales the means are normal, and a difference is normal with a known mean and SD. What is
left is an integral over two or three scales. In z, where the prior of each is N(0, 1), its
integrand is smooth and falls off at both ends, where the trapezoid rule converges exponentially;
the range of z is found by zooming in. Any prior of a scale will do; the means need normal ones.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.inference.normal_mixture import NormalMixture
from nestimate.model.balanced import BlockStack, UnitStack
from nestimate.model.families import NOISE, Family, What
from nestimate.model.parameters import FIXED_PART
from nestimate.model.priors import Normal
from nestimate.model.stacked import StackedModel
from nestimate.model.whitening import Z_EDGE

Array = NDArray[np.float64]

#: Nodes over sigma, and over a spread between units or blocks.
NODES_SIGMA, NODES_TAU = 9, 16
#: Rounds of zooming in, nodes of each, and the log of the relative density that is left out.
ZOOMS, ZOOM_NODES, LEFT_OUT = 3, 17, 11.0
#: Classes of SD into which the nodes of a difference are collected.
CLASSES = 32


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Scale:
    """Nodes of one scale: its squares, and the logs of prior mass times spacing.

    Both of shape (sets, nodes); one node where the scale is fixed.
    """

    squares: Array
    log_weight: Array

    @classmethod
    def of(
        cls, model: StackedModel, position: int, nodes: int, log_density: Callable[[Array], Array]
    ) -> Self:
        """Lay nodes where prior times density is.

        Parameters
        ----------
        model, position
            The parameter, by its place among all parameters.
        nodes
            How many.
        log_density
            Squares of the scale (sets, n) to the log density of the data.
        """
        sets = len(model)
        parameter = model.parameters[position]
        if not parameter.free:
            value = model.fixed[sum(not p.free for p in model.parameters[:position])]
            return cls(squares=np.square(value), log_weight=np.zeros((sets, 1)))
        whitening = model.whitening[sum(p.free for p in model.parameters[:position])]
        low, high = np.full(sets, -Z_EDGE), np.full(sets, Z_EDGE)
        share = np.linspace(0, 1, ZOOM_NODES)
        for _ in range(ZOOMS):
            z = low[:, None] + (high - low)[:, None] * share
            found = log_density(np.square(whitening.value(z))) - 0.5 * np.square(z)
            inside = found > found.max(axis=1, keepdims=True) - LEFT_OUT
            first = np.maximum(inside.argmax(axis=1) - 1, 0)
            last = np.minimum(ZOOM_NODES - inside[:, ::-1].argmax(axis=1), ZOOM_NODES - 1)
            rows = np.arange(sets)
            low, high = z[rows, first], z[rows, last]
        z = low[:, None] + (high - low)[:, None] * np.linspace(0, 1, nodes)
        squares = np.square(whitening.value(z))
        return cls(squares=squares, log_weight=-0.5 * np.square(z))


def why_not(model: StackedModel, weights: Array) -> str:
    """Say why a contrast of these weights cannot be had by quadrature; empty where it can."""
    located = [p for p in model.parameters if p.kind in FIXED_PART]
    if not all(isinstance(p.prior, Normal) for p in located):
        return "a mean has another prior than a normal one"
    density = model.density
    if density.inside.strata[1:]:
        return "there are levels inside the units"
    if any(p.group is not None for p in model.parameters if p.family == NOISE):
        return "groups have an SD of a reading each"
    if any(p.family.what is What.PLACE for p in model.parameters):
        return "spreads are drawn towards a typical one"
    if isinstance(density, BlockStack):
        numbers = [np.stack([p.prior.mean, p.prior.sd]) for p in located]  # type: ignore[attr-defined]
        alike = all(np.array_equal(numbers[0], other) for other in numbers)
        if not alike or abs(weights.sum()) > 1e-9:
            return "the contrast does not cancel what blocks have in common"
        if len(density.kinds) > 1 or not density.kinds[0].alone:
            return "several factors differ from block to block"
        if len(_places(model, density.kinds[0].scales[1])) > 1:
            return "groups differ from block to block with a spread each"
        return ""
    assert isinstance(density, UnitStack)
    if any(np.ptp(density.inside.members[density.group == g]) for g in range(len(located))):
        return "units of a group have unequal numbers of readings"
    if len(_places(model, density.scale)) > 1 and np.count_nonzero(weights) > 2:
        return "the contrast is of more than two groups with a spread each"
    return ""


def difference(model: StackedModel, weights: Array) -> NormalMixture:
    """Return the posterior of a contrast, standardised, as a mixture of normals.

    Parameters
    ----------
    model
        Data sets whose units or blocks are taken as normal, whatever the model says of nu.
    weights
        Of the group means, shape (groups,); `why_not` says which can be had.
    """
    density = model.density
    if isinstance(density, BlockStack):
        return _across_blocks(model, density, weights)
    assert isinstance(density, UnitStack)
    return _between_units(model, density, weights)


def _places(model: StackedModel, family: Family) -> list[int]:
    return [i for i, p in enumerate(model.parameters) if p.family == family]


def _located(model: StackedModel) -> tuple[Array, Array]:
    """Mean and variance of the normal priors of the means, each of shape (groups, sets)."""
    means, variances = [], []
    for whitening, parameter in zip(model.whitening, model.free, strict=True):
        if parameter.kind in FIXED_PART:
            prior = whitening.prior
            assert isinstance(prior, Normal)
            means.append(np.broadcast_to(np.ravel(prior.mean), len(model)))
            variances.append(np.broadcast_to(np.ravel(np.square(prior.sd)), len(model)))
    return np.stack(means), np.stack(variances)


def _noise(model: StackedModel) -> Scale:
    """Nodes of sigma^2, weighted with the scatter of readings; one node of 0 without sigma."""
    inside = model.density.inside
    if not inside.strata:
        return Scale(squares=np.zeros((len(model), 1)), log_weight=np.zeros((len(model), 1)))
    first = inside.strata[0]
    freedom, squares = first.freedom.sum(), first.squares.sum(axis=0)[:, None]

    def log_density(sigma2: Array) -> Array:
        return -0.5 * (freedom * np.log(sigma2) + squares / sigma2)

    found = Scale.of(model, _places(model, NOISE)[0], NODES_SIGMA, log_density)
    return Scale(squares=found.squares, log_weight=found.log_weight + log_density(found.squares))


def _typical(scale: Scale) -> Array:
    """Square at the node of most weight, shape (sets,)."""
    chosen = scale.log_weight.argmax(axis=1)
    return np.asarray(scale.squares[np.arange(len(scale.squares)), chosen])


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class _Sample:
    """Normal values about one mean: how many, their mean and squared deviations; (sets,)."""

    count: int
    mean: Array
    squares: Array
    prior_mean: Array
    prior_variance: Array

    @classmethod
    def of(cls, values: Array, prior_mean: Array, prior_variance: Array) -> Self:
        mean = values.mean(axis=0)
        return cls(
            count=len(values),
            mean=mean,
            squares=np.square(values - mean).sum(axis=0),
            prior_mean=prior_mean,
            prior_variance=prior_variance,
        )

    def log_density(self, variance: Array) -> Array:
        """Log density of the values, their mean integrated out; variance (sets, ...)."""
        shape = (-1,) + (1,) * (variance.ndim - 1)
        squares, gap = self.squares.reshape(shape), (self.mean - self.prior_mean).reshape(shape)
        whole = variance / self.count + self.prior_variance.reshape(shape)
        found = (self.count - 1) * np.log(variance) + squares / variance
        return -0.5 * (found + np.log(whole) + np.square(gap) / whole)

    def posterior(self, variance: Array) -> tuple[Array, Array]:
        """Mean and variance of their mean given the variance of a value, (sets, ...)."""
        shape = (-1,) + (1,) * (variance.ndim - 1)
        own, prior = variance / self.count, self.prior_variance.reshape(shape)
        share = prior / (own + prior)
        centre = self.prior_mean.reshape(shape)
        return centre + share * (self.mean.reshape(shape) - centre), share * own


def _between_units(model: StackedModel, density: UnitStack, weights: Array) -> NormalMixture:
    prior_mean, prior_variance = _located(model)
    means, members = density.inside.means, density.inside.members
    groups = [
        _Group(
            sample=_Sample.of(means[density.group == g], prior_mean[g], prior_variance[g]),
            readings=float(members[density.group == g][0]),
        )
        for g in range(len(weights))
    ]
    noise, places = _noise(model), _places(model, density.scale)
    if len(places) == 1:
        return _one_spread(model, places[0], groups, noise, weights)
    typical = _typical(noise)[:, None]
    shares, parts, logs = [], [], noise.log_weight.copy()
    for group, place, w in zip(groups, places, weights, strict=True):
        tau = Scale.of(model, place, NODES_TAU, lambda t, g=group: g.log_density(t, typical))  # type: ignore[misc]
        variance = group.variance(tau.squares[:, None, :], noise.squares[:, :, None])
        own = group.sample.log_density(variance) + tau.log_weight[:, None, :]
        top = own.max(axis=2, keepdims=True)
        weight = np.exp(own - top)
        total = weight.sum(axis=2, keepdims=True)
        logs += (top + np.log(total))[:, :, 0]
        if w:
            shares.append(weight / total)
            parts.append((w, *group.sample.posterior(variance)))
    sigma_share = _normalised(logs)[:, :, None, None]
    if len(parts) == 1:
        w, centre, variance = parts[0]
        return _collected(sigma_share[..., 0] * shares[0], w * centre, abs(w) * np.sqrt(variance))
    (w, m, v), (x, n, u) = parts
    weight = sigma_share * shares[0][:, :, :, None] * shares[1][:, :, None, :]
    centre = w * m[:, :, :, None] + x * n[:, :, None, :]
    variance = w**2 * v[:, :, :, None] + x**2 * u[:, :, None, :]
    return _collected(weight, centre, np.sqrt(variance))


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class _Group:
    """The unit means of a group, each of so many readings."""

    sample: _Sample
    readings: float

    def variance(self, tau2: Array, sigma2: Array) -> Array:
        """Variance of a unit's mean."""
        return tau2 + sigma2 / self.readings

    def log_density(self, tau2: Array, sigma2: Array) -> Array:
        """Log density of the unit means, their group's mean integrated out."""
        return self.sample.log_density(self.variance(tau2, sigma2))


def _one_spread(
    model: StackedModel, place: int, groups: Sequence[_Group], noise: Scale, weights: Array
) -> NormalMixture:
    """Integrate where all groups share tau."""
    typical = _typical(noise)[:, None]

    def together(tau2: Array, sigma2: Array) -> Array:
        return np.asarray(sum(group.log_density(tau2, sigma2) for group in groups))

    tau = Scale.of(model, place, NODES_TAU, lambda t: together(t, typical))
    tau2, sigma2 = tau.squares[:, None, :], noise.squares[:, :, None]
    logs = noise.log_weight[:, :, None] + tau.log_weight[:, None, :] + together(tau2, sigma2)
    parts = [group.sample.posterior(group.variance(tau2, sigma2)) for group in groups]
    centre = sum(w * part[0] for w, part in zip(weights, parts, strict=True))
    variance = sum(w**2 * part[1] for w, part in zip(weights, parts, strict=True))
    return _collected(_normalised(logs), np.asarray(centre), np.sqrt(variance))


def _across_blocks(model: StackedModel, density: BlockStack, weights: Array) -> NormalMixture:
    prior_mean, prior_variance = _located(model)
    cells = density.inside.means.reshape(-1, density.groups, len(model))
    axes = density.basis
    turned = np.einsum("bgs,ge->bes", cells, axes)
    shifted = np.einsum("gs,ge->es", prior_mean, axes)
    # Along the axes means are independent, and so are their priors, which are all alike.
    samples = [
        _Sample.of(turned[:, e], shifted[e], prior_variance[0]) for e in range(density.groups)
    ]
    noise = _noise(model)
    typical = _typical(noise)[:, None] / density.inside.members[0]
    (kind,) = density.kinds
    (level,), (effect,) = (_places(model, scale) for scale in kind.scales)
    across = Scale.of(
        model,
        effect,
        NODES_TAU,
        lambda t: np.asarray(sum(s.log_density(0.5 * t + typical) for s in samples[1:])),
    )
    middle = 0.5 * _typical(across)[:, None] + typical
    along = Scale.of(
        model,
        level,
        NODES_TAU,
        lambda t: samples[0].log_density(density.groups * t + middle),
    )
    v = 0.5 * across.squares[:, None, :] + (noise.squares / density.inside.members[0])[:, :, None]
    whole = density.groups * along.squares[:, None, None, :] + v[:, :, :, None]
    own = samples[0].log_density(whole) + along.log_weight[:, None, None, :]
    top = own.max(axis=3)
    logs = noise.log_weight[:, :, None] + across.log_weight[:, None, :]
    logs = logs + top + np.log(np.exp(own - top[..., None]).sum(axis=3))
    logs = logs + sum(sample.log_density(v) for sample in samples[1:])
    turned_weights = (axes.T @ weights)[1:]
    centre: Array | float = 0.0
    variance: Array | float = 0.0
    for w, sample in zip(turned_weights, samples[1:], strict=True):
        own_mean, own_variance = sample.posterior(v)
        centre, variance = centre + w * own_mean, variance + w**2 * own_variance
    return _collected(_normalised(logs), np.asarray(centre), np.sqrt(variance))


def _normalised(logs: Array) -> Array:
    """Weights of nodes that sum to one in every data set."""
    axes = tuple(range(1, logs.ndim))
    weight = np.exp(logs - logs.max(axis=axes, keepdims=True))
    return np.asarray(weight / weight.sum(axis=axes, keepdims=True))


def _collected(weight: Array, centre: Array, width: Array) -> NormalMixture:
    """Collect nodes into classes of their SD: one normal of the right mean and variance each."""
    sets = len(weight)
    weight, centre, width = (part.reshape(sets, -1) for part in (weight, centre, width))
    if weight.shape[1] <= CLASSES:
        return NormalMixture(weight=weight, centre=centre, width=width)
    mean = (weight * centre).sum(axis=1, keepdims=True)
    log_width = np.log(width)
    # Nodes far out carry next to nothing: they share the first and the last class.
    middle = (weight * log_width).sum(axis=1, keepdims=True)
    scatter = np.sqrt((weight * np.square(log_width - middle)).sum(axis=1, keepdims=True))
    low, size = middle - 3.5 * scatter, np.maximum(8 * scatter, 1e-12)
    at = np.clip((log_width - low) * (CLASSES / size), 0, CLASSES - 1)
    place = (at.astype(np.intp) + CLASSES * np.arange(sets)[:, None]).ravel()

    def total(values: Array) -> Array:
        return np.bincount(place, values.ravel(), sets * CLASSES).reshape(sets, CLASSES)

    gap = centre - mean
    first = weight * gap
    mass = total(weight)
    safe = np.maximum(mass, 1e-300)
    middle = total(first) / safe
    second = total(first * gap + weight * np.square(width)) / safe - np.square(middle)
    known = mass > 1e-30
    return NormalMixture(
        weight=np.where(known, mass, 0.0),
        centre=np.where(known, mean + middle, mean),
        width=np.where(known, np.sqrt(np.maximum(second, 1e-300)), 1.0),
    )
