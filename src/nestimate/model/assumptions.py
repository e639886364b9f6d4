"""Options of the model: which parts are Student-t, what groups share, and which priors hold."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from nestimate.errors import DesignError
from nestimate.values import check_fields
from nestimate.words import Preset, Robust, Sigma, Tau

#: A parameter as a changed prior names it: `tau`, or `tau[drug]`.
TARGET = re.compile(r"^\s*(\w+)\s*(?:\[(.*)\])?\s*$", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Assumptions:
    """What the user may choose about the model.

    Attributes
    ----------
    robust
        `units`: units follow a Student-t, so one outlier does not drag the answer;
        `replicates`: readings do, for one bad well; `both`; or `none`: all is normal.
        None: `units`, but `none` for counts and proportions, so that they have averages.
    tau
        `own`: every group has its own between-unit scale, in blocks its own scale of the effect;
        `common`: all share one; `pooled`: own ones between units, drawn towards a typical one as
        far as the data support; None: own for units of two groups (as BEST); otherwise
        common, or own where groups scatter differently.
    sigma
        Replicate SD: `common` to all groups, or each its `own`.
    preset
        Set of priors: `default`, `kruschke2013` or `meredith2021`.
    prior
        Changed priors, `{"tau": "halfnormal(2)", "nu": 30}`, of all groups or of one, `tau[drug]`;
        a number fixes the parameter.
    """

    robust: Robust | None = None
    tau: Tau | None = None
    sigma: Sigma = "common"
    preset: Preset = "default"
    prior: Mapping[str, str | float] = field(default_factory=dict)

    def check(self) -> None:
        """Refuse words that no model has.

        Raises
        ------
        DesignError
            When an option is of the wrong kind.
        """
        check_fields(self, Assumptions)
        if not isinstance(self.prior, Mapping):
            raise DesignError(f"prior is {self.prior!r}: write {{'tau': 'halfnormal(2)'}}.")

    def changes(self, name: str, group: str | None) -> bool:
        """Whether the user changed the prior of this parameter."""
        named = (TARGET.match(target) for target in self.prior)
        return any(m and m[1] == name and m[2] in (None, group) for m in named)

    @property
    def robust_units(self) -> bool:
        """Whether units, blocks or lone readings are Student-t."""
        return self.robust in (None, "units", "both")

    @property
    def robust_readings(self) -> bool:
        """Whether readings inside a unit are Student-t."""
        return self.robust in ("replicates", "both")
