"""The columns that terms make: what each is made of, and what it is called."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.atoms import atom_number
from nestimate.data.designs.expressions import unquoted
from nestimate.data.designs.formula import Formula, RandomTerm
from nestimate.data.designs.model_frame import ModelFrame

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
#: What a column is, whatever the order of its factors: atoms, and which column of each.
Key = tuple[tuple[int, ...], tuple[str, ...]]

#: What the constant of a formula is called.
INTERCEPT = "Intercept"


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of a matrix of terms.

    Attributes
    ----------
    label
        As printed: `Intercept`, `drug[b]`, `drug[b]:age`.
    atoms
        Numbers of the atoms that it is the product of; none for the intercept.
    places
        Which column of each: the level of a factor, the power of a polynomial.
    numeric
        Whether it is one column of measurements.
    """

    label: str
    atoms: tuple[int, ...]
    places: tuple[str, ...]
    numeric: bool

    @property
    def key(self) -> Key:
        """What it is, whatever the order of its factors."""
        pairs = sorted(zip(self.atoms, self.places, strict=True))
        return tuple(atom for atom, _ in pairs), tuple(place for _, place in pairs)


def coefficients(common: Any, formula: Formula) -> list[Column]:
    """Return what every column of a matrix of terms is, named as the user named it."""
    found: list[Column] = []
    for term in common.terms.values():
        components = getattr(term, "components", ())
        if not components:
            found.append(Column(label=INTERCEPT, atoms=(), places=(), numeric=False))
            continue
        numbers = tuple(atom_number(component) for component in components)
        names = [formula.atoms[i].text for i in numbers]
        # A column that is called Intercept is not the intercept.
        names = [f"`{name}`" if name == INTERCEPT else unquoted(name) for name in names]
        options = [_places(component) for component in components]
        for chosen in product(*options):
            pieces = [
                f"{name}[{place}]" if place else name
                for name, place in zip(names, chosen, strict=True)
            ]
            single = len(numbers) == 1 and not chosen[0]
            found.append(
                Column(label=":".join(pieces), atoms=numbers, places=chosen, numeric=single)
            )
    return found


def _places(component: Any) -> list[str]:
    """Return what tells the columns of a component apart: levels, or positions of a basis."""
    if component.kind == "categoric":
        return [str(label) for label in component.contrast_matrix.labels]
    shape = np.shape(component.value)
    return [str(i) for i in range(shape[1])] if len(shape) == 2 and shape[1] > 1 else [""]


def distinct(labels: Sequence[str]) -> list[str]:
    """Return labels of which no two are alike."""
    found: list[str] = []
    for label in labels:
        name, count = label, 2
        while name in found:
            name, count = f"{label} ({count})", count + 1
        found.append(name)
    return found


def term_columns(
    frame: ModelFrame, term: RandomTerm, grid: "pd.DataFrame", formula: Formula
) -> tuple[Array, list[Column], Array]:
    """Return a term's columns for the rows and the grid, and what they are; one per level."""
    if term.code == "1":
        constant = Column(label=INTERCEPT, atoms=(), places=(), numeric=False)
        return np.ones((len(frame.data), 1)), [constant], np.ones((len(grid), 1))
    common = frame.matrices(f"0 + {term.code}", formula).common
    columns = np.asarray(common.design_matrix, dtype=np.float64)
    new = common.evaluate_new_data(frame.numbered(formula, grid))
    on_grid = np.asarray(new.design_matrix, dtype=np.float64)
    return columns, coefficients(common, formula), on_grid
