"""Which parameters depend on which others: those of groups, or arms, that share little."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.structure import Structure
from nestimate.model.parameters import FIXED_PART, Parameter

Codes = NDArray[np.intp]

#: Groups, or parameters of single groups, from which groups are drawn one by one.
MANY_GROUPS, MANY_OWN = 5, 9
#: Scales of single cells of blocks from which means are drawn by themselves.
MANY_SCALES = 4


def independent(parameters: Sequence[Parameter], structure: Structure) -> tuple[Codes, ...]:
    """Return columns of z that are independent of each other given the rest; () where few.

    Those of every group where units lie in groups, and the scales of every arm where blocks lie in
    arms and cells have scales of their own: blocks tie together what they see.
    """
    means = straightened(parameters, structure)
    homes = structure.groups if structure.home is not None else means.size and structure.between
    if not homes:
        return ()
    places = Counter(p.family for p in parameters for _ in (p.member, *p.others))
    free = [p for p in parameters if p.free]
    found: dict[str, list[int]] = {home: [] for home in homes}
    for column, parameter in enumerate(free[means.size :], means.size):
        stratum = parameter.family.stratum
        lies = homes if stratum is None else structure.strata[stratum].bands or homes
        # A family with a member for every group is theirs; what has one member is shared.
        if places[parameter.family] == len(lies):
            own = {lies[place] for place in (parameter.member, *parameter.others)}
            if len(own) == 1:
                found[own.pop()].append(column)
    kept = tuple(np.array(own, dtype=np.intp) for own in found.values() if own)
    inside = sum(own.size for own in kept)
    many = len(kept) >= MANY_GROUPS or inside >= MANY_OWN or means.size
    # Where groups share nothing at all, what one of them has stands for what they share.
    return kept[int(inside + means.size == len(free)) :] if many else ()


def straightened(parameters: Sequence[Parameter], structure: Structure) -> Codes:
    """Return the columns of the means of blocks whose cells have many scales; none elsewhere.

    `Model.warp` makes them round given the scales: of these it is enough to learn the others.
    """
    sizes = Counter(p.family for p in parameters if p.kind == "scale")
    groups = len(structure.groups)
    many = structure.home is None and groups >= MANY_SCALES and groups in sizes.values()
    return np.arange(sum(many and p.free and p.kind in FIXED_PART for p in parameters))
