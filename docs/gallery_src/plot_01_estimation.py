"""
Estimation plot
===============

Readings, units and groups on one axis, the difference beside them (Gardner-Altman).
"""

import nestimate as ne

result = ne.compare(
    ne.example("mice"), value="glucose", group="arm", unit="mouse", options={"rope": (-0.3, 0.3)}
)
figure = result.plot_estimation()
