"""Designs of so many means that their answer takes half a minute or more: said beforehand."""

from collections.abc import Sequence

from nestimate.data.designs.responses import MEASURED
from nestimate.data.inspection.kinds import Column
from nestimate.data.inspection.proposals import Proposal
from nestimate.data.tables.edits import KeepOnly

#: Means of several factors from which on an answer takes a minute; of counts or shares that are met
#: again in blocks with plots in them; and of three factors there.
MANY, MANY_COUNTED, MANY_DEEP = 24, 8, 12
#: Means in blocks from which on it takes half a minute; and of counts or shares there.
SOME, SOME_COUNTED = 15, 10


def slow(proposal: Proposal, columns: Sequence[Column]) -> tuple[str, ...]:
    """Return that a design takes its time, and which edit makes a quick one of it; or nothing."""
    means, blocks = len(proposal.branches), proposal.roles.block or ""
    inside = "/" in blocks or len(proposal.candidate.units) > 1
    counted = proposal.roles.response != MEASURED and inside
    deep = inside and len(proposal.factors) > 2
    many = MANY_COUNTED if counted else MANY_DEEP if deep else MANY
    some = SOME if proposal.roles.response == MEASURED else SOME_COUNTED
    if len(proposal.factors) < 2 or means < (min(some, many) if blocks else many):
        return ()
    long = "a minute or more" if means >= many else "half a minute or more"
    said = f"{means} means at once take {long}"
    able = [c for c in columns if c.name in proposal.factors]
    most = max(able, key=lambda column: column.distinct, default=None)
    if most is None or proposal.folded or most.smallest is None:
        return (f"{said}.",)
    ends = (f"{most.smallest:.15g}", f"{most.largest:.15g}")
    edit = KeepOnly(where=tuple((most.name, end) for end in ends))
    return (f"{said}, two {most.name} alone seconds: --edit '{edit}' (edits in Python).",)
