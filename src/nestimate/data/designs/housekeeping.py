"""Names of what others are set in relation to: housekeeping genes, loading controls, stains."""

import re

#: Kinds that others are set in relation to: housekeeping genes, loading controls, stains of all.
REFERENCE_KINDS = frozenset(
    {"gapdh", "actb", "bactin", "βactin", "betaactin", "actin", "18s", "18srrna", "28s", "hprt"}
    | {"hprt1", "tbp", "b2m", "rplp0", "ppia", "ywhaz", "pgk1", "gusb", "rpl13a", "ubc"}
    | {"tubulin", "vinculin", "dapi", "hoechst", "ponceau", "ref", "reference", "housekeeping"}
    | {"hk", "hkg", "loading", "loadingcontrol", "totalprotein"}
)

#: How such a kind was read, beside what it is.
_READINGS = frozenset(
    {"ct", "cq", "cp", "mean", "raw", "intensity", "signal", "band", "density", "volume", "area"}
    | {"gene"}
)


def is_reference(name: str) -> bool:
    """Return whether others are usually set in relation to what has this name: `Ct GAPDH`."""
    said = re.split(r"[\W_]+", name.casefold())
    return "".join(word for word in said if word not in _READINGS) in REFERENCE_KINDS
