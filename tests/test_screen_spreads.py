"""Screens whose arms scatter unequally: groups of units, and kinds of animals or blocks."""

import warnings
from functools import partial
from itertools import product

import numpy as np
import pandas as pd
import pytest

import nestimate as ne
from nestimate.studies.screen.reduced import Reduced
from nestimate.studies.screen.request import Options, Roles
from nestimate.studies.screen.spreads import Spreads
from nestimate.studies.screen.tables import read

MICE = {"a": 8, "b": 3}


def of_units(unit=3.0, inside=1.0, *, slices=(2, 2), readings=(2, 2), size=500, share=0.0, seed=3):
    """Readings of eight mice and of three whose SDs, between and inside, are others; effects."""
    rng = np.random.default_rng(seed)
    true = np.where(rng.random(size) < share, rng.normal(0, 3, size), 0.0)
    rows = []
    for e, effect in enumerate(true):
        tau, inner = np.array([0.6, 0.4]) * np.exp(0.3 * rng.standard_normal(2))
        for g, (group, mice) in enumerate(MICE.items()):
            for m, s in product(range(mice), range(slices[g])):
                if s == 0:
                    mean = effect * g + tau * unit**g * rng.standard_normal()
                own = mean + (slices[g] > 1) * inner * inside**g * rng.standard_normal()
                y = own + 0.3 * rng.standard_normal(readings[g])
                rows += [(f"E{e}", group, f"{group}{m}", f"{m}.{s}", value) for value in y]
    return pd.DataFrame(rows, columns=["e", "g", "u", "s", "y"]), true


def of_animals(change=3.0, level=1.0, *, pups=1, sexes="F", size=400, seed=4):
    """Readings at two times of animals of two arms whose changes and levels scatter unequally."""
    rng = np.random.default_rng(seed)
    rows = []
    for e in range(size):
        tau = 0.4 * np.exp(0.3 * rng.standard_normal())
        for k, (arm, animals) in enumerate({"ctl": 8, "drug": 3}.items()):
            for sex, i in product(sexes, range(animals)):
                mean = 0.5 * level**k * rng.standard_normal()
                for time in "01":
                    own = mean + tau / np.sqrt(2) * change**k * rng.standard_normal()
                    for p in range(pups):
                        y = own + (pups > 1) * 0.2 * rng.standard_normal()
                        name = f"{arm}{sex}{i}"
                        rows.append((f"E{e}", arm, f"t{time}", sex, name, f"{name}{time}{p}", y))
    return pd.DataFrame(rows, columns=["e", "arm", "time", "sex", "id", "pup", "y"])


TWO = {"group": "arm,time", "unit": "id"}
THREE = {"group": "arm,time,sex", "unit": "id"}
LITTERS = {"group": "arm,time", "block": "id", "unit": "pup"}
CHANGES = "(t1 - t0 | drug) - (t1 - t0 | ctl)"
#: Of each effect the contrast, the table, the roles, and what is said to scatter.
ARMS = {
    "interaction": ("interaction", {}, TWO, "differences within id"),
    "within": ("t1 - t0", {}, TWO, "differences within id"),
    "between": ("drug - ctl", {"change": 1.0, "level": 3.0}, TWO, "means of id"),
    "between at one time": ("drug - ctl | time=t1", {"level": 3.0}, TWO, "units"),
    "in litters": (CHANGES, {"pups": 2}, LITTERS, "differences within id"),
    "three factors": (CHANGES, {"sexes": "FM"}, THREE, "differences within id"),
}


def asked_of(which, **more):
    contrast, made, roles, counted = ARMS[which]
    reference = "arm=ctl,time=t0" + ",sex=F" * (roles is THREE)
    options = {"contrast": contrast, "reference": reference}
    return of_animals(**made, **more), roles, options, counted


@pytest.mark.parametrize("which", ARMS)
def test_arms_of_animals_have_spreads_of_their_own(which):
    """Of eight animals and three whose changes scatter three times as much: no effect, no hit.

    Arms were taken for cells of the factors, which was an IndexError. Of 400 intervals .95 hold the
    truth with a standard error of .011.
    """
    data, roles, options, counted = asked_of(which)
    options |= {"workers": 1, "audit": 40}
    found = ne.screen(data, endpoint="e", value="y", **roles, options=options)
    table = found.table
    assert {"normal", "t"} <= set(table.engine)
    assert ((table.ci_low <= 0) & (table.ci_high >= 0)).mean() == pytest.approx(0.95, abs=0.044)
    assert len(found.hits(0.05)) <= 1
    said = " ".join(str(found).split())
    sexes = ["F", "M"] if roles is THREE else [""]
    arms = [" ".join([arm, sex]).strip() for arm in ("ctl", "drug") for sex in sexes]
    assert f"Over all endpoints {counted} scatter " in said
    assert all(f" in {arm}" in said for arm in arms)
    assert f" as in {arms[0]}, by" in said or f" as in {arms[1]}, by" in said
    factor = found.outcome.learnt.spreads.factor
    assert sorted(factor)[-1] / sorted(factor)[0] == pytest.approx(3, rel=0.15)
    assert f"{counted} scatter" in found.methods()


