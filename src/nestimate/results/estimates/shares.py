"""How the variance of a single reading divides between the levels of a design."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import EllipsisType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.stratum import Effect, Role, Stratum
from nestimate.data.designs.structure import Structure
from nestimate.inference.fit import Fit
from nestimate.model.grouped import effect_root, inner_scales
from nestimate.results.estimates.quantities import Quantity

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
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
        values = self.draws[:, group]
        return Quantity(name=self.label, values=values, weights=self.weights, positive=True)


def variance_shares(fit: Fit) -> list[Share]:
    """Return every level's share of the squared scales, the outermost level first."""
    found = levels(fit)
    total = np.sum([square for _, _, square in found], axis=0)
    return [
        Share(label=label, said=said, draws=square / total, weights=fit.weights)
        for label, said, square in found
    ]


def variance_quantities(fit: Fit) -> tuple[Quantity, ...]:
    """Return every level's share, of every group where they differ; none where there is one level.

    A share is named `mouse to mouse`, or `mouse to mouse[drug]`.
    """
    parts = variance_shares(fit)
    if len(parts) < 2:
        return ()
    groups = fit.model.design.groups if parts[0].draws.shape[1] > 1 else ("",)
    return tuple(
        replace(part.quantity(g), name=f"{part.label}[{group}]" if group else part.label)
        for part in parts
        for g, group in enumerate(groups)
    )


def levels(fit: Fit) -> list[tuple[str, str, Array]]:
    """Return label, words and squared scale (draws, groups or 1) of every level.

    A slope counts with the variance of what it multiplies, an effect that differs between blocks
    by half its square: that is what it adds to the variance of a reading.
    """
    design, draws = fit.model.design, fit.draws
    if design.formula is not None:
        return _of_formula(fit, design.formula)
    strata = draws.structure.strata
    noise = [] if draws.noise is None else [draws.noise]
    own = any(found.shape[1] > 1 for found in (*map(draws.scale, strata), *noise))
    groups = len(design.groups) if own else 1
    found = []
    for stratum in strata:
        square = np.square(draws.scale_in(stratum)[:, :groups]) / stratum.split
        mine = [draws.structure.group == g for g in range(groups)] if own else [...]
        sizes = [float(np.square(stratum.column[rows]).mean()) for rows in mine]
        measured = stratum.role is Role.SLOPE
        found.append((*_words(stratum), np.asarray(square * (sizes if measured else 1.0))))
    for sigma in noise:
        inside = design.structure.innermost_name()
        square = np.square(np.broadcast_to(sigma, (len(sigma), groups)))
        found.append(("reading to reading", f"between readings of one {inside}", square))
    return found


def _words(stratum: Stratum) -> tuple[str, str]:
    """Return what a stratum's share is called in a row, and inside a sentence."""
    name = stratum.name
    if stratum.role is Role.EFFECT:
        if stratum.merged:
            return f"within one {name}", f"within each {name}"
        what = f"effect of {stratum.of}" if stratum.of else "effect"
        return (
            f"{what}, {name} to {name}",
            f"in how the {what} differs between one {name} and another",
        )
    if stratum.role is Role.SLOPE:
        what = f"slope along {stratum.of}"
        return (
            f"{what}, {name} to {name}",
            f"in how the {what} differs between one {name} and another",
        )
    if stratum.role is Role.UNIT and stratum.merged:
        return "values", "of values"
    return _to(name)


def _to(name: str) -> tuple[str, str]:
    return f"{name} to {name}", f"between one {name} and another"


def _of_formula(fit: Fit, terms: Structure) -> list[tuple[str, str, Array]]:
    if terms.merged or fit.draws.noise is None:
        return []
    noise, groups = np.square(fit.draws.noise), len(terms.groups)
    # Where groups scatter or err differently, each has shares of its own.
    rows: list[NDArray[np.bool_] | EllipsisType] = [...]
    if noise.shape[1] > 1 or any(stratum.lone or stratum.by_home for stratum in terms.strata):
        rows = [terms.group == g for g in range(groups)]
        noise = np.broadcast_to(noise, (len(noise), groups))
    found = []
    at_mean = _levels_at_mean(fit, terms, rows)
    for stratum in terms.strata:
        sizes = [[_square(e.column[mine]) / e.split for mine in rows] for e in stratum.effects]
        label, said = _to(stratum.between)
        if stratum.of:
            what, where = stratum.of, stratum.between
            label = f"{what}, {where} to {where}"
            said = f"in how {what} differs between one {where} and another"
        square = np.square(fit.draws.scale(stratum))
        square = np.broadcast_to(square, (len(square), len(sizes)))
        found.append((label, said, square @ np.array(sizes) + at_mean.get(stratum.position, 0.0)))
    return [*found, ("reading to reading", "between readings", noise)]


def _levels_at_mean(
    fit: Fit, terms: Structure, rows: Sequence[NDArray[np.bool_] | EllipsisType]
) -> dict[int, Array]:
    """Return what levels scatter by at the mean of what slopes multiply beyond that at 0.

    By stratum, (draws, groups). Slopes then count with the variance of what they multiply, wherever
    0 lies. Where there are no levels it is the slopes' own.
    """
    theta = {family: draws.T for family, draws in fit.draws.families.items()}
    root = effect_root(terms, theta)
    inner = np.square(inner_scales(terms, theta)).T[:, :, None] * np.eye(len(terms.inside))
    found: dict[int, Array] = {}
    for effects, between in ((terms.heavy, root @ np.swapaxes(root, 1, 2)), (terms.inside, inner)):
        for own in {stratum.between for stratum, _ in effects}:
            levels = [s.position for s, _ in effects if s.between == own and not s.of]
            middle = np.array([[_middle(s, e, own, mine) for s, e in effects] for mine in rows])
            level = np.array(
                [
                    [float(s.position in levels) * e.column[mine].mean() for s, e in effects]
                    for mine in rows
                ]
            )
            if levels:
                beyond = np.einsum("ge,def,gf->dg", middle + 2 * level, between, middle)
                found[levels[0]] = beyond
                continue
            for i, (stratum, _) in enumerate(effects):
                mine = np.square(middle[:, i]) * between[:, i, i, None]
                found[stratum.position] = found.get(stratum.position, 0.0) + mine
    return found


def _middle(stratum: Stratum, effect: Effect, between: str, rows: Any) -> float:
    """Return the mean of what a slope of these clusters multiplies; 0 of anything else."""
    measured = stratum.between == between and stratum.of and effect.split == 1
    return float(effect.column[rows].mean()) if measured else 0.0


def _square(column: Array) -> float:
    """Mean square of an indicator or of ones; variance of a measurement."""
    if np.isin(column, (0, 1)).all():
        return float(np.mean(np.square(column)))
    return float(np.var(column))
