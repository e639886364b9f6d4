"""One reading per row, as a matrix: coded piece by piece, and laid out when all is known.

Sixteen bytes of a reading go to a file without a name, twenty where samples are named, so that
memory holds the matrix and no row.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Self

import numpy as np
from numpy.typing import NDArray

from nestimate.errors import DataError, DesignError
from nestimate.studies.screen.cells import Cells, arranged
from nestimate.studies.screen.layout import Layout
from nestimate.studies.screen.matrix import Matrix
from nestimate.studies.screen.pieces import Labels, opened, pieces
from nestimate.studies.screen.request import Options, Roles
from nestimate.studies.screen.unnamed import of_readings

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
        given = {"endpoint": roles.endpoint, **roles.inside, "sample": roles.sample}
        self.labels = {role: Labels(name, role) for role, name in given.items() if name is not None}
        self.factors = {name: Labels(name, "group") for name in roles.compared}
        self.notes: list[str] = []
        #: Numbers of levels, block and unit that occur together, and rows of each.
        self._pairs: dict[tuple[int, ...], int] = {}
        self._rows: list[int] = []
        names = ("endpoint", "pair", *(("sample",) if roles.sample else ()))
        self._kind = np.dtype([*((name, "<i4") for name in names), ("value", "<f8")])

    @classmethod
    def read(cls, data: Any, roles: Roles, options: Options, file: IO[bytes]) -> Self:
        """Read all rows.

        Raises
        ------
        DataError
            When there are none, or a cell cannot be read.
        """
        assert roles.value is not None
        found = cls(roles, file)
        names = [labels.name for labels in (*found.labels.values(), *found.factors.values())]
        for table in pieces(data, (roles.value, *names)):
            codes = {role: labels.codes(table) for role, labels in found.labels.items()}
            rows = np.empty(table.n_rows, dtype=found._kind)
            rows["value"] = options.readings(table.numbers(roles.value))
            rows["endpoint"] = codes["endpoint"]
            levels = [labels.codes(table) for labels in found.factors.values()]
            rows["pair"] = found._paired([*levels, *(codes[role] for role in roles.inside)])
            if roles.sample:
                rows["sample"] = codes["sample"]
            found._file.write(rows.tobytes())
            found.notes += [note for note in table.notes if note not in found.notes]
        if not found._rows:
            raise DataError("the table has no rows: one row per reading is needed.")
        return found

    def _paired(self, codes: Sequence[Codes]) -> Codes:
        """Return the number of what occurs together in each row."""
        widths = [int(own.max(initial=0)) + 1 for own in codes]
        key = np.ravel_multi_index(tuple(codes), widths) if codes[0].size else codes[0]
        distinct, place, rows = np.unique(key, return_inverse=True, return_counts=True)
        known = np.empty(distinct.size, dtype=np.intp)
        for i, pair in enumerate(zip(*np.unravel_index(distinct, widths), strict=True)):
            known[i] = self._pairs.setdefault(tuple(map(int, pair)), len(self._pairs))
            if known[i] == len(self._rows):
                self._rows.append(0)
            self._rows[known[i]] += int(rows[i])
        return known[place]

    def cells(self) -> Cells:
        """Return what occurs together, as what cells are made of."""
        codes = np.array(list(self._pairs), dtype=np.intp).T
        count = len(self.factors)
        factors = {name: labels.ordered() for name, labels in self.factors.items()}
        within = [self.labels[role].ordered() for role in self.roles.inside]
        levels = [order[own] for (order, _), own in zip(factors.values(), codes, strict=False)]
        members = [order[own] for (order, _), own in zip(within, codes[count:], strict=True)]
        return Cells(
            levels=np.stack(levels),
            factors={name: labels for name, (_, labels) in factors.items()},
            members=np.array(members, dtype=np.intp).reshape(len(members), codes.shape[1]),
            labels=tuple(
                (role, name, labels)
                for (role, name), (_, labels) in zip(self.roles.inside.items(), within, strict=True)
            ),
            rows=np.array(self._rows),
            what="readings",
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

    def samples(self, cell: Codes, cells: int) -> Codes:
        """Return how many samples lie in each cell, whatever endpoints they read, (cells,).

        Parameters
        ----------
        cell
            Cell of each pair of group and unit; -1: left out.
        cells
            How many there are.
        """
        count = len(self.labels["sample"])
        seen = np.zeros((cells + 1) * count, dtype=bool)
        for rows in self:
            seen[cell[rows["pair"]] * count + rows["sample"]] = True
        return seen.reshape(-1, count)[:cells].sum(axis=1)


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
    data, names = opened(data)
    with SpooledTemporaryFile(KEPT) as file:
        coded = Coded.read(data, roles, options, file)
        unnamed = of_readings(next(pieces(data, names)), roles, options)
        place, endpoints = coded.labels["endpoint"].ordered()
        coded.check_samples(place, endpoints)
        kept, cell, layout, said = arranged(coded.cells(), roles, options)
        cell = np.where(kept, cell, -1)
        count = _counted(coded, place, cell, layout.group.size)
        expected = coded.samples(cell, layout.group.size) if roles.sample else _usual(count)
        crowded = _crowded(count)
        most = np.maximum(count.max(axis=0, initial=0), expected)
        values = _filled(coded, place, cell, most, count)
    column_cell = np.repeat(np.arange(layout.group.size), most)
    layout = replace(layout, cell=column_cell, expected=expected)
    if crowded is not None and roles.inside:
        endpoint, own, n, usual = crowded
        label = layout.members[-1].labels[own]
        said.append(
            f"Endpoint '{endpoints[endpoint]}' has {n} readings of '{label}', where "
            f"{usual} are usual: were rows pasted twice? Name the column of samples, and "
            "each gives one reading."
        )
    if not roles.inside:
        values, layout = _alone(values, layout)
    return Matrix(
        names=np.array(endpoints, dtype=object),
        values=values,
        layout=layout,
        notes=(*unnamed, *coded.notes, *said),
        complete="the samples that are named"
        if roles.sample
        else f"the most readings of one {_innermost(roles)} that more than {FEW:.0%} of the "
        "endpoints have",
    )


def _innermost(roles: Roles) -> str:
    if roles.units:
        return roles.units[-1]
    return f"{roles.block} in a group" if roles.block else "group"


def _counted(coded: Coded, place: Codes, cell: Codes, cells: int) -> NDArray[np.int32]:
    """Count the readings of each endpoint in each cell, (endpoints, cells).

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
    return count.reshape(-1, cells)


