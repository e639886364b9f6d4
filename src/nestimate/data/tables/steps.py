"""Columns of one quantity at several times, doses or places, told by what their titles differ in.

Titles of one family are alike but for one part: a date, a month, an end of a range, a number. The
columns are then levels of something, whatever they are called.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from nestimate.data.tables.titles import counts_time, moment

#: Days of the week and months.
CALENDAR = (
    r"(mon|tues?|wed(nes)?|thu(rs?)?|fri|sat(ur)?|sun)(day)?"
    r"|jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sep(t(ember)?)?"
    r"|oct(ober)?|nov(ember)?|dec(ember)?"
)
_NUMBER = r"\d+(?:\.\d+)?"
#: Parts that say at what of some levels a column was read, by what they are levels of.
_PARTS = {
    "date": rf"\d{{4}}[-/.]\d{{1,2}}(?:[-/.]\d{{1,2}})?"
    rf"|\d{{1,2}}[-/.]\d{{1,2}}[-/.](?:\d{{4}}|\d\d)"
    rf"|\d{{1,2}}\.\d{{1,2}}\.|\d{{1,2}}\.?[\s-]?(?:{CALENDAR})|(?:{CALENDAR})[\s-]?\d{{1,2}}",
    "when": rf"{CALENDAR}|spring|summer|autumn|fall|winter|frühling|sommer|herbst|printemps|été"
    "|automne|hiver|primavera|verano|otoño|invierno|estate|autunno|am|pm|morning|forenoon|noon"
    "|midday|afternoon|evening|night|midnight|dawn|dusk|morgens|mittags|abends|nachts",
    "level": "low|lo|mid|med|medium|middle|intermediate|moderate|high|hi|niedrig|mittel|hoch",
    "side": "ipsi(?:lateral)?|contra(?:lateral)?|left|right|proximal|distal|medial|lateral"
    "|anterior|posterior|dorsal|ventral|rostral|caudal|apical|basal|upper|lower|top|bottom|inner"
    "|outer|o[ds]|links|rechts|gauche|droite",
    "zone": "open|closed|cent(?:er|re)|peripher(?:y|al)|border|corners?",
    "phase": "light|dark",
    "object": "novel|familiar",
    "range": rf"{_NUMBER}\s*(?:-|–|to)\s*{_NUMBER}",
    "dilution": rf"1\s*[:/]\s*{_NUMBER}",
    "roman": "i{1,3}|iv|vi{0,3}|ix|x",
    "number": _NUMBER,
}
_ANY = re.compile(
    "|".join(
        # Words stand alone; a number may stand behind a letter, as in E12.5.
        rf"(?P<{sort}>(?<!\d)(?:{form})(?!\d))"
        if sort in {"number", "range", "dilution"}
        else rf"(?P<{sort}>(?<![^\W_])(?:{form})(?![^\W_]))"
        for sort, form in _PARTS.items()
    )
)
#: Sorts of parts by which a factor may be called.
_NAMED = frozenset({"date", "when", "level", "side", "zone", "phase", "object"})
#: Sorts of parts that may as well tell outcomes or readings apart.
_OPEN = frozenset({"number", "roman", "side", "zone", "phase", "object"})
#: What stands behind a number that says how much, how long, how far or how often.
_UNIT = re.compile(
    (
        r"\s*(?:[pnµumkc]?m|[fpnµum]?[gl]|[pnµum]?mol|k?hz|k?pa|bar|min|h|hrs?|hours?|s|secs?|ms|d|days?"
        r"|weeks?|wks?|months?|years?|yrs?|%|°?c|k|k?da|gy|u|iu|ppm|ppb|db|[mkµ]?v|[mµnp]?a|moi|x|fold"
        r"|cm|km|mmol|mg/kg|g/l|[mµn]g/ml|u/ml|mg/l)\.?"
    ).casefold()
)

#: What stands in brackets behind a title.
_REMARK = re.compile(r"\s*[(\[][^()\[\]]*[)\]]\s*$")
_ROMAN = frozenset(["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x"])
#: What stands before a part, its sort, and what stands behind.
_Key = tuple[str, str, str]


@dataclass(frozen=True, kw_only=True)
class Steps:
    """Columns whose titles differ in one part.

    Attributes
    ----------
    columns
        In the order of the table.
    factor
        What they are levels of, as far as it is said.
    marks
        The part of each.
    known
        Whether these parts can be nothing but levels: dates, ranges, amounts with a unit.
    """

    columns: tuple[str, ...]
    factor: str
    marks: tuple[str, ...]
    known: bool

    @property
    def numbers(self) -> tuple[float, ...]:
        """The parts as numbers, () where they are none."""
        plain = all(re.fullmatch(_NUMBER, mark) for mark in self.marks)
        return tuple(map(float, self.marks)) if plain else ()

    @property
    def timed(self) -> bool:
        """Whether numbers say when: T1 and T2, or 0, 30 and 60 of one quantity."""
        begins = self.numbers[:1] == (0.0,) and self.factor != "column"
        return bool(self.numbers) and (begins or counts_time(self.factor, self.marks))

    @property
    def set(self) -> bool:
        """Whether numbers look as if they were set: from 0 on, or several in steps that are even.

        Those of two proteins, wavelengths or genes hardly do.
        """
        numbers = sorted(self.numbers)
        if not numbers:
            return not {*self.marks} <= _ROMAN
        first, *rest = numbers
        even = {round(b - a, 9) for a, b in zip(numbers, rest, strict=False)}
        ratios = {round(b / a, 9) for a, b in zip(numbers, rest, strict=False) if a}
        return first == 0 or (len(rest) > 1 and min(len(even), len(ratios)) == 1)


def steps(names: Sequence[str]) -> list[Steps]:
    """Return the families of titles that differ in one part, the largest first.

    Two parts that are all met with each other, day 1 AM to day 2 PM, are one.
    """
    if crossed := _crossed(names):
        rest = [name for name in names if name not in crossed.columns]
        return sorted([crossed, *steps(rest)], key=lambda one: -len(one.columns))
    found: dict[_Key, dict[str, str]] = {}
    bare = [_REMARK.sub("", name) for name in names]
    # What one title adds in brackets, as `ipsi (6-OHDA)`, is no part of what they differ in.
    added = len({name[len(own) :] for name, own in zip(names, bare, strict=True)}) > 1
    for name, own in zip(names, bare, strict=True):
        for key, mark in _parts(own if added and len({*bare}) == len(bare) else name):
            found.setdefault(key, {})[name] = mark
    made: list[Steps] = []
    taken: set[str] = set()
    for key, of in sorted(found.items(), key=lambda item: -len(item[1])):
        left = {name: mark for name, mark in of.items() if name not in taken}
        if len({*left.values()}) > 1:
            made.append(_made(key, left))
            taken |= {*left}
    return made


def one_family(names: Sequence[str]) -> bool:
    """Return whether all names are levels of one thing."""
    return [one.columns for one in steps(names)] == [tuple(names)]


def parallel(names: Sequence[str]) -> list[Steps]:
    """Return families that run alike beside each other: glucose and insulin at 0, 30 and 60 min.

    They differ in a word: not 16:0, 18:0 and 16:1, 18:1.
    """
    found: dict[tuple[str, tuple[str, ...]], list[Steps]] = {}
    for one in steps(names):
        found.setdefault((one.factor.casefold() if one.known else "", one.marks), []).append(one)
    for several in found.values():
        if len({moment(one.columns[0])[1] for one in several}) > 1:
            continue  # before and after
        said = {tuple(re.findall(r"[^\W\d_]+\d*", one.columns[0].casefold())) for one in several}
        if len(said) == len(several) > 1:
            return several
    return []


def _crossed(names: Sequence[str]) -> Steps | None:
    """Return titles that differ in two parts, each of one with each of the other; one says when.

    Numbers alone do not, as those of fatty acids 16:0 to 18:1.
    """
    found: dict[tuple[str, ...], dict[str, tuple[str, str]]] = {}
    for name in names:
        said = name.casefold()
        for (sort, one), (last, two) in combinations(_matches(said), 2):
            between = said[one.end() : two.start()]
            key = said[: one.start()], sort, between, last, said[two.end() :]
            found.setdefault(key, {})[name] = (one[0], two[0])
    for (before, sort, between, other, _), of in found.items():
        firsts, seconds = ({marks[i] for marks in of.values()} for i in (0, 1))
        full = min(len(firsts), len(seconds)) > 1 and len({*of.values()}) == len(of)
        words = re.findall(r"[^\W\d_]+", before)[-1:] + re.findall(r"[^\W\d_]+", between)[-1:]
        when = {sort, other} - {"number", "roman"} or any(map(counts_time, words))
        if full and len(of) == len(firsts) * len(seconds) and when:
            known = not {sort, other} <= _OPEN
            marks = tuple(" ".join(pair) for pair in of.values())
            return Steps(columns=tuple(of), factor="column", marks=marks, known=known)
    return None


def met_after(value: str, names: Sequence[str]) -> frozenset[str]:
    """Return the columns that follow one of a family in it: the same quantity, met again later."""
    of = next((one.columns for one in steps(names) if value in one.columns), ())
    return frozenset(of[of.index(value) + 1 :] if of else ())


def _made(key: _Key, marks: dict[str, str]) -> Steps:
    sort = key[1]
    first, mark = next(iter(marks.items()))
    at = first.casefold().index(mark)
    before, after = first[:at], first[at + len(mark) :].strip()
    # CD4 % is a share of CD4, and 450 nm a colour.
    amount = bool(_UNIT.fullmatch(after.casefold())) and after != "nm"
    amount = amount and not re.search(r"[^\W\d_]$", before)
    stem = re.findall(r"[^\W\d_]+", before)
    named = sort in {"number", "roman"} and stem and not amount
    # No quantity is called 10; 1, 2 and 3 may be readings.
    run = [*marks] == [str(i + 1) for i in range(len(marks))]
    amount = amount or (sort == "number" and not (before or after or run))
    return Steps(
        columns=tuple(marks),
        factor=stem[-1] if named else sort if sort in _NAMED else "column",
        marks=tuple(marks.values()),
        known=sort not in _OPEN or amount,
    )


def _parts(name: str) -> Iterator[tuple[_Key, str]]:
    """Yield what stands around each part of a title that may be a level, its sort, and the part."""
    said = name.casefold()
    for sort, match in _matches(said):
        yield (said[: match.start()].strip(), sort, said[match.end() :].strip()), match[0]


def _matches(said: str) -> Iterator[tuple[str, re.Match[str]]]:
    for match in _ANY.finditer(said):
        yield next(sort for sort in _PARTS if match[sort] is not None), match
