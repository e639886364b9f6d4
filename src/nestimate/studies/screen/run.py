"""A screen from readings to a table: learn from some, estimate all, look again at some."""

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nestimate.errors import DesignError
from nestimate.inference import work
from nestimate.remedies import Remedy
from nestimate.studies.screen.engines import Engine, Job, engine
from nestimate.studies.screen.learnt import Levels
from nestimate.studies.screen.matrix import Matrix
from nestimate.studies.screen.parts import Folder, folder_beside, normal_part, t_part
from nestimate.studies.screen.pools import POOLS
from nestimate.studies.screen.ranks import ranks, s_values
from nestimate.studies.screen.reduced import Reduced
from nestimate.studies.screen.request import Options
from nestimate.studies.screen.scales import Own
from nestimate.studies.screen.score import FAR, Question, lacks
from nestimate.studies.screen.students import NUMBERS as T_NUMBERS
from nestimate.studies.screen.students import alike

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
Columns = dict[str, NDArray[Any]]

#: Endpoints, at random, that are learnt from.
LEARN = 50_000
#: Local false sign rate below which an endpoint is looked at again.
DOUBTED = 0.2
#: Endpoints of one job with t units.
T_TOGETHER = 64
ESTIMATED = "estimated"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Outcome:
    """What a screen gives before it is said.

    Attributes
    ----------
    columns
        Everything of every endpoint by name, in the order of the matrix.
    learnt
        What endpoints have in common.
    audit
        Rows drawn at random that were analysed both ways.
    """

    columns: Columns
    learnt: Levels
    audit: Codes


def run(matrix: Matrix, options: Options) -> Outcome:
    """Screen all endpoints.

    Raises
    ------
    DataError, DesignError, InferenceError
        When there is too little to learn from, an earlier run cannot be gone on from, or workers
        are lost.
    """
    if options.pool == "icc" and not matrix.replicated:
        raise DesignError(
            "pool is 'icc', how far units differ beside how far their readings do, and no unit has "
            "several readings here. Endpoints in units of measurement of their own: ",
            Remedy("pool", "none"),
            "; all in one: ",
            Remedy("pool", "scales"),
            ".",
        )
    question = Question(ci_prob=options.ci_prob, rope=options.rope)
    numbers = _numbers(matrix.names, options.seed)
    with _folder(matrix, options) as folder, work.one_blas_thread():
        learnt = _learnt(matrix, options, np.argsort(numbers, kind="stable"))
        folder.keep(learnt)
        with engine(options.workers, options.scheduler) as crew:
            columns = _normal(folder, crew, matrix, options, question)
            audit = _audited(columns, numbers, options)
            chosen = _doubted(columns, audit, options)
            chosen = chosen[alike(matrix.values[chosen], matrix.layout)]
            _again(folder, crew, columns, (chosen, numbers[chosen]), options, question)
    columns["s_value"] = s_values(columns["lfsr"])
    columns["rank"], columns["rank_low"], columns["rank_high"] = ranks(
        columns["shrunk"], columns["shrunk_sd"], columns["p_null"]
    )
    return Outcome(columns=columns, learnt=learnt, audit=audit)


def _numbers(names: NDArray[np.object_], seed: int) -> Codes:
    """Return a number of each endpoint that depends on its name and the seed alone."""
    start = hashlib.blake2b(str(seed).encode(), digest_size=8)

    def one(name: str) -> int:
        own = start.copy()
        own.update(name.encode())
        return int.from_bytes(own.digest(), "little") >> 2

    return np.array([one(name) for name in names], dtype=np.intp)


@contextmanager
def _folder(matrix: Matrix, options: Options) -> Iterator[Folder]:
    """Give the folder of the run; it goes when the run is done, and stays when it is stopped."""
    if options.out is None:
        with tempfile.TemporaryDirectory(prefix="nestimate-") as path:
            yield Folder.begun(Path(path).resolve(), matrix, options)
        return
    yield Folder.begun(folder_beside(Path(options.out)).path, matrix, options)


