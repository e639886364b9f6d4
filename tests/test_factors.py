"""Two and three factors: their cells, contrasts, strata and words."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import nestimate as ne
from nestimate.data.designs.crossing import Crossing
from nestimate.data.designs.design import Design
from nestimate.data.designs.measures import Linear, Ratio
from nestimate.data.designs.roles import Roles
from nestimate.data.designs.stratum import Role
from nestimate.data.tables.door import read_table
from nestimate.data.tables.series import split_names
from nestimate.errors import DesignError
from nestimate.model.assumptions import Assumptions
from nestimate.model.families import NOISE, scale_of
from nestimate.model.model import Model
from nestimate.results.estimates import factorial

#: Yates (1935), yields of a split plot: blocks, plots of varieties in them, four doses of nitrogen.
OATS = {
    "Victory": [
        *([111, 130, 157, 174], [61, 91, 97, 100], [68, 64, 112, 86]),
        *([74, 89, 81, 122], [62, 90, 100, 116], [53, 74, 118, 113]),
    ],
    "Golden Rain": [
        *([117, 114, 161, 141], [70, 108, 126, 149], [60, 102, 89, 96]),
        *([64, 103, 132, 133], [80, 82, 94, 126], [89, 82, 86, 104]),
    ],
    "Marvellous": [
        *([105, 140, 118, 156], [96, 124, 121, 144], [89, 129, 132, 124]),
        *([70, 89, 104, 117], [63, 70, 109, 99], [97, 99, 119, 121]),
    ],
}
#: Errors and degrees of freedom of yield ~ Variety * nitro + (1 | Block / Variety) by REML.
ERRORS = {
    "nitro=0.2 - nitro=0": (4.436, 45),
    "Golden Rain - Victory": (7.079, 10),
    "nitro=0.6 - nitro=0 | Victory": (7.683, 45),
}


def oats() -> pd.DataFrame:
    rows = [
        (f"B{k}", variety, dose, y)
        for variety, blocks in OATS.items()
        for k, plot in enumerate(blocks)
        for dose, y in zip((0, 0.2, 0.4, 0.6), plot, strict=True)
    ]
    return pd.DataFrame(rows, columns=["Block", "Variety", "nitro", "yield"])


def made(cells, *, blocks=6, each=1, readings=1, seed=1) -> pd.DataFrame:
    """Balanced data: every block holds each cell of two factors `each` times."""
    rng, rows = np.random.default_rng(seed), []
    for k in range(blocks):
        level = rng.normal()
        for (g, t), mean in cells.items():
            for j in range(each):
                unit = mean + level + rng.normal(0, 0.5)
                rows += [
                    (f"k{k}", f"k{k}{g}{t}{j}", g, t, unit + rng.normal(0, 0.3))
                    for _ in range(readings)
                ]
    return pd.DataFrame(rows, columns=["litter", "pup", "genotype", "treatment", "weight"])


CELLS = {("WT", "veh"): 10.0, ("WT", "drug"): 13.0, ("KO", "veh"): 9.0, ("KO", "drug"): 9.5}
ROLES = Roles(value="weight", group="genotype,treatment")


def design(frame: pd.DataFrame, **roles) -> Design:
    return Design.from_table(
        read_table(frame), Roles(**{"value": "weight", "group": "genotype,treatment", **roles})
    )


def within(frame: pd.DataFrame) -> pd.DataFrame:
    """The same with the genotype between litters: half of them lose the one, half the other."""
    first = frame.litter.isin(["k0", "k1", "k2"])
    return frame[first == (frame.genotype == "WT")]


CROSSING = Crossing(
    names=("genotype", "treatment"),
    labels=(("WT", "KO"), ("veh", "drug")),
    cells=np.array(list(product(range(2), range(2)))),
)


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ("drug - veh | WT", [-1, 1, 0, 0]),
        ("drug - veh | genotype=KO", [0, 0, -1, 1]),
        ("drug - veh | genotype = KO", [0, 0, -1, 1]),
        ("drug - veh", [-0.5, 0.5, -0.5, 0.5]),
        ("KO - WT", [-0.5, -0.5, 0.5, 0.5]),
        ("(drug - veh | KO) - (drug - veh | WT)", [1, -1, -1, 1]),
        ("KO drug - WT veh", [-1, 0, 0, 1]),
        ("'KO drug' - \"WT veh\"", [-1, 0, 0, 1]),
        ("(WT drug + KO drug) / 2 - KO veh", [0, 0.5, -1, 0.5]),
        ("2 * (drug - veh | WT)", [-2, 2, 0, 0]),
    ],
)
def test_an_expression_in_levels_is_weights_of_cells(text, weights):
    assert factorial.parse(text, CROSSING, Linear()).weights == pytest.approx(weights)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("drug - vhe | WT", "did you mean"),
        ("drug | WT", "must cancel"),
        ("drug - veh | drug", "cannot be read"),
        ("drug - drug | WT", "compares nothing"),
        ("drug - veh | 3", "cannot be read"),
        ("(drug - veh) / 0", "divides by 0"),
        ("simpel", "mean 'simple'"),
    ],
)
def test_what_cannot_be_compared_is_refused(text, said):
    with pytest.raises(DesignError, match=r"(?i)contrast") as error:
        factorial.parse(text, CROSSING, Linear())
    assert said in str(error.value).casefold()


@pytest.mark.parametrize("measure", [Linear(), Ratio()])
def test_every_name_is_an_expression_that_means_itself(measure):
    crossings = [
        CROSSING,
        Crossing(
            names=("dose", "sex", "arm"),
            labels=(("0", "1", "10"), ("f", "m"), ("a, b", "control")),
            cells=np.array(list(product(range(3), range(2), range(2)))),
        ),
    ]
    for crossing in crossings:
        found, lost = factorial.choose(crossing, "reference", measure.sign)
        assert not lost
        for contrast in found:
            again = factorial.parse(contrast.name, crossing, measure)
            assert again.weights == pytest.approx(contrast.weights), contrast.name
            assert again.name == contrast.name


def test_an_interaction_is_the_difference_of_its_simple_effects():
    found, _ = factorial.choose(CROSSING, "reference", "-")
    rows = {c.name: c for c in found}
    whole = rows["(drug - veh | KO) - (drug - veh | WT)"]
    apart = rows["drug - veh | KO"].weights - rows["drug - veh | WT"].weights
    assert whole.weights == pytest.approx(apart)
    assert whole.interaction
    assert rows["drug - veh"].averaged == ("genotype",)


def test_a_missing_cell_takes_only_what_needs_it():
    crossing = Crossing(
        names=("genotype", "treatment"),
        labels=(("WT", "KO"), ("veh", "low", "high")),
        cells=np.array([c for c in product(range(2), range(3)) if c != (1, 2)]),
    )
    found, lost = factorial.choose(crossing, "reference", "-")
    assert crossing.missing == ("KO high",)
    assert "low - veh | KO" in {c.name for c in found}
    assert {"high - veh | KO", "high - veh", "KO - WT | high", "KO - WT"} <= set(lost)
    with pytest.raises(DesignError, match="no values"):
        factorial.parse("high - veh | KO", crossing, Linear())


def test_a_column_with_a_comma_in_its_name_is_one_column():
    columns = ("a,b", "a", "b", "c", "d, e")
    assert split_names("a,b", columns, ",") == ("a,b",)
    assert split_names("a, c", columns, ",") == ("a", "c")
    assert split_names("d, e,c", columns, ",") == ("d, e", "c")
    assert split_names("c,a,b", columns, ",") == ("c", "a,b")


def roles_of(found: Design) -> list[tuple[str, str]]:
    return [(s.role.value, s.of or s.name) for s in found.structure.strata]


def test_strata_follow_from_what_varies_where():
    frame = made(CELLS, each=2, readings=2)
    both = design(frame, block="litter", unit="pup")
    assert roles_of(both) == [
        ("block", "litter"),
        ("effect", "genotype"),
        ("effect", "treatment"),
        ("effect", "genotype x treatment"),
        ("unit", "pup"),
    ]
    # One of the factors lies between litters: what is left to differ is the cell.
    mixed = design(within(frame), block="litter", unit="pup")
    assert roles_of(mixed) == [("block", "litter"), ("effect", "litter"), ("unit", "pup")]
    # Without blocks there are units in cells.
    nested = design(frame, unit="pup")
    assert nested.layout == "nested"
    assert nested.groups == ("WT veh", "WT drug", "KO veh", "KO drug")


def test_a_unit_seen_under_several_levels_of_one_factor_is_a_block():
    frame = within(made(CELLS, readings=1))
    found = design(frame, unit="litter")
    assert found.block is not None
    assert found.block.name == "litter"
    assert any("seen again" in note for note in found.notes)
    assert not found.warnings or "cells" not in " ".join(found.warnings)
    with pytest.raises(DesignError, match="--block litter"):
        design(made(CELLS), unit="litter")


@pytest.mark.parametrize(
    ("reference", "first"),
    [("genotype=KO,treatment=drug", "KO drug"), ("KO", "KO veh"), (None, "WT veh")],
)
def test_every_factor_has_its_reference(reference, first):
    assert design(made(CELLS), block="litter", reference=reference).groups[0] == first


def test_a_reference_that_is_no_level_is_refused_with_an_example():
    with pytest.raises(DesignError, match="genotype=WT"):
        design(made(CELLS), block="litter", reference="placebo")


@pytest.mark.parametrize("each", [1, 2])
def test_density_is_that_of_the_covariance_of_the_strata(each):
    """Blocks in which both factors vary: a matrix written down entry by entry says the same."""
    frame = made(CELLS, blocks=3, each=each).sort_values("treatment", ignore_index=True)
    found = design(frame, block="litter")
    model = Model.from_design(found, Assumptions(robust="none"))
    z = np.random.default_rng(2).normal(0, 0.7, (4, len(model.free)))
    theta = model.standard(z)
    y = found.yardstick.standardised(found.readings.value)
    rows = frame[["litter", "genotype", "treatment"]].to_numpy()
    for d in range(4):
        scales = {(s.role, s.of): theta[scale_of(s)][0, d] for s in found.structure.strata}
        cover = np.eye(len(y)) * theta[NOISE][0, d] ** 2
        for i, j in product(range(len(y)), repeat=2):
            if rows[i][0] != rows[j][0]:
                continue
            same = rows[i] == rows[j]
            cover[i, j] += scales[Role.BLOCK, ""] ** 2
            cover[i, j] += same[1] * scales[Role.EFFECT, "genotype"] ** 2 / 2
            cover[i, j] += same[2] * scales[Role.EFFECT, "treatment"] ** 2 / 2
            whole = scales.get((Role.EFFECT, "genotype x treatment"), 0.0)
            cover[i, j] += (same[1] and same[2]) * whole**2 / 2
        mean = model.group_means(theta)[:, d][found.readings.group]
        expected = stats.multivariate_normal(mean, cover).logpdf(y)
        assert model.log_likelihood(z)[d] == pytest.approx(expected, rel=1e-9)


@pytest.fixture(scope="module")
def split_plot():
    return ne.compare(
        oats(),
        value="yield",
        group=["Variety", "nitro"],
        block="Block/Variety",
        options={"robust": "none", "ess": 2000, "contrast": list(ERRORS)},
    )


def test_errors_of_oats_are_those_of_its_analysis_of_variance():
    """Balanced: REML errors are those of the mean squares between and within plots."""
    y = np.array(list(OATS.values()), dtype=float)
    varieties, blocks, doses = y.shape
    # Means of the cells in the documentation of emmeans (MOats).
    published = [
        [71.5, 89.7, 110.8, 118.5],
        [80.0, 98.5, 114.7, 124.8],
        [86.7, 108.5, 117.2, 126.8],
    ]
    assert y.mean(axis=1) == pytest.approx(np.array(published), abs=0.051)
    plot = y.mean(axis=2)
    apart = plot - plot.mean(axis=1, keepdims=True) - plot.mean(axis=0) + y.mean()
    freedom = (varieties - 1) * (blocks - 1), varieties * (blocks - 1) * (doses - 1)
    between = doses * np.square(apart).sum() / freedom[0]
    rest = y - plot[:, :, None] - y.mean(axis=1)[:, None, :] + y.mean(axis=(1, 2))[:, None, None]
    within = np.square(rest).sum() / freedom[1]
    assert list(ERRORS.values()) == [
        (pytest.approx(np.sqrt(2 * within / (varieties * blocks)), abs=5e-4), freedom[1]),
        (pytest.approx(np.sqrt(2 * between / (blocks * doses)), abs=5e-4), freedom[0]),
        (pytest.approx(np.sqrt(2 * within / blocks), abs=5e-4), freedom[1]),
    ]


@pytest.mark.parametrize("name", ERRORS)
def test_split_plot_gives_the_published_errors(split_plot, name):
    """Balanced and normal: the mean is the raw difference, the width that of the right stratum."""
    row = next(r for r in split_plot.contrasts if r.name == name)
    error, freedom = ERRORS[name]
    asked = next(c for c in split_plot.asked if c.name == name)
    raw = oats().groupby(["Variety", "nitro"], sort=False)["yield"].mean().to_numpy()
    assert row.mean == pytest.approx(asked.weights @ raw, abs=4 * row.mcse_mean + 0.01 * error)
    half = 0.5 * (row.ci_high - row.ci_low)
    assert half == pytest.approx(error * stats.t(freedom).ppf(0.975), rel=0.08)


def test_a_balanced_mixed_design_agrees_with_its_closed_form():
    """One factor between subjects, one within: Welch's t on differences and on averages."""
    rng = np.random.default_rng(4)
    rows = []
    for arm, change in (("active", 9.0), ("control", 0.0)):
        for k in range(10):
            level = rng.normal(70, 6)
            rows += [
                (f"{arm[0]}{k}", arm, t, level + (t == "t2") * change + rng.normal(0, 1.5))
                for t in ("t1", "t2")
            ]
    frame = pd.DataFrame(rows, columns=["id", "arm", "time", "y"])
    result = ne.compare(
        frame,
        value="y",
        group="arm,time",
        unit="id",
        options={"robust": "none", "ess": 2000, "tau": "common"},
    )
    found = {row.name: row for row in result.contrasts}
    wide = frame.pivot_table(index="id", columns="time", values="y")
    arm = frame.groupby("id").arm.first()
    for name, own in {
        "(t2 - t1 | active) - (t2 - t1 | control)": wide.t2 - wide.t1,
        "active - control": (wide.t2 + wide.t1) / 2,
    }.items():
        a, b = own[arm == "active"], own[arm == "control"]
        error = np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 10)
        half = 0.5 * (found[name].ci_high - found[name].ci_low)
        assert found[name].mean == pytest.approx(a.mean() - b.mean(), abs=0.1 * error)
        assert half == pytest.approx(error * stats.t(18).ppf(0.975), rel=0.1)
        beside = next(p for p in result.honesty if p.contrast == name).method("apart")
        assert beside.mean == pytest.approx(a.mean() - b.mean())
        assert beside.error == pytest.approx(error)
    text = str(result)
    assert "arm lies between id" in text
    assert "time varies within" in text
    assert "Interaction of arm and time" in text
    assert "depend on each other" in text
    assert [row.name for row in result.groups] == [
        *("control t1", "control t2", "active t1", "active t2")
    ]


