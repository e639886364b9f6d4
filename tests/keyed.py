"""Parameters by printed name, for tests that write them out: to families and back."""


def keyed(model, named):
    """Return theta as densities take it; names that the model has not are left out."""
    families = {p.name: p.family for p in model.parameters}
    return {families[name]: rows for name, rows in named.items() if name in families}


def named(model, theta):
    """Return theta by printed name; pooled scales, which no parameter is, as tau."""
    names = {p.family: p.name for p in model.parameters}
    return {names.get(family, "tau"): rows for family, rows in theta.items()}
