"""Coefficients of a formula as they are coded against stated references, told from those drawn."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Share of a column that may be rounding; entries so near a whole number are that number.
ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Coding:
    """What the coefficients are called that are said, and how they follow from those drawn.

    Attributes
    ----------
    labels, shifts, alone
        As in `Structure`.
    turn
        Weights of the coefficients drawn, shape (said, drawn).
    """

    labels: tuple[str, ...]
    shifts: tuple[bool, ...]
    alone: tuple[bool, ...]
    turn: Array

    def under(self, labels: tuple[str, ...]) -> Array:
        """Return the weights where coefficients have these names when drawn; else none are turned.

        Against another reference they have other names: there those drawn are given as they are.
        """
        return self.turn if labels == self.labels else np.eye(len(labels))

    def said(self, coefficients: Array) -> Array:
        """Return coefficients as they are said, (draws, said), from (draws, drawn)."""
        return np.asarray(coefficients @ self.turn.T)


def turned(columns: Array, others: Array) -> Array | None:
    """Return the weights that turn coefficients of some columns into those of others.

    None where the others do not say the same; columns of shape (rows, coefficients).
    """
    found = np.linalg.lstsq(others, columns)[0]
    whole = np.rint(found)
    found = np.where(np.abs(found - whole) < ROUNDING, whole, found)
    return found if np.allclose(others @ found, columns, rtol=ROUNDING, atol=ROUNDING) else None
