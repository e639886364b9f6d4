"""Which roles a column could play beside the group of the likeliest design, and why."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from nestimate.data.inspection.crossings import Crossing
from nestimate.data.inspection.folding import Folding
from nestimate.data.inspection.measured import Beside

RoleName = Literal[
    "value",
    "reading",
    "group",
    "unit",
    "block",
    "counter",
    "kind",
    "along",
    "baseline",
    "part",
    "n",
    "sd",
    "se",
    "total",
    "exposure",
]

_ALONG = "when, at which dose or where units were read"


@dataclass(frozen=True, kw_only=True)
class Reason:
    """A role that a column could play, and why, in a few words."""

    role: RoleName
    why: str


def reasons(
    crossing: Crossing,
    values: Sequence[str],
    summary: Mapping[str, str],
    groups: Collection[str],
    reused: Collection[str],
    beside: Beside | None,
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
        count = crossing.size(name)
        if name == whole or count < 2:
            continue
        if name in crossing.counters:
            ordered = "says when, or in which order, each was given"
            why = ordered if name in crossing.orders else "numbers the readings"
            found[name] = (Reason(role="counter", why=why),)
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
    if beside is not None:
        why = "of how many" if beside.role == "total" else f"of {beside.value}"
        also = found.get(beside.column, ())
        found[beside.column] = (Reason(role=beside.role, why=why), *also)
    return found


def beside_reasons(
    along: Sequence[str],
    before: Sequence[str],
    totals: Sequence[str],
    classed: Mapping[str, str],
) -> dict[str, tuple[Reason, ...]]:
    """Return what columns are that play a role beside the labels: when, before, of how many."""
    return {
        **dict.fromkeys(along, (Reason(role="along", why=_ALONG),)),
        **dict.fromkeys(before, (Reason(role="baseline", why="the same before"),)),
        **dict.fromkeys(totals, (Reason(role="total", why="of how many"),)),
        **{
            name: (Reason(role="part", why=f"says in classes what {value} says"),)
            for name, value in classed.items()
        },
    }


def folded_reasons(
    folding: Folding, roles: Mapping[str, tuple[Reason, ...]]
) -> dict[str, tuple[Reason, ...]]:
    """Say what the columns of a wide table are, which could play `roles` as they stand."""
    if folding.kind == "replicates":
        return dict.fromkeys(folding.columns, (Reason(role="reading", why="numbered"),))
    if folding.kind == "times":
        moment = Reason(role="along", why=f"the same again, another {folding.along}")
        return dict.fromkeys(folding.columns, (moment,)) if folding.likely else {}
    if folding.kind == "units":
        return dict.fromkeys(folding.columns, (Reason(role="unit", why="group in its title"),))
    group = Reason(role="group", why="a column each")
    return {name: (*roles.get(name, ()), group) for name in folding.columns}
