"""How a table was written down: whose rows stand together, and what stands before what."""

from collections.abc import Sequence

import numpy as np

from nestimate.data.inspection.crossings import Crossing


def holds_groups(crossing: Crossing, name: str, groups: Sequence[str]) -> bool:
    """Return whether a column numbers experiments and stands before the groups, all of them."""
    first = min(crossing.names.index(group) for group in groups)
    return name in crossing.runs and crossing.names.index(name) < first


def stands_together(crossing: Crossing, name: str) -> bool:
    """Return whether all rows of each label are written down one after the other."""
    codes = crossing.table.labels(name)[0]
    return bool(np.count_nonzero(np.diff(codes)) == crossing.size(name) - 1)


def kept_together(crossing: Crossing, outer: str, place: str) -> bool:
    """Return whether the rows of each label stand together in the table, and those of places not.

    What was numbered anew in each place stands below the other place's.
    """
    own, other = (crossing.table.labels(name)[0] for name in (outer, place))
    runs, places = (1 + int(np.count_nonzero(np.diff(codes))) for codes in (own, other))
    return runs == crossing.size(outer) < places
