"""What the page needs of the rest of nestimate: the only module here that knows where it is."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from importlib.util import find_spec
from io import BytesIO
from json import dumps
from typing import TYPE_CHECKING, Any

from nestimate.comparison import Comparison, compare, fit
from nestimate.data.designs.groups import look_alikes
from nestimate.data.inspection.mending import below_titles
from nestimate.data.tables.cells import (
    EMPTY_VALUES,
    OddCellError,
    is_limit,
    is_plain_number,
    read_label,
    read_number,
    refused_label,
    tidy,
)
from nestimate.data.tables.columns import plain_numbers
from nestimate.data.tables.editing import column_names
from nestimate.data.tables.edits import Rename, parse_edit
from nestimate.data.tables.files import read_file, sheets
from nestimate.data.tables.grid import Grid as Cells
from nestimate.data.tables.headers import spanning_header
from nestimate.data.tables.reading import Reading
from nestimate.data.tables.rows import without_header_rows
from nestimate.data.tables.stacking import Wanted
from nestimate.data.tables.workbooks import UNKNOWN_CELLS, holds_readings
from nestimate.errors import NestimateError
from nestimate.inference.work import Work, using
from nestimate.overview import Overview, inspect
from nestimate.planning import Planned
from nestimate.results import figures
from nestimate.results.documents import html, pictures, reproduction
from nestimate.results.documents.blocks import Block, Code, Grid, Picture, Prose, Section
from nestimate.results.documents.report import contents
from nestimate.results.estimates import naming
from nestimate.results.figures.sheet import COLUMN, PAGE, Sheet, drawn_on
from nestimate.results.words import layouts, rounding, wording
from nestimate.studies import pilot, plan_figures, plan_report

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "EMPTY_VALUES",
    "UNKNOWN_CELLS",
    "Block",
    "Cells",
    "Code",
    "Comparison",
    "Grid",
    "OddCellError",
    "Overview",
    "Picture",
    "Planned",
    "Prose",
    "Reading",
    "Rename",
    "Section",
    "Upload",
    "column_names",
    "is_limit",
    "is_plain_number",
    "look_alikes",
    "plain_numbers",
    "read_label",
    "read_number",
    "refused_label",
]

#: The words of a design that are arguments of `compare`; all others are options.
ROLES = frozenset({"value", "group", "unit", "block", "reference", "relabel_units"})
#: What can be drawn, by name: of an answer, and of a plan.
DRAWINGS: Mapping[str, Callable[[Any], "Figure"]] = {
    **figures.FIGURES,
    "curve": plan_figures.curve,
    "frontier": plan_figures.frontier,
    "surface": plan_figures.surface,
}


#: Differences whose effect sizes stand beside them; those of more stand among the estimates.
FEW = 3
_COSTS = ("unit", "reading", "block")


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file that the page was given, in memory.

    Attributes
    ----------
    name, content
        As the user calls it, and its bytes.
    sheets
        Sheets that hold anything, of a workbook.
    likely
        Of several, the first that looks like a table; the first where none does.
    read
        The cells as they were read last, by the options that they were read with.
    """

    name: str
    content: bytes
    sheets: tuple[str, ...] = ()
    likely: str | None = None
    read: dict[Reading, Cells] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, name: str, content: bytes) -> "Upload":
        """Look which sheets there are."""
        plain = cls(name=name, content=content)
        found = sheets(plain.opened())
        likely = next(filter(plain.holds_table, found), found[0]) if len(found) > 1 else None
        return cls(name=name, content=content, sheets=found, likely=likely)

    def holds_table(self, sheet: str) -> bool:
        """Return whether a sheet has columns and rows enough to be a table of readings."""
        try:
            grid = self.cells(Reading(sheet=sheet))
        except NestimateError:
            return False
        return holds_readings(len(grid.names), grid.n_rows)

    def cells(self, reading: Reading) -> Cells:
        """Return the cells as they stand; a large file is read once for all that is asked of it."""
        asked = replace(reading, edits=())
        if asked not in self.read:
            found = read_file(self.opened(), asked)
            self.read.clear()
            self.read[asked] = found
        return self.read[asked]

    def opened(self) -> BytesIO:
        """Return the file as `compare` and `inspect` take it."""
        file = BytesIO(self.content)
        file.name = self.name
        return file


