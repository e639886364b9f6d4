"""Draws and differences without the rest of an answer: for many data sets one after another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nestimate.errors import DesignError
from nestimate.inference import work
from nestimate.inference.fit import Fit
from nestimate.options import Options, options_apart
from nestimate.posing import fitted, posed
from nestimate.results.analyses.reliability import reliability_checks
from nestimate.results.estimates import quantities
from nestimate.results.estimates.asked import asked_contrasts
from nestimate.results.estimates.rows import Rows
from nestimate.results.estimates.summaries import Check, Summary
from nestimate.words import Words


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Estimate:
    """The draws of a fit and its differences.

    Attributes
    ----------
    fit
        Weighted independent draws of all parameters.
    contrasts
        Differences, `drug - placebo`, the same numbers as `compare` gives; not to be used where
        `passed` is false.
    checks
        What must hold of the draws for them to be believed.
    """

    fit: Fit
    contrasts: Rows[Summary]
    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Whether every check held; if not, the numbers are not an answer."""
        return all(check.passed for check in self.checks)

    def __repr__(self) -> str:
        """Say the differences, or that there is no answer."""
        return f"<Estimate: {self.contrasts!r}>" if self.passed else "<Estimate: a check failed>"


@options_apart
def estimate(
    data: Any,
    *,
    value: str | None = None,
    group: str | Sequence[str] | None = None,
    unit: str | None = None,
    block: str | None = None,
    reference: str | Mapping[str, str] | None = None,
    relabel_units: bool = False,
    options: Options | Words | Mapping[str, Any] | None = None,
) -> Estimate:
    """Estimate how far groups differ, and nothing else; takes the words of `compare`.

    Parameters
    ----------
    data, value, group, unit, block, reference, relabel_units, options
        As for `compare`.

    Raises
    ------
    DataError, DesignError
        When the table cannot be read or the question cannot be asked of it.

    Examples
    --------
    >>> import nestimate as ne
    >>> groups = {"drug": [5.1, 6.0, 5.5, 5.8], "placebo": [4.1, 4.9, 4.3, 4.6]}
    >>> found = ne.estimate(groups, options={"ess": 1000})
    >>> found.passed, found.contrasts.names
    (True, ('drug - placebo',))
    """
    design, _, chosen, _ = posed(
        data,
        value=value,
        group=group,
        unit=unit,
        block=block,
        reference=reference,
        relabel_units=relabel_units,
        options=options,
    )
    if chosen.bayes_factor:
        raise DesignError("bayes_factor belongs to compare: estimate gives the differences alone.")
    fit, question = fitted(design, chosen), chosen.question
    asked = asked_contrasts(fit.model.design, question)
    wanted = chosen.budget.draws(len(design.groups))
    with work.one_blas_thread():
        rows = Rows(question.of_contrasts(quantities.differences(fit, asked)))
        return Estimate(fit=fit, contrasts=rows, checks=reliability_checks(fit, wanted))
