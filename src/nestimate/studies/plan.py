"""How many next time: the cheapest experiment that does what it is for."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nestimate.errors import DesignError
from nestimate.options import Options
from nestimate.results.estimates.contrasts import Contrast
from nestimate.results.estimates.summaries import Question
from nestimate.studies.estimates import Probability
from nestimate.studies.goals import Goal
from nestimate.studies.request import Settings
from nestimate.studies.search import Search, agreement, costs_of
from nestimate.studies.shapes import Costs, Shape, Words
from nestimate.studies.simulations import Ledger, Task
from nestimate.studies.truths import ROUND, Truths
from nestimate.studies.workers import workers

#: The effect that is tried beside the stated one, as a share of it.
SMALLER = 0.8
#: Share of the simulations asked for that it gets.
LESS = 0.3
#: Designs within this share of the cheapest one's cost are as good as it.
ALIKE = 0.05


@dataclass(frozen=True, kw_only=True)
class Row:
    """One design and what is to be expected of it.

    Attributes
    ----------
    shape, cost
        Its size and cost.
    goals
        Probability of each goal, in the order of the plan; empty where it was not simulated.
    together
        Probability of all goals in the same experiment: what is set against the target.
    curve, direct
        The same read off the curve through all designs, and from this design's own simulations.
    simulated
        Whether experiments of this design were simulated, or its number is read off the curve.
    wrong_sign
        Share of simulated experiments that reach a goal with the wrong sign; NaN if none were.
    failed
        Simulated experiments that no engine could answer.
    """

    shape: Shape
    cost: float
    goals: tuple[Probability, ...]
    together: Probability
    curve: Probability
    direct: Probability | None
    simulated: bool
    wrong_sign: float
    failed: int


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Plan:
    """What was asked, simulated and found.

    Attributes
    ----------
    truths, stated, source
        What is assumed true; whether it is one stated truth or draws of a posterior; from where.
    words, options, question, asked, goals, costs
        The experiment's words, its analysis, what it is for, and what it costs.
    target, budget, lost
        Probability wanted, the most to be spent (infinite: no limit), and the share of units lost.
    rows
        Every design looked at, in order of cost.
    best
        The cheapest design that reaches the target; None if none does.
    nearest
        `best`, or where there is none the affordable design of most power.
    ceiling
        Probability of the goals with any number of units: that the truth lies where they ask.
    smaller
        Probability with an effect `SMALLER` times as large; None where no one effect is stated.
    exaggeration
        By how much the estimate exceeds the true difference (of ratios, their logarithms) on
        average in experiments of `nearest` that reach the first signed goal; NaN without one.
    audit
        Of how many experiments of `nearest` that the full engine analysed too, and in how many the
        decision was the same, by goal.
    engines
        Experiments analysed by each of `answers.ENGINES`, over all designs.
    seed, simulations, stopped
        Seed, simulated experiments altogether, and whether Ctrl-C ended the search early.
    """

    truths: Truths
    stated: bool
    source: str
    words: Words
    options: Options
    question: Question
    asked: tuple[Contrast, ...]
    goals: tuple[Goal, ...]
    costs: Costs
    target: float
    budget: float
    lost: float
    rows: tuple[Row, ...]
    best: Row | None
    nearest: Row
    ceiling: float
    smaller: Probability | None
    exaggeration: float
    audit: tuple[int, Mapping[Goal, int]]
    engines: tuple[int, ...]
    simulations: int
    stopped: bool

    @property
    def contrasts(self) -> tuple[str, ...]:
        """Names of what is compared."""
        return tuple(c.name for c in self.asked)

    @property
    def frontier(self) -> tuple[Row, ...]:
        """Designs that no cheaper one equals in power, in order of cost."""
        found: list[Row] = []
        for row in self.rows:
            if not found or row.together.value > found[-1].together.value + 1e-9:
                found.append(row)
        return tuple(found)

    @property
    def priced(self) -> bool:
        """Whether costs were stated; without them the number of units is what is spent."""
        return self.costs != Costs(unit=1.0)

    @property
    def enough_readings(self) -> int | None:
        """Readings beyond which more of them save no unit (or block); None where it is not seen."""
        fewest: dict[int, int] = {}
        for row in self.rows:
            if row.together.value >= self.target:
                readings, count = row.shape.readings, row.shape.count
                fewest[readings] = min(count, fewest.get(readings, count))
        if len(fewest) < 2 or self.best is None:
            return None
        least = min(fewest.values())
        enough = min(readings for readings, count in fewest.items() if count == least)
        return enough if enough < max(fewest) else None

    @property
    def alike(self) -> tuple[Row, ...]:
        """Designs that reach the target at a cost within 5 % of the cheapest."""
        if self.best is None:
            return ()
        limit = (1 + ALIKE) * self.best.cost
        return tuple(
            row for row in self.rows if row.cost <= limit and row.together.value >= self.target
        )


def made(
    task: Task,
    shapes: tuple[Shape, ...],
    *,
    costs: Costs,
    target: float,
    settings: Settings,
    stated: bool,
    source: str,
) -> dict[str, Any]:
    """Simulate and return the fields of a `Plan` that follow."""
    budget = np.inf if settings.budget is None else float(settings.budget)
    prices = costs_of(shapes, costs)
    if prices.min() > budget:
        raise DesignError(
            f"plan: the budget of {budget:g} does not pay for the smallest design, which costs "
            f"{prices.min():g}."
        )
    with workers(settings.threads) as pool:
        ledger = Ledger(
            task=task,
            workers=pool,
            path=None if settings.resume is None else Path(settings.resume),
            said=settings.progress,
        )
        search = Search(
            task=task,
            ledger=ledger,
            shapes=shapes,
            costs=prices,
            target=target,
            budget=budget,
            simulations=settings.simulations,
        )
        search.run()
        best = search.best
        at = search.nearest if best is None else best
        if at not in search.simulated:
            search.simulate([at], 1)
        beside = _beside(search, at, settings.audit)
    return {
        **_found(search, best, at),
        **beside,
        "stopped": search.stopped,
        "stated": stated,
        "source": source,
        "costs": costs,
        "budget": budget,
    }


def _beside(search: Search, at: int, audit: int) -> dict[str, Any]:
    """Return what stands beside the design that is named; Ctrl-C ends it with what there is."""
    truths = search.task.truths
    found: dict[str, Any] = {"smaller": None, "audit": (0, {})}
    if search.stopped:
        return found
    try:
        stated = truths.one_effect(search.task.asked) and np.ptp(truths.mu, axis=1).max() > 0
        if stated and any(goal.of_effect for goal in search.task.goals):
            found["smaller"] = _smaller(search, at)
        # Of what quadrature answers exactly there is nothing to audit.
        if audit and search.own == "own":
            found["audit"] = agreement(search, at, audit)
    except KeyboardInterrupt:
        search.stopped = True
    return found


def _smaller(search: Search, at: int) -> Probability | None:
    """Probability of all goals if the effect is smaller than stated, on the same random numbers."""
    task = replace(search.task, truths=search.task.truths.with_effect(SMALLER))
    ledger = Ledger(task=task, workers=search.ledger.workers, said=search.ledger.said)
    beside = replace_search(search, task, ledger)
    beside.simulate([at], max(2, round(LESS * search.simulations / ROUND)))
    return beside.estimate(at)


def replace_search(search: Search, task: Task, ledger: Ledger) -> Search:
    """Return the same search of another truth."""
    return Search(
        task=task,
        ledger=ledger,
        shapes=search.shapes,
        costs=search.costs,
        target=search.target,
        budget=search.budget,
        simulations=search.simulations,
    )


def _found(search: Search, best: int | None, at: int) -> dict[str, Any]:
    curve = np.stack(search.power_at(np.arange(len(search.shapes))), axis=1)
    done = set(search.simulated)
    rows = {i: _row(search, i, curve[i], simulated=i in done) for i in range(len(search.shapes))}
    tallies = [search.tally(i) for i in search.simulated]
    power = np.array([row.together.value for row in rows.values()])
    order = np.lexsort((-power, search.costs))
    own = search.tally(at)
    signed = next((j for j, goal in enumerate(search.task.goals) if goal.signed), None)
    exaggeration = np.nan
    if signed is not None:
        hits = own.right[signed] | own.wrong[signed]
        # Worked out, so that of ratios it is that of logarithms, whichever group is the reference.
        worked = search.task.measure.worked
        true = worked(own.truth[hits])
        if hits.sum() >= 20 and np.all(true != 0):
            exaggeration = float(np.abs(worked(own.estimate[hits])).mean() / np.abs(true).mean())
    return {
        "rows": tuple(rows[int(i)] for i in order),
        "best": None if best is None else rows[best],
        "nearest": rows[at],
        "ceiling": search.ceiling,
        "exaggeration": exaggeration,
        "engines": tuple(int(n) for n in np.sum([t.engines for t in tallies], axis=0)),
        "simulations": sum(t.estimate.size for t in tallies),
    }


def _row(search: Search, i: int, at: NDArray[np.float64], *, simulated: bool) -> Row:
    shape, cost = search.shapes[i], float(search.costs[i])
    value, low, high = map(float, at)
    curve = Probability(value=value, low=low, high=high, simulations=0, worth=np.nan)
    if not simulated:
        return Row(
            shape=shape,
            cost=cost,
            goals=(),
            together=curve,
            curve=curve,
            direct=None,
            simulated=False,
            wrong_sign=np.nan,
            failed=0,
        )
    own = search.tally(i)
    several = len(search.task.goals)
    direct = search.estimate(i)
    # Few simulations say less than the curve through all of them.
    few = direct.simulations < search.simulations
    together = replace(curve, simulations=direct.simulations) if few else direct
    return Row(
        shape=shape,
        cost=cost,
        goals=tuple(search.estimate(i, j) for j in range(several)),
        together=together,
        curve=curve,
        direct=direct,
        simulated=True,
        wrong_sign=float(own.wrong.any(axis=0).mean()),
        failed=own.failed,
    )
