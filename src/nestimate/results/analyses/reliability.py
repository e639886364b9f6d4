"""What must hold of the draws for an answer to be shown."""

from nestimate.inference.diagnostics import K_LIMIT
from nestimate.inference.fit import AT_EDGE, LOOSE, Fit
from nestimate.inference.nuts import R_HAT_LIMIT, Chains
from nestimate.model import cubature
from nestimate.model.cluster_integral import ClusterIntegral
from nestimate.remedies import Advice, Remedy
from nestimate.results.estimates.summaries import Check

#: Effective draws from which an answer to fewer digits is worth having.
FEWEST_ESS = 1_000


def reliability_checks(fit: Fit, wanted: float) -> tuple[Check, ...]:
    """Return the checks of a fit of which so many effective draws were wanted."""
    others = _weight_checks(fit) if fit.chains is None else _chain_checks(fit.chains)
    # Fewer draws are enough only of draws that can be trusted.
    trusted = all(check.passed for check in others)
    enough = Check.of(
        "ess",
        fit.ess,
        passed=fit.ess >= wanted,
        text=_ess_text(fit.ess, wanted, trusted=trusted),
    )
    return (*others, enough)


def _weight_checks(fit: Fit) -> tuple[Check, ...]:
    """Return whether the weights can be trusted, and what they are weights of."""
    k = fit.pareto_k
    return (
        Check.of(
            "pareto_k",
            k,
            passed=k <= K_LIMIT,
            text=f"Pareto k of the importance weights is {k:.2f} (at most {K_LIMIT} is reliable).",
        ),
        *_integral_checks(fit),
        *_edge_checks(fit),
    )


def _ess_text(ess: float, wanted: float, *, trusted: bool) -> str:
    """Say how many effective draws there are, and what to ask for where that is enough for less."""
    said = f"Effective draws behind the worst parameter: {ess:,.0f} (wanted: {wanted:,.0f})."
    if not trusted or not FEWEST_ESS <= ess < wanted:
        return said
    enough = int(ess // FEWEST_ESS * FEWEST_ESS)
    return Advice(
        f"{said} Intervals steady to fewer digits need no more: ask for ",
        Remedy("ess", enough),
        ".",
    )


#: What is said of integrals that the usual number of points is not enough for.
MORE = ", of {} times as many points as usual in every draw"


def _integral_checks(fit: Fit) -> tuple[Check, ...]:
    """Return how exact integrals over clusters are; nothing where there are none."""
    if not isinstance(fit.model.density, ClusterIntegral):
        return ()
    more = MORE.format(cubature.PAIRS[fit.level] // cubature.PAIRS[0]) if fit.level else ""
    error, what = fit.integral_error, fit.model.design.structure.sampled
    return (
        Check.of(
            "integral",
            error,
            passed=error <= LOOSE,
            text=f"Integrals over every {what}{more}, done again with many "
            f"more points: log densities differ by {error:.2g} (SD over draws; at most {LOOSE} "
            "changes no answer).",
        ),
    )


def _edge_checks(fit: Fit) -> tuple[Check, ...]:
    """Return a check that fails where a prior cuts the posterior off; nothing where none does."""
    label, beyond = fit.at_edge
    if beyond <= AT_EDGE:
        return ()
    return (
        Check.of(
            "prior_edge",
            beyond,
            passed=False,
            text=f"The data put {label} where its prior has next to no mass (less than 1e-13), so "
            "that the prior would cut the answer off. Look for a wrong value in the data, or give "
            f"{label} a wider prior.",
        ),
    )


def _chain_checks(chains: Chains) -> tuple[Check, ...]:
    r_hat, divergences = chains.r_hat, chains.divergences
    return (
        Check.of(
            "r_hat",
            r_hat,
            passed=r_hat <= R_HAT_LIMIT,
            text=f"Largest r_hat of the chains is {r_hat:.3f} (at most {R_HAT_LIMIT} is reliable).",
        ),
        Check.of(
            "divergences",
            divergences,
            passed=divergences == 0,
            text=Advice(
                f"Transitions of NUTS that diverged: {divergences} (none is reliable; tighter "
                "priors of the scales are the remedy, such as ",
                Remedy("prior", "tau = halfnormal(SCALE)"),
                ").",
            ),
        ),
    )
