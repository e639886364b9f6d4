"""What a table compares: groups, or the cells of several factors, as the roles name them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.crossing import MOST_FACTORS, Crossing
from nestimate.data.designs.groups import check_groups, dropped, order_groups, reference_first
from nestimate.data.designs.labelled import check_labelled
from nestimate.data.designs.levels import Level
from nestimate.data.designs.references import chosen_references
from nestimate.data.designs.roles import Roles
from nestimate.data.designs.strata import crossed_factors
from nestimate.data.designs.structure import Factor
from nestimate.data.tables.cells import is_plain_number, read_label
from nestimate.data.tables.door import Table
from nestimate.data.tables.series import split_names
from nestimate.errors import DesignError, listed, one_of
from nestimate.remedies import Advice, Remedy

Codes = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Compared:
    """What is compared: groups, or the cells of several factors.

    Attributes
    ----------
    name
        What is compared in a word: `arm`, `genotype x treatment`.
    codes, labels
        Group of every row kept, shape (rows,), and the labels, the reference first.
    places
        Where labels lie that have an order; () otherwise.
    crossing
        The factors, where there are several.
    notes, warnings
        Sentences for the user.
    """

    name: str
    codes: Codes
    labels: tuple[str, ...]
    places: tuple[float, ...] = ()
    crossing: Crossing | None
    notes: tuple[str, ...]
    warnings: tuple[str, ...]

    @classmethod
    def of(cls, table: Table, roles: Roles, keep: NDArray[np.bool_]) -> Self:
        """Read the column of groups, or those of several factors, for the rows that have a value.

        Raises
        ------
        DataError, DesignError
            When a label is missing, or the groups cannot be compared.
        """
        names = roles.group_columns(table)
        if len(names) > 1:
            return cls._crossed(table, roles, names, keep)
        group, groups = table.labels(names[0])
        notes = [
            *table.label_notes(names[0]),
            *dropped(keep, group, groups, (roles.value, names[0])),
        ]
        check_labelled(table, names[0], group, keep)
        warnings = check_groups(
            names[0], roles.value, group[keep], groups, one_is_enough=roles.one_group
        )
        ordered = table.is_ordered(names[0])
        present = tuple(groups[g] for g in np.unique(group[keep]))
        order = stated_orders(roles.order, {names[0]: present}).get(names[0], present)
        reference = roles.reference if roles.order is None else roles.reference or order[0]
        codes, labels, chosen = order_groups(group[keep], groups, reference, ordered=ordered)
        notes += chosen if len(labels) > 1 else []
        if roles.order is not None:
            codes, labels = _rearranged(codes, labels, [reference or "", *order])
            notes.append(said_order(names[0], order))
        return cls(
            name=names[0],
            codes=codes,
            labels=labels,
            places=_places(labels, order, stated=ordered or roles.order is not None),
            crossing=None,
            notes=tuple(notes),
            warnings=tuple(warnings),
        )

    @classmethod
    def _crossed(
        cls, table: Table, roles: Roles, names: tuple[str, ...], keep: NDArray[np.bool_]
    ) -> Self:
        if len(names) > MOST_FACTORS:
            raise DesignError(
                f"group names {len(names)} factors ({listed(names, most=6)}), and at most "
                f"{MOST_FACTORS} are compared at once. Name those that the question is about."
            )
        notes: list[str] = []
        warnings: list[str] = []
        read = {}
        for name in names:
            group, groups = table.labels(name)
            notes += [*table.label_notes(name), *dropped(keep, group, groups, (roles.value, name))]
            check_labelled(table, name, group, keep)
            warnings += check_groups(name, roles.value, group[keep], groups, one_is_enough=False)
            read[name] = (group[keep], groups)
        present = {n: tuple(found[g] for g in np.unique(c)) for n, (c, found) in read.items()}
        given = stated_references(roles.reference, present)
        stated = stated_orders(roles.order, present)
        labels, columns, places = [], [], []
        for name, (codes, found) in read.items():
            order = stated.get(name, present[name])
            known = name in stated or table.is_ordered(name)
            own = given.get(name, order[0] if name in stated else None)
            first, why = reference_first(order, own, ordered=known)
            if name in stated:
                why = ""
                notes.append(said_order(name, order))
            places.append(_places(first, order, stated=known))
            recode = np.full(len(found), -1, dtype=np.intp)
            for position, label in enumerate(first):
                recode[found.index(label)] = position
            labels.append(tuple(first))
            columns.append(recode[codes])
            if why:
                other = Remedy("reference", f"{name}={first[-1]}")
                notes.append(
                    Advice(
                        f"Reference of {name}: {first[0]} ({why}; another: ", other, ").".strip()
                    )
                )
        cells, codes = np.unique(np.stack(columns, axis=1), axis=0, return_inverse=True)
        crossing = Crossing(
            names=names, labels=tuple(labels), cells=cells.astype(np.intp), places=tuple(places)
        )
        if crossing.missing:
            warnings.append(
                f"No value in {listed(crossing.missing, most=6)}: what needs "
                f"{'this cell' if len(crossing.missing) == 1 else 'these cells'} cannot be "
                "estimated and is named below; the rest is."
            )
        return cls(
            name=" x ".join(names),
            codes=codes.reshape(-1).astype(np.intp),
            labels=crossing.groups,
            crossing=crossing,
            notes=tuple(dict.fromkeys(notes)),
            warnings=tuple(warnings),
        )

    @property
    def factors(self) -> tuple[Factor, ...]:
        """What is compared, factor by factor."""
        whole = Factor(name=self.name, labels=self.labels, codes=self.codes, places=self.places)
        return crossed_factors(whole, self.crossing)

    def expected(self, block: Level) -> NDArray[np.bool_] | None:
        """Return which cells every block should have, (blocks, groups); None: all of them."""
        return None if self.crossing is None else self.crossing.possible(block, self.codes)

    def placed(
        self, table: Table, roles: Roles, keep: NDArray[np.bool_]
    ) -> tuple[Roles, list[str]]:
        """Return the roles with a unit that is seen in several cells as a block, and say so.

        Some factors then lie between the units and the others within them. Where all factors vary
        within equal labels these may be of different units: that is left to be refused.
        """
        units = roles.unit_columns(table)
        if self.crossing is None or not units or roles.relabel_units:
            return roles, []
        unit = table.labels(units[0])[0][keep]
        for name in roles.block_columns(table):
            above = table.labels(name)[0][keep]
            unit = unit + (int(unit.max(initial=0)) + 1) * above
        if (unit < 0).any():
            return roles, []
        varies = self.crossing.varying(unit, self.codes)
        if all(varies) or not any(varies):
            return roles, []
        within, between = (
            [name for name, v in zip(self.crossing.names, varies, strict=True) if v is wanted]
            for wanted in (True, False)
        )
        note = Advice(
            f"Every {units[0]} has one level of {' and '.join(between)} and several of "
            f"{' and '.join(within)}, so it is taken as the same {units[0]} seen again. If equal "
            f"labels are different {units[0]}, add ",
            Remedy("relabel_units"),
            ".",
        )
        block = "/".join((*roles.block_columns(table), units[0]))
        return replace(roles, block=block, unit="/".join(units[1:]) or None), [note]


def stated_orders(
    text: str | None, present: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """Return the orders that were stated by factor: `0,1,3`, or `time=0,1,3; dose=low,high`.

    Raises
    ------
    DesignError
        When a factor or label is unknown, or a label is named twice or left out.
    """
    found = {}
    if text and len(present) == 1:
        return {name: _stated(text, labels, name) for name, labels in present.items()}
    for part in (text or "").split(";") if text else ():
        name, _, order = (piece.strip() for piece in part.partition("="))
        if name not in present:
            raise DesignError(
                f"order '{part.strip()}': say of which factor, "
                f"'{(last := list(present)[-1])}={','.join(present[last])}', with semicolons "
                "between several."
            )
        found[name] = _stated(order, present[name], name)
    return found


def _stated(text: str, present: tuple[str, ...], name: str) -> tuple[str, ...]:
    """Return all labels in the order that the user stated."""
    order = tuple(read_label(label) or label for label in split_names(text, present, ","))
    for label in order:
        if label not in present:
            raise DesignError(f"order: {one_of(f'label of {name}', label, present)}")
    left = [label for label in present if label not in order]
    if left or len(set(order)) < len(order):
        what = f"{listed(left, most=6)} is left out" if left else "a label stands twice"
        raise DesignError(
            f"order '{text}': {what}. Name every label of {name} once: {','.join(present)}."
        )
    return order


def said_order(name: str, order: Sequence[str]) -> str:
    """Say in which order the labels of a factor were stated."""
    return f"Order of {name}: {', '.join(order)}, as stated."


def _rearranged(
    codes: Codes, labels: tuple[str, ...], order: Sequence[str]
) -> tuple[Codes, tuple[str, ...]]:
    """Return codes into the labels as they are ordered."""
    order = tuple(dict.fromkeys(label for label in order if label in labels))
    recode = np.array([order.index(label) for label in labels], dtype=np.intp)
    return recode[codes], order


def _places(labels: Sequence[str], order: Sequence[str], *, stated: bool) -> tuple[float, ...]:
    """Return where labels lie: the numbers that they are, or their positions in a stated order.

    An order that is not that of the numbers is one of positions.
    """
    if all(map(is_plain_number, labels)):
        along = [float(label) for label in order]
        if not stated or along == sorted(along):
            return tuple(float(label) for label in labels)
    return tuple(float(list(order).index(label)) for label in labels) if stated else ()


def stated_references(given: str | None, factors: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Return the references that were stated; a level that one factor alone has needs no name."""
    if isinstance(given, str):
        holders = [name for name, labels in factors.items() if given in labels]
        if len(holders) == 1:
            return {holders[0]: given}
        if not holders and "=" not in given:
            name = next(iter(factors))
            raise DesignError(
                f"reference '{given}' is no level of {listed(list(factors), most=4)}. Write "
                f"'{name}={factors[name][0]}', with commas between several factors."
            )
    return chosen_references(given, factors, None)


def check_names(table: Table, group: str | None) -> None:
    """Refuse several columns written as a formula writes them, or two readings of one column."""
    if group is None or group in table.columns:
        return
    parts = [part.strip() for part in re.split(r"[,:*+]", group)]
    known = len(parts) > 1 and all(part in table.columns for part in parts)
    if known and not re.search(r"[:*+]", group):
        return
    if known:
        raise DesignError(
            f"{table.source}: group '{group}' names {len(parts)} columns. Several factors are "
            "named with commas between: ",
            Remedy("group", ",".join(parts)),
            ".",
        )
