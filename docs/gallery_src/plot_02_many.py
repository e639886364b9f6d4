"""
Estimation plot of many groups
==============================

More than eight groups are rows, the largest difference first (Cumming).
"""

import numpy as np

import nestimate as ne

rng = np.random.default_rng(3)
loss = dict(zip("ABCDEFGHIJKL", [0, 2, 18, 0, 5, 30, 1, 9, 0, 22, 3, 12], strict=True))
plate = {
    f"compound {name}": {
        f"{name}{well}": list(100 - less + rng.normal(0, 4) + rng.normal(0, 2, 3))
        for well in range(4)
    }
    for name, less in loss.items()
}
result = ne.compare(plate, reference="compound A")
figure = result.plot_estimation()
