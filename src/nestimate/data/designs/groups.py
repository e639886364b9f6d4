"""Which groups are compared, in which order, and which rows have nothing to compare."""

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nestimate.data.tables.cells import look, read_label
from nestimate.data.tables.grid import Lost
from nestimate.errors import DataError, DesignError, listed, one_of
from nestimate.remedies import Advice, Remedy

#: Labels that by themselves say "compare the others with me".
CONTROLS = frozenset(
    {"baseline", "carrier", "con", "control", "controls", "ctl", "ctr", "ctrl", "dmso", "mock"}
    | {"none", "pbs", "placebo", "reference", "saline", "sham", "solvent", "untreated", "vehicle"}
    | {"wild type", "wild-type", "wildtype", "wt", "+/+", "scramble", "sictrl", "siscr", "sinc"}
    | {"scr", "scrambled", "shscr", "shctrl", "veh", "unstim", "unstimulated", "kontrolle"}
)
#: Labels that say so where no other does: what is given when nothing is.
_NOTHING = frozenset({"water", "tap water", "h2o", "wasser", "eau", "agua", "acqua"})

Codes = NDArray[np.intp]


def reference_first(
    labels: Sequence[str],
    reference: str | None,
    *,
    ordered: bool = False,
    otherwise: str = "it comes first in the data",
) -> tuple[list[str], str]:
    """Put the reference first, and say why it is one; nothing if it was named.

    Parameters
    ----------
    labels
        In the order of the data, or their own where they are `ordered` categories: the first of
        those is the reference.
    reference
        The label that was named, or None.
    ordered
        Whether the order of the labels was stated by the user.
    otherwise
        What is said of the first where no label says that it is the reference.

    Raises
    ------
    DesignError
        When the reference is not among the labels.
    """
    why = ""
    if reference is None:
        controls = [label for label in labels if label.casefold() in CONTROLS]
        controls = controls or [label for label in labels if label.casefold() in _NOTHING]
        controls = controls or _without_dose(labels)
        told = len(controls) == 1 and not ordered
        reference = controls[0] if told else labels[0]
        why = "its label says so" if told else otherwise
        why = "it is the first of its ordered categories" if ordered else why
    else:
        reference = reference if reference in labels else read_label(reference) or reference
        if reference not in labels:
            raise DesignError(f"reference: {one_of('group', reference, labels)}")
    return [reference, *(label for label in labels if label != reference)], why


def _without_dose(labels: Sequence[str]) -> list[str]:
    """Return the label that is 0 among numbers above it, with units of measurement or without."""
    amounts = [re.fullmatch(r"(\d+(?:\.\d+)?)(\s?[^\W\d]\S*)?", label) for label in labels]
    zero = [label for label, found in zip(labels, amounts, strict=True) if found and _none(found)]
    return zero if all(amounts) and len(labels) > 2 else []


def _none(amount: re.Match[str]) -> bool:
    return float(amount[1]) == 0


def order_groups(
    group: Codes, groups: tuple[str, ...], reference: str | None, *, ordered: bool = False
) -> tuple[Codes, tuple[str, ...], list[str]]:
    """Put the reference first and forget groups without a value.

    Returns
    -------
    tuple
        Codes of the rows, labels, and how the reference was chosen.
    """
    first, why = reference_first([groups[g] for g in np.unique(group)], reference, ordered=ordered)
    recode = np.full(len(groups), -1, dtype=np.intp)
    for code, label in enumerate(first):
        recode[list(groups).index(label)] = code
    other = Remedy("reference", first[-1])
    said = Advice(f"Reference group: {first[0]} ({why}; another: ", other, ").")
    return recode[group], tuple(first), [said] if why else []


