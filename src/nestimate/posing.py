"""From the user's words to a design and its draws: what every call that asks has in common."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from nestimate.data.designs import responses
from nestimate.data.designs.adjusted import adjusted_design
from nestimate.data.designs.compared import check_names
from nestimate.data.designs.design import Design
from nestimate.data.designs.efforts import per_effort
from nestimate.data.designs.exposures import Grouped, doubt_exposures
from nestimate.data.designs.normalised import doubt_stated
from nestimate.data.designs.references import as_typed
from nestimate.data.designs.relative import relative
from nestimate.data.designs.roles import Roles, check_roles
from nestimate.data.tables.door import Table, Wanted, read_table
from nestimate.data.tables.edits import WorkOut
from nestimate.data.tables.onegroup import with_one_group
from nestimate.errors import DesignError
from nestimate.inference import work
from nestimate.inference.fit import Fit
from nestimate.model.cell_spreads import cells_apart, lines_or_cells
from nestimate.model.crossed import said_of_crossing
from nestimate.model.model import Model
from nestimate.model.own_spreads import (
    agreeing,
    by_lines,
    by_spread,
    members_apart,
    readings_apart,
    told_apart,
)
from nestimate.options import Options
from nestimate.remedies import Advice, Remedy
from nestimate.words import Words


@work.one_blas_thread()
def posed(
    data: Any,
    *,
    value: str | Sequence[str] | None,
    group: str | Sequence[str] | None,
    unit: str | None,
    block: str | None,
    reference: str | Mapping[str, str] | None,
    relabel_units: bool,
    options: Options | Words | Mapping[str, Any] | None,
) -> tuple[Design, Design | None, Options, dict[str, Any]]:
    """Return the design that the words of `compare` make, the options, and the words as named.

    Second stands the same design without its covariates; None where there are none. Of several
    outcomes that are each compared by itself, `value` is this one and then the others.
    """
    chosen = Options.of(options)
    outcomes: tuple[str, ...] = ()
    if value is not None and not isinstance(value, str):
        value, outcomes = value[0], tuple(value)
    group = group if group is None or isinstance(group, str) else ",".join(map(str, group))
    reference = as_typed(reference)
    reference = chosen.relative_to if reference is None else reference
    named = {"value": value, "group": group, "unit": unit, "block": block, "reference": reference}
    response = responses.named(chosen.response, value, chosen.limit)
    value = response.value
    beside = responses.named_beside(response.total, chosen.exposure, chosen.limit)
    table = read_table(
        data,
        Wanted(
            **asdict(chosen.reading),
            named=(*beside, *chosen.covariates),
            value=value,
            group=group,
            unit=unit,
            block=block,
            one_group=chosen.against is not None,
        ),
    )
    check_names(table, group)
    value, group = table.roles.get("value", value), table.roles.get("group", group)
    unit = table.roles.get("unit", unit)
    if group is None and value is not None and chosen.against is not None:
        table, group = with_one_group(table)
    if value is None or group is None:
        hint = Advice(
            " If each of them is a group, add ",
            Remedy("wide", "groups"),
            "; a column that is none is then named as unit or block.",
        )
        missing = "value (what was measured)" if value is None else "group (what is compared)"
        stated = Advice(" Without groups, give a value: ", Remedy("against", "VALUE"), ".")
        raise DesignError(
            f"the column for {missing} is not named. {table.source} has the columns: "
            f"{', '.join(table.columns)}.",
            *([hint] if value is group is None else []),
            *([] if value is None else [stated]),
        )
    first, _, second = value.partition("/")
    if value not in table.columns and {first.strip(), second.strip()} <= {*table.columns}:
        raise DesignError(
            f"value: there is no column '{value}', but both of its parts are columns.",
            *per_effort(first.strip(), second.strip()),
            " Its quotient, measured: ",
            Remedy(
                "edits",
                str(WorkOut(column="rate", parts=(first.strip(), second.strip()), signs=("/",))),
            ),
            " with ",
            Remedy("value", "rate"),
            ".",
        )
    roles = Roles(
        value=value,
        group=group,
        unit=unit,
        block=block,
        one_group=chosen.against is not None,
        summary=chosen.summary_columns,
        known_sigma="sigma" in chosen.priors,
        scale=chosen.scale,
        reference=reference,
        response=response.word,
        total=response.total,
        exposure=chosen.exposure,
        limit=None if chosen.limit is None else str(chosen.limit),
        order=chosen.order if isinstance(chosen.order, str | None) else ",".join(chosen.order),
        relabel_units=relabel_units,
        outcomes=outcomes,
    )
    words: dict[str, Any] = {**named, "relabel_units": relabel_units or None}
    if chosen.at is not None and not chosen.covariates:
        raise DesignError(
            "at: these are values of covariates. Name the columns that groups are adjusted for: ",
            Remedy("adjust", ",".join(chosen.values_at)),
            ".",
        )
    if not chosen.covariates:
        design = by_spread(lambda apart: Design.from_table(table, roles, apart=apart), chosen.tau)
        lined = by_lines(design, chosen.tau)
        free = chosen.tau is None and chosen.sigma in (None, "own")
        design = lines_or_cells(design, lined) if free else lined
        design = replace(design, warnings=(*design.warnings, *_exposed(table, roles, design)))
        return relative(design, chosen.relative_to), None, chosen, words

    def build(apart: bool) -> Design:
        return adjusted_design(table, roles, chosen.covariates, apart=apart, at=chosen.values_at)

    adjusted = by_spread(build, chosen.tau)
    own = any(stratum.lone and stratum.apart for stratum in adjusted.structure.strata)
    plain = adjusted_design(table, roles, (), apart=own)
    return relative(adjusted, chosen.relative_to), plain, chosen, words


def _exposed(table: Table, roles: Roles, design: Design) -> list[str]:
    """Name an exposure that is left out beside counts."""
    seen = responses.observe(table, roles)
    if seen is None:
        return []
    used, keep = check_roles(table, roles, roles.unit_columns(table)), ~np.isnan(seen.working)
    rows = Grouped(design.structure.group, design.groups, design.readings.unit)
    return doubt_exposures(table, seen.where(keep), used, keep, rows)


@work.one_blas_thread()
def fitted(design: Design, chosen: Options) -> Fit:
    """Return the draws that answer a design under the options."""
    roles = replace(design.roles, value_unit=chosen.value_unit)
    assumptions, structure = chosen.assumptions, design.structure
    may = structure.home is not None or any(stratum.apart for stratum in structure.strata)
    said = told_apart(design) if chosen.tau is None and may else None
    if design.observed is not None and chosen.robust is None:
        # Integrals hold Student-t units of groups, and no Student-t blocks or clusters.
        usual = design.observed.robust if structure.alone_in_groups else "none"
        assumptions = replace(assumptions, robust=usual)
    if design.readings.reconstructed:
        assumptions = replace(assumptions, robust="none")  # a mean and an SD hold no outlier
    if structure.crossed:
        assumptions = replace(assumptions, robust=assumptions.robust or "none")
        said_so = said_of_crossing(design, robust=assumptions.robust_units)
        design = replace(design, notes=(*design.notes, said_so))
    if design.observed is None:
        doubts = doubt_stated(design.readings, design.groups, design.measure, chosen.against)
        design = replace(design, warnings=(*design.warnings, *doubts))
    if said:
        assumptions = replace(assumptions, tau="own")
        design = replace(design, notes=(*design.notes, said))
    if chosen.tau is None and (few := agreeing(design)):
        design = replace(design, warnings=(*design.warnings, few))
    inside = readings_apart(design) if chosen.tau is chosen.sigma is None else None
    if inside:
        assumptions = replace(assumptions, sigma="own")
        design = replace(design, notes=(*design.notes, inside))
    if "common" not in (chosen.tau, chosen.sigma):
        design = members_apart(design)
    if chosen.tau is chosen.sigma is None:
        design, assumptions = cells_apart(design, assumptions)
    model = Model.from_design(replace(design, roles=roles), assumptions)
    return Fit.from_model(model, ess=chosen.budget.draws(len(design.groups)), seed=chosen.seed)
