"""A plan as one file: HTML with figures, or Markdown."""

from nestimate.results.documents import html
from nestimate.results.documents.blocks import Grid, Picture, Prose, Report, Section
from nestimate.results.words.rounding import plain
from nestimate.studies import plan_figures, plan_words
from nestimate.studies.plan import Plan
from nestimate.studies.plan_phrases import goals_said


def render(plan: Plan, suffix: str) -> str:
    """Return the report of a plan as HTML or Markdown."""
    return html.written(contents(plan), plan, suffix)


def contents(plan: Plan) -> Report:
    """Return what the report says, part by part."""
    first, *rest = plan_words.answer(plan)
    curve = Picture(
        draw=plan_figures.curve,
        caption="Probability of the goal against size. Band: 95 % of the curve; dots with bars: "
        "designs simulated for themselves.",
    )
    frontier = Picture(draw=plan_figures.frontier, caption="What can be had for every cost.")
    surface = Picture(draw=plan_figures.surface, caption="All designs: units against readings.")
    several = len({row.shape.readings for row in plan.rows}) > 1
    options = {
        "goals": [goal.text for goal in plan.goals],
        "target": plan.target,
        "contrasts": list(plan.contrasts),
        "costs": vars(plan.costs),
        "lost": plan.lost,
        "prior changes": plan.options.priors,
        "robust": plan.options.robust or "units",
        "preset": plan.options.preset,
        "seed": plan.options.seed,
    }
    return Report(
        title="How many next time",
        subtitle=f"{goals_said(plan)}, with probability {plan.target:g}",
        sections=(
            Section(
                title="Answer",
                blocks=(
                    Prose(sentences=(first,), kind="answer"),
                    Prose(sentences=tuple(rest)),
                    curve,
                    Grid(
                        caption="Designs",
                        head=tuple(plan_words.table_head(plan)),
                        rows=tuple(map(tuple, plan_words.table_rows(plan))),
                        note=plan_words.table_note(plan),
                    ),
                    frontier,
                    *((surface,) if several else ()),
                ),
            ),
            Section(
                title="For the methods section",
                folded=True,
                blocks=(Prose(sentences=(plan_words.methods(plan),)),),
            ),
            Section(
                title="What it rests on",
                folded=True,
                blocks=(Prose(sentences=tuple(plan_words.assumptions(plan)), kind="list"),),
            ),
            Section(
                title="How far to trust it",
                folded=True,
                blocks=(Prose(sentences=tuple(plan_words.trust(plan)), kind="list"),),
            ),
            Section(
                title="What was asked",
                folded=True,
                blocks=(
                    Grid(
                        caption="",
                        head=("", ""),
                        rows=tuple((name, plain(value)) for name, value in options.items()),
                        kind="words",
                    ),
                ),
            ),
        ),
    )
