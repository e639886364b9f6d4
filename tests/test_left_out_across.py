"""Columns left out that lie across data points, days of one arm, or along which they are alike."""

import numpy as np
import pandas as pd
import pytest

import nestimate as ne
from nestimate.data.designs.design import Design
from nestimate.data.designs.formula import parse_formula
from nestimate.data.designs.from_formula import formula_design
from nestimate.data.designs.roles import Roles
from nestimate.data.tables.door import read_table
from nestimate.errors import DesignError
from nestimate.remedies import Fit
from screens import FAST

pytestmark = pytest.mark.quick

#: Beginnings of what is said of a column that is left out, and of one that is taken anew.
LEFT, TAKEN = "Column {} is left out", "Equal labels in column {} are taken as others"


def days(seed=1, *, sd=1.5, own=0.5, apart=True, each=2):
    """Six mice of two arms, every one on all three days of its arm, or on the same three."""
    rng = np.random.default_rng(seed)
    shift = sd * rng.normal(size=6)
    rows = []
    for a, arm in enumerate(("ctl", "drug")):
        for m in range(6):
            level = 10 + own * rng.normal()
            for d in range(3):
                day = 3 * a * apart + d
                values = level + shift[day] + 0.7 * rng.normal(size=each)
                rows += [(arm, f"{arm}{m}", f"d{day + 1}", value) for value in values]
    return pd.DataFrame(rows, columns=["arm", "mouse", "day", "y"])


def cages(seed=1):
    """Mice that moved between the three cages of their arm."""
    table = days(seed, each=3)
    place = table["mouse"].str[-1].astype(int) + table["day"].str[1:].astype(int)
    return table[place % 3 > 0].rename(columns={"day": "cage"})


def animals(seed=1):
    """Days of which each held the same six mice, and these differ most."""
    return days(seed, own=2.0)


