"""A result as it shows itself: one line in a console, a small table in a notebook."""

from nestimate.remedies import said
from nestimate.results.answer import Answer
from nestimate.results.documents import front, pages
from nestimate.results.words import layouts, lines, rounding, wording

#: Rows shown of each part; `str(result)` and the report hold all of them.
MOST_ROWS = 12


def line(answer: Answer) -> str:
    """Return the answer in one line."""
    value = layouts.value_label(answer.design)
    if not answer.passed:
        return f"<Comparison of {value}: no answer, a check failed>"
    shown = [_short(answer, i) for i in range(min(2, len(answer.contrasts)))]
    more = len(answer.contrasts) - len(shown)
    shown += [f"{more} more"] if more else []
    line = f"<Comparison of {value}: {'; '.join(shown) or 'no groups compared'}>"
    return " ".join(lines.visible(line).split())


def _short(answer: Answer, i: int) -> str:
    row, after = answer.contrasts[i], answer.design.roles.after_number
    mean, low, high = rounding.estimate(row)
    return f"{row.name} = {mean}{after}, {rounding.interval_name(row)} {low} to {high}{after}"


def render(answer: Answer) -> str:
    """Return the design, the answer and the checks as a piece of HTML."""
    rope = answer.question.rope is not None
    rows = [*answer.contrasts, *answer.groups, *answer.effect_sizes, *answer.coefficients]
    named = front.called(answer)
    shown = rows[:MOST_ROWS] if answer.passed else []
    failed = [check.text for check in answer.checks if not check.passed]
    doubts = [check.text for check in answer.advice if not check.passed]
    return pages.template("notebook.html.j2").render(
        design=layouts.design_sentences(answer.design)[0],
        value=layouts.value_label(answer.design),
        head=front.head(answer),
        rows=[
            [named.get(id(row), row.name), *wording.short_cells(row, rope=rope)] for row in shown
        ],
        more=len(rows) - len(shown) if answer.passed else 0,
        sentences=answer.sentences[: len(answer.contrasts)][:3],
        withheld="" if answer.passed else wording.withheld(answer.checks),
        warnings=[said(text, "python") for text in (*front.minded(answer), *doubts)]
        if answer.passed
        else [],
        checks=f"{len(answer.checks)} checks passed" if not failed else "",
    )
