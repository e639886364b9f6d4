"""What the user calls things is text and never markup: in figures, HTML, Markdown and terminals."""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from markdown_it import MarkdownIt

import nestimate as ne
from nestimate.results import figures
from nestimate.results.documents import terminal
from nestimate.results.documents.html import render
from nestimate.results.words import lines

pytestmark = pytest.mark.usefixtures("shaped_module")

#: Labels that a renderer might take for something else, each with what it is dangerous to.
HOSTILE = {
    "mathtext": "$a_{1$",
    "tex": r"\frac{x}{y}_^%",
    "html": "<script>alert('&amp;')</script>",
    "attribute": "\" onload='x",
    "markdown": "*b* [l](u) `c` | ~~d~~ # _e_",
    "list": "- 1. x",
    "number": "1. first",
    "jinja": "{{ answer }} {% raw %}",
    "format": "{0} {mass} %s",
    "rich": "[bold]x[/bold] :smile:",
    "ansi": "\x1b[31mred\x07",
    "newline": "a\nb\tc",
    "turned": "abc\u202edef",
    "emoji": "🐭 größe 小鼠",
    "legend": "_hidden",
    "sheet": "=cmd('x')!A1",
    "shell": "$(touch x); 'a' \"b\"",
    "empty parts": " | ",
}
OPTIONS = {"ess": 200, "rope": (-0.5, 0.5)}
#: The escape character and the others that a terminal obeys.
OBEYED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def result(labels, layout):
    """Two groups, their units or blocks, and columns, each called by one of six labels in turn."""
    rng = np.random.default_rng(1)
    first, second, inner, *names = labels
    groups = [f"{first}0", f"{second}1"]
    rows = [
        (groups[g], f"{inner}{g if layout == 'nested' else ''}u{j}", float(g + rng.normal()))
        for g in range(2)
        for j in range(3)
        for _ in range(2)
    ]
    names = [f"{name}{c}" for name, c in zip(names, "guv", strict=True)]
    role = "unit" if layout == "nested" else "block"
    table = pd.DataFrame(rows, columns=names)
    return ne.compare(table, group=names[0], value=names[2], **{role: names[1]}, options=OPTIONS)


def six(start):
    found = list(HOSTILE.values())
    return [found[(start + i) % len(found)] for i in range(6)]


class Tags(HTMLParser):
    """The tags and the text of a page."""

    def __init__(self):
        super().__init__()
        self.tags, self.words, self.attributes = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture(scope="module")
def plain():
    """What a page of harmless labels is made of, by layout."""
    found = {}
    for layout in ("nested", "blocked"):
        made = result(["plain "] * 6, layout)
        page = Tags()
        page.feed(render(made))
        tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(render(made, ".md"))
        found[layout] = page, kinds(tokens)
    return found


def kinds(tokens):
    """Kinds of all Markdown tokens but those of text, inline ones included."""
    inner = [child.type for t in tokens for child in t.children or ()]
    return [t.type for t in tokens] + [kind for kind in inner if kind not in ("text", "softbreak")]


@pytest.mark.parametrize("start", range(0, len(HOSTILE), 6))
def test_labels_are_text_wherever_they_are_said(start, plain):
    layout = ("nested", "blocked")[start // 6 % 2]
    page, usual = plain[layout]
    labels = six(start)
    made = result(labels, layout)
    assert not OBEYED.search(str(made))
    assert not OBEYED.search(repr(made))
    found = Tags()
    found.feed(html := render(made))  # every figure is drawn in it
    assert sorted(set(found.tags)) == sorted(set(page.tags))
    assert found.tags.count("tr") == page.tags.count("tr")
    assert set(found.attributes) == set(page.attributes)
    shown = " ".join("".join(found.words).split())
    for group in made.design.groups:
        assert " ".join(group.split()) in shown
    assert "<script" not in html
    Tags().feed(made._repr_html_())
    markdown = render(made, ".md")
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(markdown)
    # A note on spaces in labels may be one item more; nothing may be of a kind that is not meant.
    assert set(kinds(tokens)) == set(usual)
    assert kinds(tokens).count("heading_open") == usual.count("heading_open")
    rest = "".join(c.content for t in tokens for c in t.children or () if c.type == "text")
    for group in made.design.groups:
        assert " ".join(lines.visible(group).split()).replace(" ", "") in rest.replace(" ", "")
    assert not OBEYED.search(markdown)
    json.dumps(made.to_dict())
    if layout == "nested":
        legend = figures.variance_plot(made).axes[0].get_legend().get_texts()
        for entry, group in zip(legend, made.design.groups, strict=True):
            want = " ".join(lines.visible(group).split())
            assert entry.get_text().strip() == want or len(want) > 26


def test_errors_and_inspect_hide_nothing(capsys, tmp_path, monkeypatch):
    from nestimate.apps.cli import main  # noqa: PLC0415

    label = HOSTILE["ansi"]
    data = tmp_path / "t.csv"
    rows = [f"{label},{y}" for y in (1, 2)]
    data.write_text("\n".join([f"{label}g,y", *rows]) + "\n", encoding="utf-8")
    for words in (["compare", str(data), "--value", "y", "--group", "g"], ["inspect", str(data)]):
        monkeypatch.setattr("sys.argv", ["nestimate", *words])
        with pytest.raises(SystemExit):
            main()
        out = capsys.readouterr()
        assert not OBEYED.search(out.out + out.err)


@pytest.mark.parametrize("width", [30, 40, 60, 80, 97])
def test_text_keeps_to_the_width_of_the_terminal(width):
    names = {f"a long name of group {g}": g for g in range(3)}
    rng = np.random.default_rng(2)
    data = {
        name: {f"{g} animal with a long label {j}": list(g + rng.normal(size=3)) for j in range(4)}
        for name, g in names.items()
    }
    made = ne.compare(data, options=OPTIONS | {"contrasts": "pairs"})
    said = terminal.render(made, terminal.Page(width=width))
    assert max(map(len, said.splitlines())) <= width
    words = re.sub(r"\s+", "", said)
    for name in names:
        assert name.replace(" ", "") in words
    assert max(map(len, str(made).splitlines())) <= 80


def test_a_table_keeps_its_columns_beside_wide_letters():
    found = lines.table(["", "mean"], [["小鼠", "1.0"], ["mouse", "12.0"]]).splitlines()
    assert [lines.cells(line) for line in found] == [lines.cells(found[0])] * 3


@pytest.mark.parametrize("style", ["dark_background", "ggplot"])
def test_a_users_style_holds_in_figures_and_changes_no_report(style):
    import matplotlib as mpl  # noqa: PLC0415
    from matplotlib import style as styles  # noqa: PLC0415

    made = result(["g"] * 6, "nested")
    plain = render(made)
    before = dict(mpl.rcParams)
    with styles.context(style):
        paper, ink = mpl.rcParams["axes.facecolor"], mpl.rcParams["text.color"]
        for name in ("estimation", "variance", "pair", "outlier"):
            figure = figures.FIGURES[name](made)
            assert {mpl.colors.to_hex(ax.get_facecolor()) for ax in figure.axes} == {
                mpl.colors.to_hex(paper)
            }, name
            assert figure.get_suptitle() == "" or figure._suptitle.get_color() == ink, name
        assert render(made) == plain
    assert dict(mpl.rcParams) == before
