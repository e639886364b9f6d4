"""The two pictures of the README: the figure of the mice, and the command in a terminal.

Run as `python docs/make_pictures.py`.
"""

import re
from io import StringIO
from pathlib import Path

from matplotlib import rcParams
from rich.console import Console
from rich.text import Text

import nestimate as ne
from nestimate.results.documents import terminal

STATIC = Path(__file__).parent / "_static"
COMMAND = (
    "nestimate compare mice.csv --value glucose --group arm --unit mouse --rope=-0.3,0.3 --brief"
)


def main() -> None:
    """Write both."""
    result = ne.compare(
        ne.example("mice"),
        value="glucose",
        group="arm",
        unit="mouse",
        options={"rope": (-0.3, 0.3)},
    )
    rcParams["svg.hashsalt"] = "nestimate"
    result.plot_estimation().savefig(STATIC / "mice.svg", metadata={"Date": None})
    console = Console(record=True, width=96, file=StringIO())
    console.print(Text(f"$ {COMMAND}", style="bold"))
    console.print(Text(terminal.brief(result)))
    console.print()  # the last line of the picture cuts off what hangs below letters
    # The font of the reader: nothing is loaded from elsewhere.
    page = console.export_svg(title="nestimate", unique_id="nestimate")
    start, end = page.index("@font-face"), page.index(".nestimate-matrix")
    page = re.sub(r"<!-- Generated.*?-->", "", page[:start] + page[end:])
    (STATIC / "terminal.svg").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
