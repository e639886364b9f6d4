"""Everything a fit says about the groups, as numbers."""

import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version
from typing import Any, Self, cast

import numpy as np

from nestimate.data.designs.design import Design
from nestimate.data.designs.fingerprint import fingerprint
from nestimate.inference import work
from nestimate.inference.fit import Fit
from nestimate.model.model import Model
from nestimate.results.analyses import bayes_factor, predictive
from nestimate.results.analyses.bayes_factor import BayesFactor
from nestimate.results.analyses.features import Predictive
from nestimate.results.analyses.honesty import Panel
from nestimate.results.analyses.influence import Influence
from nestimate.results.analyses.reliability import reliability_checks
from nestimate.results.analyses.sensitivity import Sensitivity
from nestimate.results.analysis import (
    ANALYSES,
    BAYES_FACTOR,
    HONESTY,
    INFLUENCE,
    PREDICTIVE,
    SENSITIVITY,
    Analysis,
)
from nestimate.results.estimates import between, factorial, far, quantities, shares, spreads
from nestimate.results.estimates.along import along
from nestimate.results.estimates.asked import asked_contrasts, lost_contrasts
from nestimate.results.estimates.averages import averages
from nestimate.results.estimates.contrasts import Contrast
from nestimate.results.estimates.far import Distance
from nestimate.results.estimates.quantities import Quantity
from nestimate.results.estimates.rows import Rows
from nestimate.results.estimates.summaries import Check, Question, Summary
from nestimate.results.words import cautions, factors, responses, wording
from nestimate.results.words.coverage import coverage_checks, spread_checks
from nestimate.results.words.formulas import slope_sentences

#: The parts of an answer that hold estimates, as the JSON lists them.
ESTIMATES = (
    *("contrasts", "groups", "averages", "scales", "effect_sizes", "coefficients"),
    *("units", "blocks", "probabilities"),
)


