"""Simulated experiments an hour or a second: `python -m bench.experiments`.

The same made-up experiments, analysed by the same model: in batches as a plan does it, one by one
by `compare`, and one by one by nutpie on the PyMC twin. Peers in R (BESTpower, simr) are not here.
"""

import statistics
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from nestimate.data.designs.measures import LINEAR
from nestimate.data.designs.stack import Stack
from nestimate.inference.fit import Fit
from nestimate.model.assumptions import Assumptions
from nestimate.model.model import Model
from nestimate.model.twin import to_pymc
from nestimate.results.estimates.contrasts import choose_contrasts
from nestimate.results.estimates.summaries import Question
from nestimate.studies.goals import Goal
from nestimate.studies.shapes import Shape, Words, template
from nestimate.studies.simulations import Ledger, Task
from nestimate.studies.truths import ROUND, Round, Truths
from nestimate.studies.workers import workers

ZERO = np.zeros(1)
CASES = {
    "nested 2 x 6 x 5": (Shape(readings=5, units=(6, 6)), {"tau": 1.0}),
    "blocked 4 x 2 x 4": (
        Shape(readings=4, units=(1, 1), blocks=4),
        {"tau_block": 1.0, "tau_effect": 0.7},
    ),
}


def main() -> None:
    """Print the table."""
    print("| experiment | analysed by | experiments per second | times slower |")
    print("|---|---|---:|---:|")
    for title, (shape, spreads) in CASES.items():
        rates = _rates(shape, spreads)
        fastest = next(iter(rates.values()))
        for i, (program, rate) in enumerate(rates.items()):
            said = "" if i else title
            print(f"| {said} | {program} | {rate:,.3g} | {fastest / rate:,.3g} |", flush=True)


def _rates(shape: Shape, spreads: dict[str, float]) -> dict[str, float]:
    scales = {name: ZERO + spreads.get(name, 0) for name in ("tau_block", "tau_unit")}
    scales |= {name: np.full((1, 2), spreads.get(name, 0.0)) for name in ("tau", "tau_effect")}
    scales |= {"sigma": ZERO + 1}
    scales |= {"tau_subunits": np.zeros((1, 0))}
    truths = Truths(mu=np.array([[0.0, 1.2]]), scales=scales, nu=ZERO + np.inf)
    task = Task(
        truths=truths,
        words=Words(groups=("a", "b")),
        largest=shape,
        assumptions=Assumptions(),
        question=Question(ci_prob=0.95, ci_kind="hdi", rope=None),
        asked=choose_contrasts(("a", "b"), "reference", None, LINEAR),
        goals=(Goal(kind="excludes 0"),),
        lost=0.0,
        seed=1,
    )
    with workers(None) as pool:
        # The first rounds start the processes and make the points.
        Ledger(task=task, workers=pool).simulate([(shape, "own", 4), (shape, "normal", 4)])
        batch = _each(lambda: Ledger(task=task, workers=pool).simulate([(shape, "own", 16)]))
        normal = _each(lambda: Ledger(task=task, workers=pool).simulate([(shape, "normal", 60)]))
    values = Round.of(truths, shape, 1, 0).values(shape, np.arange(ROUND))
    designs = Stack.of(template(shape, Words(groups=("a", "b"))), values).designs()
    models = [Model.from_design(d, Assumptions()) for d in designs]
    one = statistics.median(
        _each(partial(Fit.from_model, m, ess=4_000, seed=1)) for m in models[:20]
    )
    twin = statistics.median(_each(partial(_nutpie, m)) for m in models[:3])
    return {
        "nestimate, in batches, all cores": 16 * ROUND / batch,
        "the same with normal units, by quadrature": 60 * ROUND / normal,
        "nestimate, one by one": 1 / one,
        "nutpie, one by one": 1 / twin,
    }


def _nutpie(model: Model) -> None:
    import pymc as pm

    with to_pymc(model):
        pm.sample(nuts_sampler="nutpie", random_seed=1, progressbar=False)


def _each(job: Callable[[], object]) -> float:
    began = time.perf_counter()
    job()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