SUBUNITS = {"group": "g", "unit": "u/s"}
UNITS = {"group": "g", "unit": "u"}


@pytest.mark.parametrize(
    ("unit", "inside", "share", "robust"),
    [
        (3.0, 1.0, 0.0, "hits"),
        (1.0, 3.0, 0.0, "hits"),
        (3.0, 3.0, 0.0, "hits"),
        (3.0, 3.0, 0.1, "none"),
        (3.0, 1.0, 0.0, "all"),
        (1.0, 1.0, 0.1, "none"),
    ],
)
def test_subunits_are_in_units_that_scatter_by_group(unit, inside, share, robust):
    """Eight mice and three that scatter unequally: of 500 without effects 37 were hits.

    Intervals held the truth in .78; of 500 the standard error is .01.
    """
    size = 150 if robust == "all" else 500
    data, true = of_units(unit, inside, share=share, size=size)
    options = {"reference": "a", "workers": 1, "robust": robust, "audit": 0}
    found = ne.screen(data, endpoint="e", value="y", **SUBUNITS, options=options)
    table = found.table.set_index("endpoint")
    true = true[table.index.str[1:].astype(int)]
    covers = ((table.ci_low <= true) & (true <= table.ci_high)).mean()
    assert covers == pytest.approx(0.95, abs=0.04)
    hits = (table.s_value <= 0.05).to_numpy()
    assert (hits & (np.sign(table["mean"]) != np.sign(true))).sum() <= 0.05 * hits.sum() + 3
    factor = found.outcome.learnt.spreads.factor
    # Of means of two slices of two readings.
    known = [0.6**2 * u**2 + 0.4**2 / 2 * i**2 + 0.3**2 / 4 for u, i in ((1, 1), (unit, inside))]
    assert factor[1] / factor[0] == pytest.approx(np.sqrt(known[1] / known[0]), rel=0.15)
    unequal = unit * inside > 1
    said = " ".join(str(found).split())
    assert ("means of units scatter" in said and "times as much in b as in a" in said) is unequal
    planned = found.planned[0]["tau"]
    if inside == 1:
        assert planned["b"] / planned["a"] == pytest.approx(unit, rel=0.2)
    whole = found.endpoint("E1", {"ess": 400, "robust": "none"})
    names = [row.name for row in whole.scales if row.name in ("tau", "tau[a]", "tau[b]")]
    assert names == (["tau[a]", "tau[b]"] if unequal else ["tau"])


@pytest.mark.parametrize(
    ("where", "numbers"), [("slices", (2, 6)), ("readings", (1, 8)), ("readings", (6, 2))]
)
def test_unlike_numbers_inside_are_no_unlike_spreads(where, numbers):
    """Means of eight readings scatter less than single ones, which the scales say already."""
    data, _ = of_units(1.0, **{where: numbers})
    data["y"] += np.random.default_rng(1).normal(0, 0.6, len(data))
    roles = SUBUNITS if where == "slices" else {**UNITS, "unit": "s"}
    if where == "readings":
        data = data[data.s.str.endswith(".0")].assign(s=data.u)
    matrix = read(data, Roles(endpoint="e", value="y", **roles), None, Options(reference="a"))
    spreads = Spreads.of(Reduced.of(matrix.values, matrix.layout))
    assert not spreads.uneven


def test_one_mouse_of_a_group_beside_the_effect_hides_nothing():
    data, _ = of_units(3.0)
    lone = data[data.u == "a0"].assign(g="c", u="c0")
    options = Options(reference="a", contrast="b - a")
    roles = Roles(endpoint="e", value="y", **SUBUNITS)
    matrix = read(pd.concat([data, lone]), roles, None, options)
    factor = Spreads.of(Reduced.of(matrix.values, matrix.layout)).factor
    assert factor[2] == 1
    assert factor[1] / factor[0] == pytest.approx(2.69, rel=0.15)


@pytest.mark.parametrize(("size", "pool", "said"), [(60, "scales", False), (40, "none", True)])
def test_too_few_endpoints_to_tell_it_are_said(size, pool, said):
    data, _ = of_units(3.0, size=size)
    options = {"reference": "a", "workers": 1, "robust": "none", "pool": pool}
    found = ne.screen(data, endpoint="e", value="y", **SUBUNITS, options=options)
    told = "Too few endpoints to tell whether means of units scatter alike in a and b" in " ".join(
        str(found).split()
    )
    assert told is said
    assert found.outcome.learnt.spreads.uneven is not said


def in_litters(numbers, *, readings=1, size=300, litters=5, seed=6):
    """Readings of pups of two groups in every litter; those of b scatter three times as much."""
    rng = np.random.default_rng(seed)
    rows = []
    for e in range(size):
        tau = 0.4 * np.exp(0.3 * rng.standard_normal())
        for litter in range(litters):
            level, shown = rng.standard_normal(), 0.2 * rng.standard_normal()
            for g, group in enumerate("ab"):
                for p in range(numbers[g]):
                    y = level + g * shown + 3**g * tau * rng.standard_normal()
                    y += (readings > 1) * 0.2 * rng.standard_normal(readings)
                    name = f"{group}{litter}.{p}"
                    rows += [(f"E{e}", group, f"l{litter}", name, v) for v in np.atleast_1d(y)]
    return pd.DataFrame(rows, columns=["e", "g", "litter", "pup", "y"])


