"""The model as equations with their words, from the readings up to the groups."""

from collections.abc import Callable
from itertools import pairwise

from nestimate.data.designs.design import Design
from nestimate.data.designs.observed import Equation
from nestimate.data.designs.strata import repeated
from nestimate.data.designs.stratum import Role, Stratum
from nestimate.data.designs.structure import Layout
from nestimate.model.model import Model
from nestimate.results.words import layouts
from nestimate.results.words.formulas import formula_model_sentences
from nestimate.results.words.laws import SCATTER, response_equations


def equations(model: Model) -> tuple[Equation, ...]:
    """Return every line of the model with what it says, from the readings up to the groups."""
    table = READINGS if model.design.observed is None else RESPONSES
    return tuple(table[model.design.layout](model))


def _formula(model: Model) -> list[Equation]:
    design = model.design
    value = {"linear": "{}", "log": "log({})"}[design.roles.scale].format(design.roles.value)
    value = value if design.observed is None else "m[i]"
    lines = formula_model_sentences(design.structure, value, robust="nu" in model.names)
    return [(line, "") for line in lines]


def _law(model: Model, mean: str) -> list[Equation]:
    """Say how a reading comes out of a mean, where it is no measurement."""
    design = model.design
    lines = response_equations(design, set(model.names), mean, repeated(design.structure))
    for name in SCATTER & _own(model):
        lines = [(line.replace(name, f"{name}[g]"), said) for line, said in lines]
    return lines


def _formula_response(model: Model) -> list[Equation]:
    return [*_law(model, "m[i]"), *_formula(model)]


def _flat_response(model: Model) -> list[Equation]:
    return _whole(model, [*_law(model, "m[i]"), *_units(model)])


def _nested_response(model: Model) -> list[Equation]:
    law = _law(model, _innermost(model.design))
    return _whole(model, [*law, *_inner(model), *_units(model)])


def _blocked_response(model: Model) -> list[Equation]:
    return _whole(model, [*_law(model, _cell(model.design)), *_blocks(model)])


def _blocked_nested_response(model: Model) -> list[Equation]:
    law = _law(model, _innermost(model.design))
    return _whole(model, [*law, *_inner(model), *_blocks(model)])


def _flat(model: Model) -> list[Equation]:
    said = f"{layouts.value_label(model.design)} of data point i, in group g"
    return _whole(model, [(f"y[i] ~ {_family(model)}mu[g], {_tau(model)})", said)])


def _nested(model: Model) -> list[Equation]:
    return _whole(model, [*_readings(model), *_inner(model), *_units(model)])


def _blocked(model: Model) -> list[Equation]:
    return _whole(model, [*_readings(model), *_inner(model), *_blocks(model)])


Equations = Callable[[Model], list[Equation]]
#: What says the model, by layout: of measurements, and of counts, proportions and limits.
READINGS: dict[Layout, Equations] = {
    "formula": _formula,
    "flat": _flat,
    "nested": _nested,
    "blocked": _blocked,
    "blocked-nested": _blocked,
}
RESPONSES: dict[Layout, Equations] = {
    "formula": _formula_response,
    "flat": _flat_response,
    "nested": _nested_response,
    "blocked": _blocked_response,
    "blocked-nested": _blocked_nested_response,
}


def _whole(model: Model, found: list[Equation]) -> list[Equation]:
    """Put what all layouts of roles have before and behind."""
    logs = ("y[i] = log(value i)", "logarithms are analysed")
    start = {"linear": [], "log": [logs]}[model.design.roles.scale]
    if "tau_z" in model.names:
        towards = "the groups' spreads are drawn towards a typical one"
        found = [*found, ("tau[g] = tau_median * exp(tau_ratio * tau_z[g])", towards)]
    return [*start, *found, *_asked(model.design)]


def _family(model: Model) -> str:
    return "Student-t(nu, " if "nu" in model.names else "Normal("


def _own(model: Model) -> set[str]:
    """Names of the parameters of which every group has its own."""
    return {p.name for p in model.parameters if p.group is not None}


def _tau(model: Model) -> str:
    return "tau[g]" if _own(model) & {"tau", "tau_z"} else "tau"


def _symbol(position: int, count: int) -> str:
    """Return what the true mean of a level is called: `m[j]`; m1, m2 ... where they are several."""
    return f"m{position + 1 if count > 1 else ''}[{'jklpqr'[min(position, 5)]}]"


def _innermost(design: Design) -> str:
    """Return what the true mean of what readings repeat is called."""
    return _symbol(len(design.levels) - 1, len(design.levels))


def _readings(model: Model) -> list[Equation]:
    design, names = model.design, model.names
    rows, count = design.readings, len(design.levels)
    sigma = _scale(model, "sigma")
    if rows.known:
        unit, mean = (
            (design.levels[-1].name, _innermost(design)) if count else ("cell", _cell(design))
        )
        return [(f"y[i] ~ Normal({mean}, se[i])", f"mean of one {unit} with its known error se[i]")]
    if not count:
        if design.unreplicated:
            said = "one reading per cell: its error is part of the variation of the effect"
            return [(f"y[i] = {_cell(design)}", said)]
        block = design.structure.block_name()
        return [
            (f"y[i] ~ Normal({_cell(design)}, {sigma})", f"reading i, in {block} b and group g")
        ]
    unit, mean = design.levels[-1].name, _innermost(design)
    if "nu_y" in names:
        said = f"reading i of one {unit}; a bad reading drags it less"
        return [(f"y[i] ~ Student-t(nu_y, {mean}, {sigma})", said)]
    many = "; a row that stands for n readings counts as n of them" if rows.summarised else ""
    said = f"reading i scatters about the true mean of its {unit}{many}"
    return [(f"y[i] ~ Normal({mean}, {sigma})", said)]


