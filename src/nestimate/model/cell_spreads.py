"""Whether cells of several factors in blocks that are given one spread show one.

Animals may scatter more afterwards than before, litters more under one of four conditions. With one
spread for all, the differences of the quiet cells look less sure than they are, and those of the
others surer.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.data.designs.alone import Alone
from nestimate.data.designs.design import Design
from nestimate.data.designs.residues import Residues
from nestimate.data.designs.sphericity import FEWEST_LEVELS, LINED, Unsteady
from nestimate.data.designs.spreads import Spreads
from nestimate.data.designs.strata import same_members, split, with_own
from nestimate.data.designs.stratum import Effect, Role, Stratum
from nestimate.data.designs.structure import Structure, one_reading_each
from nestimate.data.designs.varying import FEWEST_BLOCKS
from nestimate.errors import DesignError
from nestimate.model.assumptions import Assumptions
from nestimate.model.directions import Directions, directions
from nestimate.model.observed_cells import observed_cells
from nestimate.remedies import Advice, Remedy

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Probability of such cells, did they scatter alike, below which each has a spread of its own. What
#: that costs where they do is next to nothing, and what it costs not to, much (Bancroft and Han,
#: Int. Stat. Rev. 45, 1977, who advise .25 for preliminary tests of variances).
LEVEL = 0.25
#: Probability from which cells are said to scatter differently, and not only that they may.
SHOWN = 0.05
#: More cells than a few get a spread each where they show several, and not only may: that takes
#: longer. Most that do, of one block and in all.
FEW_CELLS, MOST_SEEN, MOST_CELLS = 6, 12, 24
#: Least share of what an axis shows that is left to it when the errors of means are taken off.
LEAST = 0.05
#: Two cells do not tell from their difference which of them scatters.
PAIR = 2
#: Share of the largest value below which scatter is rounding.
ROUNDING = 1e-9
TEST = "Pitman's test"


def cell_spreads(design: Design) -> Spreads | None:
    """Return the spreads of the cells of several factors in blocks, and what chance makes of them.

    None where there are no such cells, or one is met in too few blocks.

    Notes
    -----
    Along the axes of the model (the mean of a block, what a factor changes in it, what is left)
    cells that scatter alike are uncorrelated. Two of them scatter alike where their difference is
    uncorrelated with their sum (Pitman, Biometrika 31, 1939); of more, the same is asked of all
    axes at once, by the slope of the likelihood in the variances of the cells. Arms are looked at
    by themselves and added up. Means of few readings err more than those of many: by how much, the
    readings inside cells tell, and that is no difference of spreads. What lies beside the cells,
    covariates, is taken off first by least squares, with slopes of their own in every cell: what
    is left of quiet ones then does not hold the errors of others.
    """
    structure = design.structure
    if structure.factorial is None or not structure.blocks or not _by_cells(structure):
        return None
    if structure.lines or len(design.groups) > MOST_CELLS:
        return None
    if design.observed is not None:
        plain = len(structure.blocks) == 1 and len(design.groups) <= MOST_SEEN
        return observed_cells(design) if plain else None
    if not design.statistics.measured.any():
        return None
    sets = list(_sets(design))
    if not sets or min(freedom for *_, freedom in sets) < FEWEST_BLOCKS - 1:
        return None
    if sorted(g for one, *_ in sets for g in one.groups) != list(range(len(design.groups))):
        return None
    most = max(left.shape[1] for _, left, _ in sets)
    if not PAIR <= most <= MOST_SEEN:
        return None
    errors = _errors(design)
    found = [_apart(along, left, freedom, errors[along.groups]) for along, left, freedom in sets]
    apart, freedom = (sum(part) for part in zip(*found, strict=True))
    alike = float(special.gammaincc(0.5 * freedom, 0.5 * apart)) if freedom else 1.0
    sds = {
        int(g): float(sd)
        for one, left, freedom in sets
        for g, sd in zip(one.groups, _sds(left, freedom), strict=True)
    }
    least = design.least(next(design.changes, None))
    return Spreads(
        groups=design.groups,
        sds=tuple(sds[g] and max(sds[g], float(least)) for g in range(len(sds))),
        p=alike,
        fewest=min(len(left) for _, left, _ in sets),
        most=max(len(left) for _, left, _ in sets),
        within="" if most == PAIR else structure.blocking.name,
        test=TEST,
    )


def with_own_cells(design: Design) -> Design:
    """Return a design whose cells, where they differ from block to block, have a scale each."""
    structure = design.structure
    cells = [one.position for one in structure.strata if _of_cells(one, structure)]
    return replace(design, structure=with_own(structure, cells))


def own_cells(design: Design) -> bool:
    """Whether cells have a scale each of how they differ from block to block."""
    return any(stratum.each and stratum.heavy for stratum in design.structure.strata)


def have_own(design: Design, assumptions: Assumptions) -> bool:
    """Whether the cells of several factors in blocks have a spread each."""
    structure = design.structure
    crossed = structure.factorial is not None and bool(structure.blocks)
    return own_cells(design) or (crossed and assumptions.sigma == "own" and _single(design))


def way_to_own(design: Design) -> str:
    """Say what gives the cells of several factors in blocks a spread each."""
    structure = design.structure
    if _single(design):
        return Advice("A spread for each: ", Remedy("sigma", "own"), ".")
    if own_cells(with_own_cells(design)):
        return "Each has its own where neither tau nor sigma is stated."
    block, crossing = structure.blocks[-1], structure.factorial
    if structure.text and crossing is not None:
        varies = crossing.varying(block.codes, structure.group)
        names = [name for name, inside in zip(crossing.names, varies, strict=True) if inside]
        term = f"{names[0]} |" if len(names) == 1 else f"{' + '.join(names)} + {':'.join(names)} ||"
        return (
            f"Where the formula says how they differ, by ({term} {block.name}), each has its own."
        )
    return f"With one row for each cell of one {block.name}, its mean, each has its own."


def _single(design: Design) -> bool:
    """Whether each cell of a block, or of a plot in it, holds one reading."""
    structure = design.structure
    return one_reading_each(structure.blocks[-1], structure.group, design.readings.told)


def _of_cells(stratum: Stratum, structure: Structure) -> bool:
    """Whether it is how each cell differs from block to block."""
    if not stratum.heavy or len(stratum.effects) != len(structure.groups):
        return False
    if len(structure.blocks) > 1:
        return False  # what is told apart is the cells of plots
    return same_members(stratum.members, split(stratum.level.codes, structure.group))


def _by_cells(structure: Structure) -> bool:
    """Whether all that scatters are blocks, how their cells differ, and readings."""
    if not structure.text:
        return True
    cells = split(structure.outer.codes, structure.group)
    inside = (one.members for one in structure.strata if not one.heavy)
    apart = all(
        np.isin(effect.column, (0, 1)).all() for _, effect in (*structure.heavy, *structure.inside)
    )
    return apart and not structure.crossed and all(same_members(one, cells) for one in inside)


def lines_or_cells(design: Design, lined: Design) -> Design:
    """Return the design whose blocks have lines unless its cells show more clearly several spreads.

    Parameters
    ----------
    design, lined
        Without the lines, and with them; the same where there are none.
    """
    found = None if lined is design else _told(design)
    drifts = min((one.p for one in Unsteady.every(design, LINED) if one.drifts), default=LINED)
    return lined if found is None or found.p >= drifts else design


def _told(design: Design) -> Spreads | None:
    """Return the spreads of cells that have one each by default, as they show several."""
    found, many = cell_spreads(design), len(design.groups)
    if found is None or found.p >= (LEVEL if many <= FEW_CELLS else SHOWN):
        return None
    # Changes between many levels whose order nobody knows may grow with how far these lie apart.
    other = (one for one in Unsteady.every(design) if not one.drifts)
    return None if any(len(one.along.labels) > FEWEST_LEVELS for one in other) else found


def cells_apart(design: Design, assumptions: Assumptions) -> tuple[Design, Assumptions]:
    """Return a design whose cells have a spread each where they show several, and say why.

    That is an error of a reading where a cell holds one, and how far it differs from block to
    block where it holds several.
    """
    found = _told(design)
    if found is None:
        return design, assumptions
    own = with_own_cells(design)
    several = own_cells(own)
    if not several and not _single(design):
        return design, assumptions  # nothing here is how the cells differ, beside their readings
    how = "" if found.p < SHOWN else "may "
    told = f"; {found.test} P = {found.p:.2g}" if found.p else ""
    said = Advice(
        f"Cells {how}scatter differently ({found.shown}{told}), so each has a spread "
        "of its own (one for all: ",
        Remedy("tau" if several else "sigma", "common"),
        ").",
    )
    if not several:
        own, assumptions = design, replace(assumptions, sigma="own")
    return replace(own, notes=(*own.notes, said)), assumptions


def _with_plots(structure: Structure) -> Structure:
    """Return a structure in which what cells of one plot share differs between blocks as well."""
    strata, cells = list(structure.strata), [structure.cells]
    for plot in (one for one in structure.strata if one.role is Role.PLOT and not one.of):
        crossing = structure.factorial
        homes = () if crossing is None else crossing.between(plot.level.codes, structure.group)
        names = list(dict.fromkeys(homes))
        loads = np.eye(len(names))[[names.index(home) for home in homes]]
        effects = tuple(
            Effect(name=name, column=column[structure.group])
            for name, column in zip(names, loads.T, strict=True)
        )
        strata[plot.position] = replace(plot, effects=effects, heavy=bool(effects))
        cells.append(loads.reshape(len(structure.groups), -1))
    return replace(structure, strata=tuple(strata), cells=np.hstack(cells))


def _errors(design: Design) -> Array:
    """Return what the mean of every cell varies by because it is one of few readings, above least.

    Shape (groups,); what readings inside cells say of one of them is taken for that of all.
    """
    readings, structure = design.readings, design.structure
    inside = split(structure.blocks[-1].codes, structure.group)
    n = readings.n.astype(np.float64)
    means = np.bincount(inside, n * readings.value) / np.bincount(inside, n)
    squares = (n * np.square(readings.value - means[inside]) + readings.ss).sum()
    freedom = int((1 + readings.freedom).sum()) - means.size
    count = design.cells.astype(np.float64)
    share = np.divide(1, count, out=np.zeros_like(count), where=count > 0).sum(axis=0)
    share /= (count > 0).sum(axis=0)
    return np.asarray((share - share.min()) * squares / max(freedom, 1))


def _sets(design: Design) -> Iterator[tuple[Directions, Array, int]]:
    """Yield blocks that see the same cells, all that blocks of their kind see, and their means.

    These about the means of the cells and what lies beside these, shape (blocks, seen); and the
    degrees of freedom of each that are left.
    """
    structure, groups = design.structure, len(design.groups)
    kinds, kind = np.unique(design.cells > 0, axis=0, return_inverse=True)
    part = (kinds[:, None] <= kinds[None]).all(axis=2) & ~np.eye(len(kinds), dtype=bool)
    rows = ~part.any(axis=1)[kind.reshape(-1)][structure.blocking.codes]
    block = structure.blocking.codes[rows]
    whole = replace(_with_plots(structure), group=structure.group[rows])
    cells, place = np.unique(block * groups + whole.group, return_inverse=True)
    try:
        found = directions(whole, block, place)
    except DesignError:  # blocks see other cells each, or nothing is alike in all of them
        return
    columns = np.column_stack([design.readings.value, structure.fixed])[rows]
    sums = np.stack([np.bincount(place, column) for column in columns.T], axis=1)
    means = sums / np.bincount(place)[:, None]
    own = np.eye(groups)[cells % groups]
    beside = (means[:, 1:, None] * own[:, None, :]).reshape(len(cells), -1)
    about = Residues.about(cells % groups, np.empty((len(cells), 0)), means[:, 0], beside)
    for one in found:
        kept = about.freedom[one.cells].sum(axis=0)
        yield one, about.left[one.cells], round(float(kept.min()))


def _apart(along: Directions, left: Array, freedom: int, errors: Array) -> tuple[float, int]:
    """Return how far cells are from scattering alike, a chi-squared, and its degrees of freedom.

    By the score in the variance of every cell beside that of every axis (Cox and Hinkley,
    Theoretical Statistics, 1974, 9.3). `errors`: what the means of cells vary by beside it.
    """
    cells = left.shape[1]
    spread = left.std(axis=0)
    if spread.max() <= ROUNDING * max(np.abs(left).max(), 1e-300):
        return 0.0, 0
    if (spread <= ROUNDING * spread.max()).any():
        return np.inf, cells - 1  # some show no scatter at all
    shown = np.square(left @ along.axes).sum(axis=0) / freedom
    taken = np.square(along.axes).T @ errors
    variance = np.empty(cells)
    for mine in along.classes:
        own = shown[mine].mean()
        variance[mine] = max(own - taken[mine].mean(), LEAST * own)
    if variance.min() <= ROUNDING * variance.max():
        return 0.0, 0
    inverse = np.linalg.inv((along.axes * variance) @ along.axes.T + np.diag(errors))
    alike = [along.axes[:, mine] @ along.axes[:, mine].T for mine in along.classes]
    ways = np.stack([*(np.diag(one) for one in np.eye(cells)), *alike])
    pulled = np.einsum("ij,wjk,kl->wil", inverse, ways, inverse)
    score = 0.5 * (
        np.einsum("wij,bi,bj->w", pulled, left, left)
        - freedom * np.einsum("wij,ij->w", ways, inverse)
    )
    about = 0.5 * freedom * np.einsum("wij,vji->wv", pulled, ways)
    by = about[:cells, cells:] @ np.linalg.pinv(about[cells:, cells:])
    pull = score[:cells] - by @ score[cells:]
    about = about[:cells, :cells] - by @ about[cells:, :cells]
    return float(pull @ np.linalg.pinv(about, rcond=ROUNDING, hermitian=True) @ pull), cells - 1


def _sds(left: Array, freedom: int) -> Array:
    """Return how far each cell varies: as it stands of two, by itself of more."""
    if left.shape[1] == PAIR:
        return np.sqrt(np.square(left).sum(axis=0) / freedom)
    return np.where(left.std(axis=0) > 0, np.sqrt(Alone.of(left).own), 0.0)
