"""
Posterior
=========

One quantity with its interval, zero and the ROPE.
"""

import nestimate as ne

result = ne.compare(
    ne.example("mice"), value="glucose", group="arm", unit="mouse", options={"rope": (-0.3, 0.3)}
)
figure = result.plot_posterior("drug - placebo")
