"""One reading per row, as a matrix: coded piece by piece, and laid out when all is known.

Sixteen bytes of a reading go to a file without a name, twenty where samples are named, so that
memory holds the matrix and no row.
"""

from collections.abc import Iterator
from dataclasses import replace
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Self

import numpy as np
from numpy.typing import NDArray

from nestimate.errors import DataError, DesignError
from nestimate.studies.screen.cells import Cells, arranged
from nestimate.studies.screen.matrix import Matrix
from nestimate.studies.screen.pieces import Labels, pieces
from nestimate.studies.screen.reduced import Layout
from nestimate.studies.screen.request import Options, Roles

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Bytes of coded rows that memory holds, and rows that are laid out at once.
KEPT, ROWS = 1 << 24, 1 << 19
#: Share of endpoints whose further readings of a unit are odd.
FEW = 0.05


class Coded:
    """The rows of a long table by the numbers of their labels.

    Parameters
    ----------
    roles
        What its columns are.
    file
        Where the rows are kept.
    """

    def __init__(self, roles: Roles, file: IO[bytes]) -> None:
        self.roles, self._file = roles, file
        given = {
            "endpoint": roles.endpoint,
            "group": roles.group,
            roles.inner_role: roles.inner,
            "sample": roles.sample,
        }
        self.labels = {role: Labels(name, role) for role, name in given.items() if name is not None}
        self.notes: list[str] = []
        #: Numbers of group and unit that occur together, and rows of each.
        self._pairs: dict[tuple[int, int], int] = {}
        self._rows: list[int] = []
        names = ("endpoint", "pair", *(("sample",) if roles.sample else ()))
        self._kind = np.dtype([*((name, "<i4") for name in names), ("value", "<f8")])

    @classmethod
    def read(cls, data: Any, roles: Roles, file: IO[bytes]) -> Self:
        """Read all rows.

        Raises
        ------
        DataError
            When there are none, or a cell cannot be read.
        """
        assert roles.value is not None
        found = cls(roles, file)
        names = [labels.name for labels in found.labels.values()]
        for table in pieces(data, (roles.value, *names)):
            codes = {role: labels.codes(table) for role, labels in found.labels.items()}
            inner = codes.get(roles.inner_role, np.zeros(table.n_rows, dtype=np.intp))
            rows = np.empty(table.n_rows, dtype=found._kind)
            rows["value"] = table.numbers(roles.value)
            rows["endpoint"] = codes["endpoint"]
            rows["pair"] = found._paired(codes["group"], inner)
            if roles.sample:
                rows["sample"] = codes["sample"]
            found._file.write(rows.tobytes())
            found.notes += [note for note in table.notes if note not in found.notes]
        if not found._rows:
            raise DataError("the table has no rows: one row per reading is needed.")
        return found

    def _paired(self, group: Codes, inner: Codes) -> Codes:
        """Return the number of each row's pair."""
        width = int(inner.max(initial=0)) + 1
        distinct, place, rows = np.unique(
            group * width + inner, return_inverse=True, return_counts=True
        )
        known = np.empty(distinct.size, dtype=np.intp)
        for i, key in enumerate(distinct):
            pair = divmod(int(key), width)
            known[i] = self._pairs.setdefault(pair, len(self._pairs))
            if known[i] == len(self._rows):
                self._rows.append(0)
            self._rows[known[i]] += int(rows[i])
        return known[place]

    def cells(self) -> Cells:
        """Return the pairs of group and unit, as what cells are made of."""
        group, inner = np.array(list(self._pairs), dtype=np.intp).T
        place, groups = self.labels["group"].ordered()
        named = self.labels.get(self.roles.inner_role)
        within, units = named.ordered() if named else (np.zeros(1, dtype=np.intp), ("",))
        return Cells(
            group=place[group],
            unit=within[inner],
            groups=groups,
            units=units,
            rows=np.array(self._rows),
        )

    def __iter__(self) -> Iterator[NDArray[Any]]:
        """Give the rows, some at a time."""
        self._file.seek(0)
        while found := self._file.read(ROWS * self._kind.itemsize):
            yield np.frombuffer(found, dtype=self._kind)

    def check_samples(self, place: Codes, endpoints: tuple[str, ...]) -> None:
        """Refuse several readings of one sample.

        Raises
        ------
        DataError
            When an endpoint has them.
        """
        if "sample" not in self.labels:
            return
        order, samples = self.labels["sample"].ordered()
        count = np.zeros(place.size * order.size, dtype=np.int32)
        for rows in self:
            np.add.at(count, place[rows["endpoint"]] * order.size + order[rows["sample"]], 1)
        twice = np.flatnonzero(count > 1)
        if twice.size:
            endpoint, sample = divmod(int(twice[0]), order.size)
            raise DataError(
                f"endpoint '{endpoints[endpoint]}' has several rows of sample "
                f"'{samples[sample]}', and {twice.size - 1:,} more such pairs: each sample gives "
                "one reading. Average them, or leave sample out: rows of a unit are then its "
                "readings."
            )


