"""A plan's question, read into what is simulated: from a stated truth, or after a pilot."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from nestimate.data.designs.scales import SCALES
from nestimate.errors import DesignError
from nestimate.inference.fit import Fit
from nestimate.options import Options
from nestimate.results.estimates.contrasts import choose_contrasts
from nestimate.studies import pilot
from nestimate.studies.goals import parse_goals
from nestimate.studies.request import Settings, Truth, counts, probability
from nestimate.studies.search import shapes_of
from nestimate.studies.shapes import Shape, Words
from nestimate.studies.simulations import Task
from nestimate.studies.truths import Truths

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
    deep = len(settings.subunits)
    inner = ("subunit",) if deep == 1 else tuple(f"subunit {i + 1}" for i in range(deep))
    words = Words(groups=tuple(truth.groups), subunits=inner, scale=options.scale, **settings.words)
    sizes = _sizes(units, blocked=blocked, inner=False)
    truths = truth.truths(
        blocked=blocked,
        units_in_blocks=blocked and max(sizes) > 1,
        levels=len(settings.subunits),
        log=options.scale == "log",
    )
    rows = counts("readings", READINGS if readings is None else readings, least=1)
    return _read(truths, words, (sizes, rows), goals, target, settings, options, truth.source)


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
    truths = pilot.pilot_truths(fit, effect)
    inside = _inner_counts(fit)
    if design.block is not None and not settings.blocks:
        settings = replace(settings, blocks=tuple(range(2, 31)))
    if design.block is None and settings.blocks:
        raise DesignError("plan: the pilot has no blocks, so it does not tell what they would do.")
    if inside and not settings.subunits:
        settings = replace(settings, subunits=inside)
    inner = design.block is not None and bool(design.levels)
    units = _sizes(sizes[0], blocked=design.block is not None, inner=inner)
    flat = not design.levels and (design.block is None or design.unreplicated)
    usual = (1,) if flat else READINGS
    rows = counts("readings", usual if sizes[1] is None else sizes[1], least=1)
    if flat and rows != (1,):
        raise DesignError(
            "plan: the pilot has one reading of each unit, so it does not tell what more readings "
            "would do. Plan with one reading (--readings 1), or state tau and sigma instead."
        )
    source = f"{pilot.STRATA} draws of the posterior of the pilot {design.source}"
    return _read(truths, words, (units, rows), goals, target, settings, options, source)


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
    question = options.question
    wanted = parse_goals(goals, question)
    target = probability("target", target)
    if question.simultaneous or question.against is not None:
        raise DesignError(
            "plan: only intervals of one difference between groups at a time can be planned for: "
            "leave simultaneous and against out (options={'simultaneous': False, 'against': None})."
        )
    measure = SCALES[words.scale].measure
    asked = choose_contrasts(words.groups, question.contrast, question.against, measure)
    shapes = shapes_of(
        *sizes,
        ratio=settings.shares(len(words.groups)),
        blocks=counts("blocks", settings.blocks, least=2, empty=True),
        subunits=settings.subunits,
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
    )
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
        "contrasts": tuple(c.name for c in asked),
        "goals": wanted,
        "target": target,
        "lost": settings.lost,
        "source": source,
    }
    return task, shapes, kept


def _check(task: Task, shape: Shape) -> None:
    """Refuse assumptions or priors that the analysis would refuse, before any simulation."""
    task.run(shape, 0, "own")
