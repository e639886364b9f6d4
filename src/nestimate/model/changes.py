"""The user's changes of priors: `tau = halfnormal(2)`, `nu = 30`."""

import re
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from nestimate.errors import DesignError, one_of
from nestimate.model.families import EXCESS
from nestimate.model.parameter import Parameter
from nestimate.model.priors import Fixed, Prior, parse_prior

#: A parameter as users name it: name, and group in brackets.
TARGET = re.compile(r"^\s*(\w+)\s*(?:\[(.*)\])?\s*$", re.DOTALL)


def with_changes(
    parameters: tuple[Parameter, ...], changes: Mapping[str, str | float]
) -> tuple[Parameter, ...]:
    """Return the parameters with the priors that the user changed, by `tau` or `tau[drug]`.

    Raises
    ------
    DesignError
        When there is no such parameter, or it cannot have such a prior.
    """
    found = list(parameters)
    for target, text in changes.items():
        match = TARGET.match(target)
        name, group = (match[1], match[2]) if match else (target, None)
        chosen = [
            i
            for i, p in enumerate(found)
            if p.name == name and (group is None or p.group == group.strip())
        ]
        if not chosen:
            labels = list(
                dict.fromkeys([p.name for p in parameters] + [p.label for p in parameters])
            )
            extra = " In a flat layout BEST's sigma is called tau." if name == "sigma" else ""
            raise DesignError(f"prior: {one_of('parameter', target.strip(), labels)}{extra}")
        prior = parse_prior(text)
        for i in chosen:
            found[i] = _changed(found[i], prior)
    return tuple(found)


def _changed(parameter: Parameter, prior: Prior) -> Parameter:
    smallest = prior.quantile(np.zeros(1), np.ones(1))[0]
    if parameter.family == EXCESS and isinstance(prior, Fixed) and smallest == 0:
        return replace(parameter, prior=prior)  # nothing but chance
    if parameter.kind in ("scale", "shape") and smallest < 0:
        raise DesignError(
            f"prior {parameter.label} = {prior}: {parameter.name} cannot be negative. "
            "Use halfnormal, halfstudentt, gamma, lognormal, uniform(low >= 0, high), or a number "
            "above zero."
        )
    if isinstance(prior, Fixed) and parameter.kind in ("scale", "shape") and smallest <= 0:
        raise DesignError(f"prior {parameter.label} = 0: {parameter.name} must be above zero.")
    least = None if parameter.lower is None else np.max(parameter.lower)
    if isinstance(prior, Fixed) and least is not None and smallest < least:
        raise DesignError(
            f"prior {parameter.label} = {smallest:g}: the data are recorded to steps so large that "
            f"no scale below {least:.3g} can be told from zero. Fix it at that or more."
        )
    lower = None if isinstance(prior, Fixed) else parameter.lower
    return replace(parameter, prior=prior, lower=lower)
