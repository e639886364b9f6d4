"""Scales of questionnaires and of examinations, by what they are called: their sums are scores."""

import re

from nestimate.data.designs.vocabulary import words

#: What they are cut short to, numbers aside: PHQ-9, HADS-A, GAD7.
_SCALES = frozenset(
    {"phq", "bdi", "gad", "hads", "madrs", "hamd", "hama", "hdrs", "hars", "qids", "mmse"}
    | {"moca", "adas", "panss", "bprs", "ymrs", "ybocs", "dass", "stai", "pss", "epds", "cesd"}
    | {"ghq", "pcl", "psqi", "ess", "dlqi", "pasi", "scorad", "womac", "koos", "haq", "asdas"}
    | {"basdai", "odi", "updrs", "edss", "nihss", "ipss", "iief", "bai", "bss", "cdi", "whoqol"}
    | {"whodas", "sgrq", "wsas", "sdq", "cbcl", "apgar", "gds", "isi", "audit"}
)
#: Those that are short of a word without their number, or of two.
_WRITTEN = re.compile(
    r"(?i)(?<![^\W_])(who[\W_]?5|ham[\W_][ad]|ces[\W_]d|k[\W_]?(6|10)|sf[\W_]?(8|12|36)"
    r"|eq[\W_]?5d|y[\W_]bocs|oci[\W_]r|ies[\W_]r|das[\W_]?28)(?![^\W_])"
)


def is_sum(name: str) -> bool:
    """Return whether a name is that of a questionnaire: PHQ_post, HADS-A, WHO-5."""
    return bool(words(name) & _SCALES) or _WRITTEN.search(name) is not None
