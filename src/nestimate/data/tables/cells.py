"""The rules of one cell: which text is a number, which is empty, which is no reading at all.

Nothing is guessed. `1,5` and `1,234` are read only where the user has said which mark is the
decimal one; every text that is refused has its reason and its remedy.
"""

import re
import unicodedata
from collections.abc import Sequence

#: Cells that mean "no reading". "none" is not among the empty labels: it may well be a treatment.
EMPTY_VALUES = ("", "na", "n/a", "nan", "null", "none")
EMPTY_LABELS = ("", "na", "n/a", "nan")
#: Minus signs as word processors and journals set them.
MINUS = "−–﹣－"
#: Characters without width, which copying from pages and mails leaves in cells.
UNSEEN = "\u200b\u200c\u200d\u2060\ufeff"
#: What stands in a cell of a workbook whose formula has no result in the file.
NOT_STORED = "result not stored"
#: Words that make a note of what stands alone in a row.
_FEWEST_WORDS = 3
_UNKNOWN = re.compile(rf"({NOT_STORED}|#[A-Z/0?!]+), cell [A-Z]+\d+")

_ERROR = re.compile(r"#([A-Z/0]+[!?]|N/A|NV)(, cell [A-Z]+\d+)?")
_WITH_SPREAD = re.compile(r"[-+−]?[\d.,]*\d\s*(±|\+/?[-−])\s*\d[\d.,]*")
#: Between two letters, between a letter and a digit, and behind the last of them.
_BESIDE_LETTERS = re.compile(
    r"(?<=[^\W\d])[\s_.,;:/-]+(?=\w)|(?<=\w)[\s_.,;:/-]+(?=[^\W\d])|(?<=\w)[\s_.,;:]+$"
)
#: Cells that say "too low, or too high, to be measured" without saying where the limit lies.
_BEYOND = frozenset(
    {"undetermined", "undet", "undetected", "not detected", "not detectable", "blq", "bloq", "bql"}
    | {"lloq", "uloq", "lod", "loq", "bdl", "mdl", "below detection", "below lod", "below loq"}
    | {"n.n.", "n. n.", "oor", "out of range", "overflow", "ovrflw", "saturated", "tntc"}
)
#: Those of them that say "too high", and those that do not say which.
_ABOVE = frozenset({"uloq", "overflow", "ovrflw", "saturated", "tntc"})
_EITHER = frozenset({"undetermined", "undet", "oor", "out of range"})
#: Cells that say "not detected" or "not determined": a limit, or no reading.
_DOUBTFUL = frozenset({"nd", "n.d.", "n.d", "n. d.", "n/d"})
#: Cells that say "no reading" in words that are read as empty only if the user says so.
_ABSENT = frozenset(
    {"-", "--", "–", "—", ".", "..", "...", "?", "x", "missing", "no data", "not determined"}
    | {"not measured", "n.m.", "nm", "n.b.", "k.a.", "k. a.", "failed", "excluded", "lost"}
    | {"dropped", "empty", "fehlt", "manquant", "falta", "s.d.", "s/d"}
)
_BOUND, _ABOUT = "<>≤≥", "~≈"
_RANGE = re.compile(r"(\d[\d.,]*)\s*(?:-|–|to)\s*(\d[\d.,]*)")

#: What is said where only the user knows the decimal mark.
STATE_MARK = "State the decimal mark: --decimal , or --decimal . (decimal=',' or '.' in Python)"

_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_GROUPED = {
    ".": re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?", re.ASCII),
    ",": re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+(,\d*)?", re.ASCII),
}
_COMMA_OR_POINT = re.compile(r"[+-]?[\d.,]*\d[\d.,]*([eE][+-]?\d+)?", re.ASCII)
_COMMA = re.compile(r"[+-]?[\d.]*,[\d.,]*([eE][+-]?\d+)?", re.ASCII)
_MONTH = r"(jan|feb|mar|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)[a-z]*\.?"
_DATE = re.compile(
    r"((\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2}))([t ]\d.*)?"
    rf"|\d{{1,2}}[-/. ]*{_MONTH}([-/. ]*\d{{2,4}})?|{_MONTH}[-/. ]*\d{{1,4}}"
    r"|\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?)",
    re.ASCII | re.IGNORECASE,
)
_WITH_UNIT = re.compile(r"([+-]?\d[\d.,]*) ?([^\W\d_]|µ|°)[\w/%°µ^*.-]{0,11}")
_CLOCK = re.compile(r"\d{1,3}:[0-5]\d(:[0-5]\d)?([.,]\d+)?", re.ASCII)
#: What times such as 1:17 are, and how they are written as numbers.
CLOCK = (
    "a time of minutes and seconds, or of hours, and no number. Write it in one unit, named in the "
    "column's name: 77 (s) for 1:17 minutes. In a spreadsheet: =A2*86400 for seconds, or =A2*1440 "
    "where it took minutes and seconds for hours and minutes; format the cells as numbers"
)
#: What else is written in place of a number, and what is said of it.
_FORMS = (
    (_CLOCK, f"is {CLOCK}"),
    (
        _WITH_SPREAD,
        "is a mean and its spread. Write them into two columns, and beside them the number n "
        "behind each, and name all: value with n and sd (or se)",
    ),
    (
        re.compile(r"[+-]?\d{1,3}([ '’]\d{3})+([.,]\d+)?"),
        "groups thousands by spaces or apostrophes. Write the digits without them",
    ),
    (
        re.compile(r"[+-]?\d[\d.,]* ?[*†‡§#^!?]+"),
        "has a mark behind the number. Write the number alone, and what the mark means into a "
        "column of its own",
    ),
)


