"""Programs broken on purpose: a calibration test that passes them is worth nothing."""

from collections.abc import Callable
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from unittest import mock

import numpy as np

from nestimate.model import grouped, likelihood


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One way to be wrong.

    Attributes
    ----------
    title
        In words.
    patch
        Makes the program wrong while it is entered.
    pooled
        Whether the readings are fitted as if each were a unit.
    """

    title: str
    patch: Callable = nullcontext
    pooled: bool = False


@contextmanager
def _sd_for_variance():
    """The error of a unit's mean enters with sigma where sigma^2 belongs."""

    def noise_of(kind, sigma):
        return sigma / kind.n

    with mock.patch.object(likelihood, "noise_of", noise_of):
        yield


@contextmanager
def _unit_ignored():
    """The first unit has no say in the likelihood.

    The posterior is then that of fewer data: wider, but every parameter still ranks uniformly. Only
    a quantity that depends on all the data can show it.
    """
    whole = likelihood.unit_classes

    def without_first(statistics):
        first, *others = whole(statistics)
        ignored = first.points == statistics.mean[first.members[0]]
        assert ignored.any()
        return (replace(first, weights=np.where(ignored, 0, first.weights)), *others)

    with mock.patch.object(likelihood, "unit_classes", without_first):
        yield


@contextmanager
def _next_cell():
    """A cell that has a scale of its own takes that of the next; arms keep theirs."""
    own = grouped._own

    def of_next(scales, group):
        return own(scales, (group or 0) + (len(scales) > 2))

    with mock.patch.object(grouped, "_own", of_next):
        yield


BROKEN = {
    "pooled": Fault(title="every reading counted as a unit (pseudoreplication)", pooled=True),
    "sd": Fault(title="the SD of a reading used as its variance", patch=_sd_for_variance),
    "ignored": Fault(title="one unit left out of the likelihood", patch=_unit_ignored),
    "next": Fault(title="every cell with the scale of the next", patch=_next_cell),
}
