"""What a design is, is asked of its types: conditionals on what it is may only become fewer."""

import ast
from pathlib import Path

SOURCE = Path(__file__).parent.parent / "src" / "nestimate"
#: What a condition looks at when it asks which kind of design, scale or parameter this is.
ASKED = {"layout", "block", "levels", "subunits", "formula", "unreplicated", "text", "home"}
NAMES = {"layout", "block", "levels", "subunits", "formula"}
OPTIONAL = {"noise", "normality", "reading_normality"}
#: As many as there may be: there were 338 before the structure became a type.
BAR = 270


def conditions(tree):
    """Give the test of everything that decides between two ways."""
    for node in ast.walk(tree):
        match node:
            case ast.If() | ast.IfExp() | ast.While() | ast.Assert():
                yield node.test
            case ast.comprehension():
                yield from node.ifs
            case ast.BinOp(op=ast.Mult(), right=ast.Compare() as test):
                yield test


def asks(test):
    """Whether a condition asks what kind of design, scale or parameter there is."""
    for node in ast.walk(test):
        match node:
            case ast.Attribute(attr=attr) if attr in ASKED | OPTIONAL:
                return True
            case ast.Name(id=name) if name in NAMES:
                return True
            case ast.Constant(value="log"):
                return True
            case ast.Compare(left=ast.Constant(value=str()), ops=[ast.In() | ast.NotIn()]):
                return True
    return False


def counted(source=SOURCE):
    """Number of such conditionals in every module that has any."""
    found = {
        path: sum(map(asks, conditions(ast.parse(path.read_text(encoding="utf-8")))))
        for path in sorted(source.rglob("*.py"))
    }
    return {str(path.relative_to(source)): n for path, n in found.items() if n}


def test_conditionals_on_what_a_design_is_become_fewer():
    assert sum(counted().values()) <= BAR
