"""Readings of a planned experiment: where each lies, and what it is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.random import Generator

from bench_words import (
    Outcome,
)
from virtual_plans import Plan, chance, one


@dataclass(frozen=True)
class Record:
    """One reading: where it lies, and what it is."""

    between: tuple[int, ...]
    within: tuple[int, ...]
    batch: int
    in_cell: int
    path: tuple[int, ...]
    local: tuple[int, ...]
    reading: int
    value: float = 0.0


def records_of(plan: Plan, rng: Generator) -> Iterator[Record]:
    crossed = not plan.between
    few = int(rng.integers(3, 9)) if plan.depth < 3 else int(rng.integers(2, 5))
    if plan.between == (1,):
        few += 3
    uneven = chance(rng, 0.4)
    batches = int(rng.integers(3, 6)) if plan.batches else 1
    few = max(1, few // 3) if plan.batches else few
    depth = 1 if plan.name == "split plot" else plan.depth
    inside = [int(rng.integers(2, 5)) for _ in range(depth - 1)]
    each = np.prod([*plan.between, *plan.within, *inside, plan.readings, batches])
    few = min(few, max(2, int(160 // each)))
    running = [0] * depth
    for batch in range(batches):
        cells = [()] if crossed else list(product(*map(range, plan.between)))
        for cell in cells:
            many = few + (int(rng.integers(-1, 3)) if uneven else 0)
            for number in range(max(many, 1 if plan.batches else 2)):
                running[0] += 1
                top = running[0]
                for slot in product(*map(range, plan.within)):
                    for local in product(*map(range, inside)):
                        path = [top]
                        for depth in range(1, len(local) + 1):
                            # Within a slot things inside are new ones only where nothing crosses.
                            if all(later == 0 for later in local[depth:]):
                                running[depth] += 1
                            path.append(running[depth])
                        last = plan.readings
                        if uneven and last > 2 and chance(rng, 0.3):
                            last -= 1
                        for reading in range(last):
                            yield Record(
                                between=cell,
                                within=slot,
                                batch=batch,
                                in_cell=number,
                                path=tuple(path),
                                local=local,
                                reading=reading,
                            )


def effects_of(plan: Plan, records: Sequence[Record], rng: Generator) -> list[float]:
    """Return every reading's deviation from the grand mean, in SDs."""
    strength = one(rng, (0.0, 0.5, 1.0, 2.0, 4.0))
    alike = one(rng, (0.0, 0.3, 0.6, 0.95))
    drawn: dict[object, float] = {}

    def effect(key: object, scale: float) -> float:
        if key not in drawn:
            drawn[key] = float(rng.normal(0, 1)) * scale
        return drawn[key]

    between, inside = np.sqrt(alike), np.sqrt(1 - alike)
    found = []
    for record in records:
        total = effect(("cell", record.between), strength)
        total += effect(("slot", record.between, record.within), strength if record.within else 0)
        total += effect(("batch", record.batch), between)
        for depth in range(len(record.path)):
            total += effect(("thing", depth, record.path[: depth + 1]), between)
        if record.within:
            total += effect(("mixed", record.path[0], record.within), between / 2)
        found.append(total + float(rng.normal(0, 1)) * inside)
    return found


def as_number(effect: float, outcome: Outcome) -> str:
    """Return a value that is positive, however far it lies from the mean."""
    value = outcome.mean * np.exp(effect * outcome.sd / outcome.mean)
    return f"{value:.{outcome.decimals}f}"
