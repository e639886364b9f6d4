"""Everything a fit says about the groups, as numbers."""

import hashlib
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from importlib.metadata import version
from typing import Any, Self

import numpy as np

from nestimate.data.design import Design
from nestimate.inference.diagnostics import K_LIMIT
from nestimate.inference.fit import Fit
from nestimate.inference.nuts import R_HAT_LIMIT, Chains
from nestimate.model.model import Model
from nestimate.results import (
    advice,
    bayes_factor,
    cautions,
    honesty,
    influence,
    predictive,
    quantities,
    sensitivity,
    wording,
)
from nestimate.results.bayes_factor import BayesFactor
from nestimate.results.contrasts import Contrast, choose_contrasts
from nestimate.results.formulas import slope_sentences
from nestimate.results.honesty import Panel
from nestimate.results.influence import Influence
from nestimate.results.predictive import Predictive
from nestimate.results.quantities import Quantity
from nestimate.results.sensitivity import Sensitivity
from nestimate.results.summaries import Check, Question, Summary

#: Contrasts of which predictions are written out; the JSON holds all of them.
MOST_PREDICTED = 6


def _versions() -> dict[str, str]:
    return {
        "nestimate": version("nestimate"),
        "python": platform.python_version(),
        "numpy": version("numpy"),
        "scipy": version("scipy"),
    }


