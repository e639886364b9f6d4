"""What is said alike of many differences, said once."""

from collections import Counter
from collections.abc import Sequence

from nestimate.remedies import Advice
from nestimate.results.estimates.summaries import Check

#: Differences of which the same is said, one by one, at most.
MOST = 3


def gathered(checks: Sequence[Check], names: Sequence[str]) -> list[tuple[bool, str]]:
    """Return whether each check passed and its sentence; those that differ in a name alone as one.

    Parameters
    ----------
    checks
        What was looked at, in the order in which it is said.
    names
        The differences that sentences name.
    """
    alike: dict[tuple[bool, str, str], list[str]] = {}
    for check in checks:
        # What proposes something names it in its own words.
        name = "" if isinstance(check.text, Advice) else _named(check.text, names)
        common = check.text.replace(name, "\0") if name else check.text
        alike.setdefault((check.passed, check.name, common), []).append(name or check.text)
    said: dict[tuple[bool, str], list[tuple[bool, str]]] = {}
    apart = Counter[tuple[bool, str]]()
    rest: dict[tuple[bool, str], list[str]] = {}
    for (passed, kind, common), found in alike.items():
        lines = said.setdefault((passed, kind), [])
        if "\0" not in common:
            # An advice keeps its remedies: every voice says them in its own words.
            lines += [(passed, check.text) for check in checks if str(check.text) == common][:1]
        elif len(found) <= MOST:
            # Of many that differ in their numbers the first are said, and which the others are.
            room = max(MOST - apart[passed, kind], 0)
            apart[passed, kind] += len(found)
            lines += [(passed, common.replace("\0", name)) for name in found[:room]]
            rest.setdefault((passed, kind), []).extend(found[room:])
        else:
            every = f"each of {len(found)} differences"
            text = common.replace("\0", every)
            lines.append((passed, f"{text[0].upper()}{text[1:]}{_who(found, names)}"))
    for key, others in rest.items():
        if others:
            many = f"{len(others)} more differences" if len(others) > 1 else "one more difference"
            said[key].append((key[0], f"The like holds of {many}: {'; '.join(others)}."))
    return [line for lines in said.values() for line in lines]


def _named(text: str, names: Sequence[str]) -> str:
    """Return the difference that a sentence names; the longest where one name holds another."""
    return max((name for name in names if name in text), key=len, default="")


def _who(found: Sequence[str], names: Sequence[str]) -> str:
    """Name those meant, where they are not all."""
    if len(found) == len(names):
        return ""
    left = f" and {len(found) - MOST} more" if len(found) > MOST else ""
    return f" ({'; '.join(found[:MOST])}{left})"
