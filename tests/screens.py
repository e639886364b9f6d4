"""Made-up screens, as matrices and as tables."""

import numpy as np
import pandas as pd

from nestimate.studies.screen.asked import Asked
from nestimate.studies.screen.layout import Layout, Member

ROLES = {"endpoint": "protein", "value": "y", "group": "arm", "unit": "mouse"}
FAST = {"workers": 1, "robust": "none"}


def layout(units, readings):
    cells = 2 * units
    return Layout(
        groups=("placebo", "drug"),
        asked=Asked.difference("placebo", "drug"),
        cell=np.repeat(np.arange(cells), readings),
        group=np.repeat([0, 1], units),
        expected=np.full(cells, readings),
        members=(Member(role="unit", name="mouse", labels=tuple(f"m{c}" for c in range(cells))),),
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


#: Roles of a screen of units inside blocks, and of subunits inside units.
INSIDE = {
    "blocks": {
        "endpoint": "protein",
        "value": "y",
        "group": "arm",
        "unit": "pup",
        "block": "litter",
    },
    "subunits": {"endpoint": "protein", "value": "y", "group": "arm", "unit": "mouse/slice"},
}


def made_inside(layout, size, outer, inner, readings, *, share=0.1, sds=(0.5, 0.4, 0.3), seed=0):
    """Readings of units inside blocks or subunits inside units, as rows, and effects.

    Arrays are (size, 2, outer, inner, readings), outer being blocks or the units of a group.
    """
    rng = np.random.default_rng(seed)
    spread = np.array([0.3, 0.4, 0.5]) * np.exp(np.array(sds) * rng.standard_normal((size, 3)))
    tau, between, sigma = (own[:, None, None, None, None] for own in spread.T)
    effect = np.where(rng.random(size) < share, rng.standard_normal(size), 0.0)
    y = tau * rng.standard_normal((size, 2, outer, 1, 1))
    if layout == "blocks":
        # A difference has twice the variance of what each group shows of a block.
        y = y / np.sqrt(2) + 5 * rng.standard_normal((size, 1, outer, 1, 1))
    y = y + between * rng.standard_normal((size, 2, outer, inner, 1))
    y = y + sigma * rng.standard_normal((size, 2, outer, inner, readings))
    y[:, 1] += effect[:, None, None, None]
    return y, effect


def layout_inside(layout, outer, inner, readings):
    """What the columns of `made_inside` are."""
    cells = 2 * outer * inner
    roles = {"blocks": ("block", "unit"), "subunits": ("unit", "subunit")}[layout]
    place = np.repeat(np.arange(2 * outer), inner)
    if layout == "blocks":
        place = np.tile(place[: outer * inner], 2)
    return Layout(
        groups=("placebo", "drug"),
        asked=Asked.difference("placebo", "drug"),
        cell=np.repeat(np.arange(cells), readings),
        group=np.repeat([0, 1], outer * inner),
        expected=np.full(cells, readings),
        members=tuple(
            Member(role=role, name=role, labels=tuple(f"{c:03d}" for c in codes))
            for role, codes in zip(roles, (place, np.arange(cells)), strict=True)
        ),
    )


def as_rows_inside(layout, values):
    endpoint, group, outer, inner, _ = (index.ravel() for index in np.indices(values.shape))
    arm = np.array(["placebo", "drug"])[group]
    if layout == "blocks":
        names = {
            "litter": [f"l{b}" for b in outer],
            "pup": [f"{a}{b}.{u}" for a, b, u in zip(group, outer, inner, strict=True)],
        }
    else:
        names = {
            "mouse": [f"m{a}{u}" for a, u in zip(group, outer, strict=True)],
            "slice": [f"s{i}" for i in inner],
        }
    protein = [f"p{e:05d}" for e in endpoint]
    return pd.DataFrame({"protein": protein, "arm": arm, **names, "y": values.ravel()})


def made_crossed(size, *, mice=4, readings=2, share=0.2, seed=0, between=True, effect=None):
    """Rows of two arms at two times, the arm between mice or within, and the effects.

    What a mouse shows at a time has half the variance of a difference, as `compare` has it.
    """
    rng = np.random.default_rng(seed)
    tau, sigma = (
        own[:, None, None, None, None]
        for own in np.array([[0.4], [0.5]])
        * np.exp(np.array([[0.4], [0.3]]) * rng.standard_normal((2, size)))
    )
    if effect is None:
        effect = np.where(rng.random(size) < share, rng.standard_normal(size), 0.0)
    # Arms, mice, times, readings.
    y = 2 * rng.standard_normal((size, 2 if between else 1, mice, 1, 1))
    y = y + tau / np.sqrt(2) * rng.standard_normal((size, 2, mice, 2, 1))
    y = y + sigma * rng.standard_normal((size, 2, mice, 2, readings))
    y[:, 1, :, 1] += effect[:, None, None]
    endpoint, arm, mouse, time, _ = (index.ravel() for index in np.indices(y.shape))
    name = [f"m{a if between else ''}{m}" for a, m in zip(arm, mouse, strict=True)]
    frame = pd.DataFrame(
        {
            "protein": [f"p{e:05d}" for e in endpoint],
            "arm": np.array(["placebo", "drug"])[arm],
            "time": np.array(["t1", "t2"])[time],
            "mouse": name,
            "y": y.ravel(),
        }
    )
    return frame, effect
