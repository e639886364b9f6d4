"""Two counts that make up a whole: dead and alive, positive and negative, yes and no."""

import re

from nestimate.data.designs.vocabulary import COUNTS, TOTAL
from nestimate.data.tables.edits import WorkOut
from nestimate.remedies import Remedy

#: Words of what is so, and of what is not.
_PAIRS = tuple(
    (frozenset(one.split()), frozenset(other.split()))
    for one, other in (
        ("dead died deaths tot tote morts muertos", "alive live living survived survivors lebend"),
        ("positive positives pos", "negative negatives neg"),
        ("yes", "no"),
        ("success successes succeeded passed", "failure failures failed fail fails"),
        ("responders responder responded", "nonresponders nonresponder"),
        ("infected diseased sick ill affected", "healthy"),
        ("hits hit", "misses missed miss"),
        ("correct right", "wrong errors error"),
        ("open opened", "closed"),
        ("present", "absent"),
        ("male males", "female females"),
    )
)
#: Words for a part of what was counted that have no opposite, and for the whole of it.
_PARTS = frozenset(
    {"mutant", "alt", "brdu", "tunel", "males", "responders", "survivors", "incidence"}
    | {"alternations", "germ", "geschlüpft", "gekeimt", "germés", "germées", "germinadas"}
)
_WHOLES = frozenset(
    {"total", "totals", "all", "released", "laid", "planted", "depth", "leaves", "oocytes", "mice"}
    | {"dapi", "hoechst", "live", "singlets", "parent", "larvae", "fish", "events", "born"}
    | {"geboren", "eier", "semillas", "puncta", "foci", "size", "initial", "stocked", "exposed"}
)
#: Words that say of how many, whatever the column beside them is called.
OF_HOW_MANY = frozenset(
    {"n", "total", "totals", "counted", "scored", "tested", "examined", "sown", "plated"}
    | {"screened", "assessed", "invited", "captured"}
)
#: What becomes of what stands before it, if it lives.
_STAGES = tuple(
    tuple(stages.split())
    for stages in (
        "eggs larvae pupae adults",
        "eggs hatchlings fledglings recruits",
        "eggs chicks fledglings",
        "eggs nestlings fledglings",
        "eggs tadpoles froglets",
        "oocytes ova zygotes embryos blastocysts",
        "embryos larvae",
        "flowers fruits",
        "ovules seeds seedlings plants",
        "buds flowers pods",
    )
)
#: What `number` is cut short to.
_NUMBER = frozenset({"no", "nr", "num", "nos"})
#: Words that end as those of what was done to a part do, and say something else.
_NO_PARTS = frozenset({"speed", "breed", "bleed", "seed", "moved", "travelled", "traveled"})
#: Cells of which others are a part, by their marker.
_PARENT = re.compile(r"(?i)(?<![^\W_])cd(3|45)(?!\d)")
#: Before a word they make its opposite.
_NOT = ("un", "non", "not", "in", "dis")


def opposed(one: str, other: str) -> bool:
    """Return whether two names say that what is counted in one is not counted in the other.

    `dead` and `alive`, `n_pos` and `n_neg`, `hatched` and `unhatched`; what they have in common
    besides does not count.
    """
    first, second = words(one), words(other)
    a, b = first - second, second - first
    if not (a or b):
        return False
    if not a or not b:
        # Hatched and not hatched, responders and non-responders.
        return bool(first & second) and (a | b) <= {"not", "non"}
    known = any((a <= yes and b <= no) or (a <= no and b <= yes) for yes, no in _PAIRS)
    return known or any(
        {f"{mark}{is_so}" for is_so in x} == y for mark in _NOT for x, y in ((a, b), (b, a))
    )


def is_part(name: str) -> bool:
    """Return whether a name says of which part of a whole it counts: dead, survived, positive."""
    known = frozenset(word for pair in _PAIRS for side in pair for word in side)
    return bool(words(name) & known)


def becomes(total: str, part: str) -> bool:
    """Return whether some of what is counted in one became what is counted in another: fruits."""
    before, after = words(total), words(part)
    return any(
        before & {*stages[:i]} and stage in after - before
        for stages in _STAGES
        for i, stage in enumerate(stages)
    )


def speaks_of_part(name: str) -> bool:
    """Return whether a name says of which things it counts: hatched, CD8+ events, mutant reads."""
    said = words(name)
    done = any(len(word) > 4 and word.endswith("ed") for word in said - _WHOLES - _NO_PARTS)
    return is_part(name) or "+" in name or bool(said & _PARTS) or done


def speaks_of_whole(name: str) -> bool:
    """Return whether a name says of what others are a part: eggs laid, animals, CD3+ events."""
    if _PARENT.search(name):
        return True
    said = words(name)
    if speaks_of_part(name) and not said & _WHOLES:
        return False
    last = re.split(r"[\W\d_]+", name.casefold().rstrip(")] "))[-1]
    several = (last.endswith("s") and last[-2:-1] not in {*"aisu"}) or last.endswith("ae")
    return bool(said & _WHOLES) or (len(last) > 3 and several)


def says_how_many(name: str) -> bool:
    """Return whether a name says of how many: `n exposed`, `No. exposed`."""
    said = words(name)
    return bool(said & OF_HOW_MANY or (said & TOTAL and said & (COUNTS | _NUMBER)))


def others_counted(value: str, others: str) -> tuple[str | Remedy, ...]:
    """Say how a share is asked for where a column counts the others and not all."""
    total = str(WorkOut(column="total", parts=(value, others), signs=("+",)))
    return (
        f" If {others} counts the others, and not all: ",
        Remedy("edits", total),
        " with ",
        Remedy("response", f"{value}/total"),
        ".",
    )


def words(name: str) -> frozenset[str]:
    """Return the words of a name, in small letters: `n_posCells` holds `n`, `pos`, `cells`."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).casefold()
    return frozenset(word for word in re.split(r"[\W\d_]+", spaced) if word)