@dataclass(frozen=True, kw_only=True)
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
    effect_sizes
        Standardised differences.
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
    contrasts: tuple[Summary, ...]
    groups: tuple[Summary, ...]
    scales: tuple[Summary, ...]
    effect_sizes: tuple[Summary, ...]
    coefficients: tuple[Summary, ...]
    units: tuple[Summary, ...]
    blocks: tuple[Summary, ...]
    probabilities: tuple[Summary, ...]
    checks: tuple[Check, ...]
    versions: Mapping[str, str] = field(default_factory=_versions)
    call: Mapping[str, Any] = field(default_factory=dict)

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

    @cached_property
    def honesty(self) -> tuple[Panel, ...]:
        """Other analyses beside the answer, one panel per contrast; empty if a check failed."""
        return honesty.panels(self.fit, self.asked, self.question) if self.passed else ()

    @cached_property
    def sensitivity(self) -> tuple[Sensitivity, ...]:
        """How far each contrast leans on the priors; empty if a check failed, or it is dear."""
        return sensitivity.sensitivities(self.fit, self.asked) if self.passed else ()

    @cached_property
    def influence(self) -> tuple[Influence, ...]:
        """Whether a verdict hinges on one unit or block; empty if a check failed, or with many."""
        return influence.influences(self.fit, self.asked, self.question) if self.passed else ()

    @cached_property
    def predictive(self) -> Predictive:
        """What is to be expected next, and whether data like these come out of the model."""
        return predictive.predict(self.fit, self.asked) if self.passed else Predictive()

    @cached_property
    def bayes_factor(self) -> tuple[BayesFactor, ...]:
        """Bayes factor of every contrast, where it was asked for and every check held."""
        wanted = self.passed and self.question.bayes_factor
        return bayes_factor.bayes_factors(self.fit, self.asked) if wanted else ()

    def normality_evidence(self) -> tuple[float, float]:
        """Log Bayes factor for Student-t over normal units, and its error; takes another fit."""
        return predictive.normality_evidence(self.fit)

    @cached_property
    def advice(self) -> tuple[Check, ...]:
        """Checks that do not withhold the answer, but say how far to trust it."""
        return (
            *cautions.sensitivity_checks(self.sensitivity, self.design),
            *cautions.influence_checks(self.influence, self.design),
            *cautions.predictive_checks(self.predictive, self.design, self.farthest),
            *cautions.bayes_factor_checks(self.bayes_factor),
        )

    @property
    def farthest(self) -> str:
        """The block, or unit, that lies farthest from the others; empty where there is none."""
        design, group = self.design, self.design.statistics.group
        rows = self.units if design.block is None else self.blocks[: design.block.size]
        if not rows:
            return ""
        means = np.array([row.mean for row in rows])
        if design.block is not None:
            apart = np.abs(means - np.median(means))
        else:
            centre = np.array([row.mean for row in self.groups])
            tau = self.fit.weights @ self.fit.draws.scale(self.design.structure.strata[0])
            apart = np.abs(means - centre[group]) / tau[group % tau.size]
        subject = rows[int(np.argmax(apart))].subject
        return subject.of if design.block is None else subject.in_[0]

    @property
    def decisions(self) -> tuple[str, ...]:
        """How every interval lies to the region of practical equivalence, where there is one."""
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
            *slope_sentences(self.design, self.coefficients),
            *wording.simultaneous_sentences(self.contrasts),
            *self.decisions,
            *(
                sentence
                for one in self.predictive.contrasts[:MOST_PREDICTED]
                for sentence in cautions.prediction_sentences(one, self.design)
            ),
            *(cautions.bayes_factor_sentence(one, self.design) for one in self.bayes_factor),
        )

    @classmethod
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
        asked = choose_contrasts(
            fit.model.design.groups,
            question.contrasts,
            question.against,
            ratios=fit.model.design.roles.link.ratios,
        )

        if question.bayes_factor:
            bayes_factor.check(fit.model, asked)

        def summarised(found: tuple[Quantity, ...]) -> tuple[Summary, ...]:
            return tuple(question.summary(quantity) for quantity in found)

        return cls(
            fit=fit,
            question=question,
            options=options,
            call=call or {},
            asked=asked,
            contrasts=(
                question.joint_summaries(quantities.differences(fit, asked))
                if question.simultaneous and asked
                else summarised(quantities.differences(fit, asked))
            ),
            groups=summarised(quantities.group_means(fit)),
            scales=summarised(quantities.scales(fit)),
            effect_sizes=summarised(quantities.effect_sizes(fit, asked)),
            coefficients=summarised(quantities.coefficients(fit)),
            units=summarised(quantities.unit_means(fit)),
            blocks=summarised(quantities.block_effects(fit, asked) + quantities.block_slopes(fit)),
            probabilities=summarised(quantities.probabilities(fit, asked, question.rope)),
            checks=_checks(fit, ess),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values, ready for JSON; no estimates if a check failed."""
        estimates = {
            name: [row.record() for row in getattr(self, name)] if self.passed else []
            for name in (
                *("contrasts", "groups", "scales", "effect_sizes", "coefficients"),
                *("units", "blocks", "probabilities"),
            )
        }
        design = self.design
        return {
            "answered": self.passed,
            "design": {
                "layout": design.layout,
                "formula": None if design.formula is None else design.formula.text,
                "value": design.roles.value,
                "value_unit": design.roles.value_unit,
                "group": design.roles.group,
                "unit": design.roles.unit,
                "block": design.roles.block,
                "blocks": [] if design.block is None else list(design.block.labels),
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
            "honesty": [
                p.record() | {"text": advice.honesty_sentences(p, design)} for p in self.honesty
            ],
            "sensitivity": [found.record() for found in self.sensitivity],
            "influence": [found.record() for found in self.influence],
            "predictive": self.predictive.record(),
            "bayes_factor": [found.record() for found in self.bayes_factor],
            "sentences": list(self.sentences),
            "checks": [asdict(check) for check in (*self.checks, *self.advice)],
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
        readings = self.design.readings
        digest = hashlib.sha256()
        design = self.design
        codes = [level.codes for level in (design.block, *design.levels) if level is not None]
        sums = (readings.n, readings.ss, readings.error)
        for array in (readings.value, readings.group, readings.unit, *codes, *sums):
            digest.update(np.ascontiguousarray(array).tobytes())
        if self.design.formula is not None:
            digest.update(np.ascontiguousarray(self.design.formula.fixed).tobytes())
        return {
            **self.versions,
            "source": self.design.source,
            "data_sha256": digest.hexdigest(),
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


#: Share of a posterior beyond its prior's end from which the answer is withheld.
AT_EDGE = 1e-3


def _finite(value: float) -> float | None:
    """Return a number, or None where there is none: JSON knows no NaN."""
    return value if np.isfinite(value) else None


def _checks(fit: Fit, wanted: float) -> tuple[Check, ...]:
    k, ess = fit.pareto_k, fit.ess
    enough = Check.of(
        "ess",
        ess,
        passed=ess >= wanted,
        text=f"Effective draws behind the worst parameter: {ess:,.0f} (wanted: {wanted:,.0f}).",
    )
    if fit.chains is not None:
        return (*_chain_checks(fit.chains), enough)
    return (
        Check.of(
            "pareto_k",
            k,
            passed=k <= K_LIMIT,
            text=f"Pareto k of the importance weights is {k:.2f} (at most {K_LIMIT} is reliable).",
        ),
        enough,
        *_edge_checks(fit),
    )


def _edge_checks(fit: Fit) -> tuple[Check, ...]:
    """Return a check that fails where a prior cuts the posterior off; nothing where none does."""
    label, beyond = fit.at_edge
    if beyond <= AT_EDGE:
        return ()
    return (
        Check.of(
            "prior_edge",
            beyond,
            passed=False,
            text=f"The data put {label} where its prior has next to no mass (less than 1e-13), so "
            "that the prior would cut the answer off. Look for a wrong value in the data, or give "
            f"{label} a wider prior.",
        ),
    )


def _chain_checks(chains: Chains) -> tuple[Check, ...]:
    r_hat, divergences = chains.r_hat, chains.divergences
    return (
        Check.of(
            "r_hat",
            r_hat,
            passed=r_hat <= R_HAT_LIMIT,
            text=f"Largest r_hat of the chains is {r_hat:.3f} (at most {R_HAT_LIMIT} is reliable).",
        ),
        Check.of(
            "divergences",
            divergences,
            passed=divergences == 0,
            text=f"Transitions of NUTS that diverged: {divergences} (none is reliable; tighter "
            "priors of the scales, such as --prior 'tau = halfnormal(SCALE)', are the remedy).",
        ),
    )
