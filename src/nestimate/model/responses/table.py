"""Which response the readings of a design have: a table to be added to."""

from collections.abc import Mapping

from nestimate.data.designs.censored import Censored
from nestimate.data.designs.counted import Counted
from nestimate.data.designs.design import Design
from nestimate.data.designs.proportions import Proportions
from nestimate.model.cluster_integral import ClusterIntegral
from nestimate.model.cut_off import CutOffDensity
from nestimate.model.latent import LatentDensity
from nestimate.model.responses.censored import CensoredReadings
from nestimate.model.responses.counts import CountReadings
from nestimate.model.responses.proportions import ShareReadings
from nestimate.model.responses.response import Response
from nestimate.model.responses.student import StudentReadings
from nestimate.model.unit_integral import UnitIntegral

#: Densities of readings that are not normal.
Integrated = UnitIntegral | CutOffDensity | ClusterIntegral | LatentDensity
#: By what stands in the rows.
RESPONSES: Mapping[type, type[Response]] = {
    Counted: CountReadings,
    Proportions: ShareReadings,
    Censored: CensoredReadings,
}


def response_of(design: Design, *, student: bool) -> Response | None:
    """Return what the readings of a design are; None where they are normal.

    Parameters
    ----------
    student
        Whether readings are Student-t.
    """
    if design.observed is None:
        return StudentReadings.from_design(design) if student else None
    return RESPONSES[type(design.observed)].from_design(design)


def integrated(design: Design, response: Response, *, robust: bool) -> Integrated:
    """Return the density of a design whose readings are not normal.

    What no integral holds, factors that cross and clusters that are Student-t, is left to the PyMC
    twin.
    """
    structure = design.structure
    if structure.alone_in_groups:
        if structure.merged and isinstance(design.observed, Censored):
            return CutOffDensity.from_design(design, robust=robust)
        return UnitIntegral.from_response(design, response, robust=robust)
    if structure.crossed or robust:
        return LatentDensity.from_design(design, robust=robust)
    return ClusterIntegral.from_design(design, type(response))
