"""No name of a column or label changes a number, and what is reported is what it is called.

Draws need not come from a posterior for that: points of the engine's coordinates are drawn at
random and everything reported is worked out of them, once with plain names and once with names
that the program uses itself.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pytest

import nestimate as ne
from nestimate.comparison import Comparison
from nestimate.data.designs.design import Design, Roles
from nestimate.data.designs.formula import parse_formula
from nestimate.data.designs.from_formula import formula_design
from nestimate.data.tables.door import read_table
from nestimate.inference.fit import Fit
from nestimate.model.assumptions import Assumptions
from nestimate.model.model import Model
from nestimate.options import Options
from nestimate.results.estimates import between, far, shares
from nestimate.results.estimates.replicated import replicated_rows

RESERVED = (
    *("beta", "block", "chain", "draw", "effect", "group", "median", "mu", "nu", "nu_y", "ratio"),
    *("rho", "sigma", "tau", "unit", "z"),
)
DRAWS = 60
COLUMNS = ("value", "group", "unit", "sub", "part", "block")


def table(*, blocks=0, groups=3, units=3, subs=1, reads=2):
    """Rows with labels that sort as they stand: g0 g1 .., u00 u01 .."""
    rng, rows = np.random.default_rng(5), []
    for k in range(max(blocks, 1)):
        for g in range(groups):
            for u in range(units):
                for s in range(subs):
                    for r in range(reads + (u == 0)):
                        value = 10 + 2 * g + rng.normal(0, 1 + g) + rng.normal(0, 0.5)
                        unit = (k * groups + g) * units + u
                        rows.append([value, g, unit, s, r % 2, k])
    return pd.DataFrame(rows, columns=list(COLUMNS))


@dataclass(frozen=True, kw_only=True)
class Case:
    """A layout: which columns it has, and what is assumed."""

    roles: tuple[str, ...]
    rows: Mapping[str, int] = field(default_factory=dict)
    assumed: Mapping[str, Any] = field(default_factory=dict)
    against: float | None = None
    formula: str = ""


CASES = {
    "flat": Case(roles=("group",), rows={"reads": 1}),
    "flat, pooled": Case(roles=("group",), assumed={"tau": "pooled"}),
    "against": Case(roles=("group", "unit"), against=3.0),
    "nested, own": Case(roles=("group", "unit"), assumed={"tau": "own", "sigma": "own"}),
    "nested, common": Case(roles=("group", "unit"), assumed={"tau": "common"}),
    "nested, pooled": Case(roles=("group", "unit"), assumed={"tau": "pooled"}),
    "readings": Case(roles=("group", "unit"), assumed={"robust": "replicates", "tau": "own"}),
    "both": Case(roles=("group", "unit"), assumed={"robust": "both"}),
    "normal": Case(roles=("group", "unit"), assumed={"robust": "none"}),
    "subunits": Case(
        roles=("group", "unit", "sub", "part"), rows={"subs": 2, "reads": 4}, assumed={"tau": "own"}
    ),
    "subunits, pooled": Case(
        roles=("group", "unit", "sub"), rows={"subs": 3}, assumed={"tau": "pooled", "sigma": "own"}
    ),
    "paired": Case(roles=("group", "block"), rows={"blocks": 4, "units": 1, "reads": 1}),
    "blocked": Case(roles=("group", "block"), rows={"blocks": 4}, assumed={"sigma": "own"}),
    "blocked-nested": Case(roles=("group", "block", "unit", "sub"), rows={"blocks": 3, "subs": 2}),
    "formula": Case(
        roles=("group", "block"), rows={"blocks": 4}, formula="{group} + (1 | {block})"
    ),
    "formula, effects": Case(
        roles=("group", "block"), rows={"blocks": 4}, formula="{group} + ({group} | {block})"
    ),
    "formula, nested": Case(
        roles=("group", "block", "sub"),
        rows={"blocks": 4, "subs": 3},
        formula="{group} + (1 | {block}/{sub})",
    ),
    "formula, slopes": Case(
        roles=("group", "block", "part"),
        rows={"blocks": 4},
        formula="{group} + {part} + ({part} | {block})",
    ),
}
#: What formulae keeps for itself cannot be a column of a formula.
KEPT = ()


def answer(case: Case, names: Mapping[str, str], labels: Mapping[str, list[str]]) -> Comparison:
    """Work everything out of draws that are the same whatever the names are."""
    data = table(**case.rows)
    for role, own in labels.items():
        if role in case.roles and not (case.formula and role == "part"):
            data[role] = [own[code] for code in data[role]]
    data = data[["value", *case.roles]].rename(columns=dict(names))
    role = {name: names[name] for name in ("value", *case.roles)}
    if case.formula:
        parsed = parse_formula(f"{role['value']} ~ {case.formula.format(**role)}")
        design = formula_design(read_table(data), parsed, group=role["group"])
    else:
        units = [role[name] for name in ("unit", "sub", "part") if name in case.roles]
        design = Design.from_table(
            read_table(data),
            Roles(
                value=role["value"],
                group=role["group"],
                unit="/".join(units) or None,
                block=role.get("block"),
                reference=labels["group"][0],
                one_group=case.against is not None,
            ),
        )
    model = Model.from_design(design, Assumptions(**case.assumed))
    rng = np.random.default_rng(3)
    z = model.start() + rng.normal(0, 0.3, (DRAWS, len(model.free)))
    fit = Fit(
        model=model,
        draws=model.natural(model.standard(z)),
        weights=np.full(DRAWS, 1 / DRAWS),
        resampled=np.arange(DRAWS),
        z=z,
        log_likelihood=model.log_likelihood(z),
        pareto_k=9.0,  # no answer: other analyses and refits are not looked at here
        ess=1000.0,
        log_evidence=0.0,
        log_evidence_se=0.1,
        seed=1,
        seconds=0.0,
        log=(),
    )
    asked = "pairs" if case.against is None else "reference"
    options = Options(against=case.against, rope=(-0.5, 0.5), contrast=asked)
    return Comparison.from_fit(fit, options.question, ess=100, options={})


PARTS = (
    *("contrasts", "groups", "scales", "effect_sizes", "coefficients"),
    *("units", "blocks", "probabilities"),
)


def numbers(result: Comparison) -> list[Any]:
    """Every number of an answer in the order in which it stands there."""
    fit, found = result.fit, []
    for part in PARTS:
        for row in getattr(result, part):
            found.append([v for v in row.record().values() if not isinstance(v, str)])
    found += [np.asarray(part.draws).mean(axis=0).tolist() for part in shares.variance_shares(fit)]
    for panel in far.far_out(fit, result.asked) if far.has_distances(fit) else ():
        found.append([row.probability for row in panel.rows])
    if fit.model.design.block is not None:
        found += [list(q.values) for q in between.new_effects(fit, result.asked)]
        found += [list(q.values) for q in between.new_slopes(fit)]
        found.append(np.nan_to_num(between.raw_effects(fit, result.asked)).tolist())
    found.append(replicated_rows(fit, 20, np.random.default_rng(1)).tolist())
    found.append(fit.log_likelihood.tolist())
    return json.loads(json.dumps(found))


def plain(case: Case) -> Comparison:
    labels = {name: [f"{name}{i:02d}" for i in range(40)] for name in COLUMNS}
    return answer(case, {name: f"c_{name}" for name in COLUMNS}, labels)


@pytest.mark.parametrize(
    "turns", [2, pytest.param(len(RESERVED), marks=pytest.mark.slow)], ids=["some", "all"]
)
@pytest.mark.parametrize("which", CASES)
def test_no_name_of_a_column_or_label_changes_a_number(which, turns):
    """Every turn gives every column another word; the layouts together see all of them."""
    case, first = CASES[which], list(CASES).index(which)
    expected = numbers(plain(case))
    for step in range(turns):
        turn = (first * turns + step) % len(RESERVED)
        words = RESERVED[turn:] + RESERVED[:turn]
        names = dict(zip(COLUMNS, words, strict=False))
        # Labels that sort as before; every column has the same ones, also those of other columns.
        tail = [f"zz{i:02d}" for i in range(40)]
        labels = {key: [*sorted(words[:12]), *tail] for key in COLUMNS}
        assert numbers(answer(case, names, labels)) == expected, words


def test_printed_names_are_unique():
    words = ("effect", "z", "ratio", "median", "unit", "block")
    for turn, case in enumerate(CASES.values()):
        for word in (words[turn % 6], words[(turn + 3) % 6]):
            names = {name: f"c_{name}" for name in COLUMNS} | {"sub": word, "part": f"{word}_2"}
            labels = {name: [f"{name}{i:02d}" for i in range(40)] for name in COLUMNS}
            result = answer(case, names, labels)
            printed = [parameter.label for parameter in result.model.parameters]
            assert len(set(printed)) == len(printed)
            rows = [row.name for row in (*result.scales, *result.effect_sizes)]
            assert len(set(rows)) == len(rows)


@pytest.mark.parametrize("which", ["nested, pooled", "nested, own", "subunits", "subunits, pooled"])
def test_shares_and_sizes_are_what_their_names_say(which):
    """Recomputed from the scales of every level as the model states them."""
    result = plain(CASES[which])
    draws, groups = result.fit.draws.named(), len(result.design.groups)
    wide = {name: np.broadcast_to(found, (DRAWS, found.shape[1])) for name, found in draws.items()}

    def each(name):
        return np.broadcast_to(wide[name], (DRAWS, groups)) ** 2

    if "tau_z" in draws:
        taus = draws["tau_median"] * np.exp(draws["tau_ratio"] * draws["tau_z"])
        assert draws["tau"] == pytest.approx(taus)
    inner = [name for name in ("tau_c_sub", "tau_c_part") if name in draws]
    total = each("tau") + each("sigma") + sum(each(name) for name in inner)
    summary = {row.name: row.mean for row in (*result.scales, *result.effect_sizes)}
    for g, label in enumerate(result.design.groups):
        if f"icc[{label}]" in summary:
            share = (each("tau") / total)[:, g].mean()
            assert summary[f"icc[{label}]"] == pytest.approx(share)
    for contrast in result.asked:
        a, b = np.flatnonzero(contrast.weights < 0)[0], np.flatnonzero(contrast.weights > 0)[0]
        gap = draws["mu"][:, b] - draws["mu"][:, a]
        for name, square in (("effect_size", each("tau")), ("d_total", total)):
            sizes = gap / np.sqrt((square[:, a] + square[:, b]) / 2)
            size = np.quantile(sizes, 0.5, method="hazen")
            assert summary[f"{name}[{contrast.name}]"] == pytest.approx(size)
    parts = [each("tau"), *(each(name) for name in inner), each("sigma")]
    found = shares.variance_shares(result.fit)
    assert len(found) == len(parts)
    for share, square in zip(found, parts, strict=True):
        expected = np.broadcast_to(share.draws, (DRAWS, groups))
        assert expected == pytest.approx(square / total)


#: Readings of four groups with scales of their own, unit by unit; ICC and d_total by an independent
#: sampler of the same model.
UNEQUAL = {
    "a": [[10.48, 11.02, 10.04], [10.06, 11.06], [10.32, 11.07], [10.9, 10.45]],
    "b": [
        *([9.98, 10.43], [9.37, 10.19, 10.16], [8.71, 8.43], [11.01, 10.73, 11.32]),
        [9.39, 8.82, 9.79],
    ],
    "c": [[6.65, 6.29, 7.11], [9.67, 10.13, 9.18], [10.69, 10.97]],
    "d": [
        *([9.01, 9.71], [9.91, 10.33, 10.01], [13.05, 13.7], [13.17, 13.07]),
        *([10.8, 11.11], [14.03, 12.82]),
    ],
}
SAMPLED = {"icc[a]": 0.626, "icc[c]": 0.908, "d_total[b - a]": -0.776}


@pytest.fixture(scope="module")
def unequal():
    def compared(factor):
        data = {
            group: {f"{group}{i}": [factor * y for y in unit] for i, unit in enumerate(units)}
            for group, units in UNEQUAL.items()
        }
        # The referee had scales with the priors of version 0.1, as wide as one SD within groups.
        roles = Roles(value="value", group="group", unit="unit")
        within = Design.from_table(read_table(data), roles).yardstick.within
        prior = dict.fromkeys(("tau_median", "sigma"), f"halfstudentt(4, {within})")
        return ne.compare(data, options={"tau": "pooled", "ess": 4000, "prior": prior})

    return {factor: compared(factor) for factor in (1.0, 1000.0)}


@pytest.mark.parametrize("name", SAMPLED)
def test_pooled_scales_give_the_shares_of_an_independent_sampler(unequal, name):
    result = unequal[1.0]
    row = next(row for row in (*result.scales, *result.effect_sizes) if row.name == name)
    assert row.mean == pytest.approx(SAMPLED[name], abs=4.5 * row.mcse_mean + 0.002)


def test_readings_of_units_never_say_more_than_as_many_independent_ones(unequal):
    for panel in unequal[1.0].honesty:
        assert panel.effective_readings < panel.readings
        assert panel.design_effect > 1


def test_shares_do_not_depend_on_the_unit_of_measurement(unequal):
    one, other = unequal[1.0], unequal[1000.0]
    rows = {row.name: row for row in (*other.scales, *other.effect_sizes)}
    for row in (*one.scales, *one.effect_sizes):
        if row.name.startswith(("icc", "effect_size", "d_total")):
            assert rows[row.name].mean == pytest.approx(row.mean, rel=1e-6)
