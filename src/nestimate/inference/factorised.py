"""A proposal for many groups: given what they share, each group is drawn on its own.

Given the parameters that all groups share, s, the posterior of one group's parameters x_b does not
depend on the other groups. So a mixture of t's is fitted to (s, x_b) of every group in turn, and::

    q(x) = q(s) prod_b q_b(x_b | s),   q_b(x_b | s) = m_b(s, x_b) / m_b(s)

where both m_b are mixtures of t's. A few dimensions at a time take few draws to learn, however many
groups there are. Where cells of blocks have many scales the means of all, straightened, are nearly
round whatever the scales: one t of many degrees of freedom does for them.
"""

from dataclasses import dataclass, replace
from math import log
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.inference.mixture import DEFENSIVE, Mixture, fit_mixture, log_sum, wide_component
from nestimate.inference.target import Density, Parts

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Degrees of freedom of the t of what is round, and how much wider it is than the draws.
NEARLY_NORMAL, EVEN = 40.0, 1.02


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Factorised:
    """Shared parameters and blocks of others that are independent given them.

    Attributes
    ----------
    columns
        Columns of the shared parameters, and of each block.
    round, level
        Columns that do not depend on the others, and the proposal of these; None where there are
        none.
    shared
        Proposal of the shared parameters.
    blocks
        Mixture over (shared, block) for each block.
    aside, share
        A mixture over all columns that is drawn from as well, and how often.
    """

    columns: tuple[Codes, tuple[Codes, ...]]
    shared: Mixture
    blocks: tuple[Mixture, ...]
    round: Codes
    level: Mixture | None = None
    aside: Mixture | None = None
    share: float = 0.0

    @classmethod
    def fit(
        cls,
        x: Array,
        weights: Array,
        parts: Parts,
        components: int,
        rng: np.random.Generator,
    ) -> Self:
        """Fit every mixture to weighted draws, x of shape (draws, dim)."""
        blocks, even = parts.blocks, parts.round
        shared = np.setdiff1d(np.arange(x.shape[1]), np.concatenate([even, *blocks]))
        return cls(
            columns=(shared, blocks),
            round=even,
            level=_level(x[:, even], weights) if even.size else None,
            shared=fit_mixture(x[:, shared], weights, components, rng),
            blocks=tuple(
                fit_mixture(x[:, np.concatenate([shared, block])], weights, components, rng)
                for block in blocks
            ),
        )

    def joined(self, other: Mixture, share: float) -> Self:
        """Return the mixture of both, `share` of it the other."""
        if self.aside is None:
            return replace(self, aside=other, share=share)
        kept = self.share * (1 - share)
        both = self.aside.joined(other, share / (kept + share))
        return replace(self, aside=both, share=kept + share)

    def draw(self, n: int, target: Density, rng: np.random.Generator) -> Array:
        """Draw n points, shape (n, dim)."""
        shared, blocks = self.columns
        dim = shared.size + self.round.size + sum(block.size for block in blocks)
        defensive = int(DEFENSIVE * n)
        aside = int(self.share * (1 - DEFENSIVE) * n) if self.aside is not None else 0
        own = np.empty((n - aside - defensive, dim))
        own[:, shared] = self.shared.points(len(own), rng)
        if self.level is not None:
            own[:, self.round] = self.level.points(len(own), rng)
        for block, mixture in zip(blocks, self.blocks, strict=True):
            own[:, block] = _conditional(mixture, own[:, shared], rng)
        parts = [own, target.to_x(rng.standard_normal((defensive, dim)))]
        if self.aside is not None:
            parts.append(self.aside.points(aside, rng))
        return np.concatenate(parts)

    def log_density(self, x: Array, log_prior: Array) -> Array:
        """Log density at x, shape (draws,), given the prior's log density there."""
        shared, blocks = self.columns
        s = x[:, shared]
        own = self.shared.log_of(s)
        if self.level is not None:
            own += self.level.log_of(x[:, self.round])
        for block, mixture in zip(blocks, self.blocks, strict=True):
            own += mixture.log_of(np.hstack([s, x[:, block]]))
            own -= _leading(mixture, shared.size).log_of(s)
        logs = [own + log(1 - self.share) + log(1 - DEFENSIVE), log(DEFENSIVE) + log_prior]
        if self.aside is not None:
            logs.append(self.aside.log_of(x) + log(self.share) + log(1 - DEFENSIVE))
        return log_sum(np.stack(logs))


def _level(x: Array, weights: Array) -> Mixture:
    """Return the proposal of what is nearly normal."""
    return replace(Mixture.of([wide_component(x, weights, EVEN)], np.ones(1)), dof=NEARLY_NORMAL)


def _leading(mixture: Mixture, size: int) -> Mixture:
    """Return the marginal of the first columns: those of t's are t's."""
    return replace(
        mixture,
        centre=mixture.centre[:, :size],
        root=mixture.root[:, :size, :size],
    )


def _conditional(mixture: Mixture, s: Array, rng: np.random.Generator) -> Array:
    """Draw the last columns given the first ones, shape (draws, last columns).

    Given part of a multivariate t the rest is t again, with more degrees of freedom and a scale
    that grows with the distance of the part given (Ding 2016).
    """
    size = s.shape[1]
    marginal = _leading(mixture, size)
    logs, distance = marginal.component_log_density(s)
    logs += np.log(mixture.share)[:, None]
    edges = np.cumsum(np.exp(logs - log_sum(logs)), axis=0)
    chosen = (edges < rng.random(len(s)) * edges[-1]).sum(axis=0)
    drawn = np.empty((len(s), mixture.centre.shape[1] - size))
    for k in range(len(mixture.share)):
        mine = chosen == k
        count = int(mine.sum())
        root, centre = mixture.root[k], mixture.centre[k]
        standard = np.linalg.solve(root[:size, :size], (s[mine] - centre[:size]).T)
        dof = mixture.dof + size
        stretch = np.sqrt((mixture.dof + distance[k, mine]) / rng.chisquare(dof, count))
        normal = rng.standard_normal((drawn.shape[1], count)) * stretch
        moved = root[size:, :size] @ standard + root[size:, size:] @ normal
        drawn[mine] = centre[size:] + moved.T
    return drawn
