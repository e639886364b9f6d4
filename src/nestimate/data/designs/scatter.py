"""How far the readings scatter at each level: what default priors of scales take their unit from.

Each level is looked at by itself, and in a nested design each group: the spread of a small noisy
group cannot be learnt from a large quiet one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.shown import Number, Scatter
from nestimate.data.designs.stages import (
    Lines,
    Stage,
    Variance,
    centred,
    group_means,
    mean_square,
    over,
    regressed,
    sums,
    times,
    without_gaps,
)
from nestimate.data.designs.statistics import Readings, Yardstick, seven_digits
from nestimate.data.designs.strata import lies_in
from nestimate.data.designs.stratum import Effect, Stratum
from nestimate.data.designs.structure import Structure

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
#: Position of a stratum (None: readings), and of the scale in it.
Scale = tuple[int | None, int]
#: Variances behind scales, and behind those of what differs in blocks where each has its own.
Found = tuple[dict[Scale, Variance], dict[Scale, Variance]]
#: Least share of a variance that is left when the error of the means is taken off.
LEAST, NONE = 0.25, 1e-9
#: Degrees of freedom from which one of several groups has a scatter of its own.
MOSTLY = 0.5
UNKNOWN: Variance = (0.0, 0.0, 0)


def measure_scatter(
    readings: Readings, stick: Yardstick, structure: Structure, keep: NDArray[np.bool_]
) -> Mapping[int | None, tuple[Scatter, ...]]:
    """Return the scatter behind every scale of a design.

    Parameters
    ----------
    readings
        The rows that set scales; the values of many data sets have shape (rows, sets).
    stick
        Their centre, spread and resolution, or those of every data set, (sets,).
    structure
        What is compared, and what scatters.
    keep
        Which rows of `structure` those of `readings` are.

    Returns
    -------
    Mapping
        Position of a stratum to its scatter, in every group where groups may have scales of their
        own; None to that of readings, one per group, or level between blocks, or one in all. Of
        what differs in blocks it is one, which holds that of each by itself.

    Notes
    -----
    A mean of n means with SD s has an error of s / sqrt(n): that part is taken off the variance of
    the means, down to a quarter of it; the like holds of slopes of blocks and clusters. Where
    nothing tells a scatter it is that of all values within groups.
    """
    banded = structure.between and any(stratum.bands for stratum in structure.strata)
    looked = _banded if banded else _found
    return _by_stratum(*looked(readings, stick, structure, keep), stick)


def _banded(
    readings: Readings, stick: Yardstick, structure: Structure, keep: NDArray[np.bool_]
) -> Found:
    """Return the variance behind every scale where each level between blocks has its own.

    Each is looked at by itself; what all share is told by the level that tells most.
    """
    between = structure.between
    found: dict[Scale, Variance] = {}
    apart: dict[Scale, Variance] = {}
    inner = {stratum.position for stratum in structure.strata if not stratum.heavy}
    for b, home in enumerate(dict.fromkeys(between)):
        mine = np.array([own == home for own in between])
        rows = mine[structure.group[keep]]
        inside = keep.copy()
        inside[keep] = rows
        own, alone = _found(readings.where(rows), stick, structure, inside)
        apart |= {at: one for at, one in alone.items() if at[0] in inner and mine[at[1]]}
        for stratum in structure.strata:
            told = own.get((stratum.position, b if stratum.lone else 0), UNKNOWN)
            place = stratum.position, b if stratum.bands else 0
            found[place] = max(told, found.get(place, UNKNOWN), key=lambda v: v[2])
        if (None, len(between) - 1) in own:
            found |= {(None, g): own[None, g] for g in np.flatnonzero(mine).tolist()}
        else:  # what its readings tell is told once, of all cells of the level
            found[None, b] = own.get((None, 0), UNKNOWN)
    return found, apart


def _found(
    readings: Readings, stick: Yardstick, structure: Structure, keep: NDArray[np.bool_]
) -> Found:
    """Return the variance behind every scale."""
    y, x = stick.standardised(readings.value), structure.fixed[keep]
    x = x / np.maximum(np.abs(x).max(axis=0), 1e-300)
    groups = 1 if structure.text else len(structure.means)
    found: dict[Scale, Variance] = {}
    alone: dict[Scale, Variance] = {}
    if structure.outer.size == 0 and structure.home is None:
        # Every row is a data point of its own, about what a formula says.
        only = structure.strata[-1]
        for g, (variance, freedom) in _by_home(y, x, _homes(only, keep)).items():
            found[only.position, g] = (variance, 0.0, freedom)
        return found, alone
    levels = _levels(structure, keep)
    rows = np.arange(len(y))
    lines = _lines(structure, levels[-1].codes, keep)
    alike = Stage(codes=rows, first=rows, y=y, x=x, error=np.zeros(y.shape), lines=lines)
    telling = alike.telling(levels[0].codes)
    sigma, error = (
        ([], alike.error)
        if structure.home is not None and structure.merged
        else _readings(readings, stick, telling, levels[0].codes, groups)
    )
    stages = [replace(alike, error=error)]
    present = np.unique(structure.outer.codes[keep])
    for stratum, effect in (*structure.heavy, *structure.inside):
        mine = structure.lies(stratum)[present] == (effect.group if stratum.lone else 0)
        found[_scale(structure, stratum, effect)] = (0.0, 0.0, int(mine.sum()) - 1)
    found |= {(None, g): variance for g, variance in enumerate(sigma)}
    if structure.text:
        each = _each_alone(telling, levels[0].codes, readings.group, len(structure.means))
        alone |= {(None, g): one for g, one in each.items()}
    told: list[_Level | None] = [None]
    for level in levels:
        child = max(i for i, stage in enumerate(stages) if stage.inside(level.codes))
        left, freedom = stages[child].telling(level.codes).residual(level.codes)
        variance = mean_square(left, freedom)
        if level is levels[-1]:
            found |= _slopes(structure, stages[child], level.codes, keep)
        below = told[child]
        if below is not None and below.scale is not None:
            found[below.scale] = below.of(variance, stages[child], freedom)
            if below.which is not None:
                each = (
                    stages[child].each_apart(left, level.codes, below.which)
                    if below.met
                    else _each_alone(stages[child], level.codes, below.which, len(structure.means))
                )
                alone |= {(below.scale[0], g): one for g, one in each.items()}
            told[child] = None
        stages.append(Stage.above(level.codes, stages[child], variance if child else None))
        told.append(level)
    clusters, whole = stages[-1], levels[-1].scale
    if structure.home is not None:
        home = structure.home[structure.outer.codes[keep][clusters.first]]
        apart, freedoms = _about_groups(clusters.y, home, groups)
        lost, _ = group_means(clusters.error, home, groups)
        own = structure.heavy[0][0].position
        found |= {(own, g): (apart[g], lost[g], int(freedoms[g])) for g in range(groups)}
    elif whole is not None and whole[0] is not None:
        position = whole[0]
        homes = _homes(structure.strata[position], keep)[clusters.first]
        for g, (variance, freedom) in _by_home(clusters.y, clusters.x, homes).items():
            found[position, g] = levels[-1].of(variance, clusters, freedom)
    return found, alone


def _homes(stratum: Stratum, keep: NDArray[np.bool_]) -> Codes:
    """Return the group of every row where a formula gives groups scales of their own; else 0."""
    if not stratum.lone:
        return np.zeros(int(keep.sum()), dtype=np.intp)
    columns = np.stack([effect.column[keep] for effect in stratum.effects])
    return columns.argmax(axis=0).astype(np.intp)


def _by_home(y: Array, x: Array, home: Codes) -> Mapping[int, tuple[Number, int]]:
    """Return variances about a regression and their degrees of freedom, by group.

    A group's are its members less their leverages: what the regression took of them.
    """
    left, freedom = regressed(y, x, 0)
    if not home.any():
        return {0: (mean_square(left, freedom), freedom)}
    leverage = np.einsum("ij,ji->i", x, np.linalg.pinv(x))
    free = np.bincount(home, 1 - leverage)
    squares = np.bincount(home, np.square(left))
    found: dict[int, tuple[Number, int]] = {}
    for g, (square, share) in enumerate(zip(squares, free, strict=True)):
        own = share > MOSTLY
        found[g] = (square / share, max(1, int(share + MOSTLY))) if own else (0.0, 0)
    return found


def _scale(structure: Structure, stratum: Stratum, effect: Effect) -> Scale:
    """Return which scale an effect has."""
    own = stratum.lone or (structure.home is not None and stratum.heavy)
    return stratum.position, effect.group or 0 if own else 0


def _by_stratum(
    found: Mapping[Scale, Variance], alone: Mapping[Scale, Variance], stick: Yardstick
) -> Mapping[int | None, tuple[Scatter, ...]]:
    seen = {family: _scatters(members, stick) for family, members in _families(found).items()}
    for family, members in _families(alone).items():
        (one,) = seen[family]
        seen[family] = (replace(one, apart=_scatters(members, stick)),)
    return seen


def _families(found: Mapping[Scale, Variance]) -> dict[int | None, list[Variance]]:
    families: dict[int | None, list[Variance]] = {}
    for scale in sorted(found, key=lambda scale: scale[1]):
        families.setdefault(scale[0], []).append(found[scale])
    return families


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class _Level:
    """A level below the rows: the member of each row, and the scale read off it.

    Attributes
    ----------
    codes
        Without gaps, shape (rows,).
    scale
        Position of the stratum and of the scale in it; None where no stratum is this level.
    which
        Which effect of the stratum, or group, each row has; None where it has one.
    met
        Whether these effects meet in what the members lie in: the scale is that of a difference.
    """

    codes: Codes
    scale: Scale | None
    which: Codes | None = None
    met: bool = False

    def of(self, variance: Number, stage: Stage, freedom: int) -> Variance:
        """Return the variance of the scale and the part of it that is error."""
        times = 1.0 + self.met
        return times * variance, times * stage.error.mean(axis=0), freedom


def _lines(structure: Structure, block: Codes, keep: NDArray[np.bool_]) -> Lines:
    """Return along what blocks have slopes of their own, in the size of each whole column."""
    columns = [s.column[keep] / s.size for s in structure.strata if s.sloped]
    along = np.stack(columns, axis=1) if columns else np.empty((block.size, 0))
    return Lines(block=block, along=centred(along, block, int(block.max()) + 1))


def _slopes(
    structure: Structure, stage: Stage, block: Codes, keep: NDArray[np.bool_]
) -> dict[Scale, Variance]:
    """Return the variance of slopes along every line, and in every group that has its own."""
    present = np.unique(structure.outer.codes[keep])
    found: dict[Scale, Variance] = {}
    for line, stratum in enumerate(s for s in structure.strata if s.sloped):
        lies = structure.lies(stratum)[present]
        for home in np.unique(lies).tolist():
            found[stratum.position, home] = stage.of_slopes(block, line, lies == home)
    return found


def _levels(structure: Structure, keep: NDArray[np.bool_]) -> list[_Level]:
    """Levels from the finest to the clusters themselves; those of slopes tell nothing alone."""
    outer = without_gaps(structure.outer.codes[keep])
    group = structure.group[keep]
    found = [
        _Level(
            codes=without_gaps(stratum.level.codes[keep]),
            scale=(stratum.position, 0),
            which=group if lies_in(stratum.level.codes, structure.group) else None,
        )
        for stratum in structure.strata
        if not stratum.heavy and stratum.plain
    ]
    columns: dict[Scale, list[Array]] = {}
    whole: Scale | None = None
    for stratum, effect in structure.heavy:
        if stratum.lone and not stratum.of:
            whole = _scale(structure, stratum, effect)
        elif not stratum.lone:
            columns.setdefault(_scale(structure, stratum, effect), []).append(effect.column[keep])
    for scale, parts in columns.items():
        table = np.stack(parts, axis=1)
        if len(parts) > 1 and (table.sum(axis=1) == 1).all():
            which = table.argmax(axis=1)
            cell = without_gaps(outer * len(parts) + which)
            found.append(_Level(codes=cell, scale=scale, which=which, met=True))
        elif len(parts) == 1 and np.ptp(table) == 0:
            whole = scale
    found.sort(key=lambda level: -int(level.codes.max()))
    return [*found, _Level(codes=outer, scale=whole)]


def _readings(
    rows: Readings, stick: Yardstick, stage: Stage, cell: Codes, groups: int
) -> tuple[list[Variance], Array]:
    """Variance of a reading in its cell, by group, and the error of every row's value."""
    y, x = stage.y, stage.x
    measured = np.isnan(rows.error)
    weight = np.where(measured, rows.n, 0).astype(np.float64)
    total = np.bincount(cell, weights=weight)
    centre = over(sums(times(y, weight), cell, total.size), np.maximum(total, 1))
    inside = [centred(column, cell, total.size) for column in x.T]
    (own, *inside), sloped = stage.lines.inside(cell, total.size).off(
        times(y - centre[cell], np.sqrt(weight)), *inside
    )
    left, free = regressed(own, np.stack(inside, axis=1), 0)
    fitted = round(sloped.sum()) + len(y) - free
    share = np.multiply.outer(np.where(measured, rows.ss, 0), 1 / np.square(stick.spread))
    squares = np.square(left) + share
    freedom = np.where(measured, 1 + rows.freedom, 0)
    # Where groups meet in what readings repeat, their error is told by all of them at once.
    apart = groups if not fitted else 1
    group = rows.group if apart > 1 else np.zeros_like(rows.group)
    seen = _codes_of(cell, group, apart, total > 0)
    found: list[Variance] = []
    for g in range(apart):
        mine = group == g
        free = int(freedom[mine].sum() - seen[g] - fitted)
        found.append((squares[mine].sum(axis=0) / free, 0.0, free) if free > 0 else UNKNOWN)
    free = sum(one[2] for one in found)
    sigma2 = np.broadcast_to(sum(one[0] * one[2] for one in found) / max(free, 1), y.shape[1:])
    known = np.square(np.divide.outer(np.nan_to_num(rows.error), stick.spread))
    return found, np.where(measured, np.multiply.outer(1 / rows.n, sigma2).T, known.T).T


