"""What a figure is drawn on: a new figure or the user's axes, under the style of the session.

Matplotlib's global state is never changed. Figures of a report are drawn under its defaults, so
that one answer gives one file.
"""

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from textwrap import wrap
from typing import TYPE_CHECKING, Literal

import numpy as np

from nestimate.errors import DesignError, InferenceError
from nestimate.results.answer import Answer
from nestimate.results.words import wording
from nestimate.results.words.lines import visible

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Colours that stay apart for colour-blind readers and in grey print (Okabe and Ito, 2008).
COLOURS = ("#6b7280", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
PALE = "#b8bcc4"
#: Size of the letters, of the size that the style has.
LETTERS = 0.85
#: Width of one column of a journal, in inches.
COLUMN = 89 / 25.4
#: Inches that the title and one line of it take.
HEAD, LINE = 0.1, 0.2


def colour(g: int) -> str:
    """Return the colour of a group: of the user's cycle, where a style has chosen one."""
    from matplotlib import rcParams, rcParamsDefault  # noqa: PLC0415

    cycle = rcParams["axes.prop_cycle"]
    if cycle == rcParamsDefault["axes.prop_cycle"] or "color" not in cycle.keys:
        return COLOURS[g % len(COLOURS)]
    own: list[str] = cycle.by_key()["color"]
    return own[g % len(own)]


def ink() -> str:
    """Return the colour of what is written and drawn in black."""
    from matplotlib import rcParams  # noqa: PLC0415

    return str(rcParams["text.color"])


def font(step: float = 0.0) -> float:
    """Return the size of letters: that of the style, a little smaller, and a step off it."""
    from matplotlib import rcParams  # noqa: PLC0415

    return LETTERS * float(rcParams["font.size"]) + step


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """What a figure is drawn on.

    Attributes
    ----------
    ax
        Axes of the user's own; None: a new figure.
    figsize
        Width and height in inches; None: as large as it needs.
    bare
        Without its title, for a paper, one column wide where no size is given.
    """

    ax: "Axes | None" = None
    figsize: tuple[float, float] | None = None
    bare: bool = False

    def check(self) -> None:
        """Refuse what nothing can be drawn on.

        Raises
        ------
        DesignError
            When a size is none, or is given beside axes.
        """
        if self.figsize is None:
            return
        size = tuple(self.figsize)
        if len(size) != 2 or not all(isinstance(side, int | float) and side > 0 for side in size):
            raise DesignError(
                f"figsize is {self.figsize!r}: give width and height in inches, such as (3.5, 3)."
            )
        if self.ax is not None:
            raise DesignError("figsize and ax exclude each other: axes have a size already.")


_NEW = Sheet()
_SHEET: ContextVar[Sheet] = ContextVar("sheet", default=_NEW)


def owned(ax: "Axes") -> bool:
    """Whether these axes are the user's own."""
    return ax is _SHEET.get().ax


def drawn_on[**P](
    sheet: Sheet, draw: "Callable[P, Figure]", *args: P.args, **kwargs: P.kwargs
) -> "Figure":
    """Draw a figure on a sheet."""
    sheet.check()
    token = _SHEET.set(sheet)
    try:
        return draw(*args, **kwargs)
    finally:
        _SHEET.reset(token)


def steady[**P](draw: "Callable[P, Figure]") -> "Callable[P, Figure]":
    """Draw a figure under the style of now, and take no text for markup.

    A label such as `$a_{1$` is only text, and ticks, which are made when a figure is shown, keep
    the colours of the style under which it was drawn.
    """

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> "Figure":
        import matplotlib as mpl  # noqa: PLC0415 - text and JSON need no pictures
        from matplotlib.text import Text  # noqa: PLC0415

        with mpl.rc_context({"text.parse_math": False, "text.usetex": False}):
            figure = draw(*args, **kwargs)
            own = _SHEET.get().ax
            for ax in figure.axes if own is None else [own]:
                ax.xaxis.set_tick_params(
                    which="both",
                    color=mpl.rcParams["xtick.color"],
                    labelcolor=_shown(
                        mpl.rcParams["xtick.labelcolor"], mpl.rcParams["xtick.color"]
                    ),
                )
                ax.yaxis.set_tick_params(
                    which="both",
                    color=mpl.rcParams["ytick.color"],
                    labelcolor=_shown(
                        mpl.rcParams["ytick.labelcolor"], mpl.rcParams["ytick.color"]
                    ),
                )
                ax.tick_params(which="both", grid_color=PALE)
                for text in ax.findobj(Text):
                    text.set_text(visible(text.get_text()))
            for text in figure.texts if own is None else ():
                text.set_text(visible(text.get_text()))
        return figure

    return drawn


def _shown(label: str, tick: str) -> str:
    return tick if label == "inherit" else label


def blank(
    answer: Answer,
    size: tuple[float, float],
    layout: Literal["constrained"] | None = "constrained",
) -> "Figure":
    """Return an empty figure; a layout engine costs a second where there are many axes.

    Raises
    ------
    InferenceError
        When a check failed: there is nothing to show then.
    DesignError
        When one of the user's axes is to hold what takes several.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415 - text and JSON need no pictures

    if not answer.passed:
        raise InferenceError(wording.withheld(answer.checks))
    if _SHEET.get().ax is not None:
        raise DesignError("this figure has several axes: leave ax out, and give figsize instead.")
    return Figure(figsize=_fitting(size), layout=layout)


def resize(figure: "Figure", size: tuple[float, float]) -> None:
    """Give a figure the size that its panels need, where the user asked for none."""
    figure.set_size_inches(_fitting(size))


def narrow() -> bool:
    """Whether a figure is one column wide, where a legend has room for one name in a row."""
    sheet = _SHEET.get()
    width = sheet.figsize[0] if sheet.figsize is not None else COLUMN if sheet.bare else np.inf
    return sheet.ax is None and width < 1.3 * COLUMN


def _fitting(size: tuple[float, float]) -> tuple[float, float]:
    sheet = _SHEET.get()
    if sheet.figsize is not None:
        return sheet.figsize
    return (COLUMN, size[1] * min(1.0, COLUMN / size[0] + 0.25)) if sheet.bare else size


def several(
    answer: Answer,
    size: tuple[float, float],
    title: str,
    grid: tuple[int, int] = (1, 1),
    *,
    heights: Sequence[float] | None = None,
    sharex: bool = False,
    sharey: bool = False,
) -> "tuple[Figure, list[Axes]]":
    """Return a figure with its title and axes, row by row; the user's own where one suffices.

    Parameters
    ----------
    answer, size, title
        What is shown, on how many inches, under which finding.
    grid, heights, sharex, sharey
        Rows and columns of axes, heights of the rows beside each other, and which axes are one.
    """
    own = _SHEET.get().ax
    if own is not None and grid == (1, 1) and answer.passed:
        figure = own.get_figure(root=True)
        if figure is None:
            raise DesignError("ax belongs to no figure: take it from plt.subplots().")
        return figure, [own]
    figure = blank(answer, size)
    headline(figure, title)
    return figure, list(
        figure.subplots(
            *grid, squeeze=False, height_ratios=heights, sharex=sharex, sharey=sharey
        ).ravel()
    )


def demand(answer: Answer, why_not: Callable[[Answer], str]) -> None:
    """Refuse to draw what a figure says it cannot show.

    Raises
    ------
    InferenceError
        When a check failed, or there is a reason not to draw.
    """
    if not answer.passed:
        raise InferenceError(wording.withheld(answer.checks))
    if reason := why_not(answer):
        raise InferenceError(reason)


def headline(figure: "Figure", text: str) -> float:
    """Write the finding above everything, in as many lines as it takes; return their height."""
    if _SHEET.get().bare:
        return 0.0
    width, height = figure.get_size_inches()
    lines = wrap(text, max(int(12.4 * width), 20), break_long_words=False)
    figure.suptitle(
        "\n".join(lines),
        x=0.1 / width,
        y=1 - 0.06 / height,
        ha="left",
        va="top",
        fontsize=font(1.5),
        color=ink(),
        parse_math=False,
    )
    top = HEAD + LINE * len(lines)
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.set(rect=(0, 0, 1, 1 - (top + HEAD) / height))  # type: ignore[call-arg]
    return top
