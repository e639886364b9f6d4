"""
Interaction
===========

Means of the cells of two factors; the estimation plot has the difference of differences (delta-delta).
"""

import numpy as np

import nestimate as ne

rng = np.random.default_rng(5)
rows = [
    {"litter": f"litter {k}", "genotype": ("WT", "KO")[k % 2], "treatment": drug, "weight": mean}
    for k, level in enumerate(rng.normal(10, 2, 10))
    for drug in ("vehicle", "drug")
    for mean in level + 3 * (drug == "drug") * (k % 2) + rng.normal(0, 1, 3)
]
result = ne.compare(rows, value="weight", group="genotype,treatment", block="litter")
figure = result.plot_interaction()