def inside(seed=1):
    """Mice on both treatments; each treatment had two days of its own, the same for all mice."""
    rng = np.random.default_rng(seed)
    shift, level = 1.5 * rng.normal(size=4), rng.normal(size=8)
    rows = [
        (f"m{m}", "ab"[d // 2], f"d{d}", 10 + level[m] + shift[d] + 0.5 * rng.normal())
        for m in range(8)
        for d in range(4)
        for _ in range(2)
    ]
    return pd.DataFrame(rows, columns=["mouse", "arm", "day", "y"])


def pups(seed=1):
    """Pups of litters, all read by the two technicians of their arm."""
    rng = np.random.default_rng(seed)
    rows = [
        (f"L{k}", arm, f"L{k}{arm}{i}", f"{arm}{t}", k + 2 * t + rng.normal(0, 0.5))
        for k in range(5)
        for arm in "ab"
        for i in range(3)
        for t in (0, 1)
    ]
    return pd.DataFrame(rows, columns=["litter", "arm", "pup", "tech", "y"])


def counts(seed=1):
    rng = np.random.default_rng(seed)
    table = days(seed, each=1)
    return table.assign(y=rng.poisson(np.exp(0.3 * table["y"])))


def said(table, start, formula=None, **roles):
    if formula is None:
        roles = {"value": "y", "group": "arm"} | roles
        design = Design.from_table(read_table(table), Roles(**roles))
    else:
        design = formula_design(read_table(table), parse_formula(formula))
    return [one for one in design.warnings if one.startswith(start)]


@pytest.mark.parametrize("seed", range(1, 4))
@pytest.mark.parametrize(
    ("table", "start", "column", "roles", "rest", "formula"),
    [
        (days, LEFT, "day", {"unit": "mouse"}, "3 in ctl, 3 in drug", "(1 | mouse) + (1 | day)"),
        (cages, LEFT, "cage", {"unit": "mouse"}, "3 in drug", "(1 | mouse) + (1 | cage)"),
        (counts, LEFT, "day", {"unit": "mouse", "response": "counts"}, "3 in ctl", "(1 | day)"),
        (inside, LEFT, "day", {"block": "mouse"}, "2 in a, 2 in b", "(1 | mouse:arm) + (1 | day)"),
        (
            pups,
            LEFT,
            "tech",
            {"block": "litter", "unit": "pup"},
            "2 in a, 2 in b",
            "(1 | litter) + (1 | litter:arm) + (1 | litter:pup) + (1 | tech)",
        ),
        # Days as the unit: the same six mice on each.
        (animals, LEFT, "mouse", {"unit": "day"}, "6 in ctl", "(1 | day) + (1 | mouse)"),
        # Equal labels under several units are the same thing, and were taken for others.
        (days, TAKEN, "day", {"unit": "mouse/day"}, "3 in ctl", "(1 | mouse:day) + (1 | day)"),
        (
            animals,
            TAKEN,
            "mouse",
            {"unit": "day/mouse"},
            "6 in ctl",
            "(1 | day:mouse) + (1 | mouse)",
        ),
        (
            inside,
            TAKEN,
            "day",
            {"block": "mouse", "unit": "day", "relabel_units": True},
            "2 in",
            "",
        ),
    ],
)
def test_labels_of_one_group_that_cross_its_data_points_are_named(
    table, start, column, roles, rest, formula, seed
):
    """Three days of each arm: intervals held the truth in .52 of 60, and nothing was said."""
    (found,) = said(table(seed), start.format(column), **roles)
    assert f"known no better than from so many {column} (" in found
    assert rest in found
    fits = [part.formula for part in found.parts if isinstance(part, Fit)]
    assert [one.endswith(formula) for one in fits] == [True] * len(fits)
    assert fits or "'+ (1 | day)' in a formula" in found


def test_of_one_group_the_mean_rests_on_the_days():
    table = days(apart=False).assign(arm="all").drop(columns="arm")
    answer = ne.compare(table, value="y", unit="mouse", options={"against": 0, "ess": 300})
    (found,) = (one for one in answer.design.warnings if one.startswith("Column day"))
    assert "A mean is known no better than from so many day (3)" in found
    assert "y ~ 1 + (1 | mouse) + (1 | day)" in found


def test_a_formula_is_told_which_term_it_lacks():
    (found,) = said(days(), LEFT.format("day"), formula="y ~ arm + (1 | mouse)")
    assert "'+ (1 | day)' in the formula" in found


def test_days_that_both_arms_share_cancel():
    for seed in range(1, 6):
        table = days(seed, apart=False)
        for start, unit in ((LEFT, "mouse"), (TAKEN, "mouse/day")):
            own = said(table, start.format("day"), unit=unit)
            assert not [one for one in own if "no better than" in one]


def test_labels_that_say_nothing_are_named_by_chance_alone():
    """One in a hundred: of 200 tables 6 or fewer (.004 that more are)."""
    named = sum(
        bool(said(days(seed, sd=0), LEFT.format("day"), unit="mouse")) for seed in range(200)
    )
    assert named <= 6


def test_what_lies_inside_blocks_in_one_group_each_is_no_block():
    """It was said that what sets one day apart did not blur the difference."""
    with pytest.raises(DesignError) as refused:
        Design.from_table(read_table(inside()), Roles(value="y", group="arm", block="mouse/day"))
    assert "--unit day beside --block mouse" in refused.value.said("shell")


def test_runs_of_one_arm_each_are_named_in_a_screen():
    """Two runs of each arm, every mouse in both: 215 of 400 endpoints without effect were hits."""
    rng = np.random.default_rng(1)
    sheet = days(each=1).drop(columns="y").reset_index(drop=True)
    shift = 0.8 * rng.normal(size=(60, 6))
    day = sheet["day"].str[1:].astype(int).to_numpy() - 1
    values = 20 + rng.normal(0, 0.5, (60, len(sheet))) + shift[:, day]
    sheet.insert(0, "sample", [f"S{i}" for i in range(len(sheet))])
    table = pd.DataFrame(values, columns=sheet["sample"])
    table.insert(0, "protein", [f"P{i}" for i in range(60)])
    options = {**FAST, "audit": 0}
    screen = ne.screen(table, samples=sheet, group="arm", unit="mouse", options=options)
    (found,) = (note for note in screen.matrix.notes if note.startswith("Mind: column day"))
    assert "an effect is known no better than from so many day" in found


def test_one_mouse_that_moved_hides_no_cage():
    """A reading in another cage took the word away: intervals held the truth in .63 of 40."""
    rng = np.random.default_rng(1)
    rows = [
        (arm, f"{arm}{k}", f"{arm}{k}m{i}", level + rng.normal(0, 0.3))
        for arm in "ab"
        for k in range(3)
        for level in [rng.normal(0, 2)]
        for i in range(3)
        for _ in range(3)
    ]
    table = pd.DataFrame(rows, columns=["arm", "cage", "mouse", "y"])
    (whole,) = said(table, LEFT.format("cage"), unit="mouse")
    table.loc[1, "cage"] = "a1"
    (moved,) = said(table, LEFT.format("cage"), unit="mouse")
    assert whole == moved
    assert [way.value for way in moved.remedies] == ["cage/mouse"]


def clones(seed=1, *, apart=False):
    """Three clones of each genotype, numbered anew in each, all run in the same six experiments."""
    rng = np.random.default_rng(seed)
    own, day = rng.normal(size=6), rng.normal(size=6)
    rows = [
        (g, f"c{i + 1 + 3 * k * apart}", f"e{e}", own[3 * k + i] + day[e] + 0.3 * rng.normal())
        for k, g in enumerate(("WT", "KO"))
        for i in range(3)
        for e in range(6)
    ]
    return pd.DataFrame(rows, columns=["genotype", "clone", "exp", "y"])


def test_clones_numbered_anew_in_each_genotype_are_asked_about():
    """Intervals held the truth in .52 of 60, in .23 with clones compared, as advised."""
    roles = {"group": "genotype", "block": "exp"}
    (found,) = said(clones(), LEFT.format("clone"), **roles)
    assert "If clone c1 of WT and clone c1 of KO are not the same" in found
    assert "known no better than from so many clone (3 in WT, 3 in KO)" in found
    (term,) = (part.formula for part in found.parts if isinstance(part, Fit))
    assert term == "y ~ genotype + (1 | exp) + (1 | exp:genotype) + (1 | genotype:clone)"
    (found,) = said(clones(apart=True), LEFT.format("clone"), **roles)
    assert "If clone" not in found
    for block in ("exp", None):
        asked = {"group": "genotype,clone", "block": block}
        (found,) = said(clones(), "clone is compared as a factor", **asked)
        assert "what is averaged over clone holds for these 3 alone" in found
        (term,) = (part.formula for part in found.parts if isinstance(part, Fit))
        assert term.endswith("(1 | genotype:clone)")
        assert term.startswith("y ~ genotype + ")
    ne.fit(term, clones(), options={"ess": 200})


def plates(seed=1, *, level=0.0, effect=0.2, wells=6, many=4):
    """Wells of two compounds on plates between which their difference differs."""
    rng = np.random.default_rng(seed)
    rows = [
        (f"p{k}", arm, own + (arm == "b") * differs + 0.1 * rng.normal())
        for k in range(many)
        for own, differs in [(level * rng.normal(), effect * rng.normal())]
        for arm in "ab"
        for _ in range(wells)
    ]
    return pd.DataFrame(rows, columns=["plate", "arm", "y"])


def test_plates_between_which_the_effect_differs_are_named():
    """In per cent of their control nothing else is left: .53 of 40 intervals held the truth."""
    table = plates(seed=2)
    control = table[table["arm"] == "a"].groupby("plate")["y"].mean()
    normal = table.assign(y=100 + 100 * (table["y"] - table["plate"].map(control)))
    for own in (table, normal):
        (found,) = said(own, LEFT.format("plate"))
        assert [way.value for way in found.remedies] == ["plate"]
    (found,) = said(table, LEFT.format("plate"), formula="y ~ arm")
    assert "'+ (arm | plate)' in the formula" in found
    found = [bool(said(plates(seed), LEFT.format("plate"))) for seed in range(40)]
    assert sum(found) > 28
    named = [bool(said(plates(seed, effect=0), LEFT.format("plate"))) for seed in range(100)]
    assert sum(named) <= 7


def recording(seed=1, *, alike=0.8, size=60, stretch=10):
    """One recording under two conditions by turns, of which neighbours are alike."""
    rng = np.random.default_rng(seed)
    left = rng.normal(size=size)
    for i in range(1, size):
        left[i] = alike * left[i - 1] + np.sqrt(1 - alike**2) * left[i]
    state = np.array(["off", "on"])[np.arange(size) // stretch % 2]
    return pd.DataFrame({"arm": state, "second": np.arange(size) / 2, "y": left})


@pytest.mark.parametrize("stretch", [10, 30])
def test_neighbours_that_are_alike_are_no_data_points(stretch):
    """Intervals held the truth in .67 to .75 of 60 recordings with an autocorrelation of .9."""
    table = recording(stretch=stretch).sample(frac=1, random_state=1)
    for how in ({}, {"formula": "y ~ arm"}):
        (found,) = said(table, "Column second is left out", **how)
        assert "rows that follow each other in it are alike (correlation of neighbours 0." in found
    named = [
        bool(said(recording(seed, alike=0.0, stretch=stretch), "Column second"))
        for seed in range(100)
    ]
    assert sum(named) <= 4
