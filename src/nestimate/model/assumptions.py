"""Options of the model: which parts are Student-t, what groups share, and which priors hold."""

import re
from collections.abc import Mapping, Sequence
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
        common, or own where groups scatter differently. What lies inside units, or in cells of
        blocks, has own scales where groups show them, unless this or sigma is `common`.
    sigma
        Replicate SD: `common` to all groups, or each its `own`; None: common, or own where readings
        of the groups scatter differently about the unit, cluster or cell of blocks that they lie
        in, or one has few readings in such cells beside another.
    preset
        Set of priors: `default`, `kruschke2013` or `meredith2021`.
    prior
        Changed priors, `{"tau": "halfnormal(2)", "nu": 30}`, or as lines in a list,
        `["tau = halfnormal(2)", "nu = 30"]`; of all groups or of one, `tau[drug]`. A number fixes
        the parameter.
    """

    robust: Robust | None = None
    tau: Tau | None = None
    sigma: Sigma | None = None
    preset: Preset = "default"
    prior: Mapping[str, str | float] | Sequence[str] = field(default_factory=dict)

    def check(self) -> None:
        """Refuse words that no model has.

        Raises
        ------
        DesignError
            When an option is of the wrong kind.
        """
        check_fields(self, Assumptions)
        # However they are given, they are kept as one mapping: equal priors make equal options.
        object.__setattr__(self, "prior", self.priors)

    @property
    def priors(self) -> dict[str, str | float]:
        """The changed priors, by parameter.

        Raises
        ------
        DesignError
            When they are neither a mapping nor lines, or a line is none.
        """
        given = self.prior
        if isinstance(given, Mapping):
            return dict(given)
        lines = isinstance(given, Sequence) and not isinstance(given, str)
        if not lines or not all(isinstance(line, str) for line in given):
            raise DesignError(
                f"prior is {given!r}: write {{'tau': 'halfnormal(2)'}}, or lines in a list, "
                "['tau = halfnormal(2)']."
            )
        return _by_parameter(given)

    def changes(self, name: str, group: str | None) -> bool:
        """Whether the user changed the prior of this parameter."""
        named = (TARGET.match(target) for target in self.priors)
        return any(m and m[1] == name and m[2] in (None, group) for m in named)

    @property
    def robust_units(self) -> bool:
        """Whether units, blocks or lone readings are Student-t."""
        return self.robust in (None, "units", "both")

    @property
    def robust_readings(self) -> bool:
        """Whether readings inside a unit are Student-t."""
        return self.robust in ("replicates", "both")


def _by_parameter(lines: Sequence[str]) -> dict[str, str | float]:
    """Read lines such as `tau = halfnormal(2)`, one for each parameter."""
    found: dict[str, str | float] = {}
    for line in lines:
        name, equals, prior = (part.strip() for part in line.partition("="))
        if not equals or not prior:
            raise DesignError(
                f"prior '{line}': write the parameter, =, and its prior: 'tau = halfnormal(2)', "
                "or a number to fix it: 'nu = 30'."
            )
        if name in found:
            raise DesignError(
                f"prior '{line}': {name} already has the prior '{found[name]}'. Give one prior for "
                "each parameter."
            )
        found[name] = prior
    return found