def _inner(model: Model) -> list[Equation]:
    levels, count = model.design.levels, len(model.design.levels)
    return [
        (
            f"{_symbol(i + 1, count)} ~ Normal({_symbol(i, count)}, "
            f"{_scale(model, f'tau_{inner.name}')})",
            f"true mean of one {inner.name} about that of its {outer.name}",
        )
        for i, (outer, inner) in reversed(list(enumerate(pairwise(levels))))
    ]


def _scale(model: Model, name: str) -> str:
    """Return a scale inside clusters as it is written: one of every group where they have one."""
    return f"{name}[g]" if name in _own(model) else name


def _units(model: Model) -> list[Equation]:
    design, family, tau = model.design, _family(model), _tau(model)
    unit, count = design.structure.unit_name("row"), len(design.levels)
    far = "; one far out drags the mean less" if "nu" in model.names else ""
    said = f"true mean of one {unit} about the mean of its group g{far}"
    return [(f"{_symbol(0, count)} ~ {family}mu[g], {tau})", said)]


def _blocks(model: Model) -> list[Equation]:
    design, family, own = model.design, _family(model), _own(model)
    # Groups in blocks have scales of their own, or what lies between blocks has.
    between = "tau_block" in own
    apart = model.assumptions.tau == "own" and not between
    level = _scale(model, "tau_block")
    block, count = design.structure.block_name(""), len(design.levels)
    lines = []
    for unit in design.levels[:1]:
        said = f"true mean of one {unit.name} about the mean of its cell"
        lines.append(
            (f"{_symbol(0, count)} ~ Normal({_cell(design)}, {_scale(model, 'tau_unit')})", said)
        )
    terms = [_deviation(s, apart=apart, between=between) for s in _deviating(design)]
    along = [f" * ({s.of} - its mean)" * (s.role is Role.SLOPE) for s in _deviating(design)]
    added = [symbol + x for (symbol, _, _), x in zip(terms, along, strict=True)]
    whole = " + ".join(["mu[g] + a[b]", *added])
    lines.append((f"{_cell(design)} = {whole}", f"mean of the cell of {block} b and group g"))
    said = ""
    if "nu" in model.names:
        said = "; level and effects share one mixing variable, so that a strange one counts less"
    lines.append((f"a[b] ~ {family}0, {level})", f"how far the level of one {block} is off{said}"))
    for (symbol, scale, said), stratum in zip(terms, _deviating(design), strict=True):
        drawn = family if stratum.heavy else "Normal("
        lines.append((f"{symbol} ~ {drawn}0, {scale})", said))
    return lines


def _cell(design: Design) -> str:
    """Return what the mean of a cell is called: `c[b, g]`, of a plot in a block `c[b, plot, g]`."""
    return f"c[{', '.join(('b', *(plot.name for plot in design.structure.blocks[1:]), 'g'))}]"


def _deviating(design: Design) -> list[Stratum]:
    """Return what differs inside blocks: groups, factors, and plots."""
    differing = (Role.EFFECT, Role.SLOPE, Role.PLOT)
    return [s for s in design.structure.strata if s.role in differing]


def _deviation(stratum: Stratum, *, apart: bool, between: bool) -> tuple[str, str, str]:
    """Return the symbol of a deviation, its scale, and what it is."""
    name = stratum.name
    if stratum.role is Role.PLOT:
        return f"p[b, {name}]", f"tau_{name}", f"how far one {name} is off in its block"
    if stratum.role is Role.SLOPE:
        scale = f"tau_slope[{stratum.of}{' | g' * between}]"
        said = f"how much faster one {name} rises along {stratum.of}; it goes with its level by rho"
        return f"s[b, {stratum.of}]", scale, said
    of, what, pair = stratum.of or "g", "a group", "groups"
    if stratum.of:
        what, pair = f"a level of {of}", "levels"
    scale = f"tau_effect[{of}]" if stratum.of or apart else "tau_effect"
    if between:
        scale = f"tau_effect[{of} | g]" if stratum.of else "tau_effect[g]"
    both = f"sqrt(({scale}^2 + {scale[:-1]}']^2) / 2)" if apart else scale
    said = (
        f"how far {what} is off in one {name}; a difference of two {pair} then varies from {name} "
    )
    return f"d[b, {of}]", f"{scale} / sqrt(2)", f"{said}to {name} with scale {both}"


def _asked(design: Design) -> list[Equation]:
    if len(design.groups) < 2:
        return []
    first, second = design.groups[1], design.groups[0]
    measure, gap = design.differences, f"mu[{first}] - mu[{second}]"
    if design.by_chance:
        what = measure.said_as or "ratio of rates"
        line = f"{first} / {second} = exp({gap})"
        return [(line, f"what is asked, as a{'n' * what.startswith('o')} {what}")]
    written = {"-": gap, "/": f"exp({gap})"}[measure.sign]
    as_what = {"-": "", "/": ", as a ratio of geometric means"}[measure.sign]
    return [(f"{first} {measure.sign} {second} = {written}", f"what is asked{as_what}")]
