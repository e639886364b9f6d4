"""What a plan is asked for, checked before any time is spent on it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from math import isfinite
from numbers import Real
from pathlib import Path
from typing import Any, Self

import numpy as np

from nestimate.errors import DesignError, one_of
from nestimate.studies.shapes import Costs, Words
from nestimate.studies.truths import Truths


@dataclass(frozen=True, kw_only=True)
class Truth:
    """What is assumed true of the experiment that is planned; the words of `simulate`.

    Attributes
    ----------
    groups
        Group to its mean, the reference first: `{"placebo": 7, "drug": 8}`; with factors, cell to
        its mean: `{"WT/veh": 7, "WT/drug": 9, "KO/veh": 7, "KO/drug": 7}`.
    tau
        Spread between units; one number, or group to number.
    sigma
        SD of a reading.
    nu
        Degrees of freedom of units or blocks; None: normal.
    tau_block, tau_effect
        Spread between blocks, and of the effect between blocks; of several factors within blocks
        one number for all, or `{"arm": 0.3, "time": 0.2, "arm x time": 0.2}`.
    tau_subunits
        Spread of each level inside a unit.
    factors
        Columns of two or three factors whose cells the groups are: `("genotype", "treatment")`.
    within
        With blocks: factors that vary inside a block, the others lie between blocks; None: all.
    source
        Where these numbers come from, for the methods paragraph: `a pilot of 2025`.
    """

    groups: Mapping[str, float]
    tau: float | Mapping[str, float] | None = None
    sigma: float | None = None
    nu: float | None = None
    tau_block: float | None = None
    tau_effect: float | Mapping[str, float] | None = None
    tau_subunits: tuple[float, ...] = ()
    factors: tuple[str, ...] | str = ()
    within: tuple[str, ...] | str | None = None
    source: str = ""

    @classmethod
    def of_mapping(cls, given: "Truth | Mapping[str, Any]") -> Self:
        """Return a truth given as such or as a mapping of its fields."""
        return _made(cls, given, "plan")

    def __post_init__(self) -> None:
        if not isinstance(self.groups, Mapping) or len(self.groups) < 2:
            raise DesignError(
                "plan: name at least two groups with their means, the reference first: "
                "--groups placebo=7,drug=8 (groups={'placebo': 7, 'drug': 8} in Python)."
            )
        for label, mean in self.groups.items():
            _number(f"the mean of {label}", mean)
        if self.nu is not None:
            _number("nu", self.nu, least=1.0)
        for name in ("sigma", "tau_block"):
            if getattr(self, name) is not None:
                _number(name, getattr(self, name), least=0.0)
        for of, spread in self.effects.items():
            _number(f"tau_effect{f' of {of}' if of else ''}", spread, least=0.0)
        for name in ("factors", "within"):
            given = getattr(self, name)
            if isinstance(given, str):  # as `compare` takes its groups: "arm,time"
                parts = tuple(part.strip() for part in given.split(","))
                object.__setattr__(self, name, parts)
        if self.within is not None and not self.factors:
            raise DesignError(
                "plan: within names factors, and none are stated: --factors arm,time."
            )
        taus = self.tau if isinstance(self.tau, Mapping) else dict.fromkeys(self.groups, self.tau)
        for label in self.groups:
            if label not in taus:
                raise DesignError(f"plan: tau has no number for {label}: name every group.")
            if taus[label] is not None:
                _number(f"tau of {label}", taus[label], least=0.0)

    @property
    def effects(self) -> dict[str, float]:
        """Spread of effects between blocks, by factors; one number stands under ''."""
        if isinstance(self.tau_effect, Mapping):
            return dict(self.tau_effect)
        return {} if self.tau_effect is None else {"": self.tau_effect}

    def effect(self, of: str) -> float:
        """Return the spread of what some factors do between blocks.

        Raises
        ------
        DesignError
            When a mapping names other factors.
        """
        found = self.effects
        if of not in found and "" not in found:
            raise DesignError(
                f"plan: tau_effect has no number for {of}: name each, such as "
                f"--tau-effect '{of}=0.3', or state one number for all."
            )
        return float(found.get(of, found.get("", 0.0)))

    def truths(self, *, blocked: bool, units_in_blocks: bool, levels: int, log: bool) -> Truths:
        """Return the one truth stated, with what the layout needs.

        Raises
        ------
        DesignError
            When a spread that the layout has is not stated.
        """
        labels = list(self.groups)
        if self.sigma is None:
            raise DesignError(
                "plan: sigma, the SD of readings of one unit, is not stated: --sigma 0.8 "
                "(sigma=0.8 in Python). It comes from a pilot (compare), or from repeats of the "
                "measurement. Where every unit is one value, whose SD tau is, it is 0: "
                "--readings 1 --sigma 0."
            )
        if blocked and (self.tau_block is None or self.tau_effect is None):
            raise DesignError(
                "plan: a design with blocks needs tau_block (--tau-block), the spread between "
                "blocks, and tau_effect (--tau-effect), by how much the effect differs from block "
                "to block."
            )
        if (not blocked or units_in_blocks) and self.tau is None:
            raise DesignError(
                "plan: tau, the spread between units of a group, is not stated: --tau 1 "
                "(tau=1 in Python). It comes from a pilot (compare); readings of the same unit do "
                "not tell it."
            )
        if len(self.tau_subunits) != levels:
            raise DesignError(
                f"plan: {levels} levels of subunits need as many spreads in tau_subunits, not "
                f"{len(self.tau_subunits)}."
            )
        tau = self.tau if isinstance(self.tau, Mapping) else dict.fromkeys(labels, self.tau or 0.0)
        own = np.array([[float(tau[label] or 0.0) for label in labels]])
        mu = np.array([[float(self.groups[label]) for label in labels]])
        if log and (mu <= 0).any():
            raise DesignError("plan: on a log scale every group mean must be above 0.")
        return Truths(
            mu=np.log(mu) if log else mu,
            scales={
                "tau": own,
                "tau_unit": np.full(own.shape, own.mean()),
                "tau_block": np.full(own.shape, self.tau_block or 0.0),
                "tau_effect": np.full(own.shape, self.effects.get("", 0.0)),
                "tau_subunits": np.array(self.tau_subunits, dtype=np.float64).reshape(1, -1, 1)
                + np.zeros(own.shape[1]),
                "sigma": np.full(own.shape, float(self.sigma)),
            },
            nu=np.array([self.nu or np.inf], dtype=np.float64),
        )


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What else may be said of a plan.

    Attributes
    ----------
    blocks
        Numbers of blocks to look at; empty: no blocks.
    subunits
        Members of each level inside a unit, outermost first.
    ratio
        Units of each group beside each other, `(2, 1)`; None: equal.
    lost
        Share of units (in blocks: of blocks) that will be lost.
    budget
        The most that may be spent; None: no limit.
    simulations
        Experiments simulated of the design that is named.
    audit
        Experiments of it that the full engine analyses as well.
    words
        What things are called: `{"unit": "mouse", "value": "glucose", "block": "litter"}`.
    resume
        File that keeps the simulations; an interrupted plan goes on from it.
    threads
        Processes that simulate side by side; None: as many as there are cores. No number depends
        on it.
    progress
        Told of the experiments that are done, and of how many are asked for so far.
    """

    blocks: Sequence[int] = ()
    subunits: tuple[int, ...] = ()
    ratio: tuple[int, ...] | None = None
    lost: float = 0.0
    budget: float | None = None
    simulations: int = 1_000
    audit: int = 50
    words: Mapping[str, str] = field(default_factory=dict)
    resume: str | Path | None = None
    threads: int | None = None
    progress: Callable[[int, int], None] | None = None

    @classmethod
    def of_mapping(cls, given: "Settings | Mapping[str, Any] | None") -> Self:
        """Return settings given as such, as a mapping of the same words, or not at all."""
        return _made(cls, given or {}, "plan")

    def __post_init__(self) -> None:
        if not (_real(self.lost) and 0 <= self.lost < 1):
            raise DesignError(
                f"plan: the share of units lost is {self.lost}, it lies between 0 and 1: 0.1 for "
                "one in ten."
            )
        if self.budget is not None:
            _number("budget", self.budget, least=0.0)
        if not (isinstance(self.simulations, int) and self.simulations >= 200):
            raise DesignError(f"plan: simulations is {self.simulations}, it must be 200 or more.")
        counts("blocks", self.blocks, least=2, empty=True)
        counts("subunits", self.subunits, least=1, empty=True)
        allowed = [f.name for f in fields(Words) if f.name not in ("groups", "scale", "subunits")]
        for word in self.words:
            if word not in allowed:
                raise DesignError(f"plan: words: {one_of('word', str(word), allowed)}")

    def shares(self, groups: int) -> tuple[int, ...]:
        """Return units of each group beside each other."""
        if self.ratio is None:
            return (1,) * groups
        counts("ratio", self.ratio, least=1)
        if len(self.ratio) != groups:
            raise DesignError(
                f"plan: ratio has {len(self.ratio)} numbers for {groups} groups: one for each, the "
                "reference first, such as --ratio 2:1 (ratio=(2, 1) in Python)."
            )
        if self.blocks:
            raise DesignError("plan: in blocks every group has as many units: leave ratio out.")
        return tuple(self.ratio)


