"""Many differences by every analysis: one table and one sentence."""

from collections.abc import Sequence
from math import log

from nestimate.data.designs.design import Design
from nestimate.results.analyses.honesty import Panel
from nestimate.results.words import beside

#: Differences named in the sentence.
MOST_NAMED = 3


def table(
    panels: Sequence[Panel], design: Design
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return head and rows: a difference a row, an analysis a column, estimate and interval."""
    methods: dict[str, None] = {}
    found = []
    for panel in panels:
        cells = {row[0]: f"{row[1]} ({row[2]})" for row in beside.honesty_rows(panel, design)}
        methods |= dict.fromkeys(cells)
        found.append((panel.contrast, cells))
    rows = tuple((name, *(cells.get(one, "") for one in methods)) for name, cells in found)
    return ("", *methods), rows


def farthest_apart(panels: Sequence[Panel], most: int) -> tuple[Panel, ...]:
    """Return those whose interval differs most from that of a simple analysis, in their order."""
    off = [abs(log(panel.width_ratio)) if panel.width_ratio else 0.0 for panel in panels]
    kept = sorted(range(len(panels)), key=lambda i: -off[i])[:most]
    return tuple(panels[i] for i in sorted(kept))


def sentence(panels: Sequence[Panel]) -> str:
    """Say how often pooling would have claimed what these data do not establish."""
    if all(panel.pooled_excludes is None for panel in panels):
        return "Estimates, and intervals of each analysis in brackets."
    claimed = [p.contrast for p in panels if p.pooled_excludes and p.answer_excludes is False]
    if not claimed:
        return (
            "Pooling all readings as if they were independent makes intervals too narrow; here it "
            "changes no verdict."
        )
    left = len(claimed) - MOST_NAMED
    more = f" and {left} more" if left > 0 else ""
    return (
        f"Pooling all readings as if they were independent would have claimed {len(claimed)} of "
        f"{len(panels)} differences that these data do not establish: "
        f"{', '.join(claimed[:MOST_NAMED])}{more}."
    )
