"""Simulated experiments, counted: rounds of fifty, kept in a file where one is named."""

import json
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.measures import Measure
from nestimate.data.designs.scales import SCALES
from nestimate.data.designs.stack import Stack
from nestimate.errors import DataError
from nestimate.model.assumptions import Assumptions
from nestimate.results.estimates.contrasts import Contrast
from nestimate.results.estimates.summaries import Question
from nestimate.studies import answers
from nestimate.studies.answers import ENGINES, Answers
from nestimate.studies.goals import Goal
from nestimate.studies.shapes import Shape, Words, template
from nestimate.studies.truths import ROUND, Round, Truths

Array = NDArray[np.float64]
Events = NDArray[np.bool_]
Engine = Literal["normal", "own", "audit"]
#: Experiments answered by one job of each engine: the full one is slow, and jobs are shared out.
AT_ONCE: dict[Engine, int] = {"normal": ROUND, "own": ROUND, "audit": 5}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Task:
    """What is simulated and asked, whatever the size of the experiment.

    Attributes
    ----------
    truths, words, largest
        What is true, what things are called, and the largest experiment looked at.
    assumptions, question, asked, goals
        The analysis, and what it is to achieve.
    lost
        Share of units, or blocks, that are lost.
    seed
        Of everything random.
    """

    truths: Truths
    words: Words
    largest: Shape
    assumptions: Assumptions
    question: Question
    asked: tuple[Contrast, ...]
    goals: tuple[Goal, ...]
    lost: float
    seed: int

    @property
    def null(self) -> float:
        """The value that says no difference."""
        return self.measure.null

    @property
    def measure(self) -> Measure:
        """How differences are worked out and said."""
        return SCALES[self.words.scale].measure

    def effects(self, truths: Truths) -> Array:
        """Return true contrasts on the user's scale, (truths, contrasts)."""
        found = [truths.mu @ c.weights - c.against for c in self.asked]
        return self.measure.said(np.stack(found, axis=1))

    def run(self, shape: Shape, number: int, engine: Engine) -> "Tally":
        """Simulate as many experiments as the engine answers in one job, and answer each."""
        size = AT_ONCE[engine]
        drawn = Round.of(self.truths, self.largest, self.seed, number * size // ROUND)
        first = number * size % ROUND
        found = Answers.blank(size, len(self.asked))
        for left, every in drawn.left(shape, self.lost):
            sets = every[(every >= first) & (every < first + size)]
            if sets.size and left.count >= left.least:
                stack = Stack.of(template(left, self.words), drawn.values(left, sets))
                place = sets - first
                self._answer(found, stack, place, number * size + place, engine)
        truth = self.effects(drawn.truths)[first : first + size]
        events = [
            goal.reached(found, truth - self.null, self.question, self.measure)
            for goal in self.goals
        ]
        return Tally(
            right=np.stack([right for right, _ in events]),
            wrong=np.stack([wrong for _, wrong in events]),
            estimate=found.mean[:, 0],
            truth=truth[:, 0],
            engines=np.bincount(found.engine, minlength=len(ENGINES)),
            failed=int(found.failed.sum()),
        )

    def _answer(
        self,
        found: Answers,
        stack: Stack,
        sets: NDArray[np.intp],
        numbers: NDArray[np.intp],
        engine: Engine,
    ) -> None:
        analysis = (self.assumptions, self.question, self.asked)
        match engine:
            case "normal":
                found.put(sets, answers.by_quadrature(stack, *analysis))
            case "own":
                found.put(sets, answers.by_batch(stack, *analysis, numbers, self.points))
            case "audit":
                for k, design, n in zip(sets, stack.designs(), numbers, strict=True):
                    found.put(np.array([k]), answers.by_full_engine(design, *analysis, int(n)))

    @property
    def points(self) -> int:
        """Draws for each experiment, as its goals and its number of parameters need."""
        if self.largest.blocks and max(self.largest.units) > 1:
            return answers.MOST_POINTS
        wide = any(goal.kind in ("inside rope", "narrower than") for goal in self.goals)
        many = wide or len(self.words.groups) > 2
        return answers.MANY_POINTS if many else answers.POINTS

    @property
    def fingerprint(self) -> str:
        """A hash of everything that the numbers depend on."""
        parts = [self.truths.mu, self.truths.nu, *self.truths.scales.values()]
        parts += [part.spread for part in self.truths.parts]
        text = repr(
            (
                self.words, self.largest, self.assumptions, self.question, self.goals, self.lost,
                self.seed, [(c.name, c.weights.tolist(), c.against) for c in self.asked],
            )
        )  # fmt: skip
        return sha256(b"".join([text.encode(), *(p.tobytes() for p in parts)])).hexdigest()[:16]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Tally:
    """What came of experiments of one size.

    Attributes
    ----------
    right, wrong
        Whether each goal was reached, and with the wrong sign, (goals, sets).
    estimate, truth
        Posterior mean and true value of the first contrast, (sets,).
    engines
        How many were analysed by each of `ENGINES`.
    failed
        Experiments without an answer; they count as not having reached a goal.
    """

    right: Events
    wrong: Events
    estimate: Array
    truth: Array
    engines: NDArray[np.intp]
    failed: int

    @classmethod
    def joined(cls, parts: Sequence["Tally"]) -> Self:
        """Return several rounds as one."""
        return cls(
            right=np.concatenate([p.right for p in parts], axis=1),
            wrong=np.concatenate([p.wrong for p in parts], axis=1),
            estimate=np.concatenate([p.estimate for p in parts]),
            truth=np.concatenate([p.truth for p in parts]),
            engines=np.sum([p.engines for p in parts], axis=0),
            failed=sum(p.failed for p in parts),
        )

    def record(self) -> dict[str, Any]:
        """Return the round in plain types."""
        return {
            "right": ["".join("01"[int(x)] for x in row) for row in self.right],
            "wrong": ["".join("01"[int(x)] for x in row) for row in self.wrong],
            "estimate": [None if np.isnan(x) else float(x) for x in self.estimate],
            "truth": [float(x) for x in self.truth],
            "engines": self.engines.tolist(),
            "failed": self.failed,
        }

    @classmethod
    def of_record(cls, record: dict[str, Any]) -> Self:
        """Return the round that `record` wrote."""
        return cls(
            right=np.array([[x == "1" for x in row] for row in record["right"]]),
            wrong=np.array([[x == "1" for x in row] for row in record["wrong"]]),
            estimate=np.array([np.nan if x is None else x for x in record["estimate"]]),
            truth=np.array(record["truth"]),
            engines=np.array(record["engines"], dtype=np.intp),
            failed=record["failed"],
        )


def run_round(task: Task, shape: Shape, engine: Engine, number: int) -> Tally:
    """Simulate a round, wherever it is worked out."""
    return task.run(shape, number, engine)


@dataclass(kw_only=True, eq=False, repr=False)
class Ledger:
    """Rounds simulated so far, by size, engine and number.

    Attributes
    ----------
    task
        What is simulated.
    workers
        Where rounds are simulated; how many there are changes no number.
    path
        File to which rounds are added as they are done, and from which they are read; None: none.
    said
        Told of the experiments done and asked for so far.
    """

    task: Task
    workers: Executor
    path: Path | None = None
    said: Callable[[int, int], None] | None = None
    rounds: dict[tuple[str, str, int], Tally] = field(default_factory=dict)
    done: int = 0

    def __post_init__(self) -> None:
        if self.path is not None and self.path.exists():
            self._read(self.path)

    def _read(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        # The last line is cut off where the program was killed while it wrote: it goes.
        whole = text[: text.rfind("\n") + 1]
        if whole != text:
            path.write_text(whole, encoding="utf-8")
        try:
            known = [json.loads(line) for line in whole.splitlines()]
            if known and known[0]["plan"] != self.task.fingerprint:
                raise DataError(
                    f"{path} holds the simulations of another plan (other groups, spreads, goals, "
                    "sizes, options or seed). Name another file, or delete it to start anew."
                )
            for line in known[1:]:
                key = (line["shape"], line["engine"], line["round"])
                self.rounds[key] = Tally.of_record(line)
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, DataError):
                raise
            raise DataError(f"{path} is no file of a plan's simulations: name another.") from None

    def simulate(self, wanted: Iterable[tuple[Shape, Engine, int]]) -> None:
        """See to it that of each size so many rounds are there.

        Parameters
        ----------
        wanted
            Sizes, engines, and how many rounds of each.
        """
        missing = [
            (shape, engine, number)
            for shape, engine, rounds in wanted
            for number in range(rounds)
            if (shape.key, engine, number) not in self.rounds
        ]
        asked = self.done + sum(AT_ONCE[engine] for _, engine, _ in missing)
        tallies = self.workers.map(
            run_round,
            [self.task] * len(missing),
            *([job[i] for job in missing] for i in range(3)),
        )
        for (shape, engine, number), tally in zip(missing, tallies, strict=True):
            self.rounds[(shape.key, engine, number)] = tally
            self._write(shape, engine, number, tally)
            self.done += AT_ONCE[engine]
            if self.said is not None:
                self.said(self.done, asked)

    def _write(self, shape: Shape, engine: Engine, number: int, tally: Tally) -> None:
        if self.path is None:
            return
        new = not self.path.exists() or not self.path.stat().st_size
        with self.path.open("a", encoding="utf-8") as file:
            if new:
                file.write(json.dumps({"plan": self.task.fingerprint}) + "\n")
            head = {"shape": shape.key, "engine": engine, "round": number}
            file.write(json.dumps(head | tally.record()) + "\n")

    def tally(self, shape: Shape, engine: Engine) -> Tally | None:
        """Return all rounds of one size, in order, or None."""
        parts: list[Tally] = []
        while (shape.key, engine, len(parts)) in self.rounds:
            parts.append(self.rounds[(shape.key, engine, len(parts))])
        return Tally.joined(parts) if parts else None
