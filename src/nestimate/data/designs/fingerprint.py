"""A fingerprint of the data of a design: whether two answers are of the same numbers."""

import hashlib

import numpy as np

from nestimate.data.designs.design import Design


def fingerprint(design: Design) -> str:
    """Return the SHA-256 of readings, codes and, of a formula, its columns."""
    readings = design.readings
    digest = hashlib.sha256()
    codes = [level.codes for level in (design.block, *design.levels) if level is not None]
    sums = (readings.n, readings.ss, readings.error)
    for array in (readings.value, readings.group, readings.unit, *codes, *sums):
        digest.update(np.ascontiguousarray(array).tobytes())
    if design.formula is not None:
        digest.update(np.ascontiguousarray(design.formula.fixed).tobytes())
    return digest.hexdigest()
