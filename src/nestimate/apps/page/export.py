"""The page as static files: the same page, with Python in the browser in place of a server."""

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from secrets import token_hex
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from nestimate.apps.page.files import BROWSER_POLICY, shipped
from nestimate.apps.page.messages import Desk
from nestimate.errors import DesignError

#: What the first look at a table needs, and what is fetched while the user reads.
FIRST = ("numpy", "scipy", "pyarrow", "threadpoolctl", "narwhals", "python-calamine")
LATER = ("matplotlib", "jinja2", "formulae")
#: Workbooks cannot be read without it; everything else works.
_OPTIONAL = frozenset({"python-calamine"})
#: Python alone, so that those of this environment do where the distribution has none.
_PURE = ("narwhals", "jinja2", "markupsafe", "formulae")
_CORE = ("pyodide.mjs", "pyodide.asm.js", "pyodide.asm.wasm", "python_stdlib.zip")
_LOCK = "pyodide-lock.json"
_OLDEST = (3, 12)
#: A file of an archive is dated so that the same files make the same archive.
_DATED = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """A distribution of Pyodide in a folder: the interpreter, packages, and their hashes.

    Attributes
    ----------
    folder, lock
        Where it lies, and what it says it holds.
    """

    folder: Path
    lock: Mapping[str, Any]

    @classmethod
    def of(cls, folder: Path) -> "Runtime":
        """Look into a folder.

        Raises
        ------
        DesignError
            When it holds no Pyodide, or one whose Python is too old.
        """
        missing = [name for name in (*_CORE, _LOCK) if not (folder / name).is_file()]
        if missing:
            raise DesignError(
                f"--pyodide {folder}: there is no {' and no '.join(missing)} in it. It is to be "
                "the unpacked full distribution of Pyodide (pyodide-VERSION.tar.bz2 of its "
                "releases); the one of npm has no packages."
            )
        lock = json.loads((folder / _LOCK).read_text(encoding="utf-8"))
        python = str(lock["info"]["python"])
        if tuple(map(int, python.split(".")[:2])) < _OLDEST:
            raise DesignError(
                f"--pyodide {folder}: its Python is {python}, and nestimate needs 3.12 or newer: "
                "Pyodide 0.27 or newer."
            )
        return cls(folder=folder, lock=lock)

    def has(self, name: str) -> bool:
        """Whether a package can be taken from here."""
        known = self.lock["packages"].get(name)
        return known is not None and (self.folder / known["file_name"]).is_file()

    def with_needs(self, names: tuple[str, ...]) -> list[str]:
        """Return packages that are to come from here, and what they need, each once."""
        found: dict[str, None] = {}
        waiting = [name for name in names if self.has(name) or name not in (*_PURE, *_OPTIONAL)]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found[name] = None
                waiting += self.lock["packages"].get(name, {"depends": ()})["depends"]
        return list(found)

    def checked(self, name: str) -> bytes:
        """Return the file of a package.

        Raises
        ------
        DesignError
            When it is not there, or is not the one that the lock names.
        """
        if not self.has(name):
            raise DesignError(
                f"--pyodide {self.folder} has no {name}, which nestimate needs. Take the full "
                f"distribution of Pyodide {self.lock['info']['version']}."
            )
        known = self.lock["packages"][name]
        path = self.folder / known["file_name"]
        content: bytes = path.read_bytes()
        if sha256(content).hexdigest() != known["sha256"]:
            raise DesignError(
                f"{path} is not the file whose hash stands in {_LOCK}: it is damaged, or of "
                "another version. Fetch the distribution again."
            )
        return content


