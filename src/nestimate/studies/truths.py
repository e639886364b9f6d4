"""What is assumed true of the planned experiment, and readings made up from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.results.estimates.contrasts import Contrast
from nestimate.studies.shapes import Shape

Array = NDArray[np.float64]

#: Experiments simulated together.
ROUND = 50


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Part:
    """How the effect of some of the factors differs between blocks.

    Attributes
    ----------
    of
        The factors: `time`.
    codes
        Which level of them each group has, shape (groups,).
    spread
        SD, between blocks, of the difference of two levels that scatter like each; shape (truths,
        groups).
    """

    of: str
    codes: NDArray[np.intp]
    spread: Array

    def variance(self, kinds: NDArray[np.intp], weights: Array) -> Array:
        """Variance that it adds to a contrast, of one block of each kind; shape (truths,)."""
        level = self.codes + kinds * (self.codes.max() + 1)
        found: Array = 0.5 * np.square(self.spread) @ (weights * np.bincount(level, weights)[level])
        return found


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Truths:
    """One truth, or many that are taken in turn.

    Attributes
    ----------
    mu
        Group means on the scale that is analysed, (truths, groups).
    scales
        `tau`, `tau_block`, `tau_effect`, `tau_unit` and `sigma` (truths, groups), and
        `tau_subunits` (truths, levels, groups); what the layout does not have is 0.
    parts
        How the effects of several factors within blocks differ between blocks.
    kinds
        Which kind of block sees each group; (): all groups are seen by all blocks.
    nu
        Degrees of freedom of units or blocks, (truths,); infinite: normal.
    """

    mu: Array
    scales: Mapping[str, Array]
    nu: Array
    parts: tuple[Part, ...] = ()
    kinds: tuple[int, ...] = ()

    @property
    def kind_of_group(self) -> NDArray[np.intp]:
        """Which kind of block sees each group, shape (groups,)."""
        return np.array(self.kinds or [0] * self.mu.shape[1], dtype=np.intp)

    def __len__(self) -> int:
        """Return the number of truths."""
        return len(self.mu)

    def one_effect(self, asked: Sequence[Contrast]) -> bool:
        """Whether all truths have the same contrasts, however their spreads differ."""
        found = self.mu @ np.stack([c.weights for c in asked]).T
        return bool(np.ptp(found, axis=0).max() <= 1e-9 * max(np.abs(found).max(), 1e-300))

    def of_round(self, number: int) -> Self:
        """Return the truth of each experiment of a round, in turn."""
        return self.taken((number * ROUND + np.arange(ROUND)) % len(self))

    def taken(self, which: NDArray[np.intp]) -> Self:
        """Return the truths at these positions."""
        scales = {name: values[which] for name, values in self.scales.items()}
        parts = tuple(replace(part, spread=part.spread[which]) for part in self.parts)
        return replace(self, mu=self.mu[which], scales=scales, nu=self.nu[which], parts=parts)

    def ordered(self, order: NDArray[np.intp], kinds: tuple[int, ...]) -> Self:
        """Return the truths of the groups in another order, with the kinds of blocks in that."""
        scales = {name: spreads[..., order] for name, spreads in self.scales.items()}
        parts = tuple(
            replace(part, codes=part.codes[order], spread=part.spread[:, order])
            for part in self.parts
        )
        return replace(self, mu=self.mu[:, order], scales=scales, parts=parts, kinds=kinds)

    def with_effect(self, factor: float) -> Self:
        """Return the same truths with every difference to the reference times a factor."""
        first = self.mu[:, :1]
        return replace(self, mu=first + factor * (self.mu - first))


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Round:
    """The random numbers of one round, of the largest design; smaller ones use a part of them.

    So designs are compared on the same mice and the same errors.

    Attributes
    ----------
    truths
        One for each experiment.
    block, cell, unit
        Standardised deviations, (sets, blocks, kinds), (sets, blocks, groups), (sets, blocks,
        groups, units).
    parts
        Those of the parts of the truths, each (sets, blocks, kinds, levels).
    stretch
        1 / sqrt(lambda) of blocks, shaped as `block`, or of units, shaped as `unit`.
    subunits
        Deviations of every level inside a unit, one more axis for each.
    reading
        Errors of readings, the last axis.
    lost
        A uniform number for each unit (or block): it is lost where this is small.
    """

    truths: Truths
    block: Array
    cell: Array
    unit: Array
    parts: tuple[Array, ...]
    stretch: Array
    subunits: tuple[Array, ...]
    reading: Array
    lost: Array

    @classmethod
    def of(cls, truths: Truths, largest: Shape, seed: int, number: int) -> Self:
        """Draw the numbers of a round."""
        rng = np.random.default_rng([seed, number])
        own = truths.of_round(number)
        groups, blocks = own.mu.shape[1], max(largest.blocks, 1)
        units = (ROUND, blocks, groups, max(largest.units))
        levels = [units + largest.subunits[: i + 1] for i in range(len(largest.subunits))]
        each = (ROUND, blocks, largest.kinds)
        stretched = each if largest.blocks else units
        nu = own.nu.reshape(-1, *(1 for _ in stretched[1:]))
        finite = np.where(np.isfinite(nu), nu, 1.0)
        mixing = rng.standard_gamma(np.broadcast_to(finite / 2, stretched)) * 2 / finite
        return cls(
            truths=own,
            block=rng.standard_normal(each),
            cell=rng.standard_normal((ROUND, blocks, groups)),
            unit=rng.standard_normal(units),
            stretch=np.where(np.isfinite(nu), 1 / np.sqrt(np.maximum(mixing, 1e-300)), 1.0),
            subunits=tuple(rng.standard_normal(level) for level in levels),
            reading=rng.standard_normal((levels[-1] if levels else units) + (largest.readings,)),
            lost=rng.random((ROUND, blocks) if largest.blocks else units[:1] + units[2:]),
            parts=tuple(rng.standard_normal((*each, part.codes.max() + 1)) for part in own.parts),
        )

    def left(self, shape: Shape, lost: float) -> list[tuple[Shape, NDArray[np.intp]]]:
        """Return what is left of an experiment that loses units (or blocks), and of which ones.

        Which unit is lost has nothing to do with its readings, so that those that are left are as
        good as the first so many.
        """
        sets = np.arange(ROUND)
        if not lost:
            return [(shape, sets)]
        if shape.blocks:
            counts = (self.lost[:, : shape.blocks] >= lost).sum(axis=1)[:, None]
        else:
            kept = self.lost >= lost
            counts = np.stack(
                [kept[:, g, :n].sum(axis=1) for g, n in enumerate(shape.units)], axis=1
            )
        found = []
        for pattern in np.unique(counts, axis=0):
            own = sets[(counts == pattern).all(axis=1)]
            numbers = tuple(int(n) for n in pattern)
            smaller = (
                replace(shape, blocks=numbers[0]) if shape.blocks else replace(shape, units=numbers)
            )
            found.append((smaller, own))
        return found

    def values(self, shape: Shape, sets: NDArray[np.intp]) -> Array:
        """Return readings of experiments of one size, (sets, rows) as `row_places` orders them."""
        s, blocks = self.truths.scales, max(shape.blocks, 1)
        mu = self.truths.mu[sets]

        centre = np.repeat(mu[:, None, :], blocks, axis=1)
        if shape.blocks:
            kind = self.truths.kind_of_group
            deviation = s["tau_block"][sets][:, None] * self.block[sets, :blocks][:, :, kind]
            deviation = deviation + (
                s["tau_effect"][sets][:, None] / np.sqrt(2) * self.cell[sets, :blocks]
            )
            for part, drawn in zip(self.truths.parts, self.parts, strict=True):
                own = drawn[sets, :blocks][:, :, kind, part.codes]
                deviation = deviation + part.spread[sets][:, None] / np.sqrt(2) * own
            centre = centre + self.stretch[sets, :blocks][:, :, kind] * deviation
        columns = []
        for g, count in enumerate(shape.units):
            unit = self.unit[sets, :blocks, g, :count]
            if shape.blocks:
                unit = s["tau_unit"][sets, g][:, None, None] * unit
            else:
                unit = (
                    s["tau"][sets, g][:, None, None] * unit * self.stretch[sets, :blocks, g, :count]
                )
            own = centre[:, :, g, None] + unit
            for level, (drawn, members) in enumerate(
                zip(self.subunits, shape.subunits, strict=True)
            ):
                picked = drawn[sets, :blocks, g, :count]
                tau = s["tau_subunits"][sets, level, g].reshape(-1, *(1 for _ in own.shape))
                own = own[..., None] + tau * picked
                assert picked.shape[-1] == members
            noise = self.reading[sets, :blocks, g, :count][..., : shape.readings]
            sigma = s["sigma"][sets, g].reshape(-1, *(1 for _ in own.shape))
            own = own[..., None] + sigma * noise
            columns.append(own.reshape(len(sets), blocks, -1))
        return np.concatenate(columns, axis=2).reshape(len(sets), -1)
