"""What population quantities are called: a mean or a centre, an SD or a scale.

A Student-t has a centre and a scale; with nu of 2 or less it has no SD at all, so that nothing of
such a level is called one, and shares of it are shares of squared scales.
"""

from nestimate.model.model import Model


def heavy_units(model: Model) -> bool:
    """Whether units (values of a flat layout, blocks, clusters) are Student-t."""
    return "nu" in model.names


def heavy_readings(model: Model) -> bool:
    """Whether readings inside units are Student-t."""
    return "nu_y" in model.names


def centre_name(label: str, model: Model) -> str:
    """Return what the middle of a group is called: `mean of drug`, `centre of drug`.

    Of a Student-t it is the centre, near which most of its units lie; of normal logarithms the
    geometric mean. One middle of everything is just that.
    """
    seen = model.design.observed
    if seen is not None and seen.centre:
        return f"{seen.centre} of {label}"
    what = "centre" if heavy_units(model) else model.design.measure.average
    return what if len(model.design.groups) == 1 and label == "mean" else f"{what} of {label}"


def spread_name(*, heavy: bool) -> str:
    """Return what a spread is called: the scale of a Student-t, the SD of a normal level."""
    return "scale" if heavy else "SD"


def share_name(model: Model) -> str:
    """Return of what a level has a share: of the variance, or of the squared scales."""
    heavy = heavy_units(model) or heavy_readings(model)
    return "squared scales" if heavy else "variance"
