"""What labels look like, whatever their column is called: counted, amounts, numbers, wells."""

import re
from collections.abc import Collection, Sequence
from itertools import pairwise
from shlex import quote

from nestimate.data.designs.groups import CONTROLS, look_alikes
from nestimate.data.designs.proportions import NO, YES
from nestimate.data.designs.vocabulary import AROUND
from nestimate.data.tables.cells import is_plain_number
from nestimate.data.tables.edits import Rename
from nestimate.data.tables.steps import CALENDAR

#: Genes as they are inherited.
_GENOTYPE = re.compile(
    r"[+-]/[+-]|(fl|\w+)/(fl|\w+|[+-])|wt|het|hom|homo|hetero|ko|tg|mut|null|cre[+-]"
)
#: Marks in ears: left, right, none, both, and several.
_MARKS = frozenset(
    {"l", "r", "n", "b", "lr", "rl", "ll", "rr", "llr", "lrr", "llrr", "0", "-", "none", "no mark"}
    | {"unmarked", "both", "left", "right", "2l", "2r", "l2", "r2", "lr2", "1l", "1r", "bi", "o"}
)
#: When something was read: day 7, V1, 24 h, before and after.
_MOMENT = re.compile(
    r"(t|d|h|day|week|wk|tp|v|visit)[ _-]?\d+|\d+[ _-]?(h|hr|hrs|d|min|s|wk|weeks?|days?|mo)"
    r"|pre|post|before|after|baseline|follow[ _-]?up|off|vorher|nachher|avant|après|antes|después"
)
_DATE = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([ T].*)?|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2})")
#: What denies the word behind it, and words for days, places and orders, which name things.
_DENIALS = ("un", "non", "no", "not", "in", "de", "dis", "nicht", "ohne", "sin", "sans", "senza")
_ORDERS = re.compile(
    rf"{CALENDAR}|first|second|one|two|left|right|upper|lower|top|bottom|front|back|inner|outer"
    r"|north(ern)?|south(ern)?|east(ern)?|west(ern)?|links|rechts|gauche|droite"
)
_LEVELS = frozenset({"hi", "lo", "high", "low", "medium", "med", "mid", "none", "zero"})
_ROMAN = frozenset(["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"])
#: More labels than this are not listed one by one, nor searched for look-alikes.
MOST_LABELS = 20_000
#: More labels than this are not taken for kinds without a name that says so.
MOST_KINDS = 4
#: Labels below which A1 and B2 are no wells of a plate.
FEWEST_WELLS = 6


def counting(labels: Sequence[str], starts: Sequence[int] = (0, 1)) -> bool:
    """Return whether labels count from 0 or 1, with the same letters before each number or none."""
    parts = [re.fullmatch(r"(\D*)0*(\d+)", label) for label in labels]
    found = [part for part in parts if part is not None]
    numbers = sorted(int(part[2]) for part in found)
    alike = len(found) == len(labels) and len({part[1] for part in found}) == 1
    return alike and any(numbers == [*range(k, k + len(numbers))] for k in starts)


def stepped(labels: Sequence[str]) -> bool:
    """Return whether labels are amounts that were set: doses, and no numbers of things.

    They have gaps and start at 0, or each of several is twice the one before or more. A unit of
    measurement may stand behind each of them, the same: `0.2cwt`.
    """
    # Labels stand as they were typed, with decimal commas where these are used.
    parts = [re.fullmatch(r"([\d.]+)\s*(\D*)", label.replace(",", ".")) for label in labels]
    amounts = [part[1] for part in parts if part is not None and is_plain_number(part[1])]
    if len(amounts) < len(labels) or len({part[2] for part in parts if part is not None}) > 1:
        return False
    numbers = sorted(map(float, amounts))
    if numbers[0] == 0:
        return numbers != list(range(len(numbers)))
    return len(numbers) > 3 and all(b >= 2 * a > 0 for a, b in pairwise(numbers))


def ranged(labels: Sequence[str]) -> bool:
    """Return whether labels are ranges one above another: depths 0-10, 10-30, 30-60."""
    ends = [re.fullmatch(r"([\d.]+)\s?[-–]\s?([\d.]+)\s*(\D*)", label) for label in labels]
    numbers = [(m[1], m[2]) for m in ends if m and is_plain_number(m[1]) and is_plain_number(m[2])]
    order = [
        end for pair in sorted((float(low), float(high)) for low, high in numbers) for end in pair
    ]
    rises = all(a <= b for a, b in pairwise(order)) and all(float(a) < float(b) for a, b in numbers)
    return len(labels) == len(numbers) > 1 and rises