def _usual(count: NDArray[np.int32]) -> Codes:
    """Return the most readings of each cell that more than a few endpoints have, (cells,).

    Of those that have any: what one endpoint has twice by mistake is missing nowhere else.
    """
    found = np.zeros(count.shape[1], dtype=np.intp)
    for cell, column in enumerate(count.T):
        some = np.sort(column[column > 0])
        if some.size:
            found[cell] = some[-1 - int(FEW * some.size)]
    return found


def _filled(coded: Coded, place: Codes, cell: Codes, most: Codes, done: NDArray[np.int32]) -> Array:
    """Return readings as a matrix, as many columns for a cell as is said.

    Memory of the counts is used again, for how many readings have their column.
    """
    cells = most.size
    begin = np.concatenate([[0], np.cumsum(most)])
    matrix = np.full((place.size, int(begin[-1])), np.nan)
    done = done.reshape(-1)
    done[:] = 0
    for key, value in _known(coded, place, cell, cells):
        order = np.argsort(key, kind="stable")
        ordered = key[order]
        starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
        sizes = np.diff([*starts, ordered.size])
        rank = np.arange(ordered.size) - np.repeat(starts, sizes) + done[ordered]
        row, own = np.divmod(ordered, cells)
        matrix[row, begin[own] + rank] = value[order]
        done[ordered[starts]] += sizes.astype(np.int32)
    return matrix


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
    for g in range(len(layout.groups)):
        own = layout.group[layout.cell] == g
        matrix[:, own] = np.sort(matrix[:, own], axis=1)
    size = matrix.shape[1]
    return matrix, replace(
        layout,
        cell=np.arange(size),
        group=layout.group[layout.cell],
        expected=np.concatenate(
            [np.arange((layout.cell == c).sum()) < n for c, n in enumerate(layout.expected)]
        ).astype(np.intp),
    )
