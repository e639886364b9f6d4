"""Records of files as the classes of today: the design, whose structure files do not hold whole."""

from collections.abc import Mapping
from dataclasses import fields
from types import SimpleNamespace
from typing import Any

import numpy as np

from nestimate.data.designs.design import Design
from nestimate.data.designs.levels import Level
from nestimate.data.designs.shown import Scatter
from nestimate.data.designs.strata import own_scales, role_structure, with_own
from nestimate.data.designs.stratum import Effect, Role, Stratum
from nestimate.data.designs.structure import Factor, Structure
from nestimate.data.tables.grid import Lost
from nestimate.results.estimates.quantities import APART, LARGEST


def design_record(design: Design) -> dict[str, Any]:
    """Return what is kept of a design: structures that roles make are made anew from these."""
    kept = {f.name: getattr(design, f.name) for f in fields(design) if f.name != "structure"}
    named: dict[str, Any] = {
        "groups": design.groups,
        "levels": design.levels,
        "block": design.block,
    }
    named |= {"blocks": design.structure.blocks, "factorial": design.structure.factorial}
    named |= {"places": design.structure.factors[0].places if design.structure.factors else ()}
    named |= {"apart": any(stratum.lone for stratum in design.structure.strata)}
    named |= {"each": own_scales(design.structure)}
    named |= {"lines": design.structure.lines}
    return kept | named | {"formula": design.formula}


def rebuilt_design(kept: Mapping[str, Any]) -> Design:
    """Return the design of which this was kept; `formula` may be the Terms of version 0.1."""
    known = {f.name: kept[f.name] for f in fields(Design) if f.name in kept}
    readings, formula = kept["readings"], kept.get("formula")
    if formula is None:
        factor = Factor(
            name=kept["roles"].group,
            labels=kept["groups"],
            codes=readings.group,
            places=kept.get("places", ()),
        )
        old = () if kept["block"] is None else (kept["block"],)
        structure = role_structure(
            factor,
            kept["levels"],
            kept.get("blocks", old),
            readings.n,
            kept.get("factorial"),
            apart=kept.get("apart", False),
            lines=kept.get("lines", ()),
        )
        structure = with_own(structure, kept.get("each", _cells(structure, kept)))
    elif isinstance(formula, Structure):
        structure = formula
    else:
        structure = _from_terms(formula, kept)
    if "scatter" not in kept:
        known["notes"] = tuple(
            Lost(note) if "left out" in note or "not counted" in note else note
            for note in kept["notes"]
        )
    known.setdefault("scatter", _scatter_0_1(structure, kept["yardstick"].within))
    return Design(**{**known, "structure": structure})


def _cells(structure: Structure, kept: Mapping[str, Any]) -> list[int]:
    """Return the strata whose effects have a scale each in files that say it of cells alone."""
    whole = [s for s in structure.strata if s.role is Role.EFFECT] if kept.get("cells") else []
    return [s.position for s in whole if len(s.effects) == len(structure.groups)]


def with_kind(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with what it is, which files of version 0.1 say in its name alone."""
    if "kind" in kept:
        return dict(kept)
    name, inside = kept["name"], " differs between "
    kind, _, of = name.partition("[")
    if " is largest in " in name:
        kind, of = LARGEST, name.rpartition(" is largest in ")[2].removesuffix(")")
    elif inside in name:
        kind = APART
        of = name.partition(inside)[2].removesuffix(" by more than the ROPE)")
    elif " | " in name:
        of = name.rpartition(" | ")[2]
    return {**kept, "kind": kind, "of": of.removesuffix("]") or name}


def _scatter_0_1(structure: Structure, within: float) -> dict[int | None, tuple[Scatter, ...]]:
    """Return what gives the default priors of version 0.1: as wide as one SD within groups."""
    one = Scatter(sd=1.0, freedom=1)
    told = (Scatter(sd=within / one.bound, freedom=1),) * len(structure.groups)
    return {None: told, **{stratum.position: told for stratum in structure.strata}}


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
        alone=tuple(
            not shift and not set("[:") & set(label)
            for label, shift in zip(terms.labels, terms.shifts, strict=True)
        ),
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
    return Stratum(
        position=member,
        name=name,
        level=terms.outer if outer else inner[0].level,
        role=Role.TERM,
        effects=tuple(effects),
        heavy=bool(outer),
    )
