"""A report as Markdown: all texts and tables, no pictures."""

import re
from collections.abc import Iterable, Sequence

from nestimate.results.documents.blocks import Block, Code, Grid, Picture, Prose, Report
from nestimate.results.words.lines import visible

#: What Markdown, or HTML inside it, would take for markup.
SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~$])")
#: What at the start of a line makes it an item of a list, or the line above a heading.
STARTS = re.compile(r"^(\d*)([-+=.)])(?=\s|[-=]|$)")


def render(report: Report) -> str:
    """Return the report as one Markdown text."""
    lines: list[str] = []
    pictures = False
    for part in (report, *report.parts):
        lines += [*([""] if lines else []), f"# {_safe(part.title)}", "", _safe(part.subtitle)]
        for section in part.sections:
            shown = [block for block in section.blocks if not isinstance(block, Picture)]
            pictures = pictures or len(shown) < len(section.blocks)
            if shown:
                lines += ["", f"## {_safe(section.title)}"]
                lines += [line for block in shown for line in ("", *_block(block))]
    if pictures:
        said = (
            "The figures are in the HTML report: `--report out.html`, `result.report('out.html')`."
        )
        lines += ["", "## Figures", "", said]
    return "\n".join(lines) + "\n"


def _block(block: Block) -> list[str]:
    match block:
        case Prose(sentences=sentences, kind="list"):
            return [f"- {_safe(sentence)}" for sentence in sentences]
        case Prose(sentences=sentences, kind="answer" | "withheld" | "mind"):
            return _joined((f"> {_safe(sentence)}" for sentence in sentences), ">")
        case Prose(sentences=sentences):
            return _joined(map(_safe, sentences), "")
        case Code(caption=caption, text=text, language=language):
            longest = max((len(found) for found in re.findall("`+", text)), default=0)
            fence = "`" * max(3, longest + 1)
            return [f"{_safe(caption)}:", "", f"{fence}{language}", text, fence]
        case Grid():
            return _grid(block)
    return []


def _grid(grid: Grid) -> list[str]:
    glossed = any(grid.glosses)
    head = [*grid.head, *([""] if glossed else [])]
    rows = [
        [*row, *([grid.glosses[i]] if glossed else [])] if grid.glosses else list(row)
        for i, row in enumerate(grid.rows)
    ]
    code = grid.kind == "formulas"
    lines = [f"**{_safe(grid.caption)}**", ""] if grid.caption else []
    right = "---:" if grid.kind == "numbers" else "---"
    rule = ["---", *([right] * (len(grid.head) - 1)), *(["---"] if glossed else [])]
    lines += [_row(head), f"| {' | '.join(rule)} |"]
    lines += [_row(row, code=code) for row in rows]
    return [*lines, "", _safe(grid.note)] if grid.note else lines


def _row(cells: Sequence[str], *, code: bool = False) -> str:
    first = f"<code>{_safe(cells[0])}</code>" if code and cells else _safe(cells[0])
    return f"| {' | '.join([first, *map(_safe, cells[1:])])} |"


def _joined(lines: Iterable[str], between: str) -> list[str]:
    """Return paragraphs with an empty line between them."""
    return [line for each in lines for line in (each, between)][:-1]


def _safe(text: str) -> str:
    """Return text that Markdown shows as it is, on one line."""
    plain = " ".join(visible(text).split())
    escaped = SPECIAL.sub(r"\\\1", plain).replace("&", "&amp;")
    return STARTS.sub(r"\1\\\2", escaped)
