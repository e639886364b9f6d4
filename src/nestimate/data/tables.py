"""Any file, data frame or mapping, as named columns of text or numbers.

Nothing is guessed here and nothing is dropped: a cell that is neither empty nor a number stops
the reading with its row and text.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from nestimate.errors import DataError, one_of

#: Cells that mean "no reading". "none" is not among the empty labels: it may well be a treatment.
EMPTY_VALUES = ("", "na", "n/a", "nan", "null", "none")
EMPTY_LABELS = ("", "na", "n/a", "nan")


@dataclass(frozen=True, kw_only=True)
class Table:
    """Named columns of equal length.

    Attributes
    ----------
    source
        What the user calls the table: the file's name, or "the data frame".
    columns
        Column name to Arrow array, text or numbers, in the table's order.
    first_row
        What the user's own count calls the first row: 2 in a file with a header, 0 in a frame.
    notes
        What was repaired on the way in, one sentence each.
    """

    source: str
    columns: Mapping[str, Any]
    first_row: int
    notes: tuple[str, ...] = field(default=())

    @property
    def n_rows(self) -> int:
        """Number of rows, empty values included."""
        return len(next(iter(self.columns.values())))

    def column(self, name: str) -> Any:
        """Return the column called `name`, or say which there are."""
        if name not in self.columns:
            raise DataError(f"{self.source}: {one_of('column', name, self.columns)}")
        return self.columns[name]

    def numbers(self, name: str) -> NDArray[np.float64]:
        """Return a column as floats, shape (rows,); NaN where the cell is empty.

        Raises
        ------
        DataError
            When a cell holds text, infinity or a truth value; names the row and the cell.
        """
        column = self.column(name)
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if pa.types.is_boolean(column.type):
            raise DataError(
                f"{self.source}: column '{name}' holds true/false, not measurements. "
                "Give the column of measured values as `value`."
            )
        if _is_text(column):
            values = self._parse(name, column)
        elif _is_number(column):
            values = np.asarray(column.cast(pa.float64()).to_numpy(), dtype=np.float64)
        else:
            raise DataError(
                f"{self.source}: column '{name}' holds {column.type}, not numbers. "
                "The value column must hold plain numbers."
            )
        infinite = np.flatnonzero(np.isinf(values))
        if infinite.size:
            raise DataError(
                f"{self.source}: column '{name}', row {self.first_row + infinite[0]}: the value is "
                "infinite. Values must be finite; leave the cell empty if there is no reading."
            )
        return values

    def labels(self, name: str) -> tuple[NDArray[np.intp], tuple[str, ...]]:
        """Return a column as codes, shape (rows,), into its labels in order of appearance.

        The code is -1 where the cell is empty. Spaces around labels are not part of them, and 1
        and 1.0 are one label.
        """
        column = pa.chunked_array(self.column(name))
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        encoded = column.dictionary_encode().combine_chunks()
        raw = encoded.dictionary.cast(pa.string()).to_pylist() if len(encoded.dictionary) else []
        order: dict[str, int] = {}
        recode = np.full(len(raw) + 1, -1, dtype=np.intp)
        for i, text in enumerate(raw):
            label = _label(text)
            if label is not None:
                recode[i] = order.setdefault(label, len(order))
        indices = encoded.indices.fill_null(len(raw)).to_numpy(zero_copy_only=False)
        return recode[indices], tuple(order)

    def _parse(self, name: str, column: Any) -> NDArray[np.float64]:
        text = pc.utf8_trim_whitespace(column)
        empty = pc.is_in(pc.utf8_lower(text), value_set=pa.array(EMPTY_VALUES))
        text = pc.if_else(empty, None, text)
        try:
            return np.asarray(text.cast(pa.float64()).to_numpy(), dtype=np.float64)
        except pa.ArrowInvalid:
            pass
        for i, cell in enumerate(text.to_pylist()):
            if cell is not None and not _is_float(cell):
                raise DataError(
                    f"{self.source}: column '{name}', row {self.first_row + i}: '{cell}' is not a "
                    "number. Every value must be a plain number such as 12.5, or empty where there "
                    "is no reading."
                )
        raise DataError(f"{self.source}: column '{name}' does not hold plain numbers.")


def read_table(data: Any) -> Table:
    """Read a path, a data frame (pandas, polars, Arrow) or a mapping of values.

    Raises
    ------
    DataError
        When the input is none of these, or cannot be read.
    """
    if isinstance(data, str | Path):
        return _read_file(Path(data))
    if isinstance(data, Mapping):
        return _from_mapping(data)
    return _from_frame(data)


def _read_file(path: Path) -> Table:
    if not path.exists():
        if not path.parent.is_dir():
            raise DataError(f"{path}: there is no folder '{path.parent}'.")
        near = [found.name for found in sorted(path.parent.glob("*.?sv"))]
        if not near:
            raise DataError(f"there is no file '{path}', nor another CSV or TSV file beside it.")
        raise DataError(one_of("file", path.name, near))
    separator = "\t" if path.suffix.lower() in {".tsv", ".tab"} else ","
    return _read_text(path, separator)


def _read_text(path: Path, separator: str) -> Table:
    from pyarrow import csv  # noqa: PLC0415 - a frame needs no file reader

    try:
        with path.open(encoding="utf-8-sig") as lines:
            header = lines.readline()
        if not header.strip():
            raise DataError(
                f"{path.name} is empty: a header row and one row per reading are needed."
            )
        parsed = csv.read_csv(
            path,
            parse_options=csv.ParseOptions(delimiter=separator, newlines_in_values=True),
            convert_options=csv.ConvertOptions(
                column_types=_all_text(path, separator), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as error:
        raise DataError(f"{path.name}: {_plain(error)}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path.name} cannot be read: {error}.") from error
    if not parsed.num_rows:
        raise DataError(f"{path.name} has a header and no rows: one row per reading is needed.")
    return _from_arrow(parsed, source=path.name, first_row=2)


def _all_text(path: Path, separator: str) -> dict[str, Any]:
    from pyarrow import csv  # noqa: PLC0415

    with csv.open_csv(
        path, parse_options=csv.ParseOptions(delimiter=separator, newlines_in_values=True)
    ) as reader:
        return dict.fromkeys(reader.schema.names, pa.string())


def _plain(error: Exception) -> str:
    return str(error).removeprefix("CSV parse error: ").rstrip(".") + "."


def _from_arrow(parsed: Any, source: str, first_row: int) -> Table:
    names = [str(name).strip() for name in parsed.column_names]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(
            f"{source}: the column name '{twice[0]}' occurs more than once. "
            "Rename one of the columns."
        )
    return Table(
        source=source,
        columns=dict(zip(names, parsed.columns, strict=True)),
        first_row=first_row,
    )


def _from_frame(frame: Any) -> Table:
    import narwhals as nw  # noqa: PLC0415 - a file needs no frame library

    try:
        native = nw.from_native(frame)
    except TypeError:
        raise DataError(
            f"cannot read data of type {type(frame).__name__}. Give a file, a data frame (pandas, "
            "polars, Arrow), or a mapping: group -> values, or group -> unit -> readings."
        ) from None
    if isinstance(native, nw.LazyFrame):
        native = native.collect()
    if not len(native):
        raise DataError("the data frame has no rows: one row per reading is needed.")
    return _from_arrow(native.to_arrow(), source="the data frame", first_row=0)


def _from_mapping(data: Mapping[Any, Any]) -> Table:
    """Rows from `group -> values` or `group -> unit -> readings`."""
    if not data:
        raise DataError("the mapping is empty: give group -> values, or group -> unit -> readings.")
    nested = [isinstance(inner, Mapping) for inner in data.values()]
    if any(nested) != all(nested):
        raise DataError(
            "the mapping mixes group -> values with group -> unit -> readings. "
            "Write every group in the same way."
        )
    rows = [
        (value, str(group), str(unit))
        for group, inner in data.items()
        for unit, readings in (inner.items() if nested[0] else [("", inner)])
        for value in _readings(readings, f"group '{group}'" + (f", unit '{unit}'" if unit else ""))
    ]
    if not rows:
        raise DataError("the mapping holds no values.")
    value, group, unit = zip(*rows, strict=True)
    columns = {"value": pa.chunked_array([pa.array(value, pa.float64())]), "group": _text(group)}
    if nested[0]:
        columns["unit"] = _text(unit)
    return Table(source="the mapping", columns=columns, first_row=0)


def _readings(readings: Any, where: str) -> list[float | None]:
    if isinstance(readings, int | float):
        readings = [readings]
    try:
        return [None if value is None else float(value) for value in readings]
    except (TypeError, ValueError) as error:
        raise DataError(f"the mapping, {where}: {error}. Give a list of numbers.") from None


def _text(labels: Iterable[str]) -> Any:
    return pa.chunked_array([pa.array(list(labels), pa.string())])


def _label(text: str | None) -> str | None:
    label = (text or "").strip()
    if label.casefold() in EMPTY_LABELS:
        return None
    whole, dot, decimals = label.partition(".")
    return whole if dot and not decimals.strip("0") and whole.lstrip("-").isdigit() else label


def _is_text(column: Any) -> bool:
    kind = column.type
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or kind == pa.string_view()
    )


def _is_number(column: Any) -> bool:
    kind = column.type
    return bool(
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_null(kind)
    )


def _is_float(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell
