"""Shares beside a total of which they are no whole numbers: rounded, or of something else."""

from collections.abc import Sequence
from shlex import quote
from typing import NamedTuple

import numpy as np

from nestimate.data.designs.percentages import spoken, unclear, unclear_said
from nestimate.data.designs.vocabulary import TOTAL, hints, words
from nestimate.data.inspection.kinds import Column
from nestimate.data.tables.door import Table


class Unclear(NamedTuple):
    """Shares by their name, beside a total of which they are no whole numbers; see `unclear`."""

    share: str
    total: str
    row: str
    said: str

    @property
    def note(self) -> str:
        """What becomes of them, and how they may be asked for as shares."""
        counted, decimals = (quote(f"{part}/{self.total}") for part in ("COUNTED", self.share))
        return (
            f"By their names {self.share} is a share, and {self.total} of how many, but not every "
            f"row gives one whole number (row {self.row}: {self.said}): rounded, or shares of "
            f"something else. They are compared as measurements, whatever {self.total} is. "
            f"As shares: put how many were counted into a column, --response {counted}; "
            f"or write {self.share} with more decimals, --response {decimals}."
        )


def unclear_shares(table: Table, columns: Sequence[Column]) -> Unclear | None:
    """Return shares that a column names beside one that is a total by its name, or None.

    They were rounded, or are shares of something else: as they stand nothing can be counted.
    """
    named = [(c.name, whole) for c in columns if c.measured and (whole := spoken(c.name))]
    totals = [
        c.name
        for c in columns
        if c.measured
        and c.whole
        and (c.smallest or 0) >= 1
        and spoken(c.name) is None
        and (TOTAL & words(c.name) or hints(c.name) & {"counted", "n"})
    ]
    for share, whole in named:
        p = table.numbers(share)
        known = p[~np.isnan(p)]
        for total in totals:
            n = table.numbers(total)
            wrong = unclear(p, n, whole) & ~np.isnan(n)
            if known.min() >= 0 and known.max() <= whole and wrong.any():
                i = int(np.argmax(wrong))
                said = unclear_said(float(p[i]), float(n[i]), known, whole)
                return Unclear(share, total, table.row(i), said)
    return None
