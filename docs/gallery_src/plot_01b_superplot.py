"""
Readings, mice and groups: a superplot
======================================

The data alone, a colour for each mouse: readings small, means of mice large. Other kinds are
"gardner-altman" (the difference beside the data) and "cumming" (below it).
"""

import nestimate as ne

result = ne.compare(ne.example("mice"), value="glucose", group="arm", unit="mouse")
figure = result.plot_estimation("superplot")
