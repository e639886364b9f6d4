"""A change of unit of what was measured, or of where it starts, changes no draw, in any layout."""

import numpy as np
import pandas as pd
import pytest

import nestimate as ne

_RNG = np.random.default_rng(11)
FEW = {"ess": 400}


def crossed(*sizes):
    """Return the columns a, b, c, ... of all combinations, named a0, a1, ..., and readings y."""
    names = "abcd"[: len(sizes)]
    codes = np.stack(np.meshgrid(*map(np.arange, sizes), indexing="ij")).reshape(len(sizes), -1)
    own = [_RNG.normal(0, 1, size)[code] for size, code in zip(sizes, codes, strict=True)]
    y = 5 + sum(own) + codes[0] + _RNG.normal(0, 0.5, codes.shape[1])
    columns = {name: [f"{name}{i}" for i in code] for name, code in zip(names, codes, strict=True)}
    return pd.DataFrame({**columns, "y": np.round(y, 3), "x": np.round(_RNG.normal(30, 4, y.size))})


NESTED = crossed(2, 4, 3).assign(b=lambda t: t["a"] + t["b"])
SUBUNITS = crossed(2, 4, 3, 2).assign(b=lambda t: t["a"] + t["b"], c=lambda t: t["b"] + t["c"])
UNEVEN = SUBUNITS.drop(index=[0, 1, 9, 10, 11, 30])
BLOCKS = crossed(2, 5, 3)
UNITS = {"value": "y", "group": "a", "unit": "b"}
DAYS = {"value": "y", "group": "a", "block": "b"}
INSIDE = {"value": "y", "group": "a", "unit": "b/c"}
ROWS = {
    "flat": (NESTED, {"value": "y", "group": "a"}, {}),
    "units": (NESTED, UNITS, {}),
    "units, one scale": (NESTED, UNITS, {"tau": "common"}),
    "units, drawn together": (crossed(3, 4, 3), UNITS | {"relabel_units": True}, {"tau": "pooled"}),
    "units, normal": (NESTED, UNITS, {"robust": "none", "sigma": "own"}),
    "units, Student-t readings": (NESTED, UNITS, {"robust": "both"}),
    "means with errors": (NESTED, {"value": "y", "group": "a"}, {"se": "e"}),
    "means with SDs": (NESTED, UNITS, {"sd": "e", "n": "n"}),
    "pairs": (crossed(2, 6), DAYS, {}),
    "blocks": (BLOCKS, DAYS, {}),
    "blocks, normal": (BLOCKS, DAYS, {"robust": "none"}),
    "uneven blocks": (BLOCKS.drop(index=[0, 1, 7, 12]), DAYS, {}),
    "three arms in blocks": (crossed(3, 4, 2), DAYS, {}),
    "units in blocks": (crossed(2, 4, 3, 2), DAYS | {"unit": "c", "relabel_units": True}, {}),
    "subunits": (SUBUNITS, INSIDE, {}),
    "uneven subunits": (UNEVEN, INSIDE, {}),
    "two factors": (
        crossed(2, 2, 4),
        UNITS | {"group": "a,b", "unit": "c", "relabel_units": True},
        {},
    ),
    "limits": (NESTED, UNITS, {"response": "censored"}),
    "limits in blocks": (BLOCKS, DAYS, {"response": "censored", "robust": "none"}),
    "a covariate": (NESTED, UNITS, {"adjust": "x"}),
    "six groups": (crossed(6, 3, 2), UNITS | {"relabel_units": True}, {}),
}
FORMULAS = {
    "random intercepts": "y ~ a + (1 | b)",
    "slopes of a measurement": "y ~ a + x + (x | b)",
    "effects of blocks": "y ~ a + (a | b)",
    "no cluster": "y ~ a * b + x",
}


def moved(table, factor, shift, *, limits=False):
    """Return the table in another unit, with the digits that a file would hold."""

    def written(numbers):
        return [float(f"{number:.13g}") for number in numbers]

    y = written(shift + factor * table["y"])
    if limits:
        low = sorted(y)[3]
        y = [f"<{low}" if number < low else number for number in y]
    spread = np.linspace(0.2, 0.4, len(table))
    return table.assign(y=y, e=written(factor * spread), n=4)


def asked(name, factor=1.0, shift=0.0):
    if name in FORMULAS:
        return ne.fit(FORMULAS[name], moved(BLOCKS, factor, shift), options=FEW)
    table, roles, options = ROWS[name]
    limits = "response" in options
    return ne.compare(moved(table, factor, shift, limits=limits), **roles, options=FEW | options)


@pytest.fixture(scope="module", params=[*ROWS, *FORMULAS])
def one(request):
    return request.param, asked(request.param)


@pytest.mark.parametrize(("factor", "shift"), [(1000.0, 0.0), (0.37, 0.0), (1.0, 273.15)])
def test_a_change_of_unit_changes_no_draw(one, factor, shift):
    name, here = one
    there = asked(name, factor, shift)
    assert len(there.contrasts) == len(here.contrasts)
    for row, other in zip(here.contrasts, there.contrasts, strict=True):
        for number in ("mean", "ci_low", "ci_high"):
            was = factor * getattr(row, number)
            assert getattr(other, number) == pytest.approx(was, rel=1e-6, abs=1e-6 * factor)
    assert [r.mean for r in there.scales if r.name.startswith("nu")] == pytest.approx(
        [r.mean for r in here.scales if r.name.startswith("nu")], rel=1e-9
    )
