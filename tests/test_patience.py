"""What takes its time is announced before, and is what it would be without hurry."""

import numpy as np
import pandas as pd
import pytest

import nestimate as ne
from nestimate.inference.diagnostics import ascending, ess, quantile
from nestimate.model import triangular


def said(rows, columns):
    proposals = ne.inspect(pd.DataFrame(rows, columns=columns)).proposals
    return [c for p in proposals for c in p.cautions if "means at once" in c]


@pytest.mark.parametrize("years", [5, 2])
def test_many_means_in_blocks_are_said_to_take_half_a_minute(years):
    rng = np.random.default_rng(1)
    rows = [
        (f"B{b}", 1929 + year, trt, int(rng.normal(300, 60)))
        for b in range(1, 5)
        for year in range(years)
        for trt in ("Jun-01", "Jun-15", "Jul-01", "Jul-15")
    ]
    found = said(rows, ["block", "year", "trt", "yield"])
    assert bool(found) == (years == 5)
    assert all("20 means at once take half a minute or more" in one for one in found)


def test_yes_and_no_met_again_in_animals_are_too():
    rng = np.random.default_rng(2)
    rows = [
        (f"X{k:02d}", week, ("placebo", "drug", "drug+")[k % 3], int(rng.random() < 0.7))
        for k in range(36)
        for week in (0, 2, 4, 6, 11)
    ]
    found = said(rows, ["ID", "week", "trt", "y"])
    assert any("15 means at once take half a minute or more" in one for one in found)


def test_triangles_are_solved_as_whole_matrices_are():
    rng = np.random.default_rng(3)
    half = rng.normal(size=(7, 5, 9))
    whole, points = half @ np.swapaxes(half, 1, 2), rng.normal(size=(7, 5))
    root = triangular.factor(whole)
    found = triangular.solved_back(root, triangular.solved(root, points))
    assert found == pytest.approx(np.linalg.solve(whole, points[..., None])[..., 0])
    back = triangular.solved(root, points)
    assert np.einsum("dij,dj->di", root, back) == pytest.approx(points)
    assert triangular.turned(root, triangular.solved_back(root, points)) == pytest.approx(points)
    assert 2 * triangular.log_diagonal(root) == pytest.approx(np.linalg.slogdet(whole)[1])


def test_a_matrix_that_rounding_has_made_flat_has_a_factor():
    flat = np.array([[[1.0, 1.0], [1.0, 1.0 - 1e-12]], [[2.0, 0.0], [0.0, 3.0]]])
    root = triangular.factor(flat)
    assert np.isfinite(root).all()
    assert root @ np.swapaxes(root, 1, 2) == pytest.approx(flat, abs=1e-9)


def test_equal_values_keep_their_order():
    values = np.array([2.0, 1.0, 2.0, 0.0, 1.0] * 40)
    assert (ascending(values) == np.argsort(values, kind="stable")).all()
    values = np.random.default_rng(4).normal(size=400)
    assert (ascending(values) == np.argsort(values, kind="stable")).all()


def test_effective_draws_are_those_of_the_mean_and_both_tails():
    rng = np.random.default_rng(5)
    x, weights = rng.normal(size=500), rng.gamma(1.0, size=500)
    weights /= weights.sum()
    cuts = quantile(x, weights, np.array([0.05, 0.95]))
    tests = [x, *((x <= cut).astype(float) for cut in cuts)]
    each = [
        np.cov(t, aweights=weights, ddof=0) / (weights**2 @ (t - weights @ t) ** 2) for t in tests
    ]
    assert ess(x[:, None], weights)[0] == pytest.approx(min(each))
