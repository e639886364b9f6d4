"""Draws of parameters, keyed by what the parameters are."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.stratum import Effect, Stratum
from nestimate.data.designs.structure import Structure
from nestimate.model.families import (
    FIXED,
    NOISE,
    NORMALITY,
    READINGS,
    Family,
    What,
    pooled,
    scale_of,
)
from nestimate.model.parameters import Parameter, assembled

Array = NDArray[np.float64]

#: What scales are called that come from pooled ones.
POOLED = "tau"

#: What may differ between groups, or between what lies between blocks.
OWN = (What.SCALE, What.NOISE, What.EXCESS)


def scale_terms(
    structure: Structure, parameters: Sequence[Parameter]
) -> dict[str, tuple[str, list[str]]]:
    """Return what the scales of one name are of, where that is not the groups, and its dimension.

    By that name. Scales of several names have one dimension, `term`, where they are of the same.
    """
    named: dict[str, list[str]] = {}
    for p in parameters:
        if p.family.what in OWN and p.group is not None:
            named.setdefault(p.name, []).append(p.group)
    found = {name: of for name, of in named.items() if of != list(structure.groups)}
    one = all(of == next(iter(found.values())) for of in found.values())
    return {name: ("term" if one else f"{name}_term", of) for name, of in found.items()}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Draws:
    """Draws of all parameters, in the user's unit.

    Attributes
    ----------
    structure, parameters
        What they are draws of.
    families
        Shape (draws, size) for every family: size is 1 where groups share a scale. Coefficients of
        a formula are those of its columns as they stand there.
    means
        Group means, shape (draws, groups).
    """

    structure: Structure
    parameters: tuple[Parameter, ...]
    families: Mapping[Family, Array]
    means: Array

    @classmethod
    def from_named(
        cls,
        structure: Structure,
        parameters: tuple[Parameter, ...],
        named: Mapping[str, Array],
    ) -> Self:
        """Return draws that were kept by printed name, each of shape (draws, size).

        Group means are called mu; pooled scales, which no parameter is, tau.
        """
        columns: list[tuple[Parameter, Array]] = []
        seen = dict.fromkeys(named, 0)
        for parameter in parameters:
            columns.append((parameter, named[parameter.name][:, seen[parameter.name]]))
            seen[parameter.name] += 1
        families = {family: np.stack(found, axis=1) for family, found in assembled(columns).items()}
        for stratum in structure.strata:
            if pooled(stratum)[0] in families:
                families[scale_of(stratum)] = named[POOLED]
        means = named["mu"] if structure.text else families[FIXED]
        return cls(structure=structure, parameters=parameters, families=families, means=means)

    def __len__(self) -> int:
        """Return the number of draws."""
        return len(self.means)

    def __getitem__(self, parameter: Parameter) -> Array:
        """Return the draws of one parameter, shape (draws,)."""
        return self.families[parameter.family][:, parameter.member]

    def take(self, which: NDArray[np.intp]) -> Self:
        """Return the draws at these positions."""
        families = {family: found[which] for family, found in self.families.items()}
        means = families[FIXED] if self.means is self.families[FIXED] else self.means[which]
        return replace(self, families=families, means=means)

    @property
    def coefficients(self) -> Array:
        """Coefficients of the fixed part that are drawn, shape (draws, coefficients)."""
        return self.families[FIXED]

    @property
    def centred(self) -> Array:
        """Coefficients of the centred columns, of which the priors speak."""
        if not self.structure.offsets.any():
            return self.families[FIXED]
        coefficients = self.families[FIXED].copy()
        coefficients[:, 0] += self.families[FIXED] @ self.structure.offsets
        return coefficients

    def in_prior(self) -> Iterator[tuple[Parameter, Array]]:
        """Give every parameter with its draws as its prior speaks of it, shape (draws,)."""
        centred = self.centred
        for parameter in self.parameters:
            fixed = parameter.family == FIXED
            yield parameter, centred[:, parameter.member] if fixed else self[parameter]

    def scale(self, stratum: Stratum) -> Array:
        """Return the scales of a stratum, (draws, effects), or (draws, 1) where they share one."""
        return self.families[scale_of(stratum)]

    def scale_at(self, stratum: Stratum, effect: Effect) -> Array:
        """Return the scale of one effect of a stratum, shape (draws, 1)."""
        found = self.scale(stratum)
        place = (effect.group or 0) % found.shape[1]
        return found[:, [place]]

    def scale_in(self, stratum: Stratum) -> Array:
        """Return the scale of a stratum in every group, shape (draws, groups)."""
        found = self.scale(stratum)
        return self.by_group(
            found[:, self.structure.members(stratum)] if found.shape[1] > 1 else found
        )

    def by_group(self, found: Array) -> Array:
        """Return something for every group, shape (draws, groups), what they share repeated."""
        return np.broadcast_to(found, (len(found), len(self.structure.groups)))

    @property
    def noise(self) -> Array | None:
        """SD of a reading, shape (draws, groups) or (draws, 1); None where it is merged."""
        return self.families.get(NOISE)

    @property
    def normality(self) -> Array | None:
        """Degrees of freedom of what is heavy-tailed, shape (draws, 1); None where it is normal."""
        return self.families.get(NORMALITY)

    @property
    def reading_normality(self) -> Array | None:
        """Degrees of freedom of readings, shape (draws, 1); None where they are normal."""
        return self.families.get(READINGS)

    @property
    def theta(self) -> dict[Family, Array]:
        """The same with draws along the last axis, as densities take them."""
        return {family: found.T for family, found in self.families.items()}

    def deviates(self, stratum: Stratum, rng: np.random.Generator, size: int = 1) -> Array:
        """Draw standard deviates of new members of a stratum, shape (draws, size)."""
        shape = (len(self), size)
        if stratum.heavy and self.normality is not None:
            return np.asarray(rng.standard_t(np.broadcast_to(self.normality, shape)))
        return rng.standard_normal(shape)

    def named(self) -> dict[str, Array]:
        """Return the draws by printed name, each of shape (draws, size); see `from_named`."""
        names = {parameter.family: parameter.name for parameter in self.parameters}
        found: dict[str, list[Array]] = {}
        for family, values in self.families.items():
            mine = [p.member for p in self.parameters if p.family == family]
            found.setdefault(names.get(family, POOLED), []).append(values[:, mine or slice(None)])
        joined = {n: each[0] if len(each) == 1 else np.hstack(each) for n, each in found.items()}
        return {"mu": self.means, **joined}
