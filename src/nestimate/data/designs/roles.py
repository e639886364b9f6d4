"""The user's words for the columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from nestimate.data.designs.measures import Measure
from nestimate.data.designs.responses import MEASURED, measured_as
from nestimate.data.designs.scales import SCALES, Scale
from nestimate.data.tables.door import Table
from nestimate.data.tables.series import split_names
from nestimate.errors import DesignError


@dataclass(frozen=True, kw_only=True)
class Roles:
    """The user's words for the columns.

    Attributes
    ----------
    value, group
        Column names; of several factors with commas between, `genotype,treatment`.
    unit
        Column name of the experimental unit, or several joined by a slash, outermost first
        (`litter/animal/slice`); None in a flat layout.
    block
        Column whose levels see several groups (day, litter, line), or None; with plots inside it,
        of which each sees some of the cells of several factors, `field/plot`; behind a factor whose
        levels hold others of the same label, `arm/mouse`.
    reference
        The group that the others are compared with; None lets `Design` choose and say so. Of
        several factors `genotype=WT,treatment=veh`.
    order
        Labels of the groups in their order, commas between: `0,1,3,10`; the first is the reference.
    relabel_units
        True when equal unit labels in different groups are different units.
    one_group
        True when groups are compared with a stated value, so that one is enough.
    summary
        Columns of summary rows, `{"n": ..., "sd": ..., "se": ...}`: value is then a mean.
    scale
        `linear`, or `log`: logarithms are analysed and ratios of geometric means reported.
    known_sigma
        True when the SD of a reading is given, so that means without SDs say what they are worth.
    response, total, exposure, limit
        What a reading is, `measured` or a word of `responses.READERS`; column of the totals of a
        proportion, of the area or time behind a count, of limits of detection (or one limit).
    value_unit
        Unit of measurement of the value, `mg/L`, for texts and axes; None: none is said.
    outcomes
        All that are compared, each by itself: none of them explains another.
    """

    value: str
    group: str
    unit: str | None = None
    block: str | None = None
    reference: str | None = None
    order: str | None = None
    relabel_units: bool = False
    one_group: bool = False
    summary: Mapping[str, str] = field(default_factory=dict)
    known_sigma: bool = False
    scale: str = "linear"
    response: str = MEASURED
    total: str | None = None
    exposure: str | None = None
    limit: str | None = None
    value_unit: str | None = None
    outcomes: tuple[str, ...] = ()

    @property
    def measure(self) -> Measure:
        """How values and their differences are worked out and said."""
        return measured_as(self.response, self.scale)

    @property
    def scaled(self) -> Scale:
        """On which scale measurements are analysed."""
        return SCALES[self.scale]

    @property
    def value_label(self) -> str:
        """What was measured, with its unit of measurement: `glucose (mg/L)`."""
        unit = self.value_unit
        named = unit is None or self.value.endswith((f"({unit})", f"[{unit}]"))
        return self.value if named else f"{self.value} ({unit})"

    @property
    def after_number(self) -> str:
        """What follows a value or difference, ` mg/L`; nothing where ratios are reported."""
        return self.measure.differences.after(self.value_unit or "")

    @property
    def said_response(self) -> str | None:
        """The option `response` as it is written, `positive/total`; None of measurements."""
        if self.total:
            return f"{self.value}/{self.total}"
        return None if self.response == MEASURED else self.response

    @property
    def said_options(self) -> tuple[tuple[str, str], ...]:
        """Options by which a formula asks the same of the same values."""
        given = {
            "reference": self.reference,
            "response": self.said_response,
            "exposure": self.exposure,
            "limit": self.limit,
            "scale": self.scaled.stated,
        }
        return tuple((name, text) for name, text in given.items() if text is not None)

    @property
    def beside(self) -> frozenset[str]:
        """Columns that belong to that of values: totals, exposures, standard errors."""
        return frozenset(n for n in (self.total, self.exposure, *self.summary.values()) if n)

    @property
    def summed_up(self) -> bool:
        """Whether rows are summaries that belong to nothing but their group."""
        return bool(self.summary) and self.unit is None and self.block is None

    def group_columns(self, table: Table) -> tuple[str, ...]:
        """Names of the factors that are compared; a column may have a comma in its name."""
        return split_names(self.group, table.columns, ",")

    @property
    def in_plots(self) -> bool:
        """Whether there is more to the blocks than one column: `field/plot`."""
        return "/" in (self.block or "")

    def block_columns(self, table: Table) -> tuple[str, ...]:
        """Names of the blocks and the plots inside them, outermost first."""
        return () if self.block is None else split_names(self.block, table.columns, "/")

    def block_paths(self, table: Table, factors: Sequence[str]) -> tuple[tuple[str, ...], ...]:
        """Names of the blocks and plots, each behind the factors that tell its labels apart."""
        paths: list[tuple[str, ...]] = []
        told: tuple[str, ...] = ()
        names = self.block_columns(table)
        for name in names:
            told += (name,)
            if name not in factors or name == names[-1]:
                paths.append(told)
                told = ()
        return tuple(paths)

    def unit_columns(self, table: Table) -> tuple[str, ...]:
        """Names of the unit columns, outermost first; a column may have a slash in its name."""
        if self.unit is None:
            return ()
        if self.unit in table.columns:
            return (self.unit,)
        return tuple(part.strip() for part in self.unit.split("/"))


def check_roles(table: Table, roles: Roles, units: tuple[str, ...]) -> tuple[str, ...]:
    """Return the columns that play a role, value and group first.

    Raises
    ------
    DesignError
        When one of them has two roles.
    """
    named: list[tuple[str, str | None]] = [("value", roles.value)]
    factors = roles.group_columns(table)
    named += [("group", name) for name in factors]
    plots = roles.block_columns(table)
    # Plots of a split plot may be told by their factor, field/variety; labels by one, arm/mouse.
    named += [("block", name) for name in plots if len(plots) == 1 or name not in factors]
    named += [*roles.summary.items(), ("total", roles.total), ("exposure", roles.exposure)]
    named += [("unit", name) for name in units]
    used: dict[str, str] = {}
    for role, name in named:
        if name is None:
            continue
        table.column(name)
        if name in used:
            what = f"given as {used[name]} and as {role}"
            if used[name] == role:
                what = f"named twice as {role}"
            raise DesignError(f"column '{name}' is {what}. Each role needs a column of its own.")
        used[name] = role
    return tuple(used)
