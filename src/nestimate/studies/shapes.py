"""The size of an experiment that has not been done yet, its cost, and the design it would be."""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.design import Design
from nestimate.data.designs.roles import Roles
from nestimate.data.tables.door import Wanted, read_table
from nestimate.errors import DesignError

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
    """

    groups: tuple[str, ...]
    value: str = "value"
    group: str = "group"
    unit: str = "unit"
    block: str = "block"
    subunits: tuple[str, ...] = ()
    scale: str = "linear"


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
        Blocks that each see every group; 0: none.
    subunits
        Members of each level inside a unit, outermost first.
    """

    readings: int
    units: tuple[int, ...]
    blocks: int = 0
    subunits: tuple[int, ...] = ()

    @property
    def count(self) -> int:
        """What power grows with: blocks, or units of the smallest group."""
        return self.blocks or min(self.units)

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
                raise DesignError(f"cost of a {name} is {cost:g}: it must be a number, 0 or more.")
        if not any(vars(self).values()):
            raise DesignError("all costs are 0: every design is then as cheap as any other.")

    def of(self, shape: Shape) -> float:
        """Return the cost of an experiment."""
        return (
            self.unit * shape.total_units
            + self.reading * shape.total_readings
            + self.block * shape.blocks
        )


def template(shape: Shape, words: Words) -> Design:
    """Return the design that an experiment of this size would be read as.

    Its rows run through blocks, groups, units, subunits and readings, in this order, and its values
    are made up.
    """
    return _template(shape, words)


@lru_cache(maxsize=512)
def _template(shape: Shape, words: Words) -> Design:
    place, parts = row_places(shape)
    group = place["group"]
    columns: dict[str, list[str] | list[float]] = {
        words.group: [words.groups[g] for g in group],
        words.value: list(np.random.default_rng(1).normal(size=group.size)),
    }
    levels = [words.unit, *words.subunits] if "unit" in place else []
    if shape.blocks:
        columns[words.block] = [f"{words.block} {b + 1}" for b in place["block"]]
    for name, codes in zip(levels, parts, strict=False):
        columns[name] = [f"{name} {code + 1}" for code in codes]
    # Labels of a level are told apart by what they lie in, so running numbers will do.
    roles = Roles(
        value=words.value,
        group=words.group,
        unit="/".join(levels) or None,
        block=words.block if shape.blocks else None,
        reference=words.groups[0],
    )
    wanted = Wanted(value=words.value, group=words.group, unit=roles.unit, block=roles.block)
    found = Design.from_table(read_table(columns, wanted), roles)
    return replace(found, roles=replace(found.roles, scale=words.scale))


def row_places(shape: Shape) -> tuple[dict[str, NDArray[np.intp]], list[NDArray[np.intp]]]:
    """Group, block and unit of every row, and codes of unit and subunits, outermost first."""
    rows: dict[str, list[int]] = {"group": [], "block": [], "unit": []}
    units, inside = 0, int(np.prod(shape.subunits, dtype=int)) * shape.readings
    for b in range(max(shape.blocks, 1)):
        for g, count in enumerate(shape.units):
            for _ in range(count):
                rows["group"] += [g] * inside
                rows["block"] += [b] * inside
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