def reading_of(asked: Mapping[str, Any]) -> Reading:
    """Return how a file is read, as a message says it."""
    return Reading(
        sheet=asked.get("sheet") or None,
        decimal=asked.get("decimal") or None,
        header_row=int(asked["header_row"]) if asked.get("header_row") else None,
        edits=tuple(asked.get("edits") or ()),
    )


def below_title(upload: Upload, reading: Reading) -> Reading:
    """Return how a file is read whose columns are named below a title."""
    return below_titles(upload.cells(reading), reading)[1]


def nestimate_version() -> str:
    """Return the version of nestimate."""
    return version("nestimate")


def have_workbooks() -> bool:
    """Return whether workbooks can be read here."""
    return find_spec("python_calamine") is not None


def overview(upload: Upload, reading: Reading) -> Overview:
    """Look at a table."""
    return inspect(upload.cells(reading), **reading.chosen)


def grid_and_steps(upload: Upload, reading: Reading) -> tuple[Cells, list[dict[str, str]]]:
    """Return the cells after the edits, and each edit with what it did, or why it cannot be done.

    What follows an edit that cannot be done is left undone.
    """
    grid = upload.cells(reading)
    steps = []
    for text in reading.edits:
        try:
            grid = parse_edit(text).applied(grid)
        except NestimateError as error:
            steps.append({"edit": text, "said": str(error), "failed": "yes"})
            break
        steps.append({"edit": text, "said": grid.notes[-1]})
    return grid, steps


def header_rows(grid: Cells, reading: Reading) -> int:
    """Return how many rows below the first hold names or units, and no readings."""
    units = grid.n_rows - without_header_rows(grid).n_rows
    if units or not grid.n_rows:
        return units
    try:
        table = spanning_header(grid, Wanted(decimal=reading.decimal, as_it_is=True))
    except NestimateError:
        return 0
    named = (tidy(str(column[0].as_py() or "")) for column in grid.columns)
    return int(table is not None and not any(map(is_plain_number, named)))


def told(tell: Callable[[str], None]) -> AbstractContextManager[None]:
    """Tell how far the work inside has come."""
    return using(Work(progress=tell))


def comparison(
    upload: Upload, reading: Reading, design: Mapping[str, Any], options: Mapping[str, Any]
) -> Comparison:
    """Estimate: the same call as in a terminal."""
    named = {name: said for name, said in design.items() if name in ROLES and said}
    chosen = {name: said for name, said in design.items() if name not in ROLES | {"formula"}}
    chosen |= {name: said for name, said in options.items() if name not in ROLES}
    named |= {name: said for name, said in options.items() if name in ROLES and said}
    if "against" in chosen:
        chosen["against"] = float(chosen["against"])
    if chosen.get("rope"):
        chosen["rope"] = tuple(chosen["rope"])
    edits = (*reading.edits, *chosen.get("edits", ()))
    chosen |= replace(reading, edits=edits).chosen
    if "formula" in design:
        kept = {name: named[name] for name in ("group", "reference") if name in named}
        return fit(str(design["formula"]), upload.opened(), **kept, options=chosen)
    found: Comparison = compare(upload.opened(), **named, options=chosen)
    return found


def short_table(found: Comparison) -> dict[str, Any]:
    """Return the head and the rows of the few numbers that a reader wants first."""
    rope = found.question.rope is not None
    rows = [*found.contrasts, *found.groups]
    if len(found.contrasts) <= FEW:
        rows += [*found.effect_sizes, *found.coefficients]
    named = {id(row): naming.centre_name(row.name, found.model) for row in found.groups}
    if len(found.contrasts) == 1:
        named |= {id(row): row.name.split("[", 1)[0] for row in found.effect_sizes}
    interval = rounding.interval_name(found.groups[0])
    if found.contrasts and found.contrasts[0].ci_kind != found.groups[0].ci_kind:
        interval = f"{rounding.percent(found.question.ci_prob)} interval"
    return {
        "caption": layouts.value_label(found.design),
        "head": [
            "",
            wording.centre_head(found.groups[0].measure, mixed=True),
            interval,
            wording.above(found.design),
            *["P(in ROPE)"] * rope,
        ],
        "rows": [
            [named.get(id(row), row.name), *wording.short_cells(row, rope=rope)] for row in rows
        ],
        "glosses": [wording.gloss(row, found.model) for row in rows],
    }


