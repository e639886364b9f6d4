"""What only the user can decide about an inspected table, as questions with their answers."""

from nestimate.data.inspection.inspection import Inspection
from nestimate.data.inspection.questions import Decision


def question(decision: Decision, inspection: Inspection) -> str:
    """Ask the user what the table cannot tell."""
    asked, *answers = question_and_answers(decision, inspection)
    leads = [f"{said}: design {i + 1}." for said, i in zip(answers, decision.choices, strict=True)]
    return " ".join([asked, *leads])


def question_and_answers(decision: Decision, inspection: Inspection) -> tuple[str, ...]:
    """Return the question and its answers, in the order of the choices."""
    column, other = decision.column, decision.other
    labels = ", ".join(x for c in inspection.columns if c.name == column for x in c.examples[:3])
    several = f"{column} {labels} ... occur in more than one {other}."
    match decision.kind:
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
        case "which group":
            asked = "What do you want to compare?"
            if decision.choices[2:]:
                return asked, column, other, "Both at once"
            hint = f"To compare their combinations, name both as the group: {column},{other}."
            return f"{asked} {hint}", column, other
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
        case "one or several":
            return (
                f"Is it {column} alone that you compare, or {other} as well?",
                column,
                "Both",
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
    return _of_numbers(decision, inspection)


def _of_numbers(decision: Decision, inspection: Inspection) -> tuple[str, ...]:
    """Ask what columns of numbers are to each other; or whether groups are compared at all."""
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
        case "effort":
            return (
                f"Is {other} on how much, or how long, {column} was counted, so that twice as much "
                "of it has twice the count?",
                f"Yes, {column} per {other} is compared",
                f"No, {other} is something else",
            )
    return (
        f"Do you want to compare each {column} with the others?",
        "Yes",
        "No, their common mean is what matters",
    )
