"""Clusters whose cells have equal columns of effects: what they share is worked out once."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.structure import Structure
from nestimate.model.grouped import inner_columns

Array = NDArray[np.float64]
Codes = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Kind:
    """Clusters whose cells have equal columns of effects.

    Attributes
    ----------
    members, cells
        Their positions among all clusters, (members,), and their cells, (members, k).
    x
        Columns of the fixed part, (members, k, coefficients).
    z, w
        Columns of the cluster's own effects, (k, q), and of those inside it, (k, p).
    w_kind
        Position of each column of w among the effects inside, (p,).
    told
        Positions of the deviates that its cells tell of, (t,): of other groups there are none.
    """

    members: Codes
    cells: Codes
    x: Array
    z: Array
    w: Array
    w_kind: Codes
    told: Codes

    @property
    def flat(self) -> Codes:
        """Its cells one after another, (members * k,)."""
        return self.cells.reshape(-1)

    def among(self, places: Codes) -> Self:
        """Return those of its clusters that stand at these places."""
        return replace(
            self, members=self.members[places], cells=self.cells[places], x=self.x[places]
        )

    @cached_property
    def alike(self) -> tuple[tuple[Array, Codes], ...]:
        """Different columns of the fixed part, (k, coefficients), and the members that have them.

        Members by their places in this kind.
        """
        found: dict[bytes, list[int]] = {}
        for i, own in enumerate(self.x):
            found.setdefault(own.tobytes(), []).append(i)
        return tuple((self.x[own[0]], np.array(own)) for own in found.values())


def kinds_of(structure: Structure, first: Codes) -> tuple[Kind, ...]:
    """Collect clusters whose cells have equal columns of effects."""
    fixed, outer = structure.fixed[first], structure.outer.codes[first]
    own = np.reshape([effect.column[first] for effect in structure.effects], (-1, first.size)).T
    made_of = np.eye(own.shape[1], dtype=bool)
    for one in structure.correlations:
        made_of[one[:, None], one] = True
    found: dict[tuple[bytes, ...], list[tuple[int, Codes, Array, Array, Codes]]] = {}
    for member in range(int(outer.max()) + 1):
        cells = np.flatnonzero(outer == member)
        if own.size:
            cells = cells[np.lexsort(own[cells].T)]
        z = own[cells]
        w, w_kind = inner_columns(structure, first[cells])
        key = (bytes(cells.size), *(part.tobytes() for part in (z, w, w_kind)))
        found.setdefault(key, []).append((member, cells, z, w, w_kind))
    return tuple(
        Kind(
            members=np.array([one[0] for one in alike]),
            cells=np.stack([one[1] for one in alike]),
            x=np.stack([fixed[one[1]] for one in alike]),
            z=alike[0][2],
            w=alike[0][3],
            w_kind=alike[0][4],
            told=np.flatnonzero(made_of[alike[0][2].any(axis=0)].any(axis=0)),
        )
        for alike in found.values()
    )
