"""A plan in words: for a terminal, a report, and a grant or ethics application."""

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from importlib.metadata import version
from textwrap import fill, wrap

import numpy as np

from nestimate.options import Options
from nestimate.results.documents.reproduction import typed
from nestimate.results.words.lines import visible
from nestimate.results.words.rounding import percent
from nestimate.studies.estimates import Probability
from nestimate.studies.plan import SMALLER, Plan, Row
from nestimate.studies.plan_phrases import (
    chance,
    effect,
    goals_said,
    listed,
    lost_word,
    many,
    money,
    price,
    short,
    size,
    spreads,
    totals,
)

#: Columns of the text, of the head of a table's column; designs listed.
WIDTH, HEAD_WIDTH, MOST_ROWS = 80, 12, 16
#: Options of a plan that are also those of the analysis.
ANALYSIS = (
    *("robust", "tau", "sigma", "scale", "preset", "prior", "contrast", "rope"),
    *("ci_prob", "ci_kind"),
)
#: Share of wrong signs that is said in full; below, only that it is small.
FEW = 0.001


def render(plan: Plan) -> str:
    """Return the plan as text for a terminal."""
    parts = [
        _section("Answer", answer(plan)),
        f"Designs\n{_table(table_head(plan), table_rows(plan))}\n{_filled(table_note(plan))}",
        _section("What it rests on", assumptions(plan)),
        _section("How far to trust it", trust(plan)),
        "For the methods section\n"
        + fill(methods(plan), WIDTH, initial_indent="  ", subsequent_indent="  "),
        _section("Next", following(plan)),
    ]
    return visible("\n\n".join(parts))


def answer(plan: Plan) -> list[str]:
    """Return the sentences that the plan is made for."""
    row, found = plan.nearest, []
    goal = goals_said(plan)
    if plan.best is not None:
        found.append(f"{size(plan, row.shape)}: {goal} {_with(row.together)}.")
        kind = "cheapest" if plan.priced else "smallest"
        spent = f" and costs {money(row.cost)}" if plan.priced else ""
        among = f"It is the {kind} of {len(plan.rows)} designs that reaches {plan.target:g}"
        found.append(f"{among}{spent} ({totals(plan, row.shape)}).")
    else:
        found.append(_no_design(plan))
        limit = "" if np.isinf(plan.budget) else f" within the budget of {money(plan.budget)}"
        found.append(
            f"The most powerful design looked at{limit} is {size(plan, row.shape)}"
            f"{price(plan, row.cost)}: {goal} {_with(row.together)}."
        )
    if len(plan.goals) > 1 and row.goals:
        each = "; ".join(
            f"{g.text}: {chance(p)}" for g, p in zip(plan.goals, row.goals, strict=True)
        )
        found.append(f"Each goal by itself: {each}.")
    if plan.smaller is not None:
        scale = as_logarithm(plan)
        found.append(
            f"If the effect is only {SMALLER:g} times as large{scale}, the probability is "
            f"{chance(plan.smaller)}."
        )
    if plan.lost:
        found.append(
            f"{percent(plan.lost)} of the {lost_word(plan)} are taken to be lost; the numbers "
            "above are those to start with."
        )
    alike = [r for r in plan.alike if r is not plan.best]
    if plan.best is not None and alike:
        named = listed([short(plan, r.shape) for r in alike[:6]])
        more = f" and {len(alike) - 6} more" if len(alike) > 6 else ""
        found.append(f"As good within 5 % of the cost (x readings each): {named}{more}.")
    if plan.enough_readings is not None:
        counted = plan.words.block if row.shape.blocks else plan.words.unit
        few = plan.enough_readings
        found.append(f"More than {few} reading{'s' if few > 1 else ''} each save no {counted}.")
    if plan.stopped:
        found.append("Stopped early: the numbers rest on fewer simulations than were asked for.")
    return found


def as_logarithm(plan: Plan) -> str:
    """Say that so many times a ratio is meant of its logarithm; nothing of differences."""
    return {"log": " (as a logarithm)"}.get(plan.words.scale, "")


def _no_design(plan: Plan) -> str:
    if plan.ceiling < plan.target:
        return (
            f"No number of {many(plan.words.unit)} reaches {plan.target:g}: the effect lies where "
            f"the goal asks with probability {plan.ceiling:.2f} only."
        )
    several = f"None of {len(plan.rows)} designs" if len(plan.rows) > 1 else "This design does not"
    return f"{several} reach{'es' if len(plan.rows) > 1 else ''} {plan.target:g}."


def _with(found: Probability) -> str:
    if not found.simulations:
        return f"with probability {chance(found)}, read off the curve through simulated designs"
    return f"with probability {chance(found)}, by {found.simulations:,} simulated experiments"


def table_head(plan: Plan) -> list[str]:
    """Return the heads of the table of designs."""
    words = plan.words
    each = f" per {words.between}" if words.between else ""
    first = [f"{many(words.block)}{each}"] if plan.rows[0].shape.blocks else []
    if not first or max(max(r.shape.units) for r in plan.rows) > 1:
        first.append(f"{many(words.unit)} per {'cell' if first else words.cell}")
    return [*first, "readings each", "cost", "probability", "95 % interval", "simulated", ""]


