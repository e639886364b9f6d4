"""The fallback engine: NUTS on the PyMC twin, for what cannot be integrated by hand."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nestimate.inference import work
from nestimate.model.draws import POOLED, Draws
from nestimate.model.grouped import slopes_of
from nestimate.model.model import Model
from nestimate.model.priors import Fixed
from nestimate.model.twin import to_pymc

Array = NDArray[np.float64]

#: Chains, warm-up of each, draws of each in the first run, and at most.
CHAINS, WARM_UP, FIRST, MOST = 4, 1000, 1500, 25_000
#: Draws of each chain where there is one run and no other.
ONLY = 5000
#: Acceptance rates tried, the next one where some transitions diverged.
ACCEPTANCE = (0.95, 0.99, 0.998)
#: Above this the chains have not agreed (Vehtari et al., Bayesian Analysis 16(2), 2021).
R_HAT_LIMIT = 1.01


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Chains:
    """Draws of all chains, one after another.

    Attributes
    ----------
    draws
        Of all parameters, in the user's unit.
    effects, slopes
        True means of units or cells (draws, members), and slopes of blocks (draws, blocks,
        slopes); no columns where there are none.
    ess, r_hat, divergences
        The smaller of bulk and tail ess of the worst parameter, the largest r_hat, and transitions
        that diverged.
    log
        What was done.
    """

    draws: Draws
    effects: Array
    slopes: Array
    ess: float
    r_hat: float
    divergences: int
    log: tuple[str, ...]


def installed() -> bool:
    """Whether PyMC is there to sample with."""
    return find_spec("pymc") is not None


def sample_twin(model: Model, *, ess: float, seed: int, once: bool = False) -> Chains:
    """Sample the PyMC twin of a model until `ess` effective draws stand behind every parameter.

    Parameters
    ----------
    model, ess, seed
        What is sampled, how many effective draws are wanted, and the seed.
    once
        Run the chains a single time, whatever comes of it.

    Raises
    ------
    NestimateError
        When PyMC is not installed.
    """
    twin, log = to_pymc(model), []
    draws, tries = (ONLY, [ACCEPTANCE[1]]) if once else (FIRST, list(ACCEPTANCE))
    while True:
        work.say(f"PyMC draws {CHAINS} chains of {WARM_UP + draws:,}: a minute or more")
        found = _run(twin, draws, tries[0], seed)
        posterior = found.posterior.to_dataset()
        reached, r_hat = _diagnosed(posterior[_monitored(model)])
        divergences = int(found.sample_stats["diverging"].sum())
        log.append(_said(draws, tries[0], reached, r_hat, divergences))
        if once:
            break
        if divergences and len(tries) > 1:
            tries.pop(0)
        elif reached < ess and not divergences and draws < MOST:
            draws = int(min(MOST, 1.2 * draws * ess / max(reached, 1.0)))
        else:
            break
    stacked = {
        str(name): values.to_numpy().reshape(CHAINS * values.shape[1], *values.shape[2:])
        for name, values in posterior.data_vars.items()
    }
    effects, slopes = _effects(model, stacked)
    return Chains(
        draws=_draws(model, stacked),
        effects=effects,
        slopes=slopes,
        ess=reached,
        r_hat=r_hat,
        divergences=divergences,
        log=tuple(log),
    )


def _run(twin: Any, draws: int, acceptance: float, seed: int) -> Any:
    import pymc as pm  # noqa: PLC0415 - optional, and slow to import

    logging.getLogger("pymc").setLevel(logging.WARNING)  # it would name its samplers
    with twin:
        return pm.sample(
            draws=draws,
            tune=WARM_UP,
            chains=CHAINS,
            cores=2,
            target_accept=acceptance,
            random_seed=seed,
            progressbar=False,
            compute_convergence_checks=False,
            nuts_sampler="nutpie" if find_spec("nutpie") else "pymc",
        )


def _monitored(model: Model) -> list[str]:
    free = dict.fromkeys(parameter.name for parameter in model.free)
    return list(dict.fromkeys([*free, *(["mu"] if model.design.structure.text else [])]))


def _diagnosed(posterior: Any) -> tuple[float, float]:
    """Worst ess and r_hat of all free numbers."""
    statistics = import_module("arviz_stats")
    found = [statistics.ess(posterior, method=method) for method in ("bulk", "tail")]
    ess = min(float(x.min()) for one in found for x in one.data_vars.values())
    r_hat = statistics.rhat(posterior)
    return ess, max(float(x.max()) for x in r_hat.data_vars.values())


def _said(draws: int, acceptance: float, ess: float, r_hat: float, divergences: int) -> str:
    return (
        f"NUTS: {CHAINS} x {draws} draws, acceptance {acceptance}, ess {ess:.0f}, r_hat "
        f"{r_hat:.3f}, {divergences} divergences"
    )


def _draws(model: Model, stacked: Mapping[str, Array]) -> Draws:
    size = len(next(iter(stacked.values())))
    found = {}
    for name in ("mu", POOLED, *model.names):
        if name in stacked:
            found[name] = stacked[name].reshape(size, -1)
        else:
            fixed = [
                p.prior.value
                for p in model.parameters
                if isinstance(p.prior, Fixed) and p.name == name
            ]
            found[name] = np.broadcast_to(np.array(fixed), (size, len(fixed))).copy()
    return model.draws(found)


def _effects(model: Model, stacked: Mapping[str, Array]) -> tuple[Array, Array]:
    size = len(next(iter(stacked.values())))
    terms = model.design.structure
    if not terms.text:
        name = "cell_mean" if terms.home is None else "unit_mean"
        found = stacked.get(name, np.empty((size, 0)))
        return found.reshape(size, -1), np.empty((size, 0, 0))
    if "effects" not in stacked:
        return np.empty((size, 0)), np.empty((size, 0, 0))
    own = stacked["effects"]
    cells = stacked["mu"][:, None, :] + own @ terms.cells.T
    return cells.reshape(size, -1), slopes_of(terms, stacked["beta"], own)
