"""The last word of a compound says what a column is: fish meal is no fish, a mouse ID a mouse."""

import numpy as np
import pandas as pd
import pytest

import nestimate as ne
from nestimate.data.designs.vocabulary import hints
from test_inspection import best

pytestmark = pytest.mark.usefixtures("shaped_module")


def nested(unit, group, labels):
    """Build a table of three units in each of three groups, and three readings of each."""
    rng = np.random.default_rng(2)
    cells = [(f"K{3 * g + u + 1}", label, r) for g, label in enumerate(labels) for u in range(3)
             for r in (1, 2, 3)]  # fmt: skip
    frame = pd.DataFrame(cells, columns=[unit, group, "reading"])
    own = np.repeat(rng.normal(42, 2, 9), 3) - 3 * np.repeat(range(3), 9)
    return frame.assign(strength=(own + rng.normal(0, 0.6, 27)).round(1))


@pytest.mark.parametrize(
    ("unit", "group", "labels"),
    [
        ("batch", "fly_ash_pct", (0, 20, 40)),
        ("batch", "fly_ash_pct", ("FA0", "FA20", "FA40")),
        ("batch", "FlyAsh (%)", (0, 20, 40)),
        ("tank", "fish_meal_pct", (0, 15, 30)),
        ("mouse", "fish_oil", ("0pct", "2pct", "4pct")),
        ("plot", "plant_density", (4, 8, 16)),
        ("plot", "Pflanzen-Dichte", (4, 8, 16)),
        ("pot", "pot_size_L", ("1L", "3L", "5L")),
        ("pot", "Topf Größe", (1, 3, 5)),
        ("pot", "field_capacity_pct", (40, 60, 80)),
        ("cow", "cow_breed", ("Holstein", "Jersey", "Angus")),
        ("dog", "dog food", ("raw", "dry", "wet")),
        ("plot", "tree_species", ("oak", "beech", "pine")),
        ("dish", "type of cell", ("HeLa", "HEK", "U2OS")),
    ],
)
def test_what_is_called_after_a_thing_is_no_such_thing(unit, group, labels):
    frame = nested(unit, group, labels)
    for table in (frame, frame[[group, unit, "reading", "strength"]]):
        found = [dict(p.arguments()) for p in ne.inspect(table).proposals]
        assert found[0] == {"value": "strength", "group": group, "unit": unit}
        assert not any("against" in design for design in found[:2])


@pytest.mark.parametrize(
    "name",
    [
        "mouse_id",
        "MouseID",
        "animal no",
        "Tier-Nr.",
        "plant_number",
        "fish_pit_tag",
        "Mouse A",
        "Tank (n=3)",
        "patient code",
        "parcela experimental",
        "leaves eaten",
        "rat 1",
        "plate_well",
    ],
)
def test_what_names_a_thing_is_that_thing(name):
    assert "unit" in hints(name)


def test_words_that_name_and_that_say_what_is_done_keep_their_roles():
    assert hints("cell_line") == {"unit", "block"}
    assert hints("mouse strain") == {"group"}
    assert hints("pup_sex") == {"trait"}
    assert "time" in hints("date_cast")


def test_animals_of_a_breed_are_the_units():
    frame = nested("cow", "cow_breed", ("Holstein", "Jersey", "Angus")).drop(columns="reading")
    assert best(frame) == {"value": "strength", "group": "cow_breed", "unit": "cow"}
