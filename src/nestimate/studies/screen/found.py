"""What a screen has found: numbers of every endpoint, hits, and what all have in common."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nestimate.errors import DesignError
from nestimate.studies.screen.layout import LACKING, Member
from nestimate.studies.screen.matrix import Matrix
from nestimate.studies.screen.reduced import Reduced
from nestimate.studies.screen.request import Options, Roles
from nestimate.studies.screen.run import ESTIMATED, Outcome

Array = NDArray[np.float64]
Codes = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Found:
    """A screen, done.

    Attributes
    ----------
    matrix
        The readings.
    roles, options
        What was asked.
    outcome
        What came out.
    """

    matrix: Matrix
    roles: Roles
    options: Options
    outcome: Outcome

    @property
    def groups(self) -> tuple[str, str]:
        """The reference, and the group that is compared with it."""
        return self.matrix.layout.groups

    @property
    def contrast(self) -> str:
        """Name of the effect."""
        low, high = self.groups
        return f"{high} - {low}"

    @property
    def estimated(self) -> NDArray[np.bool_]:
        """Which endpoints could be estimated, (endpoints,)."""
        return np.asarray(self.outcome.columns["status"] == ESTIMATED)

    def selected(self, fsr: float) -> Codes:
        """Rows of the hits at a false sign rate, the surest first.

        Raises
        ------
        DesignError
            When the rate is none.
        """
        if not 0 < fsr < 1:
            raise DesignError(f"fsr is {fsr!r}: it must lie between 0 and 1, such as 0.05.")
        columns = self.outcome.columns
        order = np.lexsort((columns["lfsr_normal"], columns["lfsr"]))
        return order[columns["s_value"][order] <= fsr]

    def columns(self) -> dict[str, NDArray[Any]]:
        """Return everything of every endpoint under the names that users see."""
        made, groups = self.outcome.columns, self.groups
        found: dict[str, NDArray[Any]] = {"endpoint": self.matrix.names}
        kind = self.matrix.layout.kind
        found |= dict.fromkeys(kind.whole, made["units_1"])
        counts = (*kind.counts, ("readings", "readings"), ("missing", "missing"))
        for said, name in counts:
            for g in (1, 0):
                found[f"{said}_{groups[g]}"] = made[f"{name}_{g}"]
        plain = ("mean", "ci_low", "ci_high", "p_gt_0", "shrunk", "shrunk_sd", "lfsr", "s_value")
        found |= {name: made[name] for name in plain}
        if self.options.rope is not None:
            found["p_in_rope"] = made["p_in_rope"]
            found["p_beyond_rope"] = 1 - made["p_in_rope"]
        found |= {name: made[name] for name in ("rank", "rank_low", "rank_high")}
        found |= {said: made[name] for name, said in self.scales.items()}
        found["far"] = made["far"]
        pairs = zip(sum(LACKING, ()), sum(kind.lacking, ()), strict=True)
        words = {raw: said.format(*groups, self.roles.block) for raw, said in pairs}
        status = [words.get(text, text) for text in made["status"]]
        found["status"] = np.array(status, dtype=object)
        found["engine"], found["lfsr_normal"] = made["engine"], made["lfsr_normal"]
        return found

    def row(self, name: str) -> int:
        """Return the row of an endpoint.

        Raises
        ------
        DesignError
            When there is none of that name.
        """
        at = int(np.searchsorted(self.matrix.names, name))
        if at < len(self.matrix.names) and self.matrix.names[at] == name:
            return at
        near = [str(other) for other in self.matrix.names[max(at - 2, 0) : at + 2]]
        raise DesignError(f"there is no endpoint '{name}'. Next to it are: {', '.join(near)}.")

    def reduced(self, row: int) -> Reduced:
        """Return what the readings of one endpoint come down to."""
        return Reduced.of(self.matrix.values[[row]], self.matrix.layout)

    def readings(self, row: int) -> dict[str, list[Any]]:
        """Return the readings of one endpoint as columns of a table."""
        layout = self.matrix.layout
        values = self.matrix.values[row]
        known = np.flatnonzero(~np.isnan(values))
        cells = layout.cell[known]
        group = self.roles.group or "group"
        value = self.roles.value or "value"
        return {
            value: values[known].tolist(),
            group: [self.groups[layout.group[c]] for c in cells],
            **{own.name: [own.labels[c] for c in cells] for own in self.members},
        }

    @property
    def members(self) -> tuple[Member, ...]:
        """Blocks, units and subunits, as far as these are not the readings."""
        layout = self.matrix.layout
        repeated = layout.replicated or bool(layout.kind.whole)
        return layout.members if repeated else ()

    @property
    def scales(self) -> dict[str, str]:
        """What is said of how an endpoint scatters: our names, and those of columns."""
        layout = self.matrix.layout
        return {**layout.scales, "icc": "icc"} if layout.replicated else dict(layout.scales)

    @property
    def typical(self) -> dict[str, float]:
        """Median of each scale among endpoints."""
        return {
            said: float(np.nanmedian(self.outcome.columns[name]))
            for name, said in self.scales.items()
        }
