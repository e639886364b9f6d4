"""HTML to PDF, by the browser that is on this machine: nothing else sets pages as well."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

from nestimate.errors import DesignError

#: Browsers that print without a window: as they are called, and where they lie if not on the path.
CALLED = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"),
    *("microsoft-edge", "msedge", "brave-browser"),
)
INSTALLED = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
    "C:/Program Files/Microsoft/Edge/Application/msedge.exe",
)
#: Seconds after which a browser is given up.
PATIENCE = 120


def browser() -> str | None:
    """Return the first browser that can print; None where there is none."""
    return next(_browsers(), None)


def _browsers() -> Iterator[str]:
    yield from filter(None, map(which, CALLED))
    yield from (path for path in INSTALLED if Path(path).is_file())


def check_browser(path: str | Path) -> None:
    """Refuse a PDF where nothing can print it, and say how to come by one.

    Raises
    ------
    DesignError
        When there is no browser that prints.
    """
    if browser() is None:
        page = Path(path).with_suffix(".html")
        raise DesignError(
            f"the report {path} is printed by a browser (Chromium, Chrome or Edge), and none was "
            f"found. Write {page} instead, open it, and print it to a PDF: the first page is the "
            "answer, the rest follows opened."
        )


def print_pdf(page: str, path: Path) -> None:
    """Print a page of HTML that loads nothing from elsewhere.

    Parameters
    ----------
    page, path
        The whole page, and the file to write.

    Raises
    ------
    DesignError
        When the browser does not print it.
    """
    found = browser()
    if found is None:
        check_browser(path)
        return
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        source, printed = Path(folder) / "report.html", Path(folder) / "report.pdf"
        source.write_text(page, encoding="utf-8")
        words = [
            *(found, "--headless", "--disable-gpu", "--disable-background-networking"),
            *("--no-first-run", f"--user-data-dir={folder}/profile", "--no-pdf-header-footer"),
            # The sandbox refuses to run as root; the page is our own, without any script.
            *(["--no-sandbox"] if sys.platform == "linux" and os.geteuid() == 0 else []),
            *(f"--print-to-pdf={printed}", source.as_uri()),
        ]
        try:
            subprocess.run(words, check=True, capture_output=True, timeout=PATIENCE)
            path.write_bytes(printed.read_bytes())
        except (subprocess.SubprocessError, FileNotFoundError):
            raise DesignError(
                f"{Path(found).name} did not print the report. Write .html instead, open it, and "
                "print it to a PDF."
            ) from None
