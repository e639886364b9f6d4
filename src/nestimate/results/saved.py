"""Records of files as the classes of today: the design, whose structure files do not hold whole."""

from collections.abc import Mapping
from dataclasses import fields
from types import SimpleNamespace
from typing import Any

import numpy as np

from nestimate.data.design import Design
from nestimate.data.hierarchy import Level
from nestimate.data.structure import Effect, Factor, Role, Stratum, Structure, role_structure


def design_record(design: Design) -> dict[str, Any]:
    """Return what is kept of a design: structures that roles make are made anew from these."""
    kept = {f.name: getattr(design, f.name) for f in fields(design) if f.name != "structure"}
    named = {"groups": design.groups, "levels": design.levels, "block": design.block}
    return kept | named | {"formula": design.formula}


def rebuilt_design(kept: Mapping[str, Any]) -> Design:
    """Return the design of which this was kept; `formula` may be the Terms of version 0.1."""
    known = {f.name: kept[f.name] for f in fields(Design) if f.name in kept}
    readings, formula = kept["readings"], kept.get("formula")
    if formula is None:
        factor = Factor(name=kept["roles"].group, labels=kept["groups"], codes=readings.group)
        structure = role_structure(factor, kept["levels"], kept["block"], readings.n)
    elif isinstance(formula, Structure):
        structure = formula
    else:
        structure = _from_terms(formula, kept)
    return Design(**{**known, "structure": structure})


def _from_terms(terms: SimpleNamespace, kept: Mapping[str, Any]) -> Structure:
    """Return the structure of a formula saved by version 0.1, where scales had names."""
    strata = [_stratum(terms, member, name) for member, name in enumerate(terms.scales)]
    group, groups = kept["readings"].group, kept["groups"]
    cells = terms.cells
    if not terms.effects:
        rows = Level(name="row", labels=(), codes=np.arange(group.size))
        strata.append(
            Stratum(
                position=len(strata),
                name="row",
                level=rows,
                role=Role.UNIT,
                effects=(Effect(name="1", column=np.ones(group.size)),),
                heavy=True,
                counts=True,
                merged=True,
            )
        )
        cells = np.ones((len(groups), 1))
    factor = Factor(name=kept["roles"].group, labels=groups, codes=group)
    return Structure(
        text=terms.text,
        factors=(factor,) if len(groups) > 1 else (),
        groups=groups,
        group=group,
        strata=tuple(strata),
        outer=terms.outer if terms.effects else strata[-1].level,
        cells=cells,
        **{
            name: getattr(terms, name)
            for name in (
                *("labels", "shifts", "fixed", "offsets", "means"),
                *("correlated", "slopes", "crossed"),
            )
        },
    )


def _stratum(terms: SimpleNamespace, member: int, name: str) -> Stratum:
    """Return the random term that had this position among the scales."""
    outer = [effect for effect in terms.effects if effect.member == member]
    inner = [part for part in terms.inner if part.member == member]
    ones = np.ones(len(terms.fixed))
    effects = [Effect(name=e.name, column=e.column, split=1 if e.share == 1 else 2) for e in outer]
    effects += [
        Effect(name="Intercept", column=ones if part.column is None else part.column)
        for part in inner
    ]
    level = any(effect.name == "Intercept" for effect in effects)
    where, _, varying = (name, "", "") if level else name.rpartition(":")
    return Stratum(
        position=member,
        name=where,
        varying=varying,
        level=terms.outer if outer else inner[0].level,
        role=Role.TERM,
        effects=tuple(effects),
        heavy=bool(outer),
    )
