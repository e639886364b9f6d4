"""Which columns could be group, unit, subunits and block: every sensible set of roles.

What is possible follows from which labels occur with which; names of columns only help the order.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from nestimate.data.designs.premises import BLOCKS
from nestimate.data.designs.quantities import happens_once
from nestimate.data.designs.vocabulary import hints, lasts, words
from nestimate.data.inspection.anyhow import is_kept, lies_anyhow, unequal
from nestimate.data.inspection.assigned import evenly_crossed
from nestimate.data.inspection.crossings import Crossing
from nestimate.data.inspection.curves import MOST_GROUPS, amounts
from nestimate.data.inspection.factors import begins_anew, meets_all
from nestimate.data.inspection.looks import counting, lettered
from nestimate.data.inspection.loud import same
from nestimate.data.inspection.returning import measured_again, met_again, one_each

MOST_SUBUNITS = 3
#: What a name says of what was met with all that is compared, if it says anything.
_MET = frozenset({"unit", "block", "person"})
#: More numbers than these sort nothing.
MOST_SORTS = 4


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A set of roles that the labels allow.

    Attributes
    ----------
    group
        The column that is compared.
    units, blocks
        Columns, outermost first; blocks with the plots inside them that see several groups.
    relabel
        Whether labels of the unit are reused in several groups or blocks.
    score
        How much speaks for it.
    unused
        Columns of labels that play no role.
    merged
        Those of them that differ between rows taken as readings of one thing.
    anew
        Those of `merged` whose labels begin anew in every block.
    over
        Times, doses or positions over which the mean of a unit is taken.
    """

    group: str
    units: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()
    relabel: bool = False
    score: float = 0.0
    unused: tuple[str, ...] = field(default=())
    merged: tuple[str, ...] = field(default=())
    anew: tuple[str, ...] = field(default=())
    over: tuple[str, ...] = field(default=())

    @property
    def place(self) -> tuple[str, ...]:
        """Group and blocks."""
        return (self.group, *self.blocks)

    @property
    def used(self) -> tuple[str, ...]:
        """Group, blocks and units."""
        return (*self.place, *self.units)

    def alike(self, other: "Candidate") -> bool:
        """Whether both give columns the same roles."""
        one = (self.group, self.blocks, self.units, self.relabel)
        return one == (other.group, other.blocks, other.units, other.relabel)

    def follows(self, other: "Candidate") -> bool:
        """Whether it takes for one thing measured again what is another in every block of `other`.

        Where labels of animals return on every day the table cannot tell which: both are shown.
        """
        if other.blocks[:-1] == self.blocks and other.blocks[-1:] == self.anew:
            return not self.units and self.group == other.group
        if self.blocks or not other.blocks:
            return False
        block, *_ = other.blocks
        if not self.units:
            alone = not other.units and self.group == other.group
            return alone and block in self.merged and lasts(block)
        outer = self.units[0]
        anew = outer in other.merged or (other.relabel and other.units[:1] == (outer,))
        across = block in (*self.merged, *self.units[1:])
        return self.group == other.group and anew and across and lasts(outer)


def possible(
    crossing: Crossing, group: str, names: Sequence[str], *, single: bool
) -> Iterator[Candidate]:
    """Yield every set of roles beside a group that the labels of some columns allow."""
    if any(one_unit_each(crossing, group, name) for name in names):
        return
    single_units = [n for n in names if one_unit_each(crossing, n, group)]
    if single_units:
        yield Candidate(group=group, units=(single_units[0],))
        return
    compared = crossing.factors if group in crossing.factors else frozenset()
    apart = crossing.counters | crossing.along | compared
    stored = {n for n in names if is_kept(n) and not crossing.inside(n, group)}
    names = [n for n in names if not (n in apart | stored or lies_anyhow(crossing, n))]
    others = [name for name in names if not crossing.decides([group], name)]
    crossed = [name for name in others if not crossing.inside(name, group)]
    crossed = [name for name in crossed if "trait" not in hints(name)]
    # Birds that were released on one day need have nothing else in common.
    crossed = [name for name in crossed if not (crossing.single and happens_once(name))]
    blocks = crossed if crossing.size(group) > 1 else []
    paths = (path for block in blocks for path in _paths(crossing, group, block, blocks))
    for path in [(), *paths]:
        place = [group, *path]
        rest = [n for n in others if n not in path and not hints(n) & {"trait", "person"}]
        # Doses are given to what was sampled, and are none of it.
        sampled = [n for n in rest if hints(n) or not amounts(crossing, n)]
        single_rows = crossing.single or any(one_each(crossing, group, n) for n in rest)
        if not path and any(measured_again(crossing, group, n) for n in rest):
            continue
        others_there = sampled if path else rest
        if not any(_must_be_named(crossing, place, n, single=single_rows) for n in others_there):
            yield Candidate(group=group, blocks=path)
        for unit in sampled:
            if crossing.size(*place, unit) == crossing.size(*place):
                continue
            relabel = not all(crossing.inside(unit, name) for name in place)
            if relabel and any(_shared(crossing, [*place, unit], name) for name in rest):
                continue
            # A complete block is no unit of the two plots of its control.
            several = unit in crossing.runs and crossing.most_rows([*place, unit]) > 1
            whole = several and meets_all(crossing, unit)
            again = met_again(crossing, unit, place) or _answer(crossing, place, unit)
            if relabel and (whole or again):
                continue
            if relabel and crossing.single and (path or "place" in hints(unit)):
                continue  # another animal in every row is no other tube in every box
            for inner in _chains(crossing, [*place, unit], sampled):
                if not (inner or single) and crossing.most_rows([*place, unit]) == 1:
                    continue
                yield Candidate(group=group, units=(unit, *inner), blocks=path, relabel=relabel)


