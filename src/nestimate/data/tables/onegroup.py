"""One group for a table that has no column of groups: all its rows, against a stated value."""

from dataclasses import replace

import pyarrow as pa

from nestimate.data.tables.table import Table


def with_one_group(table: Table) -> tuple[Table, str]:
    """Return the table with a column that says `all` in every row, and the column's name."""
    name = "rows"
    while name in table.columns:
        name = f"all {name}"
    column = pa.chunked_array([pa.repeat("all", table.n_rows)])
    return replace(table, columns={**table.columns, name: column}), name
