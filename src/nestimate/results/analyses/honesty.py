"""Other analyses of the same data beside the answer, and what their difference comes from.

What a bench scientist would otherwise do: pool all readings, average them and take Welch's t, pair
cell means within blocks, or run BEST on unit means. Numbers only; the sentences are in `advice`.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.censored import Censored
from nestimate.data.designs.design import Design
from nestimate.data.designs.roles import Roles
from nestimate.data.tables.door import read_table
from nestimate.inference.diagnostics import K_LIMIT, mean_and_sd
from nestimate.inference.fit import Fit
from nestimate.model.assumptions import Assumptions
from nestimate.model.model import Model
from nestimate.model.parameters import stated_means
from nestimate.results.analyses.fixed_part import FixedPart, fixed_part
from nestimate.results.analyses.pooling import (
    averaging_loss,
    clustering,
    error_share,
    evenly_divided,
)
from nestimate.results.estimates import classical, estimands, quantities
from nestimate.results.estimates.classical import Interval, Method, Name, Sums
from nestimate.results.estimates.contrasts import Contrast
from nestimate.results.estimates.matched import Matched
from nestimate.results.estimates.summaries import MANY, Question

Array = NDArray[np.float64]

#: Effective draws of BEST on unit means, and the most groups for which it is fitted.
BEST_ESS, BEST_GROUPS = 2_000, 6

#: The name of an analysis, and what it makes of the sums of the readings.
type Simply = tuple[Name, Callable[[Sums, Contrast], Interval]]
#: From the groups involved to how many units or blocks there are, and the readings of each.
type Counting = Callable[[Design, Sums, NDArray[np.bool_]], tuple[int, NDArray[Any]]]


@dataclass(frozen=True, kw_only=True)
class Simple:
    """What stands beside a layout.

    Attributes
    ----------
    methods
        Analyses of units or blocks, the first that can be done is taken.
    pools, averages
        Whether readings may be pooled, or averaged by unit, before the analysis.
    counted
        How many units or blocks a contrast rests on, and the readings of each (of every cell).
    """

    methods: tuple[Simply, ...]
    pools: bool = True
    averages: bool = False
    counted: Counting

    def interval(self, sums: Sums, contrast: Contrast, prob: float) -> Method | None:
        """Return the interval of the first analysis that can be done."""
        found = (classical.t_interval(name, *of(sums, contrast), prob) for name, of in self.methods)
        return next((method for method in found if method is not None), None)


_ONE_SAMPLE: Simply = ("one_sample", classical.one_sample)
_WELCH: Simply = ("welch", classical.welch)
_TOTALS: Simply = ("totals", classical.totals)
_PAIRED: Simply = ("paired", classical.paired)
_APART: Simply = ("apart", classical.apart)
_UNPAIRED: Simply = ("welch", classical.unpaired)


def _by_unit(
    design: Design,  # noqa: ARG001
    sums: Sums,
    involved: NDArray[np.bool_],
) -> tuple[int, NDArray[Any]]:
    """Return how many units lie in the groups involved, and the readings of each."""
    inside = involved[sums.unit_group]
    return int(inside.sum()), sums.unit_n[inside]


def _by_block(
    design: Design,
    sums: Sums,  # noqa: ARG001
    involved: NDArray[np.bool_],  # noqa: ARG001
) -> tuple[int, NDArray[Any]]:
    """Return how many blocks there are, and the readings of every cell."""
    return design.structure.blocking.size, design.cells


_BLOCKS = Simple(
    methods=(("one_sample", classical.alone), _PAIRED, _APART, _UNPAIRED), counted=_by_block
)
_IN_CLUSTERS = Simple(methods=(_PAIRED, _UNPAIRED), counted=_by_block)
#: By layout; a formula is held against least squares.
SIMPLE = {
    "flat": Simple(methods=(_TOTALS, _ONE_SAMPLE, _WELCH), pools=False, counted=_by_unit),
    "nested": Simple(methods=(_TOTALS, _ONE_SAMPLE, _WELCH), averages=True, counted=_by_unit),
    "blocked": _BLOCKS,
    "blocked-nested": _BLOCKS,
}


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
    pulled
        Whether the user stated priors of the means, which then pull the answer.
    robust_readings
        Whether its readings are.
    icc, design_effect, effective_readings
        Share of variance between units, averaged over the groups; by how much it inflates the
        variance of a group's mean over that of independent readings; and how many independent
        readings would say as much. None outside nested layouts.
    pooled_factor
        How many times as wide the interval by units (or pairs) is as that of pooled readings.
    noise_error
        Error of the mean difference within blocks that the error of the readings makes by itself;
        None without blocks, and where it is not estimated.
    gap
        Distance of the unit-based difference from the answer's, in posterior SDs of the answer.
    width_ratio
        Width of the unit-based interval over that of the answer.
    averaging_loss
        Share by which the error of the difference grows when unit means count alike instead of
        by what their readings are worth; given the scales of the posterior.
    error_share
        Share of the variance of a unit's mean that is the error of its readings.
    pooled_excludes, units_excludes, answer_excludes
        Whether "no difference" lies outside these intervals.
    matched
        Pairs of single yes and no; None where there is more to a pair, or less.
    """

    contrast: str
    methods: tuple[Method, ...]
    readings: int
    per_unit: tuple[int, int]
    balanced: bool
    robust: bool
    pulled: bool
    robust_readings: bool
    icc: float | None
    design_effect: float | None
    effective_readings: float | None
    pooled_factor: float | None
    noise_error: float | None
    gap: float | None
    width_ratio: float | None
    averaging_loss: float | None
    error_share: float | None
    pooled_excludes: bool | None
    units_excludes: bool | None
    answer_excludes: bool | None
    matched: Matched | None = None

    @property
    def weighs(self) -> bool:
        """Whether what sets the answer apart is that it gives those far out less weight."""
        return self.robust and not self.pulled

    def method(self, *names: Name) -> Method | None:
        """Return the first analysis of these names that there is."""
        return next((m for m in self.methods if m.name in names), None)

    def record(self) -> dict[str, Any]:
        """Return the fields as plain values for JSON."""
        return asdict(self) | {"methods": [method.record() for method in self.methods]}