def parts(found: Comparison) -> tuple[Section, ...]:
    """Return what the report says, part by part."""
    return contents(found).sections


def drawn(found: Comparison | Planned, name: str, room: float | None = None) -> "Figure":
    """Draw a figure by its name: for a screen as wide as its room, so that letters can be read.

    Parameters
    ----------
    found, name
        Of what, and which.
    room
        Millimetres that there are; None: as large as it needs, for a file.
    """
    if room is None or isinstance(found, Planned):
        return DRAWINGS[name](found)
    return drawn_on(Sheet(width=min(max(room, COLUMN), PAGE)), DRAWINGS[name], found)


def available(found: Comparison) -> tuple[str, ...]:
    """Return the names of the figures that suit this answer."""
    return figures.available(found)


def caption(found: Comparison, name: str) -> str:
    """Return what a figure shows, in words."""
    if name == "estimation":
        return pictures.estimation(found)
    return pictures.CAPTIONS.get(name, "")


def drawing_name(draw: object) -> str:
    """Return the name of the figure that a picture of a report draws."""
    return next(name for name, known in DRAWINGS.items() if known is draw)


def written(found: Comparison | Planned, kind: str) -> bytes:
    """Return a report, or all numbers, as a file: `html`, `md` or `json`."""
    if kind == "json":
        return (dumps(found.to_dict(), indent=1) + "\n").encode()
    if isinstance(found, Planned):
        return plan_report.render(found, f".{kind}").encode()
    return html.render(found, f".{kind}").encode()


def reproduced(found: Comparison) -> dict[str, str]:
    """Return the command and the Python call that give the same numbers."""
    return {"command": reproduction.command(found), "python": reproduction.python_call(found)}


def why_no_plan(found: Comparison) -> str:
    """Return why the next experiment cannot be planned from an answer; empty where it can."""
    try:
        pilot.pilot_words(found.design)
    except NestimateError as error:
        said = str(error).removeprefix("plan: ")
        return f"{said[:1].upper()}{said[1:]}"
    return ""


def usual_readings(found: Comparison) -> int:
    """Return how many readings a unit has here, at most."""
    return found.design.readings_per_unit[1]


def planned(
    found: Comparison, said: Mapping[str, Any], tell: Callable[[int, int], None]
) -> tuple[Planned, dict[str, str]]:
    """Plan the next experiment with an answer as its pilot, and how that is said elsewhere.

    Parameters
    ----------
    said
        By the names of `choices.PLANNING`; what is left out is as usual.
    tell
        Told of the experiments that are simulated, and of how many are asked for.
    """
    goals = [str(said.get("goal", "excludes 0"))]
    if "narrower" in said:
        goals.append(f"narrower than {said['narrower']:g}")
    costs = {name: said[f"cost_{name}"] for name in _COSTS if f"cost_{name}" in said}
    call: dict[str, Any] = {
        "effect": "pilot" if said.get("as_seen") else said.get("effect"),
        "readings": None if "readings" not in said else [int(said["readings"])],
        "goals": goals,
        "costs": {"unit": 0.0, **costs} if costs else None,
        "target": float(said.get("target", 0.8)),
        "settings": {name: float(said[name]) for name in ("lost", "budget") if name in said},
    }
    settings = {**call["settings"], "progress": tell}
    options = {"simultaneous": False, "against": None}
    plan = found.plan(**{**call, "settings": settings, "options": options})
    return plan, reproduction.plan_again(found, call)


def plan_parts(plan: Planned) -> tuple[Section, ...]:
    """Return what the report of a plan says, part by part."""
    return plan_report.contents(plan).sections


def said(found: Comparison) -> dict[str, Sequence[str]]:
    """Return the sentences of an answer: the headline, what follows, what to mind."""
    head = [
        sentence
        for i, sentence in enumerate(found.sentences)
        if i < len(found.contrasts) or sentence.startswith("Decision")
    ] or list(found.sentences)
    return {
        "headline": head,
        "rest": [sentence for sentence in found.sentences if sentence not in head],
        "design": [*layouts.design_sentences(found.design), *found.design.notes],
        "mind": list(found.design.warnings),
        "withheld": [] if found.passed else [wording.withheld(found.checks)],
    }