@pytest.mark.slow
def test_draws_and_files_hold_every_scale(tmp_path):
    """Two factors within blocks: a scale for each, named, in the draws and in a file."""
    result = ne.compare(
        made(CELLS, each=2),
        value="weight",
        group="genotype,treatment",
        block="litter",
        options={"ess": 300},
    )
    scales = result.draws["posterior"]["tau_effect"]
    assert scales.coords["term"].to_numpy().tolist() == [
        *("genotype", "treatment", "genotype x treatment")
    ]
    means = {row.name: row.mean for row in result.scales}
    assert float(scales.sel(term="treatment").mean()) == pytest.approx(
        means["tau_effect[treatment]"], rel=0.2
    )
    result.save(tmp_path / "a.nestimate")
    again = ne.load(tmp_path / "a.nestimate")
    assert str(again) == str(result)
    assert again.design.structure.factorial.names == ("genotype", "treatment")


FORMULA = "weight ~ genotype * treatment + (1 | litter)"


@pytest.mark.usefixtures("shaped")
@pytest.mark.parametrize(
    ("contrast", "names"),
    [
        ("KO - WT", ["KO - WT"]),
        ("drug - veh", ["drug - veh"]),
        ("WT drug - KO drug", ["WT drug - KO drug"]),
        ("drug - veh | genotype=WT", ["drug - veh | genotype=WT"]),
        ("simple", ["drug - veh | WT", "drug - veh | KO", "KO - WT | veh", "KO - WT | drug"]),
        ("main", ["drug - veh", "KO - WT"]),
    ],
)
def test_a_formula_answers_what_is_asked_of_any_of_its_factors(contrast, names):
    frame = made(CELLS, blocks=3, each=2)
    options = {"contrast": contrast, "robust": "none"}
    result = ne.fit(FORMULA, frame, options=options)
    assert [row.name for row in result.contrasts] == names
    cells = frame.groupby(["genotype", "treatment"]).weight.mean()
    expected = {
        "KO - WT": cells["KO"].mean() - cells["WT"].mean(),
        "drug - veh": (cells[:, "drug"] - cells[:, "veh"]).mean(),
        "WT drug - KO drug": cells["WT", "drug"] - cells["KO", "drug"],
    }
    for row in result.contrasts:
        if row.name in expected:
            assert row.mean == pytest.approx(expected[row.name], abs=0.2)