def table_rows(plan: Plan) -> list[list[str]]:
    """Return the cheapest design for every number of readings, and the one before it."""
    chosen: list[Row] = []
    for readings in sorted({row.shape.readings for row in plan.rows}):
        mine = [row for row in plan.rows if row.shape.readings == readings]
        able = [row for row in mine if row.together.value >= plan.target]
        chosen.append(able[0] if able else max(mine, key=lambda row: row.together.value))
    listed = chosen[:MOST_ROWS]
    if plan.nearest not in listed:
        listed.append(plan.nearest)
    if plan.best is not None:
        before = [
            row
            for row in plan.rows
            if row.shape.readings == plan.best.shape.readings
            and row.shape.count == plan.best.shape.count - 1
        ]
        listed += [row for row in before if row not in listed]
    order = sorted(listed, key=lambda row: (row.shape.readings, row.shape.count))
    return [_row(plan, row) for row in order]


def _row(plan: Plan, row: Row) -> list[str]:
    shape, found = row.shape, row.together
    head = table_head(plan)
    first = [str(shape.blocks)] if shape.blocks else []
    if len(head) - 6 > len(first):
        units = sorted(set(shape.units)) if len(set(shape.units)) == 1 else shape.units
        first.append("+".join(map(str, units)))
    mark = ""
    if row is plan.best:
        mark = "<- cheapest"
    elif found.value < plan.target:
        mark = "too few"
    return [
        *first,
        str(shape.readings),
        money(row.cost),
        _beside_target(found.value, plan.target),
        f"{found.low:.2f} to {found.high:.2f}",
        f"{found.simulations:,}" if row.simulated else "-",
        mark,
    ]


def _beside_target(value: float, target: float) -> str:
    """Return a probability with two digits, or three where two would make it the target."""
    few = f"{value:.2f}"
    return f"{value:.3f}" if value < target and float(few) >= target else few


def table_note(plan: Plan) -> str:
    """Return what the table shows."""
    return (
        "For each number of readings the cheapest design that reaches the target, or the most "
        "powerful one. Designs with few or no simulations of their own are read off the curve "
        f"through all {plan.simulations:,}."
    )


def assumptions(plan: Plan) -> list[str]:
    """Return what is taken to be true, one sentence each."""
    found = [f"Effect: {effect(plan)}.", f"Standard deviations {spreads(plan)}."]
    shapes = {row.shape.readings for row in plan.rows}
    if 1 in shapes and not plan.rows[0].shape.blocks and len(shapes) > 1:
        found.append(
            f"With 1 reading each, spread between {many(plan.words.unit)} and error of a reading "
            "cannot be told apart in the analysis; the difference can be estimated all the same."
        )
    none = f"none were given, so that the number of {many(plan.words.unit)} counts"
    found.append(f"Costs: {_costs(plan) if plan.priced else none}.")
    return found


def _costs(plan: Plan) -> str:
    names = {"unit": plan.words.unit, "reading": "reading", "block": plan.words.block}
    if plan.rows[0].shape.blocks and max(max(r.shape.units) for r in plan.rows) == 1:
        names["unit"] = f"cell of {plan.words.block} and {plan.words.inside}"
    found = [
        f"{money(cost)} for one {names[name]}" for name, cost in vars(plan.costs).items() if cost
    ]
    return listed(found)


def trust(plan: Plan) -> list[str]:
    """Return how the numbers were made and how they may err."""
    row = plan.nearest
    found = [
        f"{plan.simulations:,} experiments were simulated and analysed by the model and priors of "
        "`compare`. Intervals of probabilities hold the error of simulation, not that of the "
        "assumptions."
    ]
    if row.shape.blocks and plan.words.between:
        found.append(
            f"One spread of {many(plan.words.block)} served every {plan.words.between} in these "
            "analyses (`--tau common`). "
            f"`compare` gives each its own by default, whose intervals are somewhat wider where "
            f"there are few {many(plan.words.block)}."
        )
    if row.simulated and any(goal.signed for goal in plan.goals):
        wrong = "fewer than 1 in 1,000" if row.wrong_sign < FEW else f"{100 * row.wrong_sign:.1f} %"
        found.append(f"A difference of the wrong sign is found in {wrong} of the experiments.")
    if np.isfinite(plan.exaggeration):
        found.append(
            f"In experiments that find a difference, its estimate is {plan.exaggeration:.2f} times "
            f"the true one on average{as_logarithm(plan)} (type M error)."
        )
    count, same = plan.audit
    if count:
        agreed = min(same.values())
        found.append(
            f"Audit: {count} of these experiments were analysed again, each by the full engine of "
            f"`compare`: the decision was the same in {agreed}."
        )
    if row.failed:
        found.append(
            f"{row.failed} experiments had no answer that can be trusted; they count as failures."
        )
    if not plan.stated and plan.ceiling < 1:
        found.append(
            f"Ceiling: with any number of {many(plan.words.unit)} the probability stays below "
            f"{plan.ceiling:.2f}, the probability that the effect lies where the goal asks."
        )
    return found


