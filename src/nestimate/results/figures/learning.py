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
#: Groups that get a line each in the legend.
NAMED = 4
#: Colour of words beside the data.
GREY = "#555555"


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
    sheet.resize(figure, (2.7 * columns + 0.2 if columns > 1 else 4.2, 1.8 * down + 0.9))
    sheet.headline(figure, _finding(answer, every))
    axes = figure.subplots(down, columns, squeeze=False, gridspec_kw={"hspace": 0.12}).ravel()
    for ax, family in zip(axes, shown, strict=False):
        _draw(ax, answer, family)
    for ax in axes[len(shown) :]:
        ax.set_axis_off()
    _explain(axes[0], answer, shown)
    canvas.legend_below(figure, axes[0])
    return figure


def _explain(ax: "Axes", answer: Answer, shown: list[Family]) -> None:
    """Say in the legend what is the prior, and which colour is whose posterior."""
    groups = answer.design.groups
    members = {name for family in shown for name in family.members}
    own = [g for g, label in enumerate(groups) if label in members]
    ax.plot([], [], color=sheet.GREY, linestyle="--", label="prior")
    for g in own if len(own) <= NAMED else ():
        said = f"posterior, {canvas.short(groups[g], 18)}"
        ax.plot([], [], color=sheet.colour(g), linewidth=3, alpha=0.6, label=said)
    if len(own) > NAMED:
        ax.plot([], [], color=sheet.GREY, linewidth=3, alpha=0.6, label="posteriors of the groups")
    if members - set(groups):
        said = "posterior, all groups" if own else "posterior"
        ax.plot([], [], color=sheet.ink(), linewidth=3, alpha=0.4, label=said)


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
    ax.fill_between(middle[told], height, color=sheet.PALE, alpha=0.3, linewidth=0)
    ax.plot(middle[told], height, color=sheet.GREY, linewidth=1.2, linestyle="--")
    tallest = float(height[(middle[told] >= low) & (middle[told] <= high)].max(initial=0.0))
    groups = answer.design.groups
    for name, values in family.members.items():
        ends = canvas.span(values, weights)
        found, edges = np.histogram(values, canvas.BINS, range=ends, weights=weights)
        found = found / np.diff(edges)
        shade = sheet.colour(groups.index(name)) if name in groups else sheet.ink()
        ax.stairs(found, edges, color=shade, linewidth=1.3)
        ax.stairs(
            found, edges, fill=True, color=shade, alpha=0.25 if len(family.members) < 4 else 0.1
        )
        # The first bins of a posterior that piles up at its limit may not squeeze the rest.
        tallest = max(tallest, float(found.max()))
    ax.set_xlim(low, high)
    ax.set_ylim(0, 1.08 * tallest)
    ax.set_yticks([])
    _words(ax, family, weights)


def _words(ax: "Axes", family: Family, weights: Array) -> None:
    canvas.tidy(ax)
    ax.locator_params(nbins=5, axis="x")
    ax.spines["left"].set_visible(False)
    ratio = family.ratio(weights)
    times = rounding.number(ratio, 0 if ratio >= 9.5 else 1)
    least = "at least " if len(family.members) > 1 else ""
    taught = f"prior {least}{times} times as wide"
    ax.set_title(
        canvas.short(family.name, 24 if sheet.narrow() else 30),
        fontsize=sheet.font(),
        pad=1.5 * sheet.font(-1.5) + 3,
        parse_math=False,
    )
    ax.annotate(
        taught if ratio >= TAUGHT else "hardly narrower than the prior",
        (0.5, 1),
        xycoords="axes fraction",
        xytext=(0, 3),
        textcoords="offset points",
        ha="center",
        va="bottom",
        fontsize=sheet.font(-1.5),
        color=GREY,
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
