"""What a report is made of, before it is HTML or Markdown."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Rows of a table that a page holds beside other things; letters across half a page.
SHORT, NARROW = 8, 66


@dataclass(frozen=True, kw_only=True)
class Prose:
    """Sentences: a paragraph each, a list, or one that stands out.

    `answer` and `withheld` are what the report is read for, `mind` what must not be overlooked.
    """

    sentences: tuple[str, ...]
    kind: Literal["plain", "list", "lead", "answer", "withheld", "mind"] = "plain"


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A table.

    Attributes
    ----------
    caption, head, rows
        Its title, the heads of the columns, and the cells.
    glosses
        What each row is in a few words; empty where none needs any.
    note
        A sentence below.
    kind
        `numbers` are set right, `words` left; `formulas` have code in their first column.
    """

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    glosses: tuple[str, ...] = ()
    note: str = ""
    kind: Literal["numbers", "words", "formulas"] = "numbers"

    @property
    def long(self) -> bool:
        """Whether it is so long and so narrow that print sets it in two columns."""
        if self.kind != "numbers" or any(self.glosses) or len(self.rows) <= SHORT:
            return False
        columns = zip(*self.rows, strict=True)
        return sum(max(map(len, cells)) + 2 for cells in columns) <= NARROW


@dataclass(frozen=True, kw_only=True)
class Code:
    """Something to copy, as it stands."""

    caption: str
    text: str
    language: str


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A figure, drawn only where it can be shown, and what it shows in words.

    Attributes
    ----------
    draw, caption
        What draws it of the subject of its report, and what it shows.
    width
        Its width in millimetres; None: as wide as it needs.
    phone
        Its width where there is no room for that one, on a phone; None: the same picture.
    bare
        Whether it goes without the title that says what is found, where a sentence says it above.
    tallest
        Its height in millimetres at most, so that letters keep their size on a page that holds
        more; None: as tall as it needs.
    """

    draw: Callable[[Any], "Figure"]
    caption: str
    width: float | None = None
    phone: float | None = None
    bare: bool = False
    tallest: float | None = None


Block = Prose | Grid | Code | Picture


@dataclass(frozen=True, kw_only=True)
class Section:
    """A part of a report under a title of its own; folded where it is not the first page's."""

    title: str
    blocks: tuple[Block, ...]
    folded: bool = False


@dataclass(frozen=True, kw_only=True)
class Report:
    """The whole of it; what is reported together follows as `parts`, a page each."""

    title: str
    subtitle: str
    sections: tuple[Section, ...]
    parts: tuple["Report", ...] = ()
