"""The page: all of nestimate without a terminal, served on this machine."""

from importlib import import_module
from importlib.util import find_spec

from nestimate.errors import DesignError

__all__ = ["serve"]


def serve(port: int = 0, *, browser: bool = True) -> None:
    """Serve the page until Ctrl-C; see `serve.serve`.

    Raises
    ------
    DesignError
        When the extra `page` is not installed.
    """
    missing = [name for name in ("starlette", "uvicorn") if find_spec(name) is None]
    if missing:
        raise DesignError(
            f"the page needs {' and '.join(missing)}: pip install 'nestimate[page]', then "
            "nestimate page."
        )
    # The other commands need no server.
    import_module("nestimate.apps.page.serve").serve(port, browser=browser)
