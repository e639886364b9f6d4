"""Pictures of a screen: effects against their sureness, ranks, and the scales of all endpoints."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nestimate.results.figures.canvas import ZERO, legend_above, log_axis, rows_axis, short, tidy
from nestimate.results.figures.sheet import COLOURS, PALE, font, headline, ink, steady
from nestimate.studies.screen.found import Found

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Hits that are named in the volcano, and rows of the plot of ranks.
NAMED, RANKED = 10, 25
#: Least lfsr that has a place of its own, and height of a name as a share of the picture's.
LEAST, CLOSE = 1e-12, 0.04

Array = NDArray[np.float64]
Codes = NDArray[np.intp]


def _blank(size: tuple[float, float]) -> "tuple[Figure, Axes]":
    from matplotlib.figure import Figure  # noqa: PLC0415 - numbers need no pictures

    figure = Figure(figsize=size, layout="constrained")
    return figure, figure.add_subplot()


@steady
def volcano(found: Found, fsr: float) -> "Figure":
    """Return shrunken effects against the local false sign rate."""
    figure, ax = _blank((6.4, 4.6))
    columns, hits = found.outcome.columns, found.selected(fsr)
    effect = columns["shrunk"]
    sure = -np.log10(np.maximum(columns["lfsr"], LEAST))
    others = np.setdiff1d(np.flatnonzero(found.estimated), hits)
    many = others.size > 5_000
    ax.plot(effect[others], sure[others], ".", ms=2.5, color=PALE, rasterized=many)
    for sign, colour in ((1, COLOURS[2]), (-1, COLOURS[1])):
        own = hits[np.sign(effect[hits]) == sign]
        named = found.matrix.layout.asked.sides
        side = "above 0" if sign > 0 else "below 0"
        if named is not None:
            side = f"higher in {short(named[sign < 0])}"
        ax.plot(effect[own], sure[own], "o", ms=3.5, color=colour, alpha=0.8,
                label=f"{own.size:,} {side}")  # fmt: skip
    outer = hits[np.argsort(-np.abs(effect[hits]), kind="stable")]
    for i in _apart(outer, effect, sure)[:NAMED]:
        right = effect[i] < 0
        ax.annotate(
            short(str(found.matrix.names[i])),
            (effect[i], sure[i]),
            xytext=(4 if not right else -4, 3),
            ha="left" if not right else "right",
            textcoords="offset points",
            fontsize=font(-1.5),
            color=ink(),
            parse_math=False,
        )
    ax.axvline(0, color=ZERO, lw=0.8, ls="--")
    ax.margins(x=0.16)
    ax.set_xlabel(f"shrunken effect, {found.contrast}", fontsize=font(), parse_math=False)
    ax.set_ylabel("-log10 local false sign rate", fontsize=font())
    if hits.size:
        legend_above(ax)
    tidy(ax)
    headline(figure, f"{hits.size:,} hits at a false sign rate of {fsr:g}")
    return figure


def _apart(order: Codes, effect: Array, sure: Array) -> Codes:
    """Leave out hits whose names would hide those of hits before them, on the same side."""
    named: list[int] = []
    height = CLOSE * float(np.nanmax(sure, initial=1.0))
    for i in order[: 4 * NAMED]:
        beside = [j for j in named if effect[i] * effect[j] > 0]
        if all(abs(sure[i] - sure[j]) > height for j in beside):
            named.append(int(i))
    return np.array(named, dtype=np.intp)


@steady
def ranks(found: Found, most: int) -> "Figure":
    """Return the largest effects with the intervals of their ranks."""
    columns = found.outcome.columns
    order = np.argsort(columns["rank"], kind="stable")[:most]
    order = order[~np.isnan(columns["rank"][order])]
    figure, ax = _blank((6.0, 1.2 + 0.2 * len(order)))
    places = np.arange(order.size)
    ax.hlines(places, columns["rank_low"][order], columns["rank_high"][order],
              color=COLOURS[1], lw=1.6)  # fmt: skip
    ax.plot(columns["rank"][order], places, "o", ms=4, color=COLOURS[2])
    rows_axis(ax, [str(found.matrix.names[i]) for i in order])
    log_axis(ax, "x")
    ax.set_xlabel("rank by size of the shrunken effect (1: largest)", fontsize=font())
    headline(figure, "The largest effects, and how sure their rank is")
    return figure


@steady
def scales(found: Found) -> "Figure":
    """Return tau against sigma of all endpoints, or tau alone where there is no sigma."""
    figure, ax = _blank((5.4, 4.4))
    columns, known = found.outcome.columns, np.flatnonzero(found.estimated)
    layout = found.matrix.layout
    words = dict(layout.scales)
    if layout.replicated:
        del words["sigma"]
        sigma = columns["sigma"][known]
        ends = [float(sigma.min()), float(sigma.max())]
        for (name, said), colour in zip(words.items(), COLOURS[1:], strict=False):
            tau = columns[name][known]
            ax.plot(sigma, tau, ".", ms=2.5, color=colour, alpha=0.5, label=said,
                    rasterized=known.size > 5_000)  # fmt: skip
            ends = [min(ends[0], float(tau.min())), max(ends[1], float(tau.max()))]
        ax.plot(ends, ends, color=ZERO, lw=0.8, ls="--")
        log_axis(ax, "x")
        log_axis(ax, "y")
        ax.set_xlabel("sigma, SD of a reading", fontsize=font())
        ax.set_ylabel(" and ".join(_spread(found, name) for name in words), fontsize=font())
        if len(words) > 1:
            legend_above(ax)
        said = f"ICC {np.nanmedian(columns['icc']):.2f} in the median endpoint; line: tau = sigma"
    else:
        tau = columns["tau"][known]
        ax.hist(np.log10(tau), bins=50, color=COLOURS[1])
        ax.set_xlabel(f"log10 {_spread(found, 'tau')}", fontsize=font())
        ax.set_ylabel("endpoints", fontsize=font())
        said = f"{words['tau']}: {np.nanmedian(tau):.3g} in the median endpoint"
    tidy(ax)
    headline(figure, said)
    return figure


def _spread(found: Found, name: str) -> str:
    """Return a scale with what it is the SD of."""
    layout = found.matrix.layout
    return f"{layout.scales[name]}, {layout.kind.spreads[name == 'tau_inner']}"
