"""A posterior in the coordinates in which it is sampled."""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from nestimate.model import triangular

Array = NDArray[np.float64]
LogDensity = Callable[[Array], Array]
#: Centre and precision of the first l coordinates as functions of the others.
#: The last is what the log likelihood may use again.
Warp = Callable[[Array], tuple[Array, Array, Array, Any]]

#: Draws evaluated together: small enough that their nodes stay in the cache.
CHUNK = 1024
LOG_2PI = float(np.log(2 * np.pi))


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Parts:
    """Which coordinates depend on which others.

    Attributes
    ----------
    blocks
        Columns of sets of coordinates that are independent of each other given the rest.
    round
        Columns that are nearly normal whatever the others are.
    """

    blocks: tuple[NDArray[np.intp], ...] = ()
    round: NDArray[np.intp] = field(default_factory=lambda: np.empty(0, dtype=np.intp))

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.blocks or self.round.size)


class Density(Protocol):
    """What the sampler needs of a posterior; `Target` says what each of these is.

    Points z may have more columns than x: those of what is integrated out, drawn given x.
    """

    @property
    def ridge(self) -> int | None: ...  # noqa: D102

    @property
    def threads(self) -> Executor: ...  # noqa: D102

    @property
    def parts(self) -> Parts: ...  # noqa: D102

    def to_x(self, z: Array) -> Array: ...  # noqa: D102

    def rivals(self, z: Array) -> Array: ...  # noqa: D102

    def evaluate(self, x: Array) -> tuple[Array, Array, Array]: ...  # noqa: D102

    def log_posterior(self, x: Array) -> Array: ...  # noqa: D102


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Target:
    """The posterior in coordinates x in which it is nearly round.

    Attributes
    ----------
    log_likelihood
        Log density of the data, (z of shape (draws, dim), what `warp` shares) -> (draws,); the
        prior of z is N(0, I).
    warp
        Of the first l columns of z the centre (draws, l), axes A (l, l), and lower triangular L
        (draws, l, l) with A L L'A' their precision, as functions of the other columns. There
        x = A L'A'(z - centre), elsewhere x = z: the funnel of means and scales is straightened.
    rivals
        Starting points (k, dim) in z from which other peaks may be reached, given the first peak.
    ridge
        Column along which the posterior may trail off in a long thin ridge, or None.
    parts
        Which coordinates depend on which others.
    threads
        Where chunks of draws are evaluated. Chunks have a fixed size, so their number of threads
        changes no digit.
    """

    log_likelihood: Callable[[Array, Any], Array]
    warp: Warp
    rivals: Callable[[Array], Array]
    ridge: int | None
    threads: Executor
    parts: Parts = field(default_factory=Parts)

    def to_x(self, z: Array) -> Array:
        """Coordinates x of points z."""
        return self.from_z(z)[0]

    def from_z(self, z: Array) -> tuple[Array, Array]:
        """Coordinates x of points z, and the log prior N(0, I) of z as a density of x."""
        centre, axes, root, _ = self.warp(z)
        x = z.copy()
        first = centre.shape[1]
        x[:, :first] = triangular.turned(root, (z[:, :first] - centre) @ axes) @ axes.T
        return x, _log_normal(z) - triangular.log_diagonal(root)

    def evaluate(self, x: Array) -> tuple[Array, Array, Array]:
        """Points z of coordinates x, their log prior N(0, I) as a density of x, and log likelihood.

        Shapes (draws, dim), (draws,), (draws,); a density that is no number counts as zero.
        """
        pieces = [x[i : i + CHUNK] for i in range(0, len(x), CHUNK)]
        found = (
            list(self.threads.map(self._evaluate, pieces))
            if len(pieces) > 1
            else [self._evaluate(x)]
        )
        z, log_prior, log_likelihood = (np.concatenate(part) for part in zip(*found, strict=True))
        return z, log_prior, np.where(np.isfinite(log_likelihood), log_likelihood, -np.inf)

    def _evaluate(self, x: Array) -> tuple[Array, Array, Array]:
        centre, axes, root, shared = self.warp(x)
        z = x.copy()
        first = centre.shape[1]
        z[:, :first] = centre + triangular.solved_back(root, x[:, :first] @ axes) @ axes.T
        log_prior = _log_normal(z) - triangular.log_diagonal(root)
        return z, log_prior, self.log_likelihood(z, shared)

    def log_posterior(self, x: Array) -> Array:
        """Log density in x, up to the evidence."""
        _, log_prior, log_likelihood = self.evaluate(x)
        return np.maximum(log_prior + log_likelihood, -1e300)


def _log_normal(z: Array) -> Array:
    return np.asarray(-0.5 * (np.square(z).sum(axis=1) + z.shape[1] * LOG_2PI))
