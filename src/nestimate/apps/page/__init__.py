"""The page: all of nestimate without a terminal, served on this machine or as static files."""

from importlib import import_module
from pathlib import Path

from nestimate.extras import require

__all__ = ["export_page", "serve_page"]


def serve_page(port: int = 0, *, browser: bool = True) -> None:
    """Serve the page until Ctrl-C; see `serve.serve`.

    Raises
    ------
    DesignError
        When the extra `page` is not installed.
    """
    require("the page", "page", "starlette", "uvicorn")
    # The other commands need no server.
    import_module("nestimate.apps.page.serve").serve(port, browser=browser)


def export_page(target: Path, pyodide: Path, *, overwrite: bool = False) -> str:
    """Write the page as static files; see `export.export`."""
    written: str = import_module("nestimate.apps.page.export").export(
        target, pyodide, overwrite=overwrite
    )
    return written