def panels(fit: Fit, asked: Sequence[Contrast], question: Question) -> tuple[Panel, ...]:
    """Return one panel per contrast."""
    design, sums = fit.model.design, Sums.of(fit.model.design)
    simple = SIMPLE.get(design.layout)
    if simple is None:
        part = fixed_part(design)
        return tuple(_formula_panel(fit, part, sums, contrast, question) for contrast in asked)
    best = _best_on_unit_means(fit, sums) if simple.averages else None
    # A difference that the priors fix has nothing beside it.
    free = [c for c in asked if np.ptp(estimands.difference(fit.draws, c)) > 0]
    return tuple(_panel(fit, best, sums, contrast, question) for contrast in free)


def _panel(fit: Fit, best: Fit | None, sums: Sums, contrast: Contrast, question: Question) -> Panel:
    design = fit.model.design
    simple = SIMPLE[design.layout]
    nested = simple.averages and design.additive
    # Of single yes and no there is nothing to average: their logits are one number or its negative.
    alone, matched = design.single, Matched.of(design, contrast)
    units = None if alone else simple.interval(sums, contrast, question.ci_prob)
    units = matched.method(question.ci_prob) if matched else units
    seen, half = design.observed, None
    if isinstance(seen, Censored) and seen.counts[0]:
        halves = Sums.of(design, seen.substituted(0.5))
        half = _called("half", simple.interval(halves, contrast, question.ci_prob))
    naive = None
    same = contrast.single and design.unreplicated  # the values are one of each block already
    if (simple.pools or design.by_chance) and sums.complete and not same:
        naive = classical.t_interval("pooled", *classical.pooled(sums, contrast), question.ci_prob)
    involved = contrast.weights != 0
    count, counts = simple.counted(design, sums, involved)
    answer = _posterior("answer", fit, contrast, question, count)
    fitted = None if best is None else _posterior("best", best, contrast, question, count)
    values = estimands.difference(fit.draws, contrast)
    centre, sd = (float(found) for found in mean_and_sd(values, fit.weights))
    icc, effect = clustering(fit, contrast) if nested and sums.complete else (None, None)
    readings = int(sums.n[involved].sum())
    counts = counts[counts > 0]
    natural = [classical.as_said(m, design.differences) for m in (naive, units, half) if m]
    return Panel(
        contrast=contrast.name,
        methods=tuple(m for m in (*natural, fitted, answer) if m is not None),
        readings=readings,
        per_unit=(int(counts.min()), int(counts.max())),
        balanced=bool(counts.min() == counts.max()) and evenly_divided(design),
        robust=fit.draws.normality is not None,
        pulled=stated_means(fit.model.parameters, fit.model.assumptions),
        robust_readings=fit.draws.reading_normality is not None,
        icc=icc,
        design_effect=effect,
        effective_readings=None if effect is None else readings / effect,
        pooled_factor=units.width / naive.width if units and naive else None,
        noise_error=_noise_error(fit, sums, contrast),
        gap=abs(units.mean - centre) / sd if units else None,
        width_ratio=units.width / answer.width if units else None,
        averaging_loss=averaging_loss(fit, contrast) if nested else None,
        error_share=error_share(fit, contrast) if nested else None,
        # Where totals hold all there is, no one was misled by them.
        pooled_excludes=None if naive is None or alone else naive.excludes_null,
        units_excludes=None if units is None else units.excludes_null,
        answer_excludes=answer.excludes_null,
        matched=matched,
    )


def _called(name: Name, method: Method | None) -> Method | None:
    return None if method is None else replace(method, name=name)