class OddCellError(ValueError):
    """A cell that is neither empty nor a number; says why, and what to write instead."""


def tidy(text: str) -> str:
    """Return a text without outer spaces and unseen characters, inner spaces made single."""
    if text.isascii():
        return " ".join(text.split())  # a million labels are read so
    kept = text.translate(dict.fromkeys(map(ord, UNSEEN)))
    return unicodedata.normalize("NFC", " ".join(kept.split()))


def refused_label(text: str) -> str | None:
    """Return why a text cannot be a label: a cell of a workbook whose content is not known."""
    return _why(text) if _UNKNOWN.fullmatch(text) else None


def is_plain_number(text: str) -> bool:
    """Return whether a text is a number as every program writes it."""
    return _PLAIN.fullmatch(text) is not None


def read_number(text: str, decimal: str | None = None) -> float | None:
    """Return the number in a cell, None where it is empty.

    Parameters
    ----------
    text
        The cell as it stands.
    decimal
        Decimal mark, `.` or `,`, if the user stated one. Then the other mark may group thousands:
        `1.234,5`.

    Raises
    ------
    OddCellError
        When the cell is neither empty nor a plain number.
    """
    cell = tidy(text)
    if cell.casefold() in EMPTY_VALUES:
        return None
    if cell[0] in MINUS:
        cell = "-" + cell[1:].lstrip()
    plain = cell
    if decimal is not None and _GROUPED[decimal].fullmatch(cell):
        plain = cell.replace("," if decimal == "." else ".", "")
    if decimal == ",":
        if "." in plain and _COMMA_OR_POINT.fullmatch(plain):
            raise OddCellError(
                "has a point, but the decimal mark is stated to be a comma (decimal ','). Write "
                "every number of the column in one way"
            )
        plain = plain.replace(",", ".", 1)
    if _PLAIN.fullmatch(plain):
        return float(plain)
    raise OddCellError(_why(cell))


def is_date(cell: str) -> bool:
    """Return whether a cell looks like a date, or a time of the day."""
    return _DATE.fullmatch(cell) is not None


def is_clock(cell: str) -> bool:
    """Return whether a cell is a time as clocks show it: 1:17, 0:01:17.5."""
    return _CLOCK.fullmatch(cell) is not None


def is_limit(cell: str) -> bool:
    """Return whether a cell says that the value lies below or above what could be measured."""
    return cell.startswith(tuple(_BOUND + _ABOUT)) or cell.casefold() in _BEYOND | _DOUBTFUL


def ends_of(cell: str) -> tuple[str, str] | None:
    """Return the ends of an interval, as of `0.5-1`, in which a value lies; None of other cells."""
    found = _RANGE.fullmatch(cell)
    return None if found is None else (found[1], found[2])


def is_error(cell: str) -> bool:
    """Return whether a cell holds an error of a spreadsheet, such as `#DIV/0!`."""
    return _ERROR.fullmatch(cell) is not None


def side_of(cell: str) -> int | None:
    """Return on which side of what can be measured a word says that a value lies.

    -1 below, 1 above, 0 where the word does not say which; None where the cell is no such word.
    """
    word = cell.casefold()
    if word not in _BEYOND | _DOUBTFUL:
        return None
    return 1 if word in _ABOVE else 0 if word in _EITHER else -1


def may_be_empty(cell: str) -> bool:
    """Return whether a cell may stand for no reading, which only the user can say."""
    return cell.casefold() in _ABSENT | _DOUBTFUL


def is_word(cell: str) -> bool:
    """Return whether a cell is a word such as `died` or `lost`, which --na can name."""
    return re.fullmatch(r"[^\W\d_][^\W\d_ '-]{2,}( [^\W\d_ '-]+){0,2}", cell) is not None


