"""The strata that roles make: units, or blocks with all that differs between and inside them."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.crossing import Crossing
from nestimate.data.designs.levels import Level
from nestimate.data.designs.stratum import Effect, Role, Stratum
from nestimate.data.designs.structure import Factor, Structure, one_reading_each

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
#: Effects, and what each lies in where scales may differ.
type _Effects = tuple[tuple[Effect, ...], tuple[str, ...]]


def role_structure(
    factor: Factor,
    levels: Sequence[Level],
    blocks: Sequence[Level],
    n: Codes,
    crossing: Crossing | None = None,
    *,
    apart: bool = False,
    lines: Sequence[Effect] = (),
) -> Structure:
    """Return the structure of a design whose columns have roles.

    With blocks every block has a level and a deviation in every group, symmetric in the groups;
    units lie inside. Otherwise every unit has a level, whose scale may be its group's own. Without
    units every row is one, and holds the error of its reading.

    Parameters
    ----------
    factor
        What is compared.
    levels, blocks
        Units and subunits, outermost first; the blocks, and plots inside them.
    n
        Readings that each row stands for, shape (rows,).
    crossing
        The factors whose cells the groups are, where there are several.
    apart
        Whether levels of a factor that lies between blocks may have scales of their own.
    lines
        Along what every block has a slope of its own, correlated with its level.
    """
    count, group = len(factor.labels), factor.codes
    home: Codes | None = None
    bands: tuple[str, ...] = ()
    if apart and blocks and crossing is not None:
        bands = crossing.between(blocks[0].codes, group)
    strata = (
        _blocked(factor, levels, blocks, n, (crossing, bands), lines)
        if blocks
        else _by_unit(factor, levels)
    )
    outer, inside = strata[0].level, levels if blocks else levels[1:]
    if not blocks:
        home = np.zeros(int(outer.codes.max()) + 1, dtype=np.intp)
        home[outer.codes] = group
    ones = Effect(name="1", column=np.ones(group.size))
    for level in inside:
        first = bool(blocks) and level is levels[0]
        strata.append(
            Stratum(
                position=len(strata),
                name=level.name,
                level=level,
                role=Role.UNIT if first else Role.SUBUNIT,
                effects=(ones,),
                counts=first,
            )
        )
    return Structure(
        factors=crossed_factors(factor, crossing),
        groups=factor.labels,
        group=group,
        factorial=crossing,
        labels=factor.labels,
        shifts=(True,) * count,
        fixed=np.eye(count)[group],
        offsets=np.zeros(count),
        means=np.eye(count),
        strata=tuple(strata),
        outer=outer,
        correlated=_correlated(strata) if lines else (),
        cells=_cells(strata, group),
        noise=noise_homes(crossing, blocks, group, n) if apart or len(blocks) > 1 else (),
        home=home,
    )


def with_own(structure: Structure, positions: Collection[int]) -> Structure:
    """Return a structure in which every effect of some strata has a scale of its own.

    Of what lies inside clusters it is the members of every group that have one.

    Parameters
    ----------
    structure
        Members of those inside lie in one group each.
    positions
        Those of the strata.
    """
    groups = _indicators(Factor(name="", labels=structure.groups, codes=structure.group), 1)
    strata = (
        replace(one, each=True, effects=one.effects if one.heavy or one.each else groups)
        if one.position in positions
        else one
        for one in structure.strata
    )
    return replace(structure, strata=tuple(strata))


def own_scales(structure: Structure) -> tuple[int, ...]:
    """Return the positions of the strata whose effects have a scale each; see `with_own`."""
    return tuple(stratum.position for stratum in structure.strata if stratum.each)


def crossed_factors(factor: Factor, crossing: Crossing | None) -> tuple[Factor, ...]:
    """Return the factors whose cells are compared; what is compared where there is one."""
    if crossing is None:
        return (factor,)
    return tuple(
        Factor(
            name=name,
            labels=labels,
            codes=crossing.cells[factor.codes, f],
            places=crossing.ordered.get(f, ()),
        )
        for f, (name, labels) in enumerate(zip(crossing.names, crossing.labels, strict=True))
    )


def _indicators(factor: Factor, split: int) -> tuple[Effect, ...]:
    """Return an effect for every label."""
    columns = np.eye(len(factor.labels))[factor.codes]
    return tuple(
        Effect(name=label, column=columns[:, g], group=g, split=split)
        for g, label in enumerate(factor.labels)
    )


def _banded(bands: tuple[str, ...], part: Factor | None, factor: Factor) -> _Effects:
    """Return an effect for every level between blocks, or of a part in each, and where it lies.

    Parameters
    ----------
    bands
        The level between blocks of every group.
    part
        What differs between blocks; None where that is their own level.
    factor
        The groups.
    """
    homes = tuple(dict.fromkeys(bands))
    band = np.array([homes.index(own) for own in bands], dtype=np.intp)[factor.codes]
    if part is None:
        return _indicators(Factor(name="", labels=homes, codes=band), 1), homes
    present, codes = np.unique(band * len(part.labels) + part.codes, return_inverse=True)
    within = [divmod(int(own), len(part.labels)) for own in present]
    labels = tuple(
        part.labels[i] if part is factor else f"{homes[b]} {part.labels[i]}" for b, i in within
    )
    effects = _indicators(Factor(name=part.name, labels=labels, codes=codes.reshape(-1)), 2)
    return effects, tuple(homes[b] for b, _ in within)


def _by_unit(factor: Factor, levels: Sequence[Level]) -> list[Stratum]:
    """Return the stratum of units, or of rows where there are none."""
    rows = Level(name="value", labels=(), codes=np.arange(factor.codes.size))
    outer = levels[0] if levels else rows
    return [
        Stratum(
            position=0,
            name=outer.name,
            level=outer,
            role=Role.UNIT,
            effects=_indicators(factor, 1),
            heavy=True,
            counts=True,
            merged=not levels,
        )
    ]


def _blocked(
    factor: Factor,
    levels: Sequence[Level],
    blocks: Sequence[Level],
    n: Codes,
    factors: tuple[Crossing | None, tuple[str, ...]],
    lines: Sequence[Effect],
) -> list[Stratum]:
    """Return the strata of blocks: levels, how groups differ between them, and plots inside.

    Of several factors each may differ from block to block by itself, with a scale of its own: what
    is compared between the plots of a block then has the error of plots, not that of readings. A
    factor that is constant in every block differs with the block itself, and is left out. Where
    plots are named they say what differs.

    Parameters
    ----------
    factor, levels, blocks, n, lines
        As in `role_structure`.
    factors
        The crossing, and the level between blocks that each of its cells has where those levels
        have scales of their own: effects then are those of the blocks of one level.
    """
    crossing, bands = factors
    block = blocks[0]
    ones = Effect(name="1", column=np.ones(factor.codes.size))
    alone, single = (one_reading_each(level, factor.codes, n) for level in (blocks[-1], block))
    # Plots that repeat each other's cells tell how these differ between blocks, beside the plots.
    told = len(blocks) == 1 or _repeated(block, blocks[1], factor)
    heavy: list[tuple[str, _Effects]] = [
        ("", _banded(bands, None, factor) if bands else ((ones,), ()))
    ]
    # With plots, or several scales, the error of a reading holds what cells of one reading do.
    parts = [] if crossing is None or not told else _parts(block, factor, crossing)
    several = crossing is not None or bool(lines)
    if told and not (several and single):
        parts.append((factor.name if parts else "", factor))
    heavy += [
        (of, _banded(bands, part, factor) if bands else (_indicators(part, 2), ()))
        for of, part in parts
    ]
    strata = [
        Stratum(
            position=i,
            name=block.name,
            level=block,
            role=Role.EFFECT if i else Role.BLOCK,
            effects=effects,
            bands=own,
            lone=bool(own) and i == 0,
            heavy=True,
            # Units count, where there are any; otherwise it is the blocks that do.
            counts=i == 0 and not levels,
            merged=bool(i) and not levels and single and crossing is None,
            of=of,
        )
        for i, (of, (effects, own)) in enumerate(heavy)
    ]
    strata += [_line(line, strata[0], len(strata) + i) for i, line in enumerate(lines)]
    plots = [("", plot) for plot in blocks[1:]]
    if plots and not alone:
        plot = blocks[-1]
        pairs = plot.codes * len(factor.labels) + factor.codes
        present, codes = np.unique(pairs, return_inverse=True)
        labels = tuple(
            f"{plot.labels[k]} x {factor.labels[g]}"
            for k, g in zip(*np.divmod(present, len(factor.labels)), strict=True)
        )
        whole = f"{plot.name} x {factor.name}"
        cells = Level(name=whole, labels=labels, codes=codes.astype(np.intp))
        plots.append((factor.name, cells))
    strata += [
        Stratum(
            position=len(strata) + i,
            name=plot.name,
            level=plot,
            role=Role.PLOT,
            effects=(ones,),
            of=of,
        )
        for i, (of, plot) in enumerate(plots)
    ]
    return strata


def _line(line: Effect, block: Stratum, position: int) -> Stratum:
    """Return how slopes along something differ between blocks: in each level between them apart."""
    effects = tuple(
        replace(own, name=f"{own.name} {line.name}", column=own.column * line.column)
        for own in block.effects
    )
    return replace(
        block,
        position=position,
        role=Role.SLOPE,
        effects=effects if block.lone else (line,),
        counts=False,
        of=line.name,
    )


def _correlated(strata: Sequence[Stratum]) -> tuple[int, ...]:
    """Return the positions, among the effects of blocks, of their level and their slopes."""
    heavy = [stratum for stratum in strata if stratum.heavy for _ in stratum.effects]
    mine = (s for s in strata if s.role in (Role.BLOCK, Role.SLOPE))
    return tuple(heavy.index(stratum) for stratum in mine)


def _repeated(block: Level, plot: Level, factor: Factor) -> bool:
    """Whether most cells of the blocks are seen in several plots."""
    cells, plots = split(block.codes, factor.codes), split(plot.codes, factor.codes)
    _, first = np.unique(plots, return_index=True)
    return bool(np.median(np.bincount(cells[first])) > 1)


def _parts(block: Level, factor: Factor, crossing: Crossing) -> list[tuple[str, Factor]]:
    """Return the factors, and pairs of three, that split blocks in ways of their own."""
    seen = [block.codes, split(block.codes, factor.codes)]
    found = []
    for names, part in _subsets(crossing):
        own = Factor(name=names, labels=part.labels, codes=part.codes[factor.codes])
        cells = split(block.codes, own.codes)
        if not any(same_members(cells, other) for other in seen):
            seen.append(cells)
            found.append((names, own))
    return found


def _subsets(crossing: Crossing) -> list[tuple[str, Factor]]:
    """Return every factor and every pair of three, with the code of each cell of all."""
    found = []
    count = len(crossing.names)
    for size in range(1, count):
        for chosen in combinations(range(count), size):
            present, codes = np.unique(crossing.cells[:, chosen], axis=0, return_inverse=True)
            labels = tuple(
                " ".join(crossing.level(f, int(p)) for f, p in zip(chosen, row, strict=True))
                for row in present
            )
            name = " x ".join(crossing.names[f] for f in chosen)
            codes = codes.reshape(-1).astype(np.intp)
            found.append((name, Factor(name=name, labels=labels, codes=codes)))
    return found


def lies_in(holder: Codes, group: Codes) -> bool:
    """Whether every member of a level lies in one group."""
    home = np.zeros(int(holder.max()) + 1, dtype=np.intp)
    home[holder] = group
    return bool((home[holder] == group).all())


def split(level: Codes, part: Codes) -> Codes:
    """Return the members of a level divided by what they hold, without gaps."""
    _, codes = np.unique(level * (int(part.max()) + 1) + part, return_inverse=True)
    return np.asarray(codes, dtype=np.intp)


def same_members(one: Codes, other: Codes) -> bool:
    """Whether two levels have the same members."""
    pairs = np.unique(one * (int(other.max()) + 1) + other).size
    return bool(pairs == np.unique(one).size == np.unique(other).size)


def noise_homes(
    crossing: Crossing | None, inner: Sequence[Level], group: Codes, n: Codes
) -> tuple[str, ...]:
    """Return what has the error of a reading of each cell where that holds what cells differ by.

    That is the level of what lies between the innermost of blocks and plots, or clusters; () where
    there are none, or several readings of a cell.
    """
    if crossing is None or not inner or not one_reading_each(inner[-1], group, n):
        return ()
    return crossing.between(inner[-1].codes, group)


def _cells(strata: Sequence[Stratum], group: Codes) -> Array:
    """Weights of the clusters' effects in what each of the groups looks like in one."""
    first = np.unique(group, return_index=True)[1]
    heavy = [effect.column[first] for s in strata if s.heavy for effect in s.effects]
    return np.stack(heavy, axis=1)


def innermost(structure: Structure) -> Codes:
    """Return the member of what rows repeat: a level, a cell of block and group, or the row."""
    if structure.layout != "blocked":
        return (structure.outer, *structure.levels)[-1].codes
    pairs = structure.blocks[-1].codes * len(structure.groups) + structure.group
    return np.asarray(np.unique(pairs, return_inverse=True)[1], dtype=np.intp)


def repeated(structure: Structure) -> str:
    """Return what `innermost` is called, in the user's word where there is one."""
    named = structure.outer.name if structure.text else "cell"
    return structure.innermost_name("row" if structure.block is None else named)
