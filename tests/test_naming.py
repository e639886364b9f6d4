"""A Student-t has a centre and a scale: nothing of it is called mean or SD."""

import re

import numpy as np
import pytest

import nestimate as ne
from nestimate.results.documents import glossary, terminal
from nestimate.results.words import wording

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
    said = {row.name.split("[")[0]: wording.gloss(row.name, result.model) for row in result.scales}
    said |= {
        row.name.split("[")[0]: wording.gloss(row.name, result.model) for row in result.effect_sizes
    }
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
