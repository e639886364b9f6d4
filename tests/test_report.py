"""The report, part by part: what it says, that it is safe, and that its commands give it again."""

import ast
import json
import re
import shlex
from dataclasses import asdict, fields, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

import nestimate as ne
from nestimate.apps import cli
from nestimate.comparison import Comparison
from nestimate.results.documents import markdown, reproduction
from nestimate.results.documents.blocks import Code, Grid, Picture, Prose, Report, Section
from nestimate.results.documents.html import render
from nestimate.results.documents.report import contents
from nestimate.results.words import rounding
from worded import assert_numbers_are_those_of

pytestmark = pytest.mark.usefixtures("shaped_module")

EXAMPLES = Path(__file__).parent.parent / "examples"
MICE, LINES, BEDS = (str(EXAMPLES / f"{name}.csv") for name in ("mice", "lines", "seedlings"))
ROLES = {"value": "glucose", "group": "arm", "unit": "mouse"}
BLOCKED = {"value": "viability", "group": "treatment", "block": "line"}
OPTIONS = {"rope": (-0.3, 0.3), "value_unit": "mg/L", "ess": 4000}
FORMULA = "viability ~ treatment + (treatment | line)"


@pytest.fixture(scope="module")
def mice():
    return ne.compare(MICE, **ROLES, options=OPTIONS)


@pytest.fixture(scope="module")
def lines():
    return ne.compare(LINES, **BLOCKED, options={"ess": 1000})


@pytest.fixture(scope="module")
def formula():
    return ne.fit(FORMULA, LINES, options={"ess": 1000})


@pytest.fixture(scope="module")
def odd():
    """Labels and names that HTML, Markdown and shells would take for their own."""
    rng = np.random.default_rng(1)
    groups = ["a & b", "<script>alert(1)</script>", "it's `1|2` *"]
    rows = [
        {
            "the litter": f"l{i}",
            "<pup>": f"p{p}",
            "arm's": groups[i % 3],
            "y {0}": float(np.exp(rng.normal(0.4 * (i % 3), 0.3))),
        }
        for i in range(12)
        for p in range(2)
        for _ in range(2)
    ]
    options = {"scale": "log", "contrasts": "pairs", "rope": (0.9, 1.1), "ess": 1000}
    return ne.compare(
        rows,
        value="y {0}",
        group="arm's",
        unit="the litter/<pup>",
        options={**options, "simultaneous": True, "prior": {"nu": 30}, "value_unit": "<mg>"},
    )


def part(result, title):
    """Return the sentences and tables of a part as one text."""
    section = next(s for s in contents(result).sections if s.title == title)
    said = []
    for block in section.blocks:
        match block:
            case Prose(sentences=sentences):
                said += sentences
            case Grid(caption=caption, head=head, rows=rows, note=note):
                said += [caption, " | ".join(head), *(" | ".join(row) for row in rows), note]
            case Picture(caption=caption):
                said.append(caption)
            case code:
                said.append(code.text)
    return "\n".join(said)


def test_parts_come_in_the_order_in_which_they_are_read(mice):
    assert [s.title for s in contents(mice).sections] == [
        *("Question", "Answer", "Design", "Estimates", "What to expect", "Beside other analyses"),
        *("How far to trust it", "Figures", "Checks", "Model and priors", "Words"),
        *("For the methods section", "Reporting checklists"),
        *("Provenance: the same numbers again", "Next"),
    ]


def test_question_says_what_is_asked_and_of_what(mice, lines, formula, odd):
    said = part(mice, "Question")
    assert "How far does drug differ from placebo in glucose (mg/L), and how sure is that?" in said
    assert "every mouse of the kind measured here, not for these 12 alone" in said
    assert "from -0.3 to 0.3 mg/L are as good as none" in said
    assert "every line of the kind" in part(lines, "Question")
    assert "drug differ from dmso in viability" in part(formula, "Question")
    assert part(odd, "Question").startswith(
        "By what factor do a & b, <script>alert(1)</script> and"
    )
    one = ne.compare(BEDS, value="height_cm", options={"against": 20, "ess": 300})
    assert "How far does the mean of height_cm lie from 20" in part(one, "Question")


