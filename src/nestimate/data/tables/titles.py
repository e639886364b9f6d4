"""Titles of columns taken apart: what they have in common, and the number or letter of each."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from nestimate.data.tables.cells import is_plain_number

#: Words beside a number that say what is numbered, rather than what it belongs to.
_COUNTED = frozenset(
    {"n", "no", "nr", "rep", "reps", "replicate", "replica", "biorep", "techrep", "exp"}
    | {"experiment", "run", "trial", "sample", "mouse", "mice", "rat", "animal", "fish", "fly"}
    | {"subject", "patient", "donor", "plant", "cell", "well", "dish", "plate", "field", "y"}
    | {"maus", "tier", "probe", "souris", "replikat", "versuch", "ratón"}
)
#: Words beside a number that say when.
_DATED = frozenset(
    {"day", "days", "d", "week", "weeks", "wk", "hour", "hours", "h", "hr", "hrs", "min", "month"}
    | {"visit", "time", "tp", "tag", "woche", "jour", "semaine", "día", "semana"}
)
#: Words for before and after, and those beside a number of a moment.
_BEFORE = frozenset(
    {"pre", "before", "baseline", "base", "bl", "initial", "start", "pretest", "pretreatment"}
    | {"prev", "previous", "previously", "prior", "preceding", "vorjahr", "vorher"}
    | {"avant", "antes", "prima", "ausgangswert", "anfang", "anfangs", "ausgangs"}
    | {"inicial", "iniziale", "initiale", "begin", "basal", "vóór", "admission"}
    | {"före", "przed", "önce", "до", "前", "전", "vor", "voor", "preop"}
)
_AFTER = frozenset(
    {"post", "after", "final", "end", "followup", "posttest", "posttreatment", "endpoint"}
    | {"nachher", "après", "después", "depois", "dopo", "ende", "schluss", "finale", "eind"}
    | {"discharge", "efter", "sonra", "после", "后", "後", "후", "nach", "na", "postop", "fu"}
)
_MOMENTS = frozenset(
    {"t", "d", "day", "days", "w", "wk", "week", "weeks", "m", "mo", "month", "months", "h", "hr"}
    | {"hour", "hours", "min", "visit", "time", "tag", "woche", "jour", "semaine", "día", "semana"}
)
#: What is one word with them: Anfangsgewicht, Endgewicht.
_JOINED = re.compile(
    r"(?i)(?<=^pre)(?=(wt|test|score)\b)|(?<=^post)(?=(wt|test|score)\b)"
    r"|(?<=^(?:start|begin))(?=\w*(gewicht|länge|größe|höhe|wert|masse|lengte|waarde|score))"
    r"|(?<=^(?:anfangs))(?=\w{4})|(?<=^(?:ausgangs))(?=\w{4})|(?<=^(?:schluss))(?=\w{4})"
    r"|(?<=[^\W\d])(?=[前后後](\b|_))|(?<=\b[前后後])(?=[^\W\d])"
    r"|(?<=^end)(?=(gewicht|länge|größe|höhe|wert|masse))|(?<=^eind)(?=\w{4})"
)
_MEASURES = re.compile(r"([mµμunp]?[MgLl]|[mµμu]g|%|x|h|hrs?|min|d|days?|weeks?)\b.*")
_BETWEEN = r"[\s_.,:/#-]"
_NUMBERED = re.compile(r"(?P<stem>.*?)[\s_.#-]*(?P<mark>\d+)")
_ORDINAL = re.compile(rf"(?P<mark>\d+)(st|nd|rd|th){_BETWEEN}+(?P<stem>[^\W\d].*)")
_BRACKETED = re.compile(
    rf"(?P<stem>.*?){_BETWEEN}*[(\[]\s*(?P<word>[^\W\d]*)[\s.=#_-]*(?P<mark>\d+)\s*[)\]]"
)
#: A unit behind a name: no number of its own, and more than a number or letter.
_UNIT = re.compile(
    r"(?P<stem>.*?\S)\s*[(\[]\s*(?P<unit>(?!(n|no|nr|#)?[\s.=#_-]*\d+\s*[)\]])[^()\[\]]*)[)\]]"
)
_LED = re.compile(
    rf"((?P<word>[^\W\d]+)[\s_.#-]*)?(?P<mark>\d+)((?P<when>h|hrs?|min|d)\b)?{_BETWEEN}+"
    r"(?P<stem>[^\W\d].*)"
)
_LETTERED = re.compile(rf"(?P<stem>.+?){_BETWEEN}+(?P<mark>[A-Za-z])")
#: When, among the words of a quantity: `Day 7 alive`, `Height day 7 (cm)`.
_AMONG = re.compile(
    rf"(?P<stem>.*?)(?<![^\W_])(?P<word>[^\W\d_]+){_BETWEEN}?(?P<mark>\d+)(?![^\W_])(?P<rest>.*)"
)
#: A number before what it counts, alone or behind a quantity: `6h`, `glucose_30min`, `3 dpi`.
_AT_TIME = re.compile(
    rf"((?P<stem>[^\W\d].*?){_BETWEEN}+)?(?P<mark>\d+){_BETWEEN}?"
    r"(?P<word>h|hrs?|hours?|hp[it]|mins?|minutes?|s|secs?|d|days?|dp[it]|wks?|weeks?|mo|months?)"
)
_MOMENT = re.compile(r"(?P<word>[^\W\d]+)[\s_.-]*\d+|\d+[\s_.-]*(?P<unit>[^\W\d]+)")
_ANIMAL = re.compile(r"[a-su-vyzA-SU-VYZ]")
_WORD = re.compile(rf"(?P<stem>.+?){_BETWEEN}+(?P<word>[^\W\d]+)\.?")


@dataclass(frozen=True, kw_only=True)
class Title:
    """The title of a column of numbers: `WT (n=1)`, `WT rep 2`, `WT-a`, `Day 1 WT`.

    Attributes
    ----------
    stem
        What it has in common with other titles: `WT`.
    mark
        Its number or letter; "" of the first of several that data frames tell apart.
    word
        What is numbered, where the title says so: `rep`, `Day`.
    """

    stem: str
    mark: str
    word: str = ""

    @property
    def dated(self) -> bool:
        """Whether the number says when."""
        return self.word.casefold() in _DATED


def titles(names: Sequence[str]) -> dict[str, Title]:
    """Return the names that can be taken apart, and their parts; one unit behind all is no part."""
    shorter = _without_units(names)
    found = _titles([*shorter.values()])
    return {name: found[short] for name, short in shorter.items() if short in found}


def _without_units(names: Sequence[str]) -> dict[str, str]:
    """Return the names without a unit of measurement in brackets that ends several of them.

    `Rep 1 (ng/ml)` and `Rep 2 (ng/ml)` differ in their number; n and what is counted are no unit.
    """
    ends = {name: match for name in names if (match := _UNIT.fullmatch(name)) is not None}
    units = [match["unit"] for match in ends.values()]
    shorter = {
        name: ends[name]["stem"] if name in ends and units.count(ends[name]["unit"]) > 1 else name
        for name in names
    }
    return shorter if len({*shorter.values()}) == len(names) else {name: name for name in names}


def _titles(names: Sequence[str]) -> dict[str, Title]:
    found = {name: title for name in names if (title := _ending(name)) is not None}
    numbered = {*found}
    for name in names:
        # Data frames write a title that occurs three times as WT, WT.1 and WT.2; 0.1 is a number.
        if f"{name}.1" in numbered and not is_plain_number(name):
            found[name] = Title(stem=name, mark="")
    left = [name for name in names if name not in found]
    found = _without_words(found) | (_at_times(left) or _among_words(left))
    for pattern in (_LED, _LETTERED):
        rest = [name for name in names if name not in found]
        found |= _repeated({n: t for n in rest if (t := _read(pattern, n)) is not None})
    return {name: found[name] for name in names if name in found}


def numbers_of(labels: Sequence[str]) -> tuple[float, ...]:
    """Return where labels lie that are numbers, or behind one word: w0, w4; () of any others."""
    if all(map(is_plain_number, labels)):
        return tuple(map(float, labels))
    found = titles(labels)
    alike = len(found) == len(labels) and len(_by_stem(found)) == 1
    marks = [title.mark for title in found.values()]
    return tuple(map(float, marks)) if alike and all(mark.isdigit() for mark in marks) else ()


def families(names: Sequence[str]) -> dict[str, list[str]]:
    """Return names that differ in their number or letter alone, by what they have in common."""
    members = _by_stem(titles(names))
    return {stem: [*found] for stem, found in members.items() if len(found) > 1}


def lettered(names: Sequence[str]) -> dict[str, list[str]]:
    """Return names that differ in a letter behind them alone: Weight_A, Weight_B, Weight_C."""
    found = {name: title for name in names if (title := _read(_LETTERED, name)) is not None}
    stems = {title.stem.casefold() for title in found.values()}
    marks = sorted(title.mark.casefold() for title in found.values())
    run = marks == [chr(ord("a") + i) for i in range(len(marks))]
    return {stems.pop(): [*found]} if len(stems) == 1 and run and len(found) > 1 else {}


def at_times(names: Sequence[str]) -> list[list[str]]:
    """Return families of names whose numbers are times."""
    parts = titles(names)
    return [
        found
        for stem, found in families(names).items()
        if counts_time(stem, [parts[name].mark for name in found])
    ]


def says_when(name: str) -> bool:
    """Return whether a title is a time: Day 7, week 2, t1, 24 h."""
    match = _MOMENT.fullmatch(name)
    return match is not None and (match["word"] or match["unit"]).casefold() in _DATED | {"t"}


def counts_time(stem: str, marks: Iterable[str] = ()) -> bool:
    """Return whether numbers behind a stem are times: week 1, glucose day 7, t2; not donor D1.

    D0, D7 and D14 are days, and so are P7 and P14: donors are counted from 1 without a gap.
    """
    word = re.split(_BETWEEN, stem.casefold())[-1]
    if word not in {"d", "p", "w"}:
        return word in _DATED | {"t"}
    numbers = sorted(int(mark) for mark in marks if mark.isdigit())
    return len(numbers) > 1 and numbers != [*range(1, len(numbers) + 1)]


def counts_readings(found: Iterable[Title]) -> bool:
    """Return whether marks are those of readings: letters, 1, 2, 3, or behind a word for them."""
    members = [*found]
    said = {w for t in members for w in re.split(_BETWEEN, f"{t.stem} {t.word}".casefold())}
    marks = [title.mark for title in members]
    if said & (_COUNTED | _DATED) or not all(map(str.isdigit, filter(None, marks))):
        return True
    numbers = sorted(int(mark or 0) for mark in marks)
    return numbers in ([*range(len(numbers))], [*range(1, len(numbers) + 1)])


def last_word(name: str) -> str:
    """Return the word before the number of a title: `center` of pct_time_center_1."""
    stem = next((title.stem for title in titles([name]).values()), name)
    return re.split(r"[\s_.-]+", stem.strip())[-1]


def bare(name: str) -> str:
    """Return a name without a number in brackets behind it: `WT (n=12)` is WT."""
    bracketed = _BRACKETED.fullmatch(name)
    return bracketed["stem"] if bracketed and bracketed["stem"] else name


def _ending(name: str) -> Title | None:
    """Take apart a name that ends in a number, in brackets or not."""
    bracketed = _BRACKETED.fullmatch(name)
    if bracketed and bracketed["stem"]:
        return Title(stem=bracketed["stem"], mark=bracketed["mark"], word=bracketed["word"])
    match = _NUMBERED.fullmatch(name) or _ORDINAL.fullmatch(name)
    return Title(stem=match["stem"], mark=match["mark"]) if match and match["stem"] else None


def _read(pattern: re.Pattern[str], name: str) -> Title | None:
    match = pattern.fullmatch(name)
    if match is None:
        return None
    parts = match.groupdict()
    word = parts.get("word") or parts.get("when") or ""
    if not word and pattern is _LED and _MEASURES.fullmatch(match["stem"]):
        return None  # 10 mM is a dose
    return Title(stem=match["stem"], mark=match["mark"], word=word)


def _at_times(names: Sequence[str]) -> dict[str, Title]:
    """Return titles that say when by a number first, all of one quantity in one unit: 0h, 6h, 24h.

    Of several quantities or groups a number is rather what tells the columns of each apart.
    """
    found = {name: match for name in names if (match := _AT_TIME.fullmatch(name)) is not None}
    alike = {(match["stem"], match["word"].removesuffix("s")) for match in found.values()}
    if len(alike) != 1 or len(found) < 2:
        return {}
    return {
        name: Title(
            stem=" ".join(filter(None, (match["stem"], "time"))),
            mark=match["mark"],
            word=match["word"],
        )
        for name, match in found.items()
    }


def _among_words(names: Sequence[str]) -> dict[str, Title]:
    """Return titles of one quantity in which words beside the number say when: Day 7 alive."""
    found = {
        name: match
        for name in names
        if (match := _AMONG.fullmatch(name)) is not None and match["word"].casefold() in _DATED
    }
    alike = {(match["stem"], match["word"].casefold(), match["rest"]) for match in found.values()}
    if len(alike) != 1 or len(found) < 2:
        return {}
    return {
        name: Title(
            stem=" ".join(f"{match['stem']} {match['rest']} {match['word']}".split()),
            mark=match["mark"],
            word=match["word"],
        )
        for name, match in found.items()
    }


def _without_words(found: Mapping[str, Title]) -> dict[str, Title]:
    """Return titles with what is numbered apart from what it belongs to: WT rep 1 is of WT.

    Not where nothing or one stem would be left, or stems that differ would be one.
    """
    shorter = {}
    ends = {m and m["word"] for t in found.values() for m in [_WORD.fullmatch(t.stem)]}
    # Of `Sham m1` and `MCAO m1` the animals are numbered behind a letter.
    letter = len(ends) == 1 and len(found) > 1 and bool(_ANIMAL.fullmatch("".join(map(str, ends))))
    for name, title in found.items():
        match = None if title.word else _WORD.fullmatch(title.stem)
        counted = match is not None and match["word"].casefold() in _COUNTED | _DATED
        if match and (counted or letter):
            word = match["word"] if counted else ""
            shorter[name] = replace(title, stem=match["stem"], word=word)
        else:
            shorter[name] = title
    before, after = _by_stem(found), _by_stem(shorter)
    return shorter if 1 < len(after) == len(before) else dict(found)


def _repeated(found: Mapping[str, Title]) -> dict[str, Title]:
    """Return titles whose marks are the same, two or more, under several stems.

    Where the titles say what they number (Mouse1_WT, Mouse3_KO) it may be numbered through.
    """
    marks = {stem: [t.mark for t in of.values()] for stem, of in _by_stem(found).items()}
    through = [mark for of in marks.values() for mark in of]
    counted = all(title.word.casefold() in _COUNTED for title in found.values())
    if counted and len(marks) > 1 and len(set(through)) == len(through) >= 2 * len(marks):
        return dict(found)
    known = {tuple(sorted(of)) for of in marks.values()}
    if len(marks) < 2 or len(known) > 1 or len(next(iter(known))) < 2:
        return {}
    letters = sorted({mark.casefold() for mark in next(iter(known))})
    run = all(map(str.isdigit, letters)) or letters == [
        chr(ord("a") + i) for i in range(len(letters))
    ]
    return dict(found) if run else {}


def _by_stem(found: Mapping[str, Title]) -> dict[str, dict[str, Title]]:
    members: dict[str, dict[str, Title]] = {}
    for name, title in found.items():
        members.setdefault(title.stem.casefold(), {})[name] = title
    return members


def common_word(found: Iterable[Title]) -> str:
    """Return what all titles number, `Day`; "" where they do not say so, or differ in it."""
    words = {title.word for title in found}
    return next(iter(words)) if len(words) == 1 else ""


def moment(name: str) -> tuple[str, float | None]:
    """Return a name without what says when, and when: 0 before, None where it does not say."""
    spaced = _JOINED.sub(" ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name))
    tokens = [t for t in re.split(r"[\W_]+|(?<=\D)(?=\d)|(?<=\d)(?=\D)", spaced.casefold()) if t]
    kept: list[str] = []
    when: float | None = None
    at = 0
    while at < len(tokens):
        here, after, then = [*tokens[at:], "", ""][:3]
        if here in _BEFORE:
            when = 0.0
        elif here in _AFTER or (here, after) == ("follow", "up"):
            when = float("inf")
            at += here == "follow"
        elif here in _MOMENTS and after.isdigit():
            when, at = float(after), at + 1
        elif here.isdigit() and after in _MOMENTS and not then.isdigit():
            when, at = float(here), at + 1
        else:
            kept.append(here)
        at += 1
    return " ".join(kept), when
