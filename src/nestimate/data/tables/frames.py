"""Data in memory: frames (pandas, polars, Arrow), columns, records, and mappings of groups."""

from collections.abc import Iterable, Mapping, Sequence
from math import isnan
from numbers import Real
from typing import Any

import numpy as np
import pyarrow as pa

from nestimate.data.tables.cells import OddCellError, read_label, read_number
from nestimate.data.tables.grid import Grid
from nestimate.data.tables.table import Table
from nestimate.errors import DataError

_FRAME = "the data frame"
_MAPPING = "the mapping"
_OF_LISTS = (
    "Each list inside a group holds the readings of one unit, and no unit is in two groups: where "
    "some are, give every one a name: group -> unit -> readings."
)


def read_frame(frame: Any) -> Grid:
    """Read a data frame of any library that narwhals knows.

    Raises
    ------
    DataError
        When it is none, has no rows, or has a hierarchical index.
    """
    import narwhals as nw  # noqa: PLC0415 - a file needs no frame library

    if nw.dependencies.is_pandas_dataframe(frame):
        return _read_pandas(frame)
    try:
        native = nw.from_native(frame)
    except TypeError:
        raise DataError(
            f"cannot read data of type {type(frame).__name__}. Give a file, a data frame (pandas, "
            "polars, Arrow), a dict of columns, a list of records, or a mapping: group -> values, "
            "or group -> unit -> readings."
        ) from None
    if isinstance(native, nw.LazyFrame):
        native = native.collect()
    table = native.to_arrow()
    return _typed(table.column_names, table.columns, range(table.num_rows))


def _read_pandas(frame: Any) -> Grid:
    """Read column by column, so that mixed columns become text and doubles can be named."""
    for axis, index in (("columns", frame.columns), ("rows", frame.index)):
        if index.nlevels > 1:
            raise DataError(
                f"{_FRAME} has a MultiIndex on its {axis}. "
                + (
                    "Make plain columns of its levels: frame.reset_index()."
                    if axis == "rows"
                    else "Give every column one name, for example "
                    "frame.columns = ['_'.join(map(str, c)) for c in frame.columns]."
                )
            )
    names, columns = [str(name) for name in frame.columns], []
    for i in range(len(names)):
        series = frame.iloc[:, i]
        try:
            column = pa.Array.from_pandas(series)
        except (pa.ArrowException, TypeError, ValueError):
            column = _texts(series)
        columns.append(column)
    index = frame.index
    rows = index if index.is_unique else range(len(frame))
    if index.name is not None and str(index.name) not in names:
        # The index is a column in all but name: `frame.set_index("mouse")`.
        names.append(str(index.name))
        columns.append(_texts(index))
    return _typed(names, columns, rows)


def _texts(cells: Iterable[Any]) -> Any:
    """Return cells of mixed kinds as text; None and NaN as empty."""
    return pa.array([None if _nothing(cell) else str(cell) for cell in cells], pa.string())


def _nothing(cell: Any) -> bool:
    if cell is None or type(cell).__name__ in {"NAType", "NaTType"}:
        return True
    return isinstance(cell, float) and isnan(cell)


def _typed(names: Sequence[Any], columns: Sequence[Any], rows: Sequence[Any]) -> Grid:
    if not len(rows) or not columns:
        raise DataError(f"{_FRAME} has no rows: one row per reading is needed.")
    return Grid(
        source=_FRAME,
        names=tuple(str(name) for name in names),
        columns=tuple(map(_one_kind_of_text, columns)),
        rows=rows,
    )


def _one_kind_of_text(column: Any) -> Any:
    """Return a column in chunks, text as files have it: frames keep it in several ways."""
    column = pa.chunked_array([column]) if isinstance(column, pa.Array) else column
    if not pa.types.is_large_string(column.type) and column.type != pa.string_view():
        return column
    try:
        return column.cast(pa.string())
    except pa.ArrowInvalid:
        return column  # more text than such a column holds


def read_columns(data: Mapping[Any, Any]) -> Grid:
    """Read a dict of columns: name -> cells."""
    names, columns = [str(name) for name in data], []
    for name, cells in data.items():
        if isinstance(cells, str | bytes | Mapping) or not isinstance(cells, Iterable):
            raise DataError(
                f"the columns: '{name}' is {cells!r:.40}. Give every column as a list of cells."
            )
        columns.append(list(cells))
    lengths = {name: len(cells) for name, cells in zip(names, columns, strict=True)}
    if len(set(lengths.values())) > 1:
        raise DataError(
            "the columns differ in length: "
            f"{', '.join(f'{name} ({n})' for name, n in lengths.items())}. Every row needs a cell "
            "in each; write None where there is no value."
        )
    return _named(_typed(names, [_cells(cells) for cells in columns], range(len(columns[0]))))


def read_records(data: Sequence[Any]) -> Grid:
    """Read a list of records, each a mapping of column name to cell."""
    names: dict[str, None] = {}
    for i, record in enumerate(data):
        if not isinstance(record, Mapping):
            raise DataError(
                f"the list: item {i} is {record!r:.40}, not a record. Give a list of dicts, one "
                "per row: [{'arm': 'drug', 'y': 5.1}, ...]."
            )
        names |= dict.fromkeys(map(str, record))
    rows = [{str(name): cell for name, cell in record.items()} for record in data]
    columns = [_cells([row.get(name) for row in rows]) for name in names]
    return _named(_typed(list(names), columns, range(len(rows))))


