"""The folder of a run: what workers read, and the parts they write, each whole or not at all."""

import hashlib
import json
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from nestimate.errors import DesignError
from nestimate.outputs import whole
from nestimate.studies.screen import students
from nestimate.studies.screen.layout import Layout
from nestimate.studies.screen.learnt import Levels
from nestimate.studies.screen.matrix import Matrix
from nestimate.studies.screen.reduced import Reduced
from nestimate.studies.screen.request import BLOCK, Options
from nestimate.studies.screen.score import Question, normal_units
from nestimate.studies.screen.stacks import stacked

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

MANIFEST, VALUES, LAYOUT, LEARNT = "manifest.json", "values.npy", "layout.json", "learnt.pickle"


@dataclass(frozen=True, kw_only=True)
class Folder:
    """The folder of a run.

    Attributes
    ----------
    path
        Where it is: beside the table that is written, on a disk that all workers see.
    """

    path: Path

    @classmethod
    def begun(cls, path: Path, matrix: Matrix, options: Options) -> Self:
        """Write what workers read; parts of an earlier run stay where this one goes on from it.

        Raises
        ------
        DesignError
            When there is an earlier run that this one does not go on from, or cannot.
        """
        found = cls(path=path)
        manifest = _manifest(matrix, options)
        old = path / MANIFEST
        if old.exists():
            if not options.resume and not options.overwrite:
                raise DesignError(
                    f"{path} holds parts of a run that was stopped. Go on from them with resume "
                    "(--resume), or start anew with overwrite (--overwrite)."
                )
            known = json.loads(old.read_text(encoding="utf-8"))
            if options.resume and known == manifest:
                return found
            if options.resume:
                changed = [name for name in manifest if known.get(name) != manifest[name]]
                raise DesignError(
                    f"resume: {path} holds parts of another run: {', '.join(changed)} differ. "
                    "Start anew with overwrite (--overwrite)."
                )
            found.remove()
        path.mkdir(parents=True, exist_ok=True)
        with whole(path / VALUES) as part:
            np.save(part, matrix.values)
        with whole(path / LAYOUT) as part:
            part.write_text(json.dumps(matrix.layout.words()), encoding="utf-8")
        with whole(old) as part:
            part.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
        return found

    def keep(self, learnt: Levels) -> None:
        """Write what was learnt, for workers to read."""
        with whole(self.path / LEARNT) as part:
            part.write_bytes(pickle.dumps(learnt))

    def done(self, kind: str, first: int, last: int) -> bool:
        """Whether a part is there."""
        return self._part(kind, first, last).exists()

    def write(self, kind: str, first: int, last: int, columns: Mapping[str, Any]) -> None:
        """Write a part whole."""
        with whole(self._part(kind, first, last)) as part:
            pq.write_table(pa.table(dict(columns)), part)

    def read(self, kind: str, first: int, last: int) -> dict[str, NDArray[Any]]:
        """Read a part."""
        table = pq.read_table(self._part(kind, first, last))
        return {
            name: column.to_numpy()
            for name, column in zip(table.column_names, table.columns, strict=True)
        }

    def remove(self) -> None:
        """Remove it and all that was written into it, and nothing else."""
        for pattern in (MANIFEST, VALUES, LAYOUT, LEARNT, "normal-*.parquet", "t-*.parquet"):
            for path in self.path.glob(pattern):
                path.unlink()
        if not any(self.path.iterdir()):
            self.path.rmdir()

    def _part(self, kind: str, first: int, last: int) -> Path:
        return self.path / f"{kind}-{first:08d}-{last:08d}.parquet"


def folder_beside(out: Path) -> Folder:
    """Return the folder of the run that writes a table."""
    out = out.resolve()
    return Folder(path=out.with_name(f"{out.name}.parts"))


def _manifest(matrix: Matrix, options: Options) -> dict[str, Any]:
    """Return what a run is of: parts of another cannot be mixed with it."""
    names = hashlib.sha256("\0".join(matrix.names).encode()).hexdigest()
    values = hashlib.sha256()
    for block in matrix.blocks():
        values.update(np.ascontiguousarray(block))
    words = matrix.layout.words()
    effect = words.pop("asked")
    return {
        "version": version("nestimate"),
        "endpoints": names,
        "values": values.hexdigest(),
        "effect": [effect["name"], list(effect["weights"])],
        "layout": hashlib.sha256(json.dumps(words).encode()).hexdigest(),
        "chunk": options.together,
        **options.statistics,
    }


@lru_cache(maxsize=2)
def _opened(path: Path, _: int) -> tuple[NDArray[Any], Layout, Levels]:
    """Read what workers need, once for each process and state of the folder."""
    values = np.load(path / VALUES, mmap_mode="r")
    layout = Layout.of_words(json.loads((path / LAYOUT).read_text(encoding="utf-8")))
    # Written by the process that hands out the jobs, which are pickles themselves.
    learnt: Levels = pickle.loads((path / LEARNT).read_bytes())
    return values, layout, learnt


def _open(path: Path) -> tuple[NDArray[Any], Layout, Levels]:
    return _opened(path, (path / LEARNT).stat().st_mtime_ns)


def normal_part(path: Path, first: int, last: int, question: Question) -> int:
    """Estimate endpoints with normal units, write them, and return how many they are."""
    values, layout, learnt = _open(path)
    blocks = []
    for begin in range(first, last, BLOCK):
        # Whole blocks, so that no digit depends on the size of a chunk.
        reduced = Reduced.of(np.asarray(values[begin : min(begin + BLOCK, last)]), layout)
        blocks.append(normal_units(reduced, learnt, question))
    columns = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
    Folder(path=path).write("normal", first, last, columns)
    return last - first


def t_part(
    path: Path, span: tuple[int, int], rows: Codes, numbers: Codes, question: Question
) -> int:
    """Analyse endpoints with Student-t units, write them, and return how many they are.

    Parameters
    ----------
    path
        The folder.
    span
        Which of the endpoints chosen these are, for the name of the part.
    rows, numbers
        Their rows in the matrix, and the numbers that choose their points.
    question
        What is asked.
    """
    values, layout, learnt = _open(path)
    own = np.asarray(values[rows])
    reduced = learnt.spreads.evened(Reduced.of(own, layout))
    own, layout = learnt.spreads.readings(own, layout)
    found = {name: np.full(len(rows), np.nan) for name in students.NUMBERS}
    trusted = np.zeros(len(rows), dtype=bool)
    for of_level, one in learnt.split(reduced):
        some = reduced.take(of_level)
        units = one.prior.unit(some)
        priors = one.prior.said(1.0, sigma=some.sigma)
        standard = own[of_level] / units[:, None]
        for at, sets in stacked(standard, some.over(units), layout, priors):
            if sets is None:
                continue
            where = of_level[at]
            answers = students.Answers.of(sets, units[at], one, question, numbers[where])
            trusted[where] = answers.trusted
            for name, column in answers.numbers.items():
                found[name][where] = column
    Folder(path=path).write("t", *span, {"row": rows, **found, "trusted": trusted})
    return len(rows)
