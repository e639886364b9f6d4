"""The page in a browser, as a user has it: every check that issue 11 is held to.

The first two run by `make test`, all of them by `make test-all`, where Chromium is installed.
"""

import csv
import io
import json
import os
import re
import time
from pathlib import Path

import openpyxl
import pytest

import nestimate as ne
from nestimate.apps.page import engine
from nestimate.apps.page.messages import MOST_BYTES
from page_server import CHROMIUM, QUIET, cpu_seconds, descendants, serving

sync_api = pytest.importorskip("playwright.sync_api")
pytestmark = [
    pytest.mark.page,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
    # Playwright's own event loop leaves sockets to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
PAGE = Path(engine.__file__).parent / "examples"
#: axe-core is fetched by the test job (npm pack axe-core); it is no part of this repository.
AXE = Path(os.environ.get("AXE", "dist/axe/package/axe.min.js"))
SECRET = "zebrafish-4711"
#: Milliseconds that a busy machine may take for one step.
PATIENCE = 240_000


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("home")) as page:
        yield page


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield found
        found.close()


@pytest.fixture
def context(browser):
    made = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    made.set_default_timeout(PATIENCE)
    made.grant_permissions(["clipboard-read", "clipboard-write"])
    yield made
    made.close()


@pytest.fixture
def page(context, served):
    """Return the page, open; every error in it fails the test, and so does another address."""
    found = context.new_page()
    wrong, asked = [], []
    found.on("pageerror", lambda error: wrong.append(str(error)))
    found.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    context.on("request", lambda request: asked.append(request.url))
    found.asked = asked
    found.goto(served.address)
    quiet(found)
    yield found
    assert not wrong
    assert all(url.startswith((served.origin, f"blob:{served.origin}")) for url in asked)


def quiet(page):
    page.wait_for_selector(".example, .sheet, .notice", timeout=PATIENCE)
    page.wait_for_selector("#busy", state="hidden", timeout=PATIENCE)


def paste(page, text):
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    page.click("h1")
    page.keyboard.press("Control+V")
    page.wait_for_selector(".sheet, .notice.bad")
    quiet(page)


def give(page, name, content):
    page.set_input_files("#file", {"name": name, "mimeType": "text/plain", "buffer": content})


def estimate(page):
    page.click("#estimate")
    page.wait_for_selector("#trust-title", timeout=PATIENCE)
    quiet(page)


def downloaded(page, selector):
    with page.expect_download() as waited:
        page.click(selector)
    return Path(waited.value.path()).read_bytes()


def tabs(name):
    return (PAGE / name).read_text().replace(",", "\t")


def test_from_pasted_cells_to_a_report_with_the_numbers_of_the_command(page, tmp_path):
    paste(page, tabs("founding.csv"))
    assert "25" not in page.inner_text("#data .lead")
    assert page.inner_text("#data .lead") == "50 rows, 3 columns"
    estimate(page)
    mine = json.loads(downloaded(page, "#get-json"))
    (tmp_path / "pasted.txt").write_text(tabs("founding.csv"))
    theirs = ne.compare(
        tmp_path / "pasted.txt", value="value", group="group", unit="unit"
    ).to_dict()
    theirs = json.loads(json.dumps(theirs))
    for found in (mine, theirs):
        found["provenance"].pop("seconds")
    assert mine == theirs
    assert page.inner_text(".finding").replace("−", "-") == theirs["sentences"][0]
    rows = page.locator("#answer table tbody tr")
    assert rows.count() == 5
    assert page.locator("#answer .paper img").get_attribute("alt").startswith("Estimation. ")


