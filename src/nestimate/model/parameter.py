"""One scalar parameter: what it is, what it is called, and its prior."""

from dataclasses import dataclass
from typing import Literal

from nestimate.model.families import Family
from nestimate.model.priors import Fixed, Number, Prior

Kind = Literal["location", "slope", "scale", "shape", "plain"]


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One scalar parameter, in the user's unit.

    Attributes
    ----------
    family, member
        What it is, and its position among the parameters of its family.
    name, group
        What it is called, `tau` and `drug`: for print and the prior option alone. Group is None
        where one value serves all groups.
    kind
        `location` shifts and scales with the data, `slope` and `scale` only scale, `shape` and
        `plain` do neither; scales and shapes are positive.
    prior
        Its prior.
    lower
        Smallest value allowed; the prior is cut off there and renormalised.
    """

    family: Family
    member: int = 0
    name: str
    group: str | None
    kind: Kind
    prior: Prior
    lower: Number | None = None

    @property
    def label(self) -> str:
        """The name as users write it: `tau[drug]` or `sigma`."""
        return self.name if self.group is None else f"{self.name}[{self.group}]"

    @property
    def free(self) -> bool:
        """Whether the parameter is estimated rather than fixed."""
        return not isinstance(self.prior, Fixed)
