"""What is reported of a fit: every quantity by name, with its draws."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nestimate.inference.fit import Fit
from nestimate.results import estimands
from nestimate.results.contrasts import Contrast

Array = NDArray[np.float64]
Contrasts = tuple[Contrast, ...]


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """One estimated quantity.

    Attributes
    ----------
    name
        As printed: `drug - placebo`, `tau[drug]`.
    values, weights
        Its draws and their weights, both of shape (draws,).
    signed
        Whether zero is a value worth a line and a probability.
    rope
        Whether it is a difference to which the region of practical equivalence applies.
    label
        What stands beside its number where the name alone would not do: `mean of drug`.
    """

    name: str
    values: Array
    weights: Array
    signed: bool = False
    rope: bool = False
    label: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "label", self.label or self.name)


def differences(fit: Fit, asked: Contrasts) -> tuple[Quantity, ...]:
    """Return the contrasts of group means."""
    return tuple(
        Quantity(
            name=contrast.name,
            values=estimands.difference(fit.draws, contrast),
            weights=fit.weights,
            signed=True,
            rope=True,
        )
        for contrast in asked
    )


def effect_sizes(fit: Fit, asked: Contrasts) -> tuple[Quantity, ...]:
    """Return the contrasts in units of the spread between units, and of single readings."""
    found = {} if fit.model.design.block is not None else {"effect_size": estimands.effect_size}
    if fit.model.design.layout != "flat":
        found["d_total"] = estimands.d_total
    return tuple(
        Quantity(
            name=f"{name}[{contrast.name}]",
            values=standardised(fit.draws, contrast),
            weights=fit.weights,
            signed=True,
        )
        for name, standardised in found.items()
        for contrast in asked
    )


def group_means(fit: Fit) -> tuple[Quantity, ...]:
    """Return the mean of every group, under its label."""
    return tuple(
        Quantity(
            name=label,
            values=fit.draws["mu"][:, g],
            weights=fit.weights,
            label=f"mean of {label}",
        )
        for g, label in enumerate(fit.model.design.groups)
    )


def scales(fit: Fit) -> tuple[Quantity, ...]:
    """Return scales, normality and, in nested layouts, the share of variance between units."""
    found, seen = [], dict.fromkeys(fit.model.names, 0)
    for parameter in fit.model.parameters:
        column = seen[parameter.name]
        seen[parameter.name] += 1
        if parameter.name != "mu":
            values = fit.draws[parameter.name][:, column]
            found.append(Quantity(name=parameter.label, values=values, weights=fit.weights))
    design = fit.model.design
    if design.layout == "nested":
        own = seen["tau"] > 1 or seen.get("sigma", 1) > 1
        for g, label in enumerate(design.groups if own else (None,)):
            name = "icc" if label is None else f"icc[{label}]"
            values = estimands.icc(fit.draws, g)
            found.append(Quantity(name=name, values=values, weights=fit.weights))
    return tuple(found)


def unit_means(fit: Fit) -> tuple[Quantity, ...]:
    """Return the true mean of every unit of a nested layout."""
    if fit.model.design.layout != "nested":
        return ()
    equal = _equal(fit.effects)
    return tuple(
        Quantity(name=label, values=fit.effects[:, j], weights=equal)
        for j, label in enumerate(fit.model.design.units)
    )


def block_effects(fit: Fit, asked: Contrasts) -> tuple[Quantity, ...]:
    """Return the contrasts in every block, `drug - placebo | line 1`."""
    design, draws = fit.model.design, fit.effects
    if design.block is None or not draws.size:
        return ()
    cells = draws.reshape(len(draws), design.block.size, len(design.groups))
    equal = _equal(draws)
    return tuple(
        Quantity(
            name=f"{contrast.name} | {label}",
            values=estimands.block_effect(cells[:, k], contrast),
            weights=equal,
            signed=True,
            rope=True,
        )
        for contrast in asked
        for k, label in enumerate(design.block.labels)
    )


def predictions(fit: Fit, asked: Contrasts) -> tuple[Quantity, ...]:
    """Return probabilities of what comes next, one value per draw."""
    block = fit.model.design.block
    if block is None:
        return ()
    return tuple(
        Quantity(
            name=f"P({contrast.name} > 0 in the next {block.name})",
            values=estimands.next_block(fit.draws, contrast),
            weights=fit.weights,
        )
        for contrast in asked
    )


def _equal(draws: Array) -> Array:
    return np.full(len(draws), 1 / len(draws))
