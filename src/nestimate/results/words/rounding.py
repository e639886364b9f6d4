"""Numbers as text: never more digits than their Monte Carlo error supports."""

from collections.abc import Callable, Mapping
from math import floor, isfinite, log10, sqrt

from nestimate.data.designs.measures import Measure
from nestimate.results.estimates.summaries import Summary

#: Digits that a floating-point number holds.
DIGITS = 15
#: Decimals of what is rounded to millions.
MILLIONS = -6
#: Monte Carlo errors beyond which an end is known to lie on its side of zero.
SIDE = 2.0


def decimals(mcse: float, spread: float) -> int:
    """Return how many decimals a Monte Carlo error supports, never more than the spread needs.

    One unit of the last digit shown is at least half the error, so that another seed moves it by
    one or two; and it resolves a hundredth of the spread, no more, when the error allows.
    """
    if not isfinite(mcse) or not isfinite(spread) or spread <= 0:
        return 3
    coarsest = -floor(log10(max(0.5 * mcse, 1e-300)) + 1 - 1e-9)
    finest = 2 - floor(log10(spread)) - 1
    return min(coarsest, finest)


def number(value: float, places: int) -> str:
    """Return a number with so many decimals; rounded to tens or hundreds where negative.

    What is rounded to millions is written with powers of ten: its noughts are no digits.
    """
    if not isfinite(value):
        return "n/a"
    rounded = round(value, places)
    coarse = places <= MILLIONS
    if places > 6 or coarse or abs(rounded) >= 1e9:
        value = rounded if coarse or not rounded else value
        significant = max(places + 1 + floor(log10(abs(value))), 1) if value else 1
        if significant > DIGITS or not value:
            # Known exactly, such as a fixed parameter: as short as it can be said.
            return f"{value + 0.0:.12g}"
        powers = coarse or abs(value) < 1e-3 or (abs(rounded) >= 1e9 and places <= 0)
        return f"{value:.{significant - 1}e}" if powers else f"{value:.{places}f}"
    return f"{rounded + 0.0:.{max(places, 0)}f}"  # adding zero takes the sign off -0.0


def probability(value: float, ess: float = 10_000, *, fine: bool = False) -> str:
    """Return a probability with two or three digits, never a bare 0 or 1.

    Parameters
    ----------
    value
        The probability.
    ess
        Effective draws it was counted in: fewer of them say less of it.
    fine
        Whether three digits are wanted where the draws allow.
    """
    edge = 0.001 if ess >= 1000 else 0.01
    if value >= 1 - edge:
        return f"> {1 - edge:g}"
    if value <= edge:
        return f"< {edge:g}"
    wanted = 3 if fine or value > 0.99 or value < 0.01 else 2
    places = min(wanted, decimals(sqrt(value * (1 - value) / ess), 1e-3))
    return f"{value:.{max(places, 1)}f}"


def spoken(said: str) -> str:
    """Return a probability as it follows `is`: `above 0.999`, `0.57`."""
    return said.replace("> ", "above ").replace("< ", "below ")


def equated(said: str) -> str:
    """Return a probability as it follows its formula: `> 0.999`, `= 0.57`."""
    return said if said.startswith(("<", ">")) else f"= {said}"


def percent(mass: float) -> str:
    """Return 0.95 as `95 %` and 0.575 as `57.5 %`."""
    return f"{100 * mass:.6g} %"


def interval_name(summary: Summary) -> str:
    """Return `95 % HDI`."""
    joint = summary.ci_kind == "simultaneous"
    return f"{percent(summary.ci_prob)} {'joint interval' if joint else summary.ci_kind.upper()}"


def estimate(summary: Summary) -> tuple[str, str, str]:
    """Return mean, lower and upper end as text; `near 0` where a scale may be as good as none."""
    errors = summary.mcse_ci_low, summary.mcse_ci_high
    both = decimals(
        errors[1] if summary.reaches_zero else max(errors), spread_at(summary, summary.ci_high)
    )

    def end(value: float, error: float) -> str:
        own = decimals(error, spread_at(summary, value))
        places = summary.measure.alike(own, both)
        # Rounded as the other end, but an end that is not zero is not made zero by that.
        places = places if round(value, places) else own
        # On which side of zero it lies is said where it is known.
        return exact_end(value, places) if abs(value) > SIDE * error else said(value, places)

    said = number_of(summary.measure, positive=summary.positive)
    mean = said(summary.mean, decimals(summary.mcse_mean, spread_at(summary, summary.mean)))
    low = "near 0" if summary.reaches_zero else end(summary.ci_low, errors[0])
    return mean, low, end(summary.ci_high, errors[1])


def ends(low: float, high: float, measure: Measure) -> str:
    """Return an interval without Monte Carlo errors of its own: `0.4 to 1.9`.

    To a fiftieth of its width; of a ratio, each end as finely as its own size needs. An end that is
    not zero is not made zero by that.
    """
    bottom, top = (float(end) for end in measure.worked((low, high)))
    width = measure.told(top - bottom)
    said = []
    for end in (low, high):
        own = measure.error(end, width)
        said.append(exact_end(end, decimals(own / 50, own / 4)))
    return " to ".join(said)


def exact_end(end: float, places: int) -> str:
    """Return an end known exactly: not made zero by rounding, for then it has a side."""
    if end and not round(end, places):
        places = -floor(log10(abs(end)))
    return number(end, places)


def number_of(measure: Measure, *, positive: bool = False) -> Callable[[float, int], str]:
    """Return how a number is said: what lies above 0 whatever the data is not made 0 by rounding.

    Its error may be larger than itself, and then says nothing of how close to 0 it is.
    """
    return exact_end if positive or measure.above_zero else number


def spread_at(summary: Summary, value: float) -> float:
    """Return a quarter of the interval's width; of a ratio, in proportion to the value."""
    return summary.measure.error(value, max(summary.width, 1e-300) / 4)


def plain(value: object) -> str:
    """Return any value of the record as text."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} = {plain(inner)}" for name, inner in value.items()) or "none"
    if isinstance(value, list | tuple):
        return "; ".join(plain(inner) for inner in value) or "none"
    if isinstance(value, float):
        return f"{value:,.0f}" if 1000 <= abs(value) < 1e9 else f"{value:.4g}"
    return str(value)
