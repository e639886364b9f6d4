"""Names that may say how many of something each had: sessions, weeks in therapy, hours of sleep."""

import re

from nestimate.data.designs import heads
from nestimate.data.designs.vocabulary import WORDS, hints, words

#: What a name says of labels, which its plural does not: sessions are no session.
_LABELS = ("unit", "block", "time", "place", "counter", "person")
_ONE = frozenset(word for role in _LABELS for word in WORDS[role].split())
#: What time is measured in.
_LONG = frozenset({"days", "weeks", "months", "years", "hours", "minutes", "nights", "seconds"})
#: Since when, and of what, times are told that were set: days post infection.
_SET = frozenset(
    {"after", "post", "since", "before", "pre", "time", "start", "study", "treatment", "infection"}
    | {"injection", "exposure", "dose", "incubation", "storage", "culture", "harvest", "test"}
    | {"sowing", "planting", "surgery", "stimulation", "from", "to", "until", "at", "inoculation"}
)


def may_tally(name: str) -> bool:
    """Return whether a name may say how many of something there were, though a word of it labels.

    Several of what labels something are counted. Times by themselves, or since something, say
    when; beside another word they may have lasted. How the labels lie decides.
    """
    said = words(name)
    if not hints(name):
        return True
    labels = said & _ONE | {word for word in said if _is_several(word)}
    thing, _ = heads.compound(re.findall(r"[^\W\d_]+", name.casefold()))
    if not _is_several(thing) and not all(map(_is_several, labels)):
        return False
    if "group" in hints(name) and not labels:
        return False
    return not said & _LONG or (bool(said - _LONG) and not said & _SET)


def _is_several(word: str) -> bool:
    """Return whether a word is the plural of one for what labels something."""
    return len(word) > 3 and word.endswith("s") and word[:-1] in _ONE
