"""The static files of the page, where they lie and what may be loaded from where."""

from importlib.resources import files
from importlib.resources.abc import Traversable

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".csv": "text/csv; charset=utf-8",
}

#: Everything from the page's own origin; pictures also from memory. Nothing else, to nowhere else.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
#: Of the page as files: its worker, which inherits this, and WebAssembly besides.
BROWSER_POLICY = (
    "default-src 'none'; script-src 'self' blob: 'wasm-unsafe-eval'; worker-src blob:; "
    "style-src 'self'; img-src 'self' blob:; connect-src 'self'; form-action 'none'; "
    "base-uri 'none'"
)


def shipped() -> dict[str, Traversable]:
    """Return every file of the page by its path in the address: `index.html`, `examples/a.csv`."""
    here = files("nestimate.apps.page")
    found = {file.name: file for file in here.joinpath("static").iterdir() if file.is_file()}
    tables = here.joinpath("examples").iterdir()
    return found | {f"examples/{file.name}": file for file in tables if file.is_file()}
