"""Everything a fit says about the groups, as numbers."""

import hashlib
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Self

import numpy as np

from nestimate.data.design import Design
from nestimate.inference.diagnostics import K_LIMIT
from nestimate.inference.fit import Fit
from nestimate.model.model import Model
from nestimate.results import estimands
from nestimate.results.summaries import Check, Question, Summary


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Groups compared: the design, the draws, and what they say.

    Attributes
    ----------
    fit, question
        The posterior draws, and how they were to be summarised.
    options
        What the user chose, for the record.
    contrasts
        Differences to the reference, `drug - placebo`.
    groups
        Group means.
    scales
        Between-unit scales tau, replicate SD sigma, normality nu, ICC.
    effect_sizes
        Standardised differences.
    units
        True mean of every unit, shrunk towards its group; empty in flat and blocked layouts.
    blocks
        Difference in every block, shrunk towards the overall one, `drug - placebo | line 1`;
        empty without blocks or where every cell has one reading.
    predictions
        Probabilities of what comes next, `P(drug - placebo > 0 in the next line)`.
    checks
        What must hold for the answer to be shown.
    """

    fit: Fit
    question: Question
    options: Mapping[str, Any]
    contrasts: tuple[Summary, ...]
    groups: tuple[Summary, ...]
    scales: tuple[Summary, ...]
    effect_sizes: tuple[Summary, ...]
    units: tuple[Summary, ...]
    blocks: tuple[Summary, ...]
    predictions: tuple[Summary, ...]
    checks: tuple[Check, ...]

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

    @classmethod
    def from_fit(
        cls, fit: Fit, question: Question, *, ess: float, options: Mapping[str, Any]
    ) -> Self:
        """Summarise the draws of a fit of which `ess` effective draws were asked."""
        design, draws, weights = fit.model.design, fit.draws, fit.weights
        groups = design.groups
        others = range(1, len(groups))

        def contrast_name(g: int) -> str:
            return f"{groups[g]} - {groups[0]}"

        blocked = design.block is not None
        contrasts = [
            question.summary(
                contrast_name(g), estimands.difference(draws, g, 0), weights, signed=True, rope=True
            )
            for g in others
        ]
        effects = {} if blocked else {"effect_size": estimands.effect_size}
        if design.layout != "flat":
            effects["d_total"] = estimands.d_total
        effect_sizes = [
            question.summary(f"{name}[{contrast_name(g)}]", f(draws, g, 0), weights, signed=True)
            for name, f in effects.items()
            for g in others
        ]
        return cls(
            fit=fit,
            question=question,
            options=options,
            contrasts=tuple(contrasts),
            groups=tuple(
                question.summary(label, draws["mu"][:, g], weights)
                for g, label in enumerate(groups)
            ),
            scales=_scales(fit, question),
            effect_sizes=tuple(effect_sizes),
            units=_units(fit, question),
            blocks=_blocks(fit, question),
            predictions=_predictions(fit, question),
            checks=_checks(fit, ess),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values, ready for JSON; no estimates if a check failed."""
        estimates = {
            name: [row.record() for row in getattr(self, name)] if self.passed else []
            for name in (
                *("contrasts", "groups", "scales", "effect_sizes"),
                *("units", "blocks", "predictions"),
            )
        }
        design = self.design
        return {
            "answered": self.passed,
            "design": {
                "layout": design.layout,
                "value": design.roles.value,
                "group": design.roles.group,
                "unit": design.roles.unit,
                "block": design.roles.block,
                "blocks": [] if design.block is None else list(design.block.labels),
                "reference": design.reference,
                "groups": list(design.groups),
                "units_per_group": list(design.units_per_group),
                "readings": int(design.readings.value.size),
                "readings_per_unit": list(design.readings_per_unit),
                "notes": list(design.notes),
                "warnings": list(design.warnings),
            },
            **estimates,
            "checks": [
                {"name": c.name, "passed": c.passed, "value": c.value, "text": c.text}
                for c in self.checks
            ],
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
        for array in (readings.value, readings.group, readings.unit):
            digest.update(np.ascontiguousarray(array).tobytes())
        return {
            "nestimate": version("nestimate"),
            "python": platform.python_version(),
            "numpy": version("numpy"),
            "scipy": version("scipy"),
            "source": self.design.source,
            "data_sha256": digest.hexdigest(),
            "seed": self.fit.seed,
            "options": dict(self.options),
            "draws": int(self.fit.weights.size),
            "ess": self.fit.ess,
            "pareto_k": self.fit.pareto_k,
            "log_evidence": self.fit.log_evidence,
            "log_evidence_se": self.fit.log_evidence_se,
            "seconds": self.fit.seconds,
            "sampler": list(self.fit.log),
        }


def _scales(fit: Fit, question: Question) -> tuple[Summary, ...]:
    found, seen = [], dict.fromkeys(fit.model.names, 0)
    for parameter in fit.model.parameters:
        column = seen[parameter.name]
        seen[parameter.name] += 1
        if parameter.name != "mu":
            draws = fit.draws[parameter.name][:, column]
            found.append(question.summary(parameter.label, draws, fit.weights))
    if fit.model.design.layout == "nested":
        labels = fit.model.design.groups if seen["tau"] > 1 or seen.get("sigma", 1) > 1 else (None,)
        for g, label in enumerate(labels):
            name = "icc" if label is None else f"icc[{label}]"
            found.append(question.summary(name, estimands.icc(fit.draws, g), fit.weights))
    return tuple(found)


def _units(fit: Fit, question: Question) -> tuple[Summary, ...]:
    design, draws = fit.model.design, fit.effects
    if design.layout != "nested":
        return ()
    equal = np.full(len(draws), 1 / len(draws))
    return tuple(
        question.summary(label, draws[:, j], equal) for j, label in enumerate(design.units)
    )


def _blocks(fit: Fit, question: Question) -> tuple[Summary, ...]:
    design, draws = fit.model.design, fit.effects
    if design.block is None or not draws.size:
        return ()
    equal = np.full(len(draws), 1 / len(draws))
    cells = draws.reshape(len(draws), design.block.size, len(design.groups))
    found = []
    for g in range(1, len(design.groups)):
        effect = estimands.block_effect(cells, g, 0)
        contrast = f"{design.groups[g]} - {design.groups[0]}"
        found += [
            question.summary(f"{contrast} | {label}", effect[:, k], equal, signed=True, rope=True)
            for k, label in enumerate(design.block.labels)
        ]
    return tuple(found)


def _predictions(fit: Fit, question: Question) -> tuple[Summary, ...]:
    design = fit.model.design
    if design.block is None:
        return ()
    return tuple(
        question.summary(
            f"P({design.groups[g]} - {design.groups[0]} > 0 in the next {design.block.name})",
            estimands.next_block(fit.draws, g, 0),
            fit.weights,
        )
        for g in range(1, len(design.groups))
    )


def _checks(fit: Fit, wanted: float) -> tuple[Check, ...]:
    k, ess = fit.pareto_k, fit.ess
    return (
        Check.of(
            "pareto_k",
            k,
            passed=k <= K_LIMIT,
            text=f"Pareto k of the importance weights is {k:.2f} (at most {K_LIMIT} is reliable).",
        ),
        Check.of(
            "ess",
            ess,
            passed=ess >= wanted,
            text=f"Effective draws behind the worst parameter: {ess:,.0f} (wanted: {wanted:,.0f}).",
        ),
    )