def check_groups(
    name: str, value: str, group: Codes, groups: tuple[str, ...], *, one_is_enough: bool
) -> list[str]:
    """Refuse groups that cannot be what is compared; return warnings.

    Parameters
    ----------
    name, value
        Columns of groups and of values.
    group, groups
        Codes of the rows that have a value, and all labels.
    one_is_enough
        Whether groups are compared with a stated value.

    Raises
    ------
    DesignError
        When there is one group, there are hundreds, or two labels are one in two spellings.
    """
    counts = np.bincount(group, minlength=len(groups))
    labels = {groups[g]: int(counts[g]) for g in np.flatnonzero(counts)}
    if len(labels) < 2 and not one_is_enough:
        others = [label for label in groups if label not in labels]
        empty = f" ({listed(others, most=4)} without any)" if others else ""
        raise DesignError(
            f"column '{name}' holds one group with values, '{next(iter(labels))}'{empty}: "
            "comparing needs at least two, or a value to compare with: ",
            Remedy("against", "VALUE"),
            ".",
        )
    if len(labels) > 30 and group.size < 3 * len(labels):
        raise DesignError(
            f"column '{name}' holds {len(labels)} different groups in {group.size} rows. "
            f"Were value ('{value}') and group ('{name}') swapped?"
        )
    return _check_spelling(name, labels)


def _check_spelling(name: str, labels: dict[str, int]) -> list[str]:
    """Refuse a word written in two ways; warn where two spellings may mean two things (Aa, aa)."""
    warnings = []
    for alike in look_alikes(list(labels)):
        said = ", ".join(f"'{label}' ({labels[label]} rows)" for label in alike)
        same = len({look(label, capitals=True) for label in alike}) < len(alike)
        cased = len({look(label) for label in alike}) < len(alike)
        if same or (cased and all(_plain_word(label) for label in alike)):
            raise DesignError(
                f"column '{name}' has labels that differ in spelling only: {said}. If they are one "
                "group, write them in one way; if not, give them names that cannot be confused."
            )
        warnings.append(f"Labels of {name} that look alike are taken as different groups: {said}.")
    return warnings


def look_alikes(labels: Sequence[str]) -> list[list[str]]:
    """Return sets of labels that differ in capitals, spaces, punctuation or leading zeros only."""
    found: dict[str, list[str]] = {}
    for label in labels:
        found.setdefault(look(label, punctuation=False), []).append(label)
    return [alike for alike in found.values() if len(alike) > 1]


def _plain_word(label: str) -> bool:
    """Return whether capitals in a label carry no meaning, as they do in Aa and aa."""
    return len(label) > 2 and label in {label.lower(), label.upper(), label.capitalize()}


def dropped(
    keep: NDArray[np.bool_], codes: Codes, groups: tuple[str, ...], names: tuple[str, str]
) -> list[str]:
    """Say how many rows have no value, group by group.

    Parameters
    ----------
    keep
        Whether a row has a value.
    codes, groups
        Groups of all rows.
    names
        Columns of values and of groups.
    """
    if keep.all():
        return []
    value, group = names
    if not keep.any():
        raise DataError(f"column '{value}' is empty in every row: there is nothing to compare.")
    per_group = Counter(groups[g] if g >= 0 else "no group" for g in codes[~keep])
    counts = ", ".join(f"{count} in {label}" for label, count in per_group.items())
    missing = int((~keep).sum())
    notes: list[str] = [
        Lost(f"{missing} of {keep.size} rows have no {value} and are left out ({counts}).")
    ]
    gone = sorted(set(codes[codes >= 0]) - set(codes[keep]))
    if gone:
        lost = listed([groups[g] for g in gone], most=6)
        notes.append(f"No row of {group} {lost} has a value: not compared.")
    return notes


def dropped_units(
    name: str, keep: NDArray[np.bool_], codes: Codes, labels: tuple[str, ...]
) -> list[str]:
    """Say in which units values are missing, and which units are lost by that."""
    missing = codes[~keep & (codes >= 0)]
    if not missing.size:
        return []
    counts = np.bincount(missing, minlength=len(labels))
    left = np.bincount(codes[keep & (codes >= 0)], minlength=len(labels))
    touched = np.flatnonzero(counts)
    shown = ", ".join(f"{labels[u]} ({counts[u]})" for u in touched[:8])
    more = f" and {touched.size - 8} more" if touched.size > 8 else ""
    # Rows that are units themselves are called `row 4` already.
    where = "" if name == "row" else f"{name} "
    notes = [f"Values are missing in {where}{shown}{more}."]
    lost = [labels[u] for u in touched if not left[u]]
    if lost:
        notes.append(Lost(f"No value is left in {where}{listed(lost, most=8)}: not counted."))
    return notes
