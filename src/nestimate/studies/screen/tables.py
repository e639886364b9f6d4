"""Tables in: long, wide with a sheet of samples, or AnnData, as one matrix of readings.

    long     endpoint, value, group, unit: one reading per row, in any order
    wide     one row per endpoint, one column per sample; group and unit in the sheet of samples
    AnnData  obs is the sheet, var names the endpoints

Endpoints are sorted by name, units by group and name: the order of rows is nothing to go by.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nestimate.data.tables.door import Reading, Table, read_grid
from nestimate.errors import DataError, DesignError, listed, one_of
from nestimate.studies.screen.cells import Cells, arranged
from nestimate.studies.screen.layout import Layout
from nestimate.studies.screen.long import read_long
from nestimate.studies.screen.matrix import Matrix
from nestimate.studies.screen.pieces import coded, opened, pieces
from nestimate.studies.screen.request import Options, Roles
from nestimate.studies.screen.unnamed import of_samples

Array = NDArray[np.float64]
Codes = NDArray[np.intp]


def read(data: Any, roles: Roles, samples: Any, options: Options) -> Matrix:
    """Read the data of a screen.

    Raises
    ------
    DataError, DesignError
        When a table cannot be read, or endpoints cannot be compared with it.
    """
    if roles.group is None:
        raise DesignError("group is not named: the column that says what is compared.")
    if roles.several:
        # Which columns these are only the table says, or the sheet: standard input is read once.
        if _is_anndata(data):
            names = tuple(map(str, data.obs.columns))
        elif samples is None:
            data, names = opened(data)
        else:
            samples, names = opened(samples)
        roles = roles.among(names)
    if _is_anndata(data):
        found = _annotated(data, roles, options)
    elif samples is not None:
        found = _wide(data, samples, roles, options)
    else:
        found = read_long(data, roles, options)
    return found.single.checked(options)


def _is_anndata(data: Any) -> bool:
    return all(hasattr(data, name) for name in ("obs", "var_names", "X", "layers"))


def _sheet(table: Table, roles: Roles, options: Options) -> tuple[Any, ...]:
    """Read the sheet of samples: names, which are kept, their cells, the layout, and notes."""
    sample = _sample(table, roles)
    codes, labels = coded(table, sample, "sample")
    if len(labels) < len(codes):
        twice = np.bincount(codes).argmax()
        raise DataError(f"{table.source}: sample '{labels[twice]}' stands in several rows.")
    names = [labels[c] for c in codes]
    cells = Cells.of_sheet(table, roles, sample)
    return names, *arranged(cells, roles, options)


def _sample(sheet: Table, roles: Roles) -> str:
    """Return the column that names the samples."""
    return roles.sample or next(iter(sheet.columns))


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
    for table in pieces(data, () if roles.endpoint is None else (roles.endpoint, *used)):
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
        codes, own = coded(table, endpoint, "endpoint")
        labels += [own[c] for c in codes]
        rows.append(np.stack([table.numbers(name) for name in used], axis=1))
    values = options.readings(np.concatenate(rows))
    chosen = np.flatnonzero(kept)
    said += of_samples(sheet, roles, _sample(sheet, roles), options, chosen, values)
    return _of_samples(labels, values, cell[kept], used, layout, said)


def _annotated(data: Any, roles: Roles, options: Options) -> Matrix:
    """Read an AnnData object: samples are its rows."""
    sheet = data.obs.reset_index(names="obs_names")
    table = Table.from_grid(read_grid(sheet, Reading()))
    plain = replace(roles, sample="obs_names")
    names, kept, cell, layout, said = _sheet(table, plain, options)
    # X counts among the layers of AnnData 0.13, as the one called None.
    layers = [name for name in data.layers if name is not None]
    if options.layer is not None and options.layer not in layers:
        raise DataError(f"the AnnData object: {one_of('layer', options.layer, layers)}")
    values = data.X if options.layer is None else data.layers[options.layer]
    if values is None:
        raise DataError(
            "the AnnData object has no X: name the layer that holds the values, layer='log1p' "
            f"(it has: {listed(layers, 5) or 'none'})."
        )
    values = values.toarray() if hasattr(values, "toarray") else np.asarray(values)
    chosen = np.flatnonzero(kept)
    values = options.readings(values[chosen].T.astype(np.float64))
    said += of_samples(table, plain, "obs_names", options, chosen, values)
    return _of_samples(
        [str(name) for name in data.var_names],
        values,
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
        values=values[np.ix_(order, across)],
        layout=replace(layout, cell=cell[across]),
        notes=tuple(said),
    )
