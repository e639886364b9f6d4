"""Which scale of the half-t of an SD between units serves counts and shares: docs/calibration.md.

`python -m bench.link_scales` prints the table. Two groups of units with one count (or share) each;
the true difference is .5. Posteriors are worked out on a grid that shares no code with nestimate:
groups are independent given the data, so that one likelihood of (mu, tau) serves every prior.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import special, stats

Array = np.ndarray
EFFECT, TIMES, TOTAL = 0.5, 400, 20
STEP = 0.1
MU = np.arange(-14, 16 + STEP / 2, STEP)
M = np.arange(-24, 26, 0.04)
TAU = np.exp(np.linspace(np.log(0.06), np.log(40), 46))
KINDS = {"counts of 5": 5.0, "counts of 50": 50.0, "10 % of 20": 0.1, "50 % of 20": 0.5}
#: Units in each group, and the SD between them.
SIZES = [(n, n) for n in (3, 5, 8)]
ROWS = [
    *((sizes, (sd, sd)) for sizes in SIZES for sd in (0.3, 0.7, 1.5, 2.0, 2.5)),
    ((3, 20), (2.5, 0.3)),
    ((3, 3), (2.5, 0.3)),
    ((3, 8), (2.0, 0.5)),
]


@dataclass(frozen=True)
class Kind:
    """Counts about a mean, or shares of a total about a probability."""

    base: float
    total: int | None

    def drawn(self, rng: np.random.Generator, mu: float, sd: float, n: int) -> Array:
        """Return what is counted in n units."""
        m = self.base + rng.normal(mu, sd, n)
        if self.total is not None:
            return rng.binomial(self.total, special.expit(m)).astype(float)
        return rng.poisson(np.exp(np.minimum(m, self.base + 18))).astype(float)

    def likelihood(self, y: float) -> Array:
        """Return that of M, to a factor."""
        m = self.base + M
        if self.total is None:
            log = y * m - np.exp(m)
        else:
            log = y * special.log_expit(m) + (self.total - y) * special.log_expit(-m)
        return np.exp(log - log.max())

    def working(self, y: Array) -> tuple[Array, Array]:
        """Return logarithms or logits of half a count more, and their variances by chance."""
        if self.total is None:
            return np.log(y + 0.5) - self.base, 1 / (y + 0.5)
        yes, no = y + 0.5, self.total - y + 0.5
        return np.log(yes / no) - self.base, 1 / yes + 1 / no

    def centre(self, y: Array) -> float:
        """Return that of all rows as one."""
        if self.total is None:
            return float(np.log((y.sum() + 0.5) / y.size) - self.base)
        none = self.total * y.size - y.sum() + 0.5
        return float(np.log((y.sum() + 0.5) / none) - self.base)


#: From variances shown (chance taken off) and degrees of freedom to the scales of the half-t's.
Scales = Callable[[Array, Array], Array]


def _bounds(variance: Array, freedom: Array, confidence: float) -> Array:
    return np.sqrt(variance * freedom / stats.chi2.ppf(1 - confidence, freedom))


def _stated(scale: float) -> Scales:
    return lambda *_: np.full(2, scale)


def _pooled(variance: Array, freedom: Array) -> Array:
    both = float((variance * freedom).sum() / freedom.sum())
    return np.full(2, max(1.0, float(_bounds(np.array(both), freedom.sum(), 0.9))))


PRIORS: Mapping[str, Scales] = {
    "1": _stated(1.0),
    "1.25": _stated(1.25),
    "1.5": _stated(1.5),
    "2": _stated(2.0),
    "bound of both": _pooled,
    "bound of each": lambda variance, freedom: np.maximum(1, _bounds(variance, freedom, 0.8)),
}


def experiments(
    kind: Kind, sizes: tuple[int, int], spreads: tuple[float, float], seed: int = 1
) -> dict[str, tuple[float, float, float]]:
    """Return coverage, median width and mean interval score (Gneiting & Raftery 2007) by prior."""
    rng = np.random.default_rng(seed)
    draws = [
        tuple(
            kind.drawn(rng, mu, sd, n)
            for mu, sd, n in zip((0.0, EFFECT), spreads, sizes, strict=True)
        )
        for _ in range(TIMES)
    ]
    values = np.unique(np.concatenate([y for pair in draws for y in pair]))
    place = {y: i for i, y in enumerate(values)}
    known = np.stack([kind.likelihood(y) for y in values], axis=1).astype(np.float32)
    log = np.log(np.maximum([_kernel(tau) @ known for tau in TAU], 1e-37))
    freedom = np.array(sizes) - 1
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in (*PRIORS, "t")}
    for pair in draws:
        fits = [sum(log[:, :, place[y]].astype(float) for y in ys) for ys in pair]
        working = [kind.working(y) for y in pair]
        shown = [max(w.var(ddof=1) - v.mean(), 0.25 * w.var(ddof=1)) for w, v in working]
        mu = stats.norm.logpdf(MU, kind.centre(np.concatenate(pair)), 2.5)
        for name, scales in PRIORS.items():
            units = scales(np.array(shown), freedom)
            found[name].append(_ends(fits, units, mu))
        a, b = (w for w, _ in working)
        if a.var() + b.var() > 0:
            t = stats.ttest_ind(b, a, equal_var=False).confidence_interval()
            found["t"].append((float(t.low), float(t.high)))
    return {name: _summed(np.array(ends)) for name, ends in found.items()}


def _kernel(tau: float) -> Array:
    weights = np.exp(-0.5 * np.square((M - MU[:, None]) / tau))
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


def _ends(fits: list[Array], units: Array, mu: Array) -> tuple[float, float]:
    """Return the ends of the 95 % highest density interval of the difference."""
    means = []
    for fit, unit in zip(fits, units, strict=True):
        tau = stats.t.logpdf(TAU / unit, 4) - np.log(unit) + np.log(TAU)
        joint = fit + tau[:, None] + mu
        own = np.exp(joint - joint.max()).sum(axis=0)
        means.append(own / own.sum())
    density = np.convolve(means[1], means[0][::-1])
    order = np.argsort(-density)
    kept = order[: np.searchsorted(np.cumsum(density[order]), 0.95) + 1] - (MU.size - 1)
    return float((kept.min() - 0.5) * STEP), float((kept.max() + 0.5) * STEP)


def _summed(ends: Array) -> tuple[float, float, float]:
    low, high = ends.T
    missed = np.maximum(np.maximum(low - EFFECT, EFFECT - high), 0)
    width = high - low
    return float((missed == 0).mean()), float(np.median(width)), float((width + 40 * missed).mean())


def main(rows: list[int]) -> None:
    """Print lowest coverage over kinds, and means of widths and scores over those of scale 1."""
    for i in rows or range(len(ROWS)):
        sizes, spreads = ROWS[i]
        kinds = [
            Kind(np.log(at), None) if at >= 1 else Kind(special.logit(at), TOTAL)
            for at in KINDS.values()
        ]
        found = [experiments(kind, sizes, spreads) for kind in kinds]
        cells = [f"{sizes[0]} v {sizes[1]}", " and ".join(f"{s:g}" for s in dict.fromkeys(spreads))]
        for name in (*PRIORS, "t"):
            covers = min(one[name][0] for one in found)
            width, score = (np.mean([one[name][k] / one["1"][k] for one in found]) for k in (1, 2))
            cells.append(f"{covers:.3f} {width:.2f} {score:.2f}")
        print("|", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    main([int(i) for i in sys.argv[1:]])
