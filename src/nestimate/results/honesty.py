"""Other analyses of the same data beside the answer, and what their difference comes from.

What a bench scientist would otherwise do: pool all readings, average them and take Welch's t, pair
cell means within blocks, or run BEST on unit means. Numbers only; the sentences are in `advice`.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nestimate.data.design import Design, Roles
from nestimate.data.tables import read_table
from nestimate.inference.diagnostics import K_LIMIT, mean_and_sd
from nestimate.inference.fit import Fit
from nestimate.model.families import FIXED, NORMALITY
from nestimate.model.model import Model
from nestimate.model.parameters import Assumptions, named
from nestimate.results import classical, estimands, quantities
from nestimate.results.classical import Method, Name, Sums
from nestimate.results.contrasts import Contrast
from nestimate.results.replicates import inner_shares, subunits
from nestimate.results.summaries import Question

Array = NDArray[np.float64]

#: Effective draws of BEST on unit means, and the most groups for which it is fitted.
BEST_ESS, BEST_GROUPS = 2_000, 6
#: Equally weighted draws from which the worth of every unit's mean is worked out.
LOSS_DRAWS = 500


@dataclass(frozen=True, kw_only=True)
class Panel:
    """All analyses of one contrast, and why they agree or differ.

    Attributes
    ----------
    contrast
        `drug - placebo`.
    methods
        The analyses, the answer last.
    readings
        Readings behind the contrast.
    per_unit
        Fewest and most readings of a unit (of a cell where there are blocks only).
    balanced
        Whether every unit holds the same number of readings, every subunit too.
    robust
        Whether the answer's units (blocks) are Student-t, so that one far out counts less.
    icc, design_effect, effective_readings
        Share of variance between units, averaged over the groups; by how much it inflates the
        variance of a group's mean over that of independent readings; and how many independent
        readings would say as much. None outside nested layouts.
    pooled_factor
        How many times as wide the interval by units (or pairs) is as that of pooled readings.
    gap
        Distance of the unit-based difference from the answer's, in posterior SDs of the answer.
    width_ratio
        Width of the unit-based interval over that of the answer.
    averaging_loss
        Share by which the error of the difference grows when unit means count alike instead of
        by what their readings are worth; given the scales of the posterior.
    pooled_excludes, units_excludes, answer_excludes
        Whether "no difference" lies outside these intervals.
    """

    contrast: str
    methods: tuple[Method, ...]
    readings: int
    per_unit: tuple[int, int]
    balanced: bool
    robust: bool
    icc: float | None
    design_effect: float | None
    effective_readings: float | None
    pooled_factor: float | None
    gap: float | None
    width_ratio: float | None
    averaging_loss: float | None
    pooled_excludes: bool | None
    units_excludes: bool | None
    answer_excludes: bool | None

    def method(self, *names: str) -> Method | None:
        """Return the first analysis of these names that there is."""
        return next((m for m in self.methods if m.name in names), None)

    def record(self) -> dict[str, Any]:
        """Return the fields as plain values for JSON."""
        return asdict(self)


def panels(fit: Fit, asked: Sequence[Contrast], question: Question) -> tuple[Panel, ...]:
    """Return one panel per contrast; none with a formula, which has no such counterparts."""
    if fit.model.design.formula is not None:
        return ()
    sums = Sums.of(fit.model.design)
    best = _best_on_unit_means(fit, sums) if fit.model.design.layout == "nested" else None
    # A difference that the priors fix has nothing beside it.
    free = [c for c in asked if np.ptp(estimands.difference(fit.draws, c)) > 0]
    return tuple(_panel(fit, best, sums, contrast, question) for contrast in free)


def _panel(fit: Fit, best: Fit | None, sums: Sums, contrast: Contrast, question: Question) -> Panel:
    design = fit.model.design
    nested = design.layout == "nested" and bool(design.statistics.measured.all())
    units = classical.t_interval("paired", *classical.paired(sums, contrast), question.ci_prob)
    if design.block is None:
        units = classical.t_interval("welch", *classical.welch(sums, contrast), question.ci_prob)
    naive = None
    if design.layout != "flat" and sums.complete:
        naive = classical.t_interval("pooled", *classical.pooled(sums, contrast), question.ci_prob)
    involved = contrast.weights != 0
    count = int(involved[sums.unit_group].sum()) if design.block is None else design.block.size
    answer = _posterior("answer", fit, contrast, question, count)
    fitted = None if best is None else _posterior("best", best, contrast, question, count)
    values = estimands.difference(fit.draws, contrast)
    centre, sd = (float(found) for found in mean_and_sd(values, fit.weights))
    icc, effect = _clustering(fit, contrast) if nested and sums.complete else (None, None)
    readings = int(sums.n[involved].sum())
    counts = sums.unit_n[involved[sums.unit_group]] if design.block is None else design.cells
    counts = counts[counts > 0]
    natural = [None if m is None else classical.on_users_scale(m, design) for m in (naive, units)]
    return Panel(
        contrast=contrast.name,
        methods=tuple(m for m in (*natural, fitted, answer) if m is not None),
        readings=readings,
        per_unit=(int(counts.min()), int(counts.max())),
        balanced=bool(counts.min() == counts.max()) and _even(design),
        robust=fit.draws.normality is not None,
        icc=icc,
        design_effect=effect,
        effective_readings=None if effect is None else readings / effect,
        pooled_factor=units.width / naive.width if units and naive else None,
        gap=abs(units.mean - centre) / sd if units else None,
        width_ratio=units.width / _analysed_width(answer, design) if units else None,
        averaging_loss=_averaging_loss(fit, contrast) if nested else None,
        pooled_excludes=None if naive is None else naive.excludes(0.0),
        units_excludes=None if units is None else units.excludes(0.0),
        answer_excludes=answer.excludes(design.roles.link.null),
    )


def _analysed_width(answer: Method, design: Design) -> float:
    """Width of the answer's interval on the scale that is analysed."""
    gap = design.roles.link.gap(np.array(answer.ci_high), np.array(answer.ci_low))
    return float(design.roles.link.analysed(gap))


