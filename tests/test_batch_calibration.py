"""Simulation-based calibration of the engine of many data sets; see `calibration` for the method.

All experiments of a template are one batch. The rank of the truth among weighted draws is their
weight below it, in steps of 1/200.
"""

from dataclasses import replace

import numpy as np
import pytest

from calibration import ALPHA, RANKED
from experiments import draw_data, draw_truth, handed_in
from nestimate.data.designs.design import Design
from nestimate.data.designs.stack import Stack
from nestimate.data.tables.door import Wanted, read_table
from nestimate.inference import batch
from nestimate.model.model import FIXED_PART
from nestimate.model.stacked import StackedModel
from templates import LARGE, TEMPLATES
from uniformity import uniformity

N, POINTS = 300, 1024
#: A layout each, and the share of experiments that may be left to the full engine.
CHOSEN, MOST_LEFT = (
    (
        "flat, 2 x 8",
        "nested, 2 x 6 x 5, tau down to 0",
        "nested, subunits, 2 x 4 x 3 x 2",
        "blocked, 6 x 2 x 3",
        "blocked, 8 x 3 x 2, own tau_effect",
        "blocked-nested, 5 x 2 x 2 x 3",
    ),
    0.03,
)


def experiments(template, n):
    """Return true parameters by name, and the data sets."""
    truths, values = [], []
    for k in range(n):
        truth = draw_truth(template, np.random.default_rng([7, k]))
        table, _, _ = draw_data(template, truth, k)
        truths.append(truth)
        values.append(table["value"].to_numpy())
        if not k:
            wanted = Wanted(value="value", group="group")
            design = Design.from_table(
                read_table(handed_in(template, table), wanted), template.roles
            )
    return truths, Stack.of(design, np.stack(values))


def ranks(template, n, assumptions=None):
    """Return ranks of every free parameter among the draws that can be trusted."""
    truths, stack = experiments(template, n)
    model = StackedModel.of(stack, assumptions or template.assumptions)
    drawn = batch.sample(model, POINTS, np.arange(n))
    trusted = drawn.kish >= batch.LEAST_KISH
    spread, centre = (
        np.asarray(v)[:, None] for v in (stack.yardstick.spread, stack.yardstick.centre)
    )
    found = {}
    for p in model.free:
        values = drawn.theta[p.family][p.member]
        if p.kind != "shape":
            values = values * spread + (centre if p.kind in FIXED_PART else 0.0)
        known = np.array([truth[p.name][p.member] for truth in truths])
        below = (drawn.weights * (values < known[:, None])).sum(axis=1)
        found[p.label] = np.minimum((below * (RANKED + 1)).astype(int), RANKED)[trusted]
    return found, 1 - trusted.mean()


def least_p(found):
    return min(1.0, len(found) * min(uniformity(r, RANKED).p for r in found.values()))


@pytest.mark.slow
@pytest.mark.parametrize("name", CHOSEN)
def test_truths_rank_evenly_among_draws_of_a_batch(name):
    found, left = ranks(TEMPLATES[name], N)
    assert left <= MOST_LEFT
    assert least_p(found) > ALPHA, {k: uniformity(r, RANKED) for k, r in found.items()}


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["another prior", "normal units"])
def test_a_broken_batch_is_found(fault):
    template = TEMPLATES["flat, 2 x 4, nu 2"]
    prior = dict(template.assumptions.prior)
    if fault == "normal units":
        del prior["nu"]
        broken = replace(template.assumptions, robust="none", prior=prior)
    else:
        wide = {name: LARGE for name in prior if name.startswith("tau")}
        broken = replace(template.assumptions, prior=prior | wide)
    found, _ = ranks(template, N, assumptions=broken)
    assert least_p(found) < ALPHA
