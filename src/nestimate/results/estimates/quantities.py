"""What is reported of a fit: every quantity by name, with its draws."""

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.measures import LINEAR, Measure
from nestimate.inference.fit import Fit
from nestimate.results.estimates import estimands, naming, ordered
from nestimate.results.estimates.contrasts import Contrast, told_by_blocks
from nestimate.results.estimates.outlying import FAR, far_readings, far_units, noise_of, raw_means

Array = NDArray[np.float64]
Contrasts = tuple[Contrast, ...]

#: Blocks up to which every one, and every pair, gets its probability.
MOST_BLOCKS = 8
#: Kinds of probabilities about blocks: of showing the largest effect, of two that differ.
LARGEST, APART = "largest in block", "blocks differ"
#: How many candidates are looked at for what lies far out.
MOST_OUTLIERS = 20


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Quantity:
    """One estimated quantity.

    Attributes
    ----------
    name
        As printed: `drug - placebo`, `tau[drug]`.
    values, weights
        Its draws on the scale on which it is worked out (of a ratio their logarithms), and their
        weights, both of shape (draws,).
    measure
        How it is worked out and said: as it stands, or as a ratio.
    null
        The value that says "no difference", as it is said, worth a line and a probability: 0, or 1
        for ratios.
    rope
        Whether it is a difference to which the region of practical equivalence applies: no trend,
        whose number is that of one unit.
    positive
        Whether it lies above 0 whatever the data: a scale, or a share of a variance.
    mean_exists
        Whether its posterior has a mean: a difference over a scale that may be next to 0 has none,
        and its point is the median.
    label
        What stands beside its number where the name alone would not do: `centre of drug`.
    kind, of
        What it is, and of what or in what, where the words that are made of it need to know:
        `tau` and `drug`, `in block` and `line 1`. Names are for print alone.
    """

    name: str
    values: Array
    weights: Array
    measure: Measure = LINEAR
    null: float | None = None
    rope: bool = False
    positive: bool = False
    mean_exists: bool = True
    label: str = ""
    kind: str = ""
    of: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "label", self.label or self.name)

    @property
    def said(self) -> Array:
        """Its draws as they are said, shape (draws,)."""
        return self.measure.said(self.values)


def differences(fit: Fit, asked: Contrasts) -> tuple[Quantity, ...]:
    """Return the contrasts of group means; ratios of geometric means on a log scale."""
    design = fit.model.design
    return tuple(
        Quantity(
            name=contrast.name,
            values=estimands.difference(fit.draws, contrast),
            weights=fit.weights,
            measure=design.differences,
            null=design.differences.null,
            rope=not contrast.trend,
        )
        for contrast in asked
    )


def effect_sizes(fit: Fit, asked: Contrasts) -> tuple[Quantity, ...]:
    """Return the contrasts in units of the spread between units, and of single readings."""
    design = fit.model.design
    structure = design.structure
    found = {} if design.block is not None else {"effect_size": estimands.effect_size}
    told = structure.unit is None or not structure.unit.merged
    if design.by_chance:
        return ()  # rates and probabilities are compared as they are
    if not structure.text and told and design.additive:
        found["d_total"] = estimands.d_total
    return tuple(
        Quantity(
            name=f"{name}[{contrast.name}]",
            kind=name,
            values=standardised(fit.draws, contrast),
            weights=fit.weights,
            null=0.0,
            mean_exists=False,
        )
        for name, standardised in found.items()
        for contrast in asked
    )


def group_means(fit: Fit) -> tuple[Quantity, ...]:
    """Return the mean of every group, under its label."""
    return tuple(
        Quantity(
            name=label,
            values=fit.draws.means[:, g],
            weights=fit.weights,
            measure=fit.model.design.measure,
            label=naming.centre_name(label, fit.model),
        )
        for g, label in enumerate(fit.model.design.groups)
    )


def coefficients(fit: Fit) -> tuple[Quantity, ...]:
    """Return the coefficients of a formula as it is written, `beta[day]`.

    On a log scale they are ratios like all that is compared, `exp(beta[day])`.
    """
    design, terms = fit.model.design, fit.model.design.formula
    if terms is None:
        return ()
    said, values = terms.stated or terms, fit.draws.coefficients
    values = values if terms.stated is None else terms.stated.said(values)
    return tuple(
        Quantity(
            name=design.differences.written(f"beta[{label}]"),
            values=values[:, j],
            weights=fit.weights,
            measure=design.differences,
            null=None if shift else design.differences.null,
        )
        for j, (label, shift) in enumerate(zip(said.labels, said.shifts, strict=True))
    )


def unit_means(fit: Fit) -> tuple[Quantity, ...]:
    """Return the true mean of every unit of a nested layout."""
    design = fit.model.design
    if design.layout != "nested":
        return ()
    equal = _equal(fit.effects)
    return tuple(
        Quantity(
            name=label, of=label, values=fit.effects[:, j], weights=equal, measure=design.measure
        )
        for j, label in enumerate(design.units)
    )


def block_effects(fit: Fit, asked: Contrasts) -> tuple[Quantity, ...]:
    """Return the contrasts in every block, `drug - placebo | line 1`."""
    design = fit.model.design
    told = told_by_blocks(design, asked)
    draws = fit.effects
    if not told or not design.varies or not draws.size:
        return ()
    block = design.structure.blocking
    cells = draws.reshape(len(draws), block.size, len(design.groups))
    equal = _equal(draws)
    return tuple(
        Quantity(
            name=f"{contrast.name} | {label}",
            of=label,
            values=estimands.block_effect(cells[:, k], contrast),
            weights=equal,
            measure=design.differences,
            null=design.differences.null,
            rope=not contrast.trend,
        )
        for contrast in told
        for k, label in enumerate(block.labels)
    )


