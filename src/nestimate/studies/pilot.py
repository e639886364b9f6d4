"""A pilot's posterior as the truths of a plan."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.design import Design
from nestimate.data.designs.lines import ends
from nestimate.data.designs.stratum import Role, Stratum
from nestimate.errors import DesignError
from nestimate.inference.fit import Fit
from nestimate.model.cell_spreads import own_cells
from nestimate.model.draws import Draws
from nestimate.remedies import Remedy
from nestimate.results.estimates.contrasts import Contrast
from nestimate.studies import closed_form
from nestimate.studies.factors import Factors
from nestimate.studies.shapes import Shape, Words
from nestimate.studies.truths import Part, Truths

Array = NDArray[np.float64]

#: Truths taken from a posterior: fixed, so that more simulations do not move the question.
STRATA = 400


def pilot_words(design: Design) -> Words:
    """Return the user's own words for the parts of the experiment.

    Raises
    ------
    DesignError
        When a design like the pilot cannot be planned yet.
    """
    if design.formula is not None:
        raise DesignError(
            "plan: a result of `fit` cannot be planned from yet. State groups and spreads instead: "
            "--groups, --tau and --sigma (groups, tau and sigma in Python)."
        )
    if design.observed is not None:
        raise DesignError(
            "plan: counts, shares and limits cannot be planned yet; a plan for measurements would "
            "not hold for them."
        )
    if len(design.groups) < 2:
        raise DesignError("plan: the pilot has one group; a plan compares two or more.")
    along = ends(design)
    if along is not None:
        block = design.structure.block_name()
        raise DesignError(
            f"plan: every {block} has its own line along {design.structure.lines[0].name} in the "
            "pilot, and a plan cannot simulate such lines yet. Plan for the change between two "
            "levels of it: ",
            Remedy("edits", str(along)),
            ".",
        )
    levels = [level.name for level in design.levels]
    return Words(
        groups=design.groups,
        value=design.roles.value,
        group=design.roles.group,
        unit=levels[0] if levels else "unit",
        block=design.structure.block_name(),
        subunits=tuple(levels[1:]),
        scale=design.roles.scale,
        factors=Factors.of(design),
        apart=own_cells(design),
        uneven=tuple(stratum.name for stratum in design.structure.strata if stratum.by_home),
    )


def pilot_truths(
    fit: Fit,
    effect: float | str | Mapping[str, float] | None,
    asked: Sequence[Contrast],
) -> Truths:
    """Return truths drawn from a pilot's posterior.

    Parameters
    ----------
    fit
        The pilot, as analysed.
    effect
        The effect to plan for, in the unit of the value (a ratio on a log scale): a number, or
        group to number; `pilot` takes the pilot's own, with all its uncertainty.
    asked
        What is asked of the experiment: of several factors every contrast has the effect stated.

    Raises
    ------
    DesignError
        When no effect is named.
    """
    design = fit.model.design
    every = _truths(fit.draws.take(fit.resampled), design, Factors.of(design))
    every = replace(every, mu=_means(every.mu, effect, design, asked))
    # Even steps through how plain the effect is in every truth, visited so that any first few are
    # spread: so few draws stand for all, and another seed of the pilot gives the same plan.
    usual = Shape(readings=3, units=(3,) * len(design.groups), blocks=3 if design.block else 0,
                  subunits=(2,) * len(design.subunits),
                  kinds=max(every.kinds, default=0) + 1)  # fmt: skip
    weights = asked[-1].weights
    error, _ = closed_form.standard_error(usual, every, weights)
    order = np.argsort(every.mu @ weights / error, kind="stable")
    return every.taken(order[(_scattered(STRATA) * len(order)).astype(np.intp)])


def _truths(picked: Draws, design: Design, factors: Factors | None) -> Truths:
    size, count = len(picked), len(design.groups)
    zero = np.zeros((size, 1))
    of = {
        role: [picked.scale(s) for s in design.structure.strata if s.role is role] for role in Role
    }
    # Units inside blocks share one scale; those in groups and effects of blocks may have one each.
    home = design.structure.home is not None
    tau = of[Role.UNIT][0] if home else zero
    first = np.unique(design.structure.group, return_index=True)[1]

    def by_group(stratum: Stratum | None) -> Array:
        """Return the spread that each group has: that of the effect which it shows."""
        if stratum is None:
            return np.zeros((size, count))
        own = picked.scale(stratum)
        effect = np.stack([e.column[first] for e in stratum.effects]).argmax(axis=0)
        return np.asarray(own[:, effect] if own.shape[1] > 1 else own.repeat(count, axis=1))

    # Of several factors the whole cells come last, where they differ by themselves.
    strata = [s for s in design.structure.strata if s.role is Role.EFFECT]
    parts = [s for s in strata if len(s.effects) < count]
    whole = next((s for s in strata if s not in parts), None)
    noise, normality = picked.noise, picked.normality
    subunits = [by_group(s) for s in design.structure.strata if s.role is Role.SUBUNIT]
    return Truths(
        mu=picked.means,
        scales={
            "tau": np.broadcast_to(tau, (size, count)),
            "tau_unit": by_group(None if home else design.structure.unit),
            "tau_block": by_group(design.structure.stratum(Role.BLOCK)),
            "tau_effect": by_group(whole),
            "tau_subunits": np.stack(subunits, axis=1) if subunits else np.zeros((size, 0, count)),
            "sigma": np.broadcast_to(zero if noise is None else noise, (size, count)),
        },
        nu=np.full(size, np.inf) if normality is None else normality[:, 0],
        parts=tuple(
            Part(
                of=s.of,
                codes=design.structure.members(s),
                spread=by_group(s),
            )
            for s in parts
        ),
        kinds=() if factors is None else factors.kinds,
    )


def _means(
    mu: Array,
    effect: float | str | Mapping[str, float] | None,
    design: Design,
    asked: Sequence[Contrast],
) -> Array:
    if effect == "pilot":
        return mu
    log, groups = design.roles.measure.logarithmic, design.groups
    if effect is None or isinstance(effect, str):
        what = f"{'a ratio to' if log else 'a difference from'} {groups[0]}"
        if design.structure.factorial is not None:
            what = f"a size of {asked[-1].name}"
        named = "" if effect is None else f" '{effect}' is neither a number nor 'pilot'."
        raise DesignError(
            f"plan: which effect is it to find?{named} State {what} that would matter: "
            f"--effect 0.8 (effect=0.8 in Python). Small pilots exaggerate effects, so the pilot's "
            "own is used only when asked for: --effect pilot (effect='pilot' in Python)."
        )
    if design.structure.factorial is not None:
        return _shifted(mu, effect, asked, log=log)
    wanted = dict(effect) if isinstance(effect, Mapping) else dict.fromkeys(groups[1:], effect)
    found = mu.copy()
    for g, label in enumerate(groups[1:], start=1):
        if label not in wanted:
            raise DesignError(
                f"plan: effect has no number for {label}: name every group but the first."
            )
        size = float(wanted[label])
        if log and size <= 0:
            raise DesignError(f"plan: effect is {size:g}; on a log scale it is a ratio above 0.")
        found[:, g] = mu[:, 0] + (np.log(size) if log else size)
    return found


def _shifted(
    mu: Array, effect: float | Mapping[str, float], asked: Sequence[Contrast], *, log: bool
) -> Array:
    """Return means moved as little as possible until every contrast has the size stated."""
    if isinstance(effect, Mapping):
        raise DesignError(
            "plan: with several factors the effect is one number, the size of the contrast that is "
            f"asked for: {asked[-1].name}."
        )
    if log and effect <= 0:
        raise DesignError(f"plan: effect is {effect:g}; on a log scale it is a ratio above 0.")
    size = float(np.log(effect)) if log else float(effect)
    weights = np.stack([c.weights for c in asked])
    missing = size - mu @ weights.T
    if np.linalg.matrix_rank(weights) < len(asked):
        raise DesignError(
            f"plan: {len(asked)} contrasts cannot all have the size {effect:g}, for some follow "
            "from others. Ask for one: --contrast '(b - a | y) - (b - a | x)'."
        )
    return np.asarray(mu + missing @ np.linalg.pinv(weights).T)


def _scattered(n: int) -> Array:
    """Midpoints of n equal parts of (0, 1), ordered so that any first few are spread evenly."""
    golden = 0.5 * (np.sqrt(5) - 1)
    rank = np.argsort(np.argsort((np.arange(n) * golden) % 1.0))
    return np.asarray((rank + 0.5) / n)
