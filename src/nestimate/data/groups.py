"""Which group the others are compared with."""

from collections.abc import Sequence

from nestimate.errors import DesignError, one_of

#: Labels that by themselves say "compare the others with me".
CONTROLS = frozenset(
    {"baseline", "carrier", "con", "control", "controls", "ctl", "ctr", "ctrl", "dmso", "mock"}
    | {"none", "pbs", "placebo", "reference", "saline", "sham", "solvent", "untreated", "vehicle"}
    | {"wild type", "wild-type", "wildtype", "wt"}
)


def reference_first(labels: Sequence[str], reference: str | None) -> tuple[list[str], str]:
    """Put the reference first, and say how it was chosen; an empty sentence if it was named.

    Raises
    ------
    DesignError
        When the reference is not among the labels.
    """
    if reference is not None and reference not in labels:
        raise DesignError(f"reference: {one_of('group', reference, labels)}")
    said = ""
    if reference is None:
        controls = [label for label in labels if label.casefold() in CONTROLS]
        reference = controls[0] if len(controls) == 1 else labels[0]
        why = "its label says so" if len(controls) == 1 else "it comes first in the data"
        said = f"Reference group: {reference} ({why}; --reference chooses another)."
    return [reference, *(label for label in labels if label != reference)], said