def test_answer_stands_first_with_what_must_be_minded(mice, lines):
    answer, table, picture, mind, how = contents(lines).sections[1].blocks
    assert (answer.kind, mind.kind, how.kind) == ("answer", "mind", "lead")
    assert len(table.rows) == 3
    assert isinstance(picture, Picture)
    assert "Fewer than five blocks" in mind.sentences[0]
    assert how.sentences[0].startswith("How: ")
    section = contents(mice).sections[1]
    assert section.blocks[0].kind == "answer"
    assert section.blocks[0].sentences[0].startswith("drug - placebo = -0.8")
    assert "mg/L" in section.blocks[0].sentences[0]
    assert section.blocks[0].sentences[1].startswith("Decision: undecided")
    assert "P(a new mouse" in part(mice, "What to expect")


def test_design_counts_every_level_and_says_what_was_dropped(mice, lines, odd, formula):
    said = part(mice, "Design")
    table = " | mouse | readings\nplacebo | 6 | 29\ndrug | 6 | 28\nin all | 12 | 57"
    assert table in said
    assert "the experimental unit is mouse; 6 per group (arm: placebo, drug)" in said
    assert "n counts each mouse once" in said
    assert "3 of 60 rows have no glucose and are left out" in said
    assert " | line | readings\ndmso | 4 | 20\ndrug | 4 | 20\nin all | 4 | 40" in part(
        lines, "Design"
    )
    assert "in all | 12 | 24 | 48" in part(odd, "Design")
    assert "dmso | 4 | 20" in part(formula, "Design")
    data = {"a": [1.0, 2.0, 3.0], "b": [2.0, 3.0, 4.0]}
    flat = ne.compare(data, reference="a", options={"ess": 300})
    assert "No row was left out and nothing was changed." in part(flat, "Design")


def test_estimates_hold_every_number_with_its_error(mice):
    section = next(s for s in contents(mice).sections if s.title == "Estimates")
    head = section.blocks[0].head
    assert head[:5] == ("", "mean", "95 % HDI", "P(> 0)", "P(in ROPE)")
    assert all(grid.head[-2:] == ("ess", "MCSE") for grid in section.blocks)
    rows = {row[0] for grid in section.blocks for row in grid.rows}
    named = {row.name for row in (*mice.contrasts, *mice.groups, *mice.scales, *mice.units)}
    assert named <= rows


def test_of_ratios_it_is_one_that_says_no_difference(odd):
    section = next(s for s in contents(odd).sections if s.title == "Estimates")
    heads = {grid.caption: grid.head for grid in section.blocks}
    assert "P(> 1)" in heads["Ratios"]
    assert "P(> 0)" in heads["Effect sizes"]


def test_model_is_said_in_equations_and_words(mice, lines, formula, odd):
    said = part(mice, "Model and priors")
    assert (
        "y[i] ~ Normal(m[j], sigma) | reading i scatters about the true mean of its mouse" in said
    )
    assert "m[j] ~ Student-t(nu, mu[g], tau[g])" in said
    assert "drug - placebo = mu[drug] - mu[placebo]" in said
    assert "nu | ~ exponential(mean=29, lower=1)" in said
    assert "default priors are wide" in said
    said = part(lines, "Model and priors")
    assert "c[b, g] = mu[g] + a[b] + d[b, g]" in said
    assert "tau_effect / sqrt(2)" in said
    said = part(odd, "Model and priors")
    assert "y[i] = log(value i)" in said
    assert "m2[k] ~ Normal(m1[j], tau_<pup>)" in said
    assert "Changed by the user: nu." in said
    assert "beta[treatment[drug]]" in part(formula, "Model and priors")


