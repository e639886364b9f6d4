"""Which response the readings of a design have: a table to be added to."""

from collections.abc import Mapping

from nestimate.data.designs.censored import Censored
from nestimate.data.designs.counted import Counted
from nestimate.data.designs.design import Design
from nestimate.data.designs.proportions import Proportions
from nestimate.errors import DesignError
from nestimate.model.cut_off import CutOffDensity
from nestimate.model.responses.censored import CensoredReadings
from nestimate.model.responses.counts import CountReadings
from nestimate.model.responses.proportions import ShareReadings
from nestimate.model.responses.response import Response
from nestimate.model.responses.student import StudentReadings
from nestimate.model.unit_integral import UnitIntegral

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


def integrated(design: Design, response: Response, *, robust: bool) -> UnitIntegral | CutOffDensity:
    """Return the density of a design whose readings are not normal.

    Raises
    ------
    DesignError
        When the design is of a kind for which there is no integral yet.
    """
    structure = design.structure
    if structure.home is None or len(structure.strata) > 1:
        raise DesignError(
            f"response '{design.roles.response}' is answered where units lie in groups, with or "
            f"without repeated readings; this design is {design.layout}"
            f"{' with subunits' if design.subunits else ''}, and for such there is no exact answer "
            "yet. Until there is: analyse one value of each unit (a rate, a share) as a "
            "measurement."
        )
    if structure.merged and isinstance(design.observed, Censored):
        return CutOffDensity.from_design(design, robust=robust)
    return UnitIntegral.from_response(design, response, robust=robust)
