"""What was sampled under several factors: clusters in one another, and the terms that say so."""

from collections.abc import Sequence

from nestimate.data.designs.expressions import quoted
from nestimate.data.designs.premises import BLOCKS
from nestimate.data.designs.vocabulary import ANIMALS, BORN, PERSONS, WITHIN, hints, passes, words
from nestimate.data.inspection.anyhow import is_kept
from nestimate.data.inspection.crossings import Crossing
from nestimate.data.inspection.curves import moments
from nestimate.data.inspection.factors import begins_anew
from nestimate.data.inspection.looks import counting
from nestimate.data.inspection.loud import same
from nestimate.data.inspection.written import holds_groups, stands_together
from nestimate.data.tables.cells import is_plain_number


def path_of(crossing: Crossing, factors: Sequence[str]) -> list[str]:
    """Return what was sampled, outermost first: columns that lie in one another."""
    apart = crossing.counters | crossing.factors
    names = [
        name
        for name in crossing.names
        if name not in apart
        and crossing.size(name) > 1
        and not hints(name) & {"trait", "person"}
        and not (is_kept(name) and not all(crossing.inside(name, f) for f in factors))
        and not any(crossing.decides([factor], name) for factor in factors)
        and not crossing.empty(name)
    ]
    chains = []
    for start in names:
        chain = [start]
        inside = [n for n in names if n != start and crossing.inside(n, start)]
        for name in sorted(inside, key=crossing.size):
            if crossing.inside(name, chain[-1]) and crossing.size(name) > crossing.size(chain[-1]):
                chain.append(name)
        # Wells 1, 2, 3 are others on every plate and under every treatment.
        left = [n for n in names if n not in chain]
        left = [n for n in left if not crossing.decides([*factors, *chain], n)]
        chain += [n for n in left if numbered(crossing, n, factors) or _anew(crossing, n, chain)]
        chains.append([n for n in chain if crossing.most_rows([n]) > 1])
    # What is sampled by itself is worth more than a place or a day that says nothing of it.
    best = max(chains, key=lambda c: (any("unit" in hints(n) for n in c), len(c)), default=[])
    # Numbers of single rows are those of readings.
    held = len(best) > 1 and crossing.most_rows([*factors, *best]) == 1
    return best[:-1] if held and told_apart_by(crossing, best, best[-1], factors) else best


def _anew(crossing: Crossing, name: str, chain: Sequence[str]) -> bool:
    """Return whether animals or samples are numbered anew in what a chain ends with."""
    return bool(words(name) & ANIMALS or passes(name)) and begins_anew(crossing, name, chain[-1])


def random_terms(
    crossing: Crossing, factors: Sequence[str], path: Sequence[str], anew: Sequence[str]
) -> list[str]:
    """Return the random terms of a path of clusters.

    A factor that varies inside the outermost cluster may do so differently in each: where a level
    has several rows there, the spread of its effect is estimated; where it has one, the error of a
    reading holds it. Under factors in `anew` the same label names another cluster.
    """
    if not path:
        return []
    outer, *inner = path
    cluster = [*anew, outer]
    within = [f for f in factors if not crossing.inside(outer, f) and f not in anew]
    several = bool(within) and crossing.most_rows([*cluster, *within]) > 1
    bar = "||" if len(within) > 1 else "|"
    # Cells of several factors may differ from cluster to cluster beyond what each does by itself.
    left = " * ".join(coded(crossing, f) for f in within) if several else "1"
    terms = [f"({left} {bar if several else '|'} {_joined(cluster)})"]
    levels = [
        [*cluster, *told_apart_by(crossing, path, name, factors), *inner[: i + 1]]
        for i, name in enumerate(inner)
    ]
    return terms + [f"(1 | {_joined(names)})" for names in levels if crossing.most_rows(names) > 1]


def _joined(names: Sequence[str]) -> str:
    return ":".join(map(quoted, names))


