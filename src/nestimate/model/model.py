"""From z ~ N(0, I) to parameters and a density: what the sampler needs of a model."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self, cast

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.design import Design
from nestimate.data.designs.reference_free import reference_free
from nestimate.model import triangular
from nestimate.model.arms import independent, straightened
from nestimate.model.assumptions import Assumptions
from nestimate.model.crossed import CrossedDensity
from nestimate.model.cut_off import CutOffDensity
from nestimate.model.densities import Density, density_of
from nestimate.model.draws import Draws
from nestimate.model.families import FIXED, NORMALITY, Family, pooled, scale_of
from nestimate.model.grouped import GroupedDensity
from nestimate.model.parameters import FIXED_PART, Parameter, affine, assembled, choose_parameters
from nestimate.model.priors import Prior
from nestimate.model.responses.response import Response
from nestimate.model.responses.table import integrated, response_of
from nestimate.model.unit_integral import UnitIntegral
from nestimate.model.units import UnitDensity
from nestimate.model.whitening import Z_EDGE, Whitening

Array = NDArray[np.float64]
Theta = Mapping[Family, Array]
#: Where a prior ends, in SDs of the engine's coordinates.
EDGE = 7.5
#: Points far out in the tails may overflow: their density is then zero, which is right.
EXTREMES = np.errstate(over="ignore", divide="ignore", invalid="ignore", under="ignore")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Shared:
    """What the coordinates and the density of the same draws have in common.

    Attributes
    ----------
    scales
        The parameters that are not group means, as `Model.standard` gives them.
    parts
        What the density has made of them, where that costs as much as the rest: its last argument.
    """

    scales: Theta
    parts: tuple[Any, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Model:
    """Parameters, priors and density of a design.

    Attributes
    ----------
    design, assumptions
        What is modelled, and what was chosen about it.
    parameters
        Every scalar parameter with its prior, in the user's unit: mu, tau, sigma, nu.
    density
        Log density of the readings given standardised parameters.
    whitening
        One map per free parameter.
    response
        What a reading is, where it is no normal one.

    Notes
    -----
    The sampler's coordinates are z of shape (draws, dim), one column per free parameter in the
    order of `free`, with prior N(0, I).
    """

    design: Design
    assumptions: Assumptions
    parameters: tuple[Parameter, ...]
    density: Density
    whitening: tuple[Whitening, ...]
    response: Response | None = None

    @classmethod
    def from_design(cls, design: Design, assumptions: Assumptions) -> Self:
        """Choose parameters and priors for a design.

        Raises
        ------
        DesignError
            When an assumption or a prior names something that is not there.
        """
        parameters = choose_parameters(design, assumptions)
        response = response_of(design, student=assumptions.robust_readings)
        robust = assumptions.robust_units
        return cls(
            design=design,
            assumptions=assumptions,
            parameters=parameters,
            density=density_of(design, robust=robust)
            if response is None
            else integrated(design, response, robust=robust),
            whitening=_whitening(design, parameters),
            response=response,
        )

    def with_parameters(self, parameters: tuple[Parameter, ...]) -> Self:
        """Return the model with other priors of the same parameters."""
        whitening = _whitening(self.design, parameters)
        return replace(self, parameters=parameters, whitening=whitening)

    @cached_property
    def free(self) -> tuple[Parameter, ...]:
        """The parameters that are estimated, in the order of the columns of z."""
        return tuple(p for p in self.parameters if p.free)

    @cached_property
    def drawn(self) -> tuple["Model", NDArray[np.intp]]:
        """The model that is drawn from, whichever the reference; which of its columns are ours."""
        design, order = reference_free(self.design)
        if design is self.design:
            return self, np.arange(len(self.free))
        place = {g: i for i, g in enumerate(order)}
        sizes = Counter(p.family for p in self.parameters for _ in (p.member, *p.others))
        families = list(sizes)

        def moved(parameter: Parameter) -> Parameter:
            size, stratum = sizes[parameter.family], parameter.family.stratum
            if size > 1 and stratum is not None:
                ours, theirs = (one.structure.strata[stratum] for one in (self.design, design))
                places = theirs.places(ours.homes[parameter.member])
            elif size < len(order) or (parameter.family == FIXED and self.design.formula):
                return parameter
            else:
                places = tuple(sorted(place[g] for g in (parameter.member, *parameter.others)))
            return replace(parameter, member=places[0], others=places[1:])

        ours = [(p.family, moved(p).member) for p in self.free]
        # The priors are ours: they follow the groups, and not the order of these.
        parameters = sorted(
            map(moved, self.parameters), key=lambda p: (families.index(p.family), p.member)
        )
        model = Model.from_design(design, self.assumptions).with_parameters(tuple(parameters))
        columns = {(p.family, p.member): i for i, p in enumerate(model.free)}
        return model, np.array([columns[own] for own in ours], dtype=np.intp)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Parameter families in order: mu, tau, sigma, nu."""
        return tuple(dict.fromkeys(p.name for p in self.parameters))

    @EXTREMES
    def standard(self, z: Array, scales: Theta | None = None) -> dict[Family, Array]:
        """Return standardised parameters by family, each of shape (size, draws).

        Parameters
        ----------
        z
            Shape (draws, dim).
        scales
            Those that `warp` found for the same z: only the group means are then worked out.
        """
        if scales is None:
            return self._with_pooled(self._mapped(z, self.parameters, self.whitening))
        means = [p for p in self.parameters if p.kind in FIXED_PART]
        return self._with_pooled({**scales, **self._mapped(z, means, self.whitening)})

    def standard_scales(self, z: Array) -> dict[Family, Array]:
        """Return those of `standard` beside the fixed part, from their columns of z alone."""
        scales = [p for p in self.parameters if p.kind not in FIXED_PART]
        whitening = self.whitening[len(self.whitening) - z.shape[1] :]
        return self._with_pooled(self._mapped(z, scales, whitening))

    def _mapped(
        self, z: Array, parameters: Sequence[Parameter], whitening: Sequence[Whitening]
    ) -> dict[Family, Array]:
        """Return these parameters by family, from as many columns of z as are free."""
        columns = iter(zip(whitening, z.T, strict=False))
        rows: list[tuple[Parameter, Array]] = []
        for parameter in parameters:
            if parameter.free:
                own, column = next(columns)
                row = own.value(np.clip(column, -Z_EDGE, Z_EDGE))
            else:
                fixed = _standardised(parameter, self.design)
                row = fixed.quantile(np.zeros(len(z)), np.ones(len(z)))
            rows.append((parameter, row))
        return {family: np.stack(own) for family, own in assembled(rows).items()}

    def natural(self, standard: Theta) -> Draws:
        """Return parameters in the user's unit.

        With a formula these are its coefficients as they stand there, beside the group means.
        """
        structure = self.design.structure
        found: list[tuple[Parameter, Array]] = []
        for parameter in self.parameters:
            centre, spread = affine(parameter.kind, self.design)
            found.append(
                (parameter, centre + spread * standard[parameter.family][parameter.member])
            )
        families = {family: np.stack(rows, axis=1) for family, rows in assembled(found).items()}
        whole = self._with_pooled({family: rows.T for family, rows in families.items()})
        families |= {family: rows.T for family, rows in whole.items() if family not in families}
        means = families[FIXED]
        if structure.text:
            means = means @ structure.means.T
            families[FIXED][:, 0] -= families[FIXED] @ structure.offsets
        return Draws(
            structure=structure, parameters=self.parameters, families=families, means=means
        )

    def draws(self, named: Mapping[str, Array]) -> Draws:
        """Return draws that were kept by printed name, each of shape (draws, size)."""
        return Draws.from_named(self.design.structure, self.parameters, named)

    def group_means(self, standard: Theta) -> Array:
        """Return standardised group means, shape (groups, draws)."""
        structure = self.design.structure
        return structure.means @ standard[FIXED] if structure.text else standard[FIXED]

    def _with_pooled(self, theta: dict[Family, Array]) -> dict[Family, Array]:
        """Add the groups' scales where they are drawn towards a typical one."""
        found = dict(theta)
        for stratum in self.design.structure.strata:
            typical, factor, place = pooled(stratum)
            if place in theta:
                found[scale_of(stratum)] = theta[typical] * np.exp(theta[factor] * theta[place])
        return found

    @EXTREMES
    def log_likelihood_each(self, draws: Draws) -> Array:
        """Log density of the readings of every unit, or block, by itself: (clusters, draws).

        Parameters
        ----------
        draws
            Parameters in the user's unit, as `natural` gives them.
        """
        rows: list[tuple[Parameter, Array]] = []
        families = {**draws.families, FIXED: draws.centred}
        for parameter in self.parameters:
            # Of a formula the intercept and the slopes are of two kinds.
            centre, spread = affine(parameter.kind, self.design)
            own = (families[parameter.family][:, parameter.member] - centre) / spread
            rows.append((parameter, own))
        theta = {family: np.stack(found) for family, found in assembled(rows).items()}
        theta = self._with_pooled(theta)
        return self.density.per_cluster(theta)

    @EXTREMES
    def log_likelihood(self, z: Array, shared: Shared | None = None) -> Array:
        """Log density of the standardised readings at z, shape (draws,); see `warp`."""
        if shared is None:
            return self.density.log_density(self.standard(z))
        return self.density.log_density(self.standard(z, shared.scales), *shared.parts)

    def start(self, first: int = 0) -> Array:
        """Return a z near the bulk of the posterior, (dim,), or its columns from `first` on."""
        return np.clip(self._moments(first), -6, 6)

    @property
    def contradicted(self) -> str:
        """The mean or slope that the data put where its prior has no mass; empty where none is."""
        z = np.abs(self._moments()) * [p.kind in FIXED_PART for p in self.free]
        worst = int(np.argmax(z))
        return self.free[worst].label if z[worst] > EDGE else ""

    def _moments(self, first: int = 0) -> Array:
        """Return the z of what moments of the data say, shape (dim,); see `start`."""
        guess = self.density.guess()
        for stratum in self.design.structure.strata:
            typical, factor, place = pooled(stratum)
            guess[typical] = np.array([np.mean(guess.get(scale_of(stratum), np.ones(1)))])
            guess |= {factor: np.full(1, 0.3), place: np.zeros(1)}
        z = []
        for parameter, whitening in list(zip(self.free, self.whitening, strict=True))[first:]:
            values = guess[parameter.family]
            value = values[parameter.member % len(values)]
            z.append(whitening.inverse(float(value)))
        return np.array(z)

    def rivals(self, z: Array) -> Array:
        """Return points, shape (k, dim), from which other peaks than that at z may be reached.

        In a group of few units far apart any of them may be the outlier: its mean then has a peak
        at each end.
        """
        points = []
        if isinstance(self.density, UnitDensity | UnitIntegral | CutOffDensity):
            columns = {(p.family, p.member): i for i, p in enumerate(self.free)}
            theta = {family: rows[:, 0] for family, rows in self.standard(z[None, :]).items()}
            for g, value in self.density.rivals(theta):
                column = columns.get((FIXED, g))
                if column is not None:
                    point = z.copy()
                    point[column] = self.whitening[column].inverse(value)
                    points.append(point)
        return np.reshape(points, (-1, z.size))

    @property
    def ridge(self) -> int | None:
        """Column of z of the normality nu: beyond 30 it changes little but its own prior."""
        return next((i for i, p in enumerate(self.free) if p.family == NORMALITY), None)

    @property
    def blocks(self) -> tuple[NDArray[np.intp], ...]:
        """Columns of z that are independent of each other given the rest, if any."""
        return independent(self.parameters, self.design.structure)

    @property
    def round(self) -> NDArray[np.intp]:
        """Columns of z that `warp` makes round whatever the others are, where these are many."""
        return straightened(self.parameters, self.design.structure)

    @EXTREMES
    def warp(self, z: Array) -> tuple[Array, Array, Array, Shared]:
        """Return the centre and the precision that make the first l columns of z round.

        Those columns are the free group means. They are the better known the smaller the scales
        are, so the posterior is a funnel. Given the scales, z is normal with mean `centre` and
        precision A L L'A' if the units are normal, and nearly so otherwise. Only the columns of z
        after the first l are looked at.

        Returns
        -------
        centre, axes, root
            The centre, (draws, l); A, orthogonal and the same for all draws, (l, l), along which L,
            lower triangular, is nearly diagonal, (draws, l, l).
        shared
            What depends on the scales alone, so that `log_likelihood` need not find it again.
        """
        inside, pull, shared = self._known(z[:, self._means :])
        axes = self._axes
        root = triangular.factor(axes.T @ inside @ axes + np.eye(len(axes)))
        turned = triangular.solved_back(root, triangular.solved(root, pull @ axes))
        return turned @ axes.T, axes, root, shared

    @cached_property
    def _means(self) -> int:
        """Number of columns of z that are means or slopes: the first ones."""
        return sum(p.kind in FIXED_PART for p in self.free)

    @cached_property
    def _axes(self) -> Array:
        """Axes of what is known of the means near the bulk of the posterior, (l, l).

        In balanced designs they are those for any scales.
        """
        inside, _, _ = self._known(self.start(self._means)[None])
        return np.asarray(np.linalg.eigh(inside[0])[1])

    def _known(self, z: Array) -> tuple[Array, Array, Shared]:
        """Return what the readings say of the free means: precision in z, linear term, and parts.

        `z`: the columns after those of the means.
        """
        locations = [p for p in self.parameters if p.kind in FIXED_PART]
        free = np.array([p.free for p in locations])
        theta = self.standard_scales(z)
        middle = self._mapped(np.zeros((1, self._means)), locations, self.whitening)[FIXED].T
        origin = np.broadcast_to(middle, (len(z), len(locations)))
        slope = np.zeros(len(locations))
        steps = [w.value(np.array([-0.5, 0.5])) for w in self.whitening[: self._means]]
        slope[free] = [high - low for low, high in steps]
        parts: Any = ()
        if isinstance(self.density, GroupedDensity | CrossedDensity):
            parts = (self.density.collapsed(theta),)
        precision, linear = self.density.information({**theta, FIXED: origin.T}, *parts)
        linear = linear - (precision @ origin[:, :, None])[:, :, 0]
        inside = precision[:, free][:, :, free] * np.outer(slope[free], slope[free])
        pull = np.nan_to_num(linear * slope)[:, free]
        return np.nan_to_num(inside), pull, Shared(scales=theta, parts=parts)


def _whitening(design: Design, parameters: tuple[Parameter, ...]) -> tuple[Whitening, ...]:
    spread = design.yardstick.spread
    return tuple(
        Whitening.of(
            _standardised(parameter, design),
            None if parameter.lower is None else float(f"{parameter.lower / spread:.12g}"),
        )
        for parameter in parameters
        if parameter.free
    )


def _standardised(parameter: Parameter, design: Design) -> Prior:
    """Return the prior in the engine's units, rounded as `Yardstick.standardised` does the data."""
    prior = parameter.prior.standardised(*affine(parameter.kind, design))
    numbers = {name: float(f"{value:.12g}") for name, value in vars(prior).items()}
    rounded: Prior = replace(cast(Any, prior), **numbers)
    return rounded
