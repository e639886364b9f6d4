"""How counts, proportions and limits are said in the model: equations, laws, and their priors."""

from collections.abc import Iterable

from nestimate.data.designs.censored import Censored
from nestimate.data.designs.counted import Counted
from nestimate.data.designs.design import Design
from nestimate.data.designs.observed import LOCATION_SD, SCALE
from nestimate.data.designs.proportions import Proportions

Equation = tuple[str, str]


def response_equations(design: Design, names: set[str], mean: str, unit: str) -> list[Equation]:
    """Return the lines that say how a reading comes out of the true mean of its unit.

    Parameters
    ----------
    names
        Of the parameters.
    mean, unit
        What that mean is called, `m[j]`, and what it is the mean of.
    """
    seen, excess = design.observed, "excess" in names
    match seen:
        case Counted():
            over = f"{seen.of}[i] * " if seen.of else ""
            law = "NegativeBinomial(lambda[i], excess)" if excess else "Poisson(lambda[i])"
            said = f"count i of a {unit}, of the mean lambda[i]"
            said += "; variance lambda + excess^2 lambda^2" if excess else ""
            return [
                (f"y[i] ~ {law}", said),
                (f"lambda[i] = {over}exp({mean})", f"by the rate of its {unit}"),
            ]
        case Proportions():
            total = f"{seen.of}[i]" if seen.of else "1"
            law = f"BetaBinomial({total}, p[i], excess)" if excess else f"Binomial({total}, p[i])"
            said = f"how many of how many, in a {unit}"
            said += "; precision of the beta distribution 1 / excess^2" if excess else ""
            return [
                (f"y[i] ~ {law}", said),
                (f"p[i] = 1 / (1 + exp(-{mean}))", f"by the probability of its {unit}"),
            ]
        case Censored():
            limits = "of a value below or above its limit the probability of lying there counts"
            if "sigma" not in names:
                return [(f"y[i] = {mean}", limits)]
            return [(f"y[i] ~ Normal({mean}, sigma)", f"reading i of a {unit}; {limits}")]
    return []


def reading_law(design: Design, names: Iterable[str]) -> str:
    """Return what readings are taken to be: `negative binomial`; nothing where they are normal."""
    match design.observed:
        case Counted():
            return "negative binomial" if "excess" in names else "Poisson distributed"
        case Proportions():
            return "beta-binomial" if "excess" in names else "binomial"
        case Censored():
            return "normal, with the probability of lying beyond its limit for each censored one,"
    return ""


def link_prior_reasons(design: Design) -> str:
    """Say where the priors of log rates and logits come from."""
    what = "log rates" if design.measure.logarithmic else "logits"
    return (
        f"The default priors are stated on the scale of {what}, where they need no unit from the "
        f"data: group means lie about the {what[:-1]} of all rows with an SD of {LOCATION_SD:g} "
        "(95 % within a factor of 130), the SD between units is half-Student-t with scale "
        f"{SCALE:g} (a typical unit differs from the middle by a factor of 2.7, and may by much "
        "more), and so is the excess of readings over chance, on that same scale."
    )


def averaged(design: Design, unit: str) -> dict[str, str]:
    """Say what is averaged over units, and what an excess is, by the kind of a row."""
    if design.observed is None:
        return {}
    over = [] if design.unscattered else [f"over every {unit}"]
    # They stand among ratios, under P(> 1).
    above = "P is that of a difference above 0"
    return {
        "average": f"averaged over every {unit} of the kind",
        "difference": f"of the rates of a typical {unit}; {above}",
        "risk_difference": "; ".join([*over, above]),
        "risk_ratio": "".join(over),
        "excess": "of readings beyond chance; 0: Poisson, binomial",
    }
