"""Made-up screens, as matrices and as tables."""

import numpy as np
import pandas as pd

from nestimate.studies.screen.reduced import Layout

ROLES = {"endpoint": "protein", "value": "y", "group": "arm", "unit": "mouse"}
FAST = {"workers": 1, "robust": "none"}


def layout(units, readings):
    cells = 2 * units
    return Layout(
        groups=("placebo", "drug"),
        cell=np.repeat(np.arange(cells), readings),
        group=np.repeat([0, 1], units),
        pair=None,
        names=tuple(f"m{c}" for c in range(cells)),
    )


def made(size, units, readings, *, share=0.1, sds=(0.5, 0.3), seed=0):
    """Readings (size, 2, units, readings) and effects: the screens of the plan."""
    rng = np.random.default_rng(seed)
    tau = 0.4 * np.exp(sds[0] * rng.standard_normal(size))
    sigma = 0.5 * np.exp(sds[1] * rng.standard_normal(size))
    effect = np.where(rng.random(size) < share, rng.standard_normal(size), 0.0)
    unit = tau[:, None, None] * rng.standard_normal((size, 2, units))
    unit[:, 1] += effect[:, None]
    noise = rng.standard_normal((size, 2, units, readings))
    return unit[..., None] + sigma[:, None, None, None] * noise, effect


def as_rows(values):
    endpoint, group, unit, _ = (index.ravel() for index in np.indices(values.shape))
    return pd.DataFrame(
        {
            "protein": [f"p{e:05d}" for e in endpoint],
            "arm": np.array(["placebo", "drug"])[group],
            "mouse": [f"m{g}{u}" for g, u in zip(group, unit, strict=True)],
            "y": values.ravel(),
        }
    )
