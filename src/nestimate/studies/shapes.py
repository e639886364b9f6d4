"""The size of an experiment that has not been done yet, its cost, and the design it would be."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.design import Design
from nestimate.data.designs.roles import Roles
from nestimate.data.designs.strata import with_own
from nestimate.data.tables.door import Wanted, read_table
from nestimate.errors import DesignError
from nestimate.model.cell_spreads import with_own_cells
from nestimate.studies.factors import Factors

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Words:
    """What the planned experiment's parts are called.

    Attributes
    ----------
    groups
        Labels, the reference first.
    value, group, unit, block
        Columns; `unit` is also the word for what is counted.
    subunits
        Words of the levels inside the unit, outermost first.
    scale
        `linear` or `log`.
    factors
        Those whose cells the groups are, where there are several.
    apart
        Whether each of these cells differs from block to block by a spread of its own.
    uneven
        Words of the levels inside clusters whose members scatter by themselves in every group.
    """

    groups: tuple[str, ...]
    value: str = "value"
    group: str = "group"
    unit: str = "unit"
    block: str = "block"
    subunits: tuple[str, ...] = ()
    scale: str = "linear"
    factors: Factors | None = None
    apart: bool = False
    uneven: tuple[str, ...] = ()

    @property
    def kinds(self) -> tuple[int, ...]:
        """Which kind of block sees each group; (): all groups are seen by all blocks."""
        return () if self.factors is None else self.factors.kinds

    @property
    def columns(self) -> dict[str, tuple[str, ...]]:
        """Columns that say which group a row is of, with the label of each group."""
        if self.factors is None:
            return {self.group: self.groups}
        return dict(zip(self.factors.names, zip(*self.factors.cells, strict=True), strict=True))

    @property
    def cell(self) -> str:
        """What holds units, or readings, that are compared with others."""
        return "group" if self.factors is None else "cell"

    @property
    def inside(self) -> str:
        """What differs inside a block: the groups, or the factors within."""
        return self.group if self.factors is None else self.factors.inner

    @property
    def between(self) -> str:
        """The factors between blocks; empty where there are none."""
        return "" if self.factors is None else self.factors.between

    @property
    def reference(self) -> str:
        """The reference, as `compare` takes it."""
        if self.factors is None:
            return self.groups[0]
        pairs = zip(self.factors.names, self.factors.cells[0], strict=True)
        return ",".join(f"{name}={level}" for name, level in pairs)


@dataclass(frozen=True, kw_only=True, order=True)
class Shape:
    """How many of everything.

    Attributes
    ----------
    readings
        Readings of each unit (innermost member, or cell of a block without units).
    units
        Units of each group (in each block, where there are blocks); () in blocks without units.
    blocks
        Blocks that each see every group, or of each kind that sees its own; 0: none.
    subunits
        Members of each level inside a unit, outermost first.
    kinds
        Kinds of blocks: combinations of the factors that lie between them.
    """

    readings: int
    units: tuple[int, ...]
    blocks: int = 0
    subunits: tuple[int, ...] = ()
    kinds: int = 1

    @property
    def count(self) -> int:
        """What power grows with: blocks, or units of the smallest group."""
        return self.blocks or min(self.units)

    @property
    def total_blocks(self) -> int:
        """Blocks altogether."""
        return self.blocks * self.kinds

    @property
    def total_units(self) -> int:
        """Experimental units altogether; without units in blocks, their cells."""
        return max(self.blocks, 1) * sum(self.units)

    @property
    def total_readings(self) -> int:
        """Readings altogether."""
        return self.total_units * int(np.prod(self.subunits, dtype=int)) * self.readings

    @property
    def least(self) -> int:
        """Units (or blocks) that must be left for an analysis."""
        return 2

    @property
    def key(self) -> str:
        """A short name for records: `8+8 x 3`."""
        inside = "".join(f" x {n}" for n in (*self.subunits, self.readings))
        blocks = f"{self.blocks}b " if self.blocks else ""
        return f"{blocks}{'+'.join(map(str, self.units))}{inside}"


@dataclass(frozen=True, kw_only=True)
class Costs:
    """What one more of each costs, in any currency.

    Attributes
    ----------
    unit
        An experimental unit; in blocks without units, a cell of block and group.
    reading
        A reading.
    block
        A block.
    """

    unit: float
    reading: float = 0.0
    block: float = 0.0

    def __post_init__(self) -> None:
        for name, cost in vars(self).items():
            if not (np.isfinite(cost) and cost >= 0):
                raise DesignError(
                    f"cost of one {name} is {cost:g}: it must be a number, 0 or more."
                )
        if not any(vars(self).values()):
            raise DesignError("all costs are 0: every design is then as cheap as any other.")

    def of(self, shape: Shape) -> float:
        """Return the cost of an experiment."""
        return (
            self.unit * shape.total_units
            + self.reading * shape.total_readings
            + self.block * shape.total_blocks
        )


def template(shape: Shape, words: Words) -> Design:
    """Return the design that an experiment of this size would be read as.

    Its rows run through blocks, groups, units, subunits and readings, in this order, and its values
    are made up.
    """
    return _template(shape, words)


@lru_cache(maxsize=512)
def _template(shape: Shape, words: Words) -> Design:
    place, parts = row_places(shape, words.kinds)
    group = place["group"]
    columns: dict[str, list[str] | list[float]] = {
        name: [labels[g] for g in group] for name, labels in words.columns.items()
    }
    columns[words.value] = list(np.random.default_rng(1).normal(size=group.size))
    levels = [words.unit, *words.subunits] if "unit" in place else []
    if shape.blocks:
        columns[words.block] = [f"{words.block} {b + 1}" for b in place["block"]]
    for name, codes in zip(levels, parts, strict=False):
        columns[name] = [f"{name} {code + 1}" for code in codes]
    # Labels of a level are told apart by what they lie in, so running numbers will do.
    roles = Roles(
        value=words.value,
        group=",".join(words.columns),
        unit="/".join(levels) or None,
        block=words.block if shape.blocks else None,
        reference=words.reference,
    )
    wanted = Wanted(value=words.value, group=roles.group, unit=roles.unit, block=roles.block)
    found = Design.from_table(read_table(columns, wanted), roles)
    found = with_own_cells(found) if words.apart else found
    own = [one.position for one in found.structure.strata if one.name in words.uneven]
    found = replace(found, structure=with_own(found.structure, own))
    return replace(found, roles=replace(found.roles, scale=words.scale))


def row_places(
    shape: Shape, kinds: Sequence[int] = ()
) -> tuple[dict[str, NDArray[np.intp]], list[NDArray[np.intp]]]:
    """Group, block and unit of every row, and codes of unit and subunits, outermost first.

    Parameters
    ----------
    kinds
        Which kind of block sees each group; (): all groups are seen by all blocks.
    """
    rows: dict[str, list[int]] = {"group": [], "block": [], "unit": []}
    units, inside = 0, int(np.prod(shape.subunits, dtype=int)) * shape.readings
    for b in range(max(shape.blocks, 1)):
        for g, count in enumerate(shape.units):
            for _ in range(count):
                rows["group"] += [g] * inside
                rows["block"] += [b * shape.kinds + (kinds[g] if kinds else 0)] * inside
                rows["unit"] += [units] * inside
                units += 1
    found = {name: np.array(codes, dtype=np.intp) for name, codes in rows.items()}
    size, parts = found["unit"].size, [found["unit"]]
    members = inside
    for count in shape.subunits:
        members //= count
        parts.append(np.arange(size) // members)
    if shape.blocks and max(shape.units) == 1:
        del found["unit"]
    return found, parts