def _versions() -> dict[str, str]:
    return {
        "nestimate": version("nestimate"),
        "python": platform.python_version(),
        "numpy": version("numpy"),
        "scipy": version("scipy"),
    }


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Answer:
    """Groups compared: the design, the draws, and what they say.

    Attributes
    ----------
    fit, question
        The posterior draws, and how they were to be summarised.
    options
        What the user chose, for the record.
    asked
        The contrasts as weights of the groups, in the order of `contrasts`.
    contrasts
        Differences, `drug - placebo`.
    groups
        Group means.
    scales
        Between-unit scales tau, replicate SD sigma, normality nu, ICC.
    averages, effect_sizes
        Averages over units and their differences, of counts and proportions; standardised ones.
    coefficients
        Of a formula, as it is written.
    units
        True mean of every unit, shrunk towards its group; empty in flat and blocked layouts.
    blocks
        Difference in every block, shrunk towards the overall one, `drug - placebo | line 1`, and
        slopes, `day | dog 3`; empty without blocks or where every cell has one reading.
    probabilities
        Of being the largest, of what comes next (`P(drug - placebo > 0 in the next line)`), and of
        units that are probably far out; the mean of each is the probability.
    checks
        What must hold for the answer to be shown.
    versions
        Of the programs that made it; a loaded answer keeps those it was made with.
    call
        The call as it was made: `command` (compare or fit), `data` (the path; None where the data
        were not a file), the roles or formula that were named, and `options` that are not
        the defaults. Empty where it is not known.

    Notes
    -----
    `honesty`, `sensitivity`, `influence`, `predictive` and `advice` are worked out when first asked
    for: a call that wants the numbers alone does not pay for them.
    """

    fit: Fit
    question: Question
    options: Mapping[str, Any]
    asked: tuple[Contrast, ...]
    contrasts: Rows[Summary]
    groups: Rows[Summary]
    scales: Rows[Summary]
    effect_sizes: Rows[Summary]
    coefficients: Rows[Summary]
    units: Rows[Summary]
    blocks: Rows[Summary]
    probabilities: Rows[Summary]
    checks: tuple[Check, ...]
    averages: Rows[Summary] = field(default_factory=Rows)
    versions: Mapping[str, str] = field(default_factory=_versions)
    call: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ESTIMATES:
            object.__setattr__(self, name, Rows(getattr(self, name)))

    @cached_property
    def variance(self) -> Rows[Summary]:
        """Share of a reading's variance at each level, `mouse to mouse[drug]`; none of one."""
        return self._summarised(shares.variance_quantities)

    @cached_property
    def new_blocks(self) -> Rows[Summary]:
        """Every difference, and every slope of a formula, in a block not yet seen."""
        return self._summarised(lambda fit: between.new_in_blocks(fit, self.asked))

    @cached_property
    def along(self) -> Rows[Summary]:
        """Marginal means, groups and contrasts at other values, and slopes that differ."""
        return self._summarised(lambda fit: along(fit, self.asked))

    @cached_property
    def new_units(self) -> Rows[Summary]:
        """The true mean of a new unit of every group (in a flat layout a value, or its rate)."""
        return self._summarised(between.new_units)

    @cached_property
    @work.one_blas_thread()
    def far_out(self) -> Rows[Distance]:
        """How probably each unit (value, block, Student-t reading) lies far from its own."""
        wanted = self.passed and far.has_distances(self.fit)
        found = far.far_out(self.fit, self.asked) if wanted else ()
        return Rows(row for kind in found for row in kind.rows)

    @work.one_blas_thread()
    def _summarised(self, found: Callable[[Fit], Sequence[Quantity]]) -> Rows[Summary]:
        if not self.passed:
            return Rows()
        # What is new may lie so far out that it has no mean: JSON then holds none.
        with np.errstate(invalid="ignore", over="ignore"):
            return Rows(self.question.summaries(found(self.fit)))

    @property
    def design(self) -> Design:
        """What was measured on what."""
        return self.fit.model.design

    @property
    def model(self) -> Model:
        """Parameters, priors and density."""
        return self.fit.model

    @property
    def passed(self) -> bool:
        """Whether every check held; if not, the numbers are not an answer."""
        return all(check.passed for check in self.checks)

    def found(self, analysis: Analysis) -> Any:
        """Return what one of the `ANALYSES` finds, worked out once; nothing if a check failed."""
        if analysis.name not in self._looks:
            with work.one_blas_thread():
                found = analysis.found(self.fit, self.asked, self.question)
            self._looks[analysis.name] = found
        return self._looks[analysis.name]

    @cached_property
    def _looks(self) -> dict[str, Any]:
        return {} if self.passed else {one.name: one.nothing for one in ANALYSES}

    @property
    def honesty(self) -> tuple[Panel, ...]:
        """Other analyses beside the answer, one panel per contrast; empty if a check failed."""
        return cast("tuple[Panel, ...]", self.found(HONESTY))

    @property
    def sensitivity(self) -> tuple[Sensitivity, ...]:
        """How far each contrast leans on the priors; empty if a check failed, or it is dear."""
        return cast("tuple[Sensitivity, ...]", self.found(SENSITIVITY))

    @property
    def influence(self) -> tuple[Influence, ...]:
        """Whether a verdict hinges on one unit or block; empty if a check failed, or with many."""
        return cast("tuple[Influence, ...]", self.found(INFLUENCE))

    @property
    def predictive(self) -> Predictive:
        """What is to be expected next, and whether data like these come out of the model."""
        return cast("Predictive", self.found(PREDICTIVE))

    @property
    def bayes_factor(self) -> tuple[BayesFactor, ...]:
        """Bayes factor of every contrast, where it was asked for and every check held."""
        return cast("tuple[BayesFactor, ...]", self.found(BAYES_FACTOR))

    @work.one_blas_thread()
    def normality_evidence(self) -> tuple[float, float]:
        """Log Bayes factor for Student-t over normal units, and its error; takes another fit."""
        return predictive.normality_evidence(self.fit)

    @cached_property
    def advice(self) -> tuple[Check, ...]:
        """Checks that do not withhold the answer, but say how far to trust it."""
        if not self.passed:
            return ()
        return (
            *coverage_checks(self.model, self.question.ci_prob),
            *spread_checks(self.model, self.call),
            *self._averages,
            *cautions.centre_checks(self.groups, self.model),
            *responses.excess_checks(self.fit),
            *responses.average_checks(self.groups, self.averages, self.design),
            *(check for analysis in ANALYSES for check in analysis.advice(self)),
        )

    @property
    def _averages(self) -> tuple[Check, ...]:
        """Caution where an effect is averaged over a factor that changes it."""
        crossing = self.design.structure.factorial
        if crossing is None:
            return ()
        whole, _ = factorial.choose(crossing, "interaction", self.design.differences.sign)
        pairs = tuple(c for c in whole if c.paired)
        rows = self.question.summaries(quantities.differences(self.fit, pairs), quick=True)
        return factors.interaction_checks(tuple(zip(pairs, rows, strict=True)), self.asked)

    @property
    def unanswered(self) -> tuple[str, ...]:
        """Contrasts of several factors that were asked for and lack a cell."""
        return lost_contrasts(self.design, self.question)

    @property
    def farthest(self) -> str:
        """The block, or unit, that lies farthest from the others; empty where there is none."""
        design, group = self.design, self.design.statistics.group
        rows = (*self.units, *self.blocks[: design.structure.block_level.size])
        if not rows:
            return ""
        measure = design.measure
        means = measure.worked([row.mean for row in rows])
        if design.block is not None:
            apart = np.abs(means - np.median(means))
        else:
            centre = measure.worked([row.mean for row in self.groups])
            tau = self.fit.weights @ self.fit.draws.scale(self.design.structure.strata[0])
            apart = np.abs(means - centre[group]) / tau[group % tau.size]
        return rows[int(np.argmax(apart))].of

    @property
    def decisions(self) -> tuple[str, ...]:
        """How every difference lies to the ROPE, in words; nothing without one."""
        rope, after = self.question.rope, self.design.roles.after_number
        if rope is None or not self.passed:
            return ()
        return tuple(cautions.rope_sentences(self.contrasts, rope, after))

    @property
    def sentences(self) -> tuple[str, ...]:
        """The answer in words: differences, decisions, and what is to be expected next."""
        after = self.design.roles.after_number
        if not self.passed:
            return ()
        return (
            *wording.answer_sentences(self.contrasts, self.asked, self.probabilities, after),
            *factors.average_sentences(self.asked, self.unanswered),
            *slope_sentences(self.design, self.coefficients),
            *wording.simultaneous_sentences(self.contrasts),
            *self.decisions,
            *(
                sentence
                for analysis in ANALYSES
                for sentence in analysis.sentences(self.found(analysis), self.design)
            ),
        )

    @classmethod
    @work.one_blas_thread()
    def from_fit(
        cls,
        fit: Fit,
        question: Question,
        *,
        ess: float,
        options: Mapping[str, Any],
        call: Mapping[str, Any] | None = None,
    ) -> Self:
        """Summarise the draws of a fit of which `ess` effective draws were asked."""
        asked = asked_contrasts(fit.model.design, question)
        if question.bayes_factor:
            bayes_factor.check(fit.model, asked)

        def summarised(found: tuple[Quantity, ...], *, quick: bool = False) -> Rows[Summary]:
            return Rows(question.summaries(found, quick=quick))

        return cls(
            fit=fit,
            question=question,
            options=options,
            call=call or {},
            asked=asked,
            contrasts=Rows(question.of_contrasts(quantities.differences(fit, asked))),
            groups=summarised(quantities.group_means(fit)),
            averages=summarised(averages(fit, asked), quick=True),
            scales=summarised(spreads.scales(fit)),
            effect_sizes=summarised(quantities.effect_sizes(fit, asked)),
            coefficients=summarised(quantities.coefficients(fit)),
            units=summarised(quantities.unit_means(fit), quick=True),
            blocks=summarised(
                quantities.block_effects(fit, asked) + quantities.block_slopes(fit), quick=True
            ),
            probabilities=summarised(
                quantities.probabilities(fit, asked, question.rope), quick=True
            ),
            checks=reliability_checks(fit, ess),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values, ready for JSON; no estimates if a check failed."""
        estimates = {
            name: [row.record() for row in getattr(self, name)] if self.passed else []
            for name in (*ESTIMATES, "along", "variance", "new_blocks", "new_units", "far_out")
        }
        design = self.design
        return {
            "answered": self.passed,
            "design": {
                "layout": design.layout,
                "formula": design.structure.text or None,
                "value": design.roles.value,
                "value_unit": design.roles.value_unit,
                "group": design.roles.group,
                "unit": design.roles.unit,
                "block": design.roles.block,
                "blocks": [x for block in design.structure.blocks[:1] for x in block.labels],
                "reference": design.reference,
                "scale": design.roles.scale,
                "groups": list(design.groups),
                "units_per_group": list(design.units_per_group),
                "readings": design.readings.count,
                "readings_per_unit": list(design.readings_per_unit),
                "notes": list(design.notes),
                "warnings": list(design.warnings),
            },
            **estimates,
            **{one.name: one.record(self.found(one), design) for one in ANALYSES},
            "sentences": list(self.sentences),
            "checks": [check.record() for check in (*self.checks, *self.advice)],
            "priors": [
                {
                    "parameter": p.label,
                    "prior": str(p.prior),
                    "fixed": not p.free,
                    "lower": p.lower,
                }
                for p in self.model.parameters
            ],
            "provenance": self.provenance(),
        }

    def provenance(self) -> dict[str, Any]:
        """Return what is needed to get the same answer again."""
        return {
            **self.versions,
            "source": self.design.source,
            "data_sha256": fingerprint(self.design),
            "seed": self.fit.seed,
            "options": dict(self.options),
            "draws": int(self.fit.weights.size),
            "ess": self.fit.ess,
            "pareto_k": _finite(self.fit.pareto_k),
            "log_evidence": _finite(self.fit.log_evidence),
            "log_evidence_se": _finite(self.fit.log_evidence_se),
            "seconds": self.fit.seconds,
            "sampler": list(self.fit.log),
        }


def _finite(value: float) -> float | None:
    """Return a number, or None where there is none: JSON knows no NaN."""
    return value if np.isfinite(value) else None
