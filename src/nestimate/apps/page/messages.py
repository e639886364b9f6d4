"""The one function behind the page: a question in, an answer out, the same for every carrier.

A message is a line of JSON, and bytes after it where a file is handed over. Every question names
the data and all that was chosen, so that a new process can answer it; what was computed before is
kept and not computed again.
"""

import json
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from time import perf_counter
from typing import Any

from nestimate.apps.page import choices, drawings, engine, tables, words
from nestimate.errors import NestimateError

#: Files and answers that are kept.
KEPT_FILES, KEPT_ANSWERS = 2, 4
#: Largest file that the page takes, in bytes.
MOST_BYTES = 50_000_000
JSON = "application/json"


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What goes back: JSON, or a file.

    Attributes
    ----------
    type, body
        Media type and bytes.
    name
        Of a file, as it is saved.
    """

    type: str
    body: bytes
    name: str = ""

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> "Reply":
        """Write as JSON."""
        return cls(type=JSON, body=json.dumps(said, allow_nan=False).encode())


#: A plan, and the command and the call that make it again.
Plan = tuple[engine.Planned, dict[str, str]]


class NotHereError(Exception):
    """The file of a question is not in this process: the page hands it over again."""


@dataclass
class Desk:
    """Answers questions; keeps the last files and answers in memory, and nothing anywhere else.

    Attributes
    ----------
    files, answers, plans
        What was handed over and worked out last.
    tell
        Told in a few words how far the work has come.
    """

    files: OrderedDict[str, engine.Upload] = field(default_factory=OrderedDict)
    answers: OrderedDict[str, engine.Comparison] = field(default_factory=OrderedDict)
    plans: OrderedDict[str, Plan] = field(default_factory=OrderedDict)
    tell: Callable[[str], None] = lambda _: None

    def handle(self, ask: str, payload: bytes) -> Reply:
        """Answer one question; a refusal is an answer too."""
        line, _, content = payload.partition(b"\n")
        try:
            asked = json.loads(line or b"{}")
            if ask == "open":
                return Reply.of(self._open(asked, content))
            with engine.told(self.tell):
                return _ASKS[ask](self, asked)
        except NotHereError:
            return Reply.of({"again": "open"})
        except NestimateError as error:
            return Reply.of({"refused": tables.refusal(str(error))})
        except MemoryError:
            text = "This table needs more memory than there is here."
            return Reply.of({"refused": {"text": text, "remedies": []}})
        except Exception as error:  # noqa: BLE001 - a page that falls silent helps nobody
            text = (
                "nestimate stopped with an error of its own, not of yours "
                f"({type(error).__name__}: {error}). Please report it, with what you did."
            )
            return Reply.of({"refused": {"text": text, "remedies": []}})

    def _open(self, asked: Mapping[str, Any], content: bytes) -> dict[str, Any]:
        upload = engine.Upload.of(str(asked["name"]), content)
        digest = sha256(upload.name.encode() + b"\0" + content).hexdigest()
        _keep(self.files, digest, upload, KEPT_FILES)
        return {
            "data": digest,
            "name": upload.name,
            "sheets": list(upload.sheets),
            "sheet": upload.likely,
        }

    def _upload(self, asked: Mapping[str, Any]) -> engine.Upload:
        found = self.files.get(str(asked.get("data")))
        if found is None:
            raise NotHereError
        return found

    def _answer(self, asked: Mapping[str, Any]) -> engine.Comparison:
        key = _key(asked, "data", "reading", "design", "options")
        found = self.answers.get(key)
        if found is None:
            found = engine.comparison(
                self._upload(asked),
                engine.reading_of(asked.get("reading") or {}),
                asked["design"],
                asked.get("options") or {},
            )
        _keep(self.answers, key, found, KEPT_ANSWERS)
        return found

    def _plan(self, asked: Mapping[str, Any]) -> Plan:
        key = _key(asked, "data", "reading", "design", "options", "plan")
        found = self.plans.get(key)
        if found is None:
            pilot = self._answer(asked)

            def tell(done: int, most: int) -> None:
                self.tell(f"{done:,} of {most:,} experiments simulated")

            found = engine.planned(pilot, asked["plan"], tell)
        _keep(self.plans, key, found, KEPT_ANSWERS)
        return found

    def _shown(self, asked: Mapping[str, Any]) -> engine.Comparison | engine.Planned:
        """Return what a file is asked of: a plan where one is named, otherwise the answer."""
        return self._plan(asked)[0] if "plan" in asked else self._answer(asked)

    def hello(self, _asked: Mapping[str, Any]) -> Reply:
        """Say what the page needs to know before there are data."""
        return Reply.of(
            {
                "version": engine.nestimate_version(),
                "choices": choices.records(choices.CHOICES),
                "planning": choices.records(choices.PLANNING),
                "words": words.WORDS,
                "titles": words.FIGURES,
                "workbooks": engine.have_workbooks(),
                "most_bytes": MOST_BYTES,
            }
        )

    def look(self, asked: Mapping[str, Any]) -> Reply:
        """Return the table as it is understood."""
        reading = engine.reading_of(asked.get("reading") or {})
        return Reply.of(tables.looked_at(self._upload(asked), reading))

    def rows(self, asked: Mapping[str, Any]) -> Reply:
        """Return more rows of the table."""
        reading = engine.reading_of(asked.get("reading") or {})
        grid, _ = engine.grid_and_steps(self._upload(asked), reading)
        return Reply.of({"rows": tables.rows(grid, int(asked["start"]))})

    def answer(self, asked: Mapping[str, Any]) -> Reply:
        """Return the answer in sentences and a short table."""
        began = perf_counter()
        found = self._answer(asked)
        return Reply.of(
            {
                "answered": found.passed,
                **_said(found),
                "table": engine.short_table(found) if found.passed else None,
                "groups": list(found.design.groups),
                "figures": [
                    {"name": name, "caption": engine.caption(found, name)}
                    for name in engine.available(found)
                ],
                **engine.reproduced(found),
                **_plan_offered(found),
                "seconds": round(perf_counter() - began, 2),
            }
        )

    def parts(self, asked: Mapping[str, Any]) -> Reply:
        """Return what the report says, part by part, with figures by their names."""
        found = self._answer(asked)
        sections = _sections(engine.parts(found))
        doubts = [check.text for check in found.advice if not check.passed] if found.passed else []
        return Reply.of({"sections": sections, "mind": [words.in_page_terms(d) for d in doubts]})

    def plan(self, asked: Mapping[str, Any]) -> Reply:
        """Return the plan of the next experiment, part by part."""
        plan, again = self._plan(asked)
        return Reply.of({"sections": _sections(engine.plan_parts(plan)), **again})

    def figure(self, asked: Mapping[str, Any]) -> Reply:
        """Return a figure, or the data behind it, as a file."""
        name, kind = str(asked["figure"]), str(asked["kind"])
        room = float(asked["room"]) if asked.get("room") else None
        body = drawings.written(engine.drawn(self._shown(asked), name, room), kind)
        return Reply(type=drawings.TYPES[kind], body=body, name=f"{name}.{kind}")

    def file(self, asked: Mapping[str, Any]) -> Reply:
        """Return the answer as a file: the report, or all numbers."""
        found, kind = self._shown(asked), str(asked["kind"])
        stem = "plan" if "plan" in asked else "answer" if kind == "json" else "report"
        return Reply(type=_FILES[kind], body=engine.written(found, kind), name=f"{stem}.{kind}")


_FILES = {
    "html": "text/html; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "json": JSON,
}
_ASKS: Mapping[str, Callable[[Desk, Mapping[str, Any]], Reply]] = {
    "hello": Desk.hello,
    "look": Desk.look,
    "rows": Desk.rows,
    "answer": Desk.answer,
    "parts": Desk.parts,
    "plan": Desk.plan,
    "figure": Desk.figure,
    "file": Desk.file,
}
#: Every question that may be asked.
ASKS = frozenset({"open", *_ASKS})


def _key(asked: Mapping[str, Any], *named: str) -> str:
    return json.dumps([asked.get(name) for name in named], sort_keys=True)


def _keep(kept: OrderedDict[str, Any], key: str, thing: Any, most: int) -> None:
    kept[key] = thing
    kept.move_to_end(key)
    while len(kept) > most:
        kept.popitem(last=False)


def _said(found: engine.Comparison) -> dict[str, list[str]]:
    return {
        name: [words.in_page_terms(sentence) for sentence in sentences]
        for name, sentences in engine.said(found).items()
    }


def _plan_offered(found: engine.Comparison) -> dict[str, Any]:
    """Return why there is no plan, or how many readings of a unit it starts from."""
    why = engine.why_no_plan(found)
    return (
        {"no_plan": words.in_page_terms(why)} if why else {"readings": engine.usual_readings(found)}
    )


def _sections(sections: tuple[engine.Section, ...]) -> list[dict[str, Any]]:
    return [
        {"title": part.title, "blocks": [_block(block) for block in part.blocks]}
        for part in sections
    ]


def _block(block: engine.Block) -> dict[str, Any]:
    """Return a block of the report as plain values."""
    match block:
        case engine.Picture():
            name = engine.drawing_name(block.draw)
            return {"block": "picture", "figure": name, "caption": block.caption}
        case engine.Prose():
            said = [words.in_page_terms(sentence) for sentence in block.sentences]
            return {"block": "prose", "kind": block.kind, "sentences": said}
        case engine.Grid():
            return {"block": "grid", **asdict(block)}
        case engine.Code():
            return {"block": "code", **asdict(block)}


def warm_up() -> None:
    """Go once through all that an answer takes, on made-up data."""
    desk = Desk()
    table = b"y,g,u\n" + b"".join(
        b"%d,%s,%d\n" % (i * i % 7, b"ab"[i % 2 : i % 2 + 1], i // 4 * 2 + i % 2) for i in range(24)
    )
    opened = desk._open({"name": "made-up.csv"}, table)
    asked = {"data": opened["data"], "options": {"ess": 400}, "figure": "estimation", "kind": "svg"}
    asked["design"] = {"value": "y", "group": "g", "unit": "u"}
    for name in ("look", "answer", "figure"):
        desk.handle(name, json.dumps(asked).encode())
