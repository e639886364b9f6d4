"""Screens: speed, what more workers bring, and limma beside it: `python -m bench.screen [PART]`.

PART is `speed` (endpoints per CPU second of one core), `workers` (wall time of 1 and 2 processes,
and what a job costs beside its work, on processes and on Dask), or `limma` (pylimma, GPL, on means
of units, and on readings with one consensus correlation). On a quiet machine.
"""

import sys
import time
from collections.abc import Callable, Iterable
from operator import neg
from pathlib import Path

import numpy as np

from nestimate.studies.screen.asked import Asked
from nestimate.studies.screen.engines import engine
from nestimate.studies.screen.layout import Layout, Member
from nestimate.studies.screen.matrix import Matrix
from nestimate.studies.screen.request import Options
from nestimate.studies.screen.run import run

SHAPES = ((3, 3), (6, 3), (6, 4))
SIZE, ALL_T, JOBS = 10_000, 256, 1_000


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
            asked=Asked.difference("placebo", "drug"),
            cell=np.repeat(np.arange(2 * units), readings),
            group=np.repeat([0, 1], units),
            expected=np.full(2 * units, readings),
            members=(
                Member(role="unit", name="m", labels=tuple(f"m{i}" for i in range(2 * units))),
            ),
        ),
        notes=(),
    )


class Clock:
    """Notes when each stage began and ended."""

    def __init__(self, now: Callable[[], float] = time.process_time) -> None:
        self.now = now
        self.times: dict[str, list[tuple[float, int]]] = {}

    def tell(self, done: int, _: int, what: str) -> None:
        self.times.setdefault(what, []).append((self.now(), done))

    def rate(self, what: str) -> float:
        (began, before), *_, (ended, done) = self.times[what]
        return (done - before) / (ended - began)


def speed() -> None:
    """Print endpoints per CPU second."""
    print("| 2 x units x readings | normal, endpoints/s | Student-t, endpoints/s |")
    print("|---|---:|---:|")
    for units, readings in SHAPES:
        clock = Clock()
        run(made(SIZE, units, readings), Options(robust="none", workers=1, progress=clock.tell))
        few = Clock()
        run(made(ALL_T, units, readings), Options(robust="all", workers=1, progress=few.tell))
        normal, t = clock.rate("endpoints"), few.rate("endpoints with Student-t units")
        print(f"| 2 x {units} x {readings} | {normal:,.0f} | {t:,.0f} |", flush=True)


def workers() -> None:
    """Print wall times of the same screen, and of jobs that do nothing."""
    from distributed import Client, LocalCluster

    matrix, walls = made(4 * SIZE, 6, 3), {}
    for count in (1, 2):
        clock = Clock(time.monotonic)
        run(matrix, Options(robust="none", workers=count, progress=clock.tell))
        walls[count] = 1 / clock.rate("endpoints")
        print(f"{count} processes: {1 / walls[count]:,.0f} endpoints/s", flush=True)
    print(f"2 processes do {walls[1] / walls[2]:.2f} times as many as 1")
    chunk = 1_000 * walls[2]
    # What does next to no work shows what handing out costs.
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as here,
        Client(here) as client,
    ):
        for what, options in (("processes", (2, None)), ("Dask", (None, client))):
            with engine(*options) as crew:
                each = _each(crew.run((neg, (i,)) for i in range(50)), 50)
                each = _each(crew.run((neg, (i,)) for i in range(JOBS)), JOBS)
            print(f"{what}: {1e3 * each:.2f} ms a job, {each / chunk:.1%} of 1,000 endpoints")


def _each(done: Iterable[int], jobs: int) -> float:
    began = time.monotonic()
    for _ in done:
        pass
    return (time.monotonic() - began) / jobs


def limma() -> None:
    """Print true hits and false rates of both ways of limma, and of a screen."""
    import pylimma
    from scipy import stats

    sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
    from screens import layout
    from screens import made as simulated

    print("| 3 x 3, SDs | way | selected | true | false rate |")
    print("|---|---|---:|---:|---:|")
    for sds in ((0.5, 0.3), (0.9, 0.6)):
        values, effect = simulated(6_000, 3, 3, sds=sds)
        readings, own = values.reshape(6_000, -1), layout(3, 3)
        matrix = Matrix(
            names=np.array([f"p{i:05d}" for i in range(6_000)], dtype=object),
            values=readings.copy(),
            layout=own,
            notes=(),
        )
        columns = run(matrix, Options(robust="none", workers=1)).columns
        ways = {"nestimate": (columns["s_value"] <= 0.05, columns["shrunk"])}
        for way, data, cell in (
            ("limma, means of units", values.mean(axis=3).reshape(6_000, -1), None),
            ("limma, readings, one correlation", readings, own.cell),
        ):
            group = own.group if cell is None else own.group[cell]
            design = np.stack([np.ones(group.size), group], axis=1)
            more = {}
            if cell is not None:
                found = pylimma.duplicate_correlation(data, design, block=cell)
                more = {"block": cell, "correlation": found["consensus_correlation"]}
            fit = pylimma.e_bayes(pylimma.lm_fit(data, design, **more))
            p = np.asarray(fit["p_value"])[:, 1]
            chosen = stats.false_discovery_control(p) <= 0.05
            ways[way] = (chosen, np.asarray(fit["coefficients"])[:, 1])
        for way, (chosen, found) in ways.items():
            true = (chosen & (np.sign(found) == np.sign(effect))).sum()
            wrong = 1 - true / max(chosen.sum(), 1)
            print(f"| {sds} | {way} | {chosen.sum()} | {true} | {wrong:.2f} |", flush=True)


PARTS = {"speed": speed, "workers": workers, "limma": limma}


def main() -> None:
    """Print one part, or all."""
    for name in sys.argv[1:] or PARTS:
        PARTS[name]()


if __name__ == "__main__":
    main()
