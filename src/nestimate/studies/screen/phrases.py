"""A screen in words: for a terminal, a report, and the methods of a paper."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nestimate.remedies import Advice, Remedy, Voice, said
from nestimate.results.words import lines
from nestimate.studies.screen.found import Found
from nestimate.studies.screen.learnt import MOST
from nestimate.studies.screen.pools import POOLS
from nestimate.studies.screen.run import DOUBTED, LEARN
from nestimate.studies.screen.score import FAR

#: False sign rate that texts speak of, and rows that they show.
RATE, SHOWN = 0.05, 12
#: By which factor spreads of endpoints of one unit of measurement hardly ever differ.
ONE_UNIT = 100.0

#: What the numbers of hits are.
KEY = (
    "lfsr: probability that the sign is wrong or there is no difference; s value: its mean over "
    "all endpoints as sure or surer; shrunk: the effect in the light of all others; rank: by its "
    "size, with a 95% interval."
)


def render(found: Found, voice: Voice = "python") -> str:
    """Return the screen as text, options said in one voice."""
    rows = hits_rows(found, SHOWN)
    parts = [
        _section("Design", design(found), voice),
        _section("Answer", answer(found), voice),
        *(
            ["Hits\n" + lines.table(hits_head(found), rows) + "\n" + lines.paragraph(KEY)]
            if rows
            else []
        ),
        _section("How far to trust it", trust(found), voice),
    ]
    return "\n\n".join(parts)


def _section(title: str, sentences: Sequence[str], voice: Voice) -> str:
    told = (lines.paragraph(lines.visible(said(sentence, voice))) for sentence in sentences)
    return "\n".join([title, *told])


def design(found: Found) -> list[str]:
    """Say what was screened."""
    columns, layout = found.outcome.columns, found.matrix.layout
    order = list(range(len(found.groups)))[::-1]
    readings = sum(int(columns[f"readings_{g}"].sum()) for g in order)
    told: list[str] = [
        f"{_endpoints(found)}, {found.contrast}; {_members(found)}; {readings:,} readings."
    ]
    lost = {g: int(columns[f"missing_{g}"].sum()) for g in order}
    if any(lost.values()):
        whole = {g: int(layout.expected[layout.group == g].sum()) for g in order}
        shares = [
            f"{lost[g] / max(whole[g] * len(found.matrix.names), 1):.1%} of "
            f"{'the readings of ' if i == 0 else ''}{found.groups[g]}"
            for i, g in enumerate(order)
        ]
        told.append(
            f"Missing: {', '.join(shares)}, "
            f"counted from {found.matrix.complete}; nothing is filled in. Where what is weak is "
            "missing more often, differences are understated."
        )
    out = Counter(found.columns()["status"][~found.estimated].tolist())
    if out:
        listed = "; ".join(f"{why}: {count:,}" for why, count in out.most_common(6))
        told.append(f"Not estimated, and listed with the reason: {sum(out.values()):,} ({listed}).")
    return [*told, *found.matrix.notes]


def _endpoints(found: Found) -> str:
    """Say how many there are."""
    count = len(found.matrix.names)
    return "1 endpoint" if count == 1 else f"{count:,} endpoints"


def _members(found: Found) -> str:
    """Say how many blocks and units there are."""
    layout = found.matrix.layout
    names = [own.name for own in found.members] or [found.roles.unit or "unit"]
    told = []
    if layout.kind.whole:
        told.append(f"{layout.kind.whole} ({names.pop(0)}): {', '.join(_seen(found))}")
    groups = {"units": layout.group[layout.first], "inner": layout.group}
    for name, (_, which) in zip(names, layout.kind.counts, strict=True):
        sizes = np.bincount(groups[which], minlength=len(found.groups))
        own = [f"{n} in {g}" for n, g in zip(sizes[::-1], found.groups[::-1], strict=True)]
        told.append(f"{name}: {', '.join(own)}")
    return "; ".join(told)


def _seen(found: Found) -> list[str]:
    """Say how many blocks saw which groups."""
    layout = found.matrix.layout
    pairs = zip(layout.members[0].labels, layout.group, strict=True)
    seen: dict[str, set[int]] = {}
    for block, group in pairs:
        seen.setdefault(block, set()).add(int(group))
    counts = Counter(tuple(sorted(own)) for own in seen.values())
    told = []
    for own, count in sorted(counts.items(), reverse=True):
        what = " and ".join(layout.groups[g] for g in own)
        told.append(f"{count} saw {'both' if layout.asked.plain else what}")
    return told


def answer(found: Found) -> list[str]:
    """Say what was found."""
    hits = found.selected(RATE)
    up = int((found.outcome.columns["shrunk"][hits] > 0).sum())
    above, below = sides(found)
    if not hits.size:
        return [
            f"No hits: of no set of endpoints can it be said which way they differ with at most "
            f"{RATE:.0%} of the signs wrong."
        ]
    return [
        f"{hits.size:,} hit{'' if hits.size == 1 else 's'} at a false sign rate of {RATE:.0%}: "
        f"{up:,} {above}, {hits.size - up:,} {below}. {_rate(found)}"
    ]


def _rate(found: Found) -> str:
    """Say what the rate of false signs is one of."""
    if found.options.effects == "flat":
        return (
            "That is a rate of signs alone: with flat effects no endpoint is taken for one without "
            "a difference, and where none has any a fifth of all are listed here all the same. "
            "Leave effects at 'mixture' to know."
        )
    return f"About {RATE:.0%} of these signs at most are wrong, or there is no difference."


def sides(found: Found) -> tuple[str, str]:
    """Say what it means that an effect is above, or below, 0."""
    named = found.matrix.layout.asked.sides
    if named is None:
        return "above 0", "below 0"
    return f"higher in {named[0]}", f"higher in {named[1]}"


def hits_head(found: Found) -> list[str]:
    """Return the heads of the table of hits."""
    interval = f"{found.options.ci_prob:.0%} interval"
    return ["endpoint", "mean", interval, "shrunk", "lfsr", "s value", "rank", "engine"]


def hits_rows(found: Found, most: int) -> list[list[str]]:
    """Return the surest hits."""
    c = found.outcome.columns
    return [
        [
            lines.visible(str(found.matrix.names[i])),
            f"{c['mean'][i]:.3g}",
            f"{c['ci_low'][i]:.3g} to {c['ci_high'][i]:.3g}",
            f"{c['shrunk'][i]:.3g}",
            f"{c['lfsr'][i]:.2g}",
            f"{c['s_value'][i]:.2g}",
            f"{c['rank'][i]:.0f} ({c['rank_low'][i]:.0f}-{c['rank_high'][i]:.0f})",
            str(c["engine"][i]),
        ]
        for i in found.selected(RATE)[:most]
    ]


def trust(found: Found) -> list[str]:
    """Say what it rests on, and how the two engines agree."""
    c, pool = found.outcome.columns, POOLS[found.options.pool]
    told = [f"Pooling ({pool.name}): {pool.says}.", *_trend(found)]
    typical = ", ".join(f"{name} {value:.3g}" for name, value in found.typical.items())
    told.append(f"Median over endpoints: {typical}.")
    told += [*_unequal(found), *_units_of_measurement(found)]
    engines = Counter(c["engine"].tolist())
    if engines["t"]:
        chosen = f"lfsr below {DOUBTED:g}, a unit more than {FAR:g} SDs off, or drawn at random"
        which = f" ({chosen})" if found.options.robust == "hits" else ""
        told.append(
            f"{engines['t']:,} endpoints{which} were analysed again with Student-t units: column "
            "engine. Their lfsr comes from draws and errs by about a tenth of itself."
        )
    if engines["normal (t failed)"]:
        told.append(
            f"{engines['normal (t failed)']:,} of them could not be sampled well enough, or hold "
            "unequal numbers of readings in their subunits (or units in blocks), and keep the "
            "numbers of normal units: look at them by `compare`."
        )
    audit = found.outcome.audit[c["engine"][found.outcome.audit] == "t"]
    if audit.size:
        gap = np.abs(c["lfsr"][audit] - c["lfsr_normal"][audit])
        told.append(
            f"Of {audit.size:,} drawn at random the lfsr of normal and of Student-t units differ "
            f"by {np.median(gap):.2g} (median), {gap.max():.2g} at most."
        )
    return told


def _unequal(found: Found) -> list[str]:
    """Say that arms take their own parts in the spread of an endpoint, where they do."""
    apart = _apart(found)
    told = [
        f"Over all endpoints {one}: each takes its own part in the spread of an endpoint."
        for one in apart
    ]
    if found.outcome.learnt.spreads.told:
        return told
    arms = " and ".join(_arms(found))
    few = f"Too few endpoints to tell whether {_counted(found)} scatter alike in {arms}"
    return [*told, f"{few}: they are taken to."]


def _apart(found: Found) -> list[str]:
    """Say how much arms, or groups inside of blocks, scatter beside the one that does least."""
    spreads, layout = found.outcome.learnt.spreads, found.matrix.layout
    told = [f"{_counted(found)} scatter {_times(_arms(found), spreads.factor)}"] * spreads.uneven
    groups, names = np.array(found.groups, dtype=object), [own.name for own in layout.members]
    what = f"{names[-1]} values" if len(names) > 1 else "readings"
    for own in layout.arms.seen:
        if np.ptp(spreads.inside[own]):
            times = _times(groups[own], spreads.inside[own])
            told.append(f"{what} inside {names[0]} scatter {times}")
    return told


def _times(names: NDArray[np.object_], factor: NDArray[np.float64]) -> str:
    """Say how many times the least of factors the others are."""
    order = np.argsort(factor, kind="stable")
    least, *others = zip(names[order], factor[order], strict=True)
    each = ", ".join(f"{own / least[1]:.2g} times as much in {name}" for name, own in others)
    return f"{each} as in {least[0]}, by their SDs"


def _counted(found: Found) -> str:
    """Name what counts towards the effect."""
    layout = found.matrix.layout
    return layout.kind.counted.format(*(own.name for own in layout.members))


def _arms(found: Found) -> NDArray[np.object_]:
    """Names of arms: what the groups of each have in common, and not those of all."""
    varying = [np.array(own) for own in found.labels.values() if len(set(own)) > 1]
    seen = found.matrix.layout.arms.seen
    each = ([np.unique(own[groups]) for own in varying] for groups in seen)
    return np.array([" ".join(own[0] for own in one if own.size == 1) for one in each], object)


def _units_of_measurement(found: Found) -> list[str]:
    """Doubt that all endpoints have one unit of measurement, where their spreads are too unlike."""
    if found.options.pool != "scales" or not found.estimated.any():
        return []
    columns = found.columns()
    each = [columns[name] for name in found.matrix.layout.scales.values()]
    spread = np.sqrt(np.square(each).sum(axis=0))
    low, high = np.quantile(spread[found.estimated], [0.05, 0.95])
    if high < ONE_UNIT * low:
        return []
    return [
        Advice(
            f"Mind: spreads of endpoints reach from {low:.2g} to {high:.2g} (nine of ten). Do all "
            "have one unit of measurement? Where not, what is learnt from all of them fits none: ",
            Remedy("pool", "icc" if found.matrix.replicated else "none"),
            ", or logarithms, ",
            Remedy("scale", "log2"),
            ".",
        )
    ]


def methods(found: Found) -> str:
    """Return the paragraph for a paper."""
    prior = _priors(found)
    unit, scatter = _model(found)
    mixture = (
        "The effects were taken to come from a mixture of normals about zero and exactly zero, "
        f"learnt by EM from up to {LEARN:,} endpoints (Stephens 2017), with the likelihood "
        "of the nested design. "
        if found.options.effects == "mixture"
        else "Effects had flat priors. "
    )
    return (
        f"{_estimated(found)} for {len(found.matrix.names):,} endpoints by a "
        f"hierarchical model in which the experimental unit is {unit}: {scatter}, "
        "all SDs being the endpoint's own. "
        f"Priors ({found.options.pool}, {prior}. {mixture}"
        f"{_again(found)}{_ratios(found)}Hits were "
        f"selected at a false sign rate of {RATE:g}, the mean local false sign rate of those "
        "selected. Missing readings were not imputed."
    )


def _ratios(found: Found) -> str:
    """Say how spreads were tied, for the methods of a paper."""
    return "".join(
        f"Over all endpoints {one}: in each they had this ratio. " for one in _apart(found)
    )


def _again(found: Found) -> str:
    """Say which endpoints were analysed again, for the methods of a paper."""
    said = {"all": "All endpoints", "hits": "Endpoints that might be hits", "none": ""}
    which = said[found.options.robust]
    return which and f"{which} were analysed again with Student-t units. "


def _estimated(found: Found) -> str:
    """Say what was estimated."""
    asked = found.matrix.layout.asked
    if asked.plain and asked.sides is not None:
        high, low = asked.sides
        return f"Differences between {high} and {low} were estimated"
    lent = " (all groups counting for the spreads)" if 0 in asked.weights else ""
    return f"The effect {asked.name} was estimated{lent}"


def _model(found: Found) -> tuple[str, str]:
    """Name the experimental unit, and say what scatters about what."""
    layout = found.matrix.layout
    kind, words = layout.kind, layout.scales.values()
    names = [own.name for own in found.members] or [found.roles.unit or "unit"]
    scatters = [text.format(*names) for text in kind.scatters]
    if layout.replicated:
        scatters.append(f"readings about their {kind.repeated.format(*names)}")
    told = [f"{text} (SD {word})" for text, word in zip(scatters, words, strict=True)]
    return kind.experimental.format(*names), ", ".join(told)


def _priors(found: Found) -> str:
    """Say which priors the scales have."""
    levels = found.outcome.learnt
    told = [
        "; ".join(f"{name} ~ {text}" for name, text in one.prior.said(1.0, sigma=True).items())
        for one in (levels.learnt[0], levels.learnt[-1])
    ]
    count = len(levels.learnt)
    if count == 1:
        return f"from up to {MOST:,} endpoints): {told[0]}"
    return (
        f"from up to {MOST:,} endpoints in each of {count} classes by the mean of their readings): "
        f"{told[0]} in the lowest, {told[1]} in the highest"
    )


def _trend(found: Found) -> list[str]:
    """Say how spreads follow the level."""
    classes = found.outcome.learnt.learnt
    if len(classes) == 1:
        return []
    low, high = (one.prior.middle for one in (classes[0], classes[-1]))
    told = ", ".join(f"{name} {value:.3g} and {high[name]:.3g}" for name, value in low.items())
    return [
        f"Spreads are learnt in {len(classes)} classes by the mean of the readings; medians in "
        f"the lowest and the highest: {told}."
    ]
