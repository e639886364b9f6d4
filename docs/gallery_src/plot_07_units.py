"""
Forest of units
===============

The true mean of every mouse.
"""

import nestimate as ne

result = ne.compare(
    ne.example("mice"), value="glucose", group="arm", unit="mouse", options={"rope": (-0.3, 0.3)}
)
figure = result.plot_forest()
