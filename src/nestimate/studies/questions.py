"""A plan's question, read into what is simulated: from a stated truth, or after a pilot."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from nestimate.data.designs.design import Design
from nestimate.data.designs.scales import SCALES
from nestimate.data.designs.stratum import Role
from nestimate.errors import DesignError, one_of
from nestimate.inference.fit import Fit
from nestimate.options import Options
from nestimate.results.estimates.asked import asked_contrasts
from nestimate.results.estimates.summaries import Question
from nestimate.studies import pilot
from nestimate.studies.factors import Factors
from nestimate.studies.goals import parse_goals
from nestimate.studies.request import Settings, Truth, counts, probability
from nestimate.studies.search import shapes_of
from nestimate.studies.shapes import Shape, Words, template
from nestimate.studies.simulations import Task
from nestimate.studies.truths import Part, Truths

#: Sizes looked at where none are named, and the most of them.
UNITS, READINGS, MOST_SHAPES = range(3, 41), range(1, 9), 5_000


def plan_from_truth(
    given: Truth | Mapping[str, Any],
    *,
    units: Sequence[int] | None,
    readings: Sequence[int] | None,
    goals: str | Sequence[str],
    target: float,
    settings: Settings,
    options: Options,
) -> tuple[Task, tuple[Shape, ...], dict[str, Any]]:
    """Read a plan with stated truths; what `made` needs, and what `Plan` keeps."""
    truth = Truth.of_mapping(given)
    blocked = bool(settings.blocks)
    factors = _factors(truth, blocked=blocked)
    deep = len(settings.subunits)
    inner = ("subunit",) if deep == 1 else tuple(f"subunit {i + 1}" for i in range(deep))
    words = Words(
        groups=tuple(truth.groups),
        subunits=inner,
        scale=options.scale,
        factors=factors,
        apart=False,
        uneven=(),
        **settings.words,
    )
    sizes = _sizes(units, blocked=blocked, inner=False)
    truths = truth.truths(
        blocked=blocked,
        units_in_blocks=blocked and max(sizes) > 1,
        levels=len(settings.subunits),
        log=options.scale == "log",
    )
    rows = counts("readings", READINGS if readings is None else readings, least=1)
    words, truths = _aligned(words, truths, blocked=blocked)
    truths = _with_parts(words, truths, truth, blocked=blocked)
    return _read(truths, words, (sizes, rows), goals, target, settings, options, truth.source)


def _factors(truth: Truth, *, blocked: bool) -> Factors | None:
    if not truth.factors:
        return None
    if truth.within and not blocked:
        raise DesignError(
            "plan: factors vary within something: say how many of it there are, --blocks 6:20, and "
            "what it is called, --block animal (blocks and words in settings in Python)."
        )
    return Factors.read(truth.factors, truth.groups, truth.within if blocked else ())


def _small(words: Words, *, blocked: bool) -> Design:
    """Return a small experiment of the planned kind, to see how the analysis reads it."""
    units = 1 if blocked else 2
    shape = Shape(
        readings=2,
        units=(units,) * len(words.groups),
        blocks=2 if blocked else 0,
        kinds=max(words.kinds, default=0) + 1,
        subunits=(2,) * len(words.subunits),
    )
    return template(shape, words)


def _aligned(words: Words, truths: Truths, *, blocked: bool) -> tuple[Words, Truths]:
    """Return words and truths with the cells of factors as the analysis orders and calls them."""
    factors = words.factors
    if factors is None:
        return words, truths
    design = _small(words, blocked=blocked)
    order = factors.of_group(design)
    known = replace(factors, cells=tuple(factors.cells[c] for c in order))
    called = replace(words, groups=design.groups, factors=known)
    return called, truths.ordered(order, known.kinds)


def _with_parts(words: Words, truths: Truths, truth: Truth, *, blocked: bool) -> Truths:
    """Return the truths with what each of several factors does between blocks."""
    strata = []
    if words.factors is not None and blocked:
        structure = _small(words, blocked=blocked).structure
        strata = [s for s in structure.strata if s.role is Role.EFFECT]
    known = [s.of for s in strata if s.of]
    for of in truth.effects:
        if of and not known:
            raise DesignError(
                f"plan: tau_effect: there is no factor '{of}' that differs from block to block by "
                "itself here: state one number, --tau-effect 0.5 (tau_effect=0.5 in Python)."
            )
        if of and of not in known:
            raise DesignError(f"plan: tau_effect: {one_of('factor', of, known)}")
    if not strata:
        return truths
    *inner, whole = strata
    spread = np.full(truths.mu.shape, truth.effect(whole.of))
    parts = tuple(
        Part(of=s.of, codes=structure.members(s), spread=np.full_like(spread, truth.effect(s.of)))
        for s in inner
    )
    return replace(truths, scales={**truths.scales, "tau_effect": spread}, parts=parts)


def plan_from_pilot(
    fit: Fit,
    effect: float | str | Mapping[str, float] | None,
    *,
    sizes: tuple[Sequence[int] | None, Sequence[int] | None],
    goals: str | Sequence[str],
    target: float,
    settings: Settings,
    options: Options,
) -> tuple[Task, tuple[Shape, ...], dict[str, Any]]:
    """Read a plan whose truths are a pilot's posterior; see `plan_from_truth`."""
    design = fit.model.design
    words = pilot.pilot_words(design)
    asked = asked_contrasts(design, _asked(words, options.question))
    truths = pilot.pilot_truths(fit, effect, asked)
    words, truths = _aligned(words, truths, blocked=design.block is not None)
    inside = _inner_counts(fit)
    if design.block is not None and not settings.blocks:
        settings = replace(settings, blocks=tuple(range(2, 31)))
    if design.block is None and settings.blocks:
        raise DesignError("plan: the pilot has no blocks, so it does not tell what they would do.")
    if inside and not settings.subunits:
        settings = replace(settings, subunits=inside)
    inner = design.block is not None and bool(design.levels)
    units = _sizes(sizes[0], blocked=design.block is not None, inner=inner)
    # One reading of a cell holds what cells differ by beside its error: more would lessen which?
    flat = not design.levels and (design.block is None or int(design.cells.max()) == 1)
    usual = (1,) if flat else READINGS
    rows = counts("readings", usual if sizes[1] is None else sizes[1], least=1)
    if flat and rows != (1,):
        raise DesignError(
            "plan: the pilot has one reading of each unit, so it does not tell what more readings "
            "would do. Plan with one reading (--readings 1), or state tau and sigma instead."
        )
    options = _as_pilot(options, fit, single=min(rows) == 1)
    source = f"{pilot.STRATA} draws of the posterior of the pilot {design.source}"
    return _read(truths, words, (units, rows), goals, target, settings, options, source)


