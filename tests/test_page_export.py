"""The page as static files: what is written, what is refused, and the same page in a browser."""

import functools
import hashlib
import http.server
import json
import math
import os
import threading
import zipfile
from contextlib import contextmanager
from pathlib import Path

import pytest

import nestimate as ne
from nestimate.apps.page import engine
from nestimate.apps.page.export import FIRST, LATER, export
from nestimate.apps.page.files import BROWSER_POLICY
from nestimate.errors import DesignError
from page_server import CHROMIUM, QUIET

PAGE = Path(engine.__file__).parent / "examples"
#: An unpacked full distribution of Pyodide; it is no part of this repository.
PYODIDE = Path(os.environ.get("PYODIDE", "dist/pyodide"))

#: In place of Pyodide: it says yes to everything, and answers a question with its name.
LOADER = """
const text = (said) => {
  const data = new TextEncoder().encode(JSON.stringify(said));
  return { getBuffer: () => ({ data, release() {} }), destroy() {} };
};
const answers = {
  open: { data: "d", name: "t.csv", sheets: [] },
  look: { source: "t.csv", names: ["y"], columns: ["y"], rows: [["2", "1.5"]], n_rows: 1,
    doubts: [], steps: [], refused: null, designs: [], questions: [], notes: [], value: "y" },
};
export async function loadPyodide({ indexURL }) {
  await fetch(`${indexURL}pyodide.asm.wasm`);
  let outside = "sent";
  try { await fetch("OUTSIDE", { mode: "no-cors" }); }
  catch (error) { outside = `refused: ${error.name}`; }
  const handle = (name) => {
    const found = [ "application/json", "", text({ ...answers[name], notes: [outside] }) ];
    found.destroy = () => {};
    return found;
  };
  return {
    loadPackage: async () => {}, unpackArchive() {}, runPython: () => "site",
    globals: { set() {}, get: () => handle },
  };
}
"""


def runtime(folder, *, left_out=(), python="3.12.7", outside=""):
    """Make a folder that looks like a distribution of Pyodide and asks an address outside."""
    folder.mkdir(exist_ok=True)
    packages = {}
    inside = {"scipy": ["openblas"], "pyarrow": ["pandas"]}
    for name in (*FIRST, *LATER, "openblas", "pandas", "unused"):
        if name in ("jinja2", "formulae", "narwhals", "python-calamine"):
            continue
        content = name.encode() * 50
        packages[name] = {
            "file_name": f"{name}-1.whl",
            "sha256": hashlib.sha256(content).hexdigest(),
            "depends": inside.get(name, []),
        }
        if name not in left_out:
            (folder / f"{name}-1.whl").write_bytes(content)
    lock = {"info": {"python": python, "version": "0.27.7"}, "packages": packages}
    (folder / "pyodide-lock.json").write_text(json.dumps(lock))
    (folder / "pyodide.mjs").write_text(LOADER.replace("OUTSIDE", outside))
    for name in ("pyodide.asm.js", "pyodide.asm.wasm", "python_stdlib.zip"):
        (folder / name).write_bytes(b"x" * 100)
    return folder


def test_the_page_is_written_with_what_it_needs_and_no_more(tmp_path):
    said = export(tmp_path / "site", runtime(tmp_path / "pyodide"))
    assert "MB of files" in said
    site = tmp_path / "site"
    written = {str(path.relative_to(site)) for path in site.rglob("*") if path.is_file()}
    assert {"index.html", "app.js", "carrier.js", "worker.js", "examples/founding.csv"} <= written
    assert "pyodide/openblas-1.whl" in written
    assert "pyodide/unused-1.whl" not in written
    assert "Nestimate-Key" not in (site / "carrier.js").read_text()
    assert f'content="{BROWSER_POLICY}"' in (site / "index.html").read_text()
    assert "unsafe-eval'" not in BROWSER_POLICY.replace("'wasm-unsafe-eval'", "")
    about = json.loads((site / "about.json").read_text())
    assert about["hello"]["workbooks"] is False
    sizes = {path.name: path.stat().st_size for path in site.rglob("*") if path.is_file()}
    runs = [size for name, size in sizes.items() if name.endswith((".whl", ".zip"))]
    core = sum(sizes[name] for name in ("pyodide.mjs", "pyodide.asm.js", "pyodide.asm.wasm"))
    assert about["bytes"] == sum(runs) + core
    assert about["first_bytes"] == about["bytes"] - sizes["matplotlib-1.whl"]
    lock = json.loads((site / "pyodide" / "pyodide-lock.json").read_text())
    assert set(lock["packages"]) == {*about["first"], *about["later"]}
    with zipfile.ZipFile(site / "python.zip") as archive:
        inside = archive.namelist()
    assert "nestimate/apps/page/messages.py" in inside
    assert [name for name in inside if name.endswith("/report.html.j2")]
    assert {"narwhals/__init__.py", "jinja2/__init__.py", "markupsafe/_native.py"} <= {*inside}
    assert not [name for name in inside if name.endswith((".so", ".pyc", ".js"))]
    assert [name for name in inside if name.startswith("nestimate-") and "METADATA" in name]
    again = tmp_path / "again"
    export(again, tmp_path / "pyodide")
    assert (again / "python.zip").read_bytes() == (site / "python.zip").read_bytes()


