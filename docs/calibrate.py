"""Write docs/calibration.md: every number in it comes from running this program.

Run by `make calibration`, which is `PYTHONPATH=tests python docs/calibrate.py RECORDS`. Each
simulation is added to the file RECORDS as it is done, so that an interrupted run goes on where it
stopped; records of another version of the program must be deleted first.
"""

import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np

from broken import BROKEN
from calibration import ALPHA, ESS, JOINT, RANKED, Calibration, calibrate, pooled
from few_units import few_units, lowest
from fixed_truths import EQUAL, METHODS, TRUTHS, UNEQUAL, study
from templates import CONTROLS, GRID

PAGE = Path(__file__).with_name("calibration.md")
#: Simulations of a template, data sets of a fixed truth, and processes.
N, N_FIXED, PROCESSES = 300, 200, 2

METHOD = f"""# Calibration: are the probabilities true?

A 95 % interval should hold the truth in 95 of 100 experiments of the kind the model describes. That
can be tried: draw all parameters from their priors, simulate an experiment with them, fit it, and
see where the true value lies among the posterior draws. If model, likelihood, sampler and reported
quantities are right, the truth is just one more draw, and its rank among {RANKED} draws is equally
likely to be anything from 0 to {RANKED}. This is simulation-based calibration (Talts et al. 2018).

* Priors are given as constants, so they do not look at the data. Data come from
  `nestimate.simulate`, which shares no code with the likelihood, unrounded; true values of effect
  sizes, ICCs and the like come from formulas written anew in the tests.
* Every population parameter, every difference, every effect size, the first unit (or the effect in
  the first block) and the joint log likelihood are ranked. The last is computed from full covariance
  matrices, not by nestimate. It is the only one that can show data being forgotten: a posterior
  from half of the data is wider, but no less calibrated (Modrák et al. 2023).
* Whether the ranks are uniform is tested with a simultaneous band around their empirical
  distribution (Säilynoja, Bürkner & Vehtari 2022). Its probability is exact, by a recursion over the
  ranks. `p` is the chance that uniform ranks leave the band that those seen just touch; for a
  template it is the smallest p times the number of quantities (Bonferroni). A template fails below
  {ALPHA:g}: a correct program fails any of the {len(GRID)} templates with a chance of at most
  {100 * ALPHA * len(GRID):.1f} %.
* Each fit asks for {ESS} effective draws, fewer than the default, so that the sampler stops as early as
  it can.
  A fit whose Pareto-k exceeds 0.7 or that does not reach its effective draws gives users no answer.
  Such fits are counted as "no answer" and have no rank. The other ranks stay uniform: given the data,
  whether a fit fails has nothing to do with where the truth lies.
"""


def main() -> None:
    """Run what is missing and write the page."""
    records = sys.argv[1]
    found = {
        name: _told(calibrate(template, N, path=records, processes=PROCESSES), name)
        for name, template in GRID.items()
    }
    controls = {
        fault: (
            _told(calibrate(CONTROLS[fault], N, fault, path=records, processes=PROCESSES), fault),
            calibrate(CONTROLS[fault], N, path=records, processes=PROCESSES),
        )
        for fault in BROKEN
    }
    parts = [METHOD, _templates(found), _kinds(found), _controls(controls)]
    parts += [_fixed(records), few(records), _reproduce()]
    PAGE.write_text("\n".join(parts), encoding="utf-8")


def _told(found: Calibration, what: str) -> Calibration:
    print(
        f"{what}: p {_p(found.p)}, {found.failures} without an answer", file=sys.stderr, flush=True
    )
    return found


def _templates(found: dict[str, Calibration]) -> str:
    lines = [
        "## Templates",
        "",
        "Sizes are groups x units x readings, or blocks x groups x units x readings; `a-b` where they",
        "are unequal. `mu` has the prior normal(0, 3); of counts, shares and limits normal(1, 1), normal(-1, 1)",
        "and normal(0, 1).",
        "",
        "| template | other priors | simulations | no answer | largest k | quantities | least uniform "
        "| its gap | its p | p of the template |",
        "|---|---|---:|---:|---:|---:|---|---:|---:|---:|",
    ]
    for name, result in found.items():
        template = GRID[name]
        priors = ", ".join(
            f"{k} {template.priors[k]}" for k in template.sizes if not k.startswith("mu")
        )
        worst, test = result.worst
        largest = max(record["pareto_k"] for record in result.records)
        lines.append(
            f"| {name} | {priors} | {len(result.records)} | {result.failures} | {largest:.2f} | "
            f"{len(result.tests)} | {worst} | {test.gap:+.3f} | {_p(test.p)} | {_p(result.p)} |"
        )
    ess = np.median([r["ess"] for result in found.values() for r in result.records])
    ps = [test.p for result in found.values() for test in result.tests.values()]
    shares = ", ".join(f"{np.mean(np.array(ps) < x):.3f} below {x:g}" for x in (0.5, 0.1, 0.01))
    passed = sum(result.passed for result in found.values())
    lines += [
        "",
        f"{passed} of {len(found)} templates pass. `gap` is the largest distance between the",
        "distribution of the ranks and the uniform one: negative where the truth tends to lie above the",
        f"draws. Of all {len(ps)} p values, not independent of each other, {shares}. The median fit",
        f"reached {ess:,.0f} effective draws.",
        "",
    ]
    return "\n".join(lines)