def number_things(labels: Sequence[str]) -> bool:
    """Return whether labels number things, as of boxes 1 and 2: nothing to compare by themselves.

    0 and 1 are no and yes.
    """
    run = lettered(labels)
    whole = all(map(str.isdigit, labels)) and not any(int(label) == 0 for label in labels)
    return whole or run or (counting(labels) and sorted(labels) != ["0", "1"])


def are_numbered(name: str, labels: Sequence[str]) -> bool:
    """Return whether labels number what their column names: `Mill 1` to `Mill 4` of mills."""
    stems = {re.sub(r"[\W_]*\d+$", "", label).casefold() for label in labels}
    return counting(labels) and len(labels) > 2 and stems == {name.strip(" _.").casefold()}


def alike_but_numbers(labels: Sequence[str]) -> bool:
    """Return whether labels differ in their numbers alone: T1 to T5, 2023-11 to 2023-15."""
    return len({re.sub(r"\d+", "", label) for label in labels}) == 1


def lettered(labels: Sequence[str]) -> bool:
    """Return whether labels are A, B, C or a, b, c, as many as there are."""
    return any(sorted(labels) == [chr(ord(a) + i) for i in range(len(labels))] for a in "Aa")


def are_kinds(labels: Sequence[str]) -> bool:
    """Return whether a few labels name kinds of something: neither counted nor numbered alike."""
    told = all(re.search(r"[^\W\d_]", lab) or re.fullmatch(r"[+/-]+|0", lab) for lab in labels)
    stems = {re.sub(r"\d+", "", label) for label in labels}
    run = lettered(labels)
    days = any(re.fullmatch(CALENDAR, label.casefold()) for label in labels)
    counted = run or len(stems) == 1 or {*labels} <= _ROMAN
    return told and len(labels) <= MOST_KINDS and not (counted or days)


def are_marks(labels: Sequence[str]) -> bool:
    """Return whether labels are marks in the ears of an animal: left, right, both, none, twice.

    Left and right alone are rather the ears.
    """
    said = {label.casefold() for label in labels}
    return said < _MARKS and not said <= {"l", "r", "left", "right"}


def are_tags(labels: Sequence[str]) -> bool:
    """Return whether labels are tags, `O1976`: they name what they are on."""
    return all(re.search(r"\d{3}", label) for label in labels)


def are_dates(labels: Sequence[str]) -> bool:
    """Return whether labels are dates."""
    return all(map(_DATE.fullmatch, labels))


def are_wells(labels: Sequence[str]) -> bool:
    """Return whether labels are those of wells of several rows of a plate."""
    several = len({label[0] for label in labels if label}) > 2
    return len(labels) >= FEWEST_WELLS and several and are_places(labels)


def are_places(labels: Sequence[str]) -> bool:
    """Return whether labels are letters of rows and numbers of columns of a plate: A1, A01, H12."""
    return bool(labels) and all(re.fullmatch(r"[A-P](0?[1-9]|[1-4]\d)", x) for x in labels)


def are_names(labels: Sequence[str]) -> bool:
    """Return whether labels are names: neither counted nor single letters."""
    return not counting(labels) and any(len(re.sub(r"[\W\d_]", "", label)) > 1 for label in labels)


def are_compared(labels: Sequence[str]) -> bool:
    """Return whether labels say themselves that they are compared: one is a control, or a genotype.

    A line of mice that is +/+ or +/- is no line of cells.
    """
    controls = any(label.casefold() in CONTROLS for label in labels)
    return controls or all(_GENOTYPE.fullmatch(label.casefold()) for label in labels)


#: Words that are written out or cut short, as those of one group may be in one column.
_SPELLINGS = tuple(
    frozenset(said.split(","))
    for said in (
        "control,controls,ctrl,ctl,ctr,cntrl,con,cont,contr,kontrolle",
        "wild type,wildtype,wt,+/+",
        "knockout,knock out,ko,-/-",
        "heterozygous,heterozygote,het,hets,+/-",
        "homozygous,homozygote,hom,homo",
        "vehicle,veh",
        "untreated,ut,untr",
        "treated,treatment,trt,treat",
        "mutant,mut",
        "female,f,fem,females",
        "male,m,males",
        "placebo,plac,pbo",
        "saline,sal",
        "baseline,bl,base",
    )
)


