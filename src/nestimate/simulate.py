"""Made-up data with a known truth, written as an experimenter would act: one draw after another.

Nothing here is shared with the likelihood, so that simulation can be a referee of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.responses import MEASURED
from nestimate.errors import DesignError, one_of
from nestimate.values import Value, checked_arguments

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
#: Columns of the readings, and what is known of them beside the scenario.
Read = tuple[dict[str, Any], dict[str, Any]]
#: Largest rate of which a count is drawn.
LARGEST = 1e18


@dataclass(frozen=True, kw_only=True, repr=False)
class Scenario(Value):
    """An experiment to be simulated.

    Attributes
    ----------
    groups
        Group to its true mean, the reference first: `{"placebo": 100, "drug": 101}`.
    units
        Experimental units per group (per cell with blocks); None: no unit level.
    readings
        Readings of each unit, or of each cell where there are no units.
    blocks
        Number of blocks, each of which sees every group; None: no blocks.
    subunits
        Members of each level inside a unit, outermost first: (3, 2) is 3 animals a litter, 2
        slices an animal.
    tau
        Scale between units; one number, or group to number.
    nu
        Degrees of freedom of units or blocks (None: normal).
    tau_block, tau_effect
        Scale between blocks, and of the effect between blocks; the latter one number, or group to
        number.
    tau_subunits
        Scale of each level of `subunits`.
    sigma
        SD of a reading. None: from `total_r2`.
    total_r2
        Share of the variance of the readings that groups, units and blocks explain; sets sigma.
    response
        What a reading is: `measured`, `counts` (means are then of log rates), `proportion` (of
        logits) or `censored` (measured, and known by `limit` only where it is below).
    excess
        Of counts over Poisson and of shares over binomial, as `compare` estimates it.
    total
        Of how many each row of shares is.
    limit
        Below which a value is written `<limit`.
    """

    groups: Mapping[str, float]
    units: int | None = 6
    readings: int = 5
    blocks: int | None = None
    subunits: tuple[int, ...] = ()
    tau: float | Mapping[str, float] = 1.0
    nu: float | None = None
    tau_block: float = 1.0
    tau_effect: float | Mapping[str, float] = 0.5
    tau_subunits: tuple[float, ...] = ()
    sigma: float | None = None
    total_r2: float | None = None
    response: str = MEASURED
    excess: float = 0.0
    total: int = 20
    limit: float | None = None

    __hash__ = Value.__hash__

    def __post_init__(self) -> None:
        if len(self.groups) < 1:
            raise DesignError("simulate: name at least one group with its mean.")
        if len(self.subunits) != len(self.tau_subunits):
            raise DesignError(
                "simulate: give one scale in tau_subunits for each level of subunits."
            )
        if self.response not in READINGS:
            raise DesignError(f"simulate: {one_of('response', self.response, list(READINGS))}")
        READINGS[self.response].check(self)
        if self.total_r2 is not None and not 0 < self.total_r2 < 1:
            raise DesignError(f"simulate: total_r2 is {self.total_r2:g}, it lies between 0 and 1.")
        _check_scales(self)
        counts = {"units": self.units, "readings": self.readings, "blocks": self.blocks}
        for name, count in counts.items():
            if count is not None and count < 1:
                raise DesignError(f"simulate: {name} is {count}, it must be 1 or more.")


def _check_scales(plan: Scenario) -> None:
    """Refuse means that are no numbers, and scales and nu that no distribution has."""
    for group, mean in plan.groups.items():
        if not _finite(mean):
            raise DesignError(f"simulate: the mean of {group} is {mean}, it must be a number.")
    scales: list[tuple[str, float]] = [("tau_block", plan.tau_block)]
    for name, given in (("tau", plan.tau), ("tau_effect", plan.tau_effect)):
        if not isinstance(given, Mapping):
            scales.append((name, given))
            continue
        for group in plan.groups:
            if group not in given:
                raise DesignError(f"simulate: {name} has no number for {group}: name every group.")
        scales += [(f"{name} {group}", scale) for group, scale in given.items()]
    scales += [("tau_subunits", tau) for tau in plan.tau_subunits]
    scales += [] if plan.sigma is None else [("sigma", plan.sigma)]
    for name, scale in scales:
        if not (_finite(scale) and scale >= 0):
            raise DesignError(f"simulate: {name} is {scale}, a spread is a number of 0 or more.")
    if plan.nu is not None and not (_finite(plan.nu) and plan.nu > 0):
        raise DesignError(
            f"simulate: nu is {plan.nu}, it must be above 0 (30: nearly normal; none: normal)."
        )
    if any(members < 1 for members in plan.subunits):
        raise DesignError("simulate: subunits must be 1 or more at every level.")


def _finite(number: object) -> bool:
    return isinstance(number, int | float | np.number) and bool(np.isfinite(number))


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Simulation:
    """Simulated readings and the truth behind them.

    Attributes
    ----------
    table
        Columns value, group and, where the design has them, total, block, unit and level1, ...
    truth
        Parameters (mu by group, tau, sigma, ...), `unit_mean` by unit, and `effect` by block:
        true difference of the last group to the first.
    """

    table: "pd.DataFrame"
    truth: Mapping[str, Any]

    def __repr__(self) -> str:
        """Say how many readings there are of which groups."""
        groups = ", ".join(map(str, dict.fromkeys(self.table["group"])))
        return f"<Simulation: {len(self.table)} readings of {groups}>"


@checked_arguments
def simulate(scenario: Scenario | Mapping[str, Any], *, seed: int) -> Simulation:
    """Draw one data set.

    Parameters
    ----------
    scenario
        A `Scenario`, or a mapping of its fields.
    seed
        One seed, one data set.

    Examples
    --------
    >>> import nestimate as ne
    >>> made = ne.simulate({"groups": {"a": 0, "b": 1}, "units": 3, "sigma": 0.5}, seed=1)
    >>> len(made.table), sorted(made.table.columns)
    (30, ['group', 'unit', 'value'])
    """
    import pandas as pd  # noqa: PLC0415

    plan = scenario if isinstance(scenario, Scenario) else _scenario(scenario)
    if not isinstance(seed, int | np.integer) or seed < 0:
        raise DesignError(f"simulate: seed is {seed}, it must be a whole number of 0 or more.")
    rng = np.random.default_rng(seed)
    rows: list[dict[str, str]] = []
    centres: list[float] = []
    unit_mean: dict[str, float] = {}
    effect: dict[str, float] = {}
    for b in range(plan.blocks or 1):
        block = f"b{b + 1}"
        stretch = _stretch(plan, rng) if plan.blocks else 0.0
        level = rng.normal(0, plan.tau_block * stretch)
        deviation = {
            g: rng.normal(0, _of_group(plan.tau_effect, g) / np.sqrt(2) * stretch)
            for g in plan.groups
        }
        names = list(plan.groups)
        effect[block] = (plan.groups[names[-1]] + deviation[names[-1]]) - (
            plan.groups[names[0]] + deviation[names[0]]
        )
        for group, mean in plan.groups.items():
            cell = mean + level + deviation[group] if plan.blocks else mean
            for u in range(plan.units or 1):
                unit = f"{group}{u + 1}" if not plan.blocks else f"{block}{group}{u + 1}"
                row = {"group": group}
                centre = cell
                if plan.blocks:
                    row["block"] = block
                if plan.units:
                    row["unit"] = unit
                    scale = _of_group(plan.tau, group)
                    scale *= 1.0 if plan.blocks else _stretch(plan, rng)
                    centre = rng.normal(cell, scale)
                    unit_mean[unit] = centre
                for labels, mean_of_row in _inside(plan, row, centre, 0, rng):
                    rows.append(labels)
                    centres.append(mean_of_row)
    columns, known = READINGS[plan.response].draw(plan, np.array(centres), rng)
    table = pd.DataFrame(rows).assign(**columns)
    truth = asdict(plan) | known | {"mu": dict(plan.groups), "unit_mean": unit_mean}
    if plan.blocks:
        truth["effect"] = effect
    return Simulation(table=table, truth=truth)


def _measured(plan: Scenario, centres: Array, rng: np.random.Generator) -> Read:
    sigma = plan.sigma
    if sigma is None:
        # R^2 = V / (V + sigma^2), V being the variance of all that is not reading error.
        share = plan.total_r2 or 0.5
        sigma = float(np.std(centres) * np.sqrt((1 - share) / share))
    values = rng.normal(centres, sigma)
    if not np.isfinite(values).all():
        raise DesignError("simulate: values are too large for a computer: choose smaller spreads.")
    return {"value": values}, {"sigma": sigma}


def _counts(plan: Scenario, centres: Array, rng: np.random.Generator) -> Read:
    own = rng.gamma(plan.excess**-2, plan.excess**2, centres.size) if plan.excess else 1.0
    with np.errstate(over="ignore"):
        rates = np.exp(centres) * own
    if not (rates < LARGEST).all():
        raise DesignError(
            "simulate: counts are too large for a computer. Means of counts are logarithms of "
            "rates: {'a': 2.3} is 10 a reading."
        )
    return {"value": rng.poisson(rates)}, {"sigma": None}


def _shares(plan: Scenario, centres: Array, rng: np.random.Generator) -> Read:
    p = 1 / (1 + np.exp(-np.clip(centres, -500, 500)))
    if plan.excess:
        a, b = (np.maximum(one / plan.excess**2, 1e-300) for one in (p, 1 - p))
        p = rng.beta(a, b)
    return {"value": rng.binomial(plan.total, p), "total": plan.total}, {"sigma": None}


def _cut_off(plan: Scenario, centres: Array, rng: np.random.Generator) -> Read:
    columns, known = _measured(plan, centres, rng)
    values, limit = columns["value"], plan.limit
    below = values < (-np.inf if limit is None else limit)
    text = [f"<{limit:g}" if b else repr(float(v)) for v, b in zip(values, below, strict=True)]
    return {"value": text}, known


def _with_sd(plan: Scenario) -> None:
    """Refuse a plan without an SD of a reading, or with two."""
    if (plan.sigma is None) == (plan.total_r2 is None):
        raise DesignError("simulate: give either sigma or total_r2.")


def _by_chance(plan: Scenario) -> None:
    """Refuse an SD where readings scatter by chance, and an excess that none has."""
    if plan.sigma is not None or plan.total_r2 is not None:
        raise DesignError(
            f"simulate: {plan.response} scatter by chance and have no sigma or total_r2; excess "
            "is what they scatter beyond."
        )
    if not (_finite(plan.excess) and plan.excess >= 0):
        raise DesignError(f"simulate: excess is {plan.excess}, it is a number of 0 or more.")
    if plan.total < 1:
        raise DesignError(f"simulate: total is {plan.total}, it must be 1 or more.")


class _Reading(NamedTuple):
    """How readings are checked and drawn, given their means."""

    check: Callable[[Scenario], None]
    draw: Callable[[Scenario, Array, np.random.Generator], Read]


#: What a reading is, by the word of the option `response`.
READINGS: Mapping[str, _Reading] = {
    MEASURED: _Reading(_with_sd, _measured),
    "counts": _Reading(_by_chance, _counts),
    "proportion": _Reading(_by_chance, _shares),
    "censored": _Reading(_with_sd, _cut_off),
}


def _of_group(scale: float | Mapping[str, float], group: str) -> float:
    return scale[group] if isinstance(scale, Mapping) else scale


def _stretch(plan: Scenario, rng: np.random.Generator) -> float:
    """Draw 1 / sqrt(lambda) of a unit or block: now and then one is far out."""
    if plan.nu is None:
        return 1.0
    return float(1 / np.sqrt(rng.gamma(plan.nu / 2, 2 / plan.nu)))


def _inside(
    plan: Scenario, row: dict[str, str], centre: float, depth: int, rng: np.random.Generator
) -> list[tuple[dict[str, str], float]]:
    """Return labels and true mean of every reading of one unit or subunit."""
    if depth == len(plan.subunits):
        return [(row, centre)] * plan.readings
    found = []
    for member in range(plan.subunits[depth]):
        mean = rng.normal(centre, plan.tau_subunits[depth])
        labels = row | {f"level{depth + 1}": str(member + 1)}
        found += _inside(plan, labels, mean, depth + 1, rng)
    return found


def _scenario(given: Mapping[str, Any]) -> Scenario:
    allowed = [f.name for f in fields(Scenario)]
    for name in given:
        if name not in allowed:
            raise DesignError(f"simulate: {one_of('parameter', str(name), allowed)}")
    return Scenario(**given)
