"""The last look at a figure before it is handed out: no label leaves it or runs into another."""

import warnings
from collections.abc import Sequence
from itertools import pairwise
from textwrap import wrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure
    from matplotlib.text import Text
    from matplotlib.transforms import BboxBase

#: Share of the length of its axes that a label may take, and pixels between two ticks' labels.
REACH, APART = 1.0, 2.0
#: Numbers along an axis: how many are tried, from many to few.
TICKS = (5, 4, 3, 2)
#: Share of a figure's height that what stands above it may take.
MOST_SAID = 0.3


def settled(figure: "Figure") -> None:
    """Wrap labels of axes that are longer than their axes, and thin out ticks that touch."""
    with warnings.catch_warnings():
        # Letters that the font lacks are said when the figure is drawn for someone.
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        _settle(figure)


def _settle(figure: "Figure") -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "constrained_layout not applied")
        figure.draw_without_rendering()
    # A finding of many lines gets room of its own: the picture below it keeps its height.
    said = sum(text.get_window_extent().height for text in figure.texts if text.get_text())
    if said > MOST_SAID * figure.bbox.height:
        figure.set_figheight(figure.get_figheight() + said / figure.dpi)
        figure.draw_without_rendering()
    changed = False
    for ax in figure.axes:
        if ax.axison:
            changed |= _wrapped(ax.xaxis.label, ax, upright=False)
            changed |= _wrapped(ax.yaxis.label, ax, upright=True)
    if changed:
        figure.draw_without_rendering()
    for count in TICKS:
        crowded = [ax for ax in figure.axes if ax.axison and _touching(ax.xaxis)]
        if not crowded:
            return
        for ax in crowded:
            _thin(ax, count)
        figure.draw_without_rendering()


def _wrapped(label: "Text", ax: "Axes", *, upright: bool) -> bool:
    """Break a label into lines where it is longer than its axes."""
    if not label.get_text().strip() or not label.get_visible():
        return False
    own, beside = label.get_window_extent(), ax.get_window_extent()
    length, most = (own.height, beside.height) if upright else (own.width, beside.width)
    if length <= REACH * most:
        return False
    text = " ".join(label.get_text().split())
    longest = max(len(line) for line in label.get_text().split("\n"))
    lines = wrap(text, max(int(longest * REACH * most / length), 8), break_long_words=False)
    label.set_text("\n".join(lines))
    return True


def _touching(axis: "Axis") -> bool:
    """Whether two neighbours among the labels of an axis touch."""
    boxes = _boxes(axis)
    return any(left.x1 + APART > right.x0 for left, right in pairwise(boxes))


def _boxes(axis: "Axis") -> "Sequence[BboxBase]":
    low, high = sorted(axis.get_view_interval())
    shown = [
        tick.label1
        for tick in axis.get_major_ticks()
        if low <= tick.get_loc() <= high and tick.label1.get_visible() and tick.label1.get_text()
    ]
    level = [label for label in shown if label.get_rotation() % 90 == 0]
    return sorted((label.get_window_extent() for label in level), key=lambda box: float(box.x0))


def _thin(ax: "Axes", count: int) -> None:
    """Leave fewer numbers on an axis; stand words on end."""
    from matplotlib.ticker import FixedLocator, LogLocator, MaxNLocator  # noqa: PLC0415

    locator = ax.xaxis.get_major_locator()
    if isinstance(locator, FixedLocator):
        ax.tick_params(axis="x", rotation=90)
    elif isinstance(locator, LogLocator):
        ax.xaxis.set_major_locator(LogLocator(numticks=count))
    else:
        ax.xaxis.set_major_locator(MaxNLocator(count, steps=[1, 2, 5, 10], min_n_ticks=2))