@pytest.mark.slow
def test_an_excluded_unit_changes_the_answer_and_undo_brings_it_back_exactly(page):
    give(page, "mice.csv", (PAGE / "mice.csv").read_bytes())
    page.wait_for_selector(".sheet")
    estimate(page)
    before = page.inner_text("#answer .pair")
    page.locator("td", has_text="m10").first.click()
    page.fill("#cell-why", "did not respond")
    page.click("#out-label")
    page.wait_for_selector("#trust-title")
    page.wait_for_selector(".changes")
    quiet(page)
    left_out = page.inner_text("#answer .pair")
    assert left_out != before
    assert "mouse m10: 5 rows were left out: did not respond." in page.inner_text(".changes")
    assert "without mouse = m10 # did not respond" in page.inner_text("#take")
    report = downloaded(page, "#get-report").decode()
    assert "mouse m10: 5 rows were left out: did not respond." in report
    page.click("#undo")
    quiet(page)
    page.wait_for_selector("#take-title")
    assert page.inner_text("#answer .pair") == before
    page.click("#redo")
    quiet(page)
    assert page.inner_text("#answer .pair") == left_out
    # By keyboard, a cell changed and changed back.
    page.locator("td", has_text="9.5").first.focus()
    page.keyboard.press("Enter")
    page.keyboard.type("95")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog", state="detached")
    quiet(page)
    assert page.evaluate("document.activeElement.textContent") == "95"
    assert page.inner_text("#answer .pair") != left_out
    page.locator("td", has_text="m01").first.focus()
    page.keyboard.press("Control+z")
    quiet(page)
    assert page.inner_text("#answer .pair") == left_out


@pytest.mark.slow
def test_markup_in_a_table_is_text(page):
    evil = "<img src=x onerror=alert(1)>"
    page.on("dialog", lambda _: pytest.fail("a script ran"))
    lines = [f"{evil}\tg\ty"] + [f"u{i}{evil}\t{'a' if i < 4 else evil}\t{i}.5" for i in range(8)]
    paste(page, "\n".join(lines))
    assert evil in page.inner_text(".sheet")
    estimate(page)
    assert evil in page.inner_text(".finding")
    assert page.locator("img[src=x]").count() == 0
    assert not [url for url in page.asked if url.endswith("/x")]


def test_wrong_keys_hosts_origins_and_paths_are_refused(served):
    body = b"{}\n"
    assert served.request("POST", "/ask/hello", body)[0] == 200
    assert served.request("POST", "/ask/hello", body, X_Nestimate_Key="wrong")[0] == 403
    assert served.request("POST", "/ask/hello", body, X_Nestimate_Key=None)[0] == 403
    assert served.request("POST", "/ask/hello", body, Host="evil.example")[0] == 400
    assert served.request("GET", "/", Host=f"evil.example:{served.port}")[0] == 400
    assert served.request("POST", "/ask/hello", body, Origin="http://evil.example")[0] == 403
    assert served.request("POST", "/ask/hello", body, Origin="null")[0] == 403
    for path in ("/stop", "/progress"):
        assert served.request("POST", path, b"", X_Nestimate_Key=None)[0] == 403
    assert served.request("POST", "/ask/handle", body)[0] == 404
    for path in (
        "/..%2f..%2fetc/passwd",
        "/../serve.py",
        "/static/app.js",
        "/examples/../serve.py",
    ):
        assert served.request("GET", path)[0] == 404
    status, headers, _ = served.request("GET", "/")
    assert status == 200
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert not [name for name in headers if name.startswith("access-control")]


@pytest.mark.slow
def test_one_byte_over_the_largest_size_is_refused_while_it_comes(served):
    line = b'{"name": "big.csv"}\n'
    assert served.request("POST", "/ask/open", line + bytes(MOST_BYTES + 1))[0] == 413


@pytest.mark.slow
def test_the_link_holds_settings_and_no_data_nor_key(page, served, context):
    give(page, "mice.csv", (PAGE / "mice.csv").read_bytes())
    page.wait_for_selector("#estimate")
    page.click("summary:has-text('Options')")
    page.fill("#option-rope-from", "-0.3")
    page.fill("#option-rope-to", "0,3")
    page.keyboard.press("Tab")
    page.locator("td", has_text="m10").first.click()
    page.click("#out-label")
    estimate(page)
    assert served.key not in page.url
    assert "m10" not in page.url
    link = page.url.split("#")[1]
    other = context.new_page()
    other.goto(f"{served.address}&{link}")
    quiet(other)
    give(other, "mice.csv", (PAGE / "mice.csv").read_bytes())
    other.wait_for_selector("#estimate")
    estimate(other)
    assert "practically equal" in other.inner_text(".finding")
    assert other.url.split("#")[1] == link


