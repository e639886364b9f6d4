"""Make a screen to try out: 20,000 proteins, 2 x 4 mice, 3 runs each; 5 % of them differ.

    python examples/make_screen.py proteins.parquet

Values are log2 intensities; weak ones are missing more often, as they are in mass spectrometry.
"""

import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

SIZE, MICE, RUNS = 20_000, 4, 3


def main(path: str) -> None:
    """Write the table, one reading per row."""
    rng = np.random.default_rng(20_000)
    shape = (SIZE, 2, MICE, RUNS)
    level = rng.normal(24, 2, SIZE)
    tau = 0.4 * np.exp(0.5 * rng.standard_normal(SIZE))
    sigma = 0.3 * np.exp(0.3 * rng.standard_normal(SIZE))
    effect = np.where(rng.random(SIZE) < 0.05, rng.normal(0, 1.2, SIZE), 0)
    mouse = level[:, None, None] + tau[:, None, None] * rng.standard_normal(shape[:3])
    mouse[:, 1] += effect[:, None]
    value = mouse[..., None] + sigma[:, None, None, None] * rng.standard_normal(shape)
    seen = rng.random(shape) > 1 / (1 + np.exp(value - 20))
    protein, arm, unit, _ = (index[seen] for index in np.indices(shape))
    table = {
        "protein": np.char.add("P", np.char.zfill(protein.astype(str), 5)),
        "arm": np.array(["placebo", "drug"])[arm],
        "mouse": np.array([f"m{i}" for i in range(2 * MICE)])[arm * MICE + unit],
        "log2": value[seen].round(3),
    }
    pq.write_table(pa.table(table), path, row_group_size=100_000)
    print(f"{seen.sum():,} readings of {SIZE:,} proteins written to {path}")


if __name__ == "__main__":
    main(sys.argv[1])