def test_a_contrast_that_no_factor_of_a_formula_has_is_refused_with_all_levels():
    with pytest.raises(DesignError, match="drug"):
        ne.fit(FORMULA, made(CELLS), options={"contrast": "drog - veh"})


@pytest.mark.parametrize(
    ("roles", "options", "said"),
    [
        ({"group": "genotype,genotype"}, {}, "named twice as group"),
        ({"group": "genotype", "unit": "pup"}, {"adjust": "treatment"}, "holds labels"),
    ],
)
def test_columns_that_cannot_play_their_part_are_told(roles, options, said):
    with pytest.raises(DesignError, match=said):
        ne.compare(made(CELLS), value="weight", **roles, options=options)


def test_doses_inside_plots_are_proposed_as_a_factor():
    """Yates's oats: nitrogen is applied to the subplots of every variety's plot."""
    first = ne.inspect(oats()).proposals[0]
    assert set(first.factors) == {"Variety", "nitro"}
    assert "Block" in (first.roles.block or "")


def litters(arms: bool, seed=3) -> pd.DataFrame:
    """Pups seen at two times; how much that changes differs from litter to litter."""
    rng = np.random.default_rng(seed)
    rows = []
    for litter in range(12):
        level, change = rng.normal(10, 1), rng.normal(0.5, 1.5)
        for pup in range(4):
            own = level + rng.normal(0, 0.7)
            rows += [
                (f"l{litter}", f"l{litter}p{pup}", "ab"[litter % 2 if arms else pup % 2], time, y)
                for time, y in (("t0", own), ("t1", own + change))
            ]
    frame = pd.DataFrame(rows, columns=["litter", "pup", "arm", "time", "y"])
    return frame.assign(y=frame.y + rng.normal(0, 0.4, len(frame)))


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize("group", ["time", "arm,time"])
def test_what_pups_of_a_litter_share_in_their_change_counts_by_litters(group, inside):
    """Beside the paired t on litters: pups seen twice are no litters, nor is a cell one plot."""
    frame = litters(arms=not inside)
    roles = {"value": "y", "group": group, "block": "litter/pup"}
    found = ne.compare(frame, **roles, options={"ess": 1000, "robust": "none", "tau": "common"})
    means = frame.pivot_table(index="litter", columns="time", values="y")
    change = means.t1 - means.t0
    half = stats.sem(change) * stats.t(11).ppf(0.975)
    row = next(row for row in found.contrasts if row.name == "t1 - t0")
    assert row.mean == pytest.approx(change.mean(), abs=0.1 * half)
    if group == "time" or inside:
        assert 0.5 * (row.ci_high - row.ci_low) == pytest.approx(half, rel=0.15)
    else:
        apart = change.groupby(frame.groupby("litter").arm.first())
        error = np.sqrt((apart.var(ddof=1) / apart.size()).sum())
        inter = next(row for row in found.contrasts if row.name.startswith("("))
        welch = error * stats.t(10).ppf(0.975)
        assert 0.5 * (inter.ci_high - inter.ci_low) == pytest.approx(welch, rel=0.15)
    if group == "time":
        said = ne.fit(
            "y ~ time + (time || litter) + (1 | litter:pup)",
            frame,
            options={"ess": 1000, "robust": "none"},
        )
        same = next(row for row in said.contrasts if row.name == "t1 - t0")
        assert same.sd == pytest.approx(row.sd, rel=0.1)


