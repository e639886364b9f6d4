"""The report as it is read: the answer on page 1, the rest folded, and few pages of print."""

import re
import subprocess
from shutil import which

import numpy as np
import pytest

import nestimate as ne
from nestimate import printing
from nestimate.results import figures
from nestimate.results.documents.html import render
from nestimate.results.documents.report import contents
from nestimate.results.documents.terminal import brief

pytestmark = pytest.mark.usefixtures("shaped_module")

#: Pages that a report may print on, by how many groups it has.
MOST_PAGES = {2: 6, 20: 10}

prints = pytest.mark.skipif(
    printing.browser() is None or which("pdfinfo") is None,
    reason="no browser that prints, or nothing that counts pages",
)


@pytest.fixture(scope="module")
def answers():
    """Return answers of two and of twenty groups."""
    rng = np.random.default_rng(4)

    def made(groups):
        data = {
            f"compound {chr(65 + g)}": {
                f"well {g}.{u}": list(90 - 3 * (g % 7) + rng.normal(0, 2) + rng.normal(0, 1, 3))
                for u in range(5)
            }
            for g in range(groups)
        }
        options = {"ess": 300, "value_unit": "%"}
        return ne.compare(data, reference="compound A", options=options)

    return {groups: made(groups) for groups in MOST_PAGES}


@prints
@pytest.mark.parametrize("groups", MOST_PAGES)
def test_report_prints_on_few_pages(answers, groups, tmp_path):
    path = tmp_path / "answer.pdf"
    answers[groups].report(path)
    told = subprocess.run(["pdfinfo", path], check=True, capture_output=True, text=True).stdout
    pages = int(re.search(r"Pages:\s+(\d+)", told)[1])
    assert 3 <= pages <= MOST_PAGES[groups]
    words = ["pdftotext", "-layout", path, "-"]
    said = subprocess.run(words, check=True, capture_output=True, text=True).stdout.split("\f")
    assert "Question" in said[0]
    assert "How: " in said[0]
    # The answer ends with its page, and what is folded on a screen is there.
    assert "What was done to the data" not in said[0]
    assert any("Reporting checklists" in page for page in said[1:])
    # No page but the last is half empty.
    assert min(len(page.split()) for page in said[1 : pages - 1]) > 60


def test_what_is_not_the_answer_is_folded(answers):
    page = render(answers[2])
    first, rest = page.split('<div class="rest">')
    open_parts = [s.title for s in contents(answers[2]).sections if not s.folded]
    assert open_parts == ["Question", "Answer"]
    assert "<details" not in first
    assert rest.count("<details>") == len(contents(answers[2]).sections) - 2
    # Two widths of one picture: a phone shows the difference without scrolling sideways.
    assert first.count("data:image/svg+xml") == 2
    assert '<source media="(max-width: 36rem)"' in first


def test_many_differences_are_one_table_and_one_figure(answers):
    answer = answers[20]
    sections = {s.title: s.blocks for s in contents(answer).sections}
    box, table, picture = sections["Answer"][:3]
    assert len(box.sentences) == 1
    assert "of 19 differences" in box.sentences[0]
    assert len(table.rows) == 5
    assert table.note == "The 5 surest of 19 differences."
    assert picture.draw is figures.estimation_plot
    assert picture.caption.startswith("Circles: raw means of each unit; dots with bars: means of")
    (beside, said) = sections["Beside other analyses"]
    assert len(beside.rows) == 19
    assert len(said.sentences) == 1
    trust = sections["How far to trust it"][0].sentences
    assert len(trust) < 12
    assert sum("Each of " in sentence for sentence in trust) >= 1


def test_figures_that_say_nothing_stay_out_unless_asked_for(answers):
    assert "pair" not in figures.telling(answers[2])
    assert set(figures.telling(answers[20])) < set(figures.available(answers[20]))
    drawn = {
        name: len(
            next(s for s in contents(answers[2], **kind).sections if s.title == "Figures").blocks
        )
        for name, kind in (("telling", {}), ("all", {"every_figure": True}))
    }
    assert drawn["all"] == len(figures.available(answers[2])) - 1
    assert drawn["telling"] < drawn["all"]


def test_brief_is_the_few_lines(answers):
    said = brief(answers[2]).splitlines()
    assert said[0].startswith("value")
    assert [line.split("  ")[1] for line in said[2:5]] == [
        *("compound B - compound A", "centre of compound A", "centre of compound B")
    ]
    assert len(said) <= 6
    assert all(len(line) <= 80 for line in said)
    assert "surest of 19" in brief(answers[20])


def test_a_pdf_that_nothing_prints_is_refused_before_fitting(monkeypatch, answers, tmp_path):
    monkeypatch.setattr(printing, "CALLED", ())
    monkeypatch.setattr(printing, "INSTALLED", ())
    with pytest.raises(ne.DesignError, match=r"none was found\. Write .*out\.html instead"):
        answers[2].report(tmp_path / "out.pdf")
    assert not list(tmp_path.iterdir())


def test_legend_of_a_figure_has_n_at_each_level(answers):
    said = answers[2].legend()
    assert "compound A: 5, compound B: 5" in said
    assert "30 readings" in said
    assert "Intervals are 95 % HDIs." in said
    with pytest.raises(ne.DesignError, match="no figure 'pie'"):
        answers[2].legend("pie")
