"""At which values of measurements the groups of a formula are compared, and their slopes there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.formula import Formula
from nestimate.data.designs.model_frame import ModelFrame
from nestimate.data.designs.profiles import MOST, Profiles
from nestimate.data.designs.structure import Surface
from nestimate.data.designs.term_columns import coefficients
from nestimate.errors import DesignError, one_of

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

#: Step of a slope, as a share of the SD of what was measured; and what is taken for rounding.
STEP, ROUNDING = 1e-3, 1e-6
#: Share by which slopes of a curve differ, at least, between one value and another.
BENT = 1e-4
#: The least step as a share of the value itself, far out: a smaller one drowns in rounding.
FAR = 1e-8


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Along:
    """The measurements among the variables of a formula, and the values stated of them.

    Attributes
    ----------
    frame, formula, common
        The rows, the formula, and formulae's matrix of its fixed part.
    at
        Stated values by measurement, the first of which groups are compared at.
    turn
        Weights of the columns of the matrix in those that are drawn, (written, drawn).
    """

    frame: ModelFrame
    formula: Formula
    common: Any
    at: Mapping[str, tuple[float, ...]]
    turn: Array

    @classmethod
    def of(
        cls,
        frame: ModelFrame,
        formula: Formula,
        common: Any,
        at: Mapping[str, tuple[float, ...]],
        turn: Array,
    ) -> Self:
        """Check that values are stated of measurements alone.

        Raises
        ------
        DesignError
            When the formula has no such measurement.
        """
        found = cls(frame=frame, formula=formula, common=common, at=at, turn=turn)
        for name in at:
            if name in frame.factors:
                raise DesignError(
                    f"at: '{name}' holds labels. What differs at one of them is a contrast: "
                    f"contrast '... | {name}={frame.factors[name][0]}'."
                )
            if name not in found.measured:
                known = one_of("measurement", name, found.measured)
                raise DesignError(
                    f"at: {known if found.measured else 'the formula has no measurement.'}"
                )
        return found

    @property
    def measured(self) -> tuple[str, ...]:
        """The measurements that the formula names right of the tilde."""
        return tuple(n for n in self.formula.variables if n not in self.frame.factors)

    @property
    def first(self) -> dict[str, float]:
        """The values at which groups are compared."""
        return {name: values[0] for name, values in self.at.items()}

    @property
    def typed(self) -> str:
        """All stated values as they are typed: `age=20,40; dose=1`."""
        said = [
            f"{name}={','.join(f'{v:.12g}' for v in values)}" for name, values in self.at.items()
        ]
        return "; ".join(said)

    @property
    def grid(self) -> "pd.DataFrame":
        """Every combination of the factors, there."""
        return self.frame.grid(self.formula.variables, self.first)

    def rows(self, at: Mapping[str, float] | None = None) -> Array:
        """Return the columns that are drawn in the rows of the grid, there or elsewhere."""
        return self._columns(self.frame.grid(self.formula.variables, {**self.first, **(at or {})}))

    def _columns(self, rows: "pd.DataFrame") -> Array:
        new = self.common.evaluate_new_data(self.frame.numbered(self.formula, rows))
        return np.asarray(new.design_matrix, dtype=np.float64) @ self.turn

    def profiles(self, groups: Sequence[Mapping[str, str]], offsets: Array) -> Profiles:
        """Return the rows as they would be in each group: all else is theirs, or as stated.

        Parameters
        ----------
        groups
            The level of every factor that is compared, by group.
        offsets
            What was taken off each column.
        """
        rows = self.frame.data[list(self.formula.variables)].assign(**self.first)
        here = self._columns(self._as_if(rows, groups[:1]))
        _, first, count = np.unique(here, axis=0, return_index=True, return_counts=True)
        shape = (len(groups), first.size, here.shape[1])
        if np.prod(shape, dtype=np.float64) > MOST:
            return Profiles(of=(), columns=np.zeros((shape[0], 0, shape[2])), share=np.zeros(0))
        alike = rows.iloc[first].reset_index(drop=True)
        others = [name for name in self.formula.variables if name not in groups[0]]
        return Profiles(
            of=tuple(name for name in others if len(alike[name].unique()) > 1),
            columns=self._columns(self._as_if(alike, groups)).reshape(shape) - offsets,
            share=count / count.sum(),
        )

    def _as_if(self, rows: "pd.DataFrame", groups: Sequence[Mapping[str, str]]) -> "pd.DataFrame":
        """Return the rows as if all of them were in each of the groups, one after another."""
        import pandas as pd  # noqa: PLC0415

        every = pd.concat([rows] * len(groups), ignore_index=True)
        levels = {
            name: pd.Categorical(
                [group[name] for group in groups for _ in range(len(rows))],
                categories=self.frame.factors[name],
                ordered=True,
            )
            for name in groups[0]
        }
        return every.assign(**levels)

    def surfaces(self, belongs: Array, offsets: Array) -> tuple[Surface, ...]:
        """Return the groups at the other values, and slopes that are more than one coefficient.

        Parameters
        ----------
        belongs
            Weights of the rows of the grid in the mean of each group, (groups, rows).
        offsets
            What was taken off each column.
        """
        found = []
        for values in list(product(*self.at.values()))[1:]:
            there = dict(zip(self.at, values, strict=True))
            said = ", ".join(f"{name}={value:g}" for name, value in there.items())
            weights = belongs @ (self.rows(there) - offsets)
            found.append(Surface(of=said, slope=False, weights=weights))
        for name in self.measured:
            measured = self.frame.data[name]
            first, *others = self.at.get(name, (float(measured.mean()),))
            here = self._slopes(name, first, belongs)
            if _one_coefficient(here):
                continue
            inside = (self._slopes(name, q, belongs) for q in measured.quantile([0.25, 0.75]))
            if all(np.abs(here - own).max() <= BENT * np.abs(here).max() for own in inside):
                found.append(Surface(of=f"slope of {name}", slope=True, weights=here))
                continue
            # A curve has another slope at every value.
            for value in (first, *others):
                weights = self._slopes(name, value, belongs)
                said = f"slope of {name} at {value:.4g}"
                found.append(Surface(of=said, slope=True, weights=weights))
        return tuple(found)

    def _slopes(self, name: str, value: float, belongs: Array) -> Array:
        """Return how the mean of each group changes along a measurement, at a value of it."""
        step = STEP * float(self.frame.data[name].std()) or STEP
        step = max(step, FAR * abs(value))
        low, high = (self.rows({name: value + side * step}) for side in (-1, 1))
        return np.asarray(belongs @ (high - low) / (2 * step))

    @property
    def notes(self) -> list[str]:
        """At what values of the other columns the means are compared, in a sentence."""
        others = [name for name in self.formula.variables if name not in self.frame.compared]
        factors = [name for name in others if name in self.frame.factors]
        means = [n for n in self.measured if n not in self.at]
        said = []
        if factors:
            said.append(f"averaged over {', '.join(factors)}, every level counting the same")
        if self.at:
            stated = ", ".join(f"{name} = {value:g}" for name, value in self.first.items())
            said.append(f"at {stated}, as stated")
        if means:
            shown = ", ".join(f"{n} = {self.frame.data[n].mean():.4g}" for n in means)
            said.append(f"at the mean of what was measured ({shown})")
        return [f"Means are compared {' and '.join(said)}."] if said else []

    @property
    def _depends(self) -> list[str]:
        """Factors averaged over on which the effect of what is compared depends."""
        met: set[str] = set()
        for column in coefficients(self.common, self.formula):
            names = {n for i in column.atoms for n in self.formula.atoms[i].value.columns}
            met |= names if names & set(self.frame.compared) else set()
        averaged = [n for n in self.frame.factors if n not in self.frame.compared]
        return [name for name in averaged if name in met]

    @property
    def warnings(self) -> list[str]:
        """Averages of effects that depend on what they are averaged over, and values far off."""
        said: list[str] = []
        if depends := self._depends:
            compared, factors = (" and ".join(names) for names in (self.frame.compared, depends))
            said.append(
                f"The effect of {compared} may depend on {factors} here; its average is compared "
                "(contrast 'simple': at each; 'interaction': how far)."
            )
        for name, values in self.at.items():
            low, high = float(self.frame.data[name].min()), float(self.frame.data[name].max())
            said += [
                f"{name} = {value:g} lies outside what was measured ({low:.4g} to {high:.4g}): "
                "what is said there rests on the formula alone."
                for value in values
                if not low <= value <= high
            ]
        return said


def _one_coefficient(weights: Array) -> bool:
    """Whether all slopes are one and the same coefficient, which stands among these, or nothing."""
    scale = np.abs(weights).max()
    if scale <= ROUNDING:
        return True
    alike = np.abs(weights - weights[0]).max() <= ROUNDING * scale
    own = np.abs(weights[0]) > ROUNDING * scale
    return bool(alike and own.sum() == 1 and abs(weights[0][own][0] - 1) <= ROUNDING)