def block_slopes(fit: Fit) -> tuple[Quantity, ...]:
    """Return the slopes of measurements in every block, `day | dog 3`; ratios on a log scale."""
    design = fit.model.design
    terms, block = design.formula, design.block
    if terms is None or block is None:
        return ()
    equal = _equal(fit.slopes)
    return tuple(
        Quantity(
            name=f"{terms.labels[j]} | {label}",
            of=label,
            values=fit.slopes[:, k, position],
            weights=equal,
            measure=design.differences,
            null=design.differences.null,
        )
        for position, (j, _) in enumerate(terms.slopes)
        for k, label in enumerate(block.labels)
    )


def probabilities(
    fit: Fit, asked: Contrasts, rope: tuple[float, float] | None
) -> tuple[Quantity, ...]:
    """Return probabilities worth stating, one value per draw: of being largest, of what is next."""
    design = fit.model.design
    found = []
    if len(design.groups) > 2:
        best = fit.draws.means.argmax(axis=1)
        found += [
            Quantity(
                name=f"P({label} has the largest mean)",
                values=(best == g).astype(float),
                weights=fit.weights,
            )
            for g, label in enumerate(design.groups)
        ]
    if any(c.trend for c in asked):
        found += [
            Quantity(
                name=f"P(the mean {verb} at every step of {what})",
                values=events.astype(float),
                weights=fit.weights,
            )
            for what, groups in ordered.rising(design.structure)
            for verb, events in zip(
                ("rises", "falls"), ordered.steady(fit.draws.means, groups), strict=True
            )
        ]
    if design.varies:
        # Of a factor that lies between blocks no block will show anything.
        block = design.structure.block_name()
        found += [
            Quantity(
                name=f"P({c.name} > {design.differences.null:g} in the next {block})",
                values=estimands.next_block(fit.draws, c),
                weights=fit.weights,
            )
            for c in told_by_blocks(design, asked, every=False)
        ]
        found += _between_blocks(fit, told_by_blocks(design, asked), rope)
    return (*found, *_outliers(fit))


def _outliers(fit: Fit) -> list[Quantity]:
    """Return the units (values) and, where these are Student-t, readings that probably lie far out.

    Only the farthest are looked at, and only those are named of which it is more likely than not.
    Where readings are normal, sigma has made room for far ones.
    """
    design, draws = fit.model.design, fit.draws
    if design.layout not in ("flat", "nested") or design.readings.reconstructed:
        return []
    group, rows = design.statistics.group, design.readings
    tau = draws.by_group(draws.scale(design.structure.strata[0]))
    centre, spread = draws.means.mean(axis=0), np.median(tau, axis=0)
    apart = np.abs(raw_means(design) - centre[group]) / spread[group]
    named = [
        (f"{one.label} lies more than {FAR} tau from the mean of {one.inside}", one.events)
        for one in far_units(fit, _largest(apart))
    ]
    if draws.reading_normality is not None:
        sigma = np.median(noise_of(draws), axis=0)
        gaps = rows.value - fit.effects.mean(axis=0)[rows.unit]
        unit = design.levels[0].name
        named += [
            (f"{one.label} lies more than {FAR} sigma from its {unit}, {one.inside}", one.events)
            for one in far_readings(fit, _largest(np.abs(gaps) / sigma[rows.group]))
        ]
    return [
        Quantity(name=f"P({what})", values=events.astype(float), weights=_equal(events))
        for what, events in named
        if events.mean() > 0.5
    ]


def _largest(values: Array) -> list[int]:
    return [int(i) for i in np.argsort(-values, kind="stable")[:MOST_OUTLIERS]]


def _between_blocks(fit: Fit, asked: Contrasts, rope: tuple[float, float] | None) -> list[Quantity]:
    """In which block the effect is largest, and which blocks differ by more than the ROPE."""
    block, found = fit.model.design.block, []
    effects = block_effects(fit, asked)
    if block is None or not effects or block.size > MOST_BLOCKS:
        return []
    for i, contrast in enumerate(asked):
        own = effects[i * block.size : (i + 1) * block.size]
        weights = own[0].weights
        best = np.argmax([q.values for q in own], axis=0)
        found += [
            Quantity(
                name=f"P({contrast.name} is largest in {label})",
                kind=LARGEST,
                of=label,
                values=(best == k).astype(float),
                weights=weights,
            )
            for k, label in enumerate(block.labels)
        ]
        for (a, one), (b, other) in combinations(zip(block.labels, own, strict=True), 2):
            if rope is None:
                continue
            gap = one.values - other.values
            low, high = one.measure.worked(rope)
            found.append(
                Quantity(
                    name=f"P({contrast.name} differs between {a} and {b} by more than the ROPE)",
                    kind=APART,
                    of=f"{a} and {b}{f' ({contrast.name})' if len(asked) > 1 else ''}",
                    values=((gap < low) | (gap > high)).astype(float),
                    weights=weights,
                )
            )
    return found


def _equal(draws: NDArray[Any]) -> Array:
    return np.full(len(draws), 1 / len(draws))