def _each_alone(stage: Stage, parent: Codes, which: Codes, groups: int) -> dict[int, Variance]:
    """Variance of the members of a stage in what they lie in, in each group by itself.

    Each has means and slopes of its own, so that a quiet one does not take the errors of a noisy
    one; they share them where one has too few members for that. `parent`, `which`: what each row
    lies in, and its group.
    """
    cell, group = parent[stage.first], which[stage.first]
    left, kept = np.empty_like(stage.y), np.empty(cell.size)
    for mine in (group == g for g in np.unique(group)):
        left[mine], kept[mine] = _about_cells(stage, without_gaps(cell[mine]), mine)
    if (np.bincount(group, kept, groups) <= MOSTLY).any():
        left, kept = _about_cells(stage, cell, np.ones(cell.size, dtype=bool))
    free, squares = np.bincount(group, kept, groups), sums(left**2, group, groups)
    error, _ = group_means(stage.error, group, groups)
    return {
        g: (square / share, error[g], round(share)) if share > MOSTLY else UNKNOWN
        for g, (square, share) in enumerate(zip(squares, free, strict=True))
    }


def _about_cells(stage: Stage, cell: Codes, rows: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Return what the means of cells, lines and a regression leave of rows, and 1 less leverages.

    `cell`: that of each of the rows.
    """
    size = int(cell.max()) + 1
    columns = (centred(own[rows], cell, size) for own in (stage.y, *stage.x.T))
    (left, *inside), sloped = stage.lines.where(rows).inside(cell, size).off(*columns)
    x = np.stack(inside, axis=1)
    x = x[:, np.abs(x).max(axis=0, initial=0.0) > 1e-9]
    left, _ = regressed(left, x, 0)
    taken = np.einsum("ij,ji->i", x, np.linalg.pinv(x))
    return left, 1 - 1 / np.bincount(cell)[cell] - sloped - taken


def _codes_of(cell: Codes, group: Codes, groups: int, measured: NDArray[np.bool_]) -> Codes:
    """Cells of every group in which there are readings."""
    of_cell = np.zeros(measured.size, dtype=np.intp)
    of_cell[cell] = group
    return np.bincount(of_cell[measured], minlength=groups)


def _scatters(found: Sequence[Variance], stick: Yardstick) -> tuple[Scatter, ...]:
    """Return SDs in the user's unit; where none shows, that of all values within groups."""
    rounding = stick.resolution / np.sqrt(12)
    seen: list[Scatter] = []
    for variance, error, freedom in found:
        sd = np.sqrt(np.maximum(variance - error, LEAST * np.maximum(variance, 0.0)))
        # Rounded, so that a change of unit does not reach the sampler.
        own = stick.spread * seven_digits(sd)
        # Rounding errs less in means; what no degree of freedom tells is 0.
        least = rounding * (np.minimum(np.sqrt(error) / stick.inside, 1.0) if np.any(error) else 1)
        sd = np.where(own > 1e-9 * stick.within, np.maximum(own, least), stick.within)
        seen.append(Scatter(sd=sd if sd.ndim else float(sd), freedom=max(int(freedom), 1)))
    return tuple(seen)


def _about_groups(y: Array, group: Codes, groups: int) -> tuple[Array, Codes]:
    """Variance about the mean of each group, and its degrees of freedom."""
    means, count = group_means(y, group, groups)
    squares = sums(np.square(y - means[group]), group, groups)
    return over(squares, np.maximum(count - 1, 1)), count - 1
