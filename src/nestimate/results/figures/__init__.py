"""Pictures of an answer: each function returns a Matplotlib Figure and shows nothing."""

from nestimate.results.figures.estimation import estimation_plot
from nestimate.results.figures.forest import forest_plot
from nestimate.results.figures.posteriors import pair_plot, posterior_plot
from nestimate.results.figures.variance import variance_plot

__all__ = ["estimation_plot", "forest_plot", "pair_plot", "posterior_plot", "variance_plot"]
