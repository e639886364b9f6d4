"""Whichever group the others are compared with: the draws are the same, to the last digit."""

import numpy as np
import pandas as pd
import pytest

import nestimate as ne
from nestimate.data.designs.design import Design
from nestimate.data.designs.reference_free import reference_free
from nestimate.data.designs.roles import Roles
from nestimate.data.tables.door import read_table

RNG = np.random.default_rng(8)
ESS = 1000


def table(groups, units, readings, *, block=False, second=1):
    """Return a shuffled table; group labels come out of order."""
    rows = []
    for u in range(units):
        day = RNG.normal(0, 0.4)
        for g in range(groups):
            for t in range(second):
                level = 1 + 0.3 * g + 0.2 * t * g + (day if block else 0) + RNG.normal(0, 0.3)
                unit = f"d{u}" if block else f"m{g}{t}{u}"
                rows += [
                    (f"g{g}", f"t{t}", unit, float(np.exp(level + RNG.normal(0, 0.1))))
                    for _ in range(readings)
                ]
    order = RNG.permutation(len(rows))
    return {n: [rows[i][j] for i in order] for j, n in enumerate(("arm", "time", "id", "y"))}


LAYOUTS = {
    "flat": (table(2, 5, 1), {}, {}),
    "nested": (table(2, 5, 3), {"unit": "id"}, {}),
    "one scale": (table(3, 4, 2), {"unit": "id"}, {"tau": "common"}),
    "pooled scales": (table(3, 4, 2), {"unit": "id"}, {"tau": "pooled"}),
    "many groups": (table(5, 3, 2), {"unit": "id"}, {}),
    "heavy readings": (table(2, 3, 3), {"unit": "id"}, {"robust": "replicates", "ess": 500}),
    "a prior of one group": (table(2, 5, 2), {"unit": "id"}, {"prior": {"tau[g1]": "0.4"}}),
    "pairs": (table(2, 6, 1, block=True), {"block": "id"}, {}),
    "blocked": (table(3, 5, 3, block=True), {"block": "id"}, {}),
}


def compared(data, roles, options, reference, group="arm"):
    return ne.estimate(
        data,
        value="y",
        group=group,
        reference=reference,
        **roles,
        options={"scale": "log", "rope": (0.95, 1 / 0.95), "ess": ESS, **options},
    )


@pytest.mark.parametrize("name", LAYOUTS)
def test_another_reference_inverts_ratios_to_the_last_digit(name):
    data, roles, options = LAYOUTS[name]
    one, other = (compared(data, roles, options, reference) for reference in ("g0", "g1"))
    up, down = one.contrasts["g1 / g0"], other.contrasts["g0 / g1"]
    assert up.mean * down.mean == pytest.approx(1, rel=1e-12)
    assert up.ci_low * down.ci_high == pytest.approx(1, rel=1e-12)
    assert up.ci_high * down.ci_low == pytest.approx(1, rel=1e-12)
    assert up.p_gt_0 + down.p_gt_0 == pytest.approx(1, abs=1e-12)
    assert up.p_in_rope == pytest.approx(down.p_in_rope, abs=1e-12)


@pytest.mark.parametrize("block", [None, "id"])
def test_another_reference_of_either_factor_turns_effects_round(block):
    data = table(2, 5, 2, block=block is not None, second=2)
    roles = {"block": block} if block else {"unit": "id"}
    first = compared(data, roles, {}, "arm=g0,time=t0", "arm,time")
    second = compared(data, roles, {}, "arm=g1,time=t1", "arm,time")
    up, down = first.contrasts["g1 / g0 | t1"], second.contrasts["g0 / g1 | t1"]
    assert up.mean * down.mean == pytest.approx(1, rel=1e-12)
    assert up.ci_low * down.ci_high == pytest.approx(1, rel=1e-12)


def test_what_is_drawn_from_has_no_reference():
    """All arrays alike; a design already in the order of the data is left alone."""
    data, roles, _ = LAYOUTS["blocked"]
    rows = read_table(pd.DataFrame(data))
    found = [
        reference_free(
            Design.from_table(rows, Roles(value="y", group="arm", reference=group, **roles))
        )[0]
        for group in ("g0", "g1", "g2")
    ]
    for design in found[1:]:
        assert design.groups == found[0].groups
        np.testing.assert_array_equal(design.structure.fixed, found[0].structure.fixed)
        np.testing.assert_array_equal(design.statistics.mean, found[0].statistics.mean)
        np.testing.assert_array_equal(design.statistics.group, found[0].statistics.group)
        for one, other in zip(design.structure.heavy, found[0].structure.heavy, strict=True):
            np.testing.assert_array_equal(one[1].column, other[1].column)
    ordered = {"arm": ["a", "a", "b", "b"], "y": [1.0, 2.1, 2.9, 4.2]}
    first = Design.from_table(read_table(pd.DataFrame(ordered)), Roles(value="y", group="arm"))
    assert reference_free(first)[0] is first