@pytest.mark.slow
def test_words_are_explained_on_hover_and_on_focus(page):
    give(page, "mice.csv", (PAGE / "mice.csv").read_bytes())
    page.wait_for_selector("#estimate")
    estimate(page)
    word = page.locator(".finding .word", has_text="HDI")
    word.hover()
    page.wait_for_selector("#tip:not([hidden])")
    assert "interval" in page.inner_text("#tip")
    page.mouse.move(5, 5)
    page.wait_for_selector("#tip", state="hidden")
    word.focus()
    page.wait_for_selector("#tip:not([hidden])")
    page.keyboard.press("Escape")
    page.wait_for_selector("#tip", state="hidden")
    described = word.get_attribute("aria-describedby")
    assert "interval" in page.locator(f"#{described}").text_content()


@pytest.mark.slow
@pytest.mark.parametrize("width", [375, 900, 1440])
def test_nothing_is_wider_than_the_screen(browser, served, width):
    context = browser.new_context(viewport={"width": width, "height": 812})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(served.address)
    quiet(page)
    over = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(over) == 0
    give(page, "lines.csv", (PAGE / "founding-lines.csv").read_bytes())
    page.wait_for_selector("#estimate")
    page.click("summary:has-text('Options')")
    page.check("#design-own")
    page.click("summary:has-text('so many of so many')")
    assert page.evaluate(over) == 0
    give_again(page, "mice.csv", (PAGE / "mice.csv").read_bytes())
    page.wait_for_selector("#estimate")
    estimate(page)
    for summary in page.locator("#trust summary").all():
        summary.click()
    quiet(page)
    assert page.locator("#plan #option-effect").is_visible()
    assert page.evaluate(over) == 0
    context.close()


def workbook():
    """Return a workbook whose second sheet has a title above its names and a remark at its end."""
    book = openpyxl.Workbook()
    book.active.title = "Plate 1"
    second = book.create_sheet("Plate 2")
    second.append(("Optical density, read by Anna on 14 May",))
    second.append(())
    for sheet, shift in ((book.active, 0), (second, 5)):
        sheet.append(("arm", "well", "od"))
        for arm in "xy":
            for i in range(12):
                sheet.append((arm, f"{arm}{i // 3}", shift + i % 5 / 7 + (arm == "y")))
    second.append(("* wells of one column are of one dish",))
    second["C7"] = "#DIV/0!"
    second["C7"].data_type = "e"
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@pytest.mark.slow
def test_a_messy_workbook_by_keyboard_to_an_answer(page):
    give(page, "plates.xlsx", workbook())
    page.wait_for_selector("#sheet")
    quiet(page)
    assert page.locator("#sheet option").all_inner_texts() == ["Plate 1", "Plate 2"]
    page.select_option("#sheet", "Plate 2")
    page.wait_for_selector(".doubts")
    quiet(page)
    assert page.input_value("#header-row") == "3"
    # Another row may name the columns, by the list or by a click on it.
    page.select_option("#header-row", "1")
    page.wait_for_selector("th:has-text('Optical density')")
    page.locator("td", has_text="well").first.click()
    page.click("#names-here")
    page.wait_for_selector("th:has-text('well')")
    quiet(page)
    assert page.input_value("#header-row") == "3"
    assert "1 cell is doubtful" in page.inner_text(".doubts")
    assert "#DIV/0!" in page.inner_text(".doubts")
    page.locator(".doubts button").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".changes")
    quiet(page)
    # Nothing is doubtful any more: the keyboard goes on with the design.
    assert page.evaluate("document.activeElement.id") == "design-title"
    page.focus("#estimate")
    page.keyboard.press("Enter")
    page.wait_for_selector("#trust-title", timeout=PATIENCE)
    assert "--sheet 'Plate 2' --header-row 3" in page.inner_text("#take")
    # What was changed is not lost without a question.
    page.once("dialog", lambda asked: asked.dismiss())
    page.click("#home")
    assert page.locator(".changes").is_visible()
    page.once("dialog", lambda asked: asked.accept())
    page.click("#home")
    page.wait_for_selector("#cells")


