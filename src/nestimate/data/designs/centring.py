"""Products and powers of measurements, drawn as those of measurements less their means.

Where a measurement is 0 decides what the coefficients of `arm * year` mean, and not what the data
say: with years as they stand the column of a product varies a thousand times as much as what it
adds to the columns beside it, and a prior in units of that leaves its coefficient no room.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.formula import Formula
from nestimate.data.designs.model_frame import ModelFrame
from nestimate.errors import DesignError

Array = NDArray[np.float64]

#: Share of a column that may be rounding.
ROUNDING = 1e-9


def centring(frame: ModelFrame, formula: Formula, fixed: Array) -> Array | None:
    """Return the weights of the columns as written in those that are drawn, (written, drawn).

    The same weights turn the coefficients drawn into those written. None where these are the same
    but for the intercept, or where the columns do not follow from centred ones.

    Parameters
    ----------
    frame, formula, fixed
        The rows, the formula, and the columns of its fixed part as they are written.
    """
    measured = [name for name in formula.fixed_names if name not in frame.factors]
    middle = {name: float(frame.data[name].mean()) for name in measured}
    moved = replace(frame, data=frame.data.assign(**{n: frame.data[n] - middle[n] for n in middle}))
    # A logarithm, or knots that are stated, allow of no other origin: then of pieces alone.
    for tried in (moved, frame):
        turn = _weights(tried, formula, fixed)
        if turn is not None:
            break
    else:
        return None
    slopes = turn[1:, 1:] if (fixed[:, 0] == 1).all() else turn
    return None if np.array_equal(slopes, np.eye(len(slopes))) else turn


def _weights(frame: ModelFrame, formula: Formula, fixed: Array) -> Array | None:
    """Return the weights of columns in those of centred pieces; None where they do not follow."""
    try:
        with np.errstate(all="ignore"):
            pieces = frame.numbered(formula)
            for i in formula.fixed_atoms:
                name, atom = f"x{i}", formula.atoms[i]
                if pieces[name].dtype != "category" and not atom.basis:
                    pieces[name] = pieces[name] - pieces[name].mean()
            if not np.isfinite(pieces.select_dtypes("number")).all(axis=None):
                return None
            common = frame.matrices(formula.fixed, formula, pieces).common
    except DesignError:
        return None
    drawn = np.asarray(common.design_matrix, dtype=np.float64)
    if drawn.shape != fixed.shape:
        return None
    written, centred = (np.linalg.norm(columns, axis=0) for columns in (fixed, drawn))
    if not (centred > ROUNDING * written).all():
        return None
    found = np.linalg.lstsq(fixed / written, drawn / centred, rcond=None)[0]
    if not np.allclose(fixed / written @ found, drawn / centred, rtol=0, atol=ROUNDING):
        return None
    found[np.abs(found) < ROUNDING * np.abs(found).max(axis=0)] = 0.0
    turn = found * centred / written[:, None]
    whole = np.rint(turn)
    turn = np.where(np.abs(turn - whole) < ROUNDING, whole, turn)
    # Another origin of x makes exp(x) another multiple of itself.
    return turn if (np.diagonal(turn) == 1).all() else None
