"""The reference level of every factor of a formula: as the user states it, and as it is offered."""

from collections.abc import Iterator, Mapping, Sequence

from nestimate.data.tables.cells import read_label
from nestimate.errors import DesignError, one_of
from nestimate.remedies import Advice, Remedy

Factors = Mapping[str, Sequence[str]]


def chosen_references(
    given: str | Mapping[str, str] | None, factors: Factors, compared: str | None
) -> dict[str, str]:
    """Return the reference that was stated for each factor.

    Parameters
    ----------
    given
        A level of the factor that is compared, or `time=t1,arm=control`, or the same as a mapping.
    factors
        The levels of every factor.
    compared
        The factor that a bare level belongs to.

    Raises
    ------
    DesignError
        When there is no such factor or level.
    """
    if given is None:
        return {}
    if not factors:
        raise DesignError("reference: the formula has no factor that could have a reference.")
    if isinstance(given, Mapping):
        return {str(name): _level(str(name), str(label), factors) for name, label in given.items()}
    own = factors.get(compared, ()) if compared is not None else ()
    if given in own or read_label(given) in own:
        return {str(compared): _level(str(compared), given, factors)}
    spelt = next(_spelt(given, factors), None)
    if spelt is not None:
        return spelt
    if "=" not in given:
        raise DesignError(f"reference: {one_of(f'level of {compared}', given, own)}")
    found = {}
    for part in given.split(","):
        name, _, label = (piece.strip() for piece in part.partition("="))
        found[name] = _level(name, label, factors)
    return found


def as_typed(given: str | Mapping[str, str] | None) -> str | None:
    """Return references as they are typed: `time=t1,arm=control`."""
    if isinstance(given, Mapping):
        return ",".join(f"{name}={label}" for name, label in given.items())
    return given


def said_reference(name: str, levels: Sequence[str], why: str, *, alone: bool) -> str:
    """Say what the reference of a factor is, why, and how another is chosen where there is one.

    Parameters
    ----------
    name, levels
        The factor and its levels, the reference first.
    why
        How it was chosen; empty where it was stated.
    alone
        Whether its level can be given without its name.
    """
    said = f"Reference of {name}: {levels[0]} ({why or 'as stated'}"
    if not why or len(levels) < 2:
        return f"{said})."
    other = Remedy("reference", levels[1] if alone else f"{name}={levels[1]}")
    return Advice(f"{said}; another: ", other, ").")


def _level(name: str, label: str, factors: Factors) -> str:
    if name not in factors:
        raise DesignError(f"reference '{name}={label}': {one_of('factor', name, list(factors))}")
    label = label if label in factors[name] else read_label(label) or label
    if label not in factors[name]:
        raise DesignError(
            f"reference '{name}={label}': {one_of(f'level of {name}', label, factors[name])}"
        )
    return label


def _spelt(text: str, factors: Factors) -> Iterator[dict[str, str]]:
    """Read `time=t1,arm=control`, also where names or levels hold commas and equals signs."""
    for name in factors:
        for label in factors[name]:
            start = f"{name}={label}"
            if text == start:
                yield {name: label}
            elif text.startswith(f"{start},"):
                rest = {other: levels for other, levels in factors.items() if other != name}
                for more in _spelt(text[len(start) + 1 :].lstrip(), rest):
                    yield {name: label, **more}
