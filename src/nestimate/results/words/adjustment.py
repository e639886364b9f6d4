"""What adjusting for covariates does to a difference, in a sentence."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from nestimate.data.designs.design import Design
from nestimate.data.designs.strata import own_scales, with_own
from nestimate.inference.diagnostics import mean_and_sd
from nestimate.inference.fit import Fit
from nestimate.model.model import Model
from nestimate.results.estimates.contrasts import Contrast
from nestimate.results.estimates.estimands import difference
from nestimate.results.words.rounding import number

#: Change of an error that is called next to none, as a share.
ALIKE = 0.05
#: Effective draws of the model without covariates.
PLAIN_ESS = 2_000


def with_narrowing(
    fit: Fit, beside: Design, covariates: Sequence[str], asked: Sequence[Contrast]
) -> Fit:
    """Return the fit, its design saying how wide the differences are without covariates.

    Parameters
    ----------
    fit
        The model with the slopes.
    beside
        The same design without them.
    covariates, asked
        What is adjusted for, and the differences that are asked for.
    """
    chosen = fit.model.assumptions
    priors = {n: p for n, p in chosen.priors.items() if not any(c in n for c in covariates)}
    own = own_scales(fit.model.design.structure)
    beside = replace(beside, structure=with_own(beside.structure, own))
    model = Model.from_design(beside, replace(chosen, prior=priors))
    said = narrowed(fit, Fit.from_model(model, ess=PLAIN_ESS, seed=fit.seed), covariates, asked)
    design = replace(fit.model.design, notes=(*fit.model.design.notes, *said))
    return replace(fit, model=replace(fit.model, design=design))


def narrowed(
    adjusted: Fit, plain: Fit, covariates: Sequence[str], asked: Sequence[Contrast]
) -> list[str]:
    """Say how wide differences are with covariates beside what they are without; or nothing.

    Parameters
    ----------
    adjusted, plain
        The model with the slopes, and the same without them.
    covariates, asked
        What is adjusted for, and the differences that are asked for.
    """
    if not asked or not plain.trusted(PLAIN_ESS / 2):
        return []
    own, other = (
        np.array([mean_and_sd(difference(fit.draws, c), fit.weights)[1] for c in asked])
        for fit in (adjusted, plain)
    )
    low, high = (float(end) for end in (np.min(own / other), np.max(own / other)))
    what = f"{asked[0].name} is" if len(asked) == 1 else f"the {len(asked)} differences is"
    what = f"Adjusted for {', '.join(covariates)} the posterior of {what}"
    if max(abs(low - 1), abs(high - 1)) < ALIKE:
        return [f"{what} about as wide as without."]
    span = number(low, 2) if number(low, 2) == number(high, 2) else ""
    span = span or f"{number(low, 2)} to {number(high, 2)}"
    return [f"{what} {span} times as wide as without."]
