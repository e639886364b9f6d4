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
    from matplotlib.text import Annotation, Text
    from matplotlib.transforms import BboxBase

#: Share of the length of its axes that a label may take, and pixels between two ticks' labels.
REACH, APART = 1.0, 2.0
#: Numbers along an axis: how many are tried, from many to few.
TICKS = (5, 4, 3, 2)
#: Share of a figure's height that what stands above it may take.
MOST_SAID = 0.3
#: What marks the name of a point, and the corners beside the point where it may stand.
NAME = "name of a point"
CORNERS = (("right", "bottom"), ("right", "top"), ("left", "bottom"), ("left", "top"))
#: Points between a name and its point; colour of names.
BESIDE, GREY = 3.0, "#555555"


def settled(figure: "Figure") -> None:
    """Wrap labels longer than their axes, thin out ticks that touch, part names of points."""
    with warnings.catch_warnings():
        # Letters that the font lacks are said when the figure is drawn for someone.
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        _settle(figure)
        for ax in figure.axes:
            _part_names(ax)


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


def named(ax: "Axes", name: str, at: tuple[float, float], size: float) -> None:
    """Write the name of a point beside it, at the corner where it hides no other name."""
    ax.annotate(
        name,
        at,
        xytext=(-BESIDE, BESIDE),
        textcoords="offset points",
        ha="right",
        fontsize=size,
        color=GREY,
        gid=NAME,
        parse_math=False,
    )


def _part_names(ax: "Axes") -> None:
    """Move each name to the first corner of its point that is free; hide it if none is."""
    from matplotlib.transforms import Bbox  # noqa: PLC0415

    frame, taken = ax.get_window_extent(), list[Bbox]()
    pixels = BESIDE * ax.figure.dpi / 72
    for text in ax.texts:
        if text.get_gid() != NAME:
            continue
        name: Annotation = text  # type: ignore[assignment]
        size = name.get_window_extent()
        x, y = ax.transData.transform(name.xy)
        for sideways, upright in CORNERS:
            left = x - pixels - size.width if sideways == "right" else x + pixels
            low = y + pixels if upright == "bottom" else y - pixels - size.height
            box = Bbox.from_bounds(left, low, size.width, size.height)
            inside = frame.x0 <= box.x0 and frame.y0 <= box.y0
            inside = inside and box.x1 <= frame.x1 and box.y1 <= frame.y1
            if inside and not any(box.overlaps(other) for other in taken):
                break
        else:
            name.set_visible(False)
            continue
        taken.append(box)
        name.set(ha=sideways, va=upright)
        name.xyann = (
            -BESIDE if sideways == "right" else BESIDE,
            BESIDE if upright == "bottom" else -BESIDE,
        )