def _posterior(name: Name, fit: Fit, contrast: Contrast, question: Question, n: int) -> Method:
    (quantity,) = quantities.differences(fit, (contrast,))
    row = question.summary(quantity)
    return Method(
        name=name,
        mean=row.mean,
        error=row.sd,
        ci_low=row.ci_low,
        ci_high=row.ci_high,
        ci_prob=row.ci_prob,
        ci_kind=row.ci_kind,
        n=n,
        mcse_mean=row.mcse_mean,
        mcse_ci=max(row.mcse_ci_low, row.mcse_ci_high),
    )


def _best_on_unit_means(fit: Fit, sums: Sums) -> Fit | None:
    """Fit the flat model to the unit means; None where it cannot be done, or not be trusted."""
    model = fit.model
    design, assumptions = model.design, model.assumptions
    if len(design.groups) > BEST_GROUPS or np.ptp(sums.unit_mean) == 0:
        return None
    table = read_table(
        {
            label: list(design.natural(sums.unit_mean[sums.unit_group == g]))
            for g, label in enumerate(design.groups)
        }
    )
    roles = Roles(
        value="value",
        group="group",
        reference=design.reference,
        one_group=True,
        scale=design.roles.scale,
    )
    flat = Model.from_design(
        Design.from_table(table, roles),
        Assumptions(
            # Of a unit's readings only their mean is left: none of them can be Student-t.
            robust="units" if assumptions.robust_units else "none",
            tau=assumptions.tau,
            preset=assumptions.preset,
            # Changed priors of scales are about other scales: here tau holds the error of a mean.
            priors={
                target: prior
                for target, prior in assumptions.priors.items()
                if all(p.family in (FIXED, NORMALITY) for p in named(target, model.parameters))
            },
        ),
    )
    found = Fit.from_model(flat, ess=BEST_ESS, seed=fit.seed)
    return found if found.pareto_k <= K_LIMIT else None


def _even(design: Design) -> bool:
    """Whether all units are divided alike."""
    return bool((np.ptp(inner_shares(design), axis=1) < 1e-9).all())


def _clustering(fit: Fit, contrast: Contrast) -> tuple[float, float]:
    """ICC and design effect, posterior means, averaged over the groups of the contrast.

    The design effect is the variance of a group's mean of all readings over that of as many
    independent ones: 1 + (n - 1) ICC where every unit has n readings and no subunits.
    """
    design, draws = fit.model.design, fit.draws
    tau = estimands.variance(draws, draws.structure.strata[0])
    total = estimands.total_variance(draws)
    noise = np.square(draws.by_group(draws.noise))
    groups = np.flatnonzero(contrast.weights)
    share, group = inner_shares(design), design.statistics.group
    icc, effect = np.zeros(len(draws)), np.zeros(len(draws))
    for g in groups:
        n = design.statistics.n[group == g].astype(float)
        size = float(np.square(n).sum() / n.sum())
        own = size * tau[:, g]
        for stratum, part in zip(subunits(design), share, strict=True):
            factor = float((np.square(n) * part[group == g]).sum() / n.sum())
            own = own + factor * np.square(draws.scale(stratum)[:, 0])
        icc += tau[:, g] / total[:, g] / groups.size
        effect += (own + noise[:, g]) / total[:, g] / groups.size
    return float(fit.weights @ icc), float(fit.weights @ effect)


def _averaging_loss(fit: Fit, contrast: Contrast) -> float:
    """Error of the difference with all unit means alike, over that with each at its worth, - 1."""
    design = fit.model.design
    draws = fit.draws.take(fit.resampled[:LOSS_DRAWS])
    statistics, spread = design.statistics, design.yardstick.spread
    share, between = inner_shares(design), estimands.variance(draws, draws.structure.strata[0])
    alike, weighted = np.zeros(len(draws)), np.zeros(len(draws))
    for g in np.flatnonzero(contrast.weights):
        mine = np.flatnonzero(statistics.group == g)
        variance = between[:, g][:, None]
        sigma = draws.by_group(draws.noise)[:, g]
        own = np.square(sigma)[:, None] / statistics.n[mine]
        variance = variance + np.where(statistics.measured[mine], own, 0.0)
        variance = variance + np.nan_to_num(spread * statistics.error[mine]) ** 2
        for stratum, part in zip(subunits(design), share, strict=True):
            variance = variance + np.square(draws.scale(stratum)) * part[mine]
        squared = contrast.weights[g] ** 2
        alike += squared * variance.sum(axis=1) / mine.size**2
        weighted += squared / (1 / variance).sum(axis=1)
    return max(float(np.sqrt(alike / weighted).mean()) - 1, 0.0)
