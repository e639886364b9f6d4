"""What a reported number is of: its kind, of what, in what. Names are printed from it, once."""

from dataclasses import dataclass
from enum import Enum

from nestimate.data.structure import Role, Structure
from nestimate.model.families import Family, What

#: What is called far out, in units of the scale.
FAR = 3


class Kind(Enum):
    """Kinds of reported numbers."""

    DIFFERENCE = "difference"
    EFFECT_SIZE = "effect_size"
    TOTAL_SIZE = "d_total"
    MEAN = "mean"
    COEFFICIENT = "coefficient"
    PARAMETER = "parameter"
    ICC = "icc"
    UNIT = "unit"
    SLOPE = "slope"
    SHARE = "share"
    #: Probabilities: of the largest mean, in the next block, of the block with the largest effect,
    #: of two blocks that differ, of units and readings that lie far out.
    LARGEST = "largest mean"
    NEXT = "next block"
    LARGEST_IN = "largest in a block"
    BLOCKS_DIFFER = "blocks differ"
    FAR_UNIT = "far unit"
    FAR_READING = "far reading"


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What a number is of.

    Attributes
    ----------
    kind
        What sort of number it is.
    of
        The contrast, group, coefficient, parameter, unit or value; empty where there is but one.
    in_
        Where: the block (or two of them), the group, the unit with its label.
    family
        Of a parameter, what it is.
    than
        Of a probability, what is exceeded: `0`, or `1` of ratios.
    """

    kind: Kind
    of: str = ""
    in_: tuple[str, ...] = ()
    family: Family | None = None
    than: str = ""

    @property
    def name(self) -> str:
        """The name as printed: `drug - placebo`, `tau[drug]`, `drug - placebo | line 1`."""
        of, where = self.of, " and ".join(self.in_)
        match self.kind:
            case Kind.EFFECT_SIZE | Kind.TOTAL_SIZE:
                return f"{self.kind.value}[{of}]"
            case Kind.COEFFICIENT:
                return f"beta[{of}]"
            case Kind.ICC:
                return f"icc[{of}]" if of else "icc"
            case Kind.LARGEST:
                return f"P({of} has the largest mean)"
            case Kind.NEXT:
                return f"P({of} > {self.than} in the next {where})"
            case Kind.LARGEST_IN:
                return f"P({of} is largest in {where})"
            case Kind.BLOCKS_DIFFER:
                return f"P({of} differs between {where} by more than the ROPE)"
            case Kind.FAR_UNIT:
                return f"P({of} lies more than {FAR} tau from the mean of {where})"
            case Kind.FAR_READING:
                unit, label = self.in_
                return f"P({of} lies more than {FAR} sigma from its {unit}, {label})"
        return f"{of} | {where}" if where else of


#: Kinds of numbers, of parameters, or the role of a scale's stratum and whether it is heavy.
Sort = Kind | What | tuple[Role, bool]


def sort_of(subject: Subject, structure: Structure) -> Sort:
    """Return what sort of number it is, as far as words depend on it."""
    if subject.family is None:
        return subject.kind
    if subject.family.what is not What.SCALE or subject.family.stratum is None:
        return subject.family.what
    stratum = structure.strata[subject.family.stratum]
    return stratum.role, stratum.heavy