@pytest.mark.parametrize("numbers", [(2, 6), (6, 2), (3, 3)])
@pytest.mark.parametrize(("readings", "what"), [(2, "pup values"), (1, "readings")])
def test_groups_inside_litters_scatter_unequally(readings, what, numbers):
    """Six noisy pups beside two quiet ones: intervals were 1.5 times as wide as they need be.

    They held 0 in .99. The SD of 300 errors has a standard error of .04 of itself.
    """
    data = in_litters(numbers, readings=readings)
    roles = {"group": "g", "block": "litter"} | ({"unit": "pup"} if readings > 1 else {})
    options = {"reference": "a", "workers": 1, "audit": 20}
    found = ne.screen(data, endpoint="e", value="y", **roles, options=options)
    table = found.table
    assert ((table.ci_low <= 0) & (table.ci_high >= 0)).mean() == pytest.approx(0.95, abs=0.05)
    half = 0.5 * (table.ci_high - table.ci_low).median()
    assert half / table["mean"].std() == pytest.approx(1.96, rel=0.15)
    assert not len(found.hits(0.05))
    said = " ".join(str(found).split())
    assert f"Over all endpoints {what} inside litter scatter " in said
    assert "times as much in b as in a" in said
    inside = found.outcome.learnt.spreads.inside
    assert inside[1] / inside[0] == pytest.approx(3, rel=0.1)
    assert np.square(inside).mean() == pytest.approx(1)


@pytest.mark.parametrize("which", [*ARMS, "subunits", "units", "litters", "cells"])
def test_arms_are_evened_and_the_effect_stays(which):
    if which in ARMS:
        data, roles, asked, _ = asked_of(which, size=5)
    elif which in ("litters", "cells"):
        data, asked = in_litters((2, 3), readings=2, size=5), {"reference": "a"}
        roles = {"group": "g", "block": "litter"} | {"litters": {"unit": "pup"}}.get(which, {})
    else:
        data, asked = of_units(size=5)[0], {"reference": "a"}
        roles = SUBUNITS if which == "subunits" else UNITS
    kept = np.random.default_rng(2).random(len(data)) > 0.05
    matrix = read(data[kept], Roles(endpoint="e", value="y", **roles), None, Options(**asked))
    reduced = Reduced.of(matrix.values, matrix.layout)
    arms, groups = reduced.signs.size, reduced.inner.shape[1]
    spreads = Spreads(factor=np.linspace(1, 2, arms), inside=np.ones(groups))
    evened = spreads.evened(reduced)
    alike = partial(np.testing.assert_allclose, rtol=1e-9, atol=1e-12)
    alike(evened.difference, reduced.difference)
    (outer, *inner), (was, *before) = evened.in_arms, reduced.in_arms
    alike(outer[0] * np.square(spreads.factor), was[0])
    alike(np.array(inner), np.array(before))
    # Inside, what a block shows is as it was, and its error that of what is divided.
    times = 1 + np.arange(groups) / groups
    divided = reduced.inside_over(times)
    alike(divided.observed[0], reduced.observed[0])
    squares, freedom = (np.array(own) for own in reduced.in_groups)
    alike(divided.in_groups, (squares / np.square(times), freedom))
    one_group = reduced.above is None and reduced.parts is None
    doubled = reduced.inside_over(np.full(groups, 2.0))
    alike(doubled.errors, reduced.errors * (1 if one_group else 4))
    if which in ("subunits", "units", "between at one time"):
        # Student-t units are given readings, and these are the same to rounding.
        again = Reduced.of(*spreads.readings(matrix.values, matrix.layout))
        for name in ("mean", "share", "signs", "squares", "freedom"):
            alike(getattr(again, name), getattr(evened, name))


@pytest.mark.parametrize(
    ("which", "names"),
    [
        ("interaction", []),
        ("between", []),
        ("between at one time", ["tau[ctl]", "tau[drug]"]),
    ],
)
def test_single_endpoints_of_arms_are_answered(which, names):
    data, roles, options, _ = asked_of(which, size=150)
    options |= {"workers": 1, "robust": "none"}
    found = ne.screen(data, endpoint="e", value="y", **roles, options=options)
    assert found.outcome.learnt.spreads.uneven
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        whole = found.endpoint("E1", {"ess": 400, "robust": "none"})
    assert any("its interval is not that of the screen" in str(w.message) for w in said) != bool(
        names
    )
    assert [row.name for row in whole.scales if row.name in names] == names
    row, contrast = found.table.set_index("endpoint").loc["E1"], whole.contrasts[0]
    assert contrast.mean == pytest.approx(row["mean"], abs=0.15 * contrast.width)
