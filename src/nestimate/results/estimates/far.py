"""How probably each unit, block or reading lies far from what it belongs to."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nestimate.inference.fit import Fit
from nestimate.model.grouped import slope_weights
from nestimate.results.estimates import between, estimands
from nestimate.results.estimates.contrasts import Contrast, told_by_blocks
from nestimate.results.estimates.outlying import FAR, Far, far_readings, far_units

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, repr=False)
class Distance:
    """The probability that one thing lies far out.

    Attributes
    ----------
    label, inside, probability
        Which one, of which group (or contrast), and how probably.
    what, measure
        What it is, `mouse`, and how far that is, `more than 3 tau from the mean of its group`.
    own
        Whether the label alone says which one: not where a block has several effects.
    """

    label: str
    inside: str
    probability: float
    what: str
    measure: str
    own: bool = True

    @property
    def name(self) -> str:
        """Its label, after the contrast where several things of a block are looked at."""
        return self.label if self.own else f"{self.inside} | {self.label}"

    def __repr__(self) -> str:
        """Say what lies how far out, how probably."""
        return f"<{self.name}: P({self.measure}) = {self.probability:.3g}>"

    def record(self) -> dict[str, Any]:
        """Return the fields as plain values for JSON."""
        return {"name": self.name, **asdict(self)}


@dataclass(frozen=True, kw_only=True)
class Distances:
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
    if not fit.model.design.placed.any():
        return False
    structure = fit.model.design.structure
    alone = not structure.text and structure.home is not None
    return bool(alone or structure.slopes or fit.model.design.varies)


def far_out(fit: Fit, asked: Sequence[Contrast]) -> tuple[Distances, ...]:
    """Return units, values or blocks, and readings where these are Student-t."""
    design = fit.model.design
    if design.block is not None:
        return (_blocks(fit, asked),)
    found = [_units(fit), *([_readings(fit)] if fit.draws.reading_normality is not None else [])]
    return tuple(found)


def _units(fit: Fit) -> Distances:
    levels = fit.model.design.levels
    what = levels[0].name if levels else "value"
    return _collected(what, f"more than {FAR} tau from the mean of its group", far_units(fit))


def _readings(fit: Fit) -> Distances:
    unit = fit.model.design.levels[0].name
    return _collected("reading", f"more than {FAR} sigma from its {unit}", far_readings(fit))


def _collected(what: str, measure: str, found: Sequence[Far], *, own: bool = True) -> Distances:
    rows = tuple(
        Distance(
            label=one.label,
            inside=one.inside,
            probability=float(one.events.mean()),
            what=what,
            measure=measure,
            own=own or not one.inside,
        )
        for one in found
    )
    return Distances(what=what, measure=measure, rows=rows)


def _blocks(fit: Fit, asked: Sequence[Contrast]) -> Distances:
    """Effects in blocks, and slopes; where every cell has one reading, raw differences."""
    design, block = fit.model.design, fit.model.design.block
    labels = () if block is None else block.labels
    rows: list[Far] = []
    drawn = fit.resampled[: len(fit.effects)]
    varies = design.varies
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
            events = np.abs(own - overall) > FAR * spread
            rows.append(Far(label=label, inside=inside, events=events))
    rows += _slopes(fit, labels)
    name = "block" if block is None else block.name
    several = design.structure.text or design.structure.lines
    scale = "tau" if several else "tau_effect"
    return _collected(name, f"more than {FAR} {scale} from the overall effect", rows, own=False)


def _slopes(fit: Fit, labels: tuple[str, ...]) -> list[Far]:
    terms, rows = fit.model.design.structure, []
    drawn = fit.resampled[: len(fit.slopes)]
    scale, weights = between.scales(fit)[drawn], slope_weights(terms)
    for i, (j, _) in enumerate(terms.slopes):
        overall = fit.draws.coefficients[drawn] @ weights[i].T
        for k, label in enumerate(labels):
            spread = scale[:, terms.slope_effects[i, k]]
            events = np.abs(fit.slopes[:, k, i] - overall[:, k]) > FAR * spread
            rows.append(Far(label=label, inside=terms.labels[j], events=events))
    return rows
