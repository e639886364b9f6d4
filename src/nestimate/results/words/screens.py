"""The line that asks the question of every kind of value at once, where kinds are many."""

from shlex import quote
from textwrap import fill

from nestimate.data.inspection.inspection import Inspection
from nestimate.data.inspection.layouts import MANY_KINDS, Samples
from nestimate.results.words.remarks import kinds_of_value

WIDTH = 80
#: Kinds from which a screen learns how far they scatter.
LEARNT = 60
#: Numbers of which the largest is so many times the smallest are no logarithms.
_RAW = 1000.0


def screen_line(inspection: Inspection) -> list[str]:
    """Return the command for kinds below each other."""
    found = []
    for column in kinds_of_value(inspection):
        if column.distinct < MANY_KINDS or inspection.file is None:
            continue
        candidate = inspection.proposals[0].candidate
        roles = {"endpoint": column.name, "value": inspection.value, "group": candidate.group}
        if candidate.units and candidate.units[0] != column.name:
            roles["unit"] = candidate.units[0]
        words = [f"--{role} {quote(str(name))}" for role, name in roles.items()]
        command = " ".join(["nestimate screen", quote(inspection.file), *words, "--out hits.csv"])
        found += [
            f"  The same of every {column.name} ({column.distinct} of them):",
            f"    {command}",
        ]
    return found


def screen_of_samples(inspection: Inspection) -> str:
    """Say how rows of many kinds with a column for each sample are screened; "" of others.

    A sheet says of each column to which group it belongs.
    """
    found = Samples.of(inspection.columns)
    looked_at = [*inspection.proposals[:1]]
    wide = bool(inspection.instead) or any(p.folded == "units" for p in looked_at)
    if found is None or not wide or inspection.file is None:
        return ""
    ends = [c for c in inspection.columns if c.name in found.columns]
    low = min(c.smallest or 0.0 for c in ends)
    high = max(c.largest or 0.0 for c in ends)
    sheet = [f"{n},{g}" for n, g in zip(found.columns, found.groups, strict=True)]
    words = ["nestimate screen", quote(inspection.file), "--samples samples.csv"]
    words += [f"--endpoint {quote(found.kind)} --group group"]
    words += ["--scale log2"] * (low >= 0 and high > _RAW * max(low, 1.0))
    words += ["--na 0"] * any("--na 0" in note for note in inspection.notes)
    words += ["--pool none"] * (found.kinds < LEARNT)
    said = (
        f"Each row is another {found.kind} ({found.kinds:,} of them) and each column a sample: a "
        "screen takes all rows, learns from them how far samples scatter, and says which differ. "
        "Write a sheet of samples, samples.csv, with a row for each column "
        f"({len(found.columns)} of them):"
    )
    return "\n".join(
        [
            f"All {found.kind} at once",
            fill(said, WIDTH, initial_indent="  ", subsequent_indent="    "),
            *(f"     {line}" for line in ["sample,group", *sheet[:2], "..."]),
            f"   {' '.join([*words, '--out hits.csv'])}",
        ]
    )
