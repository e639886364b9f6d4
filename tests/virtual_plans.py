"""Experiments that somebody might plan, before anything has a name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

import numpy as np
from numpy.random import Generator


class Kind(Enum):
    """What a reading is."""

    MEASURED = auto()
    COUNTED = auto()
    SHARED = auto()


@dataclass(frozen=True)
class Plan:
    """An experiment before anything has a name.

    Attributes
    ----------
    between, within
        Numbers of levels of the factors that lie between and within what was treated.
    batches
        Whether treated things of every group come in batches.
    depth
        Levels of things: 1 a mouse, 2 a slice in a mouse, 3 a cell in a slice.
    readings
        Readings of the innermost thing.
    """

    name: str
    between: tuple[int, ...] = ()
    within: tuple[int, ...] = ()
    batches: bool = False
    depth: int = 1
    readings: int = 1
    numeric: bool = False
    kind: Kind = Kind.MEASURED


def chance(rng: Generator, probability: float) -> bool:
    """Return true as often as is said."""
    return bool(rng.random() < probability)


def one[T](rng: Generator, choices: Sequence[T]) -> T:
    """Return one of several things."""
    return choices[int(rng.integers(len(choices)))]


def _flat(rng: Generator) -> Plan:
    return Plan("flat", between=(one(rng, (2, 2, 2, 3, 4)),))


def _nested(rng: Generator) -> Plan:
    depth = one(rng, (1, 1, 1, 2, 2, 3))
    readings = int(rng.integers(2, 7)) if depth == 1 else one(rng, (1, 1, 2, 3))
    return Plan(f"nested {depth}", (one(rng, (2, 2, 3, 4)),), depth=depth, readings=readings)


def _paired(rng: Generator) -> Plan:
    return Plan("paired", within=(one(rng, (2, 2, 3, 4)),))


def _paired_replicates(rng: Generator) -> Plan:
    return Plan(
        "blocks with replicates", within=(one(rng, (2, 2, 3, 4)),), readings=one(rng, (2, 3, 3, 4))
    )


def _units_in_blocks(rng: Generator) -> Plan:
    return Plan(
        "units in blocks",
        between=(one(rng, (2, 2, 3)),),
        batches=True,
        readings=one(rng, (1, 1, 2, 3)),
    )


def _two_between(rng: Generator) -> Plan:
    return Plan(
        "two factors between", between=(2, one(rng, (2, 2, 3))), readings=one(rng, (1, 1, 1, 2, 3))
    )


def _between_within(rng: Generator) -> Plan:
    return Plan(
        "between x within",
        between=(one(rng, (2, 2, 3)),),
        within=(one(rng, (2, 3, 4)),),
        readings=one(rng, (1, 1, 1, 2, 3)),
    )


def _both_within(rng: Generator) -> Plan:
    return Plan("two factors within", within=(2, one(rng, (2, 3))), readings=one(rng, (1, 1, 2)))


def _split_plot(rng: Generator) -> Plan:
    return Plan("split plot", within=(one(rng, (2, 3)), one(rng, (2, 3, 4))), depth=2)


def _course(rng: Generator) -> Plan:
    return Plan("course", between=(2,), within=(one(rng, (5, 6, 7, 8, 9)),), numeric=True)


def _doses(rng: Generator) -> Plan:
    if chance(rng, 0.5):
        return Plan(
            "doses between", (one(rng, (4, 5, 6)),), readings=one(rng, (1, 1, 3)), numeric=True
        )
    return Plan(
        "doses within", within=(one(rng, (4, 5, 6)),), readings=one(rng, (1, 1, 3)), numeric=True
    )


def _one_group(rng: Generator) -> Plan:
    return Plan("one group", between=(1,), readings=one(rng, (1, 1, 3)))


PLANS: tuple[tuple[Callable[[Generator], Plan], float], ...] = (
    (_flat, 3),
    (_nested, 5),
    (_paired, 2),
    (_paired_replicates, 2),
    (_units_in_blocks, 2),
    (_two_between, 2),
    (_between_within, 2),
    (_both_within, 1),
    (_split_plot, 0.7),
    (_course, 1.3),
    (_doses, 1.3),
    (_one_group, 0.7),
)


def plan_of(rng: Generator) -> Plan:
    """Return an experiment that somebody might plan."""
    weights = np.array([weight for _, weight in PLANS])
    plan = PLANS[int(rng.choice(len(PLANS), p=weights / weights.sum()))][0](rng)
    if plan.numeric or plan.between == (1,):
        return plan
    kind = one(rng, (Kind.MEASURED,) * 6 + (Kind.COUNTED, Kind.SHARED))
    return replace(plan, kind=kind)
