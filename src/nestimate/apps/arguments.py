"""The options that commands share, each once, and how their text is read."""

import re
from pathlib import Path
from typing import Annotated

import typer

from nestimate.errors import DesignError

Data = Annotated[
    Path,
    typer.Argument(
        help="CSV, TSV, Excel, Parquet, Feather; - for standard input.", allow_dash=True
    ),
]
Reference = Annotated[str | None, typer.Option(help="Group to compare with.")]
Response = Annotated[str, typer.Option(help="What a value is: counts, K/N, proportion, censored.")]
Exposure = Annotated[str | None, typer.Option(help="Area or time behind a count.", hidden=True)]
Limit = Annotated[
    str | None, typer.Option(help="Limit that BLQ stands for, or its column.", hidden=True)
]
Robust = Annotated[str | None, typer.Option(help="Student-t: units, replicates.")]
Scale = Annotated[str, typer.Option(help="linear, or log (ratios).")]
Adjust = Annotated[str | None, typer.Option(help="Covariates: age,baseline.", hidden=True)]
Order = Annotated[str | None, typer.Option(help="Groups in order: 0,1,3,10.", hidden=True)]
Preset = Annotated[str, typer.Option(help="default, kruschke2013, meredith2021.", hidden=True)]
Prior = Annotated[list[str] | None, typer.Option(help="'tau = halfnormal(2)'; repeatable.")]
Rope = Annotated[str | None, typer.Option(help="LO,HI: differences as good as none.")]
Contrasts = Annotated[
    list[str] | None, typer.Option("--contrast", help="'(b + c)/2 - a', or 'pairs'; repeatable.")
]
Against = Annotated[
    float | None, typer.Option(help="Compare groups (or all rows) with this value.")
]
CiProb = Annotated[float, typer.Option("--ci-prob", "--ci", help="Mass of intervals.")]
CiKind = Annotated[str, typer.Option(help="hdi or eti.")]
Simultaneous = Annotated[
    bool, typer.Option("--simultaneous", help="Intervals hold for all differences at once.")
]
Ess = Annotated[float, typer.Option(help="Effective draws wanted.")]
Seed = Annotated[int, typer.Option(help="Random seed.")]
Json = Annotated[
    Path | None,
    typer.Option("--json", help="Write all numbers; - prints them alone.", allow_dash=True),
]
Report = Annotated[Path | None, typer.Option(help="Write a report: .html or .md.")]
Draws = Annotated[Path | None, typer.Option(help="Write the draws (NetCDF).")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace such files.")]
Sheet = Annotated[str | None, typer.Option(help="Sheet of a workbook.")]
ValueUnit = Annotated[str | None, typer.Option(help="Its unit of measurement: mg/L.")]
Edits = Annotated[
    list[str] | None,
    typer.Option("--edit", help="'without row 9 # why', 'row 9, y = 5 # why'.", hidden=True),
]
Decimal = Annotated[str | None, typer.Option(help="Decimal mark of the file: . or ,")]

SkipRows = Annotated[
    str | None, typer.Option(help="Rows left out: 3 (the first), '2-4', '9,14-16'.")
]
HeaderRow = Annotated[int | None, typer.Option(help="Row that names the columns.")]
Na = Annotated[str | None, typer.Option(help="Cells without a reading: 'n.d.,nd'.")]
FillDown = Annotated[
    str | None, typer.Option(help="Columns whose empty cells continue the label above.")
]


#: What a spreadsheet takes for a formula that does something; genotypes such as +/+ are none.
FORMULA = re.compile(r"[=@\t\r]|[-+].*[(|!]", re.DOTALL)


def group_means(given: str) -> dict[str, float]:
    """Read `placebo=100,drug=101`."""
    found: dict[str, float] = {}
    for piece in given.split(","):
        label, equals, mean = piece.partition("=")
        if label.strip() in found:
            raise DesignError(
                f"--groups '{given}': {label.strip()} is given twice. Name each group once."
            )
        try:
            found[label.strip()] = float(mean)
        except ValueError:
            equals = ""
        if not equals or not label.strip():
            raise DesignError(
                f"--groups '{given}': write each group with its mean, the reference first: "
                "'placebo=100,drug=101'."
            )
        if FORMULA.match(label.strip()):
            raise DesignError(
                f"--groups '{given}': a spreadsheet would run {label.strip()} as a formula when it "
                "opens the file. Choose a name that starts with a letter or a number."
            )
    return found


def contrasts(given: list[str] | None) -> str | tuple[str, ...]:
    """Return the contrasts asked for; `pairs` and `reference` are words of their own."""
    if not given:
        return "reference"
    return given[0] if given in (["pairs"], ["reference"]) else tuple(given)


def priors(given: list[str] | None) -> dict[str, str]:
    """Read `tau = halfnormal(2)`, several of them."""
    found: dict[str, str] = {}
    for text in given or []:
        name, equals, prior = text.partition("=")
        if not equals or not prior.strip():
            raise DesignError(
                f"--prior '{text}': write the parameter, =, and its prior: 'tau = halfnormal(2)', "
                "or a number to fix it: 'nu = 30'."
            )
        if name.strip() in found:
            raise DesignError(
                f"--prior '{text}': {name.strip()} already has the prior "
                f"'{found[name.strip()]}'. Give one prior for each parameter."
            )
        found[name.strip()] = prior.strip()
    return found


def rope(given: str | None) -> tuple[float, float] | None:
    """Read `-0.5,0.5`."""
    if given is None:
        return None
    try:
        low, high = (float(edge) for edge in given.split(","))
    except ValueError:
        raise DesignError(
            f"--rope '{given}': write two numbers with a comma between them, such as "
            "--rope -0.5,0.5."
        ) from None
    return low, high
