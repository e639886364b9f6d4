"""The columns of a design: what is fixed, what varies between clusters, and what inside them.

A cluster is a block, or a unit with subunits, or the outermost factor of a formula's random terms.
Everything the general likelihood multiplies comes from here, whether roles or a formula named it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nestimate.data.hierarchy import Level

Array = NDArray[np.float64]
Codes = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True)
class Effect:
    """A column whose coefficient differs from cluster to cluster.

    Attributes
    ----------
    name
        `1` for the level of a cluster, otherwise as in the formula: `day`, `drug[B]`.
    column
        Shape (rows,).
    scale, member
        The parameter family that is the coefficient's scale, and its position in that family.
    share
        What the scale is multiplied by: 1 / sqrt 2 for the levels of a factor, so that the scale
        is that of the DIFFERENCE between two of them.
    """

    name: str
    column: Array
    scale: str
    member: int = 0
    share: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Inner:
    """Effects of a level inside the clusters.

    Attributes
    ----------
    level
        Which row has which effect.
    scale, member
        The parameter family that is their scale, and the position in it.
    column
        What the effect multiplies, shape (rows,); None for ones.
    """

    level: Level
    scale: str
    member: int = 0
    column: Array | None = None


@dataclass(frozen=True, kw_only=True)
class Terms:
    """All columns of a design.

    Attributes
    ----------
    text
        The formula as written; empty where roles named the columns.
    family, labels
        The parameter family of the fixed coefficients, and what each is called.
    shifts
        Whether a coefficient shifts with the data as a mean does; the others are slopes.
    alone
        Whether one unit more of a measurement changes the mean by just this coefficient.
    fixed, offsets
        Their columns, (rows, coefficients), and what was taken off each to centre it.
    means
        Group means as weights of the coefficients, shape (groups, coefficients).
    outer
        The clusters; every reading is one where there are no random terms.
    effects
        What differs between clusters.
    correlated
        Positions of the effects that are correlated with each other; the rest are independent.
    cells
        Weights of the effects in what a group looks like in a cluster, (groups, effects).
    home
        The group of each cluster where it lies in one; None where clusters see several.
    slopes
        (coefficient, effect) of measurements whose slope differs between clusters.
    inner
        What differs inside clusters.
    scales
        Names of the members of tau, if the scales are one family.
    spreads
        What each of those is the spread of, and between what: `("day", "dog")`; nothing for a
        level.
    crossed
        Whether some of `inner` are not inside the clusters but cross them.
    """

    text: str = ""
    family: str
    labels: tuple[str, ...]
    shifts: tuple[bool, ...]
    alone: tuple[bool, ...] = ()
    fixed: Array
    offsets: Array
    means: Array
    outer: Level
    effects: tuple[Effect, ...]
    correlated: tuple[int, ...] = ()
    cells: Array
    home: Codes | None = None
    slopes: tuple[tuple[int, int], ...] = ()
    inner: tuple[Inner, ...]
    scales: tuple[str, ...] = ()
    spreads: tuple[tuple[str, str], ...] = ()
    crossed: bool = False

    @property
    def factors(self) -> tuple[str, ...]:
        """Names of the factors that something differs between, the clusters first."""
        names = [self.outer.name, *(inner.level.name for inner in self.inner)]
        return tuple(dict.fromkeys(names))

    @property
    def units(self) -> dict[str, Array]:
        """Size of what each scale multiplies, by family: the SD of a slope's column, or 1."""
        found: dict[str, dict[int, float]] = {}
        parts: list[Effect | Inner] = [*self.effects, *self.inner]
        for part in parts:
            found.setdefault(part.scale, {}).setdefault(part.member, _size(part.column))
        return {name: np.array([sizes[i] for i in sorted(sizes)]) for name, sizes in found.items()}


def _size(column: Array | None) -> float:
    """SD of a column of measurements; 1 for a column of zeros and ones."""
    if column is None or np.isin(column, (0, 1)).all():
        return 1.0
    return float(column.std())


def role_terms(
    groups: tuple[str, ...],
    group: Codes,
    levels: Sequence[Level],
    block: Level | None,
) -> Terms:
    """Return the columns of a design with blocks or subunits.

    Blocked: every block has a level (scale tau_block) and a deviation in every group (scale
    tau_effect / sqrt 2). Otherwise every unit has a level, whose scale may be its group's own.

    Parameters
    ----------
    groups, group
        Labels of the groups, and the code of each row, shape (rows,).
    levels, block
        Units and subunits, outermost first, and the blocks.
    """
    count = len(groups)
    indicators = np.eye(count)[group]
    home: Codes | None = None
    if block is None:
        outer, inside = levels[0], levels[1:]
        effects = tuple(
            Effect(name=label, column=indicators[:, g], scale="tau", member=g)
            for g, label in enumerate(groups)
        )
        cells, home = np.eye(count), np.zeros(outer.size, dtype=np.intp)
        home[outer.codes] = group
    else:
        outer, inside = block, levels
        level = Effect(name="1", column=np.ones(group.size), scale="tau_block")
        deviations = (
            Effect(name=label, column=column, scale="tau_effect", share=1 / np.sqrt(2))
            for label, column in zip(groups, indicators.T, strict=True)
        )
        effects = (level, *deviations)
        cells = np.hstack([np.ones((count, 1)), np.eye(count)])
    return Terms(
        family="mu",
        labels=groups,
        shifts=(True,) * count,
        fixed=indicators,
        offsets=np.zeros(count),
        means=np.eye(count),
        outer=outer,
        effects=effects,
        cells=cells,
        home=home,
        inner=tuple(
            Inner(level=level, scale=name)
            for level, name in zip(inside, inner_names(levels, block), strict=True)
        ),
    )


def inner_names(levels: Sequence[Level], block: Level | None) -> tuple[str, ...]:
    """Parameter families of the levels inside a block or unit, outermost first."""
    subunits = (f"tau_{level.name}" for level in levels[1:])
    return tuple(subunits) if block is None or not levels else ("tau_unit", *subunits)
