"""
Screens
=======

Shrunken effects of thousands of endpoints (here 300), and how sure their signs are.
"""

import nestimate as ne

found = ne.screen(
    ne.example("proteins"),
    endpoint="protein",
    value="log2",
    group="arm",
    unit="mouse",
    options={"reference": "placebo", "workers": 1, "audit": 20},
)
figure = found.plot_volcano()

# %%
# The largest effects, and how sure their rank is.
figure = found.plot_ranks()
