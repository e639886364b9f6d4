"""Factors that cross, one at a time: clusters, with what crosses them in the fixed part."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.levels import Level
from nestimate.data.designs.strata import lies_in
from nestimate.data.designs.stratum import Stratum

Array = NDArray[np.float64]

#: Most columns beside clusters that are told by least squares: more take long.
MOST_CROSSING = 100


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Crosswise:
    """Clusters beside what crosses them.

    Attributes
    ----------
    level
        The clusters.
    strata
        What scatters in them: they themselves, and what lies inside.
    across
        What else scatters, in columns of mean 0, shape (rows, columns).
    """

    level: Level
    strata: tuple[Stratum, ...]
    across: Array

    @classmethod
    def of(cls, level: Level, strata: Sequence[Stratum]) -> Self | None:
        """Sort strata into what lies in clusters and what does not; None where that takes long."""
        inside = [lies_in(stratum.level.codes, level.codes) for stratum in strata]
        others = [s for s, held in zip(strata, inside, strict=True) if not held]
        if sum(s.level.size * len(s.effects) for s in others) > MOST_CROSSING:
            return None
        columns = [np.empty((level.codes.size, 0)), *map(_columns, others)]
        across = np.hstack(columns)
        return cls(
            level=level,
            strata=tuple(s for s, held in zip(strata, inside, strict=True) if held),
            across=across - across.mean(axis=0),
        )


def outermost[Name](levels: Mapping[Name, Level]) -> dict[Name, Level]:
    """Return the levels that lie in no other, by what they are called."""
    return {
        path: level
        for path, level in levels.items()
        if not any(lies_in(level.codes, o.codes) for own, o in levels.items() if own != path)
    }


def _columns(stratum: Stratum) -> Array:
    """Return a column for each member of a stratum but one, or for the slope of each."""
    codes, along = stratum.members, reduce(np.add, [e.column for e in stratum.effects])
    columns = np.eye(int(codes.max()) + 1)[codes] * along[:, None]
    return columns[:, int((along == 1).all()) :]
