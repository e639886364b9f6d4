"""What is installed only where it is wanted: the extras, and what is said where one is missing."""

from importlib.util import find_spec

from nestimate.errors import DesignError


def require(what: str, extra: str, *modules: str) -> None:
    """Refuse what needs modules of an extra that is not installed, before any time is spent.

    Parameters
    ----------
    what
        What is asked for, as the user calls it.
    extra
        The name in `pip install 'nestimate[...]'`.
    modules
        What must be importable.

    Raises
    ------
    DesignError
        When one of them is missing.
    """
    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        are = "is" if len(missing) == 1 else "are"
        raise DesignError(
            f"{what} needs {' and '.join(missing)}, which {are} not installed: "
            f"pip install 'nestimate[{extra}]'."
        )
