"""
Sensitivity
===========

How far the answer leans on priors and on single mice.
"""

import nestimate as ne

result = ne.compare(
    ne.example("mice"), value="glucose", group="arm", unit="mouse", options={"rope": (-0.3, 0.3)}
)
figure = result.plot_sensitivity()
