"""What adjusting for covariates does to a difference, in a sentence."""

from collections.abc import Sequence
from dataclasses import replace

from nestimate.data.designs.design import Design
from nestimate.inference.diagnostics import mean_and_sd
from nestimate.inference.fit import Fit
from nestimate.model.model import Model
from nestimate.results.words.rounding import number

#: Change of an error that is called next to none, as a share.
ALIKE = 0.05
#: Effective draws of the model without covariates.
PLAIN_ESS = 2_000


def with_narrowing(fit: Fit, beside: Design, covariates: Sequence[str]) -> Fit:
    """Return the fit, its design saying how wide the first difference is without covariates.

    Parameters
    ----------
    fit
        The model with the slopes.
    beside
        The same design without them.
    covariates
        What is adjusted for.
    """
    chosen = fit.model.assumptions
    priors = {n: p for n, p in chosen.prior.items() if not any(c in n for c in covariates)}
    model = Model.from_design(beside, replace(chosen, prior=priors))
    said = narrowed(fit, Fit.from_model(model, ess=PLAIN_ESS, seed=fit.seed), covariates)
    design = replace(fit.model.design, notes=(*fit.model.design.notes, said))
    return replace(fit, model=replace(fit.model, design=design))


def narrowed(adjusted: Fit, plain: Fit, covariates: Sequence[str]) -> str:
    """Say how wide the first difference is with covariates beside what it is without.

    Parameters
    ----------
    adjusted, plain
        The model with the slopes, and the same without them.
    covariates
        What is adjusted for.
    """
    groups = adjusted.model.design.groups
    if len(groups) < 2:
        return "Nothing is compared."
    (_, own), (_, other) = (
        mean_and_sd(fit.draws.means[:, 1] - fit.draws.means[:, 0], fit.weights)
        for fit in (adjusted, plain)
    )
    ratio = float(own / other)
    sign = adjusted.model.design.differences.sign
    what = (
        f"Adjusted for {', '.join(covariates)} the posterior of {groups[1]} {sign} {groups[0]} is"
    )
    if abs(ratio - 1) < ALIKE:
        return f"{what} about as wide as without."
    return f"{what} {number(ratio, 2)} times as wide as without."
