"""The site as it is read: every question is few clicks away, and what is written there is so."""

import html
import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

import nestimate as ne
from nestimate.apps import cli
from nestimate.examples import EXAMPLES
from nestimate.results.documents import terminal

pytestmark = pytest.mark.quick

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(p for p in DOCS.rglob("*.md") if "jupyter_execute" not in p.parts)
TEXTS = [*PAGES, ROOT / "README.md"]
COMMANDS = get_command(cli.app).commands
OPTIONS = {
    name: {word for param in command.params for word in (*param.opts, *param.secondary_opts)}
    for name, command in COMMANDS.items()
}
#: Options of programs that are not ours: the installer, the workers of a cluster.
OTHERS = {"--host", "--nthreads", "--nworkers"}

#: Who opens the first page, in words of her own, and the page that answers her.
READERS = {
    "2 x 2 table: genotype and treatment, perhaps with litters": "two-factors.md",
    "GraphPad Prism": "coming-from/prism.md",
    "lme4, nlme, emmeans": "coming-from/lme4.md",
    "degrees of freedom": "models.md",
    "Kruschke": "coming-from/best.md",
    "PyMC, Bambi, ArviZ: the model, the draws": "coming-from/pymc.md",
    "thousands of proteins": "screening.md",
    "cells per field": "designs/counts.md",
    "positive of all cells": "designs/shares.md",
    "how many animals to apply for, for the ethics form": "planning.md",
    "values below detection": "designs/detection.md",
    "the same lines in both arms": "founding-question.md",
}


def links(page):
    """Return the pages that a page links to in its text and its cards; sidebars do not count."""
    text = page.read_text(encoding="utf-8")
    found = re.findall(r"\]\(([^)#\s]+\.md)", text)
    found += [f"{name}.md" for name in re.findall(r"^:link: (\S+)$", text, re.MULTILINE)]
    paths = {(page.parent / name).resolve() for name in found}
    return {path for path in paths if path.exists()}


def commands(page):
    """Return the command lines of a page, each as its words."""
    text = page.read_text(encoding="utf-8")
    fenced = re.findall(r"^```\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    indented = re.findall(r"^    nestimate .*$", text, re.MULTILINE)
    lines = "\n".join([*fenced, *indented]).replace("\\\n", " ").splitlines()
    return [
        shlex.split(line, comments=True)[1:]
        for line in map(str.strip, lines)
        if line.startswith("nestimate ")
    ]


@pytest.mark.parametrize(("words", "page"), READERS.items())
def test_first_page_offers_every_reader_her_page(words, page):
    rows = (DOCS / "index.md").read_text(encoding="utf-8").splitlines()
    assert [row for row in rows if words in row and f"({page})" in row]
    assert (
        commands(DOCS / page)
        or "{code-cell}" in (DOCS / page).read_text(encoding="utf-8")
        or (page == "models.md")
    )


def test_every_page_is_three_clicks_away_at_most():
    seen = near = {DOCS / "index.md"}
    for _ in range(3):
        near = {page for at in near for page in links(at)} - seen
        seen = seen | near
    assert set(PAGES) <= seen


def test_every_public_name_is_in_the_reference():
    text = (DOCS / "api.md").read_text(encoding="utf-8")
    named = re.findall(r"^\.\. auto(?:function|class|exception):: (\w+)$", text, re.MULTILINE)
    assert set(named) == set(ne.__all__)


@pytest.mark.parametrize("text", TEXTS, ids=lambda path: path.name)
def test_links_lead_somewhere(text):
    written = text.read_text(encoding="utf-8")
    for name in re.findall(r"\]\(([^)#\s:]+)(?:#[^)]*)?\)", written):
        built = name.endswith("gallery/index.rst")  # made when the site is built
        assert built or (text.parent / name).exists(), name


@pytest.mark.parametrize("text", TEXTS, ids=lambda path: path.name)
def test_options_that_are_named_exist(text):
    for name, *words in commands(text):
        if name.startswith("-"):
            assert name in {"--version", "--help"}
            continue
        asked = {word.split("=")[0] for word in words if word.startswith("--")}
        assert asked <= OPTIONS[name], (name, asked - OPTIONS[name])
    every = set().union(*OPTIONS.values()) | OTHERS | {"--version", "--help"}
    inline = re.findall(r"`[^`\n]*`", text.read_text(encoding="utf-8"))
    said = {word for code in inline for word in re.findall(r"(?<![\w-])--[a-z][a-z-]*[a-z]", code)}
    assert said <= every, said - every


def test_the_terminal_of_the_readme_shows_what_is_printed():
    picture = (DOCS / "_static" / "terminal.svg").read_text(encoding="utf-8")
    lines = re.findall(r"<text[^>]*>(.*?)</text>", picture)
    shown = [html.unescape(line).replace("\u00a0", " ").rstrip() for line in lines]
    mice = ne.compare(
        ne.example("mice"),
        value="glucose",
        group="arm",
        unit="mouse",
        options={"rope": (-0.3, 0.3)},
    )
    printed = [line.rstrip() for line in terminal.brief(mice).splitlines() if line.strip()]
    assert [line for line in printed if line not in shown] == []
    (typed,) = [line for line in commands(ROOT / "README.md") if "--brief" in line]
    assert shlex.split(shown[1])[2:] == typed


@pytest.mark.parametrize("text", TEXTS, ids=lambda path: path.name)
def test_tables_of_commands_come_with_nestimate(text):
    given = {words[1] for words in commands(text) if words[0] == "example"}
    for name, *words in commands(text):
        for word in words:
            if name != "simulate" and re.fullmatch(r"\w+\.(csv|parquet|xlsx)", word):
                at = words.index(word)
                if at and words[at - 1] in {"--out", "--samples"}:
                    continue
                assert word.removesuffix(".csv") in given & set(EXAMPLES), (name, word)
