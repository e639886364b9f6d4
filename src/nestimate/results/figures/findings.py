"""What the title of a figure says: the finding in words, its numbers from the one place."""

from collections.abc import Sequence

from nestimate.data.designs.design import Design
from nestimate.results.answer import Answer
from nestimate.results.estimates.contrasts import Contrast
from nestimate.results.estimates.summaries import Summary
from nestimate.results.estimates.verdicts import sign_verdict
from nestimate.results.words.rounding import estimate, interval_name

#: Names that a title lists at most.
MOST = 3


def difference(row: Summary, contrast: Contrast, design: Design) -> str:
    """Say a difference: `drug lies 0.8 below placebo, 95 % HDI -2.1 to 0.4`."""
    mean, low, high = estimate(row)
    interval = f"{interval_name(row)} {low} to {high}"
    if contrast.sides is None:
        return f"{row.name} = {mean}, {interval}"
    this, that = contrast.sides
    this = f"{this[0].upper()}{this[1:]}" if contrast.stated else this
    return f"{design.differences.compared(this, that, mean, contrast.place)}, {interval}"


def interaction(answer: Answer) -> str:
    """Say the surest interaction; where none was asked for, what `differences` says."""
    both = [
        (row, c)
        for row, c in zip(answer.contrasts, answer.asked, strict=True)
        if c.interaction and row.p_gt_0 is not None
    ]
    if not both:
        return differences(answer)
    row, contrast = both[clearest([row for row, _ in both])]
    said = difference(row, contrast, answer.design)
    return f"Interaction: {said}"


def differences(answer: Answer) -> str:
    """Say the difference; of several, how many have a clear direction, and the clearest one."""
    rows, asked, design = answer.contrasts, answer.asked, answer.design
    if not rows:
        mean, low, high = estimate(answer.groups[0])
        return f"The mean is {mean}, {interval_name(answer.groups[0])} {low} to {high}"
    if any(c.interaction for c in asked):
        return interaction(answer)
    if len(rows) == 1:
        return difference(rows[0], asked[0], design)
    clear = [i for i, row in enumerate(rows) if sign_verdict(row.p_gt_0 or 0.0) != "open"]
    first = clearest(rows)
    if not clear:
        return f"Of {len(rows)} differences none has a clear direction"
    if len(clear) == len(rows) <= MOST:
        said = (
            f"{'Both' if len(rows) == 2 else f'All {len(rows)}'} differences have a clear direction"
        )
    elif len(clear) == 1:
        return (
            f"One of {len(rows)} differences has a clear direction: "
            f"{difference(rows[clear[0]], asked[clear[0]], design)}"
        )
    else:
        said = f"{len(clear)} of {len(rows)} differences have a clear direction"
    return f"{said}; {difference(rows[first], asked[first], design)}"


def clearest(rows: Sequence[Summary]) -> int:
    """Return the position of the difference whose direction is the surest."""
    return max(range(len(rows)), key=lambda i: sureness(rows[i]))


def sureness(row: Summary) -> tuple[float, float]:
    """Return by what differences are ordered, the surest last: probability, then size."""
    size = abs(float(row.measure.worked(row.mean))) / row.spread if row.spread else 0.0
    return abs((0.5 if row.p_gt_0 is None else row.p_gt_0) - 0.5), size


def names(found: Sequence[str]) -> str:
    """Return `m07`, `m07 and m09`, or `m07, m09, m11 and 4 more`."""
    if len(found) > MOST:
        return f"{', '.join(found[:MOST])} and {len(found) - MOST} more"
    return " and ".join([", ".join(found[:-1]), found[-1]]) if len(found) > 1 else found[0]
