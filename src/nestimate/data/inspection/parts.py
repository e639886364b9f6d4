"""A part of a whole, told by the numbers: one count nowhere above another, and going with it.

Whatever the columns are called. That they are counts of the same things only the user knows.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import permutations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.data.designs.efforts import exposes
from nestimate.data.designs.housekeeping import is_reference
from nestimate.data.designs.opposites import opposed, speaks_of_part
from nestimate.data.designs.percentages import spoken
from nestimate.data.designs.quantities import of_quantities
from nestimate.data.designs.questionnaires import is_sum
from nestimate.data.designs.responses import MEASURED
from nestimate.data.designs.several import may_tally
from nestimate.data.designs.squares import Test
from nestimate.data.designs.vocabulary import (
    TOTAL,
    clocks,
    hints,
    numbers_rows,
    words,
)
from nestimate.data.inspection.crossings import renames, same_everywhere, set_at
from nestimate.data.inspection.curves import MOST_GROUPS
from nestimate.data.inspection.kinds import Column
from nestimate.data.inspection.loud import correlation
from nestimate.data.inspection.measured import Beside, share_columns
from nestimate.data.inspection.proposals import FormulaProposal, Proposal
from nestimate.data.inspection.responded import responded
from nestimate.data.tables.door import Table
from nestimate.data.tables.steps import parallel
from nestimate.data.tables.titles import moment
from nestimate.data.tables.units import says_amount

#: Different numbers of a whole, of a part, and rows, that show whether one goes with the other.
_WHOLES, _PARTS, _ROWS = 4, 3, 6
#: Chance of numbers that have nothing to do with each other, and of parts that vary too little.
_CHANCE, _EVEN = 0.01, 1e-3
#: Chance from which on means of groups are taken as alike.
_ALIKE = 0.05
#: A number and its unit at the end of a name.
_AT_AN_AMOUNT = re.compile(r"[^\W\d][^\d]*\d+[\s_]?[a-zµ]{1,3}$", re.IGNORECASE)
#: Share of a count that does not go with another, SEs from which on that is sure, and share of
#: another from which on one count may be the same met again.
_MOSTLY, _SURELY, _NEARLY = 0.5, 3.0, 0.95
#: Larger numbers are rather intensities than counts of things one by one.
_MOST = 1000
#: What a name says of numbers that are no counts of things.
_ASIDE = frozenset({"trait", "time", "scored", "sd", "se"})
#: And of one number in every row, that it labels all of them.
_SET = frozenset({"group", "block", "person", "storage", "counter", "kind"})


@dataclass(frozen=True, kw_only=True)
class Part:
    """A count that may be a part of another.

    Attributes
    ----------
    beside
        Both columns.
    likely
        Whether they are rather that than counts of their own.
    first
        Whether the whole says what was done to how many, so that the part is what came of it.
    """

    beside: Beside
    likely: bool
    first: bool = False

    @classmethod
    def of(cls, table: Table, columns: Sequence[Column], values: Sequence[str]) -> "Part | None":
        """Return the first such counts of a table, in the order of its columns; or None.

        Parameters
        ----------
        values
            Columns that could be the value: what is likelier than both counts is compared.
        """
        lasted = [c for c in columns if _may_have_lasted(table, c, columns)]
        counts = [c for c in columns if c in lasted or may_be_counts(table, c, columns)]
        few = [c for c in columns if c.labelled and c.distinct <= MOST_GROUPS and c not in counts]
        labels = [np.zeros(table.n_rows, np.intp), *(table.labels(c.name)[0] for c in few)]
        for whole, part in permutations(counts, 2):
            both = words(whole.name) & words(part.name)
            shared = bool(both) and of_the_same(whole.name, part.name)
            apart = both and not (shared or words(whole.name) & TOTAL)
            apart = apart or (not shared and (whole in lasted or part in lasted))
            if whole.distinct < _WHOLES or apart:
                continue
            some, every = table.numbers(part.name), table.numbers(whole.name)
            if not _may_be(some, every):
                continue
            told = _goes_with(some, every, labels) or _follows(some, every, labels[1:])
            # Of two counts that are all there is to compare only the user knows.
            alone = bool(few) and len(counts) == len((whole, part)) and part.distinct >= _WHOLES
            if told or alone or shared:
                beside = Beside(value=part.name, column=whole.name, role="total")
                sure = (whole.largest or 0) <= _MOST and not _nearly_all(some, every)
                sure = sure and told and not shared
                done = shared or speaks_of_part(whole.name)
                found = cls(beside=beside, likely=sure, first=done)
                return found if {*values[:1]} <= found.columns else None
        # What is compared is no numbering, though all numbers from 0 to 6 occur in it.
        named = [c for c in columns if [c.name] == [*values[:1]] and _is_count(table, c, columns)]
        return cls._of_as_many(table, columns, named[0]) if named and few else None

    @classmethod
    def _of_as_many(cls, table: Table, columns: Sequence[Column], part: Column) -> "Part | None":
        """Return a count with a whole number nowhere below it that is the same in every row.

        Where no name says so, that it is of as many in every row only the user knows.
        """
        some = table.numbers(part.name)
        for whole in columns:
            if _may_be_as_many(whole) and _scatters(some, table.numbers(whole.name)):
                beside = Beside(value=part.name, column=whole.name, role="total")
                return cls(beside=beside, likely=False)
        return None

    @property
    def columns(self) -> set[str]:
        """Both columns."""
        return {self.beside.value, self.beside.column}

    def ranked(self, values: Sequence[str]) -> list[str]:
        """Return the columns that could be the value: what came of how many first, these last."""
        if not self.first:
            return [*values]
        rest = [name for name in values if name not in self.columns]
        return [self.beside.value, *rest, self.beside.column]

    def asked(self, table: Table, found: Sequence[Proposal]) -> tuple[Proposal, ...]:
        """Return designs of one of the counts, with that of the share behind or before the first.

        Parameters
        ----------
        found
            Designs of the share, where it is likely; otherwise of one of the counts.
        """
        if not found or not found[0].plain or isinstance(found[0], FormulaProposal):
            return tuple(found)
        first, *rest = found
        roles = replace(first.roles, value=self.beside.value, response=MEASURED, total=None)
        bare = replace(first, roles=roles)
        beside = None if self.likely else self.beside
        return (first, *responded(table, [bare], beside), *rest)


def of_the_same(one: str, other: str) -> bool:
    """Return whether names say two things of the same ones: eggs checked, and eggs dead.

    The same at two times, places or levels are no part of each other.
    """
    first, second = (re.findall(r"[^\W\d_]+", name.casefold()) for name in (one, other))
    if min(len(first), len(second)) < 2 or any(map(str.isdigit, one + other)):
        return False
    shared = {first[i] for i in (0, -1) if first[i] == second[i] and len(first[i]) > 1}
    own = [{*said} - shared for said in (first, second)]
    told = bool(shared) and all(said and max(map(len, said)) > 1 for said in own)
    around = parallel([one, other]) or any(moment(n)[1] is not None for n in (one, other))
    return told and not around and not opposed(one, other)


def _may_have_lasted(table: Table, column: Column, columns: Sequence[Column]) -> bool:
    """Return whether a name may say how many days something was so: days of fever."""
    timed = "time" in hints(column.name) and may_tally(column.name)
    return timed and may_be_counts(table, column, columns, timed=True)


def of_a_whole(table: Table, columns: Sequence[Column]) -> bool:
    """Return whether two columns are a count and a part of it, by their names or their numbers."""
    if len(columns) != 2:
        return False
    found = Part.of(table, columns, ())
    return share_columns(table, columns) is not None or (found is not None and found.likely)


def may_be_counts(
    table: Table, column: Column, columns: Sequence[Column], *, timed: bool = False
) -> bool:
    """Return whether numbers may be counts of things: whole, measured, and of no other quantity.

    Where `timed` they may be so many days, too.
    """
    name, said = column.name, hints(column.name)
    if not (column.measured and column.whole and (column.smallest or 0) >= 0):
        return False
    if column.kind == "id" or numbers_rows(column, table.n_rows):
        return False
    label = said & {"counter", "person", "block"} and (
        2 * column.distinct <= table.n_rows or renames(table, column, columns)
    )
    aside = said & (_ASIDE - {"time"} if timed else _ASIDE) and "counted" not in said
    if column.numbering or column.distinct < _PARTS or aside or label or is_sum(name):
        return False
    # Depths of thousands are numbers of reads.
    small = (column.largest or 0) <= _MOST
    # `above 8 cm`: that is where things are counted, and no unit of what is counted.
    where = _AT_AN_AMOUNT.search(name) is not None
    if spoken(name) or clocks(name) or is_reference(name) or (says_amount(name) and not where):
        return False
    # Weights are no things, either.
    measured = any(of_quantities([one, ""]) for one in (name, name.removesuffix("s")))
    if small and not where and (exposes(name) or measured):
        return False
    return not (same_everywhere(table, column, columns) or set_at(table, column, columns))


def _is_count(table: Table, column: Column, columns: Sequence[Column]) -> bool:
    """Return whether what is compared may be a count, whether its numbers leave gaps or not."""
    return may_be_counts(table, replace(column, numbering=False), columns)


def _may_be_as_many(column: Column) -> bool:
    """Return whether a number that is the same in every row may be how many there were in each.

    It is neither a day, a dose or a temperature, nor the number of the one mouse there was.
    """
    name, said = column.name, hints(column.name)
    number = column.kind == "constant" and column.whole and not column.empty
    if not number or not _PARTS <= (column.largest or 0) <= _MOST:
        return False
    if said & (_ASIDE | _SET) or (said & {"unit", "place"} and not name.endswith("s")):
        return False
    if spoken(name) or clocks(name) or is_reference(name) or says_amount(name) or exposes(name):
        return False
    return not of_quantities([name, ""])


def _may_be(some: NDArray[np.float64], every: NDArray[np.float64]) -> bool:
    """Return whether one count is nowhere above another, as a part of it is."""
    known = ~np.isnan(some) & ~np.isnan(every)
    return _scatters(some, every) and not _stays(some[known], every[known])


def _scatters(some: NDArray[np.float64], every: NDArray[np.float64]) -> bool:
    """Return whether one count is nowhere above another, and scatters as a part of it does.

    Shares scatter at least as much as those of things that are so or not by themselves.
    """
    known = ~np.isnan(some) & ~np.isnan(every)
    k, n = some[known], every[known]
    if k.size < _ROWS or (k > n).any() or n.min() < 1 or not 0 < k.sum() < n.sum():
        return False
    p = k.sum() / n.sum()
    scatter = float(((k - p * n) ** 2 / (n * p * (1 - p))).sum())
    return bool(special.chdtr(k.size - 1, scatter) >= _EVEN)


def _follows(
    some: NDArray[np.float64], every: NDArray[np.float64], labels: Sequence[NDArray[np.intp]]
) -> bool:
    """Return whether one count surely differs between some labels, and the other does not at all.

    The other is then rather of how many: as many seeds in every dish, and not as many germinated.
    """
    known = ~np.isnan(some) & ~np.isnan(every)
    for codes in labels:
        part, whole = (Test.between(x[known], codes[known]) for x in (some, every))
        if part is not None and part.p < _EVEN and (whole is None or whole.p > _ALIKE):
            return True
    return False


def _goes_with(
    some: NDArray[np.float64], every: NDArray[np.float64], labels: Sequence[NDArray[np.intp]]
) -> bool:
    """Return whether two counts go with each other by no chance.

    As far as their ranges overlap, that one is nowhere above is enough; otherwise it is in the
    whole table, or in the groups of some labels.
    """
    known = ~np.isnan(some) & ~np.isnan(every)
    k, n = some[known], every[known]
    chances = [_by_correlation(k, n, codes[known]) for codes in labels]
    return min(_by_order(k, n), *chances) < _CHANCE / len(labels)


def _stays(k: NDArray[np.float64], n: NDArray[np.float64]) -> bool:
    """Return whether most of a count surely is there without the other, which is no whole of it.

    Yards grow with attempts, and attempts far less with yards: half as many yards are not of half
    as many attempts.
    """
    free, left = k.size - 2, n - n.mean()
    size = max(float(left @ left), 1e-300)
    slope = float(left @ k) / size
    start = k.mean() - slope * n.mean()
    off = k - start - slope * n
    spread = float(off @ off) / free * (1 / k.size + n.mean() ** 2 / size)
    return bool(start > _MOSTLY * k.mean() and start > _SURELY * np.sqrt(spread))


def _nearly_all(k: NDArray[np.float64], n: NDArray[np.float64]) -> bool:
    """Return whether one count is nearly the other: ages at which something began, and was seen."""
    known = ~np.isnan(k) & ~np.isnan(n)
    return bool(k[known].sum() > _NEARLY * n[known].sum())


def _by_order(k: NDArray[np.float64], n: NDArray[np.float64]) -> float:
    """Return in which share of all orders of two columns one is nowhere above the other."""
    places = k.size - np.searchsorted(np.sort(n), np.sort(k)[::-1]) - np.arange(k.size)
    return float(np.exp(np.log(places).sum() - special.gammaln(k.size + 1)))


def _by_correlation(
    k: NDArray[np.float64], n: NDArray[np.float64], codes: NDArray[np.intp]
) -> float:
    """Return the chance of so high a correlation of two columns within groups."""
    r, free = correlation(codes, k, n)
    if free < 1:
        return 1.0
    return float(special.stdtr(free, -r * np.sqrt(free / max(1 - r * r, 1e-12))))
