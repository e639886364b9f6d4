"""A Student-t has a centre and a scale: nothing of it is called mean or SD."""

import re

import numpy as np
import pandas as pd
import pytest

import nestimate as ne
from nestimate.results.documents import glossary, terminal
from nestimate.results.words import methods, wording

pytestmark = pytest.mark.usefixtures("shaped_module")

OPTIONS = {"ess": 500}


def nested(rng, skew=0.0, n=8):
    def unit():
        m = rng.normal() if not skew else np.exp(skew * rng.normal())
        return [float(m + 0.2 * rng.normal()) + 5 for _ in range(3)]

    return {g: {f"{g}{j}": unit() for j in range(n)} for g in ("a", "b")}


@pytest.mark.parametrize("robust", ["units", "replicates", "both", "none"])
def test_rows_say_sd_only_of_what_is_normal(robust):
    result = ne.compare(nested(np.random.default_rng(1)), options=OPTIONS | {"robust": robust})
    said = {row.kind: wording.gloss(row, result.model) for row in result.scales}
    said |= {row.kind: wording.gloss(row, result.model) for row in result.effect_sizes}
    units, readings = robust in ("units", "both"), robust in ("replicates", "both")
    assert ("SD" in said["tau"]) == (not units)
    assert ("SD" in said["sigma"]) == (not readings)
    assert ("SD" in said["d_total"]) == (robust == "none")
    assert ("variance" in said["icc"]) == (robust == "none")
    words = dict(glossary.glossary(result))
    assert ("variance" in words["icc"]) == (robust == "none")
    middle = "centre of a" if units else "mean of a"
    assert re.search(rf"^  {middle} ", terminal.render(result), re.MULTILINE)
    assert f"{middle.split(maxsplit=1)[0].capitalize()}s of the groups" in ne_report(result)


def ne_report(result):
    from nestimate.results.documents.html import render  # noqa: PLC0415

    return render(result, ".md")


def test_a_centre_far_from_the_arithmetic_mean_is_said_beside_the_answer():
    rng = np.random.default_rng(2)
    skewed = {g: list(np.exp(1.3 * rng.normal(size=40))) for g in ("a", "b")}
    result = ne.compare(skewed, options=OPTIONS)
    found = [check for check in result.advice if check.name == "centre"]
    assert found
    assert not found[0].passed
    mean = np.mean(skewed["a"])
    assert result.groups[0].mean < mean - result.groups[0].sd
    assert "--robust none" in found[0].text
    assert "--scale log" in found[0].text
    normal = {g: list(rng.normal(size=40)) for g in ("a", "b")}
    for data, options in ((normal, {}), (skewed, {"robust": "none"}), (skewed, {"scale": "log"})):
        other = ne.compare(data, options=OPTIONS | options)
        assert "centre" not in [check.name for check in other.advice]


@pytest.mark.usefixtures("shaped")
def test_labels_that_read_like_sentences_change_no_sentence(tmp_path):
    """No name that was made for print is read back, also not from a file."""
    lines = ["a | b", "x is largest in y", "one differs between two", "plain", "P(z"]
    rng = np.random.default_rng(3)
    data = {"line": np.repeat(lines, 6), "arm": np.tile(["tau[u]", "icc"], 15)}
    data["y"] = rng.normal(size=30) + np.repeat([0, 0, 0, 9, 0], 6) * np.tile([0, 1], 15)
    options = {"ess": 300, "rope": (-0.5, 0.5), "robust": "none"}
    found = ne.compare(data, value="y", group="arm", block="line", options=options)
    found.save(tmp_path / "kept.nestimate")
    for one in (found, ne.load(tmp_path / "kept.nestimate")):
        assert one.farthest == "plain"
        said = [s for s in one.sentences if " is largest in " in s and s.startswith("P(")]
        (pairs,) = [s for s in one.sentences if "pairs of blocks differ by more than the ROPE" in s]
        assert len(said) == 1
        assert re.match(r"\d of 10 pairs of blocks differ", pairs)
        assert "plain and P(z" in pairs


@pytest.mark.usefixtures("shaped")
@pytest.mark.parametrize(
    ("text", "skip", "said"),
    [
        ("g,y\na,1\na,2\na,4\nb,3\nb,5\nb,6\n", None, "No row of"),
        ("g,y\na,1\na,2\na,4\nb,3\nb,5\nb,6\nb,99\n", "8-8", "Left out, as asked: row 8."),
        ("g,y\na,1\na,2\na,4\nb,3\nb,5\nb,6\nb,\n", None, "1 of 7 rows have no y and are left"),
    ],
)
def test_a_checklist_names_the_rows_that_do_not_count_however_that_is_worded(
    text, skip, said, tmp_path
):
    (tmp_path / "t.csv").write_text("\ufeff" + text, encoding="utf-8")
    options = {"ess": 300, "skip_rows": skip}
    found = ne.compare(tmp_path / "t.csv", value="y", group="g", options=options)
    found.save(tmp_path / "kept.nestimate")
    for one in (found, ne.load(tmp_path / "kept.nestimate")):
        assert methods.left_out(one.design).startswith(said)


def test_units_of_stated_precision_are_held_against_the_mean_that_weighs_them():
    """Sure units lay apart from unsure ones: that was called skewed; the way out did nothing."""
    rng = np.random.default_rng(1)
    error = np.tile([0.1, 0.1, 0.1, 0.9, 0.9, 0.9], 2)
    table = pd.DataFrame({"arm": ["a"] * 6 + ["b"] * 6, "mouse": range(12), "se": error})
    table["y"] = (error > 0.5) * 0.9 + 0.2 * error * rng.normal(size=12)
    found = ne.compare(
        table, value="y", group="arm", unit="mouse", options={"se": "se", "ess": 400}
    )
    assert "centre" not in [check.name for check in found.advice]