def are_constructs(labels: Sequence[str]) -> bool:
    """Return whether labels name what silences genes: siATG7, siNT, shLuc, sgTP53."""
    return all(re.fullmatch(r"(si|sh|sg)[-_ ]?[A-Z]\w*([-_ .]\w+)*", label) for label in labels)


def are_sides(labels: Sequence[str]) -> bool:
    """Return whether labels say on which side or in which order: left, north, first."""
    return all(re.fullmatch(_ORDERS, label.casefold()) for label in labels)


def are_levels(labels: Sequence[str]) -> bool:
    """Return whether labels say how much of something was given: protein that is high or low."""
    return {label.casefold() for label in labels} <= _LEVELS


def are_states(labels: Sequence[str], of: Collection[str] = ()) -> bool:
    """Return whether two labels say what was done to something, or how it was: not what it is.

    They are yes and no, levels, one with a control, one the other's denial or a form of a word that
    is spoken `of`, or both words in small letters that are no days, sides or orders.
    """
    said = [label.casefold() for label in labels]
    if len(said) != 2 or not all(re.fullmatch(r"[^\W\d_]+([ -][^\W\d_]+)*", s) for s in said):
        return False
    if {*said} <= YES | NO or are_levels(labels) or {*said} & CONTROLS:
        return True
    one, other = said
    denied = any(b.removeprefix(p).strip(" -") == a for p in _DENIALS for a, b in _both(one, other))
    made = any(s.startswith(word) and s != word for word in of if len(word) > 2 for s in said)
    plain = all(label.islower() and len(label) > 2 for label in labels)
    return denied or made or (plain and not any(_ORDERS.fullmatch(s) for s in said))


def _both(one: str, other: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return (one, other), (other, one)


def cut_short(labels: Sequence[str]) -> list[list[str]]:
    """Return labels that say the same, one written out and one cut short: control, CTRL."""
    found: list[dict[str, str]] = [{} for _ in _SPELLINGS]
    for label in labels:
        spaced = re.sub(r"(?<=\w)[\s_-]+(?=\w)", " ", label.casefold()).strip(" .")
        for said, met in zip(_SPELLINGS, found, strict=True):
            if spaced in said:
                met.setdefault(spaced, label)
    return [[*met.values()] for met in found if len(met) > 1]


def say_when(labels: Sequence[str]) -> bool:
    """Return whether labels surely say when: d1, d2 may also be donors, and d0, d7 are days."""
    written = all(re.match(r"(?i)(day|week|wk|visit)|\d", label) for label in labels)
    return len({*labels}) > 1 and visits([*labels]) and (written or not counting([*{*labels}]))


def are_around(labels: Sequence[str]) -> bool:
    """Return whether labels say before and after: of these nobody wants the mean."""
    return {label.casefold() for label in labels} <= AROUND


def visits(labels: Sequence[str]) -> bool:
    """Return whether labels say when: pre and post, V1, day 7."""
    return all(_MOMENT.fullmatch(label.casefold()) for label in labels)


def alike_said(name: str, labels: tuple[str, ...]) -> tuple[str, ...]:
    """Say which labels of a column a reader would take for one."""
    sets = look_alikes(labels) if len(labels) <= MOST_LABELS else []
    short = cut_short(labels) if len(labels) <= MOST_LABELS else []
    short = [found for found in short if not any({*found} <= {*one} for one in sets)]
    return (*_said_of(name, sets), *_said_of(name, short, "may be two words for one"))


def _said_of(name: str, sets: Sequence[Sequence[str]], what: str = "look alike") -> tuple[str, ...]:
    if not sets:
        return ()
    shown = "; ".join(" and ".join(f"'{label}'" for label in found) for found in sets[:3])
    more = f" (and {len(sets) - 3} more)" if len(sets) > 3 else ""
    edits = [Rename(column=name, label=x, text=one) for one, *others in sets[:3] for x in others]
    lines = " ".join(f"--edit {quote(str(edit))}" for edit in edits[:3])
    return (
        f"{name}: {shown}{more} {what} but count as different labels. If they are the same, write "
        f"them the same way first: {lines} (edits in Python).",
    )