@pytest.mark.slow
def test_downloads_open_without_a_network(page, browser, tmp_path):
    give(page, "mice.csv", (PAGE / "mice.csv").read_bytes())
    page.wait_for_selector("#estimate")
    estimate(page)
    report = tmp_path / "report.html"
    report.write_bytes(downloaded(page, "#get-report"))
    svg = downloaded(page, "#get-svg").decode()
    assert svg.count("<text") > 10
    assert ">glucose</text>" in svg
    assert downloaded(page, "#get-pdf").startswith(b"%PDF")
    rows = list(csv.DictReader(io.StringIO(downloaded(page, "#get-csv").decode())))
    assert len(rows) > 57
    assert downloaded(page, "#get-md").decode().startswith("# ")
    page.click("#trust summary:has-text('Figures')")
    quiet(page)
    for button in page.locator("#trust button[data-file$='.svg']").all():
        with page.expect_download() as waited:
            button.click()
        assert Path(waited.value.path()).read_text().count("<text") > 3
    alone = browser.new_context(offline=True)
    opened = alone.new_page()
    asked = []
    alone.on("request", lambda request: asked.append(request.url))
    opened.goto(report.as_uri())
    assert "glucose" in opened.inner_text("h1")
    widths = opened.evaluate("[...document.images].map(image => image.naturalWidth)")
    # The figure of the answer, and those that say something of it.
    assert len(widths) > 3
    assert min(widths) > 100
    assert all(url.startswith(("file:", "data:")) for url in asked)
    alone.close()


@pytest.mark.slow
def test_nothing_of_the_data_is_on_disk_afterwards(browser, tmp_path):
    shared = {path.name for path in Path("/dev/shm").iterdir()}
    with serving(tmp_path) as served:
        context = browser.new_context(accept_downloads=True)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.goto(served.address)
        quiet(page)
        table = (PAGE / "mice.csv").read_text().replace("m10", SECRET)
        give(page, f"{SECRET}.csv", table.encode())
        page.wait_for_selector("#estimate")
        estimate(page)
        downloaded(page, "#get-report")
        assert SECRET in page.inner_text("#data")
        context.close()
        served.process.terminate()
        said = served.process.stdout.read()
        served.process.wait(10)
    assert SECRET not in said
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in written if SECRET in path.name]
    assert not [path for path in written if SECRET.encode() in path.read_bytes()]
    assert {path.name for path in Path("/dev/shm").iterdir()} - shared == set()


@pytest.mark.slow
def test_stop_frees_the_processor_within_a_second(page, served):
    # A million effective draws take half a minute.
    give(page, "mice.csv", (PAGE / "mice.csv").read_bytes())
    page.wait_for_selector("#estimate")
    page.click("summary:has-text('Options')")
    page.fill("#option-ess", "1000000")
    page.keyboard.press("Tab")
    page.click("#estimate")
    child = served.child()
    start = cpu_seconds(child)
    waited = time.monotonic()
    while cpu_seconds(child) < start + 0.3:
        assert time.monotonic() - waited < 60
        time.sleep(0.1)
    began = time.monotonic()
    page.click("#stop")
    while cpu_seconds(child) is not None and time.monotonic() - began < 1:
        time.sleep(0.02)
    assert cpu_seconds(child) is None
    quiet(page)
    page.fill("#option-ess", "1000")
    page.keyboard.press("Tab")
    # What was handed over is handed over again to the new process.
    estimate(page)
    assert page.locator("td:has-text('m10')").count()


@pytest.mark.slow
def test_a_plan_says_how_far_it_is_and_ends_with_all_its_processes(page, served):
    give(page, "mice.csv", (PAGE / "mice.csv").read_bytes())
    page.wait_for_selector("#estimate")
    estimate(page)
    page.click("#make-plan")
    page.wait_for_selector("#planned .notice.bad")
    assert "--" not in page.inner_text("#planned")
    page.fill("#option-effect", "0,5")
    page.keyboard.press("Tab")
    page.click("#make-plan")
    page.wait_for_selector("#busy-text:has-text('experiments simulated')", timeout=PATIENCE)
    child = served.child()
    busy = [child, *descendants(child)]
    began = time.monotonic()
    page.click("#stop")
    while any(cpu_seconds(pid) is not None for pid in busy) and time.monotonic() - began < 1:
        time.sleep(0.02)
    assert [pid for pid in busy if cpu_seconds(pid) is not None] == []


