"""Products and powers of measurements, drawn as those of measurements less their means.

Where a measurement is 0 decides what the coefficients of `arm * year` mean, and not what the data
say: with years as they stand the column of a product varies a thousand times as much as what it
adds to the columns beside it, and a prior in units of that leaves its coefficient no room.
"""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.atoms import Atom
from nestimate.data.designs.formula import Formula
from nestimate.data.designs.model_frame import ModelFrame
from nestimate.errors import DesignError

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

#: Share of a column that may be rounding.
ROUNDING = 1e-9
#: Share of a number that its values have to differ by.
DIGITS = 1e-11
#: Share of a number that is lost where one as large is taken off.
LOST = 1e-13
#: Ranges of a measurement beyond its ends from which 0 lies far.
FAR = 0.25


def far(column: Array) -> bool:
    """Whether 0 lies far from what was measured: a level there would be one that nobody saw."""
    low, high = float(column.min()), float(column.max())
    return max(low, -high) > FAR * (high - low)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Centring:
    """How the columns of a fixed part follow from those of measurements less their means.

    Attributes
    ----------
    turn
        Weights of the columns as written in those that are drawn, (written, drawn), which turn the
        coefficients drawn into those written; None where these are the same but for the intercept.
    anchored
        Numbers of the atoms of measurements whose origin is part of the model, as there is no
        column for what another one would add: the one of `x` in `y ~ arm:x`.
    bare
        Numbers of the atoms of powers and products that stand without what these are made of.
    """

    turn: Array | None
    anchored: tuple[int, ...]
    bare: tuple[int, ...]

    @classmethod
    def of(cls, frame: ModelFrame, formula: Formula, fixed: Array) -> Self:
        """Move every atom that can be moved.

        Parameters
        ----------
        frame, formula, fixed
            The rows, the formula, and the columns of its fixed part as they are written.
        """
        pieces = frame.numbered(formula)
        moved = {
            i: _moved(frame, formula.atoms[i], pieces[f"x{i}"].to_numpy(np.float64))
            for i in formula.fixed_atoms
            if pieces[f"x{i}"].dtype != "category"
        }
        for i in moved:
            _check_digits(formula.atoms[i], pieces[f"x{i}"].to_numpy(np.float64))
        weights = partial(_weights, frame, formula, fixed)
        turn = weights(pieces.assign(**{f"x{i}": f[0] for i, f in moved.items()}))
        anchored, bare = set[int](), set[int]()
        if turn is None:
            # What allows of no other origin is no matter to the rest.
            for i, forms in moved.items():
                tried = ((at, pieces.assign(**{f"x{i}": form})) for at, form in enumerate(forms))
                found = ((at, one, w) for at, one in tried if (w := weights(one)) is not None)
                at, pieces, better = next(found, (0, pieces, None))
                turn = turn if better is None else better
                anchored |= {i} if better is None else set()
                bare |= {i} if at else set()
        slopes = None if turn is None else turn[1:, 1:] if (fixed[:, 0] == 1).all() else turn
        same = slopes is None or np.array_equal(slopes, np.eye(len(slopes)))
        return cls(
            turn=None if same else turn,
            anchored=tuple(sorted(anchored)),
            bare=tuple(sorted(bare)),
        )


def _check_digits(atom: Atom, x: Array) -> None:
    """Refuse numbers of which rounding leaves too few digits to tell products and powers by."""
    most, varied = float(np.abs(x).max()), float(np.ptp(x))
    if 0 < varied < DIGITS * most:
        raise DesignError(
            f"'{atom.text}' lies at {x.mean():.6g}, and its values differ by {varied:.3g}: of so "
            "few digits nothing can be told. Take a number off first, and compare with what is "
            f"left: '{atom.text} - {np.floor(x.min()):.15g}' in a column of its own."
        )


def _moved(frame: ModelFrame, atom: Atom, piece: Array) -> tuple[Array, ...]:
    """Return an atom of measurements about means: of what it is computed from, and of itself."""
    if atom.column is not None:
        return (piece - piece.mean(),)
    columns = {name: frame.data[name].to_numpy(np.float64) for name in atom.value.columns}
    inmost = atom.value.about_means(columns)
    return (inmost,) if atom.basis else (inmost - inmost.mean(), piece - piece.mean())


def _weights(
    frame: ModelFrame, formula: Formula, fixed: Array, pieces: "pd.DataFrame"
) -> Array | None:
    """Return the weights of columns in those of moved pieces; None where they do not follow."""
    try:
        common = frame.matrices(formula.fixed, formula, pieces).common
    except DesignError:
        return None
    drawn = np.asarray(common.design_matrix, dtype=np.float64)
    if drawn.shape != fixed.shape:
        return None
    written, centred = (np.linalg.norm(columns, axis=0) for columns in (fixed, drawn))
    if (centred == 0).any():
        return None
    if not (centred > DIGITS * written).all():
        raise DesignError(
            f"formula '{formula.text}': of products or powers of numbers that lie so far from 0 "
            "rounding leaves too few digits. Take a number off these columns first, as 'x - 1000'."
        )
    # Columns about means lie apart: those written follow from them without loss, and back again.
    made = np.linalg.lstsq(drawn / centred, fixed / written, rcond=None)[0]
    if not np.allclose(drawn / centred @ made, fixed / written, rtol=0, atol=ROUNDING):
        return None
    made[np.abs(made) < LOST] = 0.0
    made = made * written / centred[:, None]
    off = np.maximum(ROUNDING, LOST * written / centred)
    own = np.diagonal(made)
    if not (np.abs(own - 1) < off).all():
        return None
    np.fill_diagonal(made, 1.0)
    try:
        turn = np.linalg.inv(made)
    except np.linalg.LinAlgError:
        return None
    whole = np.rint(turn)
    return np.where(np.abs(turn - whole) < ROUNDING, whole, turn)