def _kinds(found: dict[str, Calibration]) -> str:
    lines = [
        "### All templates together",
        "",
        "A small fault that all layouts share would show here first: the ranks of one quantity of each",
        "kind from every simulation.",
        "",
        "| quantity | ranks | gap | p |",
        "|---|---:|---:|---:|",
    ]
    for kind, test in pooled(found.values()).items():
        lines.append(f"| {kind} | {test.n:,} | {test.gap:+.4f} | {_p(test.p)} |")
    return "\n".join([*lines, ""])


def _controls(controls: dict[str, tuple[Calibration, Calibration]]) -> str:
    lines = [
        "## Programs broken on purpose",
        "",
        "A test that passes these would be worth nothing. Each is the same data fitted by a program with",
        "one fault, and by the program as it is.",
        "",
        "| fault | template | simulations | broken: least uniform | its gap | p | caught by | intact: p |",
        "|---|---|---:|---|---:|---:|---|---:|",
    ]
    for fault, (wrong, right) in controls.items():
        worst, test = wrong.worst
        many = len(wrong.tests)
        caught = [name for name, other in wrong.tests.items() if many * other.p < ALPHA]
        lines.append(
            f"| {BROKEN[fault].title} | {CONTROLS[fault].name.removeprefix('control: ')} | "
            f"{len(wrong.records)} | {worst} | {test.gap:+.3f} | {_p(wrong.p)} | "
            f"{', '.join(caught) or 'nothing'} | {_p(right.p)} |"
        )
    lines += [
        "",
        f"A unit left out shows in the {JOINT} alone, as it must. With pooled readings only means and",
        "differences are ranked: its one scale is no parameter of the truth.",
        "",
    ]
    return "\n".join(lines)


def _fixed(records: str) -> str:
    table = study(N_FIXED, records, processes=PROCESSES)
    error = 100 * np.sqrt(0.95 * 0.05 / N_FIXED)
    lines = [
        "## Fixed truths, default priors, beside t tests",
        "",
        "Calibration averages over priors. Here the truth stands still and the priors are the default",
        "ones, so nothing promises 95 %. Two groups; units scatter about their group's mean with scale",
        "tau = 1, normal or t(3); `effect` is the true difference in units of tau. Equal: "
        f"{EQUAL[0]} readings",
        f"of every unit; unequal: {', '.join(map(str, UNEQUAL))}, and again. nestimate: 95 % HDI; "
        "Welch: t test on the means of units;",
        "pooled: Student's t test on all readings as if each were a unit.",
        f"{N_FIXED} data sets each, so the Monte Carlo error of a coverage of 95 % is {error:.1f} points. "
        f"Of all {len(TRUTHS) * N_FIXED:,} fits,",
        f"{int(table['failed'].sum())} gave no answer (a check failed); they are left out of all three "
        "methods.",
        "",
        "| units per group | units | readings | tau / sigma | effect "
        + "".join(f"| {m} covers, % " for m in METHODS)
        + "".join(f"| {m} width " for m in METHODS)
        + "|",
        "|---:|---|---|---:|---:" + "|---:" * (2 * len(METHODS)) + "|",
    ]
    for _, row in table.iterrows():
        shown = [str(row["units"]), row["shape"], "equal" if row["equal"] else "unequal"]
        shown += [f"{row['ratio']:g}", f"{row['effect']:g}"]
        shown += [f"{100 * row[f'{m} covers']:.1f}" for m in METHODS]
        shown += [f"{row[f'{m} width']:.2f}" for m in METHODS]
        lines.append(f"| {' | '.join(shown)} |")
    lines += ["", *_averages(table), ""]
    return "\n".join(lines)


