"""One program on one case, in a process of its own: `python -m bench.run CASE PROGRAM TABLE START`.

START is the time at which the process was started; what is printed is the time until the draws
were there, and the smallest effective number of draws behind the quantities compared.
"""

import json
import sys
import time
from typing import Any

from bench.cases import CASES, OPTIONS

#: Quantities compared, by the names that they have in either program.
QUANTITIES = ("mu", "tau", "sigma", "nu", "difference", "tau_block", "tau_effect", "excess")


def main() -> None:
    """Fit, then say how long it took and how much it is worth."""
    name, program, path, start = sys.argv[1:5]
    found = PROGRAMS[program](name, path)
    wall = time.time() - float(start)
    print(json.dumps({"wall": wall, **found()}))


def nestimate(name: str, path: str) -> Any:
    """Return a function giving ess and seconds of the fit alone."""
    import nestimate as ne

    options = {"ess": 10_000, **OPTIONS.get(name, {})}
    result = ne.compare(path, **CASES[name].roles, options=options)
    if not result.passed:
        raise SystemExit("no answer")
    return lambda: {"ess": result.fit.ess, "fit": result.fit.seconds}


def nuts(name: str, path: str, sampler: str) -> Any:
    """Sample the same model, as PyMC has it, with that sampler's defaults."""
    import pymc as pm

    import nestimate as ne
    from nestimate.model.model import Model
    from nestimate.model.twin import to_pymc
    from nestimate.posing import posed

    given = {"unit": None, "block": None, "reference": None, "relabel_units": False}
    roles = {**given, **CASES[name].roles}
    design, _, chosen, _ = posed(path, **roles, options=ne.Options.of(OPTIONS.get(name)))
    with to_pymc(Model.from_design(design, chosen.assumptions)):
        trace = pm.sample(nuts_sampler=sampler, random_seed=1, progressbar=False)
    return lambda: _worth(trace, QUANTITIES)


def bambi(name: str, path: str) -> Any:
    """Fit the formula that a Bambi user would write, with Bambi's defaults."""
    import bambi as bmb
    import pandas as pd

    case = CASES[name]
    model = bmb.Model(case.formula, pd.read_csv(path), family=case.family)
    trace = model.fit(random_seed=1, progressbar=False)
    population = [v for v in trace.posterior.data_vars if "|" not in v or v.endswith("_sigma")]
    return lambda: _worth(trace, population)


def _worth(trace: Any, names: Any) -> dict[str, float]:
    """Worst bulk or tail ess over the quantities compared, and divergences."""
    import arviz_stats

    posterior = trace.posterior.to_dataset()
    if "difference" not in posterior and "mu" in posterior:
        mu = posterior["mu"]
        posterior["difference"] = mu[..., 1:] - mu[..., 0]
    kept = posterior[[n for n in names if n in posterior]]
    worst = min(
        float(arviz_stats.ess(kept, method=method).to_array().min()) for method in ("bulk", "tail")
    )
    return {"ess": worst, "divergences": int(trace.sample_stats["diverging"].sum())}


PROGRAMS = {
    "nestimate": nestimate,
    "pymc": lambda name, path: nuts(name, path, "pymc"),
    "nutpie": lambda name, path: nuts(name, path, "nutpie"),
    "bambi": bambi,
}

if __name__ == "__main__":
    main()
