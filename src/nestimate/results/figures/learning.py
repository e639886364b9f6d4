"""Prior against posterior: what the data taught."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.inference.diagnostics import quantile
from nestimate.model.model import Model
from nestimate.model.parameters import Parameter, affine
from nestimate.model.whitening import Whitening
from nestimate.results.answer import Answer
from nestimate.results.figures import canvas, findings, sheet
from nestimate.results.words import rounding

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = NDArray[np.float64]

#: Points of z at which a prior is looked at.
GRID = np.linspace(-4.5, 4.5, 451)
#: How many widths of the posterior the axis goes beyond it at most, and bins of a posterior.
REACH, BINS = 3.0, 60
#: From this ratio of widths on the data taught something.
TAUGHT = 1.5
#: Members of a family that get a line in the legend.
NAMED = 4


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Family:
    """Parameters that share a prior.

    Attributes
    ----------
    name
        `tau`, or `beta[day]`.
    prior
        Values at `GRID`, in the user's unit, shape (points,).
    members
        Draws by the name of the group (or of the parameter).
    said
        The prior as the report prints it.
    """

    name: str
    prior: Array
    members: dict[str, Array]
    said: str

    def ratio(self, weights: Array) -> float:
        """By what factor the posterior is narrower than the prior, for the least learned member."""
        mass = np.array([0.025, 0.975])
        wide = np.ptp(np.interp(special.ndtri(mass), GRID, self.prior))
        return float(
            min(wide / np.ptp(quantile(values, weights, mass)) for values in self.members.values())
        )


@sheet.steady
def prior_plot(answer: Answer) -> "Figure":
    """Show the prior and the posterior of every free parameter, to see what the data taught.

    A panel per family of parameters that share a prior, their posteriors in the groups' colours.
    Areas are probabilities: where the posterior stands tall and narrow in a low, wide prior the
    data spoke; where the two agree they were silent, and the prior answers. For the question
    whether the answer comes from the data.

    Raises
    ------
    InferenceError
        When a check failed.
    """
    figure = sheet.blank(answer, (6.4, 4.0))
    every = families(answer)
    shown = every[: canvas.PANELS]
    columns = 2 if len(shown) == 4 or sheet.narrow() else min(len(shown), 3)
    down = -(-len(shown) // columns)
    sheet.resize(figure, (2.7 * columns + 0.2 if columns > 1 else 4.2, 2.0 * down + 0.9))
    sheet.headline(figure, _finding(answer, every))
    axes = figure.subplots(down, columns, squeeze=False, gridspec_kw={"hspace": 0.12}).ravel()
    for ax, family in zip(axes, shown, strict=False):
        _draw(ax, answer, family)
        if sheet.narrow():
            continue
        if len(family.members) > 1 or family is shown[0]:
            ax.legend(
                fontsize=sheet.font(-2),
                frameon=False,
                loc="upper left",
                handlelength=1.2,
                borderpad=0,
            )
    for ax in axes[len(shown) :]:
        ax.set_axis_off()
    if sheet.narrow():
        most = max(range(len(shown)), key=lambda i: len(shown[i].members))
        canvas.legend_below(figure, axes[most])
    return figure


def why_not(answer: Answer) -> str:  # noqa: ARG001
    """Return why there is no such plot: every model has priors."""
    return ""


def families(answer: Answer) -> list[Family]:
    """Return the free parameters, those of one family and one prior together."""
    model = answer.model
    whitening = iter(model.whitening)
    priors: dict[str, set[str]] = {}
    for parameter in model.parameters:
        priors.setdefault(parameter.name, set()).add(str(parameter.prior))
    found: dict[tuple[str, str, str], Family] = {}
    for parameter, values in answer.fit.draws.in_prior():
        if not parameter.free:
            continue
        own = len(priors[parameter.name]) > 1 or parameter.kind == "slope" or _formula(model)
        alone = parameter.label if own else ""
        key = parameter.name, str(parameter.prior), alone
        if key not in found:
            found[key] = Family(
                name=alone or parameter.name,
                prior=_prior(parameter, next(whitening), model),
                members={},
                said=str(parameter.prior),
            )
        else:
            next(whitening)
        found[key].members[parameter.group or parameter.name] = values
    return list(found.values())


def _formula(model: Model) -> bool:
    return model.design.formula is not None


def _prior(parameter: Parameter, whitening: Whitening, model: Model) -> Array:
    centre, spread = affine(parameter.kind, model.design)
    return np.asarray(centre + spread * whitening.value(GRID))


def _draw(ax: "Axes", answer: Answer, family: Family) -> None:
    weights = answer.fit.weights
    low, high = _limits(family, weights)
    middle = 0.5 * (family.prior[1:] + family.prior[:-1])
    width = np.diff(family.prior)
    told = width > 0
    height = np.diff(special.ndtr(GRID))[told] / width[told]
    ax.fill_between(middle[told], height, color=sheet.PALE, alpha=0.6, linewidth=0, label="prior")
    ax.plot(middle[told], height, color=sheet.colour(0), linewidth=1.2)
    tallest = float(height[(middle[told] >= low) & (middle[told] <= high)].max(initial=0.0))
    for g, (name, values) in enumerate(family.members.items()):
        ends = canvas.span(values, weights)
        found, edges = np.histogram(values, canvas.BINS, range=ends, weights=weights)
        found = found / np.diff(edges)
        shade = sheet.colour(g) if len(family.members) > 1 else sheet.colour(1)
        label = _label(name, g, len(family.members))
        ax.stairs(found, edges, color=shade, linewidth=1.3, label=label)
        ax.stairs(
            found, edges, fill=True, color=shade, alpha=0.25 if len(family.members) < 4 else 0.1
        )
        # The first bins of a posterior that piles up at its limit may not squeeze the rest.
        tallest = max(tallest, float(found.max()))
    ax.set_xlim(low, high)
    ax.set_ylim(0, 1.5 * tallest)
    ax.set_yticks([])
    _words(ax, family, weights)


def _label(name: str, position: int, members: int) -> str | None:
    """Name a posterior in the legend: by its group, or all of them at once."""
    if members == 1 or (members > NAMED and position == 0):
        return "posterior" if members == 1 else "posteriors"
    return canvas.short(name, 18) if members <= NAMED else None


def _words(ax: "Axes", family: Family, weights: Array) -> None:
    canvas.tidy(ax)
    ax.locator_params(nbins=5, axis="x")
    ax.spines["left"].set_visible(False)
    ax.set_title(
        canvas.short(family.name, 24 if sheet.narrow() else 30),
        fontsize=sheet.font(),
        parse_math=False,
    )
    ratio = family.ratio(weights)
    times = rounding.number(ratio, 0 if ratio >= 9.5 else 1)
    least = "at least " if len(family.members) > 1 else ""
    words = (
        f"prior {least}{times}\ntimes as wide"
        if ratio >= TAUGHT
        else "hardly narrower\nthan the prior"
    )
    ax.text(
        *(0.98, 0.99, words),
        transform=ax.transAxes,
        ha="right",
        va="top",
        fontsize=sheet.font(-1.5),
    )


def _limits(family: Family, weights: Array) -> tuple[float, float]:
    """Return limits that hold the posterior, and of the prior what leaves it readable."""
    ends = np.array([canvas.span(values, weights) for values in family.members.values()])
    low, high = float(ends[:, 0].min()), float(ends[:, 1].max())
    width = high - low
    first, last = np.interp([-2.2, 2.2], GRID, family.prior)
    return max(min(low, first), low - REACH * width), min(max(high, last), high + REACH * width)


def _finding(answer: Answer, every: list[Family]) -> str:
    """Say which parameters the data taught little about."""
    ratios = {family.name: family.ratio(answer.fit.weights) for family in every}
    silent = [name for name, ratio in ratios.items() if ratio < TAUGHT]
    if not silent:
        least = min(ratios, key=lambda name: ratios[name])
        times = rounding.number(ratios[least], 0 if ratios[least] >= 9.5 else 1)
        least = f"{least} (its prior is {times} times as wide)"
        return f"The data taught about every parameter, least about {least}"
    if len(silent) == len(ratios):
        return "The data taught little about any parameter: the priors answer"
    return f"The data taught little about {findings.names(silent)}, more about the rest"
