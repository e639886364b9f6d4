"""The fixed part of a formula: its columns as they are written, and as they are drawn."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.centring import Centring, far
from nestimate.data.designs.coding import Coding
from nestimate.data.designs.expressions import quoted, unquoted
from nestimate.data.designs.formula import Formula
from nestimate.data.designs.model_frame import ModelFrame
from nestimate.data.designs.term_columns import Column, coefficients, distinct
from nestimate.errors import DesignError, listed

Array = NDArray[np.float64]

CENTRED = (
    "Coefficients are told as the formula is written; what is drawn, and what priors speak of, are "
    "those of measurements less their means, so that no origin of a measurement changes an answer."
)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class FixedPart:
    """The columns of the fixed part.

    Attributes
    ----------
    frame, common
        The rows, and formulae's matrix for them.
    columns, labels
        What every column is, and what its coefficient is called.
    written, turn
        The columns as they are written, (rows, coefficients), and their weights in those that are
        drawn, (written, drawn), which turn coefficients drawn into those written.
    shifts, alone
        As in `Structure`.
    warnings
        What is said of products without their parts.
    """

    frame: ModelFrame
    common: Any
    columns: tuple[Column, ...]
    labels: tuple[str, ...]
    written: Array
    turn: Array
    shifts: tuple[bool, ...]
    alone: tuple[bool, ...]
    warnings: tuple[str, ...]

    @classmethod
    def of(cls, frame: ModelFrame, *, formula: Formula, centre: bool) -> Self:
        """Make the columns for the rows of a frame.

        With `centre` products and powers of measurements are drawn as those of measurements less
        their means.

        Raises
        ------
        DesignError
            When there are none, or they cannot be told apart.
        """
        common = frame.matrices(formula.fixed, formula).common
        if common is None:
            raise DesignError(
                f"formula '{formula.text}': the fixed part is empty; write y ~ 1 + ..."
            )
        written = np.asarray(common.design_matrix, dtype=np.float64)
        columns = coefficients(common, formula)
        labels = distinct([column.label for column in columns])
        found = Centring.of(frame, formula, written) if centre else None
        _check_rank(written, labels, formula)
        turn = None if found is None else found.turn
        return cls(
            frame=frame,
            common=common,
            columns=tuple(columns),
            labels=tuple(labels),
            written=written,
            turn=np.eye(len(labels)) if turn is None else turn,
            shifts=tuple(bool(shift) for shift in _shifts(common, written)),
            alone=_alone(columns, formula),
            warnings=() if found is None else tuple(_hinged(frame, formula, columns, found)),
        )

    @property
    def drawn(self) -> Array:
        """The columns that are drawn, shape (rows, coefficients)."""
        return self.written @ self.turn

    @property
    def offsets(self) -> Array:
        """What is taken off each column that is drawn."""
        return self._means(self.drawn)

    @property
    def written_centred(self) -> Array:
        """The columns as they are written, less what is taken off."""
        return self.written - self._means(self.written)

    @property
    def as_written(self) -> NDArray[np.bool_]:
        """Whether each coefficient is drawn as it is written."""
        return np.asarray((self.turn == np.eye(len(self.turn))).all(axis=1))

    @property
    def notes(self) -> list[str]:
        """What is said of coefficients that are not drawn as they are written."""
        return [] if self.as_written.all() else [CENTRED]

    def coding(self, turn: Array) -> Coding:
        """Return how these coefficients are told from others that are drawn."""
        return Coding(labels=self.labels, shifts=self.shifts, alone=self.alone, turn=turn)

    def _means(self, columns: Array) -> Array:
        constant = any(not column.atoms for column in self.columns)
        return np.where(self.shifts, 0.0, columns.mean(axis=0) if constant else 0.0)


def _hinged(
    frame: ModelFrame, formula: Formula, columns: Sequence[Column], found: Centring
) -> Iterator[str]:
    """Say which products and powers stand without the part that differs where 0 is."""
    for i in found.bare:
        made = formula.atoms[i].value.columns
        if any(far(frame.data[name].to_numpy(np.float64)) for name in made):
            of = listed(made, most=4)
            yield (
                f"{formula.atoms[i].text} stands in the formula without every lower power and "
                f"product of {of}, and 0 lies far from what was measured: what it says depends on "
                f"the origin of {of}, and so does the answer. Add these: "
                f"'{' + '.join([*map(quoted, made), '...', formula.atoms[i].text])}'."
            )
    terms = dict.fromkeys(column.atoms for column in columns)
    names = [unquoted(atom.text) for atom in formula.written]
    for i in found.anchored:
        x = frame.numbered(formula)[f"x{i}"].to_numpy(np.float64)
        for term in (t for t in terms if len(t) > 1 and i in t and far(x)):
            rest = tuple(j for j in term if j != i)
            if any({*rest} == {*other} for other in terms):
                continue
            part, whole = (":".join(formula.written[j].text for j in one) for one in (rest, term))
            yield (
                f"{':'.join(names[j] for j in term)} stands in the formula without "
                f"{':'.join(names[j] for j in rest)}, which then makes no difference where "
                f"{names[i]} = 0, far from what was measured ({x.min():.6g} to {x.max():.6g}): "
                f"slopes are drawn towards 0, and another origin of {names[i]} gives another "
                f"answer. '{part} + {whole}' or '{part} * {formula.written[i].text}' is usually "
                f"meant."
            )


def _check_rank(fixed: Array, labels: Sequence[str], formula: Formula) -> None:
    scaled = fixed / np.maximum(np.abs(fixed).max(axis=0), 1e-300)
    for position in range(fixed.shape[1]):
        if np.linalg.matrix_rank(scaled[:, : position + 1]) <= position:
            raise DesignError(
                f"formula '{formula.text}': '{labels[position]}' says nothing that "
                f"{listed(labels[:position], most=6) or 'nothing'} do not say already in these "
                "data. Leave one of them out."
            )


def _shifts(common: Any, fixed: Array) -> NDArray[np.bool_]:
    """Whether each coefficient shifts with the data as a mean does, rather than being a slope.

    The intercept does; without one, the levels of the factor that stands for it.
    """
    if any(not getattr(term, "components", ()) for term in common.terms.values()):
        return np.asarray(np.arange(fixed.shape[1]) == 0)
    for columns in common.slices.values():
        if np.allclose(fixed[:, columns].sum(axis=1), 1):
            inside = np.zeros(fixed.shape[1], dtype=bool)
            inside[columns] = True
            return inside
    raise DesignError(
        "the formula has neither an intercept nor a factor that stands for it, so that everything "
        "would be zero where its columns are. Take out the 0 (or - 1)."
    )


def _alone(columns: Sequence[Column], formula: Formula) -> tuple[bool, ...]:
    """Whether one unit more of a measurement changes the mean by just this coefficient."""
    names = [{n for i in c.atoms for n in formula.atoms[i].value.columns} for c in columns]
    return tuple(
        column.numeric and not any(own & other for j, other in enumerate(names) if j != i)
        for i, (column, own) in enumerate(zip(columns, names, strict=True))
    )
