"""How scientists lay out what they measured: one reading per row, or side by side in many ways."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from bench_words import Tongue
from virtual_columns import Column, Part
from virtual_laboratory import Experiment, experiment
from virtual_plans import Kind, chance, one
from virtual_readings import Record
from virtual_truth import Asked, Truth, told

EACH_ROW = "(each row)"
EACH_COLUMN = "(each column)"


@dataclass(frozen=True)
class Sheet:
    """A table as it was typed, with the truth about it.

    Attributes
    ----------
    header
        Rows of titles, one or two.
    """

    seed: int
    layout: str
    header: tuple[tuple[str, ...], ...]
    rows: tuple[tuple[str, ...], ...]
    truth: Truth
    comma: bool = False

    @property
    def text(self) -> str:
        """The sheet as a file."""
        mark = ";" if self.comma else ","
        lines = (*self.header, *self.rows)
        return "".join(mark.join(map(_quoted(mark), line)) + "\n" for line in lines)

    @property
    def titles(self) -> tuple[str, ...]:
        """The titles of the columns, whatever row they are in."""
        return tuple(title for line in self.header for title in line if title)


def _quoted(mark: str) -> Callable[[str], str]:
    return lambda cell: f'"{cell}"' if mark in cell else cell


@dataclass(frozen=True)
class Laid:
    """A table before anything was left out, moved or mistyped.

    Attributes
    ----------
    measured
        The columns whose cells are readings.
    """

    layout: str
    header: tuple[tuple[str, ...], ...]
    rows: tuple[tuple[str, ...], ...]
    truth: Truth
    measured: tuple[int, ...]
    movable: bool = True


def _long(done: Experiment, rng: Generator) -> Laid:
    """One reading per row."""
    columns = done.columns
    rows = tuple(zip(*(c.cells for c in columns), strict=True))
    measured = tuple(i for i, c in enumerate(columns) if c.part is Part.VALUE)
    return Laid("long", (tuple(c.name for c in columns),), rows, told(done), measured)


type Slot = tuple[object, ...]


def _spread(
    done: Experiment, row: Callable[[Record], Slot], across: Callable[[Record], Slot]
) -> tuple[list[list[int]], list[list[str]]]:
    """Return the readings of every row, and its cells: one for every place across."""
    places = sorted({across(r) for r in done.records}, key=repr)
    found: dict[Slot, dict[Slot, int]] = {}
    for i, record in enumerate(done.records):
        found.setdefault(row(record), {})[across(record)] = i
    (value,) = done.of(Part.VALUE)
    cells = [
        [value.cells[kept[place]] if place in kept else "" for place in places]
        for kept in found.values()
    ]
    return [list(kept.values()) for kept in found.values()], cells


def _beside(done: Experiment, rows: Sequence[Sequence[int]], parts: Sequence[Part]) -> list[Column]:
    """Return the columns that say one thing of a row, with that in each."""
    return [
        replace(column, cells=tuple(column.cells[row[0]] for row in rows))
        for column in done.of(*parts)
        if all(len({column.cells[i] for i in row}) == 1 for row in rows)
    ]


ASIDES = (Part.COVARIATE, Part.SECOND, Part.OCCASION, Part.NUISANCE)
LABELS = (Part.BATCH, Part.THING, Part.FACTOR, Part.WITHIN, *ASIDES)


def _titled(stem: str, many: int, rng: Generator) -> list[str]:
    style = int(rng.integers(6))
    if style == 0:
        return [f"{stem}_{i + 1}" for i in range(many)]
    if style == 1:
        return [f"{stem} {chr(65 + i)}" for i in range(many)]
    name = one(rng, ("rep", "Rep ", "R", "replicate ", "tech", "value ", "trial_", "M"))
    return [f"{name}{i + 1}" for i in range(many)]


def _assembled(
    layout: str, labels: Sequence[Column], titles: Sequence[str], cells: Sequence[Sequence[str]]
) -> Laid:
    """Return labels and the cells beside them, without a word yet of what they are."""
    header = (*(c.name for c in labels), *titles)
    rows = tuple((*(c.cells[i] for c in labels), *row) for i, row in enumerate(cells))
    measured = tuple(range(len(labels), len(header)))
    return Laid(layout, (header,), rows, Truth(()), measured)


def _readings_beside(done: Experiment, rng: Generator) -> Laid:
    """One row for everything that was treated, its readings side by side."""
    rows, cells = _spread(done, lambda r: (r.path[0], r.within), lambda r: (r.reading,))
    labels = _beside(done, rows, LABELS)
    truth = told(done)
    if done.plan.between and not done.plan.within and chance(rng, 0.3):
        labels = [c for c in labels if c.part is not Part.THING]
        row = Asked(frozenset(), unit=(EACH_ROW,))
        right = tuple(replace(a, unit=row.unit) for a in truth.right)
        truth = replace(truth, right=right, undecided=(), scatters="")
    titles = _titled(done.names(Part.VALUE)[0], len(cells[0]), rng)
    laid = _assembled("readings side by side", labels, titles, cells)
    return replace(laid, truth=_about(truth, titles, titled=False, left_out=(), labels=labels))


def _about(
    truth: Truth,
    titles: Sequence[str],
    *,
    titled: bool,
    left_out: Sequence[str],
    labels: Sequence[Column],
) -> Truth:
    """Return the truth where the values stand below several titles."""
    here = {c.name for c in labels}

    def moved(asked: Asked) -> Asked:
        group = asked.group - frozenset(left_out)
        return replace(asked, value=frozenset(titles), group=group, titles=titled)

    return replace(
        truth,
        right=tuple(map(moved, truth.right)),
        undecided=tuple(map(moved, truth.undecided)),
        numbering=(),
        nuisance=tuple(n for n in truth.nuisance if n in here),
        covariates=tuple(n for n in truth.covariates if n in here),
        seconds=tuple(n for n in truth.seconds if n in here),
        occasions=tuple(n for n in truth.occasions if n in here),
        scatters=truth.scatters if truth.scatters in here else "",
    )


def _groups_beside(done: Experiment, rng: Generator) -> Laid:
    """A column for every group: values below each other, or a row for every subject."""
    (factor,) = done.of(Part.FACTOR, Part.WITHIN)
    truth = told(done)
    levels = tuple(dict.fromkeys(factor.cells))
    if done.plan.between:
        (value,) = done.of(Part.VALUE)
        below = {
            level: [v for v, g in zip(value.cells, factor.cells, strict=True) if g == level]
            for level in levels
        }
        longest = max(map(len, below.values()))
        cells = [
            [below[level][i] if i < len(below[level]) else "" for level in levels]
            for i in range(longest)
        ]
        laid = _assembled("groups side by side", (), levels, cells)
        right = Asked(frozenset(levels), titles=True)
        even = all(len(column) == longest for column in below.values())
        rows = (replace(right, block=(EACH_ROW,)),) if even else ()
        return replace(laid, truth=Truth((right,), rows, story=truth.story), movable=False)
    rows, cells = _spread(done, lambda r: (r.path[0], r.reading), lambda r: r.within)
    labels = _beside(done, rows, (Part.THING, Part.NUMBERING, Part.COVARIATE))
    laid = _assembled("groups side by side", labels, _in_order(done, levels), cells)
    truth = _about(truth, levels, titled=True, left_out=[factor.name], labels=labels)
    if done.plan.readings == 1 and chance(rng, 0.2):
        labels = [c for c in labels if c.part is not Part.THING]
        laid = _assembled("pairs side by side", labels, _in_order(done, levels), cells)
        flat = replace(truth.right[0], block=())
        rows_are = replace(flat, block=(EACH_ROW,))
        # Without names of the rows nothing says that these are pairs.
        truth = replace(truth, right=(flat,), undecided=(rows_are,), scatters="", crosses=())
    return replace(laid, truth=replace(truth, numbering=done.names(Part.NUMBERING)))


def _in_order(done: Experiment, levels: Sequence[str]) -> list[str]:
    """Return levels in the order of the numbers that stand for them in records."""
    (column, *_) = done.of(Part.WITHIN)
    at = {r.within[0]: cell for r, cell in zip(done.records, column.cells, strict=True)}
    return [at[i] for i in sorted(at)] if len(at) == len(levels) else list(levels)


def _times_beside(done: Experiment, rng: Generator) -> Laid:
    """A row for everything that was treated, a column for every time or condition."""
    (within,) = done.of(Part.WITHIN)
    rows, cells = _spread(done, lambda r: (r.path[0],), lambda r: r.within)
    labels = _beside(done, rows, (Part.THING, Part.FACTOR, *ASIDES))
    levels = _in_order(done, tuple(dict.fromkeys(within.cells)))
    numbers = all(level.replace(".", "").isdigit() for level in levels)
    if numbers:
        before = one(rng, ("", "day ", "Day", "t", "wk", f"{done.names(Part.VALUE)[0]} d", "T"))
        levels = [f"{before}{level}" for level in levels]
    truth = told(done)
    if chance(rng, 0.15):
        labels = [c for c in labels if c.part is not Part.THING]
        right = tuple(
            replace(a, unit=(EACH_ROW,) if a.unit else (), block=(EACH_ROW,) if a.block else ())
            for a in truth.right
        )
        truth = replace(truth, right=right, undecided=(), scatters="", crosses=())
    laid = _assembled("times side by side", labels, levels, cells)
    return replace(
        laid, truth=_about(truth, levels, titled=True, left_out=[within.name], labels=labels)
    )


def _units_beside(done: Experiment, rng: Generator) -> Laid:
    """A column for everything that was treated, its group in the title, readings below."""
    (factor,) = done.of(Part.FACTOR)
    mark = one(rng, ("_", " ", "-", " #", " rep "))
    (value,) = done.of(Part.VALUE)
    below: dict[str, list[str]] = {}
    for i, record in enumerate(done.records):
        title = f"{factor.cells[i]}{mark}{record.in_cell + 1}"
        below.setdefault(title, []).append(value.cells[i])
    longest = max(map(len, below.values()))
    cells = [[v[i] if i < len(v) else "" for v in below.values()] for i in range(longest)]
    laid = _assembled("things side by side", (), tuple(below), cells)
    right = Asked(frozenset(below), titles=True, unit=(EACH_COLUMN,))
    return replace(laid, truth=Truth((right,), story=done.plan.name), movable=False)


def _spanning(done: Experiment, rng: Generator) -> Laid:
    """Groups above several columns, times or a second factor down the rows."""
    across, down = done.of(Part.FACTOR, Part.WITHIN)
    which = {level: i for i, level in enumerate(dict.fromkeys(across.cells))}
    places = {i: (which[across.cells[i]], r.in_cell) for i, r in enumerate(done.records)}
    (value,) = done.of(Part.VALUE)
    found: dict[str, dict[tuple[int, int], str]] = {}
    for i, place in places.items():
        found.setdefault(down.cells[i], {})[place] = value.cells[i]
    columns = sorted(set(places.values()))
    names = _second_row(done, columns, rng)
    cells = [[row.get(place, "") for place in columns] for row in found.values()]
    groups = list(which)
    first = [groups[g] if n == 0 or (g, 0) not in columns else "" for g, n in columns]
    if chance(rng, 0.3):
        first = [groups[g] for g, _ in columns]
    laid = _assembled(
        "groups above columns", [Column(down.name, Part.WITHIN, tuple(found))], names, cells
    )
    header = (("", *first), (down.name, *names))
    flat = Asked(frozenset(), frozenset({down.name}), titles=True)
    by_column = (replace(flat, unit=(EACH_COLUMN,)), replace(flat, block=(EACH_COLUMN,)))
    followed = bool(done.plan.within)
    truth = Truth(
        right=by_column if followed else (flat,),
        undecided=(flat,) if followed else by_column,
        story=done.plan.name,
    )
    return replace(laid, header=header, truth=truth, movable=False)


def _second_row(done: Experiment, columns: Sequence[tuple[int, int]], rng: Generator) -> list[str]:
    style = int(rng.integers(3))
    if style == 0:
        return [f"Y{n + 1}" for _, n in columns]
    if style == 1:
        return [str(n + 1) for _, n in columns]
    word = done.names(Part.THING)[0] if done.plan.within else "rep"
    return [f"{word} {n + 1}" for _, n in columns]


def _summaries(done: Experiment, rng: Generator) -> Laid:
    """A row for every group: mean, SD and number of values."""
    (factor,) = done.of(Part.FACTOR)
    (value,) = done.of(Part.VALUE)
    rows = []
    for level in dict.fromkeys(factor.cells):
        some = [float(v) for v, g in zip(value.cells, factor.cells, strict=True) if g == level]
        rows.append((level, f"{np.mean(some):.3g}", f"{np.std(some, ddof=1):.2g}", str(len(some))))
    mean = one(rng, ("mean", "Mean", f"mean {value.name}", "average"))
    sd = one(rng, ("sd", "SD", "st.dev."))
    n = one(rng, ("n", "N", "n mice"))
    right = Asked(frozenset({mean}), frozenset({factor.name}), beside=frozenset({sd, n}))
    header = ((factor.name, mean, sd, n),)
    return Laid("summaries", header, tuple(rows), Truth((right,), story="summaries"), (1,))


def _layouts(done: Experiment) -> list[tuple[Callable[[Experiment, Generator], Laid], float]]:
    """Return how this experiment may be laid out, and how often it is."""
    plan = done.plan
    found: list[tuple[Callable[[Experiment, Generator], Laid], float]] = [(_long, 3)]
    if plan.kind is Kind.SHARED or plan.depth > 1:
        return found
    factors = done.of(Part.FACTOR, Part.WITHIN)
    if plan.readings > 1:
        found.append((_readings_beside, 1.5))
    if len(factors) == 1 and not plan.batches and plan.between != (1,) and not plan.numeric:
        if plan.readings == 1 or not plan.between:
            found.append((_groups_beside, 1))
        if plan.between and plan.readings > 1:
            found.append((_units_beside, 0.7))
        least = min(Counter(factors[0].cells).values())
        if plan.between and plan.readings == 1 and plan.kind is Kind.MEASURED and least > 2:
            found.append((_summaries, 0.3))
    if len(plan.between) == 1 and len(plan.within) == 1 and plan.readings == 1:
        found += [(_times_beside, 1.5), (_spanning, 0.7)]
    if len(plan.between) == 2 and plan.readings == 1:
        found.append((_spanning, 0.6))
    return found


# What happens to a table before it is shown to anybody


def _damaged(laid: Laid, kind: Kind, rng: Generator) -> Laid:
    """Leave values out, or write that they were too low."""
    rows = [list(row) for row in laid.rows]
    full = [(i, j) for i, row in enumerate(rows) for j in laid.measured if row[j]]
    if chance(rng, 0.25) and len(full) > 15:
        word = one(rng, ("", "", "", "NA", "n.d."))
        for k in rng.permutation(len(full))[: int(rng.integers(1, 4))]:
            rows[full[k][0]][full[k][1]] = word
    elif chance(rng, 0.04) and kind is Kind.MEASURED and len(full) > 15:
        lowest = sorted(full, key=lambda at: float(rows[at[0]][at[1]]))[:2]
        limit = rows[lowest[1][0]][lowest[1][1]]
        for i, j in lowest:
            rows[i][j] = f"<{limit}"
    return replace(laid, rows=tuple(map(tuple, rows)))


def _moved(laid: Laid, rng: Generator) -> Laid:
    """Put rows or columns in another order."""
    rows, header = laid.rows, laid.header
    if chance(rng, 0.25):
        rows = tuple(rows[i] for i in rng.permutation(len(rows)))
    elif chance(rng, 0.2):
        by = int(rng.integers(len(header[0])))
        rows = tuple(sorted(rows, key=lambda row: row[by]))
    order = np.arange(len(header[0]))
    if chance(rng, 0.25):
        labels = [i for i in order if i not in laid.measured]
        shuffled = iter(rng.permutation(labels))
        order = np.array([i if i in laid.measured else next(shuffled) for i in order])
        if len(laid.measured) == 1 and chance(rng, 0.4):
            order = rng.permutation(order)
    return replace(
        laid,
        header=tuple(tuple(line[i] for i in order) for line in header),
        rows=tuple(tuple(row[i] for i in order) for row in rows),
    )


def sheet(seed: int) -> Sheet:
    """Return the table of a seed, as somebody would have typed it."""
    rng = np.random.default_rng([21, seed])
    done = experiment(seed)
    if chance(rng, 0.2) and len(done.records) > 24:
        lost = set(rng.permutation(len(done.records))[: int(rng.integers(1, 4))].tolist())
        done = done.kept([i for i in range(len(done.records)) if i not in lost])
    layouts = _layouts(done)
    weights = np.array([weight for _, weight in layouts])
    laid = layouts[int(rng.choice(len(layouts), p=weights / weights.sum()))][0](done, rng)
    laid = _damaged(laid, done.plan.kind, rng)
    if laid.movable:
        laid = _moved(laid, rng)
    comma = done.tongue is not Tongue.ENGLISH and chance(rng, 0.5) and len(laid.header[0]) > 1
    rows = laid.rows
    if comma:
        rows = tuple(tuple(_with_comma(cell) for cell in row) for row in rows)
    return Sheet(seed, laid.layout, laid.header, rows, laid.truth, comma)


def _with_comma(cell: str) -> str:
    bare = cell.removeprefix("<")
    whole, _, rest = bare.partition(".")
    return cell.replace(".", ",") if whole.isdigit() and rest.isdigit() else cell
