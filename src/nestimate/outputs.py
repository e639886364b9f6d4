"""Files are written whole or not at all, and never over another one without a word."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

from nestimate.errors import DesignError
from nestimate.printing import check_browser, print_pdf

#: The name that stands for the standard output.
STANDARD_OUTPUT = "-"
#: Endings of a report.
REPORTS = (".html", ".htm", ".pdf", ".md")


def check_report(path: str | Path | None) -> None:
    """Refuse a report that cannot be written, before any time is spent on it.

    Raises
    ------
    DesignError
        When it is neither HTML, PDF nor Markdown, or a PDF that nothing here can print.
    """
    if path is None or (Path(path).exists() and not Path(path).is_file()):
        return  # none is wanted, or a pipe has no ending
    kind = Path(path).suffix.lower()
    if kind not in REPORTS:
        raise DesignError(
            f"the report {path} must end in .html or .pdf (with figures) or .md (text and tables)."
        )
    if kind == ".pdf":
        check_browser(path)


def write_report(path: str | Path, rendered: Callable[[str], str]) -> None:
    """Write a report, whole or not at all.

    Parameters
    ----------
    path
        Its file, which says what kind it is.
    rendered
        Returns the report as `.html` or `.md`.

    Raises
    ------
    DesignError
        When the name has another ending, or the file cannot be written.
    """
    check_report(path)
    kind = Path(path).suffix.lower()
    with whole(Path(path)) as part:
        if kind == ".pdf":
            print_pdf(rendered(".html"), part)
        else:
            part.write_text(rendered(kind), encoding="utf-8")


def check_outputs(
    outputs: Mapping[str, Path | None], data: Path | None, *, overwrite: bool
) -> None:
    """Find a file that cannot be written before any time is spent on what goes into it.

    Parameters
    ----------
    outputs
        The option as typed, and its path, if given.
    data
        The file that is read, which is never written.
    overwrite
        Whether files that exist may be replaced.

    Raises
    ------
    DesignError
        When a path is a folder, is the data, exists, or cannot be written.
    """
    taken: dict[Path, str] = {}
    for option, path in outputs.items():
        if path is None or (option == "--json" and str(path) == STANDARD_OUTPUT):
            continue
        if not path.parent.is_dir():
            raise DesignError(f"{option} {path}: the folder {path.parent} does not exist.")
        if path.is_dir():
            raise DesignError(f"{option} {path} is a folder: name a file.")
        if path.exists() and data is not None and data.exists() and path.samefile(data):
            raise DesignError(f"{option} {path} would overwrite the data.")
        real = path.resolve()
        if real in taken:
            raise DesignError(f"{taken[real]} and {option} name one file, {path}: name two.")
        taken[real] = option
        if path.is_file() and not overwrite:
            raise DesignError(
                f"{option} {path} exists already. Add --overwrite (overwrite=True in "
                "Python) to replace it, or name another file."
            )
        _check_writable(option, path)


def _check_writable(option: str, path: Path) -> None:
    refused = DesignError(f"{option} {path} cannot be written: permission denied.")
    if path.exists():
        if not os.access(path, os.W_OK):
            raise refused
        if not path.is_file():
            return
    part = _beside(path)
    try:
        part.touch()
    except PermissionError:
        raise refused from None
    except OSError as error:
        raise DesignError(
            f"{option} {path} cannot be written: {error.strerror or error}."
        ) from None
    finally:
        with suppress(OSError):
            part.unlink()


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a path beside the file to write to; it takes the file's place when all is written.

    If anything goes wrong, Ctrl-C included, the file stays as it was. What is no plain file (a
    pipe, /dev/stdout) is written to directly.
    """
    if path.exists() and not path.is_file():
        try:
            yield path
        except OSError as error:
            raise DesignError(f"{path} could not be written: {_reason(error)}.") from None
        return
    target = path.resolve()
    part = _beside(target)
    try:
        yield part
        part.replace(target)
    except OSError as error:
        raise DesignError(
            f"{path} could not be written: {_reason(error)}. What was there is as it was."
        ) from None
    finally:
        with suppress(OSError):
            part.unlink()


def _reason(error: OSError) -> str:
    """Return the system's word for what went wrong, without paths and addresses."""
    return os.strerror(error.errno) if error.errno else str(error)


def _beside(path: Path) -> Path:
    """Return a hidden name in the same folder that no other run uses; the ending is kept."""
    return path.with_name(f".{path.stem[:40]}.{token_hex(4)}.part{path.suffix}")
