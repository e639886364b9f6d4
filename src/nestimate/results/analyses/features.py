"""What is predicted and what features of data are: how the data look beside replicated ones."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Most and fewest replicated data sets, and the numbers drawn for them at most.
MOST, FEWEST, CHEAP = 4_000, 1_000, 1_000_000
#: Numbers in all of which there are fewer data sets, and how many of these there are at least.
DEAR, FEWEST_DEAR = 20_000_000, 250
#: Share of replicated data sets below which a feature is one that the model does not make.
RARE = 0.01
#: Share of those with as little of it below which the data are more regular than the model.
REGULAR = 0.001
#: The same for features whose smallness by itself says what is amiss, or says nothing. The scales
#: follow the counts: of tables that the model made none had a largest count below .1 of its own.
SMALL = {"block_spread": RARE, "largest": 0.08} | dict.fromkeys(
    ("zeros", "none", "all", "limits"), 0.0
)


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """What is to be expected of one contrast.

    Attributes
    ----------
    contrast
        `drug - placebo`.
    sides
        What a new unit of lies above what, `("drug", "placebo")`; None where `p_new_unit` is.
    p_new_unit
        Probability that a new unit of the first lies above a new unit of the second (or above
        the stated value); None with blocks and for the user's own contrasts. Of counts and shares
        that stand for themselves new ones are counted; of units it is that of their true rates.
    p_equal
        Probability that both are equal, of new counts and shares; None of what is no number of
        steps.
    behind
        Column and size of what lies behind each of these, the median exposure or total; None where
        every row counts the same.
    positive
        Whether the difference is estimated to be above zero.
    p_same_sign
        Probability that a new experiment of the same size finds the same sign from plain means;
        None where no block sees all groups of the contrast.
    new_units, data_sets
        How many were drawn: a probability p counted in n of them errs by sqrt(p (1 - p) / n).
    """

    contrast: str
    sides: tuple[str, str] | None
    p_new_unit: float | None
    positive: bool
    p_same_sign: float | None
    new_units: int
    data_sets: int
    p_equal: float | None = None
    behind: tuple[str, float] | None = None


@dataclass(frozen=True, kw_only=True)
class Feature:
    """A feature of the data beside that of data replicated from the model.

    Attributes
    ----------
    name
        `farthest` (largest distance of a unit from its group's mean, in SDs of the group's units;
        with blocks, of a block's difference from the mean difference), `sd_ratio` (largest over
        smallest SD of unit means between groups), `block_spread` (SD of the differences within
        blocks), `pair_spread` (largest over smallest of those SDs between pairs of groups),
        `within_spread` (largest variance inside a
        unit over the mean one) or `skewness` (of the unit means about their groups, its size).
    observed, replicated
        In the data, and the median over replicated data sets.
    share, at_most
        Share of replicated data sets in which it is at least, and at most, as large as in the data.
    """

    name: str
    observed: float
    replicated: float
    share: float
    at_most: float


@dataclass(frozen=True, kw_only=True)
class Predictive:
    """All predictions, and all features looked at.

    Attributes
    ----------
    contrasts, features
        What is to be expected of every contrast, and how the data look beside replicated ones.
    data_sets
        How many were replicated.
    farthest
        With a formula, the label of what lies farthest from what its fixed part says.
    """

    contrasts: tuple[Prediction, ...] = ()
    features: tuple[Feature, ...] = ()
    data_sets: int = 0
    farthest: str = ""

    @property
    def odd(self) -> tuple[Feature, ...]:
        """Features that the model rarely makes so large: one rule for text and title."""
        return tuple(one for one in self.features if one.share < RARE)

    @property
    def regular(self) -> tuple[Feature, ...]:
        """Features that the model rarely makes as small as in the data."""
        return tuple(one for one in self.features if one.at_most < SMALL.get(one.name, REGULAR))

    def record(self) -> dict[str, Any]:
        """Return the fields as plain values for JSON."""
        return asdict(self) | {"odd_below": RARE}


def feature(name: str, values: Array) -> Feature:
    """Compare the first value, that of the data, with all others."""
    observed, others = float(values[0]), values[1:]
    middle = float(np.median(others))
    same = 1e-9 * (abs(observed) + abs(middle))
    return Feature(
        name=name,
        observed=observed,
        replicated=middle,
        share=float(np.mean(others >= observed - same)),
        at_most=float(np.mean(others <= observed + same)),
    )


def as_recorded(observed: Array, replicated: Array, step: float) -> Array:
    """Return the data above replicated sets, which are recorded as finely as the data.

    What ties do to a feature, they do to both.

    Parameters
    ----------
    observed, replicated
        Numbers of the data, shape (...), and of data sets, (sets, ...).
    step
        Resolution of the data.
    """
    return np.concatenate(
        [observed[None], observed + step * np.round((replicated - observed) / step)]
    )


def positive(values: Array) -> Array:
    """Return values that can be divided by."""
    return np.maximum(values, 1e-300)


def data_sets(numbers: int) -> int:
    """Return how many data sets of so many numbers are replicated."""
    fewest = np.clip(DEAR // numbers, FEWEST_DEAR, FEWEST)
    return int(np.clip(CHEAP // numbers, fewest, MOST))
