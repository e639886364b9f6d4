"""House rules that a program can check, and ARCHITECTURE.md held to the tree."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

import nestimate

pytestmark = pytest.mark.quick

ROOT = Path(nestimate.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))


@cache
def _tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def _functions(path):
    return [
        n for n in ast.walk(_tree(path)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_module_keeps_the_house_rules(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400
    for function in _functions(path):
        arguments = function.args
        count = len([*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs])
        own = [a.arg for a in arguments.args[:1]] in (["self"], ["cls"])
        public = not function.name.startswith("_")
        assert not (public and count - own > 8), f"{function.name} takes {count - own} arguments"
        # A wrapper that passes on what it is given has the types of what it wraps (`P.kwargs`).
        loose = arguments.kwarg and not isinstance(arguments.kwarg.annotation, ast.Attribute)
        assert not (public and loose), f"{function.name} takes **kwargs"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_module_does_not_import_ourselves_late(path):
    tree = _tree(path)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom) and node not in tree.body:
            names = [getattr(node, "module", None) or "", *(alias.name for alias in node.names)]
            assert not any(name.startswith("nestimate") for name in names), f"line {node.lineno}"


def test_architecture_names_every_module_by_path():
    page = (ROOT.parent.parent / "ARCHITECTURE.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| `([\w/]+)` \|", page, flags=re.MULTILINE))
    found = {str(p.relative_to(ROOT).with_suffix("")) for p in MODULES if p.name != "__init__.py"}
    assert named == found


#: Conditionals that ask what kind of design there is; new kinds belong into types and tables.
MOST_QUESTIONS = 92


def test_what_a_design_is_stands_in_types_and_is_asked_in_few_places():
    """Counted is every condition that asks for layout, block, levels, formula or logarithms.

    Conditions are those of `if`, `while`, `assert`, conditional expressions, comprehensions, and
    what `match` looks at. One asks if it holds an attribute of `ASKED`, compares with a layout or
    the word of a scale, or looks for a name among draws. Once 246 by this count.
    """
    asking = [
        f"{path.relative_to(ROOT)}:{test.lineno}: {ast.unparse(test)}"
        for path in MODULES
        for test in _conditions(_tree(path))
        if any(map(_asks, ast.walk(test)))
    ]
    assert len(asking) <= MOST_QUESTIONS, "\n".join(asking)


ASKED = {"layout", "block", "levels", "formula", "logarithmic"}
KINDS = {"log", "linear", "flat", "nested", "blocked", "blocked-nested"}


def _conditions(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.If | ast.IfExp | ast.While | ast.Assert):
            yield node.test
        elif isinstance(node, ast.comprehension):
            yield from node.ifs
        elif isinstance(node, ast.Match):
            yield node.subject
        elif isinstance(node, ast.match_case) and node.guard:
            yield node.guard


def _asks(node):
    if isinstance(node, ast.Attribute):
        return node.attr in ASKED
    if not isinstance(node, ast.Compare):
        return False
    sides = [node.left, *node.comparators]
    named = any(isinstance(side, ast.Constant) and side.value in KINDS for side in sides)
    pairs = zip(node.ops, node.comparators, strict=True)
    return named or any(
        isinstance(operator, ast.In | ast.NotIn) and "draws" in ast.unparse(side)
        for operator, side in pairs
    )
