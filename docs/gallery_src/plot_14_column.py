"""
One column of a journal
=======================

89 mm wide, without its title, letters of 7 pt.
"""

import nestimate as ne

result = ne.compare(
    ne.example("mice"), value="glucose", group="arm", unit="mouse", options={"rope": (-0.3, 0.3)}
)
figure = result.plot_estimation(width=89, bare=True)
