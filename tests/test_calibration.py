"""Simulation-based calibration: see `calibration` for the method, `templates` for the cases.

A correct program fails a template with a chance of at most 1 in 1,000 and so this whole file, were
its seeds drawn anew, in 1 of 40 runs; the seeds are fixed, and a failure stays one.
"""

from pathlib import Path

import numpy as np
import pytest

from broken import BROKEN
from calibration import (
    ALPHA,
    JOINT,
    Calibration,
    calibrate,
    kind_of,
    pooled,
    simulate_and_rank,
)
from dense import log_density
from experiments import draw_data, draw_truth, handed_in
from nestimate.data.designs.design import Design
from nestimate.data.tables.door import read_table
from nestimate.model.model import Model
from nestimate.results.words import coverage
from templates import CONTROLS, GRID, TEMPLATES
from uniformity import band, leaves_band, uniformity

#: Simulations of a template, and the share of fits that may end without an answer.
N, MOST_FAILURES = 300, 0.01


@pytest.mark.parametrize("level", [0.2, 0.02])
def test_uniform_ranks_leave_the_band_as_often_as_stated(level):
    n, largest, trials = 60, 19, 20_000
    ranks = np.random.default_rng(1).integers(0, largest + 1, (trials, n))
    counts = (ranks[:, :, None] <= np.arange(largest)).sum(axis=1)
    low, high = band(n, largest, level)
    seen = ((counts < low) | (counts > high)).any(axis=1).mean()
    expected = leaves_band(n, largest, level)
    assert 0.001 < expected < 0.999
    assert abs(seen - expected) < 4 * np.sqrt(expected * (1 - expected) / trials)


def test_ranks_of_a_wrong_shape_are_found():
    rng = np.random.default_rng(2)
    n, largest = 300, 199
    for wrong in (rng.beta(1.5, 1.5, n), rng.beta(0.7, 0.7, n), rng.beta(1, 1.4, n)):
        assert uniformity(np.floor(wrong * (largest + 1)).astype(int), largest).p < 0.01
    assert uniformity(rng.integers(0, largest + 1, n), largest).p > 0.01


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_referee_and_the_model_have_one_density(name):
    """Two programs, one density: full covariance matrices here, collapsed sums there."""
    template = TEMPLATES[name]
    if template.heavy_readings or template.known_error:
        pytest.skip("its referee is quadrature in test_replicates, or test_summaries")
    rng = np.random.default_rng(5)
    truth = draw_truth(template, rng)
    table, _, _ = draw_data(template, truth, seed=5)
    design = Design.from_table(read_table(handed_in(template, table)), template.roles)
    model = Model.from_design(design, template.assumptions)
    z = model.start() + 0.3 * rng.standard_normal((40, model.start().size))
    ours = model.log_likelihood(z) - len(table) * np.log(design.yardstick.spread)
    theirs = log_density(
        table, template.outer, template.inner, model.natural(model.standard(z)).named()
    )
    # Where the density is e^30 times smaller than at its best the integral may have lost digits.
    near = ours > ours.max() - 30
    assert near.sum() > 5
    np.testing.assert_allclose(ours[near], theirs[near], atol=2e-3)


def test_a_small_calibration_passes_and_a_broken_program_does_not():
    flat, nested = TEMPLATES["flat, normal, groups of 14, 14 and 6"], CONTROLS["pooled"]
    right = Calibration.of([simulate_and_rank(flat, i, ess=200) for i in range(60)])
    assert right.passed, right.worst
    assert right.failures == 0
    wrong = Calibration.of([simulate_and_rank(nested, i, "pooled", ess=200) for i in range(40)])
    assert not wrong.passed, wrong.worst


@pytest.fixture(scope="module")
def calibrations():
    """Template to what has been found of it."""
    return {}


@pytest.mark.slow
@pytest.mark.parametrize("name", GRID)
def test_truth_ranks_uniformly_among_draws(name, calibrations):
    calibrations[name] = found = calibrate(GRID[name], N, processes=2)
    assert found.failures <= MOST_FAILURES * N
    assert found.passed, (found.worst, found.p)


@pytest.mark.slow
def test_no_kind_of_quantity_is_off_over_all_templates(calibrations):
    for name in GRID:
        if name not in calibrations:
            calibrations[name] = calibrate(GRID[name], N, processes=2)
    tests = pooled(calibrations.values())
    assert {"difference", "tau", "sigma", "nu", JOINT} <= set(tests)
    kind, worst = min(tests.items(), key=lambda item: item[1].p)
    assert len(tests) * worst.p >= ALPHA, (kind, worst)


@pytest.mark.slow
@pytest.mark.parametrize("fault", BROKEN)
def test_broken_programs_are_caught(fault):
    template = CONTROLS[fault]
    wrong = calibrate(template, N, fault, processes=2)
    assert not wrong.passed, wrong.worst
    assert calibrate(template, N, processes=2).passed
    caught = {kind_of(name) for name, test in wrong.tests.items() if test.p < ALPHA / N}
    expected = {"pooled": "difference", "sd": JOINT, "ignored": JOINT, "next": "tau_effect"}
    assert expected[fault] in caught
    if fault == "ignored":  # the parameters cannot show it: their posterior is honest, but wider
        assert caught == {JOINT}


def test_the_coverage_that_answers_state_is_that_of_the_page():
    page = Path(__file__).parent.parent.joinpath("docs/calibration.md").read_text(encoding="utf-8")
    _, _, rows = page.partition("| units or blocks | one group | groups | blocks |\n")
    found = {}
    for line in rows.splitlines()[1:]:
        if not line.startswith("|"):
            break
        units, *covers = (cell.strip() for cell in line.strip("|").split("|"))
        for kind, cover in zip(("one", "groups", "blocks"), covers, strict=True):
            if cover and int(units) < 5:
                found[kind, int(units)] = int(cover)
    _, _, rows = page.partition("| one spread for all: covers | width / t |\n")
    several = [line.split("|")[1:3] for line in rows.splitlines()[1:] if line.startswith("| 3, ")]
    assert len(several) == 4
    found["several", 3] = round(100 * min(float(cover) for _, cover in several))
    assert found == dict(coverage.COVERED)