def methods(plan: Plan) -> str:
    """Return the paragraph for a paper, a grant or an ethics application."""
    words, row = plan.words, plan.nearest
    blocked = bool(row.shape.blocks)
    alone = blocked and max(row.shape.units) == 1
    unit = f"{words.inside} within each {words.block}" if alone else words.unit
    if alone and words.between:
        unit = f"{words.block} for {words.between}, and the {unit} for {words.inside}"
    source = plan.source or "[state where these numbers come from]"
    options = plan.options
    robust = options.robust_units
    heavy = words.block if blocked else words.unit
    family = f"Student-t distributed {many(heavy)}" if robust else "normal errors at every level"
    changed = ", ".join(f"{name} ~ {prior}" for name, prior in options.priors.items())
    priors = f"the {options.preset} priors of nestimate, whose scales follow each data set"
    priors += f", except {changed}" if changed else ""
    wrong = ""
    if row.simulated and any(goal.signed for goal in plan.goals):
        few = f"less than {100 * FEW:g} %"
        share = few if row.wrong_sign < FEW else f"{100 * row.wrong_sign:.1f} %"
        wrong = f" The probability of a difference of the wrong sign is {share}"
        if np.isfinite(plan.exaggeration):
            wrong += (
                f", and where a difference is found its estimate is on average "
                f"{plan.exaggeration:.2f} times the true one{as_logarithm(plan)}"
            )
        wrong += "."
    lost = ""
    if plan.lost:
        lost = (
            f" A loss of {percent(plan.lost)} of the {lost_word(plan)} was simulated, so the "
            "numbers are those to start with."
        )
    verdict = "" if plan.best is not None else " No design that was looked at reaches it."
    several = ""
    if plan.smaller is not None:
        several = (
            f" Were the effect {SMALLER:g} times as large, it would be {chance(plan.smaller)}."
        )
    count, same = plan.audit
    audit = ""
    if count:
        audit = (
            f" In {min(same.values())} of {count} of these experiments the full analysis, run one "
            "by one, came to the same decision."
        )
    made = f"nestimate {version('nestimate')} (seed {options.seed})"
    reached = row.together
    return (
        f"The experimental unit is the {unit}. Sample size was planned by simulation with {made}. "
        f"We assume {effect(plan)}, and standard deviations {spreads(plan)} (source: {source}). "
        "Each simulated experiment was analysed as the data will be, by a Bayesian hierarchical "
        f"model with {family}{_spread_of(plan)} and {priors}. The goal is that {goals_said(plan)}, "
        "with a "
        f"probability of at least {plan.target:g}.{verdict} An experiment of "
        f"{size(plan, row.shape)} ({totals(plan, row.shape)}) reaches it with probability "
        f"{reached.value:.2f} (95 % interval of the simulation {reached.low:.2f} to "
        f"{reached.high:.2f}; {reached.simulations:,} simulated experiments)."
        f"{several}{wrong}{audit}{lost}"
    )


def _spread_of(plan: Plan) -> str:
    """Say inside a sentence that what lies between blocks has one spread; nothing elsewhere."""
    between = plan.words.between if plan.nearest.shape.blocks else ""
    return between and f", one spread for every {between}"


def following(plan: Plan) -> list[str]:
    """Return what to do next."""
    words, shape = plan.words, plan.nearest.shape
    levels = "/".join([words.unit, *words.subunits])
    roles = {"value": words.value, "group": ",".join(words.columns)}
    roles |= {"block": words.block} if shape.blocks else {}
    roles |= {"unit": levels} if not shape.blocks or max(shape.units) > 1 else {}
    chosen = {name: value for name, value in asdict(plan.options).items() if name in ANALYSIS}
    changed = {n: v for n, v in chosen.items() if v != getattr(Options(), n)}
    called = shlex.join(typed({**roles, "reference": words.reference, **changed}))
    return [
        "Surer numbers: --simulations 4000. A picture: --figure plan.png. All of it: --report "
        "plan.html.",
        f"When the data are there: nestimate compare data.csv {called}",
    ]


def _filled(sentence: str) -> str:
    return fill(sentence, WIDTH, initial_indent="  ", subsequent_indent="  ")


def _section(title: str, sentences: Iterable[str]) -> str:
    body = "\n".join(
        fill(s, WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)
        for s in sentences
    )
    return f"{title}\n{body}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lay out a table whose heads are broken into short lines."""
    broken = [wrap(text, HEAD_WIDTH) or [""] for text in head]
    deep = max(map(len, broken))
    heads = [[""] * (deep - len(lines)) + lines for lines in broken]
    cells = [*(list(line) for line in zip(*heads, strict=True)), *(list(row) for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    last = len(head) - 1
    return "\n".join(
        "  "
        + "  ".join(
            cell.ljust(width) if i == last else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    )
