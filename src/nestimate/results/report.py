"""One self-contained HTML file: the answer, its pictures, and how it came about."""

from base64 import b64encode
from collections.abc import Sequence
from importlib.resources import files
from io import BytesIO
from typing import TYPE_CHECKING, Any

from nestimate.data.design import Design
from nestimate.results import figures, rounding, wording
from nestimate.results.answer import Answer
from nestimate.results.formulas import slope_sentences
from nestimate.results.summaries import Summary

if TYPE_CHECKING:
    from markupsafe import Markup
    from matplotlib.figure import Figure

#: Rows of a table in the report; the JSON file holds all of them.
MOST_ROWS = 200


def render(answer: Answer) -> str:
    """Return the report as HTML; without a number or picture if a check failed."""
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 - text and JSON need none

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = files("nestimate.results").joinpath("report.html.j2").read_text(encoding="utf-8")
    design = answer.design
    named = [c.name for c in answer.asked[:3]] or [design.formula.text if design.formula else ""]
    title = f"{design.roles.value}: {' and '.join(named)}"
    return environment.from_string(template).render(
        title=title if len(answer.asked) <= 3 else f"{title} and {len(answer.asked) - 3} more",
        subtitle=f"Bayesian estimation of group differences in {design.source}",
        passed=answer.passed,
        answer=wording.answer_sentences(answer.contrasts, answer.asked, answer.probabilities)
        + slope_sentences(design, answer.coefficients),
        withheld=wording.withheld(answer.checks),
        warnings=design.warnings,
        design=[*wording.design_sentences(design), *design.notes],
        figures=_figures(answer) if answer.passed else [],
        figure=_figure,
        tables=_tables(answer) if answer.passed else [],
        checks=answer.checks,
        model=wording.model_sentences(answer.model),
        priors=wording.prior_sentences(answer.model),
        methods=wording.methods_paragraph(answer.model, answer.question, answer.fit),
        provenance=[
            (name.replace("_", " "), _plain(value)) for name, value in answer.provenance().items()
        ],
    )


def _tables(answer: Answer) -> list[dict[str, Any]]:
    rope = answer.question.rope is not None
    unit, block = answer.design.roles.unit, answer.design.block and answer.design.block.name
    found = [
        ("Differences", answer.contrasts, rope),
        ("Means of the groups", answer.groups, False),
        ("Effect sizes", answer.effect_sizes, False),
        ("Coefficients", answer.coefficients, False),
        ("Scales", answer.scales, False),
        (f"In every {block}, drawn towards what holds overall", answer.blocks, rope),
        (f"True mean of every {unit}, drawn towards its group", answer.units, False),
    ]
    return [
        _table(answer.design, caption, rows, rope=in_rope)
        for caption, rows, in_rope in found
        if rows
    ]


def _table(design: Design, caption: str, rows: Sequence[Summary], *, rope: bool) -> dict[str, Any]:
    signed = any(row.p_gt_0 is not None for row in rows)
    head = ["", "mean", "median", "sd", rounding.interval_name(rows[0])]
    head += [wording.above(design)] * signed + ["P(in ROPE)"] * rope + ["ess", "MCSE", ""]
    shown = rows[:MOST_ROWS]
    return {
        "caption": caption,
        "head": head,
        "rows": [
            [*wording.table_row(row, signed=signed, rope=rope), wording.gloss(row.name, design)]
            for row in shown
        ],
        "note": ""
        if len(shown) == len(rows)
        else f"The first {MOST_ROWS} of {len(rows)} rows; the JSON file holds all of them.",
    }


def _figures(answer: Answer) -> list[tuple["Figure", str]]:
    return [
        (figures.estimation_plot(answer), wording.estimation_caption(answer.design)),
        (
            figures.posterior_plot(answer),
            "Posterior distributions. Black bar: "
            f"{rounding.interval_name(answer.groups[0])}; red line: zero"
            + ("; yellow band: region of practical equivalence." if answer.question.rope else "."),
        ),
        (
            figures.pair_plot(answer),
            "Differences and population parameters, each against each: how knowing one would "
            "change another. Red lines: zero difference.",
        ),
    ]


def _figure(shown: tuple["Figure", str]) -> "Markup":
    """Return a picture inside the page, as vectors, with its caption."""
    from markupsafe import Markup  # noqa: PLC0415
    from matplotlib import rc_context  # noqa: PLC0415

    picture, caption = shown
    written = BytesIO()
    # A fixed salt: the same answer gives the same file, byte for byte. Text stays text.
    with rc_context({"svg.hashsalt": "nestimate", "svg.fonttype": "none"}):
        picture.savefig(written, format="svg", metadata={"Date": None})
    source = b64encode(written.getvalue()).decode("ascii")
    return Markup(
        '<figure><img alt="{0}" src="data:image/svg+xml;base64,{1}">'
        "<figcaption>{0}</figcaption></figure>"
    ).format(caption, source)


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} = {_plain(inner)}" for name, inner in value.items()) or "none"
    if isinstance(value, list | tuple):
        return "; ".join(_plain(inner) for inner in value) or "none"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
