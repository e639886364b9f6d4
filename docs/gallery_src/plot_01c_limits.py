"""
Values below a limit
====================

What is known by a limit only is a hollow triangle; counts and shares look the same, without triangles.
"""

import nestimate as ne

result = ne.compare(
    ne.example("zinc"), value="zinc", group="zone", options={"response": "censored", "scale": "log"}
)
figure = result.plot_estimation()
