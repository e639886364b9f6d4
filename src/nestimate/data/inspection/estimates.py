"""Estimates beside their variance or interval, as in meta-analyses: the standard error of each."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from nestimate.data.designs.vocabulary import hints, summary_role
from nestimate.data.inspection.kinds import Column, describe_column
from nestimate.data.tables.door import Table
from nestimate.data.tables.edits import WorkOut

Array = NDArray[np.float64]

#: What variances of estimates, and the ends of their intervals, are called.
_VARIANCE = re.compile(r"(?i)v[iy]|([\w.]*[\W_])?var(iance|ianz|ianza)?([\W_][\w.]*)?")
_LOW = r"lower|low|lo|lcl|lci|ll|lb|untere|unten|inf|inferior|l95|2[.,]5\W*%?"
_HIGH = r"upper|high|up|hi|ucl|uci|ul|ub|obere|oben|sup|superior|u95|97[.,]5\W*%?"
_ENDS = tuple(
    re.compile(rf"(?i)(?P<before>.*?)(?<![^\W\d_])(?P<end>{words})(?![^\W_])(?P<after>.*)")
    for words in (_LOW, _HIGH)
)
#: What may stand beside such a word, or the name of the estimate: nothing is of a low dose.
_OF_INTERVALS = re.compile(r"(?i)([\W\d_]|ci|cl|conf|int|interval|bound|limit|confint|ki|ic|end)*")
#: Words that stand alone for groups and places as well, and those for what lies between them.
_LEVELS = frozenset({"low", "lo", "high", "hi", "up", "inf", "sup", "inferior", "superior"})
_MIDDLE = frozenset({"mid", "middle", "medium", "med", "mitte", "mittlere", "control"})
#: Rows from which on it is no coincidence that each estimate is the middle of two numbers; how many
#: standard errors lie between the ends of an interval of 95 %; how far a middle may be rounded.
_ENOUGH, _WIDTH, _OFF = 4, "3.92", 0.02


@dataclass(frozen=True, kw_only=True)
class Estimates:
    """Estimates, and the columns beside them of which their standard errors are made.

    Attributes
    ----------
    estimate, parts
        Columns: the estimates; their variances, or the lower and upper ends of their intervals.
    column
        What the column of standard errors that is made is called.
    """

    estimate: str
    parts: tuple[str, ...]
    column: str

    @classmethod
    def of(cls, table: Table) -> Self | None:
        """Return such columns of a table; None where there are none, or a standard error is."""
        columns = [describe_column(table, name) for name in table.columns]
        numbers = [c for c in columns if c.measured and c.kind in {"numbers", "id"}]
        if any(summary_role(c) in {"sd", "se"} for c in columns):
            return None
        column = "se"
        while column in table.columns:
            column = f"{column}_made"
        for parts in _beside(numbers):
            able = [c for c in numbers if c.name not in parts and not c.whole]
            able = [c for c in able if not hints(c.name) & {"trait", "time", "n"}]
            able = [c for c in able if c.name.casefold() not in _MIDDLE]
            read = [table.numbers(name) for name in parts]
            for estimate in able:
                if _may_be(table.numbers(estimate.name), read):
                    return cls(estimate=estimate.name, parts=parts, column=column)
        for middle, low, high in permutations([c for c in numbers if not c.whole], 3):
            parts = (low.name, high.name)
            if _is_middle(table.numbers(middle.name), *map(table.numbers, parts)):
                return cls(estimate=middle.name, parts=parts, column=column)
        return None

    @property
    def apart(self) -> dict[str, str]:
        """The columns in place of which it stands, and what they are."""
        if len(self.parts) == 1:
            return {self.parts[0]: f"variance of each {self.estimate}"}
        low, high = self.parts
        return {low: f"lower end for {self.estimate}", high: f"upper end for {self.estimate}"}

    @property
    def values(self) -> tuple[str, ...]:
        """What may be the value in place of the estimates: nothing that stands beside them."""
        return ()

    @property
    def edits(self) -> tuple[str, ...]:
        """What makes the column of standard errors, as lines."""
        if len(self.parts) == 1:
            made = [WorkOut(column=self.column, parts=(*self.parts, "0.5"), signs=("^",))]
        else:
            width, ends = f"{self.column}_width", self.parts[::-1]
            made = [
                WorkOut(column=width, parts=ends, signs=("-",)),
                WorkOut(column=self.column, parts=(width, _WIDTH), signs=("/",)),
            ]
        return tuple(map(str, made))

    @property
    def note(self) -> str:
        """What is taken for what, and when it is not that."""
        lines = " ".join(f"--edit '{edit}'" for edit in self.edits)
        if len(self.parts) == 1:
            return (
                f"{self.parts[0]} is taken as the variance of each {self.estimate}, which weighs "
                f"it: {lines} makes its root, the standard error, and the designs take that. If it "
                f"is an outcome of its own: --value {self.parts[0]}, without --edit and --se."
            )
        return (
            f"{' and '.join(self.parts)} are taken as the ends of a 95 % interval of each "
            f"{self.estimate}: {lines} makes its standard error, by which it is weighed, and the "
            "designs take that. Of an interval of 90 % divide by 3.29; of ratios take logarithms "
            "of all three columns first."
        )

    def taken(self, table: Table) -> Table:
        """Return the table with standard errors in place of variances or intervals."""
        read = [table.numbers(name) for name in self.parts]
        with np.errstate(invalid="ignore"):
            made = np.sqrt(read[0]) if len(read) == 1 else (read[1] - read[0]) / float(_WIDTH)
        columns = {name: c for name, c in table.columns.items() if name not in self.parts}
        columns[self.column] = pa.chunked_array([pa.array(made, from_pandas=True)])
        return replace(table, columns=columns, known={})


def _beside(columns: Sequence[Column]) -> Iterator[tuple[str, ...]]:
    """Yield what is a variance or the two ends of an interval by its name."""
    able = [c for c in columns if not c.whole and (c.smallest or 0) > 0]
    yield from ((c.name,) for c in able if _VARIANCE.fullmatch(c.name))
    names = [c.name for c in columns]
    for low, high in permutations(names, 2):
        ends = [end.fullmatch(name) for end, name in zip(_ENDS, (low, high), strict=True)]
        rests = {(e["before"].casefold(), e["after"].casefold()) for e in ends if e is not None}
        if None in ends or len(rests) > 1:
            continue
        before, after = rests.pop()
        alone = not re.search(r"[^\W_]", before + after)
        level = alone and any(e["end"].casefold() in _LEVELS for e in ends if e is not None)
        of = any(n.casefold() == before.strip(" _.") for n in names)
        if not level and (of or _OF_INTERVALS.fullmatch(before + after)):
            yield low, high


def _may_be(estimate: Array, read: Sequence[Array]) -> bool:
    """Return whether numbers may be estimates with such variances, or in such intervals."""
    known = ~np.isnan(np.stack([estimate, *read])).any(axis=0)
    if np.count_nonzero(known) < _ENOUGH - 1:
        return False
    if len(read) == 1:
        return bool(np.unique(read[0][known]).size > 1)
    low, high = (ends[known] for ends in read)
    return bool((low <= estimate[known]).all() and (estimate[known] <= high).all())


def _is_middle(estimate: Array, low: Array, high: Array) -> bool:
    """Return whether each estimate is the middle of two numbers, which are no constant way apart.

    Whatever they are called: no three columns of readings are so.
    """
    known = ~np.isnan(np.stack([estimate, low, high])).any(axis=0)
    if np.count_nonzero(known) < _ENOUGH:
        return False
    half = (high - low)[known] / 2
    off = np.abs((high + low)[known] / 2 - estimate[known])
    return bool((half > 0).all() and (off <= _OFF * half).all() and np.unique(half).size > 1)
