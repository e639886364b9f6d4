"""The rows of a table that a formula can use, typed: measurements and factors."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.atoms import Atom
from nestimate.data.designs.crossing import MOST_FACTORS
from nestimate.data.designs.expressions import ALLOWED
from nestimate.data.designs.formula import Formula
from nestimate.data.designs.groups import reference_first
from nestimate.data.designs.references import chosen_references, said_reference
from nestimate.data.tables.cells import is_plain_number
from nestimate.data.tables.door import Table
from nestimate.data.tables.grid import Lost
from nestimate.data.tables.series import split_names
from nestimate.errors import DataError, DesignError, one_of

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
Codes = tuple[NDArray[np.intp], tuple[str, ...]]

#: Stands for all factors of the fixed part.
FACTORS = "*"
#: Most combinations of levels over which means are balanced.
MOST_COMBINATIONS = 20_000


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ModelFrame:
    """The rows and columns of a table that a formula uses.

    Attributes
    ----------
    data
        Measurements as floats, labels as ordered categories, the reference first.
    kept
        Position of these rows in the table, shape (rows,).
    compared
        The factors whose levels, or cells, are compared; () where there is none.
    notes
        What was left out, and which references were chosen.
    """

    data: "pd.DataFrame"
    kept: NDArray[np.intp]
    compared: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def factors(self) -> dict[str, tuple[str, ...]]:
        """Labels of every column that holds labels."""
        return {
            str(name): tuple(column.cat.categories)
            for name, column in self.data.items()
            if column.dtype == "category"
        }

    def matrices(self, code: str, formula: Formula, pieces: "pd.DataFrame | None" = None) -> Any:
        """Return formulae's matrices of terms in numbered atoms, for these rows.

        `pieces`: the atoms where they are not those of the rows as they stand; see `numbered`.

        Raises
        ------
        DataError, DesignError
            When what a formula computes is no number in some row, or cannot be made.
        """
        from formulae import (  # noqa: PLC0415 - a second, and only formulas need it
            design_matrices,
            model_description,
        )
        from formulae.environment import Environment  # noqa: PLC0415

        try:
            # Written out, as in x0/x1 one factor would be coded alike in both terms.
            terms = [term.name for term in model_description(code).common_terms]
            terms = ["1" if name == "Intercept" else name for name in terms]
            whole = " + ".join(terms if "1" in terms else ["0", *terms])
            rows = self.numbered(formula) if pieces is None else pieces
            return design_matrices(whole, rows, na_action="error", env=Environment([{}]))
        except Exception as error:
            raise DesignError(
                f"formula '{formula.text}': the columns of '{formula.shown(code)}' cannot be made "
                "from these data. Write the formula with fewer terms to see which is at fault."
            ) from error

    def numbered(self, formula: Formula, grid: "pd.DataFrame | None" = None) -> "pd.DataFrame":
        """Return a column for every atom of a formula, for these rows or those of a grid."""
        import pandas as pd  # noqa: PLC0415

        rows = self.data if grid is None else grid
        wanted = {*formula.fixed_atoms, *formula.varying_atoms}
        return pd.DataFrame(
            {
                f"x{i}": self._measured(formula.atoms[i], rows, formula.coded)
                for i in sorted(wanted)
            },
            index=rows.index,
        )

    def _measured(self, atom: Atom, rows: "pd.DataFrame", coded: tuple[str, ...]) -> Any:
        """Return an atom; its numbers where C(...) elsewhere makes labels of them."""
        name = atom.column
        if name not in coded or atom.coded or not all(map(is_plain_number, self.factors[name])):
            return self._column(atom, rows)
        return rows[name].astype(str).astype(np.float64)

    def _column(self, atom: Atom, rows: "pd.DataFrame") -> Any:
        if atom.column is not None:
            return rows[atom.column]
        names = atom.value.columns
        given, data = (
            {name: frame[name].to_numpy(dtype=np.float64) for name in names}
            for frame in (rows, self.data)
        )
        return atom.value.evaluate(given, data)

    def grid(self, names: tuple[str, ...], at: Mapping[str, float] | None = None) -> "pd.DataFrame":
        """Return every combination of the factors among `names`.

        Measurements have the values that are stated, `at`, or their mean.

        Raises
        ------
        DesignError
            When there are too many combinations to balance over.
        """
        import pandas as pd  # noqa: PLC0415

        factors = {name: self.factors[name] for name in names if name in self.factors}
        size = int(np.prod([len(levels) for levels in factors.values()], dtype=np.float64))
        if size > MOST_COMBINATIONS:
            raise DesignError(
                f"the factors of the formula ({', '.join(factors)}) have {size:,} combinations of "
                "levels, more than means can be balanced over. Is one of them an identifier, or a "
                "measurement with text in it?"
            )
        rows = list(product(*factors.values()))
        columns: dict[str, Any] = {
            name: pd.Categorical([row[i] for row in rows], categories=levels, ordered=True)
            for i, (name, levels) in enumerate(factors.items())
        }
        for name in names:
            if name not in factors:
                columns[name] = np.full(size, (at or {}).get(name, self.data[name].mean()))
        return pd.DataFrame(columns, index=range(size))


def read_model_frame(
    table: Table,
    formula: Formula,
    *,
    group: str | None,
    reference: str | Mapping[str, str] | None,
    working: Array | None = None,
) -> ModelFrame:
    """Read every column that a formula names; rows with an empty measurement are left out.

    A column holds measurements if every cell is a number or empty, unless it stands right of a
    bar or in C(...), or something is computed from it.

    Parameters
    ----------
    working
        What stands for the response in every row of the table where it is no measurement.

    Raises
    ------
    DataError
        When a column is absent, what is computed with is no number, or a label is missing.
    DesignError
        When a reference is no level of a factor.
    """
    import pandas as pd  # noqa: PLC0415

    columns, coded = _read_columns(table, formula, working)
    keep = np.ones(table.n_rows, dtype=bool)
    notes: list[str] = []
    for name, values in columns.items():
        empty = int((keep & np.isnan(values)).sum())
        keep &= ~np.isnan(values)
        if empty:
            notes.append(Lost(f"{empty} of {table.n_rows} rows have no {name} and are left out."))
    kept = np.flatnonzero(keep)
    if not kept.size:
        raise DataError(f"{table.source}: no row has a number in every column of the formula.")
    data: dict[str, Any] = {name: values[keep] for name, values in columns.items()}
    present = {
        name: _present(table, name, codes[keep], labels, kept)
        for name, (codes, labels) in coded.items()
    }
    compared = _compared(formula, [name for name in formula.fixed_names if name in coded], group)
    factors = {name: present[name] for name in formula.variables if name in coded}
    alone = compared[0] if len(compared) == 1 else None
    chosen = chosen_references(reference, factors, alone)
    for name, (codes, labels) in coded.items():
        ordered = list(present[name])
        if name in factors:
            # Levels right of a bar have no reference, whatever they are called.
            ordered, why = reference_first(
                ordered, chosen.get(name), ordered=table.is_ordered(name)
            )
            notes.append(said_reference(name, ordered, why, alone=name == alone))
        if name in factors and _is_measured(table, name):
            plain = [a for i in formula.varying_atoms if (a := formula.atoms[i]).column == name]
            but = ", but left of a bar" if any(not a.coded for a in plain) else ""
            notes.append(f"The numbers of {name} are labels here, not measurements{but}.")
        data[name] = pd.Categorical(
            [labels[i] for i in codes[keep]], categories=ordered, ordered=True
        )
    frame = pd.DataFrame(data)
    _check_computed(table, formula, frame, kept)
    return ModelFrame(data=frame, kept=kept, compared=compared, notes=tuple(notes))


def _read_columns(
    table: Table, formula: Formula, working: Array | None
) -> tuple[dict[str, Array], dict[str, Codes]]:
    """Read every column that a formula names, as numbers or as codes and their labels."""
    twice = [name for name in formula.grouping if name in formula.measured]
    if twice:
        raise DesignError(
            f"formula '{formula.text}': '{twice[0]}' is measured and stands right of a bar."
        )
    columns: dict[str, Array] = {}
    coded: dict[str, Codes] = {}
    labelled = {*formula.grouping, *formula.coded}
    for name in dict.fromkeys((*formula.measured, *formula.variables, *formula.grouping)):
        if name not in table.columns:
            more = f" {ALLOWED}" if "." in name or "__" in name else ""
            raise DataError(f"{table.source}: {one_of('column', name, table.columns)}{more}")
        if name in formula.measured and working is not None:
            columns[name] = working
        elif name in formula.measured or name in formula.computed:
            columns[name] = table.numbers(name)
        elif name in labelled or not _is_measured(table, name):
            coded[name] = table.labels(name)
        else:
            columns[name] = table.numbers(name)
    return columns, coded


def _present(
    table: Table,
    name: str,
    codes: NDArray[np.intp],
    labels: tuple[str, ...],
    kept: NDArray[np.intp],
) -> tuple[str, ...]:
    """Return the labels that rows have which are used; every one of those needs a label."""
    missing = np.flatnonzero(codes < 0)
    if missing.size:
        raise DataError(
            f"{table.source}: column '{name}' is empty in {missing.size} rows that are used, "
            f"first in row {table.row(kept[missing[0]])}. Fill in the label or delete "
            "the row."
        )
    return tuple(labels[i] for i in np.unique(codes))


def _compared(formula: Formula, factors: list[str], group: str | None) -> tuple[str, ...]:
    """Choose the factors of the fixed part whose levels are compared; `FACTORS` are all of them."""
    if group == FACTORS:
        if len(factors) > MOST_FACTORS:
            raise DesignError(
                f"formula '{formula.text}' has {len(factors)} factors. Name up to {MOST_FACTORS} "
                f"that are compared, such as group '{','.join(factors[:2])}'."
            )
        return tuple(factors)
    named = () if group is None else split_names(group, factors, ",")
    for name in named:
        if name not in factors:
            raise DesignError(
                f"formula '{formula.text}': {one_of('factor in its fixed part', name, factors)}"
                if factors
                else f"formula '{formula.text}' has no factor in its fixed part that could be "
                "compared."
            )
    return named or tuple(factors[:1])


def _check_computed(
    table: Table, formula: Formula, frame: "pd.DataFrame", kept: NDArray[np.intp]
) -> None:
    """Refuse what is computed right of the tilde where it is no number."""
    for i in sorted({*formula.fixed_atoms, *formula.varying_atoms}):
        atom = formula.atoms[i]
        if atom.column is not None:
            continue
        columns = {name: frame[name].to_numpy(dtype=np.float64) for name in atom.value.columns}
        values = atom.value.evaluate(columns)
        odd = np.flatnonzero(~np.isfinite(values))
        if odd.size:
            raise DataError(
                f"{table.source}: '{atom.text}' is not a finite number in {odd.size} rows, first "
                f"in row {table.row(kept[odd[0]])}."
            )
        distinct = np.unique(values).size
        if atom.basis and distinct <= atom.width:
            raise DesignError(
                f"formula '{formula.text}': '{atom.text}' needs more than {atom.width} different "
                f"values, and there are {distinct}. Write a smaller number in it."
            )


def _is_measured(table: Table, name: str) -> bool:
    if table.is_categorical(name):
        return False
    try:
        table.numbers(name)
    except DataError:
        return False
    return True
