"""How counts, proportions and limits are said in the model: equations, laws, and their priors."""

from collections.abc import Iterable

import numpy as np

from nestimate.data.designs.design import Design
from nestimate.data.designs.observed import LOCATION_SD, SCALE, Equation

#: Parameters by which readings have a scatter of their own.
SCATTER = {"excess", "sigma"}


def response_equations(design: Design, names: set[str], mean: str, unit: str) -> list[Equation]:
    """Return the lines that say how a reading comes out of the true mean of its unit.

    Parameters
    ----------
    names
        Of the parameters.
    mean, unit
        What that mean is called, `m[j]`, and what it is the mean of.
    """
    seen, scatter = design.observed, bool(SCATTER & names)
    return [] if seen is None else seen.equations(mean, unit, scatter=scatter)


def reading_law(design: Design, names: Iterable[str]) -> str:
    """Return what readings are taken to be: `negative binomial`; nothing where they are normal."""
    seen, scatter = design.observed, bool(SCATTER & {*names})
    return "" if seen is None else seen.law(scatter=scatter)


def link_prior_reasons(design: Design) -> str:
    """Say where the priors of log rates and logits come from."""
    what = design.chance.link
    return (
        f"The default priors are stated on the scale of {what}, where they need no unit from the "
        f"data: group means lie about the {what[:-1]} of all rows with an SD of {LOCATION_SD:g} "
        "(95 % within a factor of 130), the SD between units is half-Student-t with scale "
        f"{SCALE:g} (a typical unit differs from the middle by a factor of {np.exp(SCALE):.1f}, "
        "and may by much more), and the excess of readings over chance, on that same scale, with "
        "scale 1, where there are such."
    )


def averaged(design: Design, unit: str) -> dict[str, str]:
    """Say what is averaged over units, and what an excess is, by the kind of a row."""
    if design.observed is None:
        return {}
    rows = " and ".join(design.structure.standard.of)
    rows = rows and f"the {rows} of all rows"
    units = "" if design.unscattered else f"every {unit}"
    over = ", with ".join(filter(None, (units, rows)))
    # They stand among ratios, under P(> 1).
    above = "P is that of a difference above 0"
    typical = "the rates given for each group" if rows else f"the rates of a typical {unit}"
    return {
        "average": f"averaged over {over}{'' if rows else ' of the kind'}",
        "over": f"at the mean of {design.chance.link}",
        "difference": f"of {typical}; {above}",
        "risk_difference": "; ".join(filter(None, (over and f"over {over}", above))),
        "risk_ratio": over and f"over {over}",
        "excess": "of readings beyond chance; 0: Poisson, binomial",
    }
