"""How the scales of endpoints are pooled, by the words of the command line."""

from collections.abc import Callable
from dataclasses import dataclass

from nestimate.studies.screen.reduced import Reduced
from nestimate.studies.screen.scales import Box, Own, Ratio, ScalePrior, learn_pooled, learn_ratio


@dataclass(frozen=True, kw_only=True)
class Pool:
    """A way to pool scales.

    Attributes
    ----------
    name
        Its word.
    least
        Fewest endpoints that it can be learnt from.
    learn
        Endpoints to the prior, and to where the scales lie.
    says
        What it takes for granted.
    by_level
        Whether spreads can be learnt by the level of the readings: endpoints have one unit.
    """

    name: str
    least: int
    learn: Callable[[Reduced], tuple[ScalePrior, Box]]
    says: str
    by_level: bool = False


def _scales(reduced: Reduced) -> tuple[ScalePrior, Box]:
    box = Box.of(reduced)
    return learn_pooled(reduced, box), box


def _ratio(reduced: Reduced) -> tuple[ScalePrior, Box]:
    reduced = reduced.over(Ratio(learnt={}).unit(reduced))
    box = Box.of(reduced, sds=6.0)
    return learn_ratio(reduced, box), box


def _own(reduced: Reduced) -> tuple[ScalePrior, Box]:
    prior = Own(names=reduced.scales)
    return prior, Box.of(reduced.over(prior.unit(reduced)), sds=6.0)


POOLS = {
    pool.name: pool
    for pool in (
        Pool(
            name="scales",
            least=50,
            learn=_scales,
            says="all endpoints have one unit (log2, say), and spreads at one level are alike",
            by_level=True,
        ),
        Pool(
            name="icc",
            least=50,
            learn=_ratio,
            says="endpoints have units of their own, and share how tau and sigma compare",
        ),
        Pool(name="none", least=1, learn=_own, says="every endpoint has spreads of its own"),
    )
}
