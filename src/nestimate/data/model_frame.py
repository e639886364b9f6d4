"""The rows of a table that a formula can use, typed: measurements and factors."""

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nestimate.data.formula import Formula
from nestimate.data.groups import reference_first
from nestimate.data.tables import Table
from nestimate.errors import DataError, DesignError, one_of

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

#: Functions that a formula may name, beside those of formulae itself and NumPy's as np.name.
FUNCTIONS = {name: getattr(np, name) for name in ("log", "log2", "log10", "exp", "sqrt", "abs")}
#: Most combinations of levels over which means are balanced.
MOST_COMBINATIONS = 20_000


@dataclass(frozen=True, kw_only=True)
class ModelFrame:
    """The rows and columns of a table that a formula uses.

    Attributes
    ----------
    data
        Measurements as floats, labels as categories, the reference first.
    kept
        Position of these rows in the table, shape (rows,).
    notes
        What was left out, and which reference was chosen.
    """

    data: "pd.DataFrame"
    kept: NDArray[np.intp]
    notes: tuple[str, ...]

    @property
    def factors(self) -> dict[str, tuple[str, ...]]:
        """Labels of every column that holds labels."""
        return {
            str(name): tuple(column.cat.categories)
            for name, column in self.data.items()
            if column.dtype == "category"
        }

    def evaluate(self, text: str, formula: Formula) -> Any:
        """Return formulae's design matrices of `text` for these rows.

        Raises
        ------
        DesignError
            When an expression of the user's cannot be evaluated.
        """
        from formulae import design_matrices  # noqa: PLC0415 - a second, and only formulas need it

        try:
            return design_matrices(text, self.data, na_action="error", extra_namespace=FUNCTIONS)
        except Exception as error:  # noqa: BLE001 - the user's expressions fail in any way
            said = str(error).splitlines()[0] if str(error) else type(error).__name__
            if isinstance(error, KeyError):
                said = f"there is no function or column {said}"
            raise DesignError(
                f"formula '{formula.text}': '{text.strip()}' cannot be evaluated ({said})."
            ) from None

    def grid(self, names: tuple[str, ...]) -> "pd.DataFrame":
        """Return every combination of the factors among `names`, measurements at their mean.

        Raises
        ------
        DesignError
            When there are too many combinations to balance over.
        """
        import pandas as pd  # noqa: PLC0415

        factors = {name: self.factors[name] for name in names if name in self.factors}
        size = int(np.prod([len(levels) for levels in factors.values()]))
        if size > MOST_COMBINATIONS:
            raise DesignError(
                f"the factors of the formula ({', '.join(factors)}) have {size:,} combinations of "
                "levels, more than means can be balanced over. Is one of them an identifier, or a "
                "measurement with text in it?"
            )
        rows = list(product(*factors.values()))
        columns: dict[str, Any] = {
            name: pd.Categorical([row[i] for row in rows], categories=levels)
            for i, (name, levels) in enumerate(factors.items())
        }
        for name in names:
            if name not in factors:
                columns[name] = np.full(size, self.data[name].mean())
        return pd.DataFrame(columns, index=range(size))


def read_model_frame(
    table: Table, formula: Formula, *, group: str | None, reference: str | None
) -> ModelFrame:
    """Read every column that a formula names; rows with an empty measurement are left out.

    A column holds measurements if every cell is a number or empty, unless it stands right of a
    bar or in C(...).

    Raises
    ------
    DataError
        When a column is absent, the measured value is no number, or a label is missing.
    """
    import pandas as pd  # noqa: PLC0415

    twice = [name for name in formula.grouping if name in formula.measured]
    if twice:
        raise DesignError(
            f"formula '{formula.text}': '{twice[0]}' is measured and stands right of a bar."
        )
    columns: dict[str, Array] = {}
    coded: dict[str, tuple[NDArray[np.intp], tuple[str, ...]]] = {}
    for name in dict.fromkeys((*formula.measured, *formula.variables, *formula.grouping)):
        if name not in table.columns:
            raise DataError(f"{table.source}: {one_of('column', name, table.columns)}")
        if name in formula.measured:
            columns[name] = table.numbers(name)
        elif name in formula.grouping or name in formula.coded or not _is_measured(table, name):
            coded[name] = table.labels(name)
        else:
            columns[name] = table.numbers(name)
    keep, notes = np.ones(table.n_rows, dtype=bool), []
    for name, values in columns.items():
        empty = int((keep & np.isnan(values)).sum())
        keep &= ~np.isnan(values)
        if empty:
            notes.append(f"{empty} of {table.n_rows} rows have no {name} and are left out.")
    kept = np.flatnonzero(keep)
    if not kept.size:
        raise DataError(f"{table.source}: no row has a number in every column of the formula.")
    data: dict[str, Any] = {name: values[keep] for name, values in columns.items()}
    factors = [name for name in formula.variables if name in coded and name in formula.fixed_names]
    compared = group or formula.first(factors)
    for name, (codes, labels) in coded.items():
        missing = np.flatnonzero(codes[keep] < 0)
        if missing.size:
            raise DataError(
                f"{table.source}: column '{name}' is empty in {missing.size} rows that are used, "
                f"first in row {table.row(kept[missing[0]])}. Fill in the label or delete "
                "the row."
            )
        present = [labels[i] for i in np.unique(codes[keep])]
        ordered, said = reference_first(present, reference if name == compared else None)
        if said and name not in formula.grouping:
            notes.append(said.replace("Reference group", f"Reference of {name}"))
        data[name] = pd.Categorical([labels[i] for i in codes[keep]], categories=ordered)
    return ModelFrame(data=pd.DataFrame(data), kept=kept, notes=tuple(notes))


def _is_measured(table: Table, name: str) -> bool:
    try:
        table.numbers(name)
    except DataError:
        return False
    return True
