"""What a figure is drawn on: a new figure or the user's axes, under the style of the session.

Matplotlib's global state is never changed. Figures of a report are drawn under its defaults, so
that one answer gives one file.
"""

from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial, wraps
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal

from nestimate.errors import DesignError, InferenceError
from nestimate.results.answer import Answer
from nestimate.results.figures.settling import settled
from nestimate.results.figures.typesetting import broken
from nestimate.results.words import wording
from nestimate.results.words.lines import typeset, visible

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Colours that stay apart for colour-blind readers and in grey print (Okabe and Ito, 2008).
COLOURS = ("#6b7280", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
PALE, GREY = "#b8bcc4", "#8a8f99"
#: Size of the letters, of the size that the style has; and where a figure is one column wide.
LETTERS, SMALL = 0.85, 0.7
#: Height of what is one column wide, of that of a figure as wide as it likes.
LOWER = 0.74
#: Letters smaller than this, in points, cannot be read in print.
SMALLEST = 5.0
#: Millimetres in an inch; widths of a journal's column and page in millimetres.
INCH, COLUMN, PAGE = 25.4, 89.0, 183.0
#: Widest figure, in inches, that is taken for one column.
NARROW = 1.3 * COLUMN / INCH
#: Inches above and below the title; height of a line of it, in heights of its letters.
HEAD, LINE = 0.07, 1.36
#: What keeps text text, so that an editor of vectors can search and change it.
REAL_TEXT: Mapping[str, Any] = {"svg.fonttype": "none", "pdf.fonttype": 42, "ps.fonttype": 42}
#: Dashes that tell groups apart once colours repeat.
DASHES: tuple[str, ...] = ("-", "--", ":")
#: Marks that tell units apart once colours repeat.
MARKERS: tuple[str, ...] = ("o", "s", "^", "D", "v")


def colour(g: int) -> str:
    """Return the colour of a group: of the user's cycle, where a style has chosen one."""
    from matplotlib import rcParams, rcParamsDefault  # noqa: PLC0415

    cycle = rcParams["axes.prop_cycle"]
    if cycle == rcParamsDefault["axes.prop_cycle"] or "color" not in cycle.keys:
        return COLOURS[g % len(COLOURS)]
    own: list[str] = cycle.by_key()["color"]
    return own[g % len(own)]


def dash(g: int) -> str:
    """Return the line of a group: with the colours it tells 21 groups apart."""
    return DASHES[g // len(COLOURS) % len(DASHES)]


def marker(g: int) -> str:
    """Return the mark of a unit: with the colours it tells 35 of them apart."""
    return MARKERS[g // len(COLOURS) % len(MARKERS)]


def ink() -> str:
    """Return the colour of what is written and drawn in black."""
    from matplotlib import rcParams  # noqa: PLC0415

    return str(rcParams["text.color"])


def font(step: float = 0.0) -> float:
    """Return the size of letters: that of the style, a little smaller, and a step off it."""
    from matplotlib import rcParams  # noqa: PLC0415

    scale = SMALL if narrow() else LETTERS
    return max(scale * (float(rcParams["font.size"]) + step), SMALLEST)


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """What a figure is drawn on.

    Attributes
    ----------
    ax
        Axes of the user's own; None: a new figure.
    figsize
        Width and height in inches; None: as large as it needs.
    width
        Width in millimetres (a journal's column has 89, its page 183), the height following from
        what is shown; None: as wide as it needs.
    bare
        Without its title, for a paper, one column wide where no size is given.
    tallest
        Height in millimetres at most of what has no rows; None: as tall as it needs.
    """

    ax: "Axes | None" = None
    figsize: tuple[float, float] | None = None
    width: float | None = None
    bare: bool = False
    tallest: float | None = None

    @property
    def across(self) -> float | None:
        """Width that was asked for, in inches."""
        if self.figsize is not None:
            return self.figsize[0]
        if self.width is not None:
            return self.width / INCH
        return COLUMN / INCH if self.bare and self.ax is None else None

    def check(self) -> None:
        """Refuse what nothing can be drawn on.

        Raises
        ------
        DesignError
            When a size is none, or is given twice, or beside axes.
        """
        if self.width is not None:
            if not isinstance(self.width, int | float) or not self.width > 0:
                raise DesignError(
                    f"width is {self.width!r}: give millimetres, such as 89 (a column) or 183 "
                    "(a page)."
                )
            if self.ax is not None or self.figsize is not None:
                raise DesignError("width, figsize and ax exclude each other: give one of them.")
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
                    text.set_text(typeset(visible(text.get_text())))
            for text in figure.texts if own is None else ():
                text.set_text(typeset(visible(text.get_text())))
            if own is None:
                settled(figure)
        if own is None:
            figure.savefig = partial(_saved, figure)  # type: ignore[method-assign]
            figure._repr_png_ = partial(_png, figure)  # type: ignore[attr-defined]
        return figure

    return drawn


def _saved(figure: "Figure", *args: Any, **kwargs: Any) -> None:
    """Save with text that stays text, where the user's style has not said otherwise."""
    import matplotlib as mpl  # noqa: PLC0415

    own: Any = mpl.rcParams
    usual: Any = mpl.rcParamsDefault
    real: Any = {name: kind for name, kind in REAL_TEXT.items() if own[name] == usual[name]}
    with mpl.rc_context(real):
        type(figure).savefig(figure, *args, **kwargs)


def _png(figure: "Figure") -> bytes:
    """Return what a notebook shows: IPython knows figures only once pyplot was imported."""
    picture = BytesIO()
    _saved(figure, picture, format="png")
    return picture.getvalue()


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
    across = _SHEET.get().across
    return across is not None and across < NARROW


def room(wanted: float) -> float:
    """Return the width that a figure gets where it would like so many inches."""
    across = _SHEET.get().across
    return wanted if across is None else across


def lower(height: float) -> float:
    """Return the height in inches that a figure without rows gets where it would like so much."""
    most = _SHEET.get().tallest
    return height if most is None else min(height, most / INCH)


def _fitting(size: tuple[float, float]) -> tuple[float, float]:
    sheet = _SHEET.get()
    if sheet.figsize is not None:
        return sheet.figsize
    if sheet.across is None:
        return size
    # Letters of a column are smaller, and so are rows of them.
    return sheet.across, size[1] * (LOWER if narrow() else 1.0)


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
    size = font(1.5)
    lines = broken(text, 72 * (width - 0.2), size)
    figure.suptitle(
        "\n".join(lines),
        x=0.1 / width,
        y=1 - HEAD / height,
        ha="left",
        va="top",
        fontsize=size,
        color=ink(),
        parse_math=False,
    )
    top = 2 * HEAD + LINE * size / 72 * len(lines)
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.set(rect=(0, 0, 1, 1 - top / height))  # type: ignore[call-arg]
    return top
