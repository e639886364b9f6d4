"""Pictures of an answer: each function returns a Matplotlib Figure and shows nothing."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from nestimate.results.answer import Answer
from nestimate.results.figures import (
    forest,
    hinges,
    interaction,
    learning,
    outliers,
    posteriors,
    replication,
    variance,
)
from nestimate.results.figures.estimation import estimation_plot
from nestimate.results.figures.forest import forest_plot
from nestimate.results.figures.hinges import sensitivity_plot
from nestimate.results.figures.interaction import interaction_plot
from nestimate.results.figures.learning import prior_plot
from nestimate.results.figures.outliers import outlier_plot
from nestimate.results.figures.posteriors import pair_plot, posterior_plot
from nestimate.results.figures.replication import predictive_plot
from nestimate.results.figures.variance import variance_plot

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "FIGURES",
    "available",
    "estimation_plot",
    "forest_plot",
    "interaction_plot",
    "outlier_plot",
    "pair_plot",
    "posterior_plot",
    "predictive_plot",
    "prior_plot",
    "sensitivity_plot",
    "telling",
    "variance_plot",
]

#: Every figure by its name, in the order in which a reader wants them.
FIGURES: Mapping[str, "Callable[[Answer], Figure]"] = {
    "estimation": estimation_plot,
    "interaction": interaction_plot,
    "posterior": posterior_plot,
    "forest": forest_plot,
    "variance": variance_plot,
    "predictive": predictive_plot,
    "prior": prior_plot,
    "sensitivity": sensitivity_plot,
    "outlier": outlier_plot,
    "pair": pair_plot,
}

_WHY_NOT: Mapping[str, Callable[[Answer], str]] = {
    "interaction": interaction.why_not,
    "forest": forest.why_not,
    "variance": variance.why_not,
    "predictive": replication.why_not,
    "prior": learning.why_not,
    "sensitivity": hinges.why_not,
    "outlier": outliers.why_not,
}


def available(answer: Answer) -> tuple[str, ...]:
    """Return the names in `FIGURES` that suit the layout; none if a check failed."""
    if not answer.passed:
        return ()
    return tuple(name for name in FIGURES if name not in _WHY_NOT or not _WHY_NOT[name](answer))


#: Whether a figure says something that is not seen at once, for those that may say nothing.
_SAYS: Mapping[str, Callable[[Answer], bool]] = {
    "posterior": posteriors.says,
    "forest": forest.says,
    "sensitivity": hinges.says,
    "outlier": outliers.says,
    "pair": posteriors.says,
}


def telling(answer: Answer) -> tuple[str, ...]:
    """Return the names of those that suit the layout and say something of this answer."""
    return tuple(name for name in available(answer) if name not in _SAYS or _SAYS[name](answer))