def export(target: Path, pyodide: Path, *, overwrite: bool = False) -> str:
    """Write the page as static files and return what was written, in words.

    Parameters
    ----------
    target
        Folder to make; any server of files can show it.
    pyodide
        An unpacked full distribution of Pyodide. Its packages are checked by the hashes of its
        lock.
    overwrite
        Whether a folder that is there may be replaced.

    Raises
    ------
    DesignError
        When the folder exists or cannot be written, or Pyodide is not whole.
    """
    if target.exists() and not overwrite:
        raise DesignError(f"--export {target} exists already. Add --overwrite to replace it.")
    if target.exists() and any(target.iterdir()) and not (target / "about.json").is_file():
        raise DesignError(
            f"--export {target} holds something else than an exported page: name another folder."
        )
    part = target.with_name(f".{target.name}.{token_hex(4)}.part")
    try:
        part.mkdir()
        for name, content in _contents(Runtime.of(pyodide)):
            path = part / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        if target.exists():
            shutil.rmtree(target)
        part.replace(target)
    except OSError as error:
        raise DesignError(f"--export {target}: {error.strerror or error}.") from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    size = sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
    return (
        f"The page is in {target}: {size / 1e6:.0f} MB of files for any web server. To try it: "
        f"python -m http.server --directory {target}"
    )


def _contents(runtime: Runtime) -> Iterator[tuple[str, bytes]]:
    """Yield the path and the bytes of every file."""
    first = runtime.with_needs(FIRST)
    later = [name for name in runtime.with_needs(LATER) if name not in first]
    sizes = {}
    for name in (*first, *later):
        content = runtime.checked(name)
        sizes[name] = len(content)
        yield f"pyodide/{runtime.lock['packages'][name]['file_name']}", content
    for name in _CORE:
        content = (runtime.folder / name).read_bytes()
        sizes[name] = len(content)
        yield f"pyodide/{name}", content
    lock = {**runtime.lock, "packages": {n: runtime.lock["packages"][n] for n in (*first, *later)}}
    yield f"pyodide/{_LOCK}", json.dumps(lock).encode()
    known = {*first, *later}
    bundle = _bundle([name for name in _PURE if name not in known])
    yield "python.zip", bundle
    hello = json.loads(Desk().handle("hello", b"").body)
    about = {
        "hello": hello | {"workbooks": "python-calamine" in known},
        "first": first,
        "later": later,
        "bytes": len(bundle) + sum(sizes.values()),
        "first_bytes": len(bundle) + sum(sizes[name] for name in (*_CORE, *first)),
    }
    yield "about.json", json.dumps(about).encode()
    for name, file in shipped().items():
        content = file.read_bytes()
        yield name, _with_policy(content) if name == "index.html" else content
    for file in files("nestimate.apps.page").joinpath("browser").iterdir():
        yield file.name, file.read_bytes()


def _with_policy(index: bytes) -> bytes:
    """Return the page with the rule of what it may load: a server of files sends none."""
    mark = b'<meta charset="utf-8">\n'
    rule = f'<meta http-equiv="Content-Security-Policy" content="{BROWSER_POLICY}">\n'
    if mark not in index:
        raise DesignError("index.html has no place for its policy.")
    return index.replace(mark, mark + rule.encode(), 1)


def _bundle(names: list[str]) -> bytes:
    """Return nestimate, and packages of this environment that are Python alone, as an archive."""
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for path, content in sorted(_sources(names)):
            archive.writestr(ZipInfo(path, _DATED), content, ZIP_DEFLATED)
    return file.getvalue()


def _sources(names: list[str]) -> Iterator[tuple[str, bytes]]:
    own = files("nestimate")
    with_files = Path(str(own))
    for path in with_files.rglob("*"):
        inside = path.relative_to(with_files)
        page = inside.parts[:2] == ("apps", "page") and len(inside.parts) > 3
        if path.is_file() and "__pycache__" not in inside.parts and not page:
            yield f"nestimate/{inside.as_posix()}", path.read_bytes()
    yield from _metadata(distribution("nestimate"))
    for name in names:
        try:
            found = distribution(name)
        except PackageNotFoundError:
            raise DesignError(
                f"--export: neither Pyodide's folder nor this Python has {name}: pip install {name}"
            ) from None
        for file in found.files or ():
            if file.suffix == ".py" and ".." not in file.parts:
                yield file.as_posix(), Path(str(file.locate())).read_bytes()
        yield from _metadata(found)


def _metadata(found: Distribution) -> Iterator[tuple[str, bytes]]:
    """Yield what `importlib.metadata` reads the version from."""
    name = found.name.replace("-", "_")
    text = f"Metadata-Version: 2.1\nName: {found.name}\nVersion: {found.version}\n"
    yield f"{name}-{found.version}.dist-info/METADATA", text.encode()
