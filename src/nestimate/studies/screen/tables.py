"""Tables in: long, wide with a sheet of samples, or AnnData, as one matrix of readings.

    long     endpoint, value, group, unit: one reading per row; Parquet is read by row groups
    wide     one row per endpoint, one column per sample; group and unit in the sheet of samples
    AnnData  obs is the sheet, var names the endpoints

Endpoints are sorted by name, units by group and name: the order of rows is nothing to go by.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from nestimate.data.tables.door import Reading, Table, read_grid
from nestimate.data.tables.grid import Grid
from nestimate.errors import DataError, DesignError, listed, one_of
from nestimate.studies.screen.cells import Cells, arranged
from nestimate.studies.screen.reduced import Layout
from nestimate.studies.screen.request import Options, Roles

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Whole numbers as large as this, none below 0, are taken for counts.
COUNTS = 100


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Matrix:
    """Readings of all endpoints.

    Attributes
    ----------
    names
        Endpoints, sorted, shape (endpoints,).
    values
        Readings, NaN where there is none, (endpoints, columns).
    layout
        What the columns are.
    notes
        What was left out or repaired, in sentences.
    """

    names: NDArray[np.object_]
    values: Array
    layout: Layout
    notes: tuple[str, ...]


def read(data: Any, roles: Roles, samples: Any, options: Options) -> Matrix:
    """Read the data of a screen.

    Raises
    ------
    DataError, DesignError
        When a table cannot be read, or endpoints cannot be compared with it.
    """
    if roles.group is None:
        raise DesignError("group is not named: the column that says what is compared.")
    if roles.unit is not None and roles.block is not None:
        raise DesignError(
            "unit and block: a screen takes units in groups (unit), or groups inside blocks "
            "(block), not yet both. Name one; `compare` takes both for single endpoints."
        )
    if _is_anndata(data):
        found = _annotated(data, roles, options)
    elif samples is not None:
        found = _wide(data, samples, roles, options)
    else:
        found = _long(data, roles, options)
    return _checked(found, options)


def _is_anndata(data: Any) -> bool:
    return all(hasattr(data, name) for name in ("obs", "var_names", "X", "layers"))


def _pieces(data: Any, wanted: Sequence[str | None]) -> Iterator[Table]:
    """Tables that together hold these columns: one, or one for each row group of Parquet."""
    names = [name for name in dict.fromkeys(wanted) if name is not None]
    if not (isinstance(data, str | Path) and Path(data).suffix.lower() == ".parquet"):
        yield Table.from_grid(read_grid(data, Reading()))
        return
    path = Path(data)
    try:
        file = pq.ParquetFile(path)
    except (OSError, ValueError) as error:
        raise DataError(f"{path.name} cannot be read as Parquet: {error}.") from None
    there = file.schema_arrow.names
    for name in names:
        if name not in there:
            raise DataError(f"{path.name}: {one_of('column', name, there)}")
    for i in range(file.num_row_groups):
        part = file.read_row_group(i, columns=names or None)
        yield Table.from_grid(
            Grid(
                source=path.name,
                names=tuple(part.column_names),
                columns=tuple(part.columns),
                rows=range(part.num_rows),
            )
        )


def _labelled(table: Table, name: str, what: str) -> tuple[Codes, tuple[str, ...]]:
    codes, labels = table.labels(name)
    empty = np.flatnonzero(codes < 0)
    if empty.size:
        raise DataError(
            f"{table.source}: column '{name}' ({what}) is empty in {empty.size:,} rows, the first "
            f"is row {table.row(empty[0])}. Fill it in, or delete these rows."
        )
    return codes, labels


class _Labels:
    """Labels of a column, numbered as they come, over several pieces."""

    def __init__(self) -> None:
        self.known: dict[str, int] = {}

    def add(self, codes: Codes, labels: Sequence[str]) -> NDArray[np.int32]:
        """Return codes into all labels known so far."""
        own = [self.known.setdefault(label, len(self.known)) for label in labels]
        return np.array(own, dtype=np.int32)[codes]

    def sorted(self, codes: NDArray[np.int32]) -> tuple[Codes, tuple[str, ...]]:
        """Return codes into the labels in order."""
        names = list(self.known)
        order = np.array(sorted(range(len(names)), key=names.__getitem__), dtype=np.intp)
        place = np.empty_like(order)
        place[order] = np.arange(order.size)
        return place[codes], tuple(names[i] for i in order)


def _long(data: Any, roles: Roles, options: Options) -> Matrix:
    if roles.endpoint is None or roles.value is None:
        raise DesignError(
            "endpoint and value are not named: a table with one reading per row needs both. Where "
            "endpoints are rows and samples are columns, give the sheet of samples: "
            "samples='samples.csv' (--samples)."
        )
    inner = roles.unit or roles.block
    columns = (roles.endpoint, roles.value, roles.group, inner, roles.sample)
    names = {name: _Labels() for name in columns if name not in (None, roles.value)}
    parts: dict[str, list[Any]] = {name: [] for name in names}
    values, notes = [], []
    for table in _pieces(data, columns):
        numbers = table.numbers(roles.value)
        read = {n: _labelled(table, n, what) for n, what in _named(roles, inner) if n in names}
        for name, (codes, labels) in read.items():
            parts[name].append(names[name].add(codes, labels))
        values.append(numbers)
        notes += [note for note in table.notes if note not in notes]
    if not values or not sum(map(len, values)):
        raise DataError("the table has no rows: one row per reading is needed.")
    value = np.concatenate(values)
    coded = {name: names[name].sorted(np.concatenate(parts[name])) for name in names}
    endpoint, endpoints = coded[roles.endpoint]
    if roles.sample is not None:
        _check_once(endpoint, endpoints, *coded[roles.sample])
    assert roles.group is not None
    group, groups = coded[roles.group]
    unit, units = coded[inner] if inner else (np.zeros(len(value), dtype=np.intp), ("",))
    cells = Cells(group=group, unit=unit, groups=groups, units=units)
    kept, cell, layout, said = arranged(cells, roles, options)
    known = kept & ~np.isnan(value)
    matrix, column_cell = _filled(endpoint[known], cell[known], value[known], len(endpoints))
    layout = replace(layout, cell=column_cell)
    if inner is None:
        matrix, layout = _alone(matrix, layout)
    return Matrix(
        names=np.array(endpoints, dtype=object),
        values=matrix,
        layout=layout,
        notes=(*notes, *said),
    )


def _named(roles: Roles, inner: str | None) -> list[tuple[str, str]]:
    given = [
        (roles.endpoint, "endpoint"),
        (roles.group, "group"),
        (inner, "unit" if roles.unit else "block"),
        (roles.sample, "sample"),
    ]
    return [(name, what) for name, what in given if name is not None]


def _check_once(
    endpoint: Codes, endpoints: tuple[str, ...], sample: Codes, samples: tuple[str, ...]
) -> None:
    key = endpoint * len(samples) + sample
    distinct, first, count = np.unique(key, return_index=True, return_counts=True)
    if distinct.size < key.size:
        twice = first[count > 1][0]
        raise DataError(
            f"endpoint '{endpoints[endpoint[twice]]}' has several rows of sample "
            f"'{samples[sample[twice]]}', and {(count > 1).sum() - 1:,} more such pairs: each "
            "sample gives one reading. Average them, or leave sample out: rows of a unit are then "
            "its readings."
        )


def _filled(endpoint: Codes, cell: Codes, value: Array, size: int) -> tuple[Array, Codes]:
    """Return readings as a matrix, as many columns for a cell as it has readings at most."""
    cells = int(cell.max(initial=0)) + 1
    key = endpoint * cells + cell
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    first = np.concatenate([[True], ordered[1:] != ordered[:-1]]) if key.size else np.zeros(0, bool)
    starts = np.flatnonzero(first)
    rank = np.arange(key.size) - np.repeat(starts, np.diff([*starts, key.size]))
    own = cell[order]
    most = np.zeros(cells, dtype=np.intp)
    np.maximum.at(most, own, rank + 1)
    begin = np.concatenate([[0], np.cumsum(most)])
    matrix = np.full((size, int(begin[-1])), np.nan)
    matrix[endpoint[order], begin[own] + rank] = value[order]
    return matrix, np.repeat(np.arange(cells), most)


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


def _sheet(table: Table, roles: Roles, options: Options) -> tuple[Any, ...]:
    """Read the sheet of samples: names, which are kept, their cells, the layout, and notes."""
    sample = roles.sample or next(iter(table.columns))
    codes, labels = _labelled(table, sample, "sample")
    if len(set(codes)) < len(codes):
        twice = next(c for c in codes if (codes == c).sum() > 1)
        raise DataError(f"{table.source}: sample '{labels[twice]}' stands in several rows.")
    names = [labels[c] for c in codes]
    assert roles.group is not None
    inner = roles.unit or roles.block or sample
    group, groups = _sorted(*_labelled(table, roles.group, "group"))
    unit, units = _sorted(*_labelled(table, inner, "unit"))
    cells = Cells(group=group, unit=unit, groups=groups, units=units)
    return names, *arranged(cells, roles, options)


def _sorted(codes: Codes, labels: Sequence[str]) -> tuple[Codes, tuple[str, ...]]:
    found = _Labels()
    return found.sorted(found.add(codes, labels))


def _wide(data: Any, samples: Any, roles: Roles, options: Options) -> Matrix:
    if roles.value is not None:
        raise DesignError(
            "value: a wide table holds values in the columns of samples; leave it out."
        )
    sheet = Table.from_grid(read_grid(samples, Reading()))
    names, kept, cell, layout, said = _sheet(sheet, roles, options)
    used = [name for name, keep in zip(names, kept, strict=True) if keep]
    labels: list[str] = []
    rows: list[Array] = []
    for table in _pieces(data, () if roles.endpoint is None else (roles.endpoint, *used)):
        endpoint = roles.endpoint or next(iter(table.columns))
        missing = [name for name in used if name not in table.columns]
        if missing:
            raise DataError(
                f"{table.source} has no column for {len(missing)} of {len(used)} samples: "
                f"{listed(missing, 5)}. Endpoints must be rows and samples columns, named as in "
                "the sheet."
            )
        others = [c for c in table.columns if c not in names and c != endpoint]
        if others and not rows:
            said.append(f"Columns that the sheet does not name are not read: {listed(others, 5)}.")
        codes, own = _labelled(table, endpoint, "endpoint")
        labels += [own[c] for c in codes]
        rows.append(np.stack([table.numbers(name) for name in used], axis=1))
    return _of_samples(labels, np.concatenate(rows), cell[kept], used, layout, said)


def _annotated(data: Any, roles: Roles, options: Options) -> Matrix:
    """Read an AnnData object: samples are its rows."""
    sheet = data.obs.reset_index(names="obs_names")
    table = Table.from_grid(read_grid(sheet, Reading()))
    plain = replace(roles, sample="obs_names")
    names, kept, cell, layout, said = _sheet(table, plain, options)
    if options.layer is not None and options.layer not in data.layers:
        raise DataError(f"the AnnData object: {one_of('layer', options.layer, data.layers)}")
    values = data.X if options.layer is None else data.layers[options.layer]
    values = values.toarray() if hasattr(values, "toarray") else np.asarray(values)
    chosen = np.flatnonzero(kept)
    return _of_samples(
        [str(name) for name in data.var_names],
        values[chosen].T.astype(np.float64),
        cell[kept],
        [names[i] for i in chosen],
        layout,
        said,
    )


def _of_samples(
    labels: Sequence[str],
    values: Array,
    cell: Codes,
    samples: Sequence[str],
    layout: Layout,
    said: Sequence[str],
) -> Matrix:
    """Sort endpoints by name, and samples by cell and name."""
    names = np.array(labels, dtype=object)
    order = np.argsort(names, kind="stable")
    names = names[order]
    same = np.flatnonzero(names[1:] == names[:-1])
    if same.size:
        raise DataError(
            f"endpoint '{names[same[0]]}' stands in several rows, as do {same.size - 1:,} more: "
            "give each row a name of its own."
        )
    across = np.array(sorted(range(len(samples)), key=lambda i: (cell[i], samples[i])), dtype=int)
    return Matrix(
        names=names,
        values=np.ascontiguousarray(values[order][:, across]),
        layout=replace(layout, cell=cell[across]),
        notes=tuple(said),
    )


def _checked(found: Matrix, options: Options) -> Matrix:
    """Refuse what cannot be analysed as it stands; take logarithms where they are asked for."""
    values = found.values
    known = values[~np.isnan(values)]
    if not known.size:
        raise DataError("there is no reading of these two groups.")
    if np.isinf(known).any():
        raise DataError(
            f"{int(np.isinf(known).sum()):,} readings are infinite, the logarithm of 0 perhaps: "
            "leave them empty, so that they count as missing."
        )
    if options.scale == "log2":
        if (known <= 0).any():
            raise DataError(
                f"scale is log2, and {int((known <= 0).sum()):,} readings are 0 or below. If 0 "
                "stands for 'not found', leave these cells empty: they then count as missing."
            )
        values = np.log2(values)
    elif known.min() >= 0 and known.max() >= COUNTS and (known == np.round(known)).all():
        raise DataError(
            "the values look like raw counts: whole numbers, none below 0, up to "
            f"{known.max():,.0f}. Their scatter grows with their mean, which a screen does not "
            "model: use a method for counts (DESeq2, edgeR, PyDESeq2), or give logarithms of "
            "normalised values (or scale='log2' for intensities)."
        )
    return replace(found, values=values)