def test_a_litter_left_out_leaves_what_scatters_as_it_was():
    """Half of the cells are seen in several pups; without the second litter fewer are."""
    pups = {"LA0": "A0 A1", "LA1": "A2 A3", "LA2": "A4", "LB0": "B0 B1", "LB1": "B2"}
    rng = np.random.default_rng(2)
    rows = [
        (litter, pup, pup[0], time, rng.normal(10, 1))
        for litter, inside in pups.items()
        for pup in inside.split()
        for time in ("t1", "t0")
        for _ in range(2)
        if (pup, time) != ("A0", "t0")
    ]
    frame = pd.DataFrame(rows, columns=["litter", "pup", "arm", "time", "y"])
    roles = {"value": "y", "group": "arm,time", "block": "litter/pup"}
    answer = ne.compare(
        frame, **roles, reference="arm=B,time=t0", options={"ess": 300, "robust": "none"}
    )
    assert {one.name for one in answer.influence[0].left_out} == set(pups)


def test_litters_left_out_of_pups_seen_twice_are_named():
    """By the F test of their changes; where litters change alike nothing is said."""
    frame = litters(arms=True)
    wide = frame.pivot_table(index=["litter", "pup"], columns="time", values="y")
    change = (wide.t1 - wide.t0).groupby("litter")
    told = stats.f_oneway(*(own for _, own in change))
    roles = {"value": "y", "group": "time", "block": "pup"}
    said = " ".join(ne.compare(frame, **roles, options={"ess": 300}).design.warnings)
    assert "Column litter is left out, and it ties the pup together" in said
    assert f"(F = {told.statistic:.3g})" in said
    assert "--block litter/pup" in said
    alike = frame.assign(y=frame.y - frame.time.eq("t1") * frame.litter.map(change.mean()))
    quiet = ne.compare(alike, **roles, options={"ess": 300}).design.warnings
    assert not any("ties the pup" in one for one in quiet)


def test_pups_named_as_units_that_are_seen_twice_are_told_to_stand_behind_their_litter():
    with pytest.raises(DesignError, match="--block litter/pup"):
        ne.compare(litters(arms=False), value="y", group="time", block="litter", unit="pup")
