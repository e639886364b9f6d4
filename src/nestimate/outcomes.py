"""Several outcomes of one experiment: a mapping from each to its answer, and the ways out of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from nestimate.data.tables.cells import tidy
from nestimate.data.tables.door import Reading, read_grid
from nestimate.data.tables.files import STANDARD_INPUT
from nestimate.data.tables.series import split_names
from nestimate.errors import DataError, DesignError, NestimateError, RowError, one_of
from nestimate.inference import work
from nestimate.outputs import write_report
from nestimate.results.answer import Answer
from nestimate.results.documents.several import Several
from nestimate.results.documents.terminal import Page
from nestimate.results.exports.frame import to_frame
from nestimate.results.words import lines

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Outcomes[T: Answer](Mapping[str, T]):
    """Outcomes of one experiment, each compared by itself: `found["weight"]` is its answer.

    Attributes
    ----------
    answered
        Outcome to its answer, in the order in which they were named.
    refused
        Outcome to the error that says why it cannot be answered; to ask for it raises that error.
    """

    answered: Mapping[str, T]
    refused: Mapping[str, NestimateError] = field(default_factory=dict)

    @classmethod
    def of(cls, names: Sequence[str], columns: Sequence[str], answer: Callable[[str], T]) -> Self:
        """Answer one outcome after another; one that cannot be answered stops no other.

        Parameters
        ----------
        names, columns
            The outcomes, and the columns of the table, each of which may be one.
        answer
            Answers the outcome of this name.

        Raises
        ------
        DesignError
            When none is named, one is named twice, or none of them can be answered.
        """
        if not names:
            raise DesignError("value names no outcome: name at least one column.")
        twice = next((name for i, name in enumerate(names) if name in names[:i]), None)
        if twice is not None:
            raise DesignError(f"value: '{twice}' is named twice as an outcome. Name it once.")
        answered: dict[str, T] = {}
        refused: dict[str, NestimateError] = {}
        for number, name in enumerate(names, start=1):
            work.say(f"outcome {number} of {len(names)}: {name}")
            try:
                if name not in columns:
                    raise DataError(one_of("column", str(name), columns))
                answered[name] = answer(name)
            except NestimateError as error:
                refused[name] = error
        if not answered:
            first = refused[names[0]]
            if all(str(error) == str(first) for error in refused.values()):
                raise first
            each = " ".join(f"{name}: {error}" for name, error in refused.items())
            raise DesignError(f"none of the outcomes can be answered. {each}")
        return cls(answered=answered, refused=refused)

    @property
    def passed(self) -> bool:
        """Whether every outcome has an answer whose checks held."""
        return not self.refused and all(one.passed for one in self.answered.values())

    def __getitem__(self, name: str) -> T:
        """Return the answer of one outcome."""
        if name in self.refused:
            raise self.refused[name]
        if name not in self.answered:
            raise RowError(one_of("outcome", name, [*self.answered, *self.refused]))
        return self.answered[name]

    def __contains__(self, name: object) -> bool:
        """Return whether an outcome has an answer."""
        return name in self.answered

    def __iter__(self) -> Iterator[str]:
        """Return the outcomes that have an answer."""
        return iter(self.answered)

    def __len__(self) -> int:
        """Return how many outcomes have an answer."""
        return len(self.answered)

    def __repr__(self) -> str:
        """Return what there is in one line."""
        lost = f"; no answer: {', '.join(self.refused)}" if self.refused else ""
        return lines.visible(f"<Outcomes: {', '.join(self.answered)}{lost}>")

    def __str__(self) -> str:
        """Return the table of answers, and what to mind, as text."""
        return self.text()

    def text(self, page: Page | None = None, *, brief: bool = False) -> str:
        """Return the same for a page of another width or voice; `brief` is the table alone."""
        return self._several.text(page, brief=brief)

    @property
    def _several(self) -> Several:
        return Several(answered=self.answered, refused=self.refused)

    def summary(self) -> "pd.DataFrame":
        """Return every reported number; the columns of `Comparison.summary` after `outcome`."""
        import pandas as pd  # noqa: PLC0415 - slow to import

        frames = [to_frame(one).assign(outcome=name) for name, one in self.answered.items()]
        whole = pd.concat(frames, ignore_index=True)
        return whole[["outcome", *(name for name in whole.columns if name != "outcome")]]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values, ready for JSON."""
        return {
            "outcomes": {name: one.to_dict() for name, one in self.answered.items()},
            "refused": {name: str(error) for name, error in self.refused.items()},
        }

    def report(self, path: str | Path) -> None:
        """Write one file, `.html`, `.pdf` or `.md`: the table, then a page of every outcome.

        Raises
        ------
        DesignError
            When the name has another ending, or the file cannot be written.
        """
        write_report(path, self._several.report)


def columns_of(data: Any, reading: Reading) -> tuple[str, ...]:
    """Return the names of the columns, which have to be there before any outcome is read.

    Raises
    ------
    DataError, DesignError
        When the data cannot be read, or not as often as there are outcomes.
    """
    if isinstance(data, str | Path) and str(data) == STANDARD_INPUT:
        raise DesignError(
            "several outcomes are read from a file, which standard input (-) is not: name its path."
        )
    return tuple(map(tidy, read_grid(data, reading).names))


def split_outcomes(data: Any, text: str, reading: Reading) -> tuple[str, ...]:
    """Return the outcomes that a text names, `weight,length`; a column may hold a comma."""
    return split_names(text, columns_of(data, reading), ",")
