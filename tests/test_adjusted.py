"""Covariates: groups compared at equal values of what was measured beside them."""

import re
from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import nestimate as ne
from nestimate.data.designs.adjusted import adjusted_design
from nestimate.data.designs.design import Design
from nestimate.data.designs.roles import Roles
from nestimate.data.tables.door import read_table
from nestimate.errors import DesignError


def frame(gap=0.0, units=14, readings=1):
    rng, rows = np.random.default_rng(3), []
    for g, arm in enumerate(("placebo", "drug")):
        for k in range(units):
            age = rng.normal(20 + gap * g, 3)
            mean = 5 + 0.8 * age + 2.0 * g + rng.normal(0, 0.7)
            rows += [(arm, f"{arm}{k}", age, mean + rng.normal(0, 0.2)) for _ in range(readings)]
    return pd.DataFrame(rows, columns=["arm", "mouse", "age", "y"])


def test_ancova_in_closed_form():
    data = frame(gap=1.0)
    given = {"adjust": "age", "robust": "none", "tau": "common", "ess": 2000}
    result = ne.compare(data, value="y", group="arm", options=given)
    drug = (data.arm == "drug").to_numpy(float)
    x = np.column_stack([np.ones(len(data)), drug, data.age])
    beta, left, *_ = np.linalg.lstsq(x, data.y.to_numpy())
    freedom = len(data) - 3
    errors = np.sqrt(np.diag(np.linalg.inv(x.T @ x)) * left[0] / freedom)
    reach = stats.t(freedom).ppf(0.975)
    row = result.contrasts[0]
    slope = next(r for r in result.coefficients if r.name == "beta[age]")
    for found, j in ((row, 1), (slope, 2)):
        assert found.mean == pytest.approx(beta[j], abs=0.1 * errors[j])
        half = 0.5 * (found.ci_high - found.ci_low)
        assert half == pytest.approx(reach * errors[j], rel=0.08)
    said = " ".join(str(result).split())
    assert "at the mean of what was measured" in said
    spread = [one.y.var(ddof=1) / len(one) for _, one in data.groupby("arm")]
    told = float(re.search(r"drug - placebo is ([\d.]+) times as wide as without", said)[1])
    assert told == pytest.approx(errors[1] / np.sqrt(sum(spread)), rel=0.15)


def test_units_keep_their_stratum():
    data = frame(readings=2)
    result = ne.compare(
        data, value="y", group="arm", unit="mouse", options={"adjust": ["age"], "ess": 500}
    )
    assert result.design.formula.text == "y ~ arm + age + (1 | mouse)"


def litters(*, between="", pups=3, readings=2, levels=("WT", "KO")):
    """Pups in litters, two or three factors within litters, or one of them between."""
    rng, rows = np.random.default_rng(6), []
    for litter, (i, one), (j, two) in product(
        range(10), enumerate(levels), enumerate(("veh", "drug"))
    ):
        if between and litter % 2 != i:
            continue
        cell = rng.normal(0, 1.5)
        for pup in range(pups):
            own = cell + rng.normal(0, 0.5)
            rows += [
                {
                    "litter": f"L{litter}",
                    "gene": one,
                    "drug": two,
                    "plot": f"L{litter}{one}",
                    "pup": f"L{litter}{one}{two}{pup}",
                    "sex": "fm"[pup % 2],
                    "age": rng.uniform(30, 50),
                    "y": 10 + 0.6 * i + 0.5 * j + own + rng.normal(0, 0.2),
                }
                for _ in range(readings)
            ]
    return pd.DataFrame(rows)


BLOCKED = {"group": "gene,drug", "block": "litter"}
LAYOUTS = {
    "units": (litters(), {"group": "gene", "unit": "plot"}),
    "subunits": (litters(), {"group": "gene", "unit": "plot/pup"}),
    "one factor in blocks": (litters(), {"group": "drug", "block": "litter"}),
    "one factor, units in blocks": (
        litters(),
        {"group": "drug", "block": "litter", "unit": "pup"},
    ),
    "one reading a cell": (litters(pups=1, readings=1), BLOCKED),
    "several readings a cell": (litters(pups=1, readings=4), BLOCKED),
    "units in cells": (litters(), BLOCKED | {"unit": "pup"}),
    "levels that are numbers": (litters(levels=(0, 5)), BLOCKED | {"unit": "pup"}),
    "three factors": (litters(pups=4), BLOCKED | {"group": "gene,drug,sex"}),
    "one between": (litters(between="gene"), BLOCKED | {"unit": "pup"}),
    "one between, units alone": (
        litters(between="gene"),
        {"group": "gene,drug", "unit": "litter"},
    ),
    "plots": (litters(), BLOCKED | {"block": "litter/plot"}),
    "units in plots": (litters(), BLOCKED | {"block": "litter/plot", "unit": "pup"}),
}


def scattering(design):
    """Return what scatters: the members of every stratum, numbered as they come."""
    found = set()
    for stratum in design.structure.strata:
        if not stratum.merged:
            effect = np.stack([e.column for e in stratum.effects]).argmax(axis=0)
            codes = stratum.level.codes * len(stratum.effects) + effect
            found.add(tuple(pd.factorize(codes)[0].tolist()))
    return found


