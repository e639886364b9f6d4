"""Designs whose values are counts or shares of a total: the same, with what a reading is."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from nestimate.data.designs.counted import Counted
from nestimate.data.designs.design import Design
from nestimate.data.designs.doubts import counted
from nestimate.data.designs.proportions import Proportions
from nestimate.data.inspection.proposals import Proposal
from nestimate.data.tables.door import Table
from nestimate.errors import DataError, DesignError


def responded(
    table: Table, proposals: Sequence[Proposal], part: str | None, total: str
) -> tuple[Proposal, ...]:
    """Return the proposals, counts and shares analysed as such where that is answered.

    Parameters
    ----------
    table, proposals
        The table, and its designs.
    part, total
        Columns of which one counts some of the other; None where there are none.
    """
    return tuple(_responded(table, proposal, part, total) for proposal in proposals)


def _responded(table: Table, proposal: Proposal, part: str | None, total: str) -> Proposal:
    roles = proposal.roles
    if proposal.formula or proposal.typed or roles.summary or roles.one_group:
        return proposal
    if part is not None and roles.value == part:
        roles = replace(roles, response=Proportions.word, total=total)
    else:
        values = table.numbers(roles.value)
        if not counted(values[~np.isnan(values)]):
            return proposal
        roles = replace(roles, response=Counted.word)
    try:
        design = Design.from_table(table, roles)
    except (DataError, DesignError):
        return proposal
    # With blocks or subunits there is no exact answer of counts and shares yet.
    if design.structure.home is None or design.subunits:
        return proposal
    return replace(proposal, roles=roles, cautions=design.warnings)
