"""What many tests use: fits that are shaped like a posterior and cost next to nothing."""

import json
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest
from hypothesis import settings

from nestimate.inference import importance
from nestimate.inference.fit import Fit
from nestimate.inference.importance import Sample, _Draws
from nestimate.inference.mixture import Mixture
from nestimate.inference.peaks import find_peaks
from nestimate.results.exports import storage

#: Draws of a shaped fit.
DRAWS = 400


def pytest_addoption(parser):
    parser.addoption(
        "--thorough",
        action="store_true",
        help="real fits also for tests of words, files and figures; more random examples",
    )


def pytest_configure(config):
    settings.register_profile("few", max_examples=4)
    settings.register_profile("many", max_examples=12)
    settings.load_profile("many" if config.getoption("--thorough") else "few")


@pytest.fixture
def shaped(request):
    """A few draws around the peaks of the posterior pass for a sample that met every demand.

    For tests of what is said, written and drawn, not of what is right. Tables, designs, models,
    densities, priors and all that is worked out of draws are the real ones; `--thorough`
    (as `make test-all` says) lets the same tests run with the real sampler.
    """
    with _shaped(request.config):
        yield


@pytest.fixture(scope="module")
def shaped_module(request):
    """`shaped`, for all tests and fixtures of a module."""
    with _shaped(request.config):
        yield


@contextmanager
def _shaped(config):
    if config.getoption("--thorough"):
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(importance, "sample", _around_peaks)
        patch.setattr(Fit, "from_model", classmethod(_trusted))
        yield


def _around_peaks(target, start, measure, wanted, rng):
    draws = _Draws(target=target, rng=rng)
    draws.extend(Mixture.around(find_peaks(target, start)), DRAWS)
    weights, k = importance.smooth_weights(draws.log_weights)
    return Sample(
        z=draws.z,
        weights=weights,
        log_weights=draws.log_weights,
        log_likelihood=draws.log_posterior - draws.log_prior,
        pareto_k=min(0.3, k),  # else NUTS would be asked
        ess=wanted,
        log_evidence=float(importance.log_sum(draws.log_weights[:, None].T)[0]),
        log_evidence_se=0.01,
        log=("shaped for a test",),
    )


_real = Fit.from_model.__func__


#: Shaped fits of this process, by the numbers and the structure of their design.
_fits = {}


def _trusted(cls, model, *, ess, seed):
    """Fit each design once, whatever its table was called and however it was written."""
    key = (_content(model), min(ess, DRAWS), seed)
    if key not in _fits:
        _fits[key] = _real(cls, model, ess=min(ess, DRAWS), seed=seed)
    kept = _fits[key]
    draws = replace(kept.draws, structure=model.design.structure, parameters=model.parameters)
    return replace(kept, model=model, draws=draws, ess=max(ess, kept.ess))


def _content(model):
    """Return a digest of all that a fit depends on."""
    design, arrays = model.design, []
    parts = (design.structure, design.readings, design.scatter, design.yardstick)
    told = [storage._plain(part, arrays) for part in (*parts, design.roles, model.assumptions)]
    # A fit with another prior is another fit, whatever the assumptions say.
    told.append([(p.label, repr(p.prior)) for p in model.parameters])
    digest = sha256(json.dumps(told).encode())
    for array in arrays:
        digest.update(repr((array.shape, array.dtype.str)).encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