def _answer(crossing: Crossing, place: Sequence[str], name: str) -> bool:
    """Return whether a column rather says what patients answered, or were born with.

    No word says that it was sampled, and some labels have far more rows than others.
    """
    return not hints(name) and unequal(crossing, [*place, name])


def _paths(
    crossing: Crossing, group: str, block: str, names: Sequence[str]
) -> Iterator[tuple[str, ...]]:
    """Yield a block alone, and with what lies in it and sees several groups: pups seen twice."""
    yield (block,)
    plots = [name for name in names if name != block and _sees(crossing, group, block, name)]
    for name in plots:
        yield (block, name)
    plots.sort(key=crossing.size)
    if len(plots) > 1 and all(
        crossing.inside(b, a) or begins_anew(crossing, b, a) for a, b in pairwise(plots)
    ):
        yield (block, *plots)


def _sees(crossing: Crossing, group: str, block: str, name: str) -> bool:
    """Return whether things of this name lie in the blocks, and most see several groups.

    Where they are numbered anew in every block nearly all see all: others would be other things.
    """
    inside = crossing.inside(name, block)
    named = "unit" in hints(name) or not counting(crossing.labels[name])
    named = named or bool(words(name) & BLOCKS)
    anew = named and not hints(name) & {"time", "counter"} and name not in crossing.runs
    things, seen = crossing.size(block, name), crossing.size(block, name, group)
    if things == crossing.size(block) or 2 * seen <= 3 * things:
        return False
    if name == crossing.made:
        return False  # a row of a wide table has no name that could be given
    full = seen >= 0.9 * things * crossing.size(group)
    return inside or (full and anew and begins_anew(crossing, name, block))


def _must_be_named(crossing: Crossing, place: Sequence[str], name: str, *, single: bool) -> bool:
    """Return whether rows would be taken as independent although they share a unit of this name."""
    if name in crossing.counters or crossing.decides(place, name):
        return False
    # Where every row is another animal, rows of one plate or birthday are several all the same.
    if single and not (lasts(name) or crossing.inside(name, place[0])):
        return False
    if any(
        begins_anew(crossing, name, block) and crossing.most_rows([block, name]) == 1
        for block in place[1:]
    ):
        return False
    return _shared(crossing, place, name) or crossing.most_rows([*place, name]) > 1


def _shared(crossing: Crossing, used: Sequence[str], name: str) -> bool:
    """Return whether things of this name lie in one group each but are spread over what is used."""
    group = used[0]
    return (
        name not in used
        and name not in crossing.counters
        and crossing.inside(name, group)
        and not crossing.decides(used, name)
        and not crossing.decides([name], used[-1])
        and crossing.most_rows([group, name]) > 1
    )


def _chains(
    crossing: Crossing, used: Sequence[str], names: Sequence[str]
) -> Iterator[tuple[str, ...]]:
    """Yield subunits of the columns used: none, each alone, all that lie in one another."""
    inner = [
        name
        for name in names
        if name not in used
        and not crossing.decides(used, name)
        and crossing.most_rows([*used, name]) > 1
    ]
    yield ()
    for name in inner:
        yield (name,)
    chain: list[str] = []
    while inner and len(chain) < MOST_SUBUNITS:
        coarse = [
            name
            for name in inner
            if not any(
                other != name and crossing.inside(name, other) and not crossing.inside(other, name)
                for other in inner
            )
        ]
        chain.append((coarse or inner)[0])
        inner = [
            name
            for name in inner
            if not crossing.decides([*used, *chain], name)
            and crossing.most_rows([*used, *chain, name]) > 1
        ]
    if len(chain) > 1:
        yield tuple(chain)


