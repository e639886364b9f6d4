"""Where the title of a figure is broken into lines."""

import re
import warnings
from collections.abc import Callable

#: An interval, which is not parted from its name: `95 % HDI -2.1 to 0.4`.
_INTERVAL = re.compile(r"[\d.]+ % \w+ \S+ to \S+")
_TIED = "\u00a0"


def broken(text: str, room: float, size: float) -> list[str]:
    """Break a title into lines no wider than `room` points: at one semicolon if that will do.

    Parameters
    ----------
    text
        The title.
    room, size
        Width of a line and size of its letters, in points.
    """
    fits = _fitting(room, size)
    if fits(text):
        return [text]
    parts = [
        (text[: at + 1], text[at + 2 :]) for at in range(len(text)) if text[at : at + 2] == "; "
    ]
    halves = [list(both) for both in parts if all(map(fits, both))]
    if halves:
        return min(halves, key=lambda both: abs(len(both[0]) - len(both[1])))
    tied = _INTERVAL.sub(lambda found: found[0].replace(" ", _TIED), text)
    lines = [""]
    for word in tied.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if fits(longer):
            lines[-1] = longer
        else:
            lines.append(word)
    return [line.replace(_TIED, " ") for line in lines if line]


def _fitting(room: float, size: float) -> Callable[[str], bool]:
    """Return what says whether a line has room."""
    from matplotlib.font_manager import FontProperties  # noqa: PLC0415 - text needs no pictures
    from matplotlib.textpath import text_to_path  # noqa: PLC0415

    letters = FontProperties(size=size)

    def fits(line: str) -> bool:
        with warnings.catch_warnings():
            # Letters that the font lacks are said when the figure is drawn for someone.
            warnings.filterwarnings("ignore", "Glyph .* missing from")
            width, _, _ = text_to_path.get_text_width_height_descent(line, letters, ismath=False)
        # Letters drawn at whole pixels take a little more room than their outlines.
        return 1.04 * float(width) <= room

    return fits
