"""The table of analyses: other looks at the same fit, each with why not, what it finds and says."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from nestimate.data.designs.design import Design
from nestimate.inference.fit import Fit
from nestimate.results.analyses import bayes_factor, honesty, influence, predictive, sensitivity
from nestimate.results.analyses.features import Predictive
from nestimate.results.estimates.contrasts import Contrast
from nestimate.results.estimates.summaries import Check, Question
from nestimate.results.words import advice, cautions

#: Contrasts of which predictions are written out; the JSON holds all of them.
MOST_PREDICTED = 6


class Answered(Protocol):
    """An answer as its analyses see it."""

    @property
    def fit(self) -> Fit:
        """The draws."""

    @property
    def question(self) -> Question:
        """How they were to be summarised."""

    @property
    def asked(self) -> tuple[Contrast, ...]:
        """The contrasts that are reported."""

    @property
    def design(self) -> Design:
        """What was measured on what."""

    @property
    def farthest(self) -> str:
        """The block, or unit, that lies farthest from the others."""

    def found(self, analysis: "Analysis") -> Any:
        """Return what an analysis finds."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Analysis:
    """One look at a fit beside its answer.

    Attributes
    ----------
    name
        What it is called in the answer, its JSON and its checks.
    run
        From a fit, its contrasts and the question to what was found.
    why_not
        A sentence where it is not done; empty where it is.
    wanted
        Whether it is asked for at all.
    nothing
        What there is where it was not done.
    checks, sentences
        What is said of it: how far to trust the answer, and beside the answer itself.
    record
        Plain values for JSON.
    """

    name: str
    run: Callable[[Fit, Sequence[Contrast], Question], Any]
    record: Callable[[Any, Design], Any]
    why_not: Callable[[Fit, Sequence[Contrast]], str] = lambda *_: ""
    wanted: Callable[[Question], bool] = lambda *_: True
    nothing: Any = ()
    checks: Callable[[Any, Answered], tuple[Check, ...]] = lambda *_: ()
    sentences: Callable[[Any, Design], tuple[str, ...]] = lambda *_: ()

    def found(self, fit: Fit, asked: Sequence[Contrast], question: Question) -> Any:
        """Return what it finds, or what there is where it is not done."""
        if not self.wanted(question) or self.why_not(fit, asked):
            return self.nothing
        return self.run(fit, asked, question)

    def advice(self, answer: Answered) -> tuple[Check, ...]:
        """Say how far to trust an answer by this analysis, or why it was not done."""
        reason = ""
        if answer.asked and self.wanted(answer.question):
            reason = self.why_not(answer.fit, answer.asked)
        if reason:
            return (Check.of(self.name, 0.0, passed=True, text=reason, withholds=False),)
        return self.checks(answer.found(self), answer)


def _records(found: Sequence[Any], _: Design) -> list[Any]:
    return [one.record() for one in found]


def _predicted(found: Predictive, design: Design) -> tuple[str, ...]:
    shown = found.contrasts[:MOST_PREDICTED]
    return tuple(said for one in shown for said in cautions.prediction_sentences(one, design))


HONESTY = Analysis(
    name="honesty",
    run=honesty.panels,
    record=lambda found, design: [
        panel.record() | {"text": advice.honesty_sentences(panel, design)} for panel in found
    ],
)
SENSITIVITY = Analysis(
    name="sensitivity",
    run=sensitivity.sensitivities,
    why_not=sensitivity.why_not,
    checks=lambda found, answer: cautions.sensitivity_checks(found, answer.design),
    record=_records,
)
INFLUENCE = Analysis(
    name="influence",
    run=influence.influences,
    why_not=influence.why_not,
    checks=lambda found, answer: cautions.influence_checks(found, answer.design),
    record=_records,
)
PREDICTIVE = Analysis(
    name="predictive",
    run=lambda fit, asked, _: predictive.predict(fit, asked),
    nothing=Predictive(),
    checks=lambda found, answer: cautions.predictive_checks(
        found, answer.fit.model, found.farthest or answer.farthest
    ),
    sentences=_predicted,
    record=lambda found, _: found.record(),
)
BAYES_FACTOR = Analysis(
    name="bayes_factor",
    run=lambda fit, asked, _: bayes_factor.bayes_factors(fit, asked),
    wanted=lambda question: question.bayes_factor,
    checks=lambda found, _: cautions.bayes_factor_checks(found),
    sentences=lambda found, design: tuple(
        cautions.bayes_factor_sentence(one, design) for one in found
    ),
    record=_records,
)
#: In the order in which they are said.
ANALYSES = (HONESTY, SENSITIVITY, INFLUENCE, PREDICTIVE, BAYES_FACTOR)
