"""What a screen has found: numbers of every endpoint, hits, and what all have in common."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nestimate.errors import DesignError
from nestimate.studies.screen.layout import Member
from nestimate.studies.screen.matrix import Matrix
from nestimate.studies.screen.reduced import Reduced
from nestimate.studies.screen.request import Options, Roles
from nestimate.studies.screen.run import ESTIMATED, Outcome

Array = NDArray[np.float64]
Codes = NDArray[np.intp]


#: Numbers of blocks that a plan looks at where none are named.
BLOCKS = range(2, 31)


@dataclass(frozen=True, kw_only=True)
class Whole:
    """The words with which `compare` is asked about one endpoint.

    Attributes
    ----------
    group, unit, block, reference, options
        As `compare` takes them.
    groups
        Labels of its groups.
    alone
        Whether the scales of the screen are those of the design that `compare` sees.
    """

    group: str
    unit: str | None
    block: str | None
    reference: str
    options: dict[str, Any]
    groups: tuple[str, ...]
    alone: bool


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
    def groups(self) -> tuple[str, ...]:
        """The groups, the reference first."""
        return self.matrix.layout.groups

    @property
    def contrast(self) -> str:
        """Name of the effect."""
        return self.matrix.layout.asked.name

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
        if kind.whole:
            arms = [own for name, own in made.items() if name.startswith("units_")]
            found[kind.whole] = np.sum(arms, axis=0)
        counts = (*kind.counts, ("readings", "readings"), ("missing", "missing"))
        for said, name in counts:
            for g, group in reversed(list(enumerate(groups))):
                found[f"{said}_{group}"] = made[f"{name}_{g}"]
        plain = ("mean", "ci_low", "ci_high", "p_gt_0", "shrunk", "shrunk_sd", "lfsr", "s_value")
        found |= {name: made[name] for name in plain}
        if self.options.rope is not None:
            found["p_in_rope"] = made["p_in_rope"]
            found["p_beyond_rope"] = 1 - made["p_in_rope"]
        found |= {name: made[name] for name in ("rank", "rank_low", "rank_high")}
        found |= {said: made[name] for name, said in self.scales.items()}
        found["far"] = made["far"]
        found["status"] = made["status"]
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
        value = self.roles.value or "value"
        return {
            value: values[known].tolist(),
            **{name: [own[layout.group[c]] for c in cells] for name, own in self.labels.items()},
            **{own.name: [own.labels[c] for c in cells] for own in self.members},
        }

    @property
    def labels(self) -> dict[str, tuple[str, ...]]:
        """Columns of what is compared, with the label of each group."""
        factors = self.matrix.layout.factors
        if factors is None:
            return {self.roles.group or "group": self.groups}
        return dict(zip(factors.names, zip(*factors.levels, strict=True), strict=True))

    @property
    def question(self) -> "Whole":
        """The words with which `compare` is asked about one endpoint."""
        layout, labels = self.matrix.layout, self.labels
        varying = [name for name, own in labels.items() if len(set(own)) > 1]
        alone = layout.asked.plain and len(varying) == 1
        inside = "/".join(own.name for own in self.members if own.role in ("unit", "subunit"))
        outer = [own.name for own in self.members if own.role in ("block", "average")]
        group = ",".join(varying) if len(varying) > 1 else varying[0]
        reference = [f"{name}={labels[name][0]}" for name in varying]
        if layout.factors is not None and len(varying) > 1:
            reference = [layout.factors.reference]
        return Whole(
            group=group,
            unit=inside or None,
            block=outer[0] if outer else None,
            reference=labels[group][0] if len(varying) == 1 else ",".join(reference),
            options={} if alone else {"contrast": layout.asked.name},
            groups=labels.get(group, self.groups),
            alone=alone or not outer,
        )

    @property
    def words(self) -> dict[str, str]:
        """What things are called in a plan."""
        group = next(iter(self.labels))
        named = {own.role: own.name for own in self.members if own.role in ("block", "unit")}
        return {"value": self.roles.value or "value", "group": group, **named}

    @property
    def planned(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Spreads of an endpoint in the middle, and sizes that go with them, as `plan` takes them.

        Blocks differ by the SD of their plain means, which hardly counts: their level is free.
        """
        layout, columns = self.matrix.layout, self.outcome.columns
        middle = {name: float(np.nanmedian(columns[name])) for name in layout.scales}
        sigma = {"sigma": middle["sigma"]} if "sigma" in middle else {}
        if layout.kind.whole:
            block = layout.members[0].codes[layout.cell]
            means = [np.nanmean(self.matrix.values[:, block == b], axis=1) for b in set(block)]
            level = float(np.nanmedian(np.nanstd(means, axis=0, ddof=1)))
            within = {"tau_effect": middle["tau"], "tau_block": level, **sigma}
            inner = {"tau": middle["tau_inner"]} if "tau_inner" in middle else {}
            return {**within, **inner}, {"blocks": tuple(BLOCKS)}
        of_groups = zip(self.groups, self.apart, strict=True)
        truth = {"tau": {group: own * middle["tau"] for group, own in of_groups}, **sigma}
        if "tau_inner" not in middle:
            return truth, {}
        count = round(layout.group.size / layout.first.size)
        return {**truth, "tau_subunits": (middle["tau_inner"],)}, {"subunits": (count,)}

    @property
    def apart(self) -> list[float]:
        """How many times tau the SD between units of each arm is, in an endpoint in the middle."""
        layout, columns = self.matrix.layout, self.outcome.columns
        middle = [float(np.nanmedian(columns[name])) for name in layout.scales]
        return list(map(float, self.outcome.learnt.spreads.between(middle, layout)))

    @property
    def members(self) -> tuple[Member, ...]:
        """Blocks, units and subunits, as far as these are not the readings."""
        layout = self.matrix.layout
        repeated = layout.replicated or layout.kind.whole != ""
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
