"""Labels left out that return in other groups, and may be others there: clones 1 to 3 of each line.

Inside one group they lie across data points, or blocks, as days of one arm do.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from nestimate.data.designs.labelled import Unused
from nestimate.data.designs.left_out.asked import ByRoles
from nestimate.data.designs.left_out.behind import Again, are_one
from nestimate.data.designs.left_out.holders import may_return, numbered
from nestimate.data.designs.left_out.kinds import Looked
from nestimate.data.designs.left_out.uneven import Across, labelled
from nestimate.data.designs.pairing import Rows
from nestimate.data.designs.roles import Roles
from nestimate.data.designs.strata import split
from nestimate.data.designs.structure import Factor
from nestimate.remedies import Advice


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class AgainAcross(Across):
    """A column left out whose labels, told apart by the groups, lie across data points.

    Attributes
    ----------
    one, other
        A label that returns, with two of the groups that it is met in.
    """

    one: str
    other: str

    @classmethod
    def of(cls, column: Unused, looked: Looked) -> Self | None:
        """Return the column if its labels return and, inside groups alone, are alike."""
        factors, groups = looked.factors, looked.groups
        if len(groups) < 2 or not numbered(column.labels):
            return None
        if not may_return(column.name, [factor.name for factor in factors]):
            return None
        inner = split(column.codes, looked.group)
        pairs = np.unique(np.stack([column.codes, looked.group]), axis=1)
        returning = np.flatnonzero(np.bincount(pairs[0]) > 1)
        if 2 * returning.size < np.unique(column.codes).size:
            return None
        if are_one(column.codes, inner, replace(looked.points, cell=looked.group)):
            return None
        found = labelled(replace(column, codes=inner), looked)
        if not isinstance(found, Across) or Again.of(column, looked) is not None:
            return None
        label = int(returning[0])
        met = pairs[1][pairs[0] == label][:2]
        one, other = (f"{column.name} {column.labels[label]} of {groups[g]}" for g in met)
        return cls(**vars(found), one=one, other=other)

    def advice(self) -> Advice:
        """Ask whether equal labels are one thing, and say what follows if they are not."""
        name, looked = self.name, self.looked
        over = [factor.name for factor in looked.factors]
        return Advice(
            f"{self.start}, and its labels return: what shares one {name} inside one group is "
            f"{self.much} more alike than {looked.points.rest} ({self.shown}). If {self.one} and "
            f"{self.other} are not the same, a difference between groups {self.rests}. A formula "
            "takes in both: ",
            *looked.asked.crossing(name, over),
        )


def numbered_factors(roles: Roles, rows: Rows, factors: Sequence[Factor]) -> list[Advice]:
    """Ask of a factor that is compared whether its labels, numbers of what was sampled, return.

    Clone 1 of one genotype is compared with clone 1 of another as if they were the same, and what
    is averaged over clones holds for these alone.
    """
    for factor in factors:
        others = [other for other in factors if other is not factor]
        names = [other.name for other in others]
        if not others or not (numbered(factor.labels) and may_return(factor.name, names)):
            continue
        where, name, label = others[0], factor.name, factor.labels[0]
        one, other = (f"{name} {label} of {level}" for level in where.labels[:2])
        instead = ByRoles(
            roles=replace(roles, group=",".join(names)),
            compared=" * ".join(names),
            repeated=rows.repeated,
        )
        return [
            Advice(
                f"{name} is compared as a factor: {one} is taken as the same as {other}, and what "
                f"is averaged over {name} holds for these {len(factor.labels)} alone. If they were "
                "sampled, and are others in each, a formula says so: ",
                *instead.crossing(name, names),
            )
        ]
    return []
