"""Rules by which an interval or a probability is turned into a verdict."""

from typing import Literal

Sign = Literal["above", "below", "open"]
Rope = Literal["inside", "outside", "overlapping"]

#: Probability beyond which a direction is called settled: either tail of a 95 % interval.
SETTLED = 0.975


def sign_verdict(p_gt_0: float) -> Sign:
    """Return whether a difference is above zero, below it, or neither is settled."""
    if p_gt_0 > SETTLED:
        return "above"
    return "below" if p_gt_0 < 1 - SETTLED else "open"


def rope_verdict(low: float, high: float, rope: tuple[float, float]) -> Rope:
    """Return how an interval lies to the region of practical equivalence (Kruschke 2018).

    Wholly inside: practically equal. Wholly outside: different. Otherwise undecided.
    """
    if rope[0] <= low and high <= rope[1]:
        return "inside"
    return "outside" if high < rope[0] or low > rope[1] else "overlapping"