def _averages(table) -> list[str]:
    """Mean coverage and mean ratio of widths by number of units."""
    lines = [
        "By number of units, means over the rows above (width as a ratio to Welch's):",
        "",
        "| units per group | "
        + " | ".join(f"{m} covers, %" for m in METHODS)
        + " | lowest, nestimate"
        " | width, nestimate / Welch | width, pooled / Welch |",
        "|---:" * (len(METHODS) + 4) + "|",
    ]
    for units, rows in table.groupby("units"):
        covers = [f"{100 * rows[f'{m} covers'].mean():.1f}" for m in METHODS]
        widths = [
            f"{(rows[f'{m} width'] / rows['Welch width']).mean():.2f}"
            for m in ("nestimate", "pooled")
        ]
        lowest = f"{100 * rows['nestimate covers'].min():.1f}"
        lines.append(f"| {units} | {' | '.join([*covers, lowest, *widths])} |")
    return lines


def few(records: str) -> str:
    """Coverage and width where units are few, which is where priors of scales decide."""
    table = few_units(records, processes=PROCESSES)
    lines = [
        "## Few units, default priors, beside the t interval one would use",
        "",
        "Designs chosen to be hard for the priors of scales. The true difference is 0. `t` is the",
        "interval one would use instead: one-sample t for a group against a value, Welch's t on unit",
        "means, paired t on block means. In these balanced designs a mixed model with Kenward-Roger",
        "degrees of freedom gives the t on unit (block) means too, with one variance for both groups.",
        "`pooled` is Student's t on all readings. `width / t` is the ratio of mean widths. Spreads are",
        "scales of normal or t(3) units; skewed units are lognormal (SD of logarithms 0.8).",
        f"The Monte Carlo error of 95 % is {_error(1000)}, {_error(400)}, {_error(200)} or {_error(100)} "
        "points with",
        f"1000, 400, 200 or 100 simulations. {int(table['failed'].sum())} of {int(table['n'].sum()):,} fits "
        "gave no answer.",
        "",
        "| design | units | simulations | nestimate covers, % | t covers, % | pooled covers, % | "
        "width / t | pooled width / t |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for _, row in table.iterrows():
        covers = [f"{100 * row[f'{m} covers']:.1f}" for m in ("nestimate", "t", "pooled")]
        widths = [f"{row[f'{m} width'] / row['t width']:.2f}" for m in ("nestimate", "pooled")]
        lines.append(
            f"| {row['design']} | {row['shape']} | {row['n']} | {' | '.join([*covers, *widths])} |"
        )
    found = lowest(table)
    kinds = ("one", "groups", "blocks")
    lines += [
        "",
        "Lowest coverage in percent over the rows with normal and t(3) units, by the smallest number",
        "of units in a group, or of blocks. Answers of designs with four or fewer say it.",
        "",
        "| units or blocks | one group | groups | blocks |",
        "|---:|---:|---:|---:|",
    ]
    for units in sorted({n for _, n in found}):
        shown = (str(found.get((kind, units), "")) for kind in kinds)
        lines.append(f"| {units} | {' | '.join(shown)} |")
    return "\n".join([*lines, ""])


def _error(n: int) -> str:
    return f"{100 * np.sqrt(0.95 * 0.05 / n):.1f}"


def _reproduce() -> str:
    names = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "nestimate"))
    return f"""## How to reproduce

    make calibration

runs everything and writes this page, in about half an hour on two cores; an interrupted run goes on
where it stopped. `make test-all` runs the same templates as tests. The templates stand in
`tests/templates.py`, the method in `tests/calibration.py`, the band in `tests/uniformity.py`, the
referee of the likelihood in `tests/dense.py`, the faults in `tests/broken.py`, the fixed truths in
`tests/fixed_truths.py`, few units in `tests/few_units.py`. This page was written with {names}, Python {platform.python_version()} on
{platform.machine()}, {os.cpu_count()} cores.

Talts, Betancourt, Simpson, Vehtari & Gelman 2018, arXiv:1804.06788. Modrák, Moon, Kim, Bürkner, Huurre,
Faltejsková, Gelman & Vehtari 2023, Bayesian Analysis, doi:10.1214/23-BA1404. Säilynoja, Bürkner &
Vehtari 2022, Statistics and Computing 32:32.
"""


def _p(p: float) -> str:
    if p < 1e-9:
        return "< 1e-9"
    return f"{p:.0e}" if p < 0.001 else f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


if __name__ == "__main__":
    main()
