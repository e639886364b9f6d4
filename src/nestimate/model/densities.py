"""Which density a design has: special where that is exact or measured to pay, general otherwise."""

from nestimate.data.designs.design import Design
from nestimate.model.cells import CellDensity
from nestimate.model.crossed import CrossedDensity, left_to_twin
from nestimate.model.grouped import GroupedDensity
from nestimate.model.independent import RegressionDensity
from nestimate.model.latent import LatentDensity
from nestimate.model.paired import PairedDensity
from nestimate.model.responses.table import Integrated
from nestimate.model.units import UnitDensity

#: Densities of normal readings, of many groups of them in blocks too, and those of others.
Laid = UnitDensity | GroupedDensity | PairedDensity | RegressionDensity | CrossedDensity
Measured = Laid | CellDensity
Density = Measured | Integrated


def density_of(design: Design, *, robust: bool) -> Measured | LatentDensity:
    """Choose the density of measurements."""
    structure = design.structure
    kind: type[Laid | LatentDensity] = GroupedDensity
    if structure.crossed:
        kind = LatentDensity if left_to_twin(design, robust=robust) else CrossedDensity
    elif design.unreplicated:
        kind = PairedDensity
    elif structure.merged and structure.home is None:
        kind = RegressionDensity
    elif structure.alone_in_groups:
        kind = UnitDensity
    elif cells := CellDensity.of(design, robust=robust):
        return cells
    return kind.from_design(design, robust=robust)
