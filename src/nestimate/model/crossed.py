r"""Random factors that cross: normal effects that tie all rows together.

Readings follow::

    y = X beta + W v + e,    v ~ N(0, T),    e ~ N(0, sigma^2)

with a column of W for every level of every factor, and T diagonal. With R = sigma^2 T^-1::

    K = W'W + R,    V^-1 = (I - W K^-1 W') / sigma^2,    |V| = sigma^2n |K| / |R|

Only cross products of [W X y] enter. The factor with most levels is eliminated first, see
`elimination`; of p levels of all others Cholesky's factor costs p^3 / 3.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from nestimate.data.designs.design import Design
from nestimate.data.designs.stratum import Effect, Stratum
from nestimate.data.designs.structure import Structure
from nestimate.data.designs.subset import in_turn
from nestimate.model.elimination import Factored, Products, Rows, Sparse
from nestimate.model.families import FIXED, Family, scale_of
from nestimate.model.grouped import (
    highest,
    looks,
    own_scale,
    rough_guess,
    row_cells,
    slopes_of,
    variance_of,
)
from nestimate.model.likelihood import LOG_2PI
from nestimate.remedies import Advice, Remedy

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
Theta = Mapping[Family, Array]

#: Numbers of matrices held at once: few enough to stay in the cache.
ROOM = 500_000
#: Levels of all terms but the largest above which every density takes several milliseconds.
MOST_LEVELS = 400


def left_to_twin(design: Design, *, robust: bool) -> str:
    """Say why factors that cross are left to the PyMC twin; empty where a density holds them."""
    structure = design.structure
    sizes = sorted(sum(_seen(*effect).size for effect in term) for term in _terms(structure))
    if design.observed is not None:
        return f"of response '{design.roles.response}'"
    if robust:
        return "with Student-t effects"
    if structure.correlated:
        return "with correlated effects"
    if sum(sizes[:-1]) > MOST_LEVELS:
        return f"with {sum(sizes[:-1])} levels beside the {sizes[-1]} of the largest factor"
    return ""


def said_of_crossing(design: Design, *, robust: bool) -> str:
    """Say what effects of factors that cross are, and who works on them."""
    structure, why = design.structure, left_to_twin(design, robust=robust)
    cross = f"{', '.join(structure.crossing)} cross and tie all readings together"
    if why:
        return f"{cross}: PyMC samples such a formula {why}, which takes a minute or more."
    return Advice(
        f"{cross}: their effects are taken as normal (Student-t for those of "
        f"{structure.outer.name}, by PyMC: ",
        Remedy("robust", "units"),
        ").",
    )


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Collapsed:
    """Rows with all effects integrated out, for many draws at once.

    Attributes
    ----------
    log_det
        log |V|, shape (draws,).
    xx, xy, yy
        X'V^-1 X (draws, l, l), X'V^-1 y (draws, l) and y'V^-1 y (draws,).
    """

    log_det: Array
    xx: Array
    xy: Array
    yy: Array


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class CrossedDensity:
    """Density of readings under factors that cross; all numbers standardised.

    Attributes
    ----------
    structure
        The columns of the design.
    rows
        The readings.
    order, last
        Positions of effects among those of the first factor and then of the others: those of the
        term with most levels stand last, and there are as many; each level has one of them.
    middle
        Coefficients of the fixed part by least squares, and a scale of what they leave.
    """

    structure: Structure
    rows: Rows
    order: tuple[int, ...]
    last: int
    middle: tuple[Array, float]

    @classmethod
    def from_design(cls, design: Design, *, robust: bool = False) -> Self:  # noqa: ARG003
        """Take the rows of every cell together."""
        structure = design.structure
        first, y, n, count, ss = row_cells(structure, design)
        effects, turns = (*structure.heavy, *structure.inside), in_turn(structure).values()
        *terms, last = sorted(_terms(structure), key=lambda term: sum(_seen(*e).size for e in term))
        levels = [_levels(*effect, first) for term in terms for effect in term]
        most = sparse.csr_array(sparse.hstack([_levels(*effect, first) for effect in last]))
        order = [effects.index(effect) for term in (*terms, last) for effect in term]
        fixed, root = structure.fixed[first], np.sqrt(n)
        rows = Rows(
            columns=sparse.csr_array(
                sparse.hstack([*levels, sparse.csr_array(np.hstack([fixed, y[:, None]]))])
            ),
            most=most,
            weight=n,
            count=count,
            ss=ss,
            sort=design.readings.group[first],
            turns=np.reshape([level.codes[first] for level in turns], (-1, first.size)).T,
        )
        middle = np.linalg.lstsq(fixed * root[:, None], y * root)[0]
        return cls(
            structure=structure,
            rows=rows,
            order=tuple(order),
            last=len(last),
            middle=(middle, design.yardstick.inside),
        )

    @cached_property
    def seen(self) -> tuple[Codes, ...]:
        """The levels that have rows in each term: groups may have terms of their own."""
        return tuple(_seen(*term) for term in (*self.structure.heavy, *self.structure.inside))

    @cached_property
    def scale(self) -> Codes:
        """Which of the last effects each level of the term with most levels has."""
        return np.repeat(
            np.arange(self.last), [self.seen[i].size for i in self.order[-self.last :]]
        )

    @cached_property
    def size(self) -> Array:
        """Readings whose scatter is known, of each group."""
        sorts = len(self.structure.groups)
        return np.bincount(self.rows.sort, weights=self.rows.count, minlength=sorts)

    @cached_property
    def within(self) -> Array:
        """Their squared deviations inside rows, of each group."""
        sorts = len(self.structure.groups)
        return np.bincount(self.rows.sort, weights=self.rows.ss, minlength=sorts)

    @cached_property
    def together(self) -> Products:
        """Cross products where all readings have one sigma."""
        rows = replace(self.rows, sort=np.zeros_like(self.rows.sort))
        return Products.of(rows, 1, self.scale)

    @cached_property
    def apart(self) -> Products:
        """Cross products where each group has a sigma of its own."""
        return Products.of(self.rows, len(self.structure.groups), self.scale)

    def log_density(self, theta: Theta, part: Collapsed | None = None) -> Array:
        """Log density of the standardised readings, shape (draws,); `part` as `collapsed`."""
        part, beta = part or self.collapsed(theta), theta[FIXED]
        far = part.yy - 2 * np.einsum("ld,dl->d", beta, part.xy)
        far += np.einsum("ld,dlm,md->d", beta, part.xx, beta)
        total = -0.5 * (self.size.sum() * LOG_2PI + part.log_det + far)
        return np.where(total <= highest(theta, self.size, self.within) + 1, total, -np.inf)

    def per_cluster(self, theta: Theta) -> Array:
        """Log density of what each member has that is left out in turn, given all the rest.

        Shape (members, draws).
        """
        whole, turns = self.log_density(theta), in_turn(self.structure).values()
        members = [(k, member) for k, level in enumerate(turns) for member in range(level.size)]
        rest = (replace(self, rows=self.rows.without(*member)) for member in members)
        return np.array([whole - one.log_density(theta) for one in rest])

    def effects(self, theta: Theta, rng: np.random.Generator) -> Array:
        """Draw what the groups look like at each level of the first factor, the others at 0.

        Shape (draws, levels x groups).
        """
        return looks(self.structure, theta, self._deviations(theta, rng))

    def slopes(self, theta: Theta, rng: np.random.Generator) -> Array:
        """Draw slopes at each level of the first factor, shape (draws, levels, slopes)."""
        return slopes_of(self.structure, theta[FIXED].T, self._deviations(theta, rng))

    def guess(self) -> dict[Family, Array]:
        """Return parameter values near the bulk of the posterior, from moments."""
        return rough_guess(self.structure, *self.middle)

    def information(self, theta: Theta, part: Collapsed | None = None) -> tuple[Array, Array]:
        """Return precision (draws, l, l) and linear term (draws, l) of the l fixed coefficients."""
        part = part or self.collapsed(theta)
        return part.xx, part.xy

    def collapsed(self, theta: Theta) -> Collapsed:
        """Return what the scales alone make of the rows."""
        sigma2, size = variance_of(theta), self.structure.fixed.shape[1] + 1
        log_det = self.size @ np.log(np.broadcast_to(sigma2, (self.size.size, sigma2.shape[1])))
        rest = np.empty((log_det.size, size, size))
        for window, _, found in self._factored(theta):
            log_det[window] += found.log_det
            rest[window] = found.rest - found.low @ np.swapaxes(found.low, 1, 2)
        rest /= sigma2[0][:, None, None]
        return Collapsed(
            log_det=log_det, xx=rest[:, :-1, :-1], xy=rest[:, :-1, -1], yy=rest[:, -1, -1]
        )

    def _factored(self, theta: Theta) -> Iterator[tuple[slice, Array, Factored]]:
        """Give as many draws as there is room for, with the share of each sort, factored."""
        sigma2 = variance_of(theta)
        products = self.together if len(sigma2) == 1 else self.apart
        share = (sigma2[0] / sigma2).T
        terms = (*self.structure.heavy, *self.structure.inside)
        every = np.stack(
            [
                sigma2[0] / np.square(effect.share * own_scale(theta[scale_of(s)], effect.group))
                for s, effect in (terms[i] for i in self.order)
            ]
        )
        sizes = [self.seen[i].size for i in self.order[: -self.last]]
        ratio, most = np.repeat(every[: -self.last], sizes, axis=0).T, every[-self.last :].T
        step = max(1, ROOM // max(products.whole[0].size, products.across[0].size))
        for start in range(0, len(most), step):
            window = slice(start, start + step)
            own = Factored.of(products, share[window], ratio[window], most[window])
            yield window, share[window], own

    def _deviations(self, theta: Theta, rng: np.random.Generator) -> Array:
        """Draw the effects of the first factor, shape (draws, levels, effects)."""
        sigma = np.sqrt(variance_of(theta))
        products = self.together if len(sigma) == 1 else self.apart
        edges = np.cumsum([self.seen[i].size for i in self.order])[:-1]
        drawn = np.empty((sigma.shape[1], self.structure.outer.size, len(self.structure.heavy)))
        for i, (stratum, effect) in enumerate(self.structure.heavy):
            if self.seen[i].size < stratum.level.size:  # what has no rows is as it was before them
                scale = effect.share * own_scale(theta[scale_of(stratum)], effect.group)
                drawn[:, :, i] = scale[:, None] * rng.standard_normal(drawn.shape[:2])
        for window, share, found in self._factored(theta):
            error = sigma[0, window, None]
            beta = np.hstack([-theta[FIXED].T[window], np.ones_like(error)])
            seen = (beta[:, None, :] @ found.low)[:, 0]
            seen = seen + error * rng.standard_normal(seen.shape)
            own = np.linalg.solve(np.swapaxes(found.root, 1, 2), seen[..., None])[..., 0]
            known = found.known[:, products.kind]
            pull = np.einsum(
                "ds,smk,dk->dm", share, products.across, np.hstack([-own, beta]), optimize=True
            )
            last = pull / known + error * rng.standard_normal(known.shape) / np.sqrt(known)
            parts = np.split(np.hstack([own, last]), edges, axis=1)
            for i, part in zip(self.order, parts, strict=True):
                if i < len(self.structure.heavy):
                    drawn[window, self.seen[i], i] = part
        return drawn


def _terms(structure: Structure) -> list[list[tuple[Stratum, Effect]]]:
    """Return the effects by term; those of groups that have a scale each are one term's."""
    found: dict[tuple[int, str], list[tuple[Stratum, Effect]]] = {}
    for stratum, effect in (*structure.heavy, *structure.inside):
        joined = stratum.lone or stratum.by_home
        key = stratum.position, "" if joined else effect.name
        found.setdefault(key, []).append((stratum, effect))
    return list(found.values())


def _seen(stratum: Stratum, effect: Effect) -> Codes:
    """Return the levels of a term that have rows."""
    return np.unique(stratum.level.codes[effect.column != 0])


def _levels(stratum: Stratum, effect: Effect, rows: Codes) -> Sparse:
    """Return a column for each level of a term that has rows, shape (rows, levels)."""
    seen, inside = _seen(stratum, effect), np.flatnonzero(effect.column[rows])
    place = (inside, np.searchsorted(seen, stratum.level.codes[rows][inside]))
    values = effect.column[rows][inside]
    return sparse.csr_array((values, place), shape=(rows.size, seen.size))
