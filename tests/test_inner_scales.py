"""What lies inside clusters has a scale for each group where the groups show several."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import dense
import nestimate as ne
from keyed import named
from nestimate.data.designs.design import Design
from nestimate.data.designs.roles import Roles
from nestimate.data.designs.strata import with_own
from nestimate.data.designs.within import members_within
from nestimate.data.tables.door import read_table
from nestimate.model.model import Model
from nestimate.model.parameters import Assumptions
from nestimate.results.words.equations import equations

OPTIONS = {"ess": 400}
UNLIKE, ALIKE = {"a": 0.3, "b": 0.3, "c": 3.0}, {"a": 1.0, "b": 1.0, "c": 1.0}


def slices(seed, sds=UNLIKE, mice=4, inside=3):
    """Two readings of each slice of the mice of some groups, without an effect."""
    rng = np.random.default_rng([seed, 11])
    rows = [
        (g, f"{g}{m}", f"{g}{m}s{s}", slice_ + rng.normal(0, 0.3), age)
        for g, sd in sds.items()
        for m in range(mice)
        for mouse, age in [(rng.normal(10, 0.2), rng.normal(50, 5))]
        for s in range(inside)
        for slice_ in [mouse + rng.normal(0, sd)]
        for _ in range(2)
    ]
    return pd.DataFrame(rows, columns=["group", "unit", "inner", "value", "age"])


def pups(seed, sds=UNLIKE, litters=6):
    """Two readings of each of three pups of every group in litters, without an effect."""
    rng = np.random.default_rng([seed, 13])
    rows = [
        (g, f"L{k}", f"{g}{k}p{p}", pup + rng.normal(0, 0.3), age)
        for k in range(litters)
        for level in [rng.normal(10, 1)]
        for g, sd in sds.items()
        for cell in [level + rng.normal(0, 0.2)]
        for p in range(3)
        for pup, age in [(cell + rng.normal(0, sd), rng.normal(50, 5))]
        for _ in range(2)
    ]
    return pd.DataFrame(rows, columns=["group", "block", "inner", "value", "age"])


def crossed(seed, sds):
    """Pups of two factors in litters: those of one cell scatter as c does."""
    table = pups(seed, {g: sds[g[0]] for g in ("a1", "a2", "b1", "c2")})
    arm, time = (table["group"].map(dict(zip(("a1", "a2", "b1", "c2"), own, strict=True)))
                 for own in ("uuvv", "xyxy"))  # fmt: skip
    return table.assign(arm=arm, time=time)


NESTED = {"value": "value", "group": "group", "unit": "unit/inner"}
BLOCKED = {"value": "value", "group": "group", "block": "block", "unit": "inner"}
CROSSED = {**BLOCKED, "group": "arm,time"}
AGED = {**OPTIONS, "adjust": "age"}
ASKED = {
    "subunits": (NESTED, slices, "tau_inner", "abc"),
    "units in blocks": (BLOCKED, pups, "tau_unit", "abc"),
    "units in cells of two factors": (CROSSED, crossed, "tau_unit", ("u x", "u y", "v x", "v y")),
}


def compared(roles, table, **options):
    return ne.compare(table, **roles, options={**OPTIONS, **options})


def labels(answer, name):
    return {p.label for p in answer.model.parameters if p.name == name}


@pytest.mark.usefixtures("shaped")
@pytest.mark.parametrize("how", ASKED)
def test_members_that_scatter_differently_have_a_scale_each_and_it_is_said(how):
    roles, made, name, groups = ASKED[how]
    answer = compared(roles, made(1, UNLIKE))
    assert labels(answer, name) == {f"{name}[{g}]" for g in groups}
    (note,) = (note for note in answer.design.notes if "Means of inner" in note)
    assert "--tau common" in note
    assert f"{name}[g])" in " ".join(line for line, _ in equations(answer.model))
    common = compared(roles, made(1, UNLIKE), tau="common")
    assert labels(common, name) == {name}
    (check,) = (c for c in common.advice if c.name == "spreads inside")
    assert not check.passed
    assert "unless tau or sigma is 'common'" in check.text
    stated = compared(roles, made(1, UNLIKE), tau="own")
    assert labels(stated, name) == {f"{name}[{g}]" for g in groups}


@pytest.mark.usefixtures("shaped")
@pytest.mark.parametrize("how", ASKED)
def test_members_that_scatter_alike_share_a_scale(how):
    roles, made, name, _ = ASKED[how]
    answer = compared(roles, made(4, ALIKE))
    assert labels(answer, name) == {name}
    assert not [note for note in answer.design.notes if "Means of inner" in note]
    assert "spreads inside" not in {c.name for c in answer.advice}


@pytest.mark.usefixtures("shaped")
def test_of_many_groups_it_is_said_what_gives_each_its_own():
    table = slices(1, {**UNLIKE, "d": 1.0, "e": 1.0, "f": 1.0, "g": 1.0})
    answer = compared(NESTED, table)
    assert labels(answer, "tau_inner") == {"tau_inner"}
    (check,) = (c for c in answer.advice if c.name == "spreads inside")
    assert "With one row for each inner, its mean" in check.text
    means = table.groupby(["group", "unit", "inner"], as_index=False)["value"].mean()
    own = compared(NESTED, means, sigma="own")
    assert {"sigma[a]", "sigma[g]"} <= labels(own, "sigma")


@pytest.mark.usefixtures("shaped")
@pytest.mark.parametrize(("formula", "made"), [
    ("value ~ group + (1 | unit) + (1 | unit:inner)", slices),
    ("value ~ group + (group | block) + (1 | block:inner)", pups),
])  # fmt: skip
def test_formulas_and_covariates_have_them_as_roles_do(formula, made):
    """Down to their priors; beside a covariate that does nothing nearly so."""
    roles = NESTED if made is slices else BLOCKED
    one = compared(roles, made(3))
    other = ne.fit(formula, made(3), options=OPTIONS)
    aged = ne.compare(made(3), **roles, options=AGED)
    priors = [
        [p.prior.scale for p in answer.model.parameters if "inner" in p.label or "unit[" in p.label]
        for answer in (one, other, aged)
    ]
    assert len(priors[0]) == 3
    assert priors[1] == pytest.approx(priors[0], rel=1e-6)
    assert priors[2] == pytest.approx(priors[0], rel=0.2)


def model_of(table, roles, **assumed):
    design = Design.from_table(read_table(table), Roles(**roles))
    inner = [stratum.position for stratum in design.structure.strata if not stratum.heavy]
    return Model.from_design(
        replace(design, structure=with_own(design.structure, inner)), Assumptions(**assumed)
    )


@pytest.mark.parametrize("robust", ["units", "none"])
@pytest.mark.parametrize(("roles", "made", "outer"), [
    (NESTED, slices, "unit"), (BLOCKED, pups, "block"),
])  # fmt: skip
def test_own_scales_inside_have_the_density_of_their_full_covariance(roles, made, outer, robust):
    table = made(4).drop(index=[3, 4, 17, 40]).reset_index(drop=True)
    model = model_of(table, roles, robust=robust, sigma="own")
    z = model.start() + np.random.default_rng(2).normal(0, 0.3, (5, len(model.free)))
    theta = {name: rows.T for name, rows in named(model, model.standard(z)).items()}
    name = "tau_inner" if made is slices else "tau_unit"
    assert theta[name].shape[1] == 3
    stick = model.design.yardstick
    standard = table.assign(value=(table["value"] - stick.centre) / stick.spread)
    expected = dense.log_density(standard, outer, {"inner": name}, theta)
    # The engine spends as few nodes on the integral over lambda as leave no more than this.
    exact = {"units": 2e-6, "none": 1e-8}[robust]
    assert model.log_likelihood(z) == pytest.approx(expected, rel=exact)


def test_the_pymc_twin_has_the_same_evidence():
    """All scales given everything is normal: the integral over the rest is had from two slopes."""
    pytest.importorskip("pymc")
    fixed = {"tau": 0.4, "tau_inner[a]": 0.3, "tau_inner[b]": 0.5, "tau_inner[c]": 2.0}
    chosen = {"robust": "none", "tau": None, "prior": {**fixed, "sigma": 0.3}}
    table = slices(5)
    answer = ne.compare(table, **NESTED, options={**OPTIONS, **chosen})
    model = answer.model
    assert len(model.free) == 3

    def evidence(log_density, slope, size):
        start = slope(np.zeros(size))
        curve = -np.stack([slope(one) - start for one in np.eye(size)])
        top = log_density(np.zeros(size)) + 0.5 * start @ np.linalg.solve(curve, start)
        return top + 0.5 * (size * np.log(2 * np.pi) - np.linalg.slogdet(curve)[1])

    def ours(z):
        prior = stats.norm.logpdf(z).sum()
        return model.log_likelihood(z[None])[0] + prior

    def uphill(z):
        return np.array([(ours(z + 0.5 * e) - ours(z - 0.5 * e)) for e in np.eye(z.size)])

    twin = answer.to_pymc()
    point = twin.initial_point()
    assert sum(name.startswith("inner") for name in point) == 1
    sizes = [np.size(value) for value in point.values()]
    log_density, slope = twin.compile_logp(), twin.compile_dlogp()

    def at(x):
        parts = np.split(x, np.cumsum(sizes)[:-1])
        return {n: p.reshape(np.shape(point[n])) for n, p in zip(point, parts, strict=True)}

    theirs = evidence(lambda x: log_density(at(x)), lambda x: slope(at(x)), sum(sizes))
    shift = len(table) * np.log(model.design.yardstick.spread)
    assert evidence(ours, uphill, 3) - shift == pytest.approx(float(theirs), rel=1e-6)


@pytest.mark.parametrize(("roles", "made", "outer"), [
    (NESTED, slices, "unit"), (BLOCKED, pups, "block"),
])  # fmt: skip
def test_a_quiet_pair_is_told_by_its_own_scatter(roles, made, outer):
    """Widths over 16 tables beside the t interval: with one scale 2.9 and 2.0 times as wide."""
    ratios = []
    for seed in range(16):
        table = made(seed)
        row = ne.estimate(table, **roles, options={**OPTIONS, "contrast": "b - a"}).contrasts[0]
        means = table.groupby(["group", outer])["value"].mean()
        if outer == "block":
            t = stats.ttest_rel(means["b"], means["a"]).confidence_interval()
        else:
            t = stats.ttest_ind(means["b"], means["a"], equal_var=False).confidence_interval()
        ratios.append((row.ci_high - row.ci_low) / (t.high - t.low))
    assert 0.85 < np.median(ratios) < 1.3


def test_the_test_of_what_lies_inside_holds_its_level():
    """300 tables of equal spreads: P below .1 in a tenth of them; .052 is three errors."""
    seen = [
        one.uneven
        for roles, made in ((NESTED, slices), (BLOCKED, pups))
        for seed in range(150)
        for _, one in members_within(
            Design.from_table(read_table(made(seed, ALIKE)), Roles(**roles))
        )
    ]
    assert len(seen) == 300
    assert np.mean(seen) == pytest.approx(0.1, abs=0.052)


@pytest.mark.usefixtures("shaped")
@pytest.mark.parametrize("how", ASKED)
def test_they_are_kept_in_files_and_whichever_the_reference(how, tmp_path):
    roles, made, name, groups = ASKED[how]
    table = made(6, UNLIKE)
    answer = compared(roles, table)
    answer.save(tmp_path / "kept.nestimate")
    again = ne.load(tmp_path / "kept.nestimate")
    assert labels(again, name) == {f"{name}[{g}]" for g in groups}
    assert str(again) == str(answer)
    last = "arm=v,time=y" if made is crossed else "c"
    other = ne.compare(table, **roles, reference=last, options=OPTIONS)
    mine, theirs = ({row.name: row.mean for row in one.scales} for one in (answer, other))
    assert {n: v for n, v in mine.items() if name in n} == {
        n: v for n, v in theirs.items() if name in n
    }
    assert other.predictive.contrasts


@pytest.mark.parametrize(("roles", "made", "sizes"), [
    (NESTED, slices, {"units": [6]}), (BLOCKED, pups, {"units": [3], "settings": {"blocks": [6]}}),
])  # fmt: skip
def test_a_plan_simulates_each_group_with_its_own(roles, made, sizes):
    """The quick analysis of experiments comes to what the full one says, of nearly all."""
    pilot = compared(roles, made(7))
    settings = {"simulations": 200, "audit": 5, **sizes.get("settings", {})}
    plan = pilot.plan(1.0, units=sizes["units"], readings=[2], settings=settings)
    scales = plan.truths.scales
    own = scales["tau_unit"] if made is pups else scales["tau_subunits"][:, 0]
    assert np.median(own, axis=0)[2] > 3 * np.median(own, axis=0)[0]
    said = " ".join(str(plan).split())
    assert "of a cell of c" in said or "between inners of c" in said
    count, same = plan.audit
    assert min(same.values()) >= count - 1
    assert count == 5
