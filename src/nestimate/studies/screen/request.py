"""What a screen is asked for, checked before any time is spent on it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, fields, replace
from math import isfinite
from numbers import Real
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.tables.cells import is_plain_number
from nestimate.data.tables.series import split_names
from nestimate.errors import DesignError, one_of
from nestimate.studies.screen.pools import POOLS

#: Endings of a table that is written.
TABLES = (".parquet", ".csv")
#: Words of the options that are one of a few.
CHOICES: Mapping[str, tuple[str, ...]] = {
    "pool": tuple(POOLS),
    "effects": ("mixture", "flat"),
    "robust": ("hits", "all", "none"),
    "scale": ("linear", "log2"),
}
#: Endpoints in a chunk are a multiple of this many: what is worked on together never depends on it.
BLOCK = 256
#: Blocks, units and subunits that may lie inside each other.
MOST_LEVELS = 2
#: Told how many are done of how many, and of what.
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, kw_only=True)
class Roles:
    """The user's words for the columns.

    Attributes
    ----------
    endpoint, value
        Columns of a table with one reading per row; in a wide one `endpoint` names each row.
    group, unit, block
        As in `compare`; of a wide table, columns of the sheet of samples.
    sample
        Column that names the samples, in the sheet; in a long table each sample gives one reading.
    nested, factors
        The columns that `unit` names, outermost first, and those that `group` does; left out: one.
    """

    endpoint: str | None = None
    value: str | None = None
    group: str | None = None
    unit: str | None = None
    block: str | None = None
    sample: str | None = None
    nested: tuple[str, ...] = ()
    factors: tuple[str, ...] = ()

    @property
    def compared(self) -> tuple[str, ...]:
        """Columns of what is compared."""
        return self.factors or ((self.group,) if self.group else ())

    @property
    def units(self) -> tuple[str, ...]:
        """Columns of units and of subunits inside them."""
        return self.nested or ((self.unit,) if self.unit else ())

    @property
    def inside(self) -> dict[str, str]:
        """Columns of what lies in groups or sees several, by role, outermost first."""
        block = {"block": self.block} if self.block else {}
        return {**block, **dict(zip(("unit", "subunit"), self.units, strict=False))}

    @property
    def several(self) -> bool:
        """Whether units or groups may be named by several columns: the table says."""
        return "/" in (self.unit or "") or "," in (self.group or "")

    def among(self, columns: Collection[str]) -> "Roles":
        """Return them with units told apart from subunits, `mouse/slice`, and with all factors.

        Raises
        ------
        DesignError
            When more lies inside each other than a screen estimates.
        """
        factors = split_names(self.group, columns, ",") if self.group else ()
        named = replace(self, factors=factors)
        if self.unit is None or "/" not in self.unit:
            return named
        nested = split_names(self.unit, columns, "/")
        inside = len(nested) + bool(self.block)
        if inside > MOST_LEVELS:
            raise DesignError(
                f"unit '{self.unit}': a screen takes units in "
                "groups (unit), subunits in them (unit='mouse/slice'), groups inside blocks "
                "(block), and units in blocks (block and unit), not more. Average the innermost "
                "readings first and leave its column out; `compare` takes more for single "
                "endpoints."
            )
        return replace(named, nested=nested)


@dataclass(frozen=True, kw_only=True)
class Options:
    """Everything that may be chosen beside the roles.

    Attributes
    ----------
    reference
        The group that the other is compared with; of factors `"arm=placebo,time=t1"`.
    contrast
        The effect, in the words of `compare`: `"drug - placebo"`, `"(a + b) / 2 - placebo"`; of
        factors `"drug - placebo | time=t2"`, or `"interaction"` where there is one. Two groups of
        one factor need none.
    pool
        `scales`: spreads are learnt from all endpoints, which are measured in one unit (log2, say).
        `icc`: endpoints have units of their own; only tau / sigma is learnt. `none`.
    trend
        Whether `scales` are learnt by the level of the readings: weak signals scatter more.
    effects
        `mixture`: effects are shrunk by their distribution among endpoints; `flat`: they are not.
    robust
        `hits`: what may be a hit, what has a unit far out and an audit sample are analysed again
        with Student-t units; `all` endpoints are; `none`.
    rope
        Effects as good as none (low, high), in the unit of the value.
    ci_prob
        Mass of the intervals.
    scale
        `linear`, or `log2`: logarithms are analysed.
    response
        `measured`: whole numbers are measurements all the same (percentages, scores, logarithms
        that were rounded); None: those that look like counts are refused.
    na
        Numbers that stand for no reading: "0", "0,-1".
    layer
        Layer of an AnnData object; None: its X.
    audit
        Endpoints drawn at random that are analysed with Student-t units as well.
    seed
        One seed, one answer.
    out
        Table to write, .parquet or .csv; parts of it stand beside it until all is done.
    overwrite
        Whether it may be replaced.
    resume
        Go on from the parts of a run that was stopped.
    workers
        Processes on this machine; None: one per core.
    scheduler
        Address of a Dask scheduler, `tcp://...`, or a `dask.distributed.Client`.
    chunk
        Endpoints of one job.
    progress
        Told now and then how many are done, of how many, and of what.
    """

    reference: str | None = None
    contrast: str | None = None
    pool: str = "scales"
    trend: bool = True
    effects: str = "mixture"
    robust: str = "hits"
    rope: tuple[float, float] | None = None
    ci_prob: float = 0.95
    scale: str = "linear"
    response: str | None = None
    na: str | None = None
    layer: str | None = None
    audit: int = 200
    seed: int = 1
    out: str | Path | None = None
    overwrite: bool = False
    resume: bool = False
    workers: int | None = None
    scheduler: Any = None
    chunk: int = 2_048
    progress: Progress | None = None

    def __post_init__(self) -> None:
        for name, allowed in CHOICES.items():
            given = getattr(self, name)
            if given not in allowed:
                raise DesignError(f"{name}: {one_of('choice', str(given), allowed)}")
        if self.response not in (None, "measured"):
            raise DesignError(
                f"response is '{self.response}': a screen is of measurements. For counts use "
                "DESeq2, edgeR or PyDESeq2, or give logarithms of normalised values; `compare` "
                "takes counts, shares and limits for single endpoints. For measurements in whole "
                "numbers: --response measured (response='measured' in Python)."
            )
        if self.na is not None and not all(map(is_plain_number, self.na.split(","))):
            raise DesignError(
                f"na is '{self.na}': a screen takes numbers for it, '0' or '0,-1'. Cells with "
                "words have to be emptied in the table."
            )
        if not 0 < self.ci_prob < 1:
            raise DesignError(f"ci_prob is {self.ci_prob!r}: it must lie between 0 and 1.")
        for name, least in (("audit", 0), ("seed", 0), ("chunk", 1), ("workers", 1)):
            given = getattr(self, name)
            if given is None and name == "workers":
                continue
            if not isinstance(given, int) or given < least:
                raise DesignError(f"{name} is {given!r}: it must be a whole number from {least}.")
        if self.rope is not None:
            edges = tuple(self.rope)
            plain = all(isinstance(edge, Real) and isfinite(edge) for edge in edges)
            if len(edges) != 2 or not plain or not edges[0] < edges[1] or edges[0] * edges[1] > 0:
                raise DesignError(
                    f"rope is {self.rope}: give two numbers with 0 between them, such as -0.5, 0.5."
                )
        if self.out is not None and Path(self.out).suffix.lower() not in TABLES:
            raise DesignError(f"out is {self.out}: it must end in {' or '.join(TABLES)}.")
        if self.resume and self.out is None:
            raise DesignError("resume: name the table that was to be written, out='hits.parquet'.")

    @classmethod
    def of(cls, options: "Options | Mapping[str, Any] | None") -> Self:
        """Return options given as such, as a mapping of the same words, or not at all."""
        if isinstance(options, cls):
            return options
        given = dict(options or {}) if not isinstance(options, Options) else asdict(options)
        allowed = [f.name for f in fields(cls)]
        for name in given:
            if name not in allowed:
                raise DesignError(f"options: {one_of('option', str(name), allowed)}")
        return cls(**given)

    def readings(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return values with NaN for those that stand for no reading."""
        if self.na is None:
            return values
        absent = np.isin(values, [float(number) for number in self.na.split(",")])
        return np.where(absent, np.nan, values)

    @property
    def statistics(self) -> dict[str, Any]:
        """What the numbers depend on, in plain types: the rest is how they are worked out."""
        names = ["pool", "trend", "effects", "robust", "rope", "ci_prob", "scale", "audit", "seed"]
        found = {name: getattr(self, name) for name in [*names, *(["na"] if self.na else [])]}
        return {**found, "rope": None if self.rope is None else [float(x) for x in self.rope]}

    @property
    def together(self) -> int:
        """Endpoints of a chunk, rounded up to whole blocks."""
        return -(-self.chunk // BLOCK) * BLOCK
