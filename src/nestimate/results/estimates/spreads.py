"""What scatters, by how much: scales, normality, shares of units, and scales of pairs of groups."""

from itertools import combinations

from nestimate.data.designs.design import Design
from nestimate.data.designs.stratum import Role
from nestimate.inference.fit import Fit
from nestimate.model.families import EXCESS, What
from nestimate.model.parameters import FIXED_PART, Parameter
from nestimate.model.priors import Fixed
from nestimate.results.estimates import estimands
from nestimate.results.estimates.quantities import Quantity

#: What the share of variance between units is called.
SHARE = "icc"
#: Groups of which every pair gets its scale.
MOST_PAIRED = 6


def scales(fit: Fit) -> tuple[Quantity, ...]:
    """Return scales, normality and, in nested layouts, the share of variance between units."""
    found, draws, design = [], fit.draws, fit.model.design
    for parameter in fit.model.parameters:
        if parameter.kind in FIXED_PART or _settled(design, parameter):
            continue
        name, values, positive = parameter.label, draws[parameter], parameter.kind == "scale"
        kind, of = parameter.name, parameter.group or ""
        if parameter.family.what is What.PLACE:
            # Where a pooled scale lies says little; the scale itself is reported.
            stratum = draws.structure.strata[parameter.family.stratum or 0]
            name, values = f"tau[{parameter.group}]", draws.scale(stratum)[:, parameter.member]
            kind, positive = "tau", True
        positive = positive or parameter.family == EXCESS
        found.append(
            Quantity(
                name=name, kind=kind, of=of, values=values, weights=fit.weights, positive=positive
            )
        )
    found += _pair_scales(fit) if design.varies or design.structure.text else []
    if design.layout == "nested" and design.additive:
        noise = [] if draws.noise is None else [draws.noise]
        scales = (*map(draws.scale, draws.structure.strata), *noise)
        own = any(found.shape[1] > 1 for found in scales)
        for g, label in enumerate(design.groups if own else (None,)):
            name = "icc" if label is None else f"icc[{label}]"
            values = estimands.icc(draws, g)
            found.append(
                Quantity(
                    name=name,
                    kind=SHARE,
                    of=label or "",
                    values=values,
                    weights=fit.weights,
                    positive=True,
                )
            )
    return tuple(found)


def _settled(design: Design, parameter: Parameter) -> bool:
    """Whether it is the scale of what holds a single yes or no each, which nothing tells."""
    place = parameter.family.stratum
    if place is None or not isinstance(parameter.prior, Fixed):
        return False
    return not design.tells(design.structure.strata[place])


def _pair_scales(fit: Fit) -> list[Quantity]:
    """Return how far the difference of every pair differs from block to block, where pairs do."""
    groups, draws = fit.model.design.groups, fit.draws
    effect = fit.model.design.structure.stratum(Role.EFFECT)
    if effect is None or effect.apart != groups or draws.scale(effect).shape[1] == 1:
        return []
    return [
        Quantity(
            name=f"tau_effect[{groups[b]} - {groups[a]}]",
            kind="tau_effect",
            of=f"{groups[b]} - {groups[a]}",
            values=estimands.pair_scale(draws, effect, a, b),
            weights=fit.weights,
            positive=True,
        )
        for a, b in combinations(range(min(len(groups), MOST_PAIRED)), 2)
    ]
