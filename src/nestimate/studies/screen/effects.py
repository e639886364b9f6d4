"""The distribution of effects among endpoints, a mixture of normals about zero, learnt by EM.

As ashr does (M. Stephens, Biostatistics 18(2), 2017), with the likelihood of the nested design in
place of a normal one: the scales are integrated out under every component.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.studies.screen.nodes import Likelihood

Array = NDArray[np.float64]

#: Components beside exactly nothing, and pseudo-observations of nothing: ashr's penalty.
COMPONENTS, PENALTY = 15, 9.0
#: Rounds of EM, and the change of a weight that ends them.
ROUNDS, SETTLED = 2_000, 1e-7
#: Components of less weight than this are left out.
LEAST = 1e-7


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Effects:
    """A mixture of normals about zero.

    Attributes
    ----------
    sd, weight
        Of each component, shape (components,); the first SD is 0.
    """

    sd: Array
    weight: Array

    @classmethod
    def spread(cls, effect: Array, error: Array) -> Self:
        """Lay components from what cannot be told from nothing to the largest effects seen.

        Parameters
        ----------
        effect, error
            Estimates and their standard errors, (endpoints,).
        """
        low = 0.25 * float(np.median(error))
        high = max(2 * float(np.quantile(np.abs(effect), 0.999)), 8 * low)
        sd = np.concatenate([[0.0], np.geomspace(low, high, COMPONENTS)])
        return cls(sd=sd, weight=np.full(sd.size, 1 / sd.size))

    def learnt(self, likelihood: Array) -> "Effects":
        """Return the mixture of most likely weights.

        Parameters
        ----------
        likelihood
            Of each endpoint under each component, up to a factor, (endpoints, components).
        """
        weight = self.weight
        scaled = likelihood / likelihood.max(axis=1, keepdims=True)
        extra = np.concatenate([[PENALTY], np.zeros(weight.size - 1)])
        for _ in range(ROUNDS):
            moved = weight * (scaled.T @ (1 / (scaled @ weight))) + extra
            moved /= moved.sum()
            done = np.abs(moved - weight).max() < SETTLED
            weight = moved
            if done:
                break
        kept = (weight > LEAST) | (self.sd == 0)
        return Effects(sd=self.sd[kept], weight=weight[kept] / weight[kept].sum())

    def likelihood(self, known: Likelihood, share: Array) -> Array:
        """Return the likelihood of endpoints under every component, (endpoints, components).

        Parameters
        ----------
        known
            The endpoints on nodes.
        share
            Posterior of the scales under a flat effect, (endpoints, nodes).
        """
        return np.stack([self.density(known, share, sd)[1] for sd in self.sd], axis=1)

    @staticmethod
    def density(known: Likelihood, share: Array, sd: float) -> tuple[Array, Array]:
        """Posterior of the scales under one component, unscaled, and its sum."""
        variance = known.variance + sd**2
        found = share * np.exp(-0.5 * np.square(known.effect) / variance)
        found /= np.sqrt(variance)
        return found, found.sum(axis=1)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Shrunk:
    """What the mixture makes of endpoints; all of shape (endpoints,).

    Attributes
    ----------
    mean, sd
        Of the effect.
    null
        Probability that it is exactly nothing.
    lfsr
        Local false sign rate: probability that its sign is not the one that is more probable.
    inside
        Probability that it lies in the ROPE; NaN without one.
    """

    mean: Array
    sd: Array
    null: Array
    lfsr: Array
    inside: Array

    @classmethod
    def of(
        cls,
        effects: Effects,
        known: Likelihood,
        share: Array,
        rope: tuple[Array, Array] | None,
    ) -> Self:
        """Work out the posterior of the effects.

        Parameters
        ----------
        effects
            Their distribution among endpoints.
        known, share
            As in `Effects.likelihood`.
        rope
            Its ends for each endpoint, (endpoints, 1).
        """
        size = len(share)
        first, second, wrong = np.zeros(size), np.zeros(size), np.zeros(size)
        inside, total, null = np.zeros(size), np.zeros(size), np.zeros(size)
        toward = np.where((share * known.effect).sum(axis=1) < 0, -1.0, 1.0)[:, None]
        for sd, weight in zip(effects.sd, effects.weight, strict=True):
            found, mass = effects.density(known, share, float(sd))
            mass = weight * mass
            total += mass
            if sd == 0:
                null += mass
                inside += mass
                continue
            found *= weight
            pull = sd**2 / (sd**2 + known.variance)
            centre, width = pull * known.effect, np.sqrt(pull * known.variance)
            first += (found * centre).sum(axis=1)
            second += (found * (np.square(centre) + np.square(width))).sum(axis=1)
            wrong += (found * special.ndtr(-toward * centre / width)).sum(axis=1)
            if rope is not None:
                between = special.ndtr((rope[1] - centre) / width)
                between -= special.ndtr((rope[0] - centre) / width)
                inside += (found * between).sum(axis=1)
        mean = first / total
        return cls(
            mean=mean,
            sd=np.sqrt(np.maximum(second / total - np.square(mean), 0)),
            null=null / total,
            lfsr=np.minimum((null + wrong) / total, 1.0),
            inside=np.full(size, np.nan) if rope is None else np.minimum(inside / total, 1.0),
        )

    def columns(self, unit: Array) -> dict[str, Array]:
        """Return it by the names of columns, in the unit of the values."""
        return {
            "shrunk": unit * self.mean,
            "shrunk_sd": unit * self.sd,
            "lfsr": self.lfsr,
            "p_null": self.null,
            "p_in_rope": self.inside,
        }


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Flat:
    """Posterior of effects under a flat prior: a mixture of normals on the nodes of the scales.

    Attributes
    ----------
    centre, width, share
        Of each node, broadcast to (endpoints, nodes).
    """

    centre: Array
    width: Array
    share: Array

    @classmethod
    def of(cls, known: Likelihood, share: Array) -> Self:
        """Take the nodes as they are."""
        return cls(centre=known.effect, width=np.sqrt(known.variance), share=share)

    @property
    def mean(self) -> Array:
        """Posterior mean, (endpoints,)."""
        return np.asarray((self.share * self.centre).sum(axis=1))

    @property
    def sd(self) -> Array:
        """Posterior SD, (endpoints,)."""
        gap = self.centre - self.mean[:, None]
        return np.asarray(
            np.sqrt((self.share * (np.square(self.width) + np.square(gap))).sum(axis=1))
        )

    def below(self, x: Array) -> Array:
        """Probability below x, (endpoints,)."""
        z = (x[:, None] - self.centre) / self.width
        return np.asarray((self.share * special.ndtr(z)).sum(axis=1))

    def above(self, x: Array) -> Array:
        """Probability above x, with its digits where it is small."""
        return Flat(centre=-self.centre, width=self.width, share=self.share).below(-x)

    def shrunk(self, rope: tuple[Array, Array] | None) -> Shrunk:
        """Return it as if it were shrunk, which a flat prior does not do."""
        zero = np.zeros(len(self.share))
        inside = np.full(len(zero), np.nan)
        if rope is not None:
            inside = self.below(rope[1][:, 0]) - self.below(rope[0][:, 0])
        return Shrunk(
            mean=self.mean,
            sd=self.sd,
            null=zero,
            lfsr=np.minimum(self.below(zero), self.above(zero)),
            inside=inside,
        )

    def interval(self, probability: float) -> tuple[Array, Array]:
        """Return the ends of the equal-tailed interval, each (endpoints,)."""
        tail = 0.5 * (1 - probability)
        upper = self.upper(tail)
        if self.centre.shape[1] == 1:  # symmetric about the estimate
            return 2 * self.centre[:, 0] - upper, upper
        turned = Flat(centre=-self.centre, width=self.width, share=self.share)
        return -turned.upper(tail), upper

    def upper(self, tail: float) -> Array:
        """Value above which the tail lies: Newton on the log of what lies above."""
        sd = self.sd
        x = self.mean - special.ndtri(tail) * sd
        for _ in range(8):
            z = (x[:, None] - self.centre) / self.width
            above = (self.share * special.ndtr(-z)).sum(axis=1)
            density = (self.share * np.exp(-0.5 * np.square(z)) / self.width).sum(axis=1)
            density /= np.sqrt(2 * np.pi)
            step = (np.log(above) - np.log(tail)) * above / np.maximum(density, 1e-300)
            x = x + np.clip(step, -sd, sd)
        return x


def shrunk_by(
    effects: Effects | None, known: Likelihood, share: Array, rope: tuple[Array, Array] | None
) -> Shrunk:
    """Return what a mixture of effects makes of endpoints; None leaves them as they are."""
    if effects is None:
        return Flat.of(known, share).shrunk(rope)
    return Shrunk.of(effects, known, share, rope)