def read_long(data: Any, roles: Roles, options: Options) -> Matrix:
    """Read a table with one reading per row.

    Raises
    ------
    DataError, DesignError
        When it cannot be read, or endpoints cannot be compared with it.
    """
    if roles.endpoint is None or roles.value is None:
        raise DesignError(
            "endpoint and value are not named: a table with one reading per row needs both. Where "
            "endpoints are rows and samples are columns, give the sheet of samples: "
            "samples='samples.csv' (--samples)."
        )
    with SpooledTemporaryFile(KEPT) as file:
        coded = Coded.read(data, roles, file)
        place, endpoints = coded.labels["endpoint"].ordered()
        coded.check_samples(place, endpoints)
        kept, cell, layout, said = arranged(coded.cells(), roles, options)
        values, column_cell, crowded = _filled(
            coded, place, np.where(kept, cell, -1), layout.group.size
        )
    layout = replace(layout, cell=column_cell)
    if crowded is not None and roles.inner is not None:
        endpoint, own, n, usual = crowded
        said.append(
            f"Endpoint '{endpoints[endpoint]}' has {n} readings of '{layout.names[own]}', where "
            f"{usual} are usual: were rows pasted twice? What is missing is counted from the most "
            "that any endpoint has. Name the column of samples, and each gives one reading."
        )
    if roles.inner is None:
        values, layout = _alone(values, layout)
    return Matrix(
        names=np.array(endpoints, dtype=object),
        values=values,
        layout=layout,
        notes=(*coded.notes, *said),
    )


def _filled(
    coded: Coded, place: Codes, cell: Codes, cells: int
) -> tuple[Array, Codes, tuple[int, int, int, int] | None]:
    """Return readings as a matrix, as many columns for a cell as it has readings at most.

    Third stands an endpoint with more readings than others, see `_crowded`.

    Parameters
    ----------
    coded
        The rows.
    place
        Row of the matrix of each endpoint's number.
    cell
        Cell of each pair of group and unit; -1: left out.
    cells
        How many there are.
    """
    count = np.zeros(place.size * cells, dtype=np.int32)
    for key, _ in _known(coded, place, cell, cells):
        np.add.at(count, key, 1)
    most = count.reshape(-1, cells).max(axis=0, initial=0)
    crowded = _crowded(count.reshape(-1, cells))
    begin = np.concatenate([[0], np.cumsum(most)])
    matrix = np.full((place.size, int(begin[-1])), np.nan)
    count[:] = 0  # from here on: readings that have their column
    for key, value in _known(coded, place, cell, cells):
        order = np.argsort(key, kind="stable")
        ordered = key[order]
        starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
        sizes = np.diff([*starts, ordered.size])
        rank = np.arange(ordered.size) - np.repeat(starts, sizes) + count[ordered]
        row, own = np.divmod(ordered, cells)
        matrix[row, begin[own] + rank] = value[order]
        count[ordered[starts]] += sizes.astype(np.int32)
    return matrix, np.repeat(np.arange(cells), most), crowded


def _crowded(count: NDArray[np.int32]) -> tuple[int, int, int, int] | None:
    """Return where rows may have been pasted twice; None where nothing says so.

    An endpoint, a cell, its readings and how many are usual there: where a few endpoints have more
    readings of a unit than nearly all others that have any.
    """
    for cell, column in enumerate(count.T):
        some = column[column > 0]
        usual = int(np.median(some)) if some.size else 0
        over = np.flatnonzero(column > usual)
        if over.size and over.size <= FEW * some.size:
            return int(over[0]), cell, int(column[over[0]]), usual
    return None


def _known(coded: Coded, place: Codes, cell: Codes, cells: int) -> Iterator[tuple[Codes, Array]]:
    """Give what is not missing and not left out: endpoint and cell as one number, and value."""
    for rows in coded:
        own = cell[rows["pair"]]
        some = (own >= 0) & ~np.isnan(rows["value"])
        if some.any():
            yield place[rows["endpoint"][some]] * cells + own[some], rows["value"][some]


def _alone(matrix: Array, layout: Layout) -> tuple[Array, Layout]:
    """Return a matrix in which every reading is a unit: sorted, for nothing tells them apart."""
    for g in (0, 1):
        own = layout.group[layout.cell] == g
        matrix[:, own] = np.sort(matrix[:, own], axis=1)
    size = matrix.shape[1]
    return matrix, replace(
        layout,
        cell=np.arange(size),
        group=layout.group[layout.cell],
        names=tuple(str(i + 1) for i in range(size)),
    )