def _named(grid: Grid) -> Grid:
    return Grid(source="the table", names=grid.names, columns=grid.columns, rows=grid.rows)


def _cells(cells: list[Any]) -> Any:
    """Return cells as numbers if all are, as text otherwise."""
    plain = [cell.item() if isinstance(cell, np.generic) else cell for cell in cells]
    kinds = {type(cell) for cell in plain if not _nothing(cell)}
    try:
        if kinds <= {int, float}:
            return pa.array([None if _nothing(c) else float(c) for c in plain], pa.float64())
        if kinds == {bool}:
            return pa.array(plain, pa.bool_(), from_pandas=True)
    except (pa.ArrowException, OverflowError):
        pass
    return _texts(plain)


def read_mapping(data: Mapping[Any, Any], decimal: str | None = None) -> Table:
    """Rows from `group -> values` or `group -> unit -> readings`.

    Lists inside the list of a group hold the readings of one unit each: the first, the second and
    so on, another one in every group.

    Raises
    ------
    DataError
        When the two are mixed, a label occurs twice, or a reading is not a number.
    """
    if not data:
        raise DataError("the mapping is empty: give group -> values, or group -> unit -> readings.")
    listed = {group: _units_of(group, inner) for group, inner in data.items()}
    notes = () if any(inner is data[group] for group, inner in listed.items()) else (_OF_LISTS,)
    data = listed
    nested = [isinstance(inner, Mapping) for inner in data.values()]
    if any(nested) != all(nested):
        raise DataError(
            "the mapping mixes group -> values with group -> unit -> readings. "
            "Write every group in the same way."
        )
    _check_labels(data, "group")
    rows: list[tuple[float | None, str, str, str]] = []
    for group, inner in data.items():
        if nested[0]:
            _check_labels(inner, f"group '{group}', unit")
        for unit, readings in inner.items() if nested[0] else [("", inner)]:
            where = f"group '{group}'" + (f", unit '{unit}'" if nested[0] else "")
            for i, value in enumerate(_readings(readings, where, decimal)):
                rows.append((value, str(group), str(unit), f"{i} of {where}"))
    if all(value is None for value, *_ in rows):
        raise DataError("the mapping holds no values.")
    values, groups, units, places = zip(*rows, strict=True)
    columns = {
        "value": pa.chunked_array([pa.array(values, pa.float64())]),
        "group": pa.chunked_array([pa.array(groups, pa.string())]),
    }
    if nested[0]:
        columns["unit"] = pa.chunked_array([pa.array(units, pa.string())])
    roles = {name: name for name in columns}
    return Table(source=_MAPPING, columns=columns, rows=places, roles=roles, notes=notes)


def _units_of(group: Any, inner: Any) -> Any:
    """Return lists inside a list as units and their readings, all else as it is."""
    if isinstance(inner, str | bytes | Mapping) or not isinstance(inner, Sequence | np.ndarray):
        return inner
    apart = [isinstance(one, Sequence | np.ndarray) and not isinstance(one, str) for one in inner]
    if not any(apart):
        return inner
    if not all(apart):
        raise DataError(
            f"the mapping, group '{group}', value {apart.index(False)}: a single number stands "
            "beside lists. Give a list of numbers, or a list of readings for every unit."
        )
    return {f"{group} {i + 1}": readings for i, readings in enumerate(inner)}


def _check_labels(labels: Iterable[Any], what: str) -> None:
    seen: dict[str, Any] = {}
    for raw in labels:
        label = read_label(str(raw))
        if label is None:
            raise DataError(f"the mapping: a {what} is called {raw!r}. Give it a label.")
        if label in seen:
            raise DataError(
                f"the mapping: {what} {seen[label]!r} and {raw!r} are one label. Join their values "
                "or rename one of them."
            )
        seen[label] = raw


def _readings(readings: Any, where: str, decimal: str | None) -> list[float | None]:
    if isinstance(readings, Real | str):
        readings = [readings]
    if not isinstance(readings, Iterable) or isinstance(readings, Mapping | bytes):
        raise DataError(f"the mapping, {where}: {readings!r:.40}. Give a list of numbers.")
    read = [_reading(value, f"{where}, value {i}", decimal) for i, value in enumerate(readings)]
    # A label without readings is one that has none, and is named as such.
    return read or [None]


def _reading(value: Any, where: str, decimal: str | None) -> float | None:
    plain = value.item() if isinstance(value, np.generic) else value
    if _nothing(plain):
        return None
    try:
        if isinstance(plain, str | bool):
            return read_number(str(plain), decimal)
        number = float(plain)
    except OddCellError as odd:
        raise DataError(
            f"the mapping, {where}: '{plain!s:.40}' {odd}. The mapping is read as group -> "
            "values; if its keys are columns, name them: value=..., group=...."
        ) from None
    except (TypeError, ValueError, OverflowError):
        raise DataError(
            f"the mapping, {where}: {plain!r:.40} is not a number. Give a list of numbers."
        ) from None
    return number