def given_anew(crossing: Crossing, path: Sequence[str], factors: Sequence[str]) -> list[list[str]]:
    """Return the factors under whose levels labels name other animals: likeliest first.

    Labels that count 1, 2, 3 under every combination were rather given anew under each. An animal
    has one genotype, and all its eyes. Labels of which each lies in one level of a factor, or that
    do not run in every combination, are numbered through.
    """
    outer = path[0] if path else ""
    sown = [f for f in factors if words(outer) & BLOCKS and begins_anew(crossing, outer, f)]
    if sown:
        return [sown, []]  # block 1 of one year is block 1 of the next only where nothing was sown
    if not path or not counting(crossing.labels[outer]) or "block" in hints(outer):
        return [[]]
    if holds_groups(crossing, outer, factors):
        return [[]]
    cells = crossing.size(*factors)
    if crossing.size(*factors, outer) < 0.7 * cells * crossing.size(outer):
        return [[]]
    free = [f for f in factors if not moments(crossing, f) and not words(f) & WITHIN]
    free = [f for f in free if not same(crossing, outer, f)]
    inner = _inside(crossing, outer, factors)
    free = [f for f in free if all(crossing.inside(name, f) for name in inner)]
    born = [f for f in free if words(outer) & ANIMALS and words(f) & BORN]
    again = any(hints(name) >= {"block", "time"} for name in inner)
    if again or _written_together(crossing, outer, free):
        return [born] if free == born else [born, free]
    if _counts(crossing, outer) or outer in crossing.table.roles.values():
        return [free] if free == born else [free, born]
    # Names such as m1 are given with more care: only what they cannot mean is taken back.
    return [born] if free == born else [born, free]


def _inside(crossing: Crossing, outer: str, factors: Sequence[str]) -> list[str]:
    """Return what lies in each animal, several in most: runs, of which each is at all doses."""
    others = [n for n in crossing.names if n not in {outer, *factors}]
    others = [n for n in others if crossing.size(n) > crossing.size(outer)]
    return [n for n in others if crossing.inside(n, outer) and crossing.most_rows([n]) > 1]


def _written_together(crossing: Crossing, outer: str, factors: Sequence[str]) -> bool:
    """Return whether each person's rows stand together, under one treatment after the other.

    Who was numbered anew under each treatment stands below the other treatment's; animals of every
    arm are often written side by side.
    """
    if (
        not words(outer) & PERSONS
        or outer in crossing.table.roles.values()
        or not stands_together(crossing, outer)
    ):
        return False
    return bool(factors) and not any(stands_together(crossing, factor) for factor in factors)


def _counts(crossing: Crossing, name: str) -> bool:
    """Return whether labels run 1, 2, 3 and so on, without `block` in the column's name."""
    labels = crossing.labels[name]
    run = {*labels} in ({str(i + start) for i in range(len(labels))} for start in (0, 1))
    return run and "block" not in hints(name)


def numbered(crossing: Crossing, name: str, factors: Sequence[str]) -> bool:
    """Return whether units of a name are numbered anew under every combination of factors."""
    runs = _counts(crossing, name) or (passes(name) and counting(crossing.labels[name]))
    spoken = "unit" in hints(name) and runs
    return spoken and not any(crossing.inside(name, factor) for factor in factors)


def told_apart_by(
    crossing: Crossing, path: Sequence[str], name: str, factors: Sequence[str]
) -> Sequence[str]:
    """Return the factors under whose levels a number inside a path names another thing.

    What was followed along times or radii is the same at each, as a neuron is; not a cell next day.
    So is a cow of which all quarters were looked at.
    """
    sides = words(name) & ANIMALS and any(words(f) & WITHIN for f in factors)
    if sides or not numbered(crossing, name, factors):
        return ()
    kept = [f for f in factors if f not in crossing.along or begins_anew(crossing, name, f)]
    followed = len(kept) < len(factors)
    return () if followed and all(crossing.inside(path[0], f) for f in kept) else kept


def coded(crossing: Crossing, name: str) -> str:
    """Return a factor as a formula writes it: numbers that are labels stand in C(...)."""
    numbers = all(is_plain_number(label) for label in crossing.labels[name])
    return f"C({quoted(name)})" if numbers else quoted(name)
