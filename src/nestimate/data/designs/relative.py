"""Values relative to a control of their own block: what is done, and why not before."""

from dataclasses import replace

from nestimate.data.designs.design import Design
from nestimate.errors import DesignError
from nestimate.remedies import Remedy


def relative(design: Design, control: str | None) -> Design:
    """Return a design of logarithms that says what is taken relative to a control in each block.

    As it is where there is no such control.

    Raises
    ------
    DesignError
        When there are no blocks, in which a value has a control of its own.
    """
    block = design.block
    if control is None:
        return design
    if block is None:
        raise DesignError(
            f"relative_to: nothing says which value of {control} belongs to which other value. "
            "Name what they share, ",
            Remedy("block", "COLUMN"),
            ", or ask for ratios of means: ",
            Remedy("scale", "log"),
            ".",
        )
    note = (
        f"Raw values are taken relative to {control} inside each {block.name}, as differences of "
        f"logarithms. Had they been divided by it before, the error of {control} would be hidden "
        f"in all the others of one {block.name}, and {control} would seem to have none. Here both "
        "are estimated."
    )
    return replace(design, notes=(*design.notes, note))
