"""One quantity met again, told by the numbers: columns alike in range that go with each other.

Whatever they are called, the first may be what was there before anything was done. Groups that were
made by chance do not differ in it, and are compared in the last at equal values of the first.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.quantities import of_quantities
from nestimate.data.designs.responses import MEASURED
from nestimate.data.designs.squares import Test
from nestimate.data.designs.vocabulary import hints, words
from nestimate.data.inspection.baselines import Baseline
from nestimate.data.inspection.beside import is_beside, of_one_quantity, outcomes_beside
from nestimate.data.inspection.exposed import beside_columns
from nestimate.data.inspection.kinds import Column
from nestimate.data.inspection.looks import visits
from nestimate.data.inspection.loud import correlation
from nestimate.data.inspection.proposals import FormulaProposal, Proposal
from nestimate.data.inspection.stepping import compares
from nestimate.data.inspection.untold import untold
from nestimate.data.tables.door import Table
from nestimate.data.tables.series import of_several_things
from nestimate.data.tables.steps import steps
from nestimate.remedies import Advice

#: How much of the range of two columns is that of both, where one may be the other before.
_SHARED = 0.4
#: Their least correlation inside the groups, and the F from which on that is no coincidence.
_LEAST, _SURE = 0.5, 10.0
#: Chance of groups that differ so in values before, if these were before anything was done.
_DIFFERENT = 0.05
#: How many times as far as one of them the other may scatter.
_WIDER = 2.0
#: Columns that are conditions under which the rows were looked at, and no list of outcomes.
FEWEST, _MANY = 3, 12
_LAST = re.compile(r"[\s_.-]+")
_ASIDE = frozenset({"trait", "n", "sd", "se"})


@dataclass(frozen=True, kw_only=True)
class Again:
    """Columns that may hold one quantity, before and after.

    Attributes
    ----------
    columns
        The first may be what was before, the last what is compared.
    likely
        Whether they rather are that than outcomes of their own.
    """

    columns: tuple[str, ...]
    likely: bool

    @classmethod
    def of(
        cls, table: Table, columns: Sequence[Column], found: Sequence[Proposal]
    ) -> "Again | None":
        """Return such columns beside the groups of the likeliest design, or None.

        Two of them are all that was measured, or have a word in common with the value.
        """
        of_groups = _of_groups(found)
        if of_groups is None:
            return None
        value = of_groups.roles.value
        # Scores repeat as labels do.
        able = [
            c
            for c in columns
            if c.measured and (c.kind == "numbers" or words(c.name) & words(value))
        ]
        names = [c.name for c in able if not hints(c.name) & _ASIDE]
        if value not in names:
            return None
        every = len(names)
        blind = untold(table, columns)
        several = [n for n in names if n not in blind and words(n) & words(value)]
        names = several if len(several) > 1 else names if every == 2 else [value]
        codes = table.labels(of_groups.roles.group)[0]
        read = {n: table.numbers(n) for n in names}
        others = [n for n in names if n != value]
        # Names that say when are of one quantity, which may have changed from one to the next.
        told = any(one.timed and {*names} <= {*one.columns} for one in steps(names))
        # A second weight may be far above the first.
        second = len(names) == 2 and _numbered(names)
        met = all(
            told
            or go_together(codes, read[value], read[n])
            or (second and _surely(*correlation(codes, read[value], read[n])))
            for n in others
        )
        if not others or not met or _extremes(names):
            return None
        ends = [_LAST.split(n)[-1] for n in names]
        other = every > 2 and not visits(ends)
        # Neither CD4+ is CD8+ before, nor a body a brain, beside how long one sleeps.
        apart = of_several_things(names) and not (told or visits(ends))
        if apart or (other and len({*ends}) == 1):
            return None
        if len(names) > 2 or of_quantities(names) or other:
            return cls(columns=tuple(names), likely=False)
        known = (codes >= 0) & ~np.isnan(read[names[0]])
        test = Test.between(read[names[0]][known], codes[known])
        differ = test is not None and test.p < _DIFFERENT
        scatter = [_scatter(codes, read[n]) for n in names]
        wide = max(scatter) > _WIDER * min(scatter)
        return cls(columns=tuple(names), likely=not (differ or wide))

    def proposed(self, table: Table, found: Sequence[Proposal]) -> tuple[Proposal, ...]:
        """Return the designs with those of the last column at equal values of the first.

        Before them where that is likely, otherwise behind the first.
        """
        before, after = self.columns[0], self.columns[-1]
        alone = _of_groups(found) or found[0]
        rest = [one for one in found if one is not alone]
        of_last = replace(alone, roles=replace(alone.roles, value=after))
        made = Baseline(before=before, after=(after,)).proposed(table, [of_last])
        if not any(one.adjust for one in made):
            return tuple(found)
        if self.likely:
            alone = replace(alone, roles=replace(alone.roles, value=before))
        # What was met later is no covariate of what was before.
        kept = [c for c in alone.cautions if not _adjusts(c, self.columns)]
        alone = replace(alone, cautions=tuple(kept))
        return (*made, alone, *rest) if self.likely else (alone, *made, *rest)


def _of_groups(found: Sequence[Proposal]) -> Proposal | None:
    """Return the first design that compares groups, also behind those of them beside a trait."""
    for proposal in found:
        if isinstance(proposal, FormulaProposal):
            return None
        if _asks_of_groups(proposal):
            return proposal
        if not any("trait" in hints(name) for name in proposal.factors):
            return None
    return None


def _asks_of_groups(proposal: Proposal) -> bool:
    """Return whether a design compares measurements between the groups of one column."""
    plain = proposal.plain and not (proposal.whole or proposal.factors or proposal.adjust)
    return plain and proposal.roles.response == MEASURED


def _adjusts(caution: str, names: Sequence[str]) -> bool:
    """Return whether an advice is to compare groups at equal values of one of some columns."""
    said = caution.remedies if isinstance(caution, Advice) else ()
    return any(one.option == "adjust" and one.value in names for one in said)


def go_together(
    codes: NDArray[np.intp], one: NDArray[np.float64], other: NDArray[np.float64]
) -> bool:
    """Return whether two columns are alike in range, and surely go together inside the groups.

    In one of the groups at least they are: in others what was done may have changed them.
    """
    read = np.stack([one, other])
    known = ~np.isnan(read).any(axis=0) & (codes >= 0)
    groups = [read[:, known & (codes == code)] for code in np.unique(codes[known])]
    alike = any(map(_alike, [read[:, known], *(own for own in groups if own.shape[1] > FEWEST)]))
    return alike and _surely(*correlation(codes, one, other))


def _alike(read: NDArray[np.float64]) -> bool:
    """Return whether much of the range of two columns is that of both."""
    low, high = read.min(axis=1, initial=np.inf), read.max(axis=1, initial=-np.inf)
    return bool(high.min() - low.max() >= _SHARED * (high.max() - low.min()))


def _numbered(names: Sequence[str]) -> bool:
    """Return whether two names are one with a 1 and a 2 behind it: weight1, weight2."""
    first, second = sorted(names)
    return first[:-1] == second[:-1] and (first[-1], second[-1]) == ("1", "2")


def _surely(r: float, free: int) -> bool:
    """Return whether a correlation is high, and no coincidence."""
    return free > 0 and r > _LEAST and r * r * free > _SURE * (1 - r * r)


def under_conditions(table: Table, columns: Sequence[Column]) -> Again | None:
    """Return three columns or more that hold one quantity under several conditions, or None.

    What is high in one of them is high in all, in the groups of labels beside them. A word that all
    have in common makes it likely.
    """
    able = [c for c in columns if c.measured and c.kind == "numbers" and not is_beside(c)]
    able = [c for c in able if not hints(c.name) & _ASIDE]
    blind = untold(table, columns)
    told = [c for c in able if c.name not in blind]
    common = Counter(word for c in told for word in words(c.name) if len(word) > 1)
    word, often = max(common.items(), key=lambda item: item[1], default=("", 0))
    found = [c for c in able if word in words(c.name)] if often >= FEWEST else able
    names = tuple(c.name for c in found)
    groups = [c for c in columns if c.name not in names and compares(c)]
    if not FEWEST <= len(names) <= _MANY or not groups or of_quantities(names):
        return None
    if of_several_things(names) or outcomes_beside(table, found) or not of_one_quantity(found):
        return None
    if beside_columns(table, columns) is not None or _extremes(names):
        return None
    codes, values = table.labels(groups[0].name)[0], [table.numbers(n) for n in names]
    ends = np.array([(c.smallest or 0.0, c.largest or 0.0) for c in found])
    if often < FEWEST and not all(_alike(np.stack(pair)) for pair in combinations(ends, 2)):
        return None
    pairs = [correlation(codes, a, b) for a, b in combinations(values, 2)]
    r, free = float(np.median([pair for pair, _ in pairs])), min(free for _, free in pairs)
    # No numbers of shoulders are those of wrists.
    likely = often >= FEWEST and bool(ends[:, 0].max() <= ends[:, 1].min())
    return Again(columns=names, likely=likely) if _surely(r, free) else None


def _extremes(names: Sequence[str]) -> bool:
    """Return whether names are of the least and the most of one thing, which is met once."""
    said = [words(n) for n in names]
    return any("min" in w for w in said) and any("max" in w for w in said)


def _scatter(codes: NDArray[np.intp], values: NDArray[np.float64]) -> float:
    """Return the SD of values about the means of their groups."""
    known = (codes >= 0) & ~np.isnan(values)
    groups, values = np.unique(codes[known], return_inverse=True)[1], values[known]
    means = np.bincount(groups, values) / np.bincount(groups)
    return float(np.std(values - means[groups]))
