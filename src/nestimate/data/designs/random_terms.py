"""The random terms of a formula as strata: clusters, and what lies inside them."""

from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.centring import far
from nestimate.data.designs.crossing import Crossing
from nestimate.data.designs.expressions import unquoted
from nestimate.data.designs.formula import Formula, RandomTerm
from nestimate.data.designs.levels import Level, place_subunits
from nestimate.data.designs.model_frame import ModelFrame
from nestimate.data.designs.stratum import Effect, Role, Stratum
from nestimate.data.designs.term_columns import Column, Key, distinct, term_columns
from nestimate.errors import DesignError

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Homes:
    """The groups that clusters lie in, where these have scales of their own.

    Attributes
    ----------
    groups
        Their labels.
    codes, grid
        Group of every row, (rows,), and of every row of the grid of means.
    crossing
        The factors whose cells the groups are, where there are several.
    between
        Whether they are no groups, but levels of what lies between the clusters.
    """

    groups: tuple[str, ...]
    codes: NDArray[np.intp]
    grid: NDArray[np.intp]
    crossing: Crossing | None = None
    between: bool = False

    def about(self, level: Level) -> Self:
        """Return the groups, or what lies between the members of a level that see several."""
        between = () if self.crossing is None else self.crossing.between(level.codes, self.codes)
        if not between:
            return self
        groups = tuple(dict.fromkeys(between))
        place = np.array([groups.index(home) for home in between], dtype=np.intp)
        codes, grid = place[self.codes], place[self.grid]
        return type(self)(groups=groups, codes=codes, grid=grid, between=True)

    def hold(self, level: Level) -> bool:
        """Whether every member of a level lies in one group."""
        pairs = level.codes * len(self.groups) + self.codes
        return np.unique(pairs).size == np.unique(level.codes).size

    def apart(self, stratum: Stratum) -> Stratum:
        """Return a level, or a slope, with an effect for each group in place of a common one."""
        (effect,) = stratum.effects
        effects = tuple(
            Effect(
                name=f"{label} {effect.name}" if stratum.of else label,
                column=effect.column * inside,
                group=g,
            )
            for g, (label, inside) in enumerate(
                zip(self.groups, np.eye(len(self.groups))[self.codes].T, strict=True)
            )
        )
        bands = self.groups if self.between or stratum.of else ()
        return replace(stratum, effects=effects, bands=bands, lone=True)

    def parted(
        self, stratum: Stratum, on_grid: Array, keys: list[Key | None]
    ) -> tuple[Stratum, Array, list[Key | None]]:
        """Return a term of the clusters with scales for each group, on the grid, and its keys.

        That is their level, and the slopes of measurements; and how levels of a factor differ where
        groups lie between clusters.
        """
        if len(stratum.effects) == 1 and self.hold(stratum.level):
            found, on_grid = self.apart(stratum), on_grid * np.eye(len(self.groups))[self.grid]
            return found, on_grid, [*keys, *[None] * (len(found.effects) - 1)]
        if self.between and len(stratum.effects) > 1:
            found, on_grid = self._divided(stratum, on_grid)
            return found, on_grid, [None] * len(found.effects)
        return stratum, on_grid, keys

    def _divided(self, stratum: Stratum, on_grid: Array) -> tuple[Stratum, Array]:
        """Return the effects of a factor's levels as those inside each group, and on the grid."""
        effects: list[Effect] = []
        bands: list[str] = []
        columns: list[Array] = []
        for g, label in enumerate(self.groups):
            inside = self.codes == g
            for i, effect in enumerate(stratum.effects):
                if (effect.column[inside] != 0).any():
                    name, column = f"{label} {effect.name}", effect.column * inside
                    effects.append(replace(effect, name=name, column=column, group=len(effects)))
                    bands.append(label)
                    columns.append(on_grid[:, i] * (self.grid == g))
        return replace(stratum, effects=tuple(effects), bands=tuple(bands)), np.stack(columns, 1)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Random:
    """What the random terms come to: strata, and the clusters that those outermost share.

    Attributes
    ----------
    outer
        The clusters; every row is one where there are no random terms.
    strata
        What scatters: clusters, and what lies inside them.
    keys
        What column each effect of the clusters is.
    correlated, crossed
        As in `Structure`.
    grid
        The columns of the effects on the grid of means, shape (rows of the grid, effects).
    notes, warnings
        What was done, and what cannot be told, for the user.
    """

    outer: Level
    strata: tuple[Stratum, ...]
    keys: tuple[Key | None, ...]
    correlated: tuple[int, ...]
    grid: Array
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    crossed: bool

    @classmethod
    def of(
        cls,
        frame: ModelFrame,
        formula: Formula,
        grid: "pd.DataFrame",
        homes: Homes,
        *,
        apart: bool = False,
    ) -> Self:
        """Find the outermost factor and sort the terms into it and what lies inside.

        `homes`: the groups; where clusters lie in them they have scales of their own if `apart`.
        """
        levels: dict[tuple[str, ...], Level] = {}
        for term in formula.random:
            levels.setdefault(term.factors, combined_level(frame, term.factors))
        for factors, level in levels.items():
            if level.size < 2:
                where = ":".join(factors)
                raise DesignError(
                    f"formula '{formula.text}': '{where}' holds one label among the rows used, "
                    f"'{level.labels[0]}', and how far several of them differ cannot be told from "
                    f"one. Write the formula without its term, '(... | {where})'."
                )
        single = [factors for factors, level in levels.items() if level.size == len(frame.data)]
        warnings = [
            f"Every {':'.join(factors)} has one reading: its spread cannot be told from the error "
            "of a reading, so it is left out and that error holds both."
            for factors in single
        ]
        terms = [term for term in formula.random if term.factors not in single]
        outer = _outermost({f: level for f, level in levels.items() if f not in single})
        crossed = outer is None
        if outer is None:
            outer = _richest(terms, {f for f in levels if homes.hold(levels[f])})
        notes: list[str] = []
        strata: list[Stratum] = []
        keys: list[Key | None] = []
        weights: list[Array] = []
        correlated: list[int] = []
        for term in terms:
            columns, named, on_grid = term_columns(frame, term, grid, formula)
            factor = columns.shape[1] > 1
            if _levelled(term, formula.random) and named[0].numeric and far(columns[:, 0]):
                middle = float(columns.mean())
                columns, on_grid = columns - middle, on_grid - middle
                notes.append(
                    f"Levels of {':'.join(term.factors)} are those at {unquoted(term.expression)} "
                    f"= {middle:.4g}, its mean: 0 lies far from what was measured."
                )
            if _saturated(levels[term.factors], columns):
                where = ":".join(term.factors)
                warnings.append(
                    f"Every combination of {where} and {term.expression} has one reading: how "
                    f"{term.expression} differs between {where} cannot be told from the error of a "
                    "reading, so it is left out and that error holds both."
                )
                continue
            heavy = term.factors == outer
            if term.correlated and not factor and heavy:
                correlated.append(len(keys))
            elif term.correlated and not factor and term.expression != "1":
                raise DesignError(
                    f"formula '{formula.text}': inside the outermost factor, effects must be "
                    f"independent: write ({term.bar} || {term.place}) with two bars."
                )
            level = levels[term.factors]
            found = _stratum(term, level, named, columns, (len(strata), heavy))
            own: list[Key | None] = [column.key for column in named]
            if apart and heavy:
                found, on_grid, own = homes.about(level).parted(found, on_grid, own)
            strata.append(found)
            weights += [on_grid] * heavy
            keys += own * heavy
        if not any(stratum.heavy for stratum in strata):
            outer = ()
            strata.append(_readings(len(strata), len(frame.data)))
            keys, weights = [None], [np.ones((len(grid), 1))]
            if apart:
                strata[-1] = homes.apart(strata[-1])
                keys, weights = [None] * len(homes.groups), [np.eye(len(homes.groups))[homes.grid]]
        names = distinct([stratum.name for stratum in strata])
        strata = [replace(s, name=name) for s, name in zip(strata, names, strict=True)]
        return cls(
            outer=levels[outer] if outer else strata[-1].level,
            strata=tuple(strata),
            keys=tuple(keys),
            correlated=tuple(correlated) if len(correlated) > 1 else (),
            grid=np.hstack(weights),
            notes=tuple(notes),
            warnings=tuple(warnings),
            crossed=crossed,
        )


