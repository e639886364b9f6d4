"""Which scales there are: of every stratum one, or one for each of what may scatter by itself."""

from dataclasses import dataclass

from nestimate.data.designs.stratum import Role, Stratum
from nestimate.data.designs.structure import Structure
from nestimate.errors import DesignError


def check_tau(structure: Structure, tau: str | None) -> None:
    """Refuse a choice between scales where there is one scale only."""
    if tau == "pooled" and structure.home is None:
        raise DesignError(
            "tau: scales can be pooled where every unit lies in one group. Here groups meet inside "
            "blocks (or a formula says what differs): use 'own' or 'common'."
        )
    if tau == "own" and structure.home is None and not any(s.apart for s in structure.strata):
        raise DesignError(
            "tau: nothing here scatters in one group alone, or from group to group in blocks, so "
            "'own' would do nothing. Leave tau out."
        )


#: Words that scales of subunits may not be called, whatever their columns are.
RESERVED = (
    *("mu", "beta", "tau", "tau_block", "tau_effect", "tau_slope", "tau_unit", "tau_median"),
    *("tau_ratio", "tau_z", "sigma", "nu", "nu_y", "rho"),
)


def scale_names(structure: Structure) -> list[str]:
    """Return what the scale of every stratum is called; no two are called alike."""
    taken, found = set(RESERVED), []
    for stratum in structure.strata:
        name = {
            Role.BLOCK: "tau_block",
            Role.EFFECT: "tau_effect",
            Role.SLOPE: "tau_slope",
            Role.UNIT: "tau" if stratum.heavy else "tau_unit",
            Role.TERM: "tau",
        }.get(stratum.role)
        if name is None:
            name, number = f"tau_{stratum.name}", 2
            while name in taken:
                name, number = f"tau_{stratum.name}_{number}", number + 1
            taken.add(name)
        found.append(name)
    return found


@dataclass(frozen=True)
class Scale:
    """One scale of a family: what it is called, and the places that it has there.

    Attributes
    ----------
    of
        `drug`, `id | drug`; None where one serves all.
    places
        Positions in the family: those of effects, or of groups.
    """

    of: str | None
    places: tuple[int, ...]


#: Of two, each has a spread of its own unless it is stated otherwise.
PAIR = 2
ONE = (Scale(of=None, places=(0,)),)


def scales_in(structure: Structure, stratum: Stratum, tau: str | None) -> tuple[Scale, ...]:
    """Return the scales of a stratum: of effects or levels between blocks, of the term, or one."""
    if stratum.apart and (stratum.each or _apart(structure, tau)):
        banded = stratum.bands and not stratum.each
        term = stratum.name if stratum.role is Role.TERM else stratum.of if banded else ""
        return tuple(
            Scale(of=f"{term} | {home}" if term else home, places=stratum.places(home))
            for home in stratum.apart
        )
    of = stratum.of
    named = {Role.TERM: stratum.name, Role.EFFECT: of, Role.SLOPE: of}.get(stratum.role)
    return (Scale(of=named, places=(0,)),) if named else ONE


def scales_of_readings(
    structure: Structure, tau: str | None, sigma: str | None
) -> tuple[Scale, ...]:
    """Return the scales of the error of a reading: one, of every group, or of levels between."""
    groups = structure.groups
    if sigma == "own" and len(groups) > 1:
        return tuple(Scale(of=label, places=(g,)) for g, label in enumerate(groups))
    own = tau == "own" or (tau is None and len(set(structure.noise)) == PAIR)
    if structure.noise and own and sigma != "common":
        return tuple(
            Scale(of=home, places=tuple(g for g, own in enumerate(structure.noise) if own == home))
            for home in dict.fromkeys(structure.noise)
        )
    return ONE


def _apart(structure: Structure, tau: str | None) -> bool:
    """Whether groups, or what lies between blocks, have scales of their own."""
    return tau == "own" or (tau is None and structure.pair)