def test_equations_follow_the_model():
    rng = np.random.default_rng(0)
    data = {g: {f"{g}{u}": list(rng.normal(0, 1, 3)) for u in range(4)} for g in "ab"}
    options = {"ess": 300, "robust": "replicates", "sigma": "own"}
    said = part(ne.compare(data, options=options), "Model and priors")
    assert "y[i] ~ Student-t(nu_y, m[j], sigma[g])" in said
    assert "m[j] ~ Normal(mu[g], tau[g])" in said
    pooled = part(ne.compare(data, options={"ess": 300, "tau": "pooled"}), "Model and priors")
    assert "tau[g] = tau_median * exp(tau_ratio * tau_z[g])" in pooled


def test_methods_tell_of_what_was_integrated_where_there_is_such(mice):
    flat = ne.compare({"a": [1.0, 2.0, 4.0], "b": [3.0, 5.0, 6.5]}, options={"ess": 300})
    single = {"arm": ["a", "a", "b", "b"] * 3, "yes": [0, 1, 1, 1] * 3}
    answers = ne.compare(
        single, value="yes", group="arm", options={"ess": 300, "response": "proportion"}
    )
    for answer, told in ((mice, True), (flat, False), (answers, False)):
        said = part(answer, "For the methods section")
        assert ("integrated out numerically" in said) == told
        assert ("remaining parameters" in said) == told


def test_methods_paragraph_can_be_pasted(mice):
    said = part(mice, "For the methods section")
    assert "\n" not in said
    for words in (
        "Groups of arm (placebo, drug) were compared in glucose (mg/L)",
        "experimental unit was mouse (placebo: 6, drug: 6), with 57 readings",
        "Kruschke 2013",
        "seed 1",
        "95 % highest density intervals",
        "from -0.3 to 0.3 mg/L were regarded as practically none",
    ):
        assert words in said


def test_checklists_say_what_only_the_authors_can_add(mice, formula):
    section = next(s for s in contents(mice).sections if s.title == "Reporting checklists")
    arrive, barg = (block for block in section.blocks if isinstance(block, Grid))
    who = {item: state for grid in (arrive, barg) for item, state, _ in grid.rows}
    for item in (
        *("2b How the sample size was decided", "4a Randomisation", "5 Blinding"),
        "1E Prior predictive check",
    ):
        assert who[item] == "for the authors"
    for item in ("3c Exact n of the analysis", "2C Resolution", "3A Posterior predictive check"):
        assert who[item] == "filled in"
    said = {item: text for grid in (arrive, barg) for item, _, text in grid.rows}
    assert "3 of 60 rows have no glucose" in said["3b Exclusions"]
    least = min(row.ess for part in ("contrasts", "scales", "units") for row in getattr(mice, part))
    assert f"{least:,.0f}" in said["2C Resolution"]
    section = next(s for s in contents(formula).sections if s.title == "Reporting checklists")
    barg = section.blocks[-1]
    assert ("3A Posterior predictive check", "filled in") in [row[:2] for row in barg.rows]


def test_words_are_explained_where_they_occur(mice, lines):
    said = part(mice, "Words")
    for word in ("95 % HDI", "ROPE", "effect_size", "tau", "icc", "ess", "MCSE"):
        assert f"\n{word} | " in said or said.startswith(word) or f"\n{word}" in said
    assert "ROPE" not in part(lines, "Words")
    assert "tau_effect | How much the difference" in part(lines, "Words")


@pytest.mark.parametrize("which", ["mice", "lines", "formula", "odd"])
def test_every_number_in_the_answer_is_one_of_the_json(which, request):
    result = request.getfixturevalue(which)
    told = json.loads(json.dumps(result.to_dict()))
    # A probability may be said of the other side.
    sides = [1 - row["p_gt_0"] for row in told["contrasts"]]
    known = {"numbers": [told, sides], "rope": result.question.rope, "n": len(result.contrasts)}
    # Numbers inside labels are not numbers of the answer.
    said = [re.sub(r"it's `1\|2` \*|alert\(1\)|\b\w+[A-C]\b", "", s) for s in result.sentences]
    assert_numbers_are_those_of(said, known)