def _learnt(matrix: Matrix, options: Options, order: Codes) -> Levels:
    """Learn from endpoints at random: the same ones whatever the order of rows."""
    rows = order[:LEARN]
    reduced = Reduced.of(matrix.values[rows], matrix.layout)
    # The strictest prior of the pool says what is too little for it.
    strict = Own(names=reduced.scales) if options.pool != "scales" else None
    able = reduced.lacking == "" if strict is None else lacks(reduced, strict) == ""
    if options.pool == "icc":
        able &= reduced.within[0] > 0
    pool = POOLS[options.pool]
    return Levels.of(
        reduced.take(np.flatnonzero(able)),
        pool,
        trend=options.trend and pool.by_level,
        mixture=options.effects == "mixture",
    )


def _done(crew: Engine, jobs: list[tuple[bool, int, Job]], what: str, options: Options) -> None:
    """Do what is not done yet, and tell how far it is."""
    total = sum(size for _, size, _ in jobs)
    count = sum(size for there, size, _ in jobs if there)
    tell = options.progress or _silent
    tell(count, total, what)
    for finished in crew.run(job for there, _, job in jobs if not there):
        count += finished
        tell(count, total, what)


def _silent(_: int, __: int, ___: str) -> None:
    pass


def _normal(
    folder: Folder, crew: Engine, matrix: Matrix, options: Options, question: Question
) -> Columns:
    size = len(matrix.names)
    spans = [
        (first, min(first + options.together, size)) for first in range(0, size, options.together)
    ]
    jobs = [
        (folder.done("normal", *span), span[1] - span[0],
         (normal_part, (folder.path, *span, question)))
        for span in spans
    ]  # fmt: skip
    _done(crew, jobs, "endpoints", options)
    parts = [folder.read("normal", *span) for span in spans]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    columns["status"] = np.where(columns["lacking"] == "", ESTIMATED, columns.pop("lacking"))
    columns["engine"] = np.where(columns["status"] == ESTIMATED, "normal", "none").astype(object)
    columns["lfsr_normal"] = columns["lfsr"].copy()
    return columns


def _audited(columns: Columns, numbers: Codes, options: Options) -> Codes:
    able = np.flatnonzero(columns["status"] == ESTIMATED)
    if options.robust == "none":
        return able[:0]
    order = able[np.argsort(numbers[able], kind="stable")]
    # Not the first ones: from those the prior was learnt.
    return np.sort(order[::-1][: options.audit])


def _doubted(columns: Columns, audit: Codes, options: Options) -> Codes:
    """Choose the endpoints that are analysed with t units."""
    choose: dict[str, Callable[[], NDArray[np.bool_]]] = {
        "none": lambda: np.zeros(len(columns["lfsr"]), dtype=bool),
        "hits": lambda: (
            (columns["lfsr"] < DOUBTED) | (columns["far"] > FAR) | (columns["unlike"] > 0)
        ),
        "all": lambda: columns["status"] == ESTIMATED,
    }
    chosen = choose[options.robust]()
    chosen[audit] = True
    return np.flatnonzero(chosen)


def _again(
    folder: Folder,
    crew: Engine,
    columns: Columns,
    chosen: tuple[Codes, Codes],
    options: Options,
    question: Question,
) -> None:
    """Analyse endpoints with t units, and put them in the place of what there was."""
    rows, numbers = chosen
    spans = [(i, min(i + T_TOGETHER, rows.size)) for i in range(0, rows.size, T_TOGETHER)]
    jobs = []
    for span in spans:
        own = slice(*span)
        job = (t_part, (folder.path, span, rows[own], numbers[own], question))
        jobs.append((folder.done("t", *span), span[1] - span[0], job))
    _done(crew, jobs, "endpoints with Student-t units", options)
    for span in spans:
        part = folder.read("t", *span)
        good = part["trusted"]
        at = part["row"][good]
        for name in T_NUMBERS:
            columns[name][at] = part[name][good]
        columns["engine"][at] = "t"
        columns["engine"][part["row"][~good]] = "normal (t failed)"
