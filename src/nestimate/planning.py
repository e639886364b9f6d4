"""The one call that command line and library share: what is assumed in, a `Planned` out."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nestimate.errors import DesignError
from nestimate.options import Options
from nestimate.outputs import write_report
from nestimate.results.answer import Answer
from nestimate.studies import plan_figures, plan_report, plan_words
from nestimate.studies.plan import Plan, Row, made
from nestimate.studies.questions import plan_from_pilot, plan_from_truth
from nestimate.studies.request import Settings, Truth, read_costs
from nestimate.studies.shapes import Costs, Shape
from nestimate.studies.simulations import Task
from nestimate.values import checked_arguments

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


class Planned(Plan):
    """The next experiment, planned: a `Plan` and the ways out of it."""

    def __str__(self) -> str:
        """Return the plan as text."""
        return plan_words.render(self)

    def __repr__(self) -> str:
        """Return the plan in one line."""
        return f"<plan: {plan_words.answer(self)[0]}>"

    def methods(self) -> str:
        """Return the paragraph for a paper, a grant or an ethics application."""
        return plan_words.methods(self)

    @property
    def table(self) -> "pd.DataFrame":
        """Every design looked at, one row each, in order of cost."""
        import pandas as pd  # noqa: PLC0415

        return pd.DataFrame([self._record(row) for row in self.rows])

    def plot_curve(self) -> "Figure":
        """Return the probability of the goals against units, by number of readings."""
        return plan_figures.curve(self)

    def plot_surface(self) -> "Figure":
        """Return the probability of every design, with lines of equal cost."""
        return plan_figures.surface(self)

    def plot_frontier(self) -> "Figure":
        """Return the probability that can be had for every cost."""
        return plan_figures.frontier(self)

    def report(self, path: str | Path) -> None:
        """Write the whole plan as one self-contained file: `.html`, `.pdf`, or `.md`.

        Markdown holds texts and tables; a PDF is printed by Chromium, Chrome or Edge.

        Raises
        ------
        DesignError
            When the name has another ending, or the file cannot be written.
        """
        write_report(path, lambda kind: plan_report.render(self, kind))

    def to_dict(self) -> dict[str, Any]:
        """Return all of it in plain types, for JSON."""
        return {
            "best": None if self.best is None else self._record(self.best),
            "nearest": self._record(self.nearest),
            "target": self.target,
            "ceiling": self.ceiling,
            "goals": [goal.text for goal in self.goals],
            "contrasts": list(self.contrasts),
            "costs": asdict(self.costs),
            "lost": self.lost,
            "smaller_effect": None if self.smaller is None else asdict(self.smaller),
            "exaggeration": None if self.exaggeration != self.exaggeration else self.exaggeration,
            "audit": {
                "experiments": self.audit[0],
                "same": {goal.text: n for goal, n in self.audit[1].items()},
            },
            "simulations": self.simulations,
            "stopped_early": self.stopped,
            "seed": self.options.seed,
            "source": self.source,
            "answer": plan_words.answer(self),
            "methods": self.methods(),
            "designs": [self._record(row) for row in self.rows],
        }

    def _record(self, row: Row) -> dict[str, Any]:
        shape = row.shape
        found: dict[str, Any] = {"blocks": shape.blocks} if shape.blocks else {}
        units = shape.units[0] if len(set(shape.units)) == 1 else list(shape.units)
        found |= {"units": units, "readings": shape.readings, "cost": row.cost}
        found |= {
            "p": row.together.value,
            "low": row.together.low,
            "high": row.together.high,
            "simulations": row.together.simulations,
            "method": "simulated" if row.simulated else "curve",
        }
        for goal, chance in zip(self.goals, row.goals, strict=False):
            found[f"p[{goal.text}]"] = chance.value
        if row.simulated:
            found |= {"wrong_sign": row.wrong_sign, "failed": row.failed}
        return found


@checked_arguments
def plan(
    truth: Truth | Mapping[str, Any],
    *,
    units: Sequence[int] | None = None,
    readings: Sequence[int] | None = None,
    goals: str | Sequence[str] = "excludes 0",
    costs: Any = None,
    target: float = 0.8,
    settings: Settings | Mapping[str, Any] | None = None,
    options: Options | Mapping[str, Any] | None = None,
) -> Planned:
    """Find the cheapest experiment that does what it is for.

    Parameters
    ----------
    truth
        What is assumed true, a `Truth` or a mapping of its fields:
        `{"groups": {"placebo": 7, "drug": 8}, "tau": 1, "sigma": 0.8}`.
    units, readings
        Numbers of units in a group (in blocks: in a cell), and of readings of each, to look at.
    goals
        `excludes 0`, `excludes rope`, `inside rope`, `narrower than 1.2`, `P(>0) > 0.975`; several
        in a list must all be reached in the same experiment.
    costs
        Of a unit and a reading, `(120, 8)`, in any currency; a third number is that of a block.
    target
        Probability wanted.
    settings
        `Settings`, or a mapping of the same words: blocks, ratio, lost, budget, simulations ...
    options
        Of the analysis, as `compare` takes them.

    Raises
    ------
    DesignError
        When something is missing or cannot be meant.

    Examples
    --------
    >>> import nestimate as ne
    >>> truth = {"groups": {"placebo": 7, "drug": 9}, "tau": 1, "sigma": 0.8}
    >>> found = ne.plan(truth, units=range(4, 9), readings=[2], settings={"simulations": 200})
    >>> found.best.shape.units
    (7, 7)
    """
    chosen, more = Options.of(options), Settings.of_mapping(settings)
    task, shapes, kept = plan_from_truth(
        truth,
        units=units,
        readings=readings,
        goals=goals,
        target=target,
        settings=more,
        options=chosen,
    )
    several = len({shape.readings for shape in shapes}) > 1 or _in_blocks(shapes)
    return _planned(task, shapes, kept, read_costs(costs, several), more, stated=True)


class Pilot(Answer):
    """An answer from which the next experiment can be planned."""

    def plan(
        self,
        effect: float | str | Mapping[str, float] | None = None,
        *,
        units: Sequence[int] | None = None,
        readings: Sequence[int] | None = None,
        goals: str | Sequence[str] = "excludes 0",
        costs: Any = None,
        target: float = 0.8,
        settings: Settings | Mapping[str, Any] | None = None,
        options: Options | Mapping[str, Any] | None = None,
    ) -> Planned:
        """Plan the next experiment, with this one as a pilot: spreads are draws of its posterior.

        Parameters
        ----------
        effect
            Smallest effect that matters, in the unit of the value (a ratio on a log scale), or
            group to effect; `pilot`: the effect seen here, with all its uncertainty (assurance).
        units, readings, goals, costs, target, settings
            As in `plan`.
        options
            Of the analysis planned for; a mapping changes those of this one.

        Raises
        ------
        DesignError
            When no effect is named, or something is missing or cannot be meant.
        """
        if not self.passed:
            raise DesignError(
                "plan: a check of the pilot failed, so its posterior is not to be trusted."
            )
        more = Settings.of_mapping(settings)
        task, shapes, kept = plan_from_pilot(
            self.fit,
            effect,
            sizes=(units, readings),
            goals=goals,
            target=target,
            settings=more,
            options=options
            if isinstance(options, Options)
            else Options.of({**self.options, **(options or {})}),
        )
        several = len({s.readings for s in shapes}) > 1 or _in_blocks(shapes)
        return _planned(task, shapes, kept, read_costs(costs, several), more, stated=False)


def _in_blocks(shapes: tuple[Shape, ...]) -> bool:
    """Whether designs differ in their blocks and in the units of each."""
    return bool(shapes[0].blocks) and len({shape.units for shape in shapes}) > 1


def _planned(
    task: Task,
    shapes: tuple[Shape, ...],
    kept: dict[str, Any],
    costs: Costs,
    settings: Settings,
    *,
    stated: bool,
) -> Planned:
    found = made(
        task,
        shapes,
        costs=costs,
        target=kept["target"],
        settings=settings,
        stated=stated,
        source=kept.pop("source"),
    )
    return Planned(**kept, **found)