def _levelled(term: RandomTerm, terms: Sequence[RandomTerm]) -> bool:
    """Whether clusters have levels beside their slopes: those are then at no 0 far away."""
    beside = (o for o in terms if o.factors == term.factors)
    return term.code != "1" and any(o.code == "1" for o in beside)


def _stratum(
    term: RandomTerm,
    level: Level,
    named: Sequence[Column],
    columns: Array,
    place: tuple[int, bool],
) -> Stratum:
    """Return a random term as a stratum; `place` is its position, and whether it is outermost."""
    where = ":".join(term.factors)
    what = "" if term.expression == "1" else unquoted(term.expression)
    position, heavy = place
    return Stratum(
        position=position,
        name=f"{where}:{what}" if what else where,
        level=level,
        role=Role.TERM,
        of=what,
        between=where,
        effects=tuple(
            Effect(
                name=found.label,
                column=column,
                # A level of a factor that another level stands beside; one measurement has none.
                group=g if heavy and len(named) > 1 else None,
                split=2 if heavy and len(named) > 1 else 1,
            )
            for g, (found, column) in enumerate(zip(named, columns.T, strict=True))
        ),
        heavy=heavy,
    )


def _readings(position: int, n: int) -> Stratum:
    """Return the stratum of a formula without random terms: every reading is a data point."""
    return Stratum(
        position=position,
        name="row",
        level=_every_row(n),
        role=Role.UNIT,
        effects=(Effect(name="1", column=np.ones(n)),),
        heavy=True,
        counts=True,
        merged=True,
    )


