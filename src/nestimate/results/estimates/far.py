"""How probably each unit, block or reading lies far from what it belongs to."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nestimate.inference.fit import Fit
from nestimate.results.estimates import between, estimands
from nestimate.results.estimates.contrasts import Contrast, told_by_blocks
from nestimate.results.estimates.quantities import FAR, Far, far_readings, far_units

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Distance:
    """The probability that one thing lies far out.

    Attributes
    ----------
    label, inside, probability
        What, of which group (or contrast), and how probably.
    """

    label: str
    inside: str
    probability: float


@dataclass(frozen=True, kw_only=True)
class Panel:
    """Everything of one kind.

    Attributes
    ----------
    what, measure
        `mouse`, and `more than 3 tau from the mean of its group`.
    rows
        All of them, in the order of the data.
    """

    what: str
    measure: str
    rows: tuple[Distance, ...]


def has_distances(fit: Fit) -> bool:
    """Whether anything has a distance from what it belongs to."""
    if fit.model.design.readings.reconstructed:
        return False
    structure = fit.model.design.structure
    alone = not structure.text and structure.home is not None
    return bool(alone or structure.slopes or structure.varies)


def far_out(fit: Fit, asked: Sequence[Contrast]) -> list[Panel]:
    """Return units, values or blocks, and readings where these are Student-t."""
    design = fit.model.design
    if design.block is not None:
        return [_blocks(fit, asked)]
    return [_units(fit), *([_readings(fit)] if fit.draws.reading_normality is not None else [])]


def _units(fit: Fit) -> Panel:
    levels = fit.model.design.levels
    return Panel(
        what=levels[0].name if levels else "value",
        measure=f"more than {FAR} tau from the mean of its group",
        rows=_shares(far_units(fit)),
    )


def _readings(fit: Fit) -> Panel:
    unit = fit.model.design.levels[0].name
    return Panel(
        what="reading",
        measure=f"more than {FAR} sigma from its {unit}",
        rows=_shares(far_readings(fit)),
    )


def _shares(found: Sequence[Far]) -> tuple[Distance, ...]:
    return tuple(
        Distance(label=one.label, inside=one.inside, probability=float(one.events.mean()))
        for one in found
    )


def _blocks(fit: Fit, asked: Sequence[Contrast]) -> Panel:
    """Effects in blocks, and slopes; where every cell has one reading, raw differences."""
    design, block = fit.model.design, fit.model.design.block
    labels = () if block is None else block.labels
    rows: list[Distance] = []
    drawn = fit.resampled[: len(fit.effects)]
    varies = design.structure.varies
    # Where a factor lies between blocks each shows the effects at its own level.
    asked = told_by_blocks(design, asked) or told_by_blocks(design, asked, every=False)
    raw = between.raw_effects(fit, asked)
    partly = design.structure.factorial is not None
    for c, contrast in enumerate(asked if varies else ()):
        spread = between.effect_scales(fit, contrast)[drawn]
        overall = estimands.difference(fit.draws, contrast)[drawn]
        inside = contrast.name if len(asked) > 1 or design.structure.slopes else ""
        for k, label in enumerate(labels):
            if partly and not np.isfinite(raw[c, k]):
                continue
            if fit.effects.shape[1]:
                cells = fit.effects.reshape(len(drawn), len(labels), -1)[:, k]
                own = estimands.block_effect(cells, contrast)
            elif np.isfinite(raw[c, k]):
                own = np.full(drawn.size, raw[c, k])
            else:
                continue
            share = float(np.mean(np.abs(own - overall) > FAR * spread))
            rows.append(Distance(label=label, inside=inside, probability=share))
    rows += _slopes(fit, labels)
    name = "block" if block is None else block.name
    scale = "tau_effect" if design.formula is None else "tau"
    return Panel(
        what=name, measure=f"more than {FAR} {scale} from the overall effect", rows=tuple(rows)
    )


def _slopes(fit: Fit, labels: tuple[str, ...]) -> list[Distance]:
    terms, rows = fit.model.design.structure, []
    drawn = fit.resampled[: len(fit.slopes)]
    for i, (j, _) in enumerate(terms.slopes):
        scale = between.slope_scales(fit, i)[drawn]
        overall = fit.draws.coefficients[drawn, j]
        for k, label in enumerate(labels):
            share = float(np.mean(np.abs(fit.slopes[:, k, i] - overall) > FAR * scale))
            rows.append(Distance(label=label, inside=terms.labels[j], probability=share))
    return rows
