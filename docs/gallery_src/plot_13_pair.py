"""
Pairs
=====

How knowing one quantity would change another.
"""

import nestimate as ne

result = ne.compare(ne.example("lines"), value="viability", group="treatment", block="line")
figure = result.plot_pair()
