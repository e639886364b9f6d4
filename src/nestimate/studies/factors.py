"""Several factors of a planned experiment: its cells, and what lies between or within blocks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.crossing import MOST_FACTORS
from nestimate.data.designs.design import Design
from nestimate.data.designs.stratum import Role
from nestimate.errors import DesignError, one_of

Codes = NDArray[np.intp]

#: What stands between the levels of a cell: `WT/drug`.
MARK = "/"


@dataclass(frozen=True, kw_only=True)
class Factors:
    """Factors whose cells are the groups.

    Attributes
    ----------
    names
        Columns.
    cells
        Level of every factor in each cell, in the order of the groups.
    within
        Whether every factor varies inside a block; without blocks none does.
    """

    names: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    within: tuple[bool, ...]

    @classmethod
    def read(
        cls, names: Sequence[str], groups: Mapping[str, float], within: Sequence[str] | None
    ) -> Self:
        """Read cells written as `WT/drug`.

        Parameters
        ----------
        names, groups
            Factors, and each cell with its mean.
        within
            Factors that vary inside a block; None: all.

        Raises
        ------
        DesignError
            When a cell has not a level of every factor, or some cells are missing.
        """
        names = tuple(names)
        if not 2 <= len(names) <= MOST_FACTORS or len(set(names)) < len(names):
            raise DesignError(
                f"plan: factors are {', '.join(names) or 'none'}: two or three different names."
            )
        example = f"'{MARK.join(['WT', 'drug', 'day 1'][: len(names)])}=7'"
        cells = [tuple(part.strip() for part in label.split(MARK)) for label in groups]
        for label, cell in zip(groups, cells, strict=True):
            if len(cell) != len(names) or not all(cell):
                raise DesignError(
                    f"plan: the cell '{label}' has not one level of each of {', '.join(names)}: "
                    f"write {example}."
                )
        sizes = [len({cell[f] for cell in cells}) for f in range(len(names))]
        if min(sizes) < 2 or len(set(cells)) < np.prod(sizes):
            raise DesignError(
                f"plan: {' x '.join(f'{n} {name}' for n, name in zip(sizes, names, strict=True))} "
                f"makes {np.prod(sizes)} cells, and {len(set(cells))} have a mean. Give one for "
                "each, at least two levels of every factor."
            )
        for name in within or ():
            if name not in names:
                raise DesignError(f"plan: within: {one_of('factor', name, names)}")
        inside = tuple(within is None or name in within for name in names)
        return cls(names=names, cells=tuple(cells), within=inside)

    @classmethod
    def of(cls, design: Design) -> Self | None:
        """Return those of a pilot; None where it has one factor."""
        crossing = design.structure.factorial
        if crossing is None:
            return None
        if any(s.role is Role.PLOT for s in design.structure.strata):
            raise DesignError(
                "plan: plots inside blocks cannot be planned yet. State the experiment without "
                "them: --factors, --groups and spreads."
            )
        block = design.structure.block
        varies = (False,) * len(crossing.names)
        if block is not None:
            varies = crossing.varying(block.codes, design.structure.group)
        return cls(names=crossing.names, cells=tuple(crossing.called), within=varies)

    def of_group(self, design: Design) -> Codes:
        """Return the cell of each group of a design of these factors."""
        crossing = design.structure.factorial
        assert crossing is not None
        return np.array([self.cells.index(cell) for cell in crossing.called], dtype=np.intp)

    @property
    def kinds(self) -> tuple[int, ...]:
        """Which kind of block sees each cell: a kind for every combination between blocks."""
        own = [
            tuple(level for level, inside in zip(cell, self.within, strict=True) if not inside)
            for cell in self.cells
        ]
        known = list(dict.fromkeys(own))
        return tuple(known.index(levels) for levels in own)

    @property
    def between(self) -> str:
        """The factors between blocks: `arm`, `arm and sex`; empty where there are none."""
        return self._joined(inside=False)

    @property
    def inner(self) -> str:
        """The factors within blocks; empty where there are none."""
        return self._joined(inside=True)

    def _joined(self, *, inside: bool) -> str:
        pairs = zip(self.names, self.within, strict=True)
        return " and ".join(name for name, own in pairs if own is inside)
