"""Numbers that cannot be 0 are not made 0 by their errors; what rests on priors is said to."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import nestimate as ne
from nestimate.data.designs.measures import LINEAR, RATIO
from nestimate.results.documents import terminal
from nestimate.results.words.rounding import estimate, number_of


def counted(*, low, units=4, readings=2, rate=6.0, seed=3):
    """Counts of two arms; `low`: those of the first, reading by reading."""
    rng = np.random.default_rng(seed)
    high = rng.poisson(rate, units * readings)
    unit = np.repeat(np.arange(units), readings)
    arms = (
        (arm, f"{arm}{u}", k)
        for arm, ks in (("a", low), ("b", high))
        for u, k in zip(unit, ks, strict=True)
    )
    return pd.DataFrame(arms, columns=["g", "u", "k"])


def asked(frame, **options):
    """Return the answer of counts."""
    chosen = {"response": "counts"} | options
    return ne.compare(frame, value="k", group="g", unit="u", options=chosen)


@pytest.mark.parametrize(("measure", "positive"), [(RATIO, False), (LINEAR, True)])
@pytest.mark.parametrize("value", [35.67, 0.3, 2e-4])
def test_what_lies_above_zero_is_not_rounded_to_zero(measure, positive, value):
    """The upper end of a rate known worse than itself was printed as 0, below its own estimate."""
    for places in range(-4, 9):
        assert float(number_of(measure, positive=positive)(value, places)) > 0
    assert number_of(LINEAR)(0.3, 0) == "0"


def test_an_end_with_an_error_like_itself_stays_on_its_side():
    """So do the estimate and both ends of a whole row."""
    (row, *_) = asked(counted(low=[0] * 8), ess=1000).averages
    for error in (1e-3, 1.0, 26.0, 1e4):
        spread = replace(row, mcse_ci_low=error, mcse_ci_high=error, mcse_mean=error)
        mean, low, high = (float(text) for text in estimate(spread))
        assert 0 < low <= mean <= high


def test_averages_that_rest_on_the_prior_of_the_spread_are_said_to():
    """Three counts in eight readings gave an average of up to 6 without a word."""
    sparse = asked(counted(low=[0, 1, 0, 0, 1, 0, 0, 1]))
    rate, average = sparse.groups[0], sparse.averages[0]
    # Exactly, of counts that are Poisson alone, a rate has its end at 1.10 (chi-square).
    assert average.ci_high > 2 * 1.10
    (told,) = [check.text for check in sparse.advice if check.name == "averages"]
    assert "average[a]" in told
    assert "average[b]" not in told
    assert " to ".join(estimate(average)[1:]) in told
    assert " to ".join(estimate(rate)[1:]) in told


def test_averages_that_the_units_tell_are_left_alone():
    """Units of one kind, seen often: their average is as well known as their rate."""
    rng = np.random.default_rng(5)
    many = asked(counted(low=rng.poisson(4, 60), units=20, readings=3))
    assert not [check for check in many.advice if check.name == "averages"]


@pytest.mark.parametrize("unit", ["u", None])
def test_ratios_with_limits_put_in_have_digits_of_their_own(unit):
    """They were rounded by the error of an answer 40 times as large, to 0."""
    rng = np.random.default_rng(2)
    values = [f"{x:.1f}" for x in rng.lognormal(np.log(45), 0.3, 12)]
    frame = pd.DataFrame(
        {
            "g": ["a"] * 12 + ["b"] * 12,
            "u": [f"{arm}{i // 3}" for arm in "ab" for i in range(12)],
            "y": ["<10"] * 12 + values,
        }
    )
    options = {"response": "censored", "scale": "log"}
    found = ne.compare(frame, value="y", group="g", unit=unit, options=options)
    shown = " ".join(terminal.render(found).split())
    at, half = re.search(r"would give b / a = ([\d.]+), half of the limit ([\d.]+)", shown).groups()
    right = np.exp(np.log(frame["y"][12:].astype(float)).mean()) / 10
    assert float(at) == pytest.approx(right, rel=0.15)
    assert float(half) == pytest.approx(2 * right, rel=0.15)
