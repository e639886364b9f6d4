"""Endpoints per CPU second of one core: `python -m bench.screen`, on made-up screens."""

import time

import numpy as np

from nestimate.studies.screen.matrix import Matrix
from nestimate.studies.screen.reduced import Layout
from nestimate.studies.screen.request import Options
from nestimate.studies.screen.run import run

SHAPES = ((3, 3), (6, 3), (6, 4))
SIZE, ALL_T = 10_000, 256


def made(size: int, units: int, readings: int) -> Matrix:
    """Return a screen of log2 values."""
    rng = np.random.default_rng(1)
    tau = 0.4 * np.exp(0.5 * rng.standard_normal(size))
    sigma = 0.5 * np.exp(0.3 * rng.standard_normal(size))
    effect = np.where(rng.random(size) < 0.1, rng.standard_normal(size), 0)
    unit = tau[:, None, None] * rng.standard_normal((size, 2, units))
    unit[:, 1] += effect[:, None]
    noise = rng.standard_normal((size, 2, units, readings))
    values = unit[..., None] + sigma[:, None, None, None] * noise
    return Matrix(
        names=np.array([f"p{i:07d}" for i in range(size)], dtype=object),
        values=values.reshape(size, -1),
        layout=Layout(
            groups=("placebo", "drug"),
            cell=np.repeat(np.arange(2 * units), readings),
            group=np.repeat([0, 1], units),
            pair=None,
            names=tuple(f"m{i}" for i in range(2 * units)),
        ),
        notes=(),
    )


class Clock:
    """Notes when each stage began and ended."""

    def __init__(self) -> None:
        self.times: dict[str, list[tuple[float, int]]] = {}

    def tell(self, done: int, _: int, what: str) -> None:
        self.times.setdefault(what, []).append((time.process_time(), done))

    def rate(self, what: str) -> float:
        (began, before), *_, (ended, done) = self.times[what]
        return (done - before) / (ended - began)


def main() -> None:
    """Print the table."""
    print("| 2 x units x readings | normal, endpoints/s | Student-t, endpoints/s |")
    print("|---|---:|---:|")
    for units, readings in SHAPES:
        clock = Clock()
        run(made(SIZE, units, readings), Options(robust="none", workers=1, progress=clock.tell))
        few = Clock()
        run(made(ALL_T, units, readings), Options(robust="all", workers=1, progress=few.tell))
        normal, t = clock.rate("endpoints"), few.rate("endpoints with Student-t units")
        print(f"| 2 x {units} x {readings} | {normal:,.0f} | {t:,.0f} |", flush=True)


if __name__ == "__main__":
    main()
