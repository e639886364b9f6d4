"""Labels that return in other groups or blocks: the same things again, or others numbered anew."""

from collections.abc import Sequence

from nestimate.data.designs.vocabulary import hints, lasts, passes
from nestimate.data.inspection.crossings import Crossing
from nestimate.data.inspection.curves import moments
from nestimate.data.inspection.factors import begins_anew
from nestimate.data.inspection.looks import counting


def met_again(crossing: Crossing, unit: str, place: Sequence[str]) -> bool:
    """Return whether a label names the same thing wherever it is met: each lies in one group.

    Where it is met in several blocks, or under several levels of what is compared, it lies in one
    level of something that is compared: labels were given through. What lies in it is no block.
    """
    last = place[-1]
    if len(place) > 1 and "person" in hints(last):
        return True  # what two observers counted, or two operators pipetted
    inner = len(place) > 1 and hints(last) & {"unit", "block"} == {"unit"}
    inner = inner and not passes(unit)
    if not inner and (begins_anew(crossing, unit, last) or "place" in hints(unit)):
        return False
    held = {*place, *crossing.factors}
    return any(crossing.size(name) > 1 and crossing.inside(unit, name) for name in held)


def measured_again(crossing: Crossing, group: str, name: str) -> bool:
    """Return whether the groups are times at which the same things were measured."""
    return (
        moments(crossing, group)
        and "unit" in hints(name)
        and crossing.most_rows([group, name]) == 1
        and crossing.size(group, name) > crossing.size(name)
    )


def one_each(crossing: Crossing, group: str, name: str) -> bool:
    """Return whether every row is another animal, numbered anew in each group, as it may be."""
    numbered = lasts(name) and counting(crossing.labels[name])
    return numbered and crossing.most_rows([group, name]) == 1
