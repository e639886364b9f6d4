"""Posterior draws in the field's container, for ArviZ and everything that reads it."""

from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np

from nestimate.model.families import CORRELATION
from nestimate.results.analyses.influence import cluster_names
from nestimate.results.analyses.sensitivity import log_priors
from nestimate.results.answer import Answer
from nestimate.results.estimates import estimands

if TYPE_CHECKING:
    from xarray import DataTree

#: Independent draws are dealt out to this many chains, so that chain diagnostics can be computed.
CHAINS = 4
#: Draws times data points up to which the density of each is given.
MOST = 20_000_000


def to_datatree(answer: Answer) -> "DataTree":
    """Return equally weighted draws as a DataTree.

    Groups
    ------
    posterior
        mu, tau, sigma, nu (dims chain, draw and, where there is one per group, group);
        difference and effect_size (contrast); in nested layouts unit_mean (unit), in
        blocked ones cell_mean (block, group).
    log_likelihood
        Log density of the readings of every unit (value, block) by itself, what lies inside it
        integrated out, on the scale that is analysed: `az.loo` leaves out one of them at a time.
        Absent where there is no such density (crossed factors, formulas without random terms), and
        with very many units.
    log_prior
        Log density of the priors, for `az.psense_summary`.
    observed_data
        The readings with their group and unit (dim reading); absent where only the mean, SD and n
        of every group are known.

    Notes
    -----
    With very many units, unit_mean has fewer draws than the parameters and stands in a group of
    its own, unit_posterior. The draws are independent and each has weight one; means and errors
    printed by nestimate come from the weighted draws and are a little more precise.
    """
    from arviz_base import from_dict  # noqa: PLC0415

    design, fit = answer.design, answer.fit
    taken = fit.draws.take(fit.resampled)
    draws = taken.named()
    shared = {p.name for p in answer.model.parameters if p.group is None}
    posterior = {
        name: _chains(found[:, 0] if name in shared else found) for name, found in draws.items()
    }
    own = {"beta": "coefficient", "rho": "pair"} | ({"tau": "term"} if design.formula else {})
    dims = {name: [own.get(name, "group")] for name in draws if name not in shared}
    headline = {"difference": estimands.difference}
    if design.block is None:
        headline["effect_size"] = estimands.effect_size
    for name, quantity in headline.items() if answer.asked else ():
        posterior[name] = _chains(np.stack([quantity(taken, c) for c in answer.asked], axis=1))
        dims[name] = ["contrast"]
    coords = {
        "group": list(design.groups),
        "contrast": [row.name for row in answer.contrasts],
        "unit": list(design.units),
        "block": [] if design.block is None else list(design.block.labels),
    }
    if design.formula is not None:
        coords["coefficient"] = list(design.formula.labels)
        coords["term"] = [s.name for s in design.structure.strata if not s.merged]
        coords["pair"] = [str(p.group) for p in answer.model.parameters if p.family == CORRELATION]
    groups = {"posterior": posterior}
    if fit.effects.size:
        complete = len(fit.effects) == len(fit.resampled)
        target = posterior if complete else groups.setdefault("unit_posterior", {})
        drawn = fit.effects[: len(fit.effects) // CHAINS * CHAINS]
        if design.block is None:
            target["unit_mean"], dims["unit_mean"] = _chains(drawn), ["unit"]
        else:
            cells = drawn.reshape(len(drawn), design.block.size, len(design.groups))
            target["cell_mean"], dims["cell_mean"] = _chains(cells), ["block", "group"]
    # The value column may be called as a parameter is, whose dims are others.
    value = design.roles.value
    free = value if value not in {*dims, *coords, *posterior, "reading"} else f"{value}_observed"
    if design.readings.reconstructed:
        return _described(from_dict(groups, coords=coords, dims=dims), answer)
    groups["observed_data"] = {free: design.readings.value}
    dims[free] = ["reading"]
    tree = from_dict(groups, coords=coords, dims=dims)
    labels = {"reading_group": np.array(design.groups)[design.readings.group]}
    if design.block is not None:
        labels["reading_block"] = np.array(design.block.labels)[design.block.codes]
    if design.levels:
        labels["reading_unit"] = np.array(design.units)[design.readings.unit]
    observed = tree["observed_data"].to_dataset()
    tree["observed_data"] = observed.assign_coords(
        {name: ("reading", found) for name, found in labels.items()}
    )
    return _described(tree, answer)


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
    return _weighed(tree, answer)


def _weighed(tree: "DataTree", answer: Answer) -> "DataTree":
    """Add what leaving out and power-scaling need: densities of the data points and of priors."""
    from xarray import Dataset  # noqa: PLC0415

    fit, design = answer.fit, answer.design
    if fit.chains is not None or (design.structure.merged and design.structure.home is None):
        return tree  # no density of a data point by itself: crossed factors, rows of a formula
    drawn, place = np.unique(fit.resampled, return_inverse=True)
    if drawn.size * design.structure.outer.codes.max() > MOST:
        return tree
    coords = {name: tree["posterior"].coords[name] for name in ("chain", "draw")}
    each = answer.model.log_likelihood_each(fit.draws.take(drawn))[:, place].T
    per = np.bincount(design.structure.outer.codes)
    each = each - per * np.log(design.yardstick.spread)
    what = "unit" if design.block is None else "block"
    named = cluster_names(design)
    found = {"data_point": (("chain", "draw", what), _chains(each))}
    tree["log_likelihood"] = Dataset(found, coords={**coords, what: list(named)})
    logs = log_priors(fit)
    priors = {name: (("chain", "draw"), _chains(own[fit.resampled])) for name, own in logs.items()}
    tree["log_prior"] = Dataset(priors, coords=coords)
    return tree


def _chains(draws: np.ndarray) -> np.ndarray:
    return draws.reshape(CHAINS, -1, *draws.shape[1:])