def counts(name: str, given: Sequence[int], *, least: int, empty: bool = False) -> tuple[int, ...]:
    """Return whole numbers, ascending and each once, or refuse them."""
    found = (given,) if isinstance(given, int) else tuple(given)
    if not found and not empty:
        raise DesignError(f"plan: {name} is empty: name the numbers to look at, such as 3:24.")
    for number in found:
        if not isinstance(number, int | np.integer) or number < least:
            hint = ""
            if name == "units" and least == 2:
                hint = " With one unit in a group nothing tells units from groups."
            raise DesignError(
                f"plan: {name} holds {number}: whole numbers of {least} or more are wanted.{hint}"
            )
    return found if name in ("subunits", "ratio") else tuple(sorted({int(n) for n in found}))


def probability(name: str, given: float) -> float:
    """Return a probability strictly between 0 and 1, or refuse it."""
    if not (_real(given) and 0 < given < 1):
        hint = f" Did you mean {given / 100:g}?" if _real(given) and 1 < given < 100 else ""
        raise DesignError(
            f"plan: {name} is {given}, a probability between 0 and 1 such as 0.8.{hint}"
        )
    return float(given)


def read_costs(given: Any, several_readings: bool) -> Costs:
    """Return costs given as such, as (unit, reading) or as a mapping.

    Raises
    ------
    DesignError
        When there are none although designs differ in more than their number of units.
    """
    if isinstance(given, Costs):
        return given
    if given is None:
        if several_readings:
            raise DesignError(
                "plan: what is cheapest depends on costs, and none are given. Add --cost-unit and "
                "--cost-reading (costs=(120, 8) in Python) in any currency, or as a ratio: 15 and "
                "1; or plan for one number of readings (--readings 3)."
            )
        return Costs(unit=1.0)
    if isinstance(given, Mapping):
        return _made(Costs, given, "costs")
    numbers = (given,) if _real(given) else tuple(given)
    if not 1 <= len(numbers) <= 3:
        raise DesignError("plan: costs are (unit, reading) or (unit, reading, block).")
    for number, name in zip(numbers, ("unit", "reading", "block"), strict=False):
        _number(f"the cost of one {name}", number, least=0.0)
    return Costs(**dict(zip(("unit", "reading", "block"), map(float, numbers), strict=False)))


def _made[T](kind: type[T], given: Any, what: str) -> T:
    if isinstance(given, kind):
        return given
    if not isinstance(given, Mapping):
        raise DesignError(f"{what}: give a mapping, such as {{'groups': {{'a': 0, 'b': 1}}}}.")
    allowed = [f.name for f in fields(kind)]  # type: ignore[arg-type]
    for name in given:
        if name not in allowed:
            raise DesignError(f"{what}: {one_of('word', str(name), allowed)}")
    try:
        return kind(**given)
    except TypeError as error:
        raise DesignError(f"{what}: {str(error).rpartition(') ')[2]}.") from None


def _real(given: Any) -> bool:
    return isinstance(given, Real) and not isinstance(given, bool) and isfinite(given)


def _number(what: str, given: Any, least: float = -np.inf) -> None:
    if not _real(given) or given < least:
        bound = "" if np.isinf(least) else f" of {least:g} or more"
        raise DesignError(f"plan: {what} is {given!r}, it must be a number{bound}.")
