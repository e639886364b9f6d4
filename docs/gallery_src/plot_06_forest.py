"""
Forest of blocks
================

The effect in every line, raw and as estimated, and in a line not yet seen.
"""

import nestimate as ne

result = ne.compare(ne.example("lines"), value="viability", group="treatment", block="line")
figure = result.plot_forest()