@pytest.mark.slow
def test_the_largest_file_is_looked_at_within_ten_seconds(served):
    row = b"placebo,m%06d,%d.25\n"
    lines = [row % (i % 400_000, i % 97) for i in range(MOST_BYTES // 21)]
    content = (b"arm,mouse,y\n" + b"".join(lines))[:MOST_BYTES].rpartition(b"\n")[0] + b"\n"
    assert len(content) > MOST_BYTES - 100
    served.ask("hello", {})
    child = served.child()
    start = cpu_seconds(child)
    opened = served.ask("open", {"name": "big.csv"}, content)
    look = served.ask("look", {"data": opened["data"]})
    assert look["n_rows"] > 2_000_000
    assert len(look["rows"]) == 100
    # Processor time, so that a busy machine does not count.
    assert cpu_seconds(child) - start < 10


@pytest.mark.slow
def test_design_answer_and_report_are_there_soon(served):
    content = (PAGE / "mice.csv").read_bytes()
    served.ask("hello", {})
    child = served.child()

    def taken(name, said, body=b""):
        start = cpu_seconds(child)
        reply = served.ask(name, said, body)
        return cpu_seconds(child) - start, reply

    opening, opened = taken("open", {"name": "mice.csv"}, content)
    looking, look = taken("look", {"data": opened["data"]})
    asked = {"data": opened["data"], "design": look["designs"][0]["roles"], "options": {"seed": 5}}
    answering, _ = taken("answer", asked)
    drawing, _ = taken("figure", asked | {"figure": "estimation", "kind": "svg"})
    reporting, _ = taken("file", asked | {"kind": "html"})
    assert opening + looking < 2.5
    assert answering + drawing < 1.5
    assert reporting < 5


@pytest.mark.slow
@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not there: npm pack axe-core")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_at_any_step(browser, served, scheme):
    context = browser.new_context(
        bypass_csp=True, color_scheme=scheme, viewport={"width": 1280, "height": 900}
    )
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(served.address)
    quiet(page)

    def violations():
        page.evaluate(AXE.read_text())
        found = page.evaluate("axe.run().then(result => result.violations)")
        return [(one["id"], one["nodes"][0]["html"][:160]) for one in found]

    assert violations() == []
    give(page, "messy.csv", (PAGE / "messy.csv").read_bytes())
    page.wait_for_selector(".doubts")
    quiet(page)
    assert violations() == []
    page.click(".doubts button:has-text('Change it')")
    page.wait_for_selector("dialog")
    assert violations() == []
    page.keyboard.press("Escape")
    give_again(page, "lines.csv", (PAGE / "founding-lines.csv").read_bytes())
    page.wait_for_selector(".question")
    page.check("#design-own")
    page.click("summary:has-text('Options')")
    page.click("summary:has-text('so many of so many')")
    assert violations() == []
    give_again(page, "mice.csv", (PAGE / "mice.csv").read_bytes())
    page.wait_for_selector("#estimate")
    estimate(page)
    for summary in page.locator("#trust summary").all():
        if summary.evaluate("element => !element.parentElement.open"):
            summary.click()
    quiet(page)
    page.locator(".finding .word").first.focus()
    assert violations() == []
    context.close()


def give_again(page, name, content):
    page.click("text=Other data")
    page.wait_for_selector("#cells")
    give(page, name, content)


@pytest.mark.slow
def test_the_whole_way_by_keyboard(page):
    page.focus("#cells")
    page.keyboard.insert_text(tabs("mice.csv"))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".sheet")
    quiet(page)
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "estimate":
            break
    page.keyboard.press("Enter")
    page.wait_for_selector("#trust-title", timeout=PATIENCE)
    assert page.evaluate("document.activeElement.id") == "answer-title"
    assert re.search(r"drug - placebo = −0\.8", page.inner_text(".finding"))
