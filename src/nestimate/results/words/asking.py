"""What only the user can decide about an inspected table, as questions with their answers."""

from collections.abc import Iterator

from nestimate.data.inspection.inspection import Inspection
from nestimate.data.inspection.questions import Decision


def question(decision: Decision, inspection: Inspection) -> str:
    """Ask the user what the table cannot tell."""
    asked, *answers = question_and_answers(decision, inspection)
    leads = [f"{said}: design {i + 1}." for said, i in zip(answers, decision.choices, strict=True)]
    return " ".join([asked, *leads])


def question_and_answers(decision: Decision, inspection: Inspection) -> tuple[str, ...]:
    """Return the question and its answers, in the order of the choices."""
    asked, *answers = _asked(decision, inspection)
    return f"{_where(decision, inspection)}{asked}", *answers


def _where(decision: Decision, inspection: Inspection) -> str:
    """Say what has to be compared for a question to be one; nothing of the likeliest."""
    compared = {frozenset(inspection.proposals[i].comparands) for i in decision.choices}
    first = frozenset(inspection.proposals[0].comparands)
    if len(compared) > 1 or first in compared or compared == {frozenset()}:
        return ""
    names = inspection.proposals[decision.choices[0]].comparands
    return f"If {' and '.join(names)} is what you compare: "


def _asked(decision: Decision, inspection: Inspection) -> tuple[str, ...]:
    """Return the same, whatever is compared."""
    column, other = decision.column, decision.other
    labels = ", ".join(x for c in inspection.columns if c.name == column for x in c.examples[:3])
    several = f"{column} {labels} ... occur in more than one {other}."
    match decision.kind:
        case "compared":
            return "What do you want to compare?", *_sentences(*_comparands(decision, inspection))
        case "same labels":
            return (
                f"{several} Are they the same {column} each time?",
                "Yes",
                "No, the labels were used again",
            )
        case "measured again":
            return (
                f"{several} Is it the same {column} measured again?",
                "Yes",
                "No, another one with the same label",
            )
        case "which unit":
            return (
                f"What was treated or sampled by itself: each {column} as a whole, or every "
                f"{other}?",
                column,
                other,
            )
        case "paired" if not other:
            return (
                "Do the values in one row belong together, as those of one animal or patient do?",
                "Yes",
                "No, every value is of another one",
            )
        case "paired":
            return (
                f"Do the readings of one {column} of one {other} belong together, as pairs do?",
                "Yes",
                f"No, every row is another {column}",
            )
        case "what columns are":
            return (
                f"Are {column} what you want to compare, or readings of one thing?",
                "Compared",
                "Readings",
            )
        case "one quantity":
            readings = ["Readings of one thing, of which the mean matters"][
                : len(decision.choices) - 2
            ]
            return (
                f"What are {column}?",
                "One quantity, met at each",
                "Outcomes of their own, each compared by itself",
                *readings,
            )
    return _of_rows(decision) or _of_numbers(decision, inspection)


def _of_rows(decision: Decision) -> tuple[str, ...]:
    """Ask what rows of designs that compare the same have in common; nothing of other decisions."""
    column, other = decision.column, decision.other
    match decision.kind:
        case "own level":
            return (
                f"May one {column} be higher than another, whatever the {other}?",
                "Yes, or not known",
                "Surely not",
            )
        case "one effect":
            return (
                f"Is the effect of {other} taken to be the same in each {column}?",
                "Yes, so few can hardly tell",
                "It may differ (less sure)",
            )
        case "together":
            return (
                f"Have the rows of one {column} something in common, so that {other} is compared "
                "best inside it?",
                "Yes, or not known",
                f"No, {column} says nothing",
            )
        case "inside":
            return (
                f"What do rows share that makes them alike: one {column}, or one {other}?",
                column,
                other,
            )
        case "readings":
            return (
                f"Are the rows of one {column} readings of it?",
                "Yes",
                "No, each is of another animal, sample or well",
            )
        case "readings of":
            return (
                f"What are several rows readings of: one {column}, or one {other}?",
                column,
                other,
            )
    return ()


def _comparands(decision: Decision, inspection: Inspection) -> Iterator[str]:
    """Yield what each design compares: `alone` where another one compares more than that."""
    own = {column.name for column in inspection.columns}
    for found, i in zip(decision.comparands, decision.choices, strict=True):
        alone = any({*found} < {*others} for others in decision.comparands)
        columns = inspection.proposals[i].folded_columns
        made = f"the columns {columns[0]} to {columns[-1]}" if columns else ""
        names = [name if name in own else made or name for name in found]
        if not names:
            yield "Nothing: the mean of all rows, with a value"
        elif len(names) == 1:
            yield f"{names[0]} alone" if alone else names[0]
        else:
            yield f"{', '.join(names[:-1])} and {names[-1]}"


def _sentences(*said: str) -> Iterator[str]:
    """Yield answers, which begin a sentence where they are no name of a column."""
    for one in said:
        yield one[:1].upper() + one[1:] if one.startswith("the ") else one


def _of_numbers(decision: Decision, inspection: Inspection) -> tuple[str, ...]:
    """Ask what columns of numbers are to each other."""
    column, other = decision.column, decision.other
    match decision.kind:
        case "before":
            return (
                f"Is {column} what {other} was before anything was done?",
                f"Yes, {other} is the outcome",
                f"No, {column} is an outcome of its own",
            )
        case "part":
            compared = inspection.proposals[decision.choices[1]].roles.value
            return (
                f"Does {column} count some of the {other} in its row, as of eggs those that "
                "hatched?",
                "Yes, the share is compared",
                f"No, {compared} is compared by itself",
            )
        case "quantity":
            return "Which of these is compared?", *_sentences(column, other)
        case "slopes":
            return (
                f"Is it how fast {column} changes along {other} that you compare, or its mean over "
                f"{other}?",
                "How fast",
                "Its mean",
            )
    return (
        f"Is {other} on how much, or how long, {column} was counted, so that twice as much "
        "of it has twice the count?",
        f"Yes, {column} per {other} is compared",
        f"No, {other} is something else",
    )
