"""Which scales there are: of every stratum one, or one for each of what may scatter by itself."""

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
    *("mu", "beta", "tau", "tau_block", "tau_effect", "tau_unit", "tau_median", "tau_ratio"),
    *("tau_z", "sigma", "nu", "nu_y", "rho"),
)


def scale_names(structure: Structure) -> list[str]:
    """Return what the scale of every stratum is called; no two are called alike."""
    taken, found = set(RESERVED), []
    for stratum in structure.strata:
        name = {
            Role.BLOCK: "tau_block",
            Role.EFFECT: "tau_effect",
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


def scale_groups(structure: Structure, stratum: Stratum, tau: str | None) -> tuple[str | None, ...]:
    """Return the label of every scale of a stratum: of each effect, of the term, or of none."""
    if stratum.apart and (tau == "own" or (tau is None and structure.pair)):
        term = f"{stratum.name} | " if stratum.role is Role.TERM else ""
        return tuple(f"{term}{label}" for label in stratum.apart)
    named = {Role.TERM: stratum.name, Role.EFFECT: stratum.of}.get(stratum.role)
    return (named or None,)
