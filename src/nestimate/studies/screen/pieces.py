"""Tables in pieces, so that a Parquet file may be larger than memory."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from nestimate.data.tables.cells import read_label, refused_label
from nestimate.data.tables.door import Reading, Table, read_grid
from nestimate.data.tables.grid import Grid
from nestimate.errors import DataError, one_of

Codes = NDArray[np.intp]

#: Cells of a table that are read at once, and bytes of a file.
CELLS, BYTES = 1 << 21, 1 << 20


def pieces(data: Any, wanted: Sequence[str | None]) -> Iterator[Table]:
    """Give tables that one below the other are the data, each with these columns at least.

    Raises
    ------
    DataError
        When the data cannot be read, or a column is not there.
    """
    names = [name for name in dict.fromkeys(wanted) if name is not None]
    if isinstance(data, str | Path) and Path(data).suffix.lower() == ".parquet":
        yield from _of_parquet(Path(data), names)
        return
    whole = Table.from_grid(read_grid(data, Reading()))
    together = _together(len(names) or len(whole.columns))
    for first in range(0, max(whole.n_rows, 1), together):
        rows = slice(first, first + together)
        yield replace(
            whole,
            columns={name: column[rows] for name, column in whole.columns.items()},
            rows=whole.rows[rows],
        )


def opened(data: Any) -> tuple[Any, tuple[str, ...]]:
    """Return a table that can be read once more, and the names of its columns.

    Raises
    ------
    DataError
        When it cannot be read.
    """
    if isinstance(data, str | Path) and Path(data).suffix.lower() == ".parquet":
        with _parquet(Path(data)) as file:
            return data, tuple(file.schema_arrow.names)
    grid = read_grid(data, Reading())
    return grid, tuple(grid.names)


def _together(columns: int) -> int:
    return max(CELLS // max(columns, 1), 1_024)


def _parquet(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path, buffer_size=BYTES, pre_buffer=False)
    except (OSError, ValueError) as error:
        raise DataError(f"{path.name} cannot be read as Parquet: {error}.") from None


def _of_parquet(path: Path, names: list[str]) -> Iterator[Table]:
    with _parquet(path) as file:
        there = file.schema_arrow.names
        for name in names:
            if name not in there:
                raise DataError(f"{path.name}: {one_of('column', name, there)}")
        first = 0
        for batch in file.iter_batches(_together(len(names or there)), columns=names or None):
            part = pa.Table.from_batches([batch])
            yield Table.from_grid(
                Grid(
                    source=path.name,
                    names=tuple(part.column_names),
                    columns=tuple(part.columns),
                    rows=range(first, first + part.num_rows),
                )
            )
            first += part.num_rows


class Labels:
    """The labels of a column, numbered as they come, over several pieces.

    Parameters
    ----------
    name, what
        The column, and its role.
    """

    def __init__(self, name: str, what: str) -> None:
        self.name, self._what = name, what
        self._known: dict[str, int] = {}
        #: Numbers by cells as they stand: each is looked at once.
        self._cells: dict[str | None, int] = {None: -1}

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._known)

    def codes(self, table: Table) -> Codes:
        """Return the number of each row's label.

        Raises
        ------
        DataError
            When a cell is empty, or its content is not known.
        """
        indices, cells = table.raw_labels(self.name)
        for cell in cells:
            if cell not in self._cells:
                self._cells[cell] = self._number(table, cell)
        codes = np.array([self._cells[cell] for cell in (*cells, None)], dtype=np.intp)[indices]
        empty = np.flatnonzero(codes < 0)
        if empty.size:
            raise DataError(
                f"{table.source}: column '{self.name}' ({self._what}) is empty in {empty.size:,} "
                f"rows, the first is row {table.row(empty[0])}. Fill it in, or delete these rows."
            )
        return codes

    def _number(self, table: Table, cell: str | None) -> int:
        if cell and refused_label(cell):
            table.labels(self.name)  # says why
        label = read_label(cell)
        return -1 if label is None else self._known.setdefault(label, len(self._known))

    def ordered(self) -> tuple[Codes, tuple[str, ...]]:
        """Return the place of each number among the labels in order, and those."""
        names = list(self._known)
        order = np.array(sorted(range(len(names)), key=names.__getitem__), dtype=np.intp)
        place = np.empty_like(order)
        place[order] = np.arange(order.size)
        return place, tuple(names[i] for i in order)


def coded(table: Table, name: str, what: str) -> tuple[Codes, tuple[str, ...]]:
    """Return a column of a whole table as codes into its labels in order."""
    labels = Labels(name, what)
    codes = labels.codes(table)
    place, names = labels.ordered()
    return place[codes], names
