"""What values say of labels: columns with names that mean nothing, in any order."""

import re
from io import BytesIO
from itertools import permutations, product

import numpy as np
import pandas as pd
import pytest

import nestimate as ne

pytestmark = pytest.mark.quick

NAMES = ("Zorf", "Quib", "Mave", "Plon", "Tresk", "Yark")


def runs(random, *, letters=False, numbered=True):
    """Four runs, flasks 1 to 6 in each, of which 4 to 6 are treated; four readings of a flask."""
    for run, level in enumerate(random.normal(0, 3, 4)):
        for flask in range(6):
            own, arm = random.normal(), ("wt", "mut")[flask // 3]
            for reading in range(4):
                y = 10 + level + own + 1.5 * (flask > 2) + 0.7 * random.normal()
                place = ("ABCD"[run] if letters else run + 1, flask + 1, arm)
                yield (*place, *((reading + 1,) if numbered else ()), y)


def readers(random, *, numbered=False):
    """Twelve items under two conditions, all of them looked at by three readers."""
    items, seen = random.normal(0, 3, 12), random.normal(0, 0.5, 3)
    for item, condition in product(range(12), range(2)):
        both = 0.7 * random.normal()
        for reader in range(3):
            y = 10 + items[item] + condition + both + seen[reader] + 0.7 * random.normal()
            said = reader + 1 if numbered else ("AK", "BM", "CS")[reader]
            yield (item + 1, ("alpha", "beta")[condition], said, y)


def tanks(random):
    """Five lines, all of them in each of eight tanks, which have one temperature each."""
    lines = random.normal(0, 1, 5)
    for tank in range(8):
        own = random.normal()
        for line in range(5):
            y = lines[line] + own - 2.5 * (tank > 3) + 0.3 * random.normal()
            yield ("ABCDE"[line], tank + 1, ("27 C", "31 C")[tank // 4], y)


def sections(random):
    """Ten units of two groups, three sections 1 to 3 of each."""
    for unit in range(10):
        own = 2 * random.normal()
        for section in range(3):
            arm = ("ctl", "trt")[unit // 5]
            yield (unit + 1, arm, section + 1, 10 + own + 2 * (unit > 4) + 0.7 * random.normal())


def boxes(random):
    """Twelve plants, two of each line in each of three boxes, which differ; four leaves of each."""
    for plant in range(12):
        own, box = random.normal(), plant % 6 // 2
        for leaf in range(4):
            y = 30 + own + 6 * box + 2 * (plant > 5) + random.normal()
            yield (("WT", "OE")[plant // 6], plant + 1, box + 1, leaf + 1, y)


def wells(random):
    """Four experiments with three wells 1 to 3 under each of two treatments."""
    for experiment, level in enumerate(random.normal(0, 3, 4)):
        for arm, well in product(range(2), range(3)):
            y = 10 + level + arm + 0.7 * random.normal()
            yield (experiment + 1, ("ctl", "LPS")[arm], well + 1, y)


def plots(random):
    """Twelve plots, numbered through, of three treatments; plants 1 to 4 in each."""
    for plot in range(12):
        own = 2 * random.normal()
        for plant in range(4):
            yield ("ABC"[plot % 3], plot + 1, plant + 1, 100 + own + 0.7 * random.normal())


def words_and_items(random):
    """Twelve subjects and twelve items, each under one of two conditions for each subject."""
    subjects, items = 120 * random.normal(size=12), 15 * random.normal(size=12)
    for subject, item in product(range(12), range(12)):
        condition = (subject + item) % 2
        y = 600 + subjects[subject] + items[item] + 30 * condition + 40 * random.normal()
        yield (subject + 1, item + 1, ("related", "unrelated")[condition], y)


def others(**chosen):
    """Return the runs or readers with something else chosen."""
    return lambda random: (runs if "letters" in chosen else readers)(random, **chosen)


_ANEW = r"--group G --unit I(/S)? --block O --relabel-units"
#: What was done, the columns, and the command without its value that is right.
CASES = {
    "flasks numbered anew in numbered runs": (runs, "OIGS", _ANEW),
    "flasks numbered anew in runs with letters": (others(letters=True), "OIGS", _ANEW),
    "flasks whose readings have no numbers": (others(letters=False, numbered=False), "OIG", _ANEW),
    "items that readers share": (readers, "UGR", r"--group (G|G,R|R,G) --block U(/R)?"),
    "items that numbered readers share": (
        others(numbered=True),
        "UGR",
        r"--group (G|G,R|R,G) --block U(/R)?",
    ),
    "lines in tanks of one temperature": (tanks, "XTG", r"--group (X,G|G,X) --block T"),
    "units with numbered sections": (sections, "UGS", r"--group G --unit U"),
    "boxes that plants of two lines stand in": (
        boxes,
        "GUBS",
        r"--group G --unit U(/S)? --block B",
    ),
    "experiments with numbered wells": (wells, "EGW", r"--group G --block E"),
    "plots with numbered plants": (plots, "GPK", r"--group G --unit P(/K)?"),
    "subjects and items": (words_and_items, "SIG", r"--group G --block S"),
}


def table(build, letters, seed):
    """Return a table whose columns have names without meaning, and the letter of each name."""
    names = np.random.default_rng(seed).permutation(NAMES)[: len(letters)]
    frame = pd.DataFrame([*build(np.random.default_rng(seed))], columns=[*names, "Yield"])
    return frame.round(2), dict(zip(names, letters, strict=True))


def designs(frame, called):
    """Return the designs as they are typed, with a letter for each name."""
    seen = ne.inspect(BytesIO(frame.to_csv(index=False).encode()))
    found = [proposal.command("t") for proposal in seen.proposals]
    found = [re.sub(r"nestimate compare t --value Yield | --response \w+|'", "", f) for f in found]
    return [re.sub("|".join(called), lambda name: called[name[0]], f) for f in found], str(seen)


def orders(frame, seed):
    """Give a table with its columns as they were, the other way round, and anyhow with its rows."""
    random = np.random.default_rng(seed)
    yield frame
    yield frame[[*frame.columns[::-1]]]
    yield frame[[*random.permutation(frame.columns)]].sample(frac=1, random_state=seed)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", CASES)
def test_values_say_what_labels_are_in_any_order(name, seed):
    build, letters, right = CASES[name]
    frame, called = table(build, letters, seed)
    for ordered in orders(frame, seed):
        (first, *_), _ = designs(ordered, called)
        assert re.fullmatch(right, first), list(ordered.columns)


@pytest.mark.parametrize("name", CASES)
def test_every_column_is_in_a_design_or_named_beside_it(name):
    build, letters, _ = CASES[name]
    frame, called = table(build, letters, 5)
    for ordered in orders(frame, 5):
        seen = ne.inspect(BytesIO(ordered.to_csv(index=False).encode()))
        for proposal in seen.proposals:
            apart = {*proposal.candidate.unused, *proposal.factors}
            told = {name for name, reasons in seen.roles.items() if reasons[0].role == "counter"}
            assert {*called} <= apart | {*proposal.candidate.used} | told


@pytest.mark.parametrize(
    ("outer", "inner", "what", "sub"),
    [
        ("Lake", "Enclosure", "Nutrient", "Sample"),
        ("Essai", "Parcelle", "Variété", "Plante"),
        ("N", "Coverslip", "Drug", "Cell"),
        ("Präparation", "Deckglas", "Substanz", "Zelle"),
        ("Blorp", "Dish", "Drug", "Cell"),
        ("Casting", "Mould", "Alloy", "Probe"),
    ],
)
def test_what_is_numbered_anew_is_another_thing_whatever_it_is_called(outer, inner, what, sub):
    random = np.random.default_rng(8)
    frame = pd.DataFrame([*runs(random)], columns=[outer, inner, what, sub, "Area"]).round(2)
    for ordered in orders(frame, 8):
        seen = ne.inspect(BytesIO(ordered.to_csv(index=False).encode()))
        first = dict(seen.proposals[0].arguments())
        assert (first["block"], first["relabel_units"]) == (outer, True)
        assert first["unit"].split("/")[0] == inner


@pytest.mark.parametrize("box", ["Box", "Shelf", "Rack", "Drawer"])
def test_boxes_are_labels_that_are_named(box):
    frame = pd.DataFrame([*boxes(np.random.default_rng(3))], columns=[*NAMES[:4], "Yield"])
    frame = frame.rename(columns={NAMES[2]: box}).round(2)
    for ordered in orders(frame, 3):
        seen = ne.inspect(BytesIO(ordered.to_csv(index=False).encode()))
        assert box not in seen.other_values
        assert seen.proposals[0].roles.block == box


def test_nights_are_the_same_at_all_sites_and_no_readings_of_them():
    random = np.random.default_rng(4)
    sites, rows = 9 * random.normal(size=4), []
    for night, site in product(range(12), range(4)):
        y = round(40 + sites[site] + 8 * (night % 2) + 2 * random.normal(), 1)
        rows.append((night + 1, ("Mill", "Farm", "Ford", "Oak")[site], ("on", "off")[night % 2], y))
    frame = pd.DataFrame(rows, columns=["Night", "Site", "Light", "Level"])
    for ordered in orders(frame, 4):
        seen = ne.inspect(BytesIO(ordered.to_csv(index=False).encode()))
        units = [p.roles.unit for p in seen.proposals]
        assert "Night" in units
        assert not any(p.roles.relabel_units for p in seen.proposals)


def fens(random):
    """Ten fens with names, five of each use; lines L1 to L3 in each, plots 1 to 4 on each line."""
    fens = ("Aldermere", "Brook", "Carr", "Dyke", "Eel", "Fleet", "Gull", "Hay", "Isle", "Jay")
    for fen, own in enumerate(random.normal(0, 3, 10)):
        for line, plot in product(range(3), range(4)):
            y = 20 + own + 4 * (fen % 2) + random.normal()
            yield (fens[fen], ("mown", "left")[fen % 2], f"L{line + 1}", plot + 1, y)


@pytest.mark.parametrize("lines", ["row", "line", "stripe"])
@pytest.mark.parametrize("outer", ["Fen", "Blorp"])
def test_things_with_names_that_lie_in_kinds_are_sampled(outer, lines):
    columns = [outer, "Use of it", lines, "k", "Cover"]
    frame = pd.DataFrame([*fens(np.random.default_rng(2))], columns=columns).round(2)
    for ordered in orders(frame, 2):
        seen = ne.inspect(BytesIO(ordered.to_csv(index=False).encode()))
        roles = seen.proposals[0].roles
        assert (roles.group, (roles.unit or "").split("/")[0]) == ("Use of it", outer)
        assert not any(outer in p.factors for p in seen.proposals)


@pytest.mark.parametrize("name", ["melt no", "pour number", "Guss Nr"])
@pytest.mark.parametrize("bare", [False, True])
def test_numbers_of_what_lies_in_kinds_are_no_numbers_of_readings(name, bare):
    random, rows = np.random.default_rng(6), []
    for melt in range(12):
        own, alloy = 3 * random.normal(), melt % 2
        called = str(melt + 1) if bare else f"{'PQ'[alloy]}{melt // 2 + 1}"
        for piece in "abc":
            y = round(40 + own - alloy + 0.5 * random.normal(), 1)
            rows.append((("pure", "5% tin")[alloy], called, piece, y))
    frame = pd.DataFrame(rows, columns=["alloy", name, "piece", "strength"])
    for ordered in orders(frame, 6):
        seen = ne.inspect(BytesIO(ordered.to_csv(index=False).encode()))
        assert all(p.roles.unit == name for p in seen.proposals[:1])
        assert seen.roles[name][0].role != "counter"


def test_numbers_of_an_order_still_number_readings():
    random, rows = np.random.default_rng(7), []
    days = 3 * random.normal(size=8)
    for day, order in product(range(8), range(6)):
        y = round(40 + days[day] + random.normal(), 2)
        rows.append((f"D{day + 1}", order + 1, ("sham", "real")[order % 2], y))
    frame = pd.DataFrame(rows, columns=["batch", "reading no", "lamp", "level"])
    seen = ne.inspect(BytesIO(frame.to_csv(index=False).encode()))
    assert seen.roles["reading no"][0].role == "counter"
    assert seen.proposals[0].roles.block == "batch"


def test_a_gene_that_clones_lack_is_compared_and_one_that_all_have_is_measured():
    random, lost, all_have = np.random.default_rng(3), [], []
    genes = ("AAVS1", "Kras", "Pten")
    for gene, clone in product(genes, range(4)):
        own = random.normal()
        for dish in range(3):
            y = round(10 + own + 0.4 * random.normal(), 2)
            lost.append((gene, f"{gene}.{clone + 1}", dish + 1, y))
            for arm in ("sham", "real")[: 1 + (dish > 0)]:
                all_have.append((gene, f"c{clone + 1}{dish}", arm, y))
    frame = pd.DataFrame(lost, columns=["gene", "clone", "dish", "growth"])
    seen = ne.inspect(BytesIO(frame.to_csv(index=False).encode()))
    first = seen.proposals[0].roles
    assert (first.group, first.unit, seen.measurand) == ("gene", "clone", None)
    frame = pd.DataFrame(all_have, columns=["gene", "clone", "arm", "growth"])
    assert ne.inspect(BytesIO(frame.to_csv(index=False).encode())).measurand.column == "gene"


def test_what_silences_genes_was_given():
    random, rows = np.random.default_rng(3), []
    for run, target, field in product(range(4), ("siCTL", "siULK1", "siBECN1"), range(4)):
        rows.append((run + 1, target, field + 1, round(10 + run + random.normal(), 2)))
    frame = pd.DataFrame(rows, columns=["exp", "target", "field", "puncta_area"])
    seen = ne.inspect(BytesIO(frame.to_csv(index=False).encode()))
    assert seen.measurand is None
    assert {p.roles.group for p in seen.proposals} == {"target"}


def kelp(random):
    """Six tanks of one temperature each, all of five strains in each."""
    strains, tanks = random.normal(0, 1, 5), random.normal(0, 0.3, 6)
    for tank, strain in product(range(6), range(5)):
        y = 9 + strains[strain] + tanks[tank] - (tank % 2) + 0.5 * random.normal()
        yield (f"tk{tank + 1}", ("14 C", "18 C")[tank % 2], f"K{strain + 1}", y)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("names", [("tank", "warmth", "strain"), ("pan", "serum", "line")])
def test_what_was_treated_as_a_whole_is_never_pooled_without_a_question(names, seed):
    columns = [*names, "growth"]
    frame = pd.DataFrame([*kelp(np.random.default_rng(seed))], columns=columns).round(2)
    for ordered in orders(frame, seed):
        seen = ne.inspect(BytesIO(ordered.to_csv(index=False).encode()))
        pooled = [i for i, p in enumerate(seen.proposals) if names[0] in p.candidate.merged]
        units = [i for i, p in enumerate(seen.proposals) if names[0] in p.candidate.used]
        assert units
        assert not pooled or "Is it the same" in str(seen)
        assert names[0] != "tank" or min(units) == 0


@pytest.mark.parametrize(
    ("outer", "label"), [("Institute", "I {}"), ("Haus", "{}"), ("season", "20{:02}")]
)
def test_what_has_many_numbers_holds_what_is_compared_and_its_replicates(outer, label):
    random, rows = np.random.default_rng(5), []
    for place, own in enumerate(random.normal(0, 2, 7)):
        for assay, rep in product(("ELISA", "PCR"), range(2)):
            y = round(20 + own + (assay == "PCR") + 0.4 * random.normal(), 2)
            rows.append(
                (label.format(place + 11 if "20" in label else place + 1), assay, rep + 1, y)
            )
    frame = pd.DataFrame(rows, columns=[outer, "procedure", "replicate", "result"])
    for ordered in orders(frame, 5):
        seen = ne.inspect(BytesIO(ordered.to_csv(index=False).encode()))
        assert (seen.proposals[0].roles.group, seen.proposals[0].roles.block) == (
            "procedure",
            outer,
        )
        assert not any(p.roles.block == "replicate" for p in seen.proposals)


@pytest.mark.parametrize("order", [0, 1, 2])
def test_people_of_an_age_each_are_named_and_pairs_are_theirs_in_any_language(order):
    random, rows = np.random.default_rng(9), []
    for person, own in enumerate(random.normal(0, 5, 12)):
        for state in ("vila", "löpning"):
            y = round(60 + own - 4 * (state == "vila") + random.normal(), 1)
            rows.append((person + 1, 30 + person, state, "KM"[person % 2], y))
    columns = ["deltagare", "age", "läge", "sex", "puls_medel"]
    frame = pd.DataFrame(rows, columns=columns)
    frame = [*orders(frame, 9)][order]
    seen = ne.inspect(BytesIO(frame.to_csv(index=False).encode()))
    assert seen.aliases == (("deltagare", "age"),)
    assert (seen.proposals[0].roles.group, seen.proposals[0].roles.block) == ("läge", "deltagare")


def test_leaves_that_got_both_one_on_each_side_are_the_same_on_both():
    random, rows = np.random.default_rng(9), []
    for shoot, own in enumerate(random.normal(0, 1, 16)):
        left = int(random.random() < 0.5)
        for half, spray in ((0, left), (1, 1 - left)):
            y = round(20 + own - spray + random.normal(), 1)
            rows.append((("left", "right")[half], ("none", "oil")[spray], shoot + 1, y))
    for columns in permutations(["side", "spray", "shoot", "eaten"]):
        frame = pd.DataFrame(rows, columns=["side", "spray", "shoot", "eaten"])[[*columns]]
        first = ne.inspect(BytesIO(frame.to_csv(index=False).encode())).proposals[0].roles
        assert (first.group, first.block) == ("spray", "shoot"), columns


def test_what_holds_rows_of_several_kinds_is_named_beside_them():
    random, rows = np.random.default_rng(2), []
    for person, site in product(range(14), ("F3", "F4", "Cz")):
        rows.append((f"p{person:02}", "ab"[person % 2] * 2, site, round(random.normal(9, 2), 2)))
    frame = pd.DataFrame(rows, columns=["who", "group", "channel", "theta_power"])
    seen = ne.inspect(BytesIO(frame.to_csv(index=False).encode()))
    said = " ".join(str(seen).split())
    assert "the group is then group,channel, without --edit, and who the unit (--unit who)" in said
