"""Checks that withhold the answer where they fail."""

from nestimate.inference.diagnostics import K_LIMIT
from nestimate.inference.fit import Fit
from nestimate.inference.nuts import R_HAT_LIMIT, Chains
from nestimate.remedies import Advice, Remedy
from nestimate.results.summaries import Check

#: Share of a posterior beyond its prior's end from which the answer is withheld.
AT_EDGE = 1e-3


def checks(fit: Fit, wanted: float) -> tuple[Check, ...]:
    """Return what must hold before a fit of which `wanted` effective draws were asked is shown."""
    k, ess = fit.pareto_k, fit.ess
    enough = Check.of(
        "ess",
        ess,
        passed=ess >= wanted,
        text=f"Effective draws behind the worst parameter: {ess:,.0f} (wanted: {wanted:,.0f}).",
    )
    if fit.chains is not None:
        return (*_chain_checks(fit.chains), enough)
    return (
        Check.of(
            "pareto_k",
            k,
            passed=k <= K_LIMIT,
            text=f"Pareto k of the importance weights is {k:.2f} (at most {K_LIMIT} is reliable).",
        ),
        enough,
        *_edge_checks(fit),
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
