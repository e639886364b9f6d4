"""How the variance of a single reading divides between the levels of a design."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nestimate.data.terms import Effect, Terms
from nestimate.inference.fit import Fit
from nestimate.results.estimands import per_group
from nestimate.results.quantities import Quantity

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Share:
    """The share of one level.

    Attributes
    ----------
    label, said
        What it is, for a row and inside a sentence: `mouse to mouse`, `from mouse to mouse`.
    draws
        Its share at every draw, shape (draws, groups), or (draws, 1) where groups share it.
    weights
        Of the draws.
    """

    label: str
    said: str
    draws: Array
    weights: Array

    def quantity(self, group: int) -> Quantity:
        """Return the draws of one group."""
        return Quantity(name=self.label, values=self.draws[:, group], weights=self.weights)


def variance_shares(fit: Fit) -> list[Share]:
    """Return every level's share of the squared scales, the outermost level first."""
    found = levels(fit)
    total = np.sum([square for _, _, square in found], axis=0)
    return [
        Share(label=label, said=said, draws=square / total, weights=fit.weights)
        for label, said, square in found
    ]


def levels(fit: Fit) -> list[tuple[str, str, Array]]:
    """Return label, words and squared scale (draws, groups or 1) of every level.

    A slope counts with the variance of what it multiplies, an effect that differs between blocks
    by half its square: that is what it adds to the variance of a reading.
    """
    design = fit.model.design
    if design.formula is not None:
        return _of_formula(fit, design.formula)
    own = any(fit.draws[name].shape[1] > 1 for name in ("tau", "sigma") if name in fit.draws)
    groups = len(design.groups) if own else 1
    names = {"tau": _to(design.levels[0].name) if design.levels else ("values", "of values")}
    if design.block is not None:
        block = design.block.name
        effect = f"effect, {block} to {block}", f"in how the effect differs between {block}s"
        within = f"within a {block}", f"within each {block}"
        names = {
            "tau_block": _to(block),
            "tau_effect": within if design.unreplicated else effect,
            **({"tau_unit": _to(design.levels[0].name)} if design.levels else {}),
        }
    names |= {f"tau_{level.name}": _to(level.name) for level in design.subunits}
    inside = design.levels[-1].name if design.levels else "cell"
    names["sigma"] = ("reading to reading", f"between readings of one {inside}")
    found = []
    for name, (label, said) in names.items():
        if name in fit.draws:
            share = 0.5 if name == "tau_effect" else 1.0
            square = share * np.square(per_group(fit.draws, name, groups))
            found.append((label, said, np.asarray(square)))
    return found


def _to(name: str) -> tuple[str, str]:
    return f"{name} to {name}", f"between one {name} and another"


def _of_formula(fit: Fit, terms: Terms) -> list[tuple[str, str, Array]]:
    if not terms.effects:
        return []
    sizes: dict[int, float] = {}
    for effect in terms.effects:
        sizes[effect.member] = sizes.get(effect.member, 0.0) + effect.share**2 * _size(effect)
    for part in terms.inner:
        column = np.ones(1) if part.column is None else part.column
        sizes[part.member] = sizes.get(part.member, 0.0) + _square(column)
    found = []
    for member, size in sorted(sizes.items()):
        what, where = terms.spreads[member]
        label, said = _to(where)
        if what:
            label, said = f"{what}, {where} to {where}", f"in how {what} differs between {where}s"
        found.append((label, said, size * np.square(fit.draws["tau"][:, [member]])))
    sigma = np.square(fit.draws["sigma"])
    return [*found, ("reading to reading", "between readings", sigma)]


def _size(effect: Effect) -> float:
    return _square(effect.column)


def _square(column: Array) -> float:
    """Mean square of an indicator or of ones; variance of a measurement."""
    if np.isin(column, (0, 1)).all():
        return float(np.mean(np.square(column)))
    return float(np.var(column))