def _as_pilot(options: Options, fit: Fit, *, single: bool) -> Options:
    """Return options by which groups have spreads of their own as they have in the pilot.

    Parameters
    ----------
    single
        Whether there are experiments of one reading, whose error is then no parameter.
    """
    chosen, structure = fit.model.assumptions, fit.model.design.structure
    cells = structure.factorial is not None
    readings = structure.block is not None and not structure.levels and (cells or not single)
    return replace(
        options,
        tau=options.tau or (None if cells else chosen.tau),
        sigma=options.sigma or (chosen.sigma if readings else None),
    )


def _inner_counts(fit: Fit) -> tuple[int, ...]:
    """Return typical members of each level inside the pilot's units."""
    levels = fit.model.design.levels
    found = []
    for outer, inner in pairwise(levels):
        found.append(max(1, round(inner.size / outer.size)))
    return tuple(found)


def _sizes(units: Sequence[int] | None, *, blocked: bool, inner: bool) -> tuple[int, ...]:
    if units is None:
        usual = range(1, 5) if inner else (1,)
        return counts("units", usual if blocked else UNITS, least=1 if blocked else 2)
    return counts("units", units, least=1 if blocked else 2)


def _read(
    truths: Truths,
    words: Words,
    sizes: tuple[tuple[int, ...], tuple[int, ...]],
    goals: str | Sequence[str],
    target: float,
    settings: Settings,
    options: Options,
    source: str,
) -> tuple[Task, tuple[Shape, ...], dict[str, Any]]:
    question = _asked(words, options.question)
    wanted = parse_goals(goals, question, SCALES[words.scale].measure)
    target = probability("target", target)
    if question.simultaneous or question.against is not None:
        raise DesignError(
            "plan: only intervals of one difference between groups at a time can be planned for: "
            "leave simultaneous and against out (options={'simultaneous': False, 'against': None})."
        )
    kinds = max(words.kinds, default=0) + 1
    if settings.lost and kinds > 1:
        raise DesignError(
            "plan: losses are not simulated where a factor lies between blocks: leave lost out "
            "(--lost-units), and start with as many more as you expect to lose."
        )
    shapes = shapes_of(
        *sizes,
        ratio=settings.shares(len(words.groups)),
        blocks=counts("blocks", settings.blocks, least=2, empty=True),
        subunits=settings.subunits,
        kinds=kinds,
    )
    if len(shapes) > MOST_SHAPES:
        raise DesignError(
            f"plan: {len(shapes):,} designs are too many to look at; name fewer units, readings or "
            "blocks."
        )
    largest = Shape(
        readings=max(s.readings for s in shapes),
        units=(max(max(s.units) for s in shapes),) * len(words.groups),
        blocks=max(s.blocks for s in shapes),
        subunits=settings.subunits,
        kinds=kinds,
    )
    planned = template(shapes[0], words)
    asked = asked_contrasts(planned, question)
    if question.rope is not None:  # options may be those of an analysis on another scale
        planned.differences.check_region(*question.rope)
    task = Task(
        truths=truths,
        words=words,
        largest=largest,
        assumptions=options.assumptions,
        question=question,
        asked=asked,
        goals=wanted,
        lost=settings.lost,
        seed=options.seed,
    )
    _check(task, shapes[0])
    kept = {
        "truths": truths,
        "words": words,
        "options": options,
        "question": question,
        "asked": asked,
        "goals": wanted,
        "target": target,
        "lost": settings.lost,
        "source": source,
    }
    return task, shapes, kept


def _asked(words: Words, question: Question) -> Question:
    """Return the question; of all that several factors tell, the interaction takes most units."""
    if words.factors is not None and question.contrast == "reference":
        return replace(question, contrast="interaction")
    return question


def _check(task: Task, shape: Shape) -> None:
    """Refuse assumptions or priors that the analysis would refuse, before any simulation."""
    task.run(shape, 0, "own")
