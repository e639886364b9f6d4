"""Posterior draws in the field's container, for ArviZ and everything that reads it."""

from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np

from nestimate.extras import require
from nestimate.model.draws import Draws, scale_terms
from nestimate.model.families import CORRELATION
from nestimate.results.answer import Answer
from nestimate.results.estimates import estimands
from nestimate.results.exports import checking
from nestimate.results.exports.checking import Clusters

if TYPE_CHECKING:
    from xarray import DataTree

#: Independent draws are dealt out to this many chains, so that chain diagnostics can be computed.
CHAINS = 4


def to_datatree(answer: Answer) -> "DataTree":
    """Return equally weighted draws as a DataTree.

    Groups
    ------
    posterior
        mu, tau, sigma, nu (dims chain, draw and, where there is one per group, groups);
        difference and effect_size (contrast); in nested layouts unit_mean (unit), in
        blocked ones cell_mean (block, groups).
    observed_data, posterior_predictive, prior_predictive
        What was measured, and what it is in data sets replicated with new units and blocks: means
        of units or blocks (`y_by_unit`), values where the layout is flat. Absent where only the
        mean, SD and n of every group are known.
    constant_data, replicated_readings
        The readings of units or blocks with the labels of both (dim reading), and replicated ones.
    log_likelihood
        Of every unit, or block, given the population, of all its readings together; of every value
        where the layout is flat. Absent where there is no closed form.
    log_prior, prior
        Log prior density of every family of parameters at the draws, and draws from the priors.

    Notes
    -----
    With very many units, unit_mean has fewer draws than the parameters and stands in a group of
    its own, unit_posterior. The draws are independent and each has weight one; means and errors
    printed by nestimate come from the weighted draws and are a little more precise.

    Raises
    ------
    DesignError
        When the extra `arviz` is not installed.
    """
    require("result.draws", "arviz", "arviz_base", "xarray")
    from arviz_base import from_dict  # noqa: PLC0415 - most answers are read without it

    design, fit = answer.design, answer.fit
    taken = fit.draws.take(fit.resampled)
    draws = taken.named()
    terms = design.structure
    if terms.stated is not None and "beta" in draws:
        draws["beta"] = draws["beta"] @ terms.stated.under(terms.labels).T
    shared = {p.name for p in answer.model.parameters if p.group is None}
    posterior = {
        name: _chains(found[:, 0] if name in shared else found) for name, found in draws.items()
    }
    spread = scale_terms(terms, answer.model.parameters)
    own = {"beta": "coefficient", "rho": "pair"} | {name: dim for name, (dim, _) in spread.items()}
    dims = {name: [own.get(name, "groups")] for name in draws if name not in shared}
    headline = {"difference": estimands.difference}
    if design.block is None:
        headline["effect_size"] = estimands.effect_size
    for name, quantity in headline.items() if answer.asked else ():
        posterior[name] = _chains(np.stack([quantity(taken, c) for c in answer.asked], axis=1))
        dims[name] = ["contrast"]
    coords = {
        "groups": list(design.groups),
        "contrast": [row.name for row in answer.contrasts],
        "unit": list(design.units),
        "block": list(design.structure.block_level.labels),
    }
    if design.formula is not None:
        coords["coefficient"] = list(design.formula.labels)
    coords["pair"] = [str(p.group) for p in answer.model.parameters if p.family == CORRELATION]
    coords |= dict(spread.values())
    groups = {"posterior": posterior}
    if fit.effects.size:
        complete = len(fit.effects) == len(fit.resampled)
        target = posterior if complete else groups.setdefault("unit_posterior", {})
        drawn = fit.effects[: len(fit.effects) // CHAINS * CHAINS]
        if design.block is None:
            target["unit_mean"], dims["unit_mean"] = _chains(drawn), ["unit"]
        else:
            cells = drawn.reshape(len(drawn), design.block.size, len(design.groups))
            target["cell_mean"], dims["cell_mean"] = _chains(cells), ["block", "groups"]
    # The value column may be called as a parameter is, whose dims are others.
    value = design.roles.value
    free = value if value not in {*dims, *coords, *posterior, "reading"} else f"{value}_observed"
    if design.readings.reconstructed:
        return _described(from_dict(groups, coords=coords, dims=dims), answer)
    dims[free] = ["reading"]
    clusters = Clusters.of(answer, free)
    dims[clusters.name] = [clusters.dim]
    if clusters.dim == "cluster":
        coords["cluster"] = list(clusters.labels)
    groups |= _checks(answer, taken, clusters, free, shared)
    tree = from_dict(groups, coords=coords, dims=dims)
    labels = {"reading_group": np.array(design.groups)[design.readings.group]}
    for what, level in (
        ("block", design.structure.block_level),
        ("unit", design.structure.unit_level),
    ):
        if level.size:
            labels[f"reading_{what}"] = np.array(level.labels)[level.codes]
    place = "observed_data" if clusters.name == free else "constant_data"
    tree[place] = (
        tree[place]
        .to_dataset()
        .assign_coords({name: ("reading", found) for name, found in labels.items()})
    )
    return _described(tree, answer)


def _checks(
    answer: Answer, taken: Draws, clusters: Clusters, value: str, shared: set[str]
) -> dict[str, dict[str, np.ndarray]]:
    """Return the groups by which a model is checked, each with its variables."""
    prior = checking.prior_draws(answer)
    rows = answer.design.plain.said(answer.design.rows)
    replicated, before = checking.posterior_data(answer), checking.prior_data(answer, prior)
    found = {
        "observed_data": {clusters.name: clusters.means(rows)},
        "posterior_predictive": {clusters.name: _chains(clusters.means(replicated))},
        "prior_predictive": {clusters.name: _chains(clusters.means(before))},
        "prior": {
            name: _chains(drawn[:, 0] if name in shared else drawn)
            for name, drawn in prior.named().items()
        },
        "log_prior": {
            f"log_prior_{name}": _chains(density)
            for name, density in checking.log_prior_densities(answer).items()
        },
    }
    if answer.asked:
        each = [estimands.difference(prior, contrast) for contrast in answer.asked]
        found["prior"]["difference"] = _chains(np.stack(each, axis=1))
    if clusters.name != value:
        found["constant_data"] = {value: rows}
        found["replicated_readings"] = {value: _chains(replicated)}
    densities = checking.log_densities(answer, taken, clusters)
    if densities is not None:
        found["log_likelihood"] = {clusters.name: _chains(densities)}
    return found


def _described(tree: "DataTree", answer: Answer) -> "DataTree":
    """Add what made the draws to a tree."""
    fit = answer.fit
    tree["posterior"].attrs.update(
        inference_library="nestimate",
        inference_library_version=version("nestimate"),
        seed=fit.seed,
        pareto_k=fit.pareto_k,
        ess=fit.ess,
        log_evidence=fit.log_evidence,
    )
    return tree


def _chains(draws: np.ndarray) -> np.ndarray:
    return draws.reshape(CHAINS, -1, *draws.shape[1:])
