"""
Plans
=====

How probably an experiment reaches its goal, by the number of units.
"""

import nestimate as ne

planned = ne.plan(
    {"groups": {"placebo": 7, "drug": 8.5}, "tau": 1, "sigma": 0.8},
    units=range(6, 17),
    readings=[1, 2, 3],
    costs=(120, 8),
    settings={"simulations": 200, "audit": 10},
)
figure = planned.plot_curve()

# %%
# What can be had for every cost.
figure = planned.plot_frontier()

# %%
# All designs.
figure = planned.plot_surface()
