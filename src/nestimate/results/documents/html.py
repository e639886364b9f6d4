"""One self-contained HTML file: the answer, its pictures, and how it came about."""

import warnings
from base64 import b64encode
from io import BytesIO
from typing import TYPE_CHECKING, Any

from nestimate.results.answer import Answer
from nestimate.results.documents import markdown, pages
from nestimate.results.documents.blocks import Picture, Report
from nestimate.results.documents.report import contents
from nestimate.results.figures.sheet import COLUMN, Sheet, drawn_on

if TYPE_CHECKING:
    from markupsafe import Markup


def render(answer: Answer, suffix: str = ".html", *, every_figure: bool = False) -> str:
    """Return the report as HTML or Markdown; without a number or picture if a check failed."""
    return written(contents(answer, every_figure=every_figure), answer, suffix)


def written(report: Report, subject: Any, suffix: str) -> str:
    """Return any report as HTML or Markdown.

    Parameters
    ----------
    report
        What it says.
    subject
        What its pictures are drawn of.
    suffix
        `.md`, or what is written as HTML.
    """
    if suffix == ".md":
        return markdown.render(report)
    return pages.template("report.html.j2").render(
        report=report,
        kind=lambda block: type(block).__name__,
        figure=lambda picture: embedded(picture, subject),
    )


def embedded(picture: Picture, answer: Any) -> "Markup":
    """Return a picture inside the page, as vectors, with its caption."""
    from markupsafe import Markup  # noqa: PLC0415

    phone = Markup("")
    if picture.phone is not None:
        phone = Markup('<source media="(max-width: 36rem)" srcset="{}">').format(
            _drawn(picture, answer, Sheet(width=picture.phone, bare=picture.bare))
        )
    kind = "page" if picture.width is None or picture.width > COLUMN else "column"
    whole = Sheet(width=picture.width, bare=picture.bare, tallest=picture.tallest)
    return Markup(
        '<figure class="{0}"><picture>{1}<img alt="{2}" src="{3}"></picture>'
        "<figcaption>{2}</figcaption></figure>"
    ).format(kind, phone, picture.caption, _drawn(picture, answer, whole))


def _drawn(picture: Picture, answer: Any, sheet: Sheet) -> str:
    """Return a picture on this sheet as the address of itself."""
    from matplotlib import rc_context, style  # noqa: PLC0415

    written = BytesIO()
    # A fixed salt: the same answer gives the same file, byte for byte. Text stays text.
    with (
        style.context("default"),
        rc_context({"svg.hashsalt": "nestimate", "svg.fonttype": "none"}),
        warnings.catch_warnings(),
    ):
        # The reader's own fonts draw the text; what ours lack is no matter.
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        figure = drawn_on(sheet, picture.draw, answer)
        figure.savefig(written, format="svg", metadata={"Date": None})
    source = b64encode(written.getvalue()).decode("ascii")
    return f"data:image/svg+xml;base64,{source}"
