"""Lines of plain text: wrapped to a width, tables included, and with nothing hidden in them.

A label may hold anything: what a terminal would obey (escape sequences, characters that turn the
direction of writing) is made visible instead.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from textwrap import wrap

#: Columns of a page that is no terminal.
PAGE = 80
#: Characters that change the direction of writing, or break a line.
TURNING = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
#: Narrowest column of names, and of words beside numbers.
NAMES, WORDS = 10, 22
#: A hyphen before a number that follows no letter, digit, bracket or equals sign: a minus.
MINUS = re.compile(r"(?<![\w.)\]=-])-(?=\.?\d)")
#: Lines that are to be copied as they stand.
COPIED = re.compile(r"^\s*(Python: |nestimate |ne\.)")


def visible(text: str) -> str:
    """Return text in which control characters are written out; line ends stay."""
    text = text.replace("\t", " ").replace("\u2028", " ").replace("\u2029", " ")
    text = TURNING.sub(_written, text)
    return "".join(
        _escaped(c) if c != "\n" and unicodedata.category(c) in ("Cc", "Cs") else c for c in text
    )


def typeset(text: str) -> str:
    """Write minus signs as print has them; hyphens of words, and what is to be typed, stay."""
    return text if "--" in text else MINUS.sub("\u2212", text)


def _written(found: re.Match[str]) -> str:
    return _escaped(found[0])


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def cells(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    none = sum(unicodedata.category(c) in ("Mn", "Me", "Cf") for c in text)
    return len(text) + wide - none


def section(title: str, sentences: Iterable[str], width: int = PAGE) -> str:
    """Return a title and its sentences, indented."""
    return "\n".join([title, *(paragraph(sentence, width) for sentence in sentences)])


def paragraph(sentence: str, width: int = PAGE) -> str:
    """Return one sentence wrapped below its own start."""
    lines = wrap(sentence, width, initial_indent="  ", subsequent_indent="    ")
    return "\n".join(lines)


def table(head: Sequence[str], rows: Iterable[Sequence[str]], width: int = PAGE) -> str:
    """Return a table no wider than a page.

    Names are wrapped first, then the words of a last column without a head, which go below where
    there is no room beside; if numbers alone are too wide, every row becomes a paragraph.
    """
    grid = [[" ".join(visible(cell).split()) for cell in row] for row in (head, *rows)]
    glossed = len(head) > 1 and not head[-1]
    numbers = [row[1:-1] if glossed else row[1:] for row in grid]
    sizes = [max(cells(row[i]) for row in numbers) for i in range(len(numbers[0]))]
    taken = sum(size + 2 for size in sizes) + 2
    names = max(cells(row[0]) for row in grid)
    wanted, names = names, min(names, width - taken)
    if names < min(wanted, NAMES):
        return "\n".join(_stacked(grid, width))
    room = width - taken - names - 2
    lines: list[str] = []
    for row, middle in zip(grid, numbers, strict=True):
        own = wrap(row[0], names) or [""]
        said = row[-1] if glossed else ""
        beside = wrap(said, room) if room >= WORDS else []
        below = [] if beside or not said else wrap(said, width - 6)
        first = "  ".join(_right(text, size) for text, size in zip(middle, sizes, strict=True))
        for i in range(max(len(own), len(beside))):
            name = _left(own[i] if i < len(own) else "", names)
            inside = first if i == 0 else " " * cells(first)
            last = beside[i] if i < len(beside) else ""
            lines.append(f"  {name}  {inside}  {last}".rstrip())
        lines += [f"      {text}" for text in below]
    return "\n".join(lines)


def _stacked(grid: Sequence[Sequence[str]], width: int) -> Iterable[str]:
    """Return every row as its name and, below, its numbers with the heads of their columns."""
    head, *rows = grid
    for name, *rest in rows:
        yield from wrap(name, width, initial_indent="  ", subsequent_indent="    ") or [""]
        said = ", ".join(
            f"{title} {text}".strip() for title, text in zip(head[1:], rest, strict=True) if text
        )
        yield from wrap(said, width, initial_indent="    ", subsequent_indent="    ")


def _left(text: str, size: int) -> str:
    return text + " " * (size - cells(text))


def _right(text: str, size: int) -> str:
    return " " * (size - cells(text)) + text


def fitted(text: str, width: int) -> str:
    """Return finished text for a narrower page; lines to be copied stay whole."""
    found = []
    for line in text.split("\n"):
        if len(line) <= width or COPIED.match(line):
            found.append(line)
            continue
        indent = " " * (len(line) - len(line.lstrip()))
        more = indent + "  " if len(indent) + 2 < width // 2 else ""
        found += wrap(line.strip(), width, initial_indent=indent, subsequent_indent=more)
    return "\n".join(found)
