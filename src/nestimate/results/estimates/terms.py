"""What can be asked of two or three factors, term by term: which levels change, which are held."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise, product
from typing import Self

import numpy as np

from nestimate.data.designs.crossing import Crossing, numbered

#: Some levels of some factors: position of the level by that of the factor.
Place = dict[int, int]
#: Weighted places; a factor that none of them fixes is averaged over.
Sum = list[tuple[float, Place]]


@dataclass(frozen=True, kw_only=True)
class Step:
    """How one factor changes: from one of its levels to another, or along all of them.

    Attributes
    ----------
    factor
        Its position.
    weights
        (weight, level): of two levels 1 and -1, the one compared and the one it is compared with.
    trend
        What the change along ordered levels is called; empty where two levels are compared.
    """

    factor: int
    weights: tuple[tuple[float, int], ...]
    trend: str = ""

    @classmethod
    def between(cls, factor: int, high: int, low: int) -> Self:
        """Return the change from one level to another."""
        return cls(factor=factor, weights=((1.0, high), (-1.0, low)))

    @property
    def ends(self) -> tuple[int, int]:
        """The two levels that are compared."""
        (_, high), (_, low) = self.weights
        return high, low


@dataclass(frozen=True, kw_only=True)
class Term:
    """One comparison in terms of factors.

    Attributes
    ----------
    name
        `drug - veh | WT`, `(drug - veh | KO) - (drug - veh | WT)`.
    steps
        How every factor that changes does so; a trend comes first.
    at
        Levels that are held; factors that neither change nor are held are averaged over.
    """

    name: str
    steps: tuple[Step, ...]
    at: tuple[tuple[int, int], ...]

    @property
    def whole(self) -> Sum:
        """The comparison as weighted places."""
        found: Sum = [(1.0, dict(self.at))]
        for step in self.steps:
            found = [
                (share * weight, {**place, step.factor: level})
                for weight, place in found
                for share, level in step.weights
            ]
        return found


def of_levels(crossing: Crossing, asked: str, sign: str) -> Iterator[Term]:
    """Give simple effects, the last factor's first, averages, and interactions of two and three."""
    count = len(crossing.names)
    last_first = range(count - 1, -1, -1)
    if asked in ("reference", "simple"):
        for factor in last_first:
            for at in _others(crossing, factor):
                for step in _steps(crossing, factor):
                    yield _term(crossing, (step,), at, sign)
    if asked in ("reference", "main"):
        for factor in last_first:
            for step in _steps(crossing, factor):
                yield _term(crossing, (step,), (), sign)
    if asked in ("reference", "interaction"):
        for size in range(2, count + 1):
            for changed in combinations(last_first, size):
                for steps in product(*(_steps(crossing, f) for f in changed)):
                    yield _term(crossing, steps, (), sign)


def along_order(crossing: Crossing, asked: str, sign: str) -> Iterator[Term]:
    """Give what is asked of levels that have an order: each step, or the change along all.

    At each level of the others, averaged, and how far it differs between levels of another factor.
    """
    for factor, places in crossing.ordered.items():
        steps = _next(factor, places) if asked == "steps" else [trend(crossing, factor)]
        for at in (*_others(crossing, factor), ()):
            for step in steps:
                yield _term(crossing, (step,), at, sign)
        for other in range(len(crossing.names)):
            for step, change in product(steps, _steps(crossing, other) if other != factor else ()):
                yield _term(crossing, (step, change), (), sign)


def _next(factor: int, places: Sequence[float]) -> list[Step]:
    return [Step.between(factor, int(b), int(a)) for a, b in pairwise(np.argsort(places))]


def trend(crossing: Crossing, factor: int) -> Step:
    """Return the slope of the least squares line through the levels, all counting the same."""
    places = np.array(crossing.ordered[factor])
    apart = places - places.mean()
    labels = crossing.labels[factor]
    what = "unit" if numbered(labels, crossing.ordered[factor]) else "step"
    return Step(
        factor=factor,
        weights=tuple((float(w), level) for level, w in enumerate(apart / (apart @ apart))),
        trend=f"change per {what} of {crossing.names[factor]}",
    )


def _others(crossing: Crossing, factor: int) -> Iterator[tuple[tuple[int, int], ...]]:
    """Give every combination of levels of the other factors."""
    others = [f for f in range(len(crossing.names)) if f != factor]
    for levels in product(*(range(crossing.sizes[f]) for f in others)):
        yield tuple(zip(others, levels, strict=True))


def _steps(crossing: Crossing, factor: int) -> list[Step]:
    return [Step.between(factor, level, 0) for level in range(1, crossing.sizes[factor])]


def _term(
    crossing: Crossing,
    steps: tuple[Step, ...],
    at: tuple[tuple[int, int], ...],
    sign: str,
) -> Term:
    return Term(name=called(crossing, steps, at, sign), steps=steps, at=at)


def called(
    crossing: Crossing,
    steps: tuple[Step, ...],
    at: tuple[tuple[int, int], ...],
    sign: str,
) -> str:
    """Return what a term is called: `drug - veh | WT`, and of several steps their difference."""
    if len(steps) == 1:
        held = ", ".join(crossing.level(f, level) for f, level in at)
        said = steps[0].trend or f" {sign} ".join(ends(crossing, steps[0]))
        return f"{said} | {held}" if held else said
    # The effect of the first of these factors at two levels of the last.
    last = steps[-1]
    first, second = (
        called(crossing, steps[:-1], (*at, (last.factor, level)), sign) for level in last.ends
    )
    return f"({first}) {sign} ({second})"


def ends(crossing: Crossing, step: Step) -> tuple[str, str]:
    """Return what the two levels are called that a step compares."""
    high, low = (crossing.level(step.factor, level) for level in step.ends)
    return high, low
