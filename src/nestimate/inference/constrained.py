r"""Evidence of a model in which one contrast of group means is exactly zero.

With normal priors mu_g = m_g + s_g z_g the constraint w'mu = c is a hyperplane of z::

    z = z_0 + N u,   z_0 = v (c - w'm) / v'v,   v = w s,   N orthonormal to v,   u ~ N(0, I)

which is the prior of the means given the constraint, so that the ratio of evidences is the
Savage-Dickey ratio of the difference's posterior and prior densities.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nestimate.errors import DesignError
from nestimate.inference import importance, work
from nestimate.inference.diagnostics import K_LIMIT, kish
from nestimate.inference.target import Target
from nestimate.model import triangular
from nestimate.model.model import Model
from nestimate.model.priors import Fixed, Normal
from nestimate.remedies import Remedy

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Plane:
    """Where a contrast of group means is zero, in the engine's coordinates.

    Attributes
    ----------
    model
        The model without the constraint.
    origin, basis
        z_0, shape (free means,), and N, shape (free means, free means - 1).
    mean, sd
        Of the contrast's normal prior, in the user's unit.
    """

    model: Model
    origin: Array
    basis: Array
    mean: float
    sd: float

    @classmethod
    def of(cls, model: Model, weights: Array, against: float) -> "Plane":
        """Return the plane of `weights @ mu == against`.

        Raises
        ------
        DesignError
            When a group mean has no normal prior, or all of them are fixed.
        """
        mean, slopes = -against, []
        locations = [p for p in model.parameters if p.kind == "location"]
        for parameter, weight in zip(locations, weights, strict=True):
            prior = parameter.prior
            if isinstance(prior, Fixed):
                mean += weight * prior.value
            elif isinstance(prior, Normal):
                mean += weight * prior.mean
                slopes.append(weight * prior.sd)
            else:
                raise DesignError(
                    f"a Bayes factor needs normal priors of the group means; that of "
                    f"{parameter.label} is {prior}. Write ",
                    Remedy("prior", "mu = normal(MEAN, SD)"),
                    ".",
                )
        v = np.array(slopes)
        length = float(np.linalg.norm(v))
        if not length:
            raise DesignError("a Bayes factor needs a group mean that is not fixed by its prior.")
        basis = np.linalg.svd(v[None, :])[2][1:].T
        return cls(
            model=model, origin=-mean * v / length**2, basis=basis, mean=float(mean), sd=length
        )

    def embed(self, z: Array) -> Array:
        """Points (draws, dim) of the model for points (draws, dim - 1) of the plane."""
        inside = self.basis.shape[1]
        return np.hstack([self.origin + z[:, :inside] @ self.basis.T, z[:, inside:]])

    def log_likelihood(self, z: Array, shared: Any) -> Array:
        """Log density of the readings in the plane."""
        return self.model.log_likelihood(self.embed(z), shared)

    def warp(self, z: Array) -> tuple[Array, Array, Array, Any]:
        """Return centre and precision within the plane; see `Model.warp`."""
        centre, axes, root, shared = self.model.warp(self.embed(z))
        along = np.swapaxes(root, 1, 2) @ (axes.T @ self.basis)
        pull = triangular.turned(along, triangular.turned(root, (centre - self.origin) @ axes))
        inside = triangular.factor(np.swapaxes(along, 1, 2) @ along)
        found = triangular.solved_back(inside, triangular.solved(inside, pull))
        return found, np.eye(found.shape[1]), inside, shared


def log_evidence(plane: Plane, *, ess: float, seed: int) -> tuple[float, float]:
    """Log evidence with the contrast exactly zero, and its standard error; NaN if it cannot be."""
    model = plane.model
    start = model.start()
    means = plane.origin.size
    inside = (start[:means] - plane.origin) @ plane.basis
    ridge = model.ridge
    with work.threads() as threads:
        found = importance.sample(
            Target(
                log_likelihood=plane.log_likelihood,
                warp=plane.warp,
                rivals=lambda z: np.empty((0, z.size)),
                ridge=None if ridge is None else ridge - 1,
                threads=threads,
            ),
            np.concatenate([inside, start[means:]]),
            lambda _, weights: kish(weights),
            ess,
            np.random.default_rng([seed, 3]),
        )
    if found.pareto_k > K_LIMIT:
        return np.nan, np.nan
    rows = model.design.readings.value.size
    scale = rows * float(np.log(model.design.yardstick.spread))
    return found.log_evidence - scale, found.log_evidence_se
