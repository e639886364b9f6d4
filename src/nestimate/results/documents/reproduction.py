"""The command and the Python call that give the same answer again."""

import shlex
from collections.abc import Mapping
from typing import Any

from nestimate.data.designs.lines import ends
from nestimate.errors import DesignError
from nestimate.remedies import Advice, Call
from nestimate.results.answer import Answer

#: Options that are no matter of a plan.
UNPLANNED = ("against", "bayes_factor", "simultaneous", "ess")
#: Options whose name on the command line is another, and one of results that version 0.1 saved.
SPELLED = {"contrasts": "--contrast", "edits": "--edit", "goals": "--goal", "lost": "--lost-units"}


def command(answer: Answer) -> str:
    """Return the command that gives the same numbers, quoted for a shell.

    Empty where the data were not a file, which the command line cannot read.
    """
    return shlex.join(_command(answer.call))


def planning(answer: Answer) -> Advice | None:
    """Return what plans the next experiment from this one; None where nothing can.

    What only the user knows stands in capitals: the effect to find, and costs.
    """
    design, options = answer.design, answer.options
    plain = options.get("against") is None and options.get("robust") in (None, "units", "none")
    if design.block is not None and "own" in (options.get("tau"), options.get("sigma")):
        return None
    if design.formula is not None or len(design.structure.blocks) > 1 or not plain:
        return None
    if len(design.groups) < 2 or design.observed is not None:
        return None
    several = bool(design.levels) or (design.block is not None and not design.unreplicated)
    asked = "EFFECT, costs=(UNIT, READING)" if several else "EFFECT"
    call, called, along = answer.call, f"result.plan({asked})", ends(design)
    if along is not None:
        chosen = call.get("options", {})
        if "wide" in chosen or "," in call.get("value", ""):
            return None  # these levels are columns
        call = {**call, "options": {**chosen, "edits": [*chosen.get("edits", []), str(along)]}}
        called = f"{_called(call)}.plan({asked})"
    words = _plan_command(call)
    line = f"{shlex.join(words)} --effect EFFECT --cost-unit COST"
    line += " --cost-reading COST" if several else ""
    what = design.roles.measure.difference
    if design.structure.factorial is not None:
        what += f" of {what}s"  # the interaction is what sizes it
    return Advice(
        f"How many next time (EFFECT: the smallest {what} that would matter):",
        Call(line if words else called, called),
    )


def plan_again(answer: Answer, call: Mapping[str, Any]) -> dict[str, str]:
    """Return the command and the Python call of a plan that has an answer as its pilot.

    Parameters
    ----------
    call
        What `result.plan` was given. What is as usual is not said.
    """
    usual = {"goals": ["excludes 0"], "target": 0.8}
    given = {n: v for n, v in call.items() if v not in (None, {}) and v != usual.get(n)}
    costs, settings = given.get("costs", {}), given.get("settings", {})
    plain = {n: v for n, v in given.items() if n not in ("costs", "settings")}
    flat = {**plain, **{f"cost_{name}": cost for name, cost in costs.items()}, **settings}
    words = _plan_command(answer.call)
    parts = ",\n    ".join(f"{name}={_plain(value)!r}" for name, value in given.items())
    return {
        "command": shlex.join([*words, *typed(flat)]) if words else "",
        "python": f"{python_call(answer)}\nplan = result.plan(\n    {parts},\n)",
    }


def _plan_command(call: Mapping[str, Any]) -> list[str]:
    """Return the words of a command that plans from the table of a call, but for its goal."""
    chosen = {n: v for n, v in call.get("options", {}).items() if n not in UNPLANNED}
    return _command({**call, "command": "plan", "options": chosen})


def _command(given: Mapping[str, Any]) -> list[str]:
    """Return a call as the words of a command line; none where the data were not a file."""
    call = dict(given)
    verb, data = call.pop("command", None), call.pop("data", None)
    if verb is None or data is None:
        return []
    path = f"./{data}" if data.startswith("-") and data != "-" else data
    formula, chosen = call.pop("formula", None), call.pop("options", {})
    words = ["nestimate", verb, *([formula] if formula is not None else []), path]
    return words + typed({**call, **chosen})


def python_call(answer: Answer) -> str:
    """Return the Python lines that give the same numbers; the data are `data` if no file."""
    if answer.call.get("command") is None:
        return ""
    return f"import nestimate as ne\n\nresult = {_called(answer.call, ('\n    ', ',\n'))}"


def _called(given: Mapping[str, Any], between: tuple[str, str] = ("", "")) -> str:
    """Return a call in Python; `between`: what stands before each part, and after the last."""
    call, (before, after) = dict(given), between
    verb, data = call.pop("command", None), call.pop("data", None)
    formula, chosen = call.pop("formula", None), call.pop("options", {})
    parts = [] if formula is None else [repr(formula)]
    parts.append("data" if data is None else repr(data))
    parts += [f"{name}={value!r}" for name, value in call.items()]
    if chosen:
        inner = ", ".join(f"{name!r}: {_plain(value)!r}" for name, value in chosen.items())
        parts.append(f"options={{{inner}}}")
    lines = f",{before or ' '}".join(parts)
    return f"ne.{verb}({before}{lines}{after})"


def typed(options: Mapping[str, Any]) -> list[str]:
    """Return options as the words of a command line."""
    return [word for name, value in options.items() for word in _words(name, value)]


def _words(name: str, value: Any) -> list[str]:
    """Return an option as the words of a command line."""
    option = SPELLED.get(name, f"--{name.replace('_', '-')}")
    match value:
        case True:
            return [option]
        case str() | int() | float():
            return _pair(option, str(value))
        case Mapping():
            return [w for key, prior in value.items() for w in _pair(option, f"{key} = {prior}")]
        case (float(low), float(high)):
            return _pair(option, f"{low!r},{high!r}")
        case tuple() | list():
            return [w for each in value for w in _pair(option, str(each))]
    raise DesignError(f"{name} = {value!r} has no form on the command line")


def _pair(option: str, value: str) -> list[str]:
    """Return option and value; as one word where the value would be taken for an option."""
    return [f"{option}={value}"] if value.startswith("-") else [option, value]


def _plain(value: Any) -> Any:
    """Return a value made of what Python prints as it reads it."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    return value.item() if hasattr(value, "item") else value
