"""Where the cheapest design lies: a look by closed form, simulations where it matters."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from nestimate.errors import DesignError
from nestimate.studies import closed_form
from nestimate.studies.answers import normal_why_not
from nestimate.studies.estimates import Probability, Surface, features, pseudo_decisions
from nestimate.studies.goals import Goal
from nestimate.studies.shapes import Costs, Shape, template
from nestimate.studies.simulations import AT_ONCE, Engine, Events, Ledger, Tally, Task
from nestimate.studies.truths import ROUND

Array = NDArray[np.float64]

#: Rounds of each design that is simulated first, rounds added at a time, and quadrature rounds for
#: one round of the engine that is meant.
FIRST, STEP, NORMAL_PER_OWN = 2, 2, 6
#: Distances from the target, in probability, at which designs are simulated first.
ANCHORS = (-0.2, 0.0, 0.1)
#: Designs whose simulated number is confirmed before one is named, at most.
MOST_CONFIRMED = 4
#: How many SDs a cheaper design must stay below the target to be left alone.
SURE = 1.0


@dataclass(kw_only=True, eq=False, repr=False)
class Search:
    """Simulated designs on the way to the cheapest one that reaches the target.

    Attributes
    ----------
    task, ledger
        What is simulated, and what has been.
    shapes, costs
        All designs looked at, and their costs, (designs,).
    target, budget
        Probability wanted, and the most that may be spent (infinite: no limit).
    simulations
        Experiments behind the number of the design that is named.
    """

    task: Task
    ledger: Ledger
    shapes: tuple[Shape, ...]
    costs: Array
    target: float
    budget: float
    simulations: int
    closed: Array = field(init=False)
    ceiling: float = field(init=False)
    controlled: bool = field(init=False)
    stopped: bool = False

    def __post_init__(self) -> None:
        task, log = self.task, self.task.words.scale == "log"
        arguments = (task.truths, task.question, task.asked)
        ceilings = [closed_form.ceiling(g, *arguments, log=log) for g in task.goals]
        self.ceiling = min(ceilings)
        kept = [self._after_losses(shape) for shape in self.shapes]
        self.closed = np.array(
            [min(closed_form.power(g, s, *arguments, log=log) for g in task.goals) for s in kept]
        )
        largest = self.shapes[int(np.argmax([s.total_readings for s in self.shapes]))]
        self.controlled = not normal_why_not(
            template(largest, task.words), task.assumptions, task.asked
        )

    def _after_losses(self, shape: Shape) -> Shape:
        """Return the size that is left on the whole."""
        share = 1 - self.task.lost
        if shape.blocks:
            return replace(shape, blocks=max(2, round(share * shape.blocks)))
        return replace(shape, units=tuple(max(2, round(share * n)) for n in shape.units))

    @property
    def own(self) -> Engine:
        """The engine that is meant: quadrature where units are normal anyway and it can."""
        plain = not self.task.assumptions.robust_units and self.controlled
        return "normal" if plain else "own"

    @property
    def step(self) -> int:
        """Rounds added at a time: quadrature is ten times as fast."""
        return STEP * 5 if self.own == "normal" else STEP

    def run(self) -> None:
        """Simulate until the cheapest design is known, or Ctrl-C: then with what there is."""
        try:
            self._anchor()
            self._refine()
        except KeyboardInterrupt:
            if not self.simulated:
                raise
            self.stopped = True

    def simulate(self, positions: Sequence[int], rounds: int) -> None:
        """See to so many rounds of some designs, and of quadrature beside them."""
        wanted: list[tuple[Shape, Engine, int]] = []
        for i in positions:
            wanted.append((self.shapes[i], self.own, rounds))
            if self.own == "own" and self.controlled:
                wanted.append((self.shapes[i], "normal", NORMAL_PER_OWN * rounds))
        self.ledger.simulate(wanted)

    def _anchor(self) -> None:
        """Simulate a few designs on both sides of the target, of few, best and many readings."""
        wish = self._wish()
        chosen: list[int] = []
        best = self._cheapest(self.closed, wish)
        best = int(np.argmax(self.closed)) if best is None else best
        for readings in (self.shapes[best].readings, *self._outer_readings()):
            mine = np.array([s.readings == readings for s in self.shapes])
            first = readings == self.shapes[best].readings
            for distance in ANCHORS if first else (0.0,):
                gap = np.where(mine, np.abs(self.closed - (wish + distance)), np.inf)
                chosen.append(int(np.argmin(gap)))
        self.simulate(list(dict.fromkeys(chosen)), FIRST * (self.step // STEP))

    def _wish(self) -> float:
        """Return the probability to look around: the target, or what the budget affords."""
        within = self.costs <= self.budget
        reach = float(self.closed[within].max()) if within.any() else 0.0
        return min(self.target, reach)

    def _outer_readings(self) -> tuple[int, ...]:
        every = sorted({s.readings for s in self.shapes})
        return (every[0], every[-1])

    def _cheapest(self, power: Array, wish: float) -> int | None:
        able = np.flatnonzero((power >= wish) & (self.costs <= self.budget))
        if not able.size:
            return None
        # Of equally cheap ones the more powerful.
        return int(able[np.lexsort((-power[able], self.costs[able]))[0]])

    def _refine(self) -> None:
        """Simulate the cheapest design that should do, and cheaper ones that might."""
        rounds = -(-self.simulations // ROUND)
        for _ in range(MOST_CONFIRMED * rounds):
            best = self.best
            if best is None:
                best = self.nearest
            value, low, high = self.power_at(np.arange(len(self.shapes)))
            error = np.maximum((high - low) / 3.92, 1e-9)
            rivals = np.flatnonzero(
                (self.costs < self.costs[best])
                & (value < self.target)
                & (value + SURE * error >= self.target)
                & (np.array([self._rounds(i) for i in range(len(self.shapes))]) < rounds)
            )
            wanted = [best] if self._rounds(best) < rounds else []
            if rivals.size:
                wanted.append(int(rivals[np.argmax(value[rivals])]))
            if not wanted:
                break
            for i in wanted:
                self.simulate([i], min(rounds, self._rounds(i) + self.step))

    def _rounds(self, i: int) -> int:
        found = self.ledger.tally(self.shapes[i], self.own)
        return 0 if found is None else found.right.shape[1] // ROUND

    @property
    def simulated(self) -> list[int]:
        """Positions of the designs simulated so far."""
        return [i for i in range(len(self.shapes)) if self._rounds(i)]

    @property
    def best(self) -> int | None:
        """The cheapest design that reaches the target within the budget; None if none does.

        A design of which as many experiments were simulated as were asked for counts as these say,
        the others as the curve through all of them says.
        """
        value, _, _ = self.power_at(np.arange(len(self.shapes)))
        for i in self.simulated:
            if self._rounds(i) * ROUND >= self.simulations:
                value[i] = self.estimate(i).value
        return self._cheapest(value, self.target)

    @property
    def nearest(self) -> int:
        """The affordable design of most power, where none reaches the target."""
        value, _, _ = self.power_at(np.arange(len(self.shapes)))
        able = np.flatnonzero(self.costs <= self.budget)
        if not able.size:
            raise DesignError(
                f"the budget of {self.budget:g} does not pay for the smallest design, which costs "
                f"{self.costs.min():g}."
            )
        return int(able[np.lexsort((self.costs[able], -np.round(value[able], 3)))[0]])

    def decisions(self, i: int, goal: int | None = None) -> tuple[Array, float]:
        """Corrected decisions of a design, of one goal or of all at once, and their error."""
        own = self.ledger.tally(self.shapes[i], self.own)
        assert own is not None
        normal = self.ledger.tally(self.shapes[i], "normal") if self.own == "own" else None
        picked = None if normal is None else reached(normal, goal)
        return pseudo_decisions(reached(own, goal), picked)

    def estimate(self, i: int, goal: int | None = None, level: float = 0.95) -> Probability:
        """Probability of a goal, or of all goals at once, in a simulated design."""
        return Probability.of(*self.decisions(i, goal), level)

    @property
    def surface(self) -> Surface:
        """Power of every design, from those that were simulated."""
        done = self.simulated
        at = self._features(np.array(done))
        return Surface.fitted(at, [self.decisions(i)[0] for i in done], max(self.ceiling, 1e-3))

    def power_at(self, positions: NDArray[np.intp]) -> tuple[Array, Array, Array]:
        """Probabilities of designs by the curve, and their 95 % band."""
        return self.surface.at(self._features(positions))

    def _features(self, positions: NDArray[np.intp]) -> Array:
        counts = np.array([self.shapes[i].count for i in positions])
        return features(self.closed[positions], counts, max(self.ceiling, 1e-3))

    def tally(self, i: int) -> Tally:
        """All that came of the simulated experiments of a design."""
        found = self.ledger.tally(self.shapes[i], self.own)
        assert found is not None
        return found


def reached(tally: Tally, goal: int | None) -> Events:
    """Whether one goal, or all of them at once, was reached; (sets,)."""
    return np.asarray(tally.right.all(axis=0) if goal is None else tally.right[goal])


def shapes_of(
    units: Sequence[int],
    readings: Sequence[int],
    *,
    ratio: tuple[int, ...],
    blocks: Sequence[int],
    subunits: tuple[int, ...],
    kinds: int = 1,
) -> tuple[Shape, ...]:
    """Return every size: `units` are those of the smallest group; in blocks, of each cell."""
    least = min(ratio)
    found = []
    for r in readings:
        for n in units:
            counts = tuple(round(n * share / least) for share in ratio)
            for b in blocks or (0,):
                found.append(
                    Shape(readings=r, units=counts, blocks=b, subunits=subunits, kinds=kinds)
                )
    return tuple(dict.fromkeys(found))


def costs_of(shapes: Sequence[Shape], costs: Costs) -> Array:
    """Costs of designs, (designs,)."""
    return np.array([costs.of(shape) for shape in shapes])


def agreement(search: Search, i: int, experiments: int) -> tuple[int, dict[Goal, int]]:
    """Analyse experiments of a design by the full engine too: how many, and how many alike."""
    jobs = -(-experiments // AT_ONCE["audit"])
    search.ledger.simulate([(search.shapes[i], "audit", jobs)])
    full, own = search.ledger.tally(search.shapes[i], "audit"), search.tally(i)
    assert full is not None
    size = full.right.shape[1]
    same = (full.right == own.right[:, :size]).sum(axis=1)
    return size, dict(zip(search.task.goals, map(int, same), strict=True))