def _every_row(n: int) -> Level:
    return Level(name="row", labels=(), codes=np.arange(n))


def combined_level(frame: ModelFrame, factors: tuple[str, ...]) -> Level:
    """Combine columns of labels to one level, `batch 1/cask a`."""
    found = []
    for name in factors:
        labels = frame.factors[name]
        codes = frame.data[name].cat.codes.to_numpy().astype(np.intp)
        found.append(Level(name=name, labels=labels, codes=codes))
    return reduce(place_subunits, found)


def _outermost(levels: dict[tuple[str, ...], Level]) -> tuple[str, ...] | None:
    """Return the factor that all others lie in, () without factors, None where they cross."""
    for factors, level in levels.items():
        pairs = (other.codes * level.size + level.codes for other in levels.values())
        if all(
            np.unique(pair).size == other.size
            for pair, other in zip(pairs, levels.values(), strict=True)
        ):
            return factors
    return None if levels else ()


def _richest(terms: Sequence[RandomTerm], homed: Set[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the factor with most terms: of factors that cross, it is the one called outermost.

    Of several it is one of those whose members lie in one group each, `homed`.
    """
    counts = Counter(term.factors for term in terms)
    return max(counts, key=lambda factors: (counts[factors], factors in homed))


def _saturated(level: Level, columns: Array) -> bool:
    """Whether a factor's levels inside a cluster have one row each."""
    if columns.shape[1] == 1 or not np.isin(columns, (0, 1)).all():
        return False
    cell = level.codes * columns.shape[1] + columns.argmax(axis=1)
    return bool(np.unique(cell).size == cell.size)