@pytest.mark.parametrize("name", LAYOUTS)
def test_what_scatters_is_the_same_with_and_without_covariates(name):
    """Cells of several factors were left out, and an interaction was three times too sure."""
    data, words = LAYOUTS[name]
    table, roles = read_table(data), Roles(value="y", **words)
    plain = Design.from_table(table, roles)
    assert scattering(plain) == scattering(adjusted_design(table, roles, ["age"]))


@pytest.mark.parametrize(
    ("words", "options"),
    [
        ({"group": "drug"}, {"order": "low,high,veh"}),
        ({"group": "drug"}, {"order": "low,high,veh", "contrast": ["steps", "reference"]}),
        ({"group": "drug", "reference": "veh"}, {"order": "low,high,veh"}),
        ({"group": "dose"}, {"contrast": ["steps", "trend"]}),
        ({"group": "dose"}, {"order": "3,1,0"}),
        ({"group": "drug,sex"}, {"order": "drug=veh,low,high"}),
        ({"group": "drug,sex", "reference": "sex=m"}, {"contrast": "interaction"}),
        ({"group": "sex,dose"}, {"contrast": "trend"}),
    ],
)
def test_what_is_asked_is_answered_with_covariates_as_without(words, options):
    """An order that was stated was thrown away, and the reference by name answered instead."""
    data = litters(pups=4)
    data["drug"] = np.array(["veh", "low", "high"])[np.arange(len(data)) // 2 % 3]
    data["dose"] = data["drug"].map({"veh": 0, "low": 1, "high": 3})
    asked = words | {"value": "y", "block": "litter"}
    one, other = (
        ne.compare(data, **asked, options=options | own | {"ess": 200})
        for own in ({}, {"adjust": "age"})
    )
    assert [row.name for row in other.contrasts] == [row.name for row in one.contrasts]
    assert [row.name for row in other.groups] == [row.name for row in one.groups]
    assert {row.name for row in other.probabilities} >= {
        row.name for row in one.probabilities if "step of" in row.name
    }
    for row, own in zip(one.contrasts, other.contrasts, strict=True):
        assert own.mean == pytest.approx(row.mean, abs=row.sd)
    said = [note for note in one.design.notes if note.startswith("Order of")]
    assert [note for note in other.design.notes if note.startswith("Order of")] == said


def test_a_bayes_factor_beside_covariates_is_refused_in_words():
    options = {"adjust": "age", "bayes_factor": True, "ess": 200}
    with pytest.raises(DesignError, match="leave one of them out"):
        ne.compare(frame(), value="y", group="arm", options=options).to_dict()


@pytest.mark.parametrize("name", ["units in cells", "units in plots"])
def test_a_covariate_without_an_effect_makes_nothing_surer(name):
    data, words = LAYOUTS[name]
    options = {"ess": 1000, "contrast": "interaction"}
    without, beside = (
        ne.compare(data, value="y", **words, options=options | own)
        for own in ({}, {"adjust": "age"})
    )
    # By hand: one interaction of every litter.
    cells = data.pivot_table(values="y", index="litter", columns=["gene", "drug"])
    each = (cells["KO", "drug"] - cells["KO", "veh"]) - (cells["WT", "drug"] - cells["WT", "veh"])
    error = each.std(ddof=1) / np.sqrt(len(each))
    for result in (without, beside):
        assert abs(result.contrasts[0].mean) == pytest.approx(abs(each.mean()), abs=0.3 * error)
        assert 0.8 * error < result.contrasts[0].sd < 1.3 * error


def test_a_covariate_that_groups_differ_in_is_warned_of():
    said = "adjusting takes away the part"
    for gap, warned in ((8.0, True), (0.0, False)):
        given = {"adjust": "age", "ess": 500}
        result = ne.compare(frame(gap=gap), value="y", group="arm", options=given)
        assert (said in " ".join(result.design.warnings)) is warned


@pytest.mark.parametrize(
    ("covariates", "said"), [("y", "already"), ("age,age", "twice"), ("mouse", "holds labels")]
)
def test_what_cannot_be_adjusted_for_is_refused(covariates, said):
    with pytest.raises(DesignError, match=said):
        ne.compare(frame(), value="y", group="arm", options={"adjust": covariates})


def test_means_of_litters_are_no_yardstick_of_what_differs_inside_them():
    """Of litters that lack a treatment they know its effect badly, and were held against it."""
    data = litters().query("not (litter == 'L3' and drug == 'veh') and not plot == 'L5KO'")
    options = {"adjust": "age", "ess": 500}
    for words in ({"group": "drug", "reference": "veh"}, {"group": "gene,drug"}):
        result = ne.compare(data, value="y", block="litter", unit="pup", **words, options=options)
        for panel in result.honesty:
            assert [m.name for m in panel.methods] == ["pooled", "answer"]
            assert panel.units_excludes is None
    between = litters(between="gene")
    result = ne.compare(between, value="y", group="gene", unit="litter/pup", options=options)
    assert [m.name for m in result.honesty[0].methods] == ["pooled", "squares", "answer"]