def test_a_runtime_that_is_not_whole_is_refused_and_nothing_is_written(tmp_path):
    for folder, what in (
        (runtime(tmp_path / "a", left_out=("scipy", "numpy")), "full distribution"),
        (runtime(tmp_path / "b", python="3.11.3"), "3.12 or newer"),
        (tmp_path, "there is no pyodide.mjs"),
    ):
        with pytest.raises(DesignError, match=what):
            export(tmp_path / "site", folder)
    damaged = runtime(tmp_path / "c")
    (damaged / "scipy-1.whl").write_bytes(b"another")
    with pytest.raises(DesignError, match=r"scipy-1.whl is not the file whose hash"):
        export(tmp_path / "site", damaged)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "c"]


def test_a_folder_that_is_there_is_only_replaced_by_an_exported_page_when_asked(tmp_path):
    source = runtime(tmp_path / "pyodide")
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.docx").write_text("mine")
    with pytest.raises(DesignError, match="exists already"):
        export(mine, source)
    with pytest.raises(DesignError, match="something else"):
        export(mine, source, overwrite=True)
    assert (mine / "thesis.docx").read_text() == "mine"
    export(tmp_path / "site", source)
    (tmp_path / "site" / "old.js").write_text("old")
    export(tmp_path / "site", source, overwrite=True)
    assert not (tmp_path / "site" / "old.js").exists()


@contextmanager
def hosted(folder):
    """Show a folder as any web server would."""

    class Silent(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *said):
            pass

    handler = functools.partial(Silent, directory=folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def opened(address):
    """Open an exported page; an error in it or an address elsewhere fails the test."""
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        context = browser.new_context(accept_downloads=True)
        page = context.new_page()
        wrong, asked = [], []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        context.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        page.wait_for_selector(".example")
        yield page
        browser.close()
    assert not wrong
    assert all(url.startswith((address, f"blob:{address}")) for url in asked)


in_chromium = [
    pytest.mark.slow,
    pytest.mark.page,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def marked(test):
    return functools.reduce(lambda made, mark: mark(made), in_chromium, test)


@marked
def test_the_worker_may_reach_the_page_alone(tmp_path):
    (tmp_path / "other").mkdir()
    with hosted(tmp_path / "other") as outside:
        export(tmp_path / "site", runtime(tmp_path / "pyodide", outside=outside))
        with hosted(tmp_path / "site") as address, opened(address) as page:
            assert "Workbooks cannot be read here" in page.inner_text("#drop")
            assert "1 MB, once" in page.inner_text(".hero .help")
            page.set_input_files("#file", {"name": "t.csv", "mimeType": "", "buffer": b"y\n1.5\n"})
            page.wait_for_selector(".sheet td:has-text('1.5')")
            assert "refused: TypeError" in page.inner_text("#data")


@marked
@pytest.mark.skipif(not PYODIDE.is_dir(), reason="Pyodide is not there: unpack it, set PYODIDE")
def test_the_same_page_in_the_browser_gives_the_same_answer(tmp_path):
    export(tmp_path / "site", PYODIDE)
    with hosted(tmp_path / "site") as address, opened(address) as page:
        page.set_default_timeout(300_000)
        page.click(".example >> nth=0")
        page.wait_for_selector("#estimate")
        page.click("#estimate")
        page.wait_for_selector("#take-title")
        page.wait_for_selector("#trust-title")
        page.wait_for_selector("#answer .paper img")
        taken = {}
        for name in ("json", "report", "svg"):
            with page.expect_download() as waited:
                page.click(f"#get-{name}")
            taken[name] = Path(waited.value.path()).read_bytes()
    mine = json.loads(taken["json"])
    assert taken["report"].count(b"data:image") >= 5
    assert b"<text" in taken["svg"]
    theirs = ne.compare(PAGE / "founding.csv", value="value", group="group", unit="unit")
    told = json.loads(json.dumps(theirs.to_dict()))["contrasts"][0]
    found = mine["contrasts"][0]
    # Rounding differs between processors and seeds amplify it: within four Monte Carlo errors.
    for name in ("mean", "ci_low", "ci_high"):
        error = math.hypot(told[f"mcse_{name}"], found[f"mcse_{name}"])
        assert math.isclose(found[name], told[name], abs_tol=4 * error), name
