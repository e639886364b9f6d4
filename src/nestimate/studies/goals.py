"""What an experiment is to achieve, read from text and looked for in its answer."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.measures import Measure
from nestimate.errors import DesignError, one_of
from nestimate.results.estimates.summaries import Question
from nestimate.results.words.rounding import percent
from nestimate.studies.answers import Answers

Array = NDArray[np.float64]
Events = NDArray[np.bool_]
Kind = Literal["excludes 0", "excludes rope", "inside rope", "narrower than", "P(>0) >", "P(<0) >"]

#: How goals are written.
FORMS = ("excludes 0", "excludes rope", "inside rope", "narrower than 1.2", "P(>0) > 0.975")
_WIDTH = re.compile(r"^narrower than\s+(\S+)$")
_SURE = re.compile(r"^p\s*\(\s*([<>])\s*([01])\s*\)\s*(>=?)\s*(\S+)$")


@dataclass(frozen=True, kw_only=True)
class Goal:
    """One thing to achieve.

    Attributes
    ----------
    kind
        What it is.
    number
        The width, or the probability; 0 where there is none.
    """

    kind: Kind
    number: float = 0.0

    @property
    def text(self) -> str:
        """The goal as it is typed."""
        return f"{self.kind} {self.number:g}" if self.number else self.kind

    @property
    def signed(self) -> bool:
        """Whether the answer names a direction, so that it may name the wrong one."""
        return self.kind in ("excludes 0", "excludes rope")

    @property
    def of_effect(self) -> bool:
        """Whether a smaller effect is found less often: an interval is as narrow without any."""
        return self.kind != "narrower than"

    def said(self, question: Question, measure: Measure) -> str:
        """Return the goal as it follows `the probability that`."""
        what, null = measure.difference, f"{measure.null:g}"
        interval = f"the {percent(question.ci_prob)} {question.ci_kind.upper()}"
        region = ""
        if question.rope is not None:
            region = f"the ROPE from {question.rope[0]:g} to {question.rope[1]:g}"
        return {
            "excludes 0": f"{interval} excludes {null}",
            "excludes rope": f"{interval} lies outside {region}",
            "inside rope": f"{interval} lies inside {region}",
            "narrower than": measure.narrower(interval, f"{self.number:g}"),
            "P(>0) >": f"the probability of a {what} above {null} exceeds {self.number:g}",
            "P(<0) >": f"the probability of a {what} below {null} exceeds {self.number:g}",
        }[self.kind]

    def reached(
        self, answers: Answers, truth: Array, question: Question, measure: Measure
    ) -> tuple[Events, Events]:
        """Whether experiments reach the goal, rightly and with the wrong sign; both (sets,).

        Parameters
        ----------
        answers
            Of the experiments; several contrasts must all reach it.
        truth
            True differences less the null, (sets, contrasts).
        question
            Its region of practical equivalence.
        measure
            How differences are worked out and said.
        """
        null = measure.null
        low, high = question.rope or (null, null)
        if self.kind == "excludes 0":
            low = high = null
        with np.errstate(invalid="ignore"):
            over, under = answers.low > high, answers.high < low
            match self.kind:
                case "excludes 0" | "excludes rope":
                    right = np.where(truth >= 0, over, under)
                    wrong = np.where(truth > 0, under, over & (truth < 0))
                    return right.all(axis=1), wrong.any(axis=1)
                case "inside rope":
                    found = (answers.low >= low) & (answers.high <= high)
                case "narrower than":
                    ends = measure.worked(answers.high) - measure.worked(answers.low)
                    found = ends < measure.worked(self.number)
                case "P(>0) >":
                    found = answers.above > self.number
                case "P(<0) >":
                    found = 1 - answers.above > self.number
        return found.all(axis=1), np.zeros(len(found), dtype=bool)


def parse_goals(
    given: str | Sequence[str], question: Question, measure: Measure
) -> tuple[Goal, ...]:
    """Read one goal or several, of such differences.

    Raises
    ------
    DesignError
        When a goal cannot be read, is given twice, or needs a ROPE that is not given.
    """
    texts = [given] if isinstance(given, str) else list(given)
    if not texts:
        raise DesignError(f"goal: name at least one, such as {_quoted()}.")
    goals = tuple(_parsed(str(text)) for text in texts)
    for goal in goals:
        if goal.kind == "narrower than" and measure.worked(goal.number) <= 0:
            raise DesignError(
                f"goal '{goal.text}': of ratios this is how many times its lower end the upper end "
                "of an interval may be: name a number above 1."
            )
        if "rope" in goal.kind and question.rope is None:
            raise DesignError(
                f"goal '{goal.text}' needs a ROPE, the differences that are as good as none: add "
                "--rope -0.3,0.3 (options={'rope': (-0.3, 0.3)} in Python)."
            )
    if len(set(goals)) < len(goals):
        raise DesignError(
            f"goal: '{next(g.text for g in goals if goals.count(g) > 1)}' is given twice."
        )
    return goals


def _parsed(text: str) -> Goal:
    plain = " ".join(text.split()).casefold()
    if plain in ("excludes 0", "excludes zero"):
        return Goal(kind="excludes 0")
    if plain == "excludes rope":
        return Goal(kind="excludes rope")
    if plain == "inside rope":
        return Goal(kind="inside rope")
    width = _WIDTH.match(plain)
    if width:
        return Goal(kind="narrower than", number=_positive(text, width[1], np.inf))
    sure = _SURE.match(plain)
    if sure:
        if sure[2] != "0":
            raise DesignError(f"goal '{text}': write P(>0) > 0.975; differences are told from 0.")
        number = _positive(text, sure[4], 1.0)
        return Goal(kind="P(>0) >" if sure[1] == ">" else "P(<0) >", number=number)
    raise DesignError(f"goal: {one_of('goal', text, FORMS)}")


def _positive(text: str, number: str, most: float) -> float:
    try:
        value = float(number)
    except ValueError:
        value = np.nan
    if not 0 < value < most:
        between = "a number above 0" if np.isinf(most) else f"a probability between 0 and {most:g}"
        raise DesignError(f"goal '{text}': '{number}' must be {between}.")
    return value


def _quoted() -> str:
    return ", ".join(f"'{form}'" for form in FORMS)
