"""Every reported number in one tidy data frame, one row per quantity."""

from typing import TYPE_CHECKING

from nestimate.results.answer import Answer

if TYPE_CHECKING:
    import pandas as pd

#: Parts of an answer in the order in which they are read; the names are those of the JSON.
PARTS = (
    *("contrasts", "groups", "averages", "effect_sizes", "along", "coefficients"),
    *("scales", "blocks", "units", "probabilities"),
)
COLUMNS = (
    *("part", "name", "mean", "median", "sd", "ci_low", "ci_high", "ci_prob", "ci_kind"),
    *("p_gt_0", "p_in_rope", "ess", "mcse_mean", "sd_log"),
)


def to_frame(answer: Answer) -> "pd.DataFrame":
    """Return one row per reported quantity; no rows if a check failed.

    The columns are `part` (contrasts, groups, ...), `name`, and those of `Summary`; what a quantity
    has no probability of is missing.
    """
    import pandas as pd  # noqa: PLC0415 - text and JSON need none

    rows = [
        {"part": part, **row.record()}
        for part in PARTS
        for row in (getattr(answer, part) if answer.passed else ())
    ]
    texts = ("part", "name", "ci_kind")
    kinds = {name: "str" if name in texts else "float64" for name in COLUMNS}
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(kinds)
