"""One self-contained HTML file: the answer, its pictures, and how it came about."""

import warnings
from base64 import b64encode
from io import BytesIO
from typing import TYPE_CHECKING, Any

from nestimate.results.answer import Answer
from nestimate.results.documents import markdown, pages
from nestimate.results.documents.blocks import Picture
from nestimate.results.documents.report import contents

if TYPE_CHECKING:
    from markupsafe import Markup


def render(answer: Answer, suffix: str = ".html") -> str:
    """Return the report as HTML or Markdown; without a number or picture if a check failed."""
    said = contents(answer)
    if suffix == ".md":
        return markdown.render(said)
    return pages.template("report.html.j2").render(
        report=said,
        kind=lambda block: type(block).__name__,
        figure=lambda picture: embedded(picture, answer),
    )


def embedded(picture: Picture, answer: Any) -> "Markup":
    """Return a picture inside the page, as vectors, with its caption."""
    from markupsafe import Markup  # noqa: PLC0415
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
        picture.draw(answer).savefig(written, format="svg", metadata={"Date": None})
    source = b64encode(written.getvalue()).decode("ascii")
    return Markup(
        '<figure><div class="wide"><img alt="{0}" src="data:image/svg+xml;base64,{1}"></div>'
        "<figcaption>{0}</figcaption></figure>"
    ).format(picture.caption, source)
