"""An answer with its pictures as methods."""

from typing import TYPE_CHECKING

from nestimate.results import figures
from nestimate.results.answer import Answer
from nestimate.results.figures import estimation
from nestimate.results.figures.sheet import Sheet, drawn_on

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class Pictured(Answer):
    """An `Answer` that draws itself."""

    def plot_estimation(
        self,
        kind: estimation.Kind | None = None,
        *,
        figsize: tuple[float, float] | None = None,
        width: float | None = None,
        bare: bool = False,
    ) -> "Figure":
        """Return readings, units and groups on one axis, the differences beside them.

        Parameters
        ----------
        kind
            "gardner-altman": the difference beside the data, zero at the mean of the reference;
            "cumming": differences below the data; "superplot": the data alone, readings small and
            means of units large, a colour for each unit or block. None: what has room. Of several
            factors the differences of differences (delta-delta) stand last below the data.
        figsize
            Width and height in inches; None: as large as it needs.
        width
            Width in millimetres, the height following: 89 for a journal's column, 183 for its page.
        bare
            Without its title, for a paper; one column (89 mm) wide where no size is given.

        Other figures take the same; those of one panel also `ax`, axes of your own to draw on.
        Matplotlib's styles and rcParams hold: letters, colours, paper. Saved as SVG or PDF, text
        stays text.
        """
        return drawn_on(
            Sheet(figsize=figsize, width=width, bare=bare), figures.estimation_plot, self, kind
        )

    def plot_interaction(
        self,
        *,
        ax: "Axes | None" = None,
        figsize: tuple[float, float] | None = None,
        width: float | None = None,
        bare: bool = False,
    ) -> "Figure":
        """Return the means of the cells of several factors, a line per level."""
        sheet = Sheet(ax=ax, figsize=figsize, width=width, bare=bare)
        return drawn_on(sheet, figures.interaction_plot, self)

    def plot_posterior(
        self,
        name: str | None = None,
        *,
        ax: "Axes | None" = None,
        figsize: tuple[float, float] | None = None,
        width: float | None = None,
        bare: bool = False,
    ) -> "Figure":
        """Return the posterior of every headline quantity, or of the one of this name.

        With interval, ROPE and zero. Axes of your own hold one quantity.
        """
        sheet = Sheet(ax=ax, figsize=figsize, width=width, bare=bare)
        return drawn_on(sheet, figures.posterior_plot, self, name)

    def plot_pair(
        self,
        *,
        figsize: tuple[float, float] | None = None,
        width: float | None = None,
        bare: bool = False,
    ) -> "Figure":
        """Return population parameters and differences, each against each."""
        return drawn_on(Sheet(figsize=figsize, width=width, bare=bare), figures.pair_plot, self)

    def plot_forest(
        self,
        *,
        ax: "Axes | None" = None,
        figsize: tuple[float, float] | None = None,
        width: float | None = None,
        bare: bool = False,
    ) -> "Figure":
        """Return every block's effect, or unit's mean, raw and as estimated, and a new one's."""
        return drawn_on(
            Sheet(ax=ax, figsize=figsize, width=width, bare=bare), figures.forest_plot, self
        )

    def plot_variance(
        self,
        *,
        ax: "Axes | None" = None,
        figsize: tuple[float, float] | None = None,
        width: float | None = None,
        bare: bool = False,
    ) -> "Figure":
        """Return the share of the variance of a reading that each level has."""
        return drawn_on(
            Sheet(ax=ax, figsize=figsize, width=width, bare=bare), figures.variance_plot, self
        )

    def plot_predictive(
        self,
        *,
        ax: "Axes | None" = None,
        figsize: tuple[float, float] | None = None,
        width: float | None = None,
        bare: bool = False,
    ) -> "Figure":
        """Return the data beside data sets replicated from the model, level by level."""
        return drawn_on(
            Sheet(ax=ax, figsize=figsize, width=width, bare=bare), figures.predictive_plot, self
        )

    def plot_prior(
        self,
        *,
        figsize: tuple[float, float] | None = None,
        width: float | None = None,
        bare: bool = False,
    ) -> "Figure":
        """Return prior and posterior of every free parameter: what the data taught."""
        return drawn_on(Sheet(figsize=figsize, width=width, bare=bare), figures.prior_plot, self)

    def plot_outliers(
        self,
        *,
        ax: "Axes | None" = None,
        figsize: tuple[float, float] | None = None,
        width: float | None = None,
        bare: bool = False,
    ) -> "Figure":
        """Return how probably each unit, or block, lies far out, sorted."""
        return drawn_on(
            Sheet(ax=ax, figsize=figsize, width=width, bare=bare), figures.outlier_plot, self
        )

    def plot_sensitivity(
        self,
        *,
        figsize: tuple[float, float] | None = None,
        width: float | None = None,
        bare: bool = False,
    ) -> "Figure":
        """Return how far differences lean on the priors, and what they are without each unit."""
        return drawn_on(
            Sheet(figsize=figsize, width=width, bare=bare), figures.sensitivity_plot, self
        )
