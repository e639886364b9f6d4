"""The phrases that texts and pictures of a plan share."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.scales import SCALES
from nestimate.studies.estimates import Probability
from nestimate.studies.plan import Plan
from nestimate.studies.shapes import Shape


def goals_said(plan: Plan) -> str:
    """Return `the 95 % HDI excludes 0`, for all goals."""
    measure = SCALES[plan.words.scale].measure
    said = [goal.said(plan.question, measure) for goal in plan.goals]
    several = f" (for each of {', '.join(plan.contrasts)})" if len(plan.contrasts) > 1 else ""
    of = f" of {plan.contrasts[0]}"
    kind = f" {plan.question.ci_kind.upper()}"
    said[0] = said[0].replace(kind, f"{kind}{of}", 1) if len(plan.contrasts) == 1 else said[0]
    return f"{' and '.join(said)}{several}"


def chance(found: Probability) -> str:
    """Return `0.82 (0.80 to 0.84)`."""
    return f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})"


def size(plan: Plan, shape: Shape) -> str:
    """Return `8 mice in each group with 3 readings each`."""
    words, reads = plan.words, _reads(plan, shape)
    unit = words.unit
    if shape.blocks:
        inside = ""
        if max(shape.units) > 1:
            inside = f" with {shape.units[0]} {many(unit)} of each {words.cell}"
        cell = "each" if inside else f"for each {words.inside}"
        kinds = f" for each {words.between}" if words.between else ""
        return f"{shape.blocks} {many(words.block)}{kinds}{inside}, {reads} {cell}"
    if len(set(shape.units)) == 1:
        where = f"{shape.units[0]} {many(unit)} in each {words.cell}"
    else:
        first, *others = zip(shape.units, words.groups, strict=True)
        parts = [f"{first[0]} {many(unit)} in {first[1]}", *(f"{n} in {g}" for n, g in others)]
        where = listed(parts)
    return f"{where} with {reads} each"


def short(plan: Plan, shape: Shape) -> str:
    """Return `8 mice x 3`: units and readings."""
    parts = [f"{shape.blocks} {many(plan.words.block)}"] if shape.blocks else []
    if not shape.blocks or max(shape.units) > 1:
        counts = shape.units if len(set(shape.units)) > 1 else shape.units[:1]
        parts.append(f"{'+'.join(map(str, counts))} {many(plan.words.unit)}")
    return " x ".join([*parts, *map(str, shape.subunits), str(shape.readings)])


def _reads(plan: Plan, shape: Shape) -> str:
    inner = [
        f"{n} {many(name) if n > 1 else name} of"
        for n, name in zip(shape.subunits, plan.words.subunits, strict=True)
    ]
    readings = f"{shape.readings} reading{'s' if shape.readings > 1 else ''}"
    return " ".join([*inner, readings])


def totals(plan: Plan, shape: Shape) -> str:
    """Return `16 mice, 48 readings`."""
    blocks = f"{shape.total_blocks} {many(plan.words.block)}, " if shape.blocks else ""
    units = ""
    if not shape.blocks or max(shape.units) > 1:
        units = f"{shape.total_units} {many(plan.words.unit)}, "
    return f"{blocks}{units}{shape.total_readings} readings altogether"


def effect(plan: Plan) -> str:
    """Return the effect that is assumed."""
    words, log = plan.words, plan.words.scale == "log"
    if not plan.stated:
        gaps = plan.truths.mu @ np.stack([c.weights for c in plan.asked]).T
        said = np.exp(gaps) if log else gaps
        what = "ratio" if log else "difference"
        if not plan.truths.one_effect(plan.asked):
            low, middle, high = np.quantile(said[:, -1], [0.1, 0.5, 0.9])
            return (
                f"the pilot's own {what} {plan.contrasts[-1]}, median {middle:.3g} (80 % between "
                f"{low:.3g} and {high:.3g}), with all its uncertainty. Small pilots exaggerate "
                "effects"
            )
        parts = [f"{d:.4g} ({name})" for name, d in zip(plan.contrasts, said[0], strict=True)]
        return f"a stated {what} in {words.value} of {listed(parts)}"
    means = np.exp(plan.truths.mu[0]) if log else plan.truths.mu[0]
    parts = [f"{g} {m:g}" for g, m in zip(words.groups, means, strict=True)]
    if len(parts) == 2:
        gap = means[1] / means[0] if log else means[1] - means[0]
        what = "a ratio" if log else "a difference"
        return f"{what} of {gap:.4g} in {words.value} ({listed(parts)})"
    return f"means of {words.value} of {listed(parts)}"


def spreads(plan: Plan) -> str:
    """Return the spreads that are assumed."""
    s, words, blocked = plan.truths.scales, plan.words, bool(plan.rows[0].shape.blocks)
    parts = []
    if blocked:
        parts += [
            f"between {many(words.block)}{name} {value}"
            for name, value in _by_group(s["tau_block"], words.groups)
        ]
        parts += [
            f"of the effect from {words.block} to {words.block}{name} {value}"
            for name, value in _by_group(s["tau_effect"], words.groups)
            if s["tau_effect"].any()
        ]
        parts += [
            f"of the effect of {part.of} from {words.block} to {words.block}{name} {value}"
            for part in plan.truths.parts
            for name, value in _by_group(part.spread, words.groups)
        ]
        parts += [
            f"between {many(words.unit)} of a cell{name} {value}"
            for name, value in _by_group(s["tau_unit"], words.groups)
            if (s["tau_unit"] > 0).any() and max(max(r.shape.units) for r in plan.rows) > 1
        ]
    else:
        parts += [
            f"between {many(words.unit)}{name} {value}"
            for name, value in _by_group(s["tau"], words.groups)
        ]
    parts += [
        f"between {many(level)}{name} {value}"
        for i, level in enumerate(words.subunits)
        for name, value in _by_group(s["tau_subunits"][:, i], words.groups)
    ]
    if s["sigma"].any():  # none where every unit is one value
        parts += [
            f"between readings{name} {value}" for name, value in _by_group(s["sigma"], words.groups)
        ]
    heavy = ""
    if np.isfinite(plan.truths.nu).any():
        named = many(words.block if blocked else words.unit)
        heavy = f"; {named} Student-t with {_typical(plan.truths.nu)} degrees of freedom"
    said = {"log": "of logarithms "}.get(words.scale, "") + listed(parts)
    return said + heavy


def _by_group(own: NDArray[np.float64], groups: Sequence[str]) -> list[tuple[str, str]]:
    """Name and typical value of the spread of each group, or of the one that they share."""
    alike: dict[bytes, list[int]] = {}
    for g, spread in enumerate(own.T):
        alike.setdefault(spread.tobytes(), []).append(g)
    each = [(listed([groups[g] for g in same]), own[:, same[0]]) for same in alike.values()]
    return [(f" of {of}" if len(each) > 1 else "", _typical(spread)) for of, spread in each]


def _typical(values: NDArray[np.float64]) -> str:
    if values.size == 1 or np.ptp(values) == 0:
        return f"{values.ravel()[0]:.3g}"
    low, middle, high = np.quantile(values, [0.1, 0.5, 0.9])
    return f"{middle:.3g} (80 % between {low:.3g} and {high:.3g})"


def lost_word(plan: Plan) -> str:
    """Return what is lost: units, or blocks where there are some."""
    return many(plan.words.block if plan.rows[0].shape.blocks else plan.words.unit)


#: Plurals that no rule gives.
IRREGULAR = {"mouse": "mice", "louse": "lice", "person": "people", "child": "children"}


def many(word: str) -> str:
    """Return the plural of a word: `mice`, `dishes`, `flies`, `wells`."""
    lower = word.casefold()
    for single, plural in IRREGULAR.items():
        if lower.endswith(single):
            return word[: len(word) - len(single)] + plural
    if not lower.isalpha() and not lower[-1:].isalpha():
        return word
    if lower.endswith(("s", "x", "z", "ch", "sh")):
        return f"{word}es" if lower != "mice" else word
    if lower.endswith("y") and lower[-2:-1] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}s"


def price(plan: Plan, cost: float) -> str:
    """Return `, for 2,304`; nothing where no costs were stated."""
    return f", for {money(cost)}" if plan.priced else ""


def money(cost: float) -> str:
    """Return a cost: `2,304`."""
    return f"{cost:,.0f}" if cost >= 100 or cost == round(cost) else f"{cost:,.2f}"


def listed(parts: Sequence[str]) -> str:
    """Return `a, b and c`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