def one_unit_each(crossing: Crossing, name: str, group: str) -> bool:
    """Return whether a column names units, and every group has a single one."""
    spoken, other = hints(name), hints(group)
    same = crossing.size(name) == crossing.size(group) == crossing.size(name, group)
    return (
        same
        and 1 < crossing.size(group) <= MOST_GROUPS
        and "unit" in spoken
        and "group" not in spoken
        and not other & {"unit", "block", "counter", "time", "place"}
    )


def holders(crossing: Crossing, name: str, names: Sequence[str]) -> list[str]:
    """Return the columns before a column that may hold what it names: periods hold no cows.

    Nor does anything hold what is surely the same in all of its labels, nor a sex tanks of which
    each lies in something else, nor sides leaves of which each got a treatment on one of them.
    """
    before = [n for n in names[: names.index(name)] if n not in crossing.counters | crossing.orders]
    before = [n for n in before if not _given_within(crossing, name, n, names)]
    through = any(n != name and crossing.inside(name, n) for n in names)
    born = {n for n in before if through and "trait" in hints(n)}
    held = {n for n in before if crossing.inside(name, n)}
    return [n for n in before if n in held or not (n in born or same(crossing, name, n))]


def _given_within(crossing: Crossing, name: str, place: str, names: Sequence[str]) -> bool:
    """Return whether each of many labels got all of something, one in each place, here or there.

    Of leaves that are numbered anew on each side hardly all would have one that was treated.
    """
    if crossing.size(name) <= MOST_SORTS:
        return False
    return any(
        crossing.size(given) == crossing.size(place) > 1
        and not crossing.inside(given, place)
        and crossing.decides([name, given], place)
        and crossing.decides([name, place], given)
        and crossing.size(name, given) == crossing.size(name) * crossing.size(given)
        for given in names
        if given not in {name, place}
    )


def counts_within(crossing: Crossing, name: str, names: Sequence[str]) -> bool:
    """Return whether a column counts 1, 2, 3 or a, b, c within what the columns before it name."""
    before = holders(crossing, name, names)
    labels = sorted(crossing.labels[name], key=lambda label: (len(label), label))
    first = labels[0] if labels else ""
    if before and "counter" in hints(name) and counting(labels):
        return True
    if not before or first not in {"0", "1", "a", "A"} or _left_to_compare(crossing, name, names):
        return False
    if labels == ["0", "1"] and "counter" not in hints(name):
        return False  # no and yes
    start = ord(first) if first.isalpha() else int(first)
    run = [chr(start + i) if first.isalpha() else str(start + i) for i in range(len(labels))]
    if run != labels or "group" in hints(name):
        return False
    return len(labels) > MOST_SORTS or not _sorts(crossing, name, names, before)


def _left_to_compare(crossing: Crossing, name: str, names: Sequence[str]) -> bool:
    """Return whether only a column can be compared: sessions of subjects, T 1 and 2 in blocks.

    What was sampled, or is called a block and no more, has a row for each of its labels; subjects
    have one for each of bikes A, B and C.
    """
    rest = [n for n in names if n != name and n not in crossing.counters]
    labels = crossing.size(name)
    blocks = not (hints(name) or name in crossing.runs) and all(
        hints(n) == {"block"}
        or (lettered(crossing.labels[name]) and hints(n) <= _MET and crossing.size(n) > labels)
        for n in rest
    )
    blocks = blocks or name in crossing.along
    return len(rest) == 1 and blocks and evenly_crossed(crossing, name, rest[0])


def _sorts(crossing: Crossing, name: str, names: Sequence[str], before: Sequence[str]) -> bool:
    """Return whether several of what stands before a column share each of its labels.

    Several birds are of sex 1; but an image is a site of a well. Beside a column that may say what
    is compared such numbers are rather those of boxes.
    """
    apart = [n for n in before if not crossing.inside(n, name)]
    sorted_out = [
        n for n in before if n not in apart and crossing.size(n) > crossing.size(*apart, name)
    ]
    sampled = {"unit", "block", "place", "counter", "person"}
    others = [n for n in names if n != name and not hints(n) & sampled]
    return any(
        not any(crossing.inside(n, other) for other in others if other != n) for n in sorted_out
    )


def numbers_rows(
    crossing: Crossing, name: str, names: Sequence[str], used: tuple[str, ...]
) -> bool:
    """Return whether a column numbers the rows of what stands before it.

    Blocks 1 to 4, by their name, with one row of all that is compared do not, in roles `used`.
    """
    before = holders(crossing, name, names)
    once = crossing.most_rows([*before, name]) == 1 < crossing.most_rows(before)
    block = "block" in hints(name) and used[1:] == (name,) and crossing.most_rows(used) == 1
    return once and not block