def _formula_panel(
    fit: Fit, part: FixedPart, sums: Sums, contrast: Contrast, question: Question
) -> Panel:
    """Hold a formula against its fixed part: on all readings, and on its clusters.

    Where groups meet inside the clusters their means know nothing of how groups differ there: with
    no covariate beside them the pairs that they make are taken instead, and nothing otherwise.
    """
    design, prob = fit.model.design, question.ci_prob
    value, clusters = design.readings.value, design.structure.outer
    naive, simple, half = part.pooled(contrast, prob), None, None
    matched = Matched.of(design, contrast) if _groups_alone(design) else None
    if not _meet(contrast, design):
        simple, half = part.clusters(contrast, prob), part.half(contrast, prob)
    elif design.structure.crossed:
        simple = part.across(contrast, prob)
    elif matched:
        simple = matched.method(prob)
    elif _groups_alone(design):
        simple = _IN_CLUSTERS.interval(sums, contrast, prob)
    answer = _posterior("answer", fit, contrast, question, clusters.size or value.size)
    centre, sd = mean_and_sd(estimands.difference(fit.draws, contrast), fit.weights)
    counts = np.bincount(clusters.codes)
    natural = [classical.as_said(m, design.differences) for m in (naive, simple, half) if m]
    return Panel(
        contrast=contrast.name,
        methods=(*natural, answer),
        readings=value.size,
        per_unit=(int(counts.min()), int(counts.max())),
        balanced=bool(np.ptp(counts) == 0),
        robust=fit.draws.normality is not None,
        pulled=stated_means(fit.model.parameters, fit.model.assumptions),
        robust_readings=fit.draws.reading_normality is not None,
        icc=None,
        design_effect=None,
        effective_readings=None,
        pooled_factor=simple.width / naive.width if simple and naive else None,
        noise_error=None,
        gap=float(abs(simple.mean - centre) / sd) if simple else None,
        width_ratio=simple.width / answer.width if simple else None,
        averaging_loss=None,
        error_share=None,
        # Of single yes and no nothing is pooled.
        pooled_excludes=None if naive is None or design.unscattered else naive.excludes_null,
        units_excludes=None if simple is None else simple.excludes_null,
        answer_excludes=answer.excludes_null,
        matched=matched,
    )


def _meet(contrast: Contrast, design: Design) -> bool:
    """Whether any cluster holds readings on both sides of a contrast."""
    clusters, weights = design.structure.outer, contrast.weights[design.readings.group]
    size = int(clusters.codes.max()) + 1
    above, below = (
        np.bincount(clusters.codes[side], minlength=size) for side in (weights > 0, weights < 0)
    )
    return bool((above * below).any())


def _groups_alone(design: Design) -> bool:
    """Whether the fixed part of a formula says nothing but which group a row is of."""
    structure = design.structure
    own = np.eye(len(structure.groups))[structure.group]
    return bool(np.linalg.matrix_rank(np.hstack([own, structure.fixed])) == own.shape[1])


def _noise_error(fit: Fit, sums: Sums, contrast: Contrast) -> float | None:
    """Return the error of the mean of block differences from sigma alone."""
    design = fit.model.design
    noise = fit.draws.noise
    if sums.cells is None or noise is None or design.levels:
        return None
    inside = np.flatnonzero(contrast.weights)
    whole = design.cells[:, inside].min(axis=1) > 0
    if not whole.any():
        return None
    sigma = fit.draws.by_group(noise)[:, inside]
    per_block = np.square(contrast.weights[inside]) / design.cells[np.ix_(whole, inside)]
    variance = np.square(fit.weights @ sigma) * per_block.sum(axis=0) / whole.sum() ** 2
    return float(np.sqrt(variance.sum()))


def _posterior(name: Name, fit: Fit, contrast: Contrast, question: Question, n: int) -> Method:
    (quantity,) = quantities.differences(fit, (contrast,))
    row = question.summary(quantity, quick=len(fit.model.design.groups) > MANY)
    return Method(
        name=name,
        mean=row.mean,
        error=row.spread,
        ci_low=row.ci_low,
        ci_high=row.ci_high,
        ci_prob=row.ci_prob,
        ci_kind=row.ci_kind,
        n=n,
        mcse_mean=row.worked_error("mean"),
        mcse_ci=max(row.worked_error("ci_low"), row.worked_error("ci_high")),
        measure=row.measure,
    )


def _best_on_unit_means(fit: Fit, sums: Sums) -> Fit | None:
    """Fit the flat model to the unit means; None where it cannot be done, or not be trusted."""
    design, assumptions = fit.model.design, fit.model.assumptions
    if design.observed is not None:
        return None  # its readings are no measurements
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
            prior={k: v for k, v in assumptions.priors.items() if k.split("[")[0] in ("mu", "nu")},
        ),
    )
    found = Fit.from_model(flat, ess=BEST_ESS, seed=fit.seed)
    return found if found.pareto_k <= K_LIMIT else None
