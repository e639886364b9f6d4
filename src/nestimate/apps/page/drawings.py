"""Figures as files: vectors whose text stays text, pixels, and the numbers behind every mark."""

import csv
from collections.abc import Iterator
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Text that can be edited in a drawing program, and the same file for the same answer.
_TEXT: Any = {"svg.fonttype": "none", "pdf.fonttype": 42, "svg.hashsalt": "nestimate"}
_DATED = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}
TYPES = {"svg": "image/svg+xml", "pdf": "application/pdf", "png": "image/png", "csv": "text/csv"}


def written(figure: "Figure", kind: str) -> bytes:
    """Return a figure as SVG, PDF or PNG, or the data behind it as CSV."""
    if kind == "csv":
        return behind(figure)
    from matplotlib import rc_context  # noqa: PLC0415 - a table needs no pictures

    file = BytesIO()
    with rc_context(_TEXT):
        figure.savefig(file, format=kind, dpi=300, metadata=_DATED[kind])
    return file.getvalue()


def behind(figure: "Figure") -> bytes:
    """Return the numbers of every mark: panel, what it is, its label, x, y and what x stands for.

    Points and lines have a row for each point, areas one for each of their corners.
    """
    file = StringIO()
    table = csv.writer(file, lineterminator="\n")
    table.writerow(["panel", "axis", "mark", "label", "x", "y", "x is", "y is"])
    for number, ax in enumerate(figure.axes, 1):
        panel = [number, _axis(ax)]
        for mark, label, points in _marks(ax):
            for x, y in points:
                named = [_tick(ax, "x", x), _tick(ax, "y", y)]
                table.writerow([*panel, mark, label, f"{x:.10g}", f"{y:.10g}", *named])
    return file.getvalue().encode()


def _marks(ax: "Axes") -> Iterator[tuple[str, str, Any]]:
    for line in ax.lines:
        points = np.column_stack([line.get_xdata(), line.get_ydata()])
        if len(points):
            mark = "line" if line.get_linestyle() not in {"None", "none", ""} else "points"
            yield mark, _label(line), points.astype(float)
    for collection in ax.collections:
        offsets = np.asarray(collection.get_offsets(), dtype=float)
        paths = [path for path in collection.get_paths() if np.size(path.vertices)]
        if not len(offsets):
            continue
        if len(offsets) > 1 or (len(offsets) == 1 and offsets.any()):
            yield "points", _label(collection), offsets
        else:
            for path in paths:
                mark = "line" if np.shape(path.vertices)[0] == 2 else "area"
                yield mark, _label(collection), path.vertices
    for patch in ax.patches:
        path = patch.get_path().transformed(patch.get_patch_transform())
        corners = np.asarray(path.vertices, dtype=float)
        yield "area", _label(patch), corners[np.isfinite(corners).all(axis=1)]


def _axis(ax: "Axes") -> str:
    parts = [ax.get_title() or ax.get_title(loc="left"), ax.get_ylabel(), ax.get_xlabel()]
    return " | ".join(" ".join(part.split()) for part in parts if part)


def _label(artist: Any) -> str:
    label = str(artist.get_label())
    return "" if label.startswith("_") else label


def _tick(ax: "Axes", which: str, place: float) -> str:
    """Return the label of the tick nearest to a place, where ticks are named and not numbered."""
    from matplotlib.ticker import FixedLocator  # noqa: PLC0415

    axis = ax.xaxis if which == "x" else ax.yaxis
    if not isinstance(axis.get_major_locator(), FixedLocator):
        return ""
    ticks = np.asarray(axis.get_majorticklocs(), dtype=float)
    labels = [" ".join(text.get_text().split()) for text in axis.get_ticklabels()]
    if not ticks.size or len(labels) != ticks.size:
        return ""
    return labels[int(np.argmin(np.abs(ticks - place)))]
