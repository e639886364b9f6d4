"""Tables that are no rows of readings: plates, whose letters and numbers are places; survival."""

from nestimate.data.designs.vocabulary import hints
from nestimate.data.inspection.kinds import described
from nestimate.data.inspection.looks import FEWEST_WELLS, are_places, are_wells
from nestimate.data.tables.door import Table
from nestimate.data.tables.series import number_like
from nestimate.data.tables.survival import survival_said


def instead_said(table: Table) -> str:
    """Say what a table is in place of rows of readings, and what to make of it; "" otherwise.

    A plate as it lies, columns of wells that were read at times, rows of wells without a word of
    what each got; or survival times as Prism lays them out.
    """
    plate = _as_it_lies(table) or _columns_of_wells(table) or _rows_of_wells(table)
    return plate or survival_said(table)


def _as_it_lies(table: Table) -> str:
    """Look for rows A, B, C and columns 1, 2, 3."""
    first, *rest = list(table.columns)
    if len(rest) < FEWEST_WELLS or rest != [str(i + 1) for i in range(len(rest))]:
        return ""
    labels = [cell or "" for cell in table.cells(first)]
    if len(labels) < 2 or labels != [chr(ord("A") + i) for i in range(len(labels))]:
        return ""
    return (
        "this is a plate as it lies: the letters and numbers are places of wells, no groups. Write "
        "one row for each well: well, sample, group, value. Then inspect that table."
    )


def _columns_of_wells(table: Table) -> str:
    """Look for wells beside the times at which a reader read them: no other column has labels."""
    wells = [name for name in table.columns if are_places([name])]
    timed = [n for n in table.columns if hints(n) & {"time", "counter"}]
    numbers = all(number_like(table.columns[n]) for n in table.columns if n not in timed)
    if not (numbers and (timed or are_wells(wells))) or len(wells) < FEWEST_WELLS:
        return ""
    return (
        f"{wells[0]} to {wells[-1]} are places of wells, no groups: which well got what does not "
        "stand in the table. Write it above each column in place of the well, numbered, such as "
        "'control 1', 'control 2', 'drug 1', leave out empty wells and blanks, and inspect that "
        "table. Or write one row for each well: well, sample, group, value, the value being what "
        "its curve comes down to: a rate, a plateau, an area."
    )


def _rows_of_wells(table: Table) -> str:
    """Look for a column of wells that is the only one with labels."""
    columns = [c for c in described(table) if c.kind not in {"empty", "constant"}]
    found = [c.name for c in columns if c.kind in {"labels", "id"}]
    if len(found) != 1 or not are_places(labels := table.labels(found[0])[1]):
        return ""
    others = [c for c in columns if c.name != found[0]]
    labelled = any(c.labelled and not hints(c.name) & {"time", "counter"} for c in others)
    if len(labels) < FEWEST_WELLS or labelled:
        return ""
    return (
        f"{found[0]} holds places of wells ({', '.join(labels[:3])} ...), no groups: which well "
        f"got what does not stand in the table. Write it into columns beside {found[0]}, from the "
        "layout of the plate: sample and group. Then inspect that table."
    )
