"""Which roles a column could play, and why."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from nestimate.data.candidates import counts_within, present
from nestimate.data.crossings import Crossing
from nestimate.data.vocabulary import hints

RoleName = Literal["value", "reading", "group", "unit", "block", "counter", "n", "sd", "se"]


@dataclass(frozen=True, kw_only=True)
class Reason:
    """A role that a column could play, and why, in a few words."""

    role: RoleName
    why: str


def likely_groups(crossing: Crossing, able: Sequence[str]) -> list[str]:
    """Return those of the possible groups that are no units, blocks or counters by name."""
    names = list(crossing.names)
    return [
        name
        for name in able
        if "group" in hints(name)
        or not (
            hints(name) & {"unit", "block"}
            or name in crossing.counters
            or counts_within(crossing, name, names)
            or _numbered_inside(crossing, name, able)
        )
    ]


def _numbered_inside(crossing: Crossing, name: str, able: Sequence[str]) -> bool:
    """Return whether labels such as a1, a2, b1 number things inside a column of groups."""
    stems = {re.sub(r"\d+", "", label) for label in crossing.labels[name]}
    return (
        all(re.search(r"\d", label) for label in crossing.labels[name])
        and len(stems) < crossing.size(name)
        and any(
            crossing.inside(name, other) and crossing.size(other) < crossing.size(name)
            for other in able
            if other != name
        )
    )


def reasons(
    crossing: Crossing,
    values: Sequence[str],
    summary: Mapping[str, str],
    groups: Collection[str],
    reused: Collection[str],
    *,
    best: str,
    whole: str,
) -> dict[str, tuple[Reason, ...]]:
    """Say which roles a column could play beside the group of the likeliest design, and why."""
    found: dict[str, tuple[Reason, ...]] = {
        values[0]: (Reason(role="value", why="numbers that vary"),)
    }
    found |= {name: (Reason(role="value", why="numbers too"),) for name in values[1:]}
    for name in crossing.names:
        reasons = []
        count = present(crossing, name)
        if name == whole or count < 2:
            continue
        if name in crossing.counters:
            found[name] = (Reason(role="counter", why="numbers the readings"),)
            continue
        inside = best not in {whole, name} and crossing.inside(name, best)
        if name in groups and not inside:
            reasons.append(Reason(role="group", why=f"{count} labels"))
        if best not in (name, whole) and not crossing.decides([best], name):
            reasons.append(
                Reason(role="unit", why=f"in one {best}")
                if inside
                else Reason(role="block", why=f"in several {best}")
            )
        elif best == whole:
            single = crossing.most_rows([name]) == 1
            reasons.append(Reason(role="unit", why="a row each" if single else "repeated"))
        if name in reused and all(reason.role != "unit" for reason in reasons):
            reasons.append(Reason(role="unit", why="if labels are reused"))
        found[name] = tuple(reasons)
    told = {
        "n": "readings behind each mean",
        "sd": "SD of the readings behind each mean",
        "se": "standard error of each mean",
    }
    for role in ("n", "sd", "se"):
        if role in summary:
            found[summary[role]] = (Reason(role=role, why=told[role]),)
    return found
