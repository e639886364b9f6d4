"""Proportions: how many of how many, `positive/total`, or yes and no."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from nestimate.data.designs.efforts import is_extent, per_effort
from nestimate.data.designs.measures import LOGIT, Measure
from nestimate.data.designs.observed import (
    Chance,
    Columns,
    Equation,
    Together,
    link_scatter,
    link_yardstick,
)
from nestimate.data.designs.opposites import opposed, others_counted
from nestimate.data.designs.percentages import WHOLES, counted_parts, spoken, unclear
from nestimate.data.designs.shown import Scatter
from nestimate.data.designs.statistics import Yardstick, frozen
from nestimate.data.designs.structure import Structure
from nestimate.data.tables.door import Table
from nestimate.data.tables.table import is_text
from nestimate.errors import DataError, listed
from nestimate.remedies import Advice
from nestimate.words import Robust

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Words for yes and no, as they stand in cells.
YES = frozenset(
    {"yes", "y", "true", "t", "positive", "pos", "1", "oui", "ja", "sí", "si", "sì", "sim"}
)
NO = frozenset({"no", "n", "false", "f", "negative", "neg", "0", "non", "nein", "nee", "não"})
#: What is added to both sides where a logit stands for a share.
HALF = 0.5
#: Single yes and no beyond one for each member that tell nothing of how members differ.
FEW = 2
#: Largest total whose density keeps its digits.
MOST = 1e9


def answers(table: Table, name: str) -> Array | None:
    """Return 1 for yes and 0 for no in words, shape (rows,), NaN where a cell is empty.

    None where the column holds numbers, or other words.
    """
    column = table.column(name)
    worded = is_text(column) or pa.types.is_boolean(column.type) or table.is_categorical(name)
    if not worded:
        return None
    codes, labels = table.labels(name)
    words = [label.casefold() for label in labels]
    if not words or not all(word in YES or word in NO for word in words):
        return None
    return np.array([*(float(word in YES) for word in words), np.nan])[codes]


def _check_words(table: Table, name: str) -> None:
    """Refuse words of which nothing says which of them is counted."""
    if not is_text(table.column(name)):
        return
    labels = table.labels(name)[1]
    if labels and not any(any(map(str.isdigit, label)) for label in labels):
        raise DataError(
            f"column '{name}' holds {listed(labels, 4)}, and nothing says which of these is "
            f"counted. Write yes or 1 for it and no or 0 for the others: --edit 'every {name} "
            f"{labels[0]} = yes' (edits=['every {name} {labels[0]} = yes'] in Python)."
        )


def _rates(k: Array, n: Array) -> bool:
    """Return whether there may be so many counts in so much: whole numbers, in more than 0."""
    seen = ~np.isnan(k) & ~np.isnan(n)
    return bool(((k == np.floor(k)) & (k >= 0) & (n > 0))[seen].all())


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Proportions:
    """How many of how many; see `Observed`.

    Attributes
    ----------
    k, n
        Shape (rows,); NaN where the row holds none.
    of
        Column of the totals; empty where every row is a yes or no.
    counted
        Column of what was counted, or of its shares.
    written
        `percentages` or `fractions` of the totals, where k stood in the table so; otherwise empty.
    """

    word: ClassVar[str] = "proportion"
    takes: ClassVar[tuple[str, ...]] = ("total",)
    link: ClassVar[Measure | None] = LOGIT
    robust: ClassVar[Robust] = "none"
    excess: ClassVar[bool] = True
    centre: ClassVar[str] = "probability"
    chance: ClassVar[Chance] = Chance(
        link="logits",
        law="binomial",
        more="beta-binomial",
        event="yes or no",
        half="half a yes and half a no",
        row="share",
        regression="logistic",
        averaged="whose odds ratio lies nearer to 1 the more these differ",
        centre="typical share",
    )

    k: Array
    n: Array
    of: str = ""
    written: str = ""
    counted: str = ""

    @classmethod
    def from_table(cls, table: Table, value: str, total: str | None) -> Self:
        """Read k and n, or 0 and 1, or yes and no in words; k may be written as a share of n.

        Raises
        ------
        DataError
            When a row is not of the form k of n.
        """
        said = answers(table, value) if total is None else None
        if total is None and said is None:
            _check_words(table, value)
        k = table.numbers(value) if said is None else said
        n = np.ones(k.size) if total is None else table.numbers(total)
        seen = ~np.isnan(k)
        with np.errstate(invalid="ignore"):
            whole = (k == np.floor(k)) & (n == np.floor(n)) & (n <= MOST)
            wrong = seen & ~(whole & (k >= 0) & (k <= n) & (n >= 1))
        shares = None if total is None else spoken(value)
        if total is not None and (wrong.any() or shares is not None):
            parts = counted_parts(k, n, value)
            if parts is not None:
                read = {"of": total, "written": WHOLES[parts[1]], "counted": value}
                return cls(k=frozen(parts[0]), n=frozen(n), **read)
        if shares is not None:
            # What its name calls a share is no count, though it may happen to be whole.
            wrong = unclear(k, n, shares)
        if wrong.any():
            row = int(np.argmax(wrong))
            if total is None:
                rule = (
                    f"'{value}' must hold 0 or 1, or yes and no. Where several were looked at in "
                    f"each row, name both columns: response {value}/TOTAL."
                )
            elif shares is None:
                rule = (
                    f"'{value}' of '{total}' must be whole numbers, 0 to the total, and the total "
                    "1 or more; leave both empty where nothing was looked at. Percentages do too, "
                    "where each gives one whole number."
                )
            else:
                rule = (
                    f"By its name '{value}' holds {WHOLES[shares]}, and each must give one whole "
                    f"number of '{total}'. Write them with more decimals, or name the column of "
                    "counts."
                )
            seen_n = "" if total is None else f" of {n[row]:g}"
            raise DataError(
                f"column '{value}', row {table.row(row)}: {k[row]:g}{seen_n} is no share of a "
                f"whole. {rule}",
                *(others_counted(value, total) if total is not None and k[row] > n[row] else ()),
                *(per_effort(value, total) if total is not None and _rates(k, n) else ()),
            )
        return cls(k=frozen(k), n=frozen(n), of=total or "", counted=value)

    @classmethod
    def from_columns(cls, table: Table, columns: Columns) -> Self:
        """Read how many of how many."""
        return cls.from_table(table, columns.value, columns.total)

    @property
    def measure(self) -> Measure:
        """Probabilities are worked out by the logarithm of their odds."""
        return LOGIT

    @property
    def working(self) -> Array:
        """Empirical logit: of half a yes and half a no more."""
        return np.log((self.k + HALF) / (self.n - self.k + HALF))

    @property
    def shown(self) -> Array:
        """The share of every row."""
        return np.asarray(self.k / self.n)

    @property
    def unlimited(self) -> Self:
        """Itself: nothing limits what is counted."""
        return self

    @property
    def beyond(self) -> Codes:
        """No share is a limit."""
        return np.zeros(self.k.size, np.intp)

    @property
    def texts(self) -> tuple[str, ...]:
        """How many of how many."""
        if not self.of:
            return tuple(f"{k:g}" for k in self.k)
        return tuple(f"{k:g} of {n:g}" for k, n in zip(self.k, self.n, strict=True))

    @property
    def behind(self) -> tuple[str, Array]:
        """The total of every row."""
        return self.of, self.n

    @property
    def notes(self) -> tuple[str, ...]:
        """Say what is compared."""
        what = f"shares of {self.of}" if self.of else "yes (1) and no (0)"
        said = (
            f"Rows are analysed as {what}: what is compared are probabilities, and their "
            "differences are said as odds ratios.",
        )
        if not self.written:
            return said
        first = int(np.argmax(~np.isnan(self.k)))
        return (
            *said,
            f"Values are read as {self.written} of {self.of}: each gives a whole number, in the "
            f"first row {self.k[first]:g} of {self.n[first]:g}.",
        )

    @property
    def scattered(self) -> bool:
        """Whether any row holds more than a single yes or no."""
        return bool((self.n > 1).any())

    def scatters(self, member: Codes) -> bool:
        """Return whether members of a level hold more, but for a few, than a yes or no each."""
        total = np.bincount(member, self.n)
        return float(np.maximum(total - 1, 0).sum()) > FEW

    @property
    def exact(self) -> NDArray[np.bool_]:
        """None: how far a row lies from the middle is in part chance."""
        return np.zeros(self.k.size, dtype=np.bool_)

    def warnings(self, group: Codes, groups: tuple[str, ...], unit: Codes) -> list[str]:  # noqa: ARG002
        """Name the groups in which all or none are, and a total that is none by its name."""
        doubted: list[str] = []
        if opposed(self.counted, self.of):
            said = f"By their names {self.counted} and {self.of} are two parts of a whole, and "
            said += f"{self.counted} is analysed as a share of {self.of}."
            doubted = [Advice(said, *others_counted(self.counted, self.of))]
        elif self.of and not self.written and is_extent(self.of):
            said = f"By its name {self.of} is a time, area or effort, and not of how many "
            said += f"{self.counted} counts some."
            doubted = [Advice(said, *per_effort(self.counted, self.of))]
        k, n = (np.bincount(group, weights=x, minlength=len(groups)) for x in (self.k, self.n))
        flat = [
            f"{label} ({'none' if a == 0 else 'all'} of {b:g})"
            for label, a, b in zip(groups, k, n, strict=True)
            if a in (0, b)
        ]
        if not flat:
            return doubted
        return [
            *doubted,
            f"In {listed(flat, 4).replace("'", '')} the probability may be as near to 0 or 1 as "
            "the prior of its logit allows, so that only the other end of its interval comes from "
            "the data.",
        ]

    def law(self, *, scatter: bool) -> str:
        """Return `beta-binomial`, or of what scatters by chance alone `binomial`."""
        return self.chance.more if scatter else self.chance.law

    def equations(self, mean: str, unit: str, *, scatter: bool) -> list[Equation]:
        """Return the lines of shares and of their probability."""
        total = f"{self.of}[i]" if self.of else "1"
        law = f"BetaBinomial({total}, p[i], excess)" if scatter else f"Binomial({total}, p[i])"
        said = f"how many of how many, in one {unit}"
        said += "; precision of the beta distribution 1 / excess^2" if scatter else ""
        return [
            (f"y[i] ~ {law}", said),
            (f"p[i] = 1 / (1 + exp(-{mean}))", f"by the probability of its {unit}"),
        ]

    def together(self, codes: Codes, size: int) -> Together:
        """Return logits of all rows of each member."""
        k, n = (np.bincount(codes, weights=x, minlength=size) for x in (self.k, self.n))
        yes, no = k + HALF, n - k + HALF
        return Together(value=np.log(yes / no), variance=1 / yes + 1 / no)

    def inflation(self, excess: Array) -> Array:
        """Return 1 + (n - 1) rho at the mean total, rho being the correlation inside a row."""
        rho = np.square(excess) / (1 + np.square(excess))
        return np.asarray(1 + (self.n.mean() - 1) * rho)

    def with_data(self, *data: Array) -> Self:
        """Return others of the same totals."""
        return replace(self, k=data[0])

    def features(self, unit: Codes) -> Mapping[str, float]:
        """Share of rows with none, with all, and the scatter inside units over that of chance."""
        found = {"none": float((self.k == 0).mean()), "all": float((self.k == self.n).mean())}
        yes, total = np.bincount(unit, self.k), np.bincount(unit, self.n)
        p = (yes / total)[unit]
        freedom = unit.size - total.size
        if freedom > 0:
            chance = self.n * p * (1 - p)
            far = np.square(self.k - self.n * p) / np.where(chance > 0, chance, 1.0)
            found["excess"] = float(far.sum() / freedom)
        return found if self.scattered else {}

    def where(self, rows: NDArray[np.bool_] | Codes) -> Self:
        """Return the rows chosen, or those at some positions."""
        return replace(self, k=frozen(self.k[rows]), n=frozen(self.n[rows]))

    def yardstick(self) -> Yardstick:
        """Return the logit of all rows as the centre."""
        return link_yardstick(float(self.together(np.zeros(self.k.size, np.intp), 1).value[0]))

    def scatter(self, structure: Structure) -> Mapping[int | None, tuple[Scatter, ...]]:
        """Return scales of logits, and of the excess over the binomial.

        An excess (see `responses.proportions`) moves the logit by itself over sqrt(p (1 - p)).
        """
        p = (self.k.sum() + HALF) / (self.n.sum() + 2 * HALF)
        return link_scatter(structure, excess=float(np.sqrt(p * (1 - p))))