def as_none(cells: Sequence[str]) -> str:
    """Say how words are taken as no reading, where they are."""
    return "".join(
        f" If '{cell}' stands for no reading, add --na '{cell}' (na='{cell}' in Python)."
        for cell in cells
    )


def _censored(cell: str) -> str:
    """Say what is not known of a limit of detection, or of `~2`, and what can be done about it."""
    what = "is a limit of detection, not a reading"
    if cell.casefold() in _DOUBTFUL:
        what = (
            f"may mean 'not determined': then add --na '{cell}' (na='{cell}' in Python). If it "
            "means 'not detected', it is a limit of detection, not a reading"
        )
    if cell[0] in _ABOUT:
        return (
            "says about how much it is. If it is a reading, write the number alone; if not, leave "
            "the cell empty"
        )
    return (
        f"{what}. Leaving it out or putting the limit in its place would bias the answer: add "
        "--response censored (options={'response': 'censored'} in Python), which takes <0.5, >100 "
        "and 0.5-1 as they stand, and words such as BLQ or undetermined with the limit that they "
        "mean: --limit '<0.5' (too low) or --limit '>40' (too high, as of Ct values)"
    )


def _why(cell: str) -> str:
    """Say what a cell is that is not a plain number, and what to do."""
    low = cell.casefold()
    if low.lstrip("+-") in {"inf", "infinity", "∞"}:
        return "is infinite. Values must be finite; leave the cell empty if there is no reading"
    if low in {"true", "false", "yes", "no", "wahr", "falsch"}:
        return "is true/false, not a measurement. Give the column of measured values as value"
    if cell.startswith(NOT_STORED):
        return (
            "is a formula without its result. Open the file in Excel or LibreOffice, save it, and "
            "try again"
        )
    if cell.startswith("#"):
        return (
            "is an error of the spreadsheet. Mend the formula, or empty the cell if there is no "
            "reading"
        )
    if _COMMA.fullmatch(cell):
        return f"has a comma: is it a decimal comma or does it group thousands? {STATE_MARK}"
    if cell.endswith("%"):
        return (
            "is a percentage. Write the number alone and the percent sign into the column's name, "
            "or the sign behind every number of the column"
        )
    for form, said in _FORMS:
        if form.fullmatch(cell):
            return said
    if is_limit(cell):
        return _censored(cell)
    if may_be_empty(cell) or is_word(cell):
        return (
            "is not a number. Every value must be a plain number such as 12.5, or empty where "
            f"there is no reading: if '{cell}' stands for none, add --na '{cell}' (na='{cell}' in "
            "Python)"
        )
    if is_date(cell):
        return (
            "is a date or time. Spreadsheets turn numbers such as 1.5 or 5-3 into dates: format "
            "the column as numbers and enter the value again"
        )
    if _WITH_UNIT.fullmatch(cell):
        return (
            "is not a number alone. Write the number alone, and its unit into the column's name; "
            "one unit behind every number is taken off a column that is named as value"
        )
    return (
        "is not a number. Every value must be a plain number such as 12.5, or empty where there "
        "is no reading"
    )


def read_label(text: str | None) -> str | None:
    """Return the label in a cell, None where it is empty; 1 and 1.0 are one label."""
    label = tidy(text or "")
    if label.casefold() in EMPTY_LABELS:
        return None
    whole, dot, decimals = label.partition(".")
    return whole if dot and not decimals.strip("0") and whole.lstrip("-").isdigit() else label


def look(label: str, *, capitals: bool = False, punctuation: bool = True) -> str:
    """Return what labels have in common that a reader would take for one.

    The kind of dash or space, leading zeros, how a number is written, and, if not asked for,
    capitals do not count; nor do, if so told, points and the like beside letters: `WT.`, `a/1`.
    """
    folded = unicodedata.normalize("NFKC", label)
    folded = folded if capitals else folded.casefold()
    folded = re.sub(r"[‐‑‒–—−]", "-", folded)
    if is_plain_number(folded):
        return repr(float(folded))
    if not punctuation:
        folded = _BESIDE_LETTERS.sub("", folded)
    folded = re.sub(r"(?<=\w)[\s_-]+(?=\w)", " ", folded)
    folded = re.sub(r"(?<=[^\W\d]) (?=\d)", "", folded)
    return re.sub(r"(?<![\d.])0+(?=\d)", "", folded)


def is_note(cell: str) -> bool:
    """Return whether a cell is a note, as stands below a table: behind a star, or in words."""
    marked = cell[:1] in {*"*†‡§"} and any(map(str.isalpha, cell))
    return marked or len(re.findall(r"[^\W\d_]{2,}", cell)) >= _FEWEST_WORDS
