"""Which groups there are, by one column or several, and which effect is asked of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.compared import Compared, stated_references
from nestimate.data.designs.crossing import Crossing
from nestimate.data.designs.groups import reference_first
from nestimate.data.designs.roles import Roles
from nestimate.data.designs.scales import SCALES
from nestimate.data.tables.door import Wanted, read_table
from nestimate.errors import DesignError, listed
from nestimate.remedies import Advice, Remedy
from nestimate.results.estimates import factorial
from nestimate.results.estimates.contrasts import Contrast, choose_contrasts
from nestimate.studies.screen.asked import Asked, Factors

Codes = NDArray[np.intp]

#: A screen is of measurements, or of their logarithms as they are: effects are differences.
MEASURE = SCALES["linear"].measure
SIGN = MEASURE.differences.sign
#: Rows come in any order, so that the first of labels is so by name.
BY_NAME = "it comes first by name"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Groups:
    """The groups that cells belong to.

    Attributes
    ----------
    labels
        The reference first.
    codes
        Group of every cell, shape (cells,).
    crossing
        The factors whose cells they are, where there are several.
    notes
        How references were chosen.
    """

    labels: tuple[str, ...]
    codes: Codes
    crossing: Crossing | None
    notes: tuple[str, ...]

    @classmethod
    def of(
        cls, factors: Mapping[str, tuple[str, ...]], levels: Codes, reference: str | None
    ) -> Self:
        """Read the groups.

        Parameters
        ----------
        factors
            Columns, and the labels of each in order.
        levels
            Number of the label of each factor in every cell, (factors, cells).
        reference
            As `compare` takes it.

        Raises
        ------
        DesignError
            When the reference is none of them, or the factors cannot be compared.
        """
        if len(factors) > 1:
            return cls._crossed(factors, levels, reference)
        ((name, labels),) = factors.items()
        if len(labels) < 2:
            raise DesignError(
                f"column '{name}' holds one group, '{labels[0]}': comparing needs at least two."
            )
        first, why = reference_first(list(labels), reference, otherwise=BY_NAME)
        place = np.array([first.index(label) for label in labels], dtype=np.intp)
        said = Advice(
            f"Reference group: {first[0]} ({why}; another: ", Remedy("reference", first[-1]), ")."
        )
        if len(first) == 2:
            said = Advice(
                f"{first[1]} is compared with {first[0]} ({why}; the other way round: ",
                Remedy("reference", first[1]),
                ").",
            )
        return cls(
            labels=tuple(first),
            codes=place[levels[0]],
            crossing=None,
            notes=(said,) if why else (),
        )

    @classmethod
    def _crossed(
        cls, factors: Mapping[str, tuple[str, ...]], levels: Codes, reference: str | None
    ) -> Self:
        """Read the cells of several factors by the door of `compare`, one row for each cell."""
        given = stated_references(reference, factors)
        notes: list[str] = []
        first = []
        for name, labels in factors.items():
            own, why = reference_first(list(labels), given.get(name), otherwise=BY_NAME)
            first.append(f"{name}={own[0]}")
            other = Remedy("reference", f"{name}={own[-1]}")
            notes += [
                Advice(f"Reference of {name}: {own[0]} ({why}; another: ", other, ").")
            ] * bool(why)
        value = next(name for name in ("value", "y", "y ") if name not in factors)
        table = {
            name: [labels[c] for c in own]
            for (name, labels), own in zip(factors.items(), levels, strict=True)
        }
        rows = read_table(
            {**table, value: np.arange(float(levels.shape[1])).tolist()},
            Wanted(value=value, group=",".join(factors)),
        )
        roles = Roles(value=value, group=",".join(factors), reference=",".join(first))
        found = Compared.of(rows, roles, np.ones(levels.shape[1], dtype=bool))
        crossing = found.crossing
        assert crossing is not None
        if crossing.missing:
            lost = listed(crossing.missing, most=6)
            notes.append(f"No value in {lost}: effects that need it cannot be asked for.")
        return cls(labels=found.labels, codes=found.codes, crossing=crossing, notes=tuple(notes))

    @property
    def factors(self) -> Factors | None:
        """The columns whose levels make the groups; None where one holds their labels."""
        crossing = self.crossing
        if crossing is None:
            return None
        first = zip(crossing.names, crossing.labels, strict=True)
        return Factors(
            names=crossing.names,
            levels=tuple(crossing.called),
            reference=",".join(f"{name}={labels[0]}" for name, labels in first),
        )

    def asked(self, name: str, contrast: str | None) -> Asked:
        """Return the effect that is asked for.

        Parameters
        ----------
        name
            The user's word for the groups.
        contrast
            In the words of `compare`; None: two groups have one.

        Raises
        ------
        DesignError
            When it is none of these groups, not one, or not named.
        """
        found = self._offered() if contrast is None else self._chosen(contrast)
        if len(found) == 1:
            return self._effect(found[0])
        last = found[-1].name
        raise DesignError(
            f"'{name}' has {len(self.labels)} groups ({listed(self.labels, most=6)}), and a screen "
            f"is of one effect. Name it: contrast='{last}' (--contrast '{last}'). There is: "
            f"{_names(found)}. Others are written as for `compare`, "
            f"{self._example()}."
        )

    def _example(self) -> str:
        if self.crossing is not None:
            return f"such as '{self._offered()[0].name}'"
        low, *others = self.labels
        return f"such as '({' + '.join(others[:2])}) / 2 - {low}'"

    def _offered(self) -> tuple[Contrast, ...]:
        """Return differences from the reference, or all effects of the factors."""
        if self.crossing is None:
            return choose_contrasts(self.labels, "reference", None, MEASURE)
        return factorial.choose(self.crossing, "reference", SIGN)[0]

    def _chosen(self, text: str) -> tuple[Contrast, ...]:
        try:
            if self.crossing is not None:
                return factorial.chosen(self.crossing, text, MEASURE.differences)
            return choose_contrasts(self.labels, text, None, MEASURE)
        except DesignError as error:
            raise DesignError(f"{error} There is: {_names(self._offered())}.") from None

    def _effect(self, contrast: Contrast) -> Asked:
        """Return a contrast as an effect; a difference of two groups as `compare` writes it."""
        weights = tuple(contrast.weights.tolist())
        if self.crossing is None and sorted(w for w in weights if w) == [-1.0, 1.0]:
            low, high = (self.labels[weights.index(w)] for w in (-1.0, 1.0))
            return replace(Asked.difference(low, high), weights=weights)
        sides = None if contrast.interaction else contrast.sides
        return Asked(name=contrast.name, weights=weights, sides=sides)


def _names(contrasts: Sequence[Contrast]) -> str:
    """Names of contrasts, the first of many."""
    more = f"; and {len(contrasts) - 12} more" if len(contrasts) > 12 else ""
    return "; ".join(c.name for c in contrasts[:12]) + more