def everything(result):
    """Return all texts that a user may see of a result."""
    shown = [str(result), result._repr_html_(), repr(result), render(result, ".md")]
    return [*shown, json.dumps(result.to_dict())]


@pytest.mark.parametrize("which", ["mice", "lines", "formula", "odd"])
def test_no_talk_of_p_values_and_no_invented_plurals(which, request):
    result = request.getfixturevalue(which)
    for text in everything(result):
        assert not re.search(r"signific|p.?value|null hypothesis", text, re.IGNORECASE)
        assert " is > " not in text
        assert " is < " not in text
        assert "= > " not in text
        for level in (*result.design.levels, result.design.block):
            assert level is None or not re.search(rf"\b{level.name}s\b(?!\.csv)", text)


def test_page_is_one_file_and_everything_from_the_data_is_escaped(odd, tmp_path):
    odd.report(tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "<pup>" not in page
    assert "<mg>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert not re.search(r'(src|href)="(?!data:)', page)
    assert page.count("<h2>") == len(contents(odd).sections)


def test_markdown_is_complete_and_safe(mice, odd, tmp_path):
    mice.report(tmp_path / "r.md")
    text = (tmp_path / "r.md").read_text(encoding="utf-8")
    for section in contents(mice).sections:
        if section.title != "Figures":
            assert f"## {section.title}" in text
    assert "| drug - placebo | -0.8" in text
    assert "figures are in the HTML report" in text
    assert "<img" not in text
    said = re.sub(r"(?s)```.*?```", "", render(odd, ".md"))
    assert not re.search(r"(?<!\\)<(?!/?code>)", said)
    rows = [line for line in said.splitlines() if line.startswith("|")]
    cells = [len(re.findall(r"(?<!\\)\|", row)) for row in rows]
    tables = re.findall(r"(?m)(?:^\|.*\n)+", said)
    assert all(len({len(re.findall(r"(?<!\\)\|", r)) for r in t.splitlines()}) == 1 for t in tables)
    assert min(cells) >= 3


def test_code_in_markdown_cannot_end_its_fence():
    report = replace(contents_of_code("```\nrm"), title="x")
    text = markdown.render(report)
    assert "````sh\n```\nrm\n````" in text


def contents_of_code(text):
    block = Code(caption="c", text=text, language="sh")
    section = Section(title="t", blocks=(block,))
    return Report(title="", subtitle="", sections=(section,))


@pytest.mark.parametrize("name", ["r.docx", "r", "r.txt"])
def test_other_endings_are_refused_before_fitting(mice, tmp_path, monkeypatch, name):
    with pytest.raises(ne.DesignError, match=r"must end in \.html"):
        mice.report(tmp_path / name)
    monkeypatch.setattr(cli, "compare", lambda *_, **__: pytest.fail("fitted"))
    monkeypatch.setattr(cli, "fit", lambda *_, **__: pytest.fail("fitted"))
    for words in (["compare", MICE, "--value", "glucose"], ["fit", FORMULA, LINES]):
        done = CliRunner().invoke(cli.app, [*words, "--report", str(tmp_path / name)])
        assert "must end in .html" in str(done.exception)
    assert not list(tmp_path.iterdir())


def test_failed_check_leaves_design_model_and_command_only(mice):
    failed = Comparison.from_fit(
        replace(mice.fit, pareto_k=0.9), mice.question, ess=1000, options=mice.options
    )
    titles = [s.title for s in contents(failed).sections]
    assert titles == [
        *("Question", "Answer", "Design", "Checks", "Model and priors"),
        "Provenance: the same numbers again",
    ]
    assert "No answer is shown" in part(failed, "Answer")


def again(typed, tmp_path):
    """Run a command line, and return the numbers it writes."""
    out = tmp_path / "again.json"
    words = shlex.split(typed)
    assert words[0] == "nestimate"
    done = CliRunner().invoke(cli.app, [*words[1:], "--json", str(out), "--overwrite"])
    assert done.exit_code == 0, (typed, done.output, done.exception)
    return json.loads(out.read_text(encoding="utf-8"))


def called(text, **known):
    """Run Python lines, and return their result."""
    known["__builtins__"] = __builtins__
    exec(compile(ast.parse(text), "<report>", "exec"), known)
    return known["result"]


def same(told, expected):
    keep = ("contrasts", "groups", "scales", "units", "blocks", "sentences", "design", "priors")
    return all(told[name] == expected[name] for name in keep)


@pytest.mark.parametrize("which", ["mice", "lines", "formula"])
def test_command_and_call_give_the_same_numbers(which, request, tmp_path):
    result = request.getfixturevalue(which)
    expected = json.loads(json.dumps(result.to_dict()))
    assert same(again(reproduction.command(result), tmp_path), expected)
    back = called(reproduction.python_call(result))
    assert same(json.loads(json.dumps(back.to_dict())), expected)


def test_only_what_differs_from_the_defaults_is_said(lines):
    typed = reproduction.command(lines)
    assert shlex.split(typed)[3:] == [
        *("--value", "viability", "--group", "treatment", "--block", "line", "--ess", "1000")
    ]


def test_quoting_survives_a_shell_and_odd_names(tmp_path):
    path = tmp_path / "my $data; it's.csv"
    rows = ['"the $value",arm,-u']
    rng = np.random.default_rng(3)
    rows += [
        f"{rng.normal():.3f},{'a b' if i % 2 else 'c`d'},u{i // 2 * 2 + i % 2}" for i in range(8)
    ]
    rows += [
        f"{rng.normal():.3f},{'a b' if i % 2 else 'c`d'},u{i // 2 * 2 + i % 2}" for i in range(8)
    ]
    path.write_text("\n".join(rows), encoding="utf-8")
    options = {
        **{"ess": 300, "seed": 7, "rope": (-1.5, 0.25), "ci": 0.9, "ci_kind": "eti"},
        **{"prior": {"tau": "halfnormal(2)", "nu": 30}, "contrasts": ["'a b' - 'c`d'"]},
        **{"tau": "common", "value_unit": "-µ$", "decimal": "."},
    }
    result = ne.compare(
        path, value="the $value", group="arm", unit="-u", reference="c`d", options=options
    )
    expected = json.loads(json.dumps(result.to_dict()))
    assert same(again(reproduction.command(result), tmp_path), expected)
    back = called(reproduction.python_call(result))
    assert same(json.loads(json.dumps(back.to_dict())), expected)


@pytest.mark.parametrize(
    "options",
    [
        {"against": -1.5},
        {"robust": "none", "sigma": "own", "preset": "kruschke2013", "simultaneous": True},
        {"scale": "log", "contrasts": "pairs", "bayes_factor": True},
    ],
)
def test_every_option_is_said_in_a_form_that_is_read_back(options, tmp_path):
    result = ne.compare(MICE, **ROLES, options={**options, "ess": 300})
    expected = json.loads(json.dumps(result.to_dict()))
    assert same(again(reproduction.command(result), tmp_path), expected)
    assert same(called(reproduction.python_call(result)).to_dict(), result.to_dict())


def test_every_option_has_a_place_on_the_command_line():
    command = typer.main.get_command(cli.app).commands["compare"]
    taken = {word for parameter in command.params for word in parameter.opts}
    for option in fields(ne.Options):
        word = reproduction.SPELLED.get(option.name, f"--{option.name.replace('_', '-')}")
        assert word in taken


def test_data_that_were_no_file_are_named_in_the_call(odd):
    assert reproduction.command(odd) == ""
    text = reproduction.python_call(odd)
    assert "ne.compare(\n    data," in text
    assert "The command" not in part(odd, "Provenance: the same numbers again")


def test_provenance_names_versions_seed_and_data(mice):
    said = part(mice, "Provenance: the same numbers again")
    for name in ("nestimate | ", "numpy | ", "data sha256 | ", "seed | 1", "ess | "):
        assert name in said
    other = ne.compare(MICE, value="glucose", group="arm", options={"ess": 300})
    assert other.provenance()["data_sha256"] != mice.provenance()["data_sha256"]


def test_unit_of_measurement_follows_differences_only(mice, odd):
    assert "P(> 0)" in str(mice)
    assert "Answer: glucose (mg/L)" in str(mice)
    assert mice.to_dict()["design"]["value_unit"] == "mg/L"
    ratio = next(s for s in odd.sentences if s.startswith("<script>alert(1)</script> / a & b ="))
    assert "<mg>" not in ratio
    assert replace(mice.design.roles, value="glucose (mg/L)").value_label == "glucose (mg/L)"


@pytest.mark.parametrize(
    ("value", "places", "said"),
    [
        *((1.0, 300, "1"), (30.0, 301, "30"), (0.1 + 2e-17, 17, "0.1"), (-0.001, 1, "0.0")),
        *((-0.3, 0, "0"), (3.21e-9, 11, "3.21e-09"), (1.00000012, 8, "1.00000012")),
        *((1234.5, -2, "1200"), (float("nan"), 2, "n/a")),
        *((-4.8e28, -29, "0"), (-4.8e-32, 31, "0"), (-4.8e-32, 32, "-5e-32")),
    ],
)
def test_numbers_are_as_short_as_they_can_be(value, places, said):
    assert rounding.number(value, places) == said


@pytest.mark.parametrize(
    ("value", "ess", "said"),
    [
        *((0.9999, 10_000, "> 0.999"), (0.9999, 300, "> 0.99"), (0.56789, 10_000, "0.57")),
        *((0.56789, 200, "0.6"), (0.0042, 10_000, "0.004"), (0.0001, 10_000, "< 0.001")),
    ],
)
def test_probabilities_are_no_finer_than_their_draws(value, ess, said):
    assert rounding.probability(value, ess) == said


def test_one_group_has_no_reference(tmp_path):
    one = ne.compare(BEDS, value="height_cm", options={"against": 20, "ess": 300})
    assert not any("Reference" in note for note in one.design.notes)
    assert same(again(reproduction.command(one), tmp_path), json.loads(json.dumps(one.to_dict())))


def test_options_are_recorded_whole(mice):
    assert asdict(ne.Options.of(OPTIONS)) == mice.options


@pytest.mark.parametrize(
    ("roles", "effects"),
    [
        ({"unit": "mouse"}, "Effects of mouse were integrated out"),
        ({"block": "day"}, "Effects of day were integrated out"),
        ({"block": "day", "unit": "mouse"}, "Effects of day and mouse were integrated out"),
    ],
)
def test_methods_name_the_effects_that_there_are(roles, effects):
    """Where there were only mice, effects of units and blocks were said to be integrated out."""
    rng, (g, day, m, _) = np.random.default_rng(2), (c.ravel() for c in np.indices((2, 4, 2, 2)))
    table = pd.DataFrame({"arm": [f"g{i}" for i in g], "day": [f"d{i}" for i in day]})
    table["mouse"] = [f"m{i}{j}{k}" for i, j, k in zip(g, day, m, strict=True)]
    table["y"] = rng.normal(0, 1, g.size)
    if "block" not in roles:
        table = table.drop(columns="day")
    answer = ne.compare(table, value="y", group="arm", **roles, options={"ess": 400})
    assert effects in part(answer, "For the methods section")


def test_what_is_held_against_a_value_is_called_what_it_is():
    rng = np.random.default_rng(1)
    table = pd.DataFrame({"dish": [f"p{i}" for i in range(12)], "n": rng.poisson(6, 12)})
    options = {"response": "counts", "ess": 400, "against": 2}
    answer = ne.compare(table, value="n", unit="dish", options=options)
    assert "Typical rates were compared with 2" in part(answer, "For the methods section")
