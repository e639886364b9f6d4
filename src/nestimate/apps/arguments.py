"""The options that commands share, each once, and how their text is read."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields, replace
from functools import wraps
from inspect import Parameter, signature
from operator import getitem
from pathlib import Path
from typing import Annotated, Any

import typer

from nestimate.errors import DesignError
from nestimate.options import Options


def whole(text: str | int) -> int:
    """Read a whole number."""
    try:
        return int(text)
    except ValueError:
        raise typer.BadParameter(f"'{text}' is no whole number; write one, such as 1.") from None


Data = Annotated[
    Path,
    typer.Argument(
        help="CSV, TSV, Excel, Parquet, Feather; - for standard input.", allow_dash=True
    ),
]
Reference = Annotated[str | None, typer.Option(help="Group to compare with.")]
Seed = Annotated[int, typer.Option(help="Random seed.", parser=whole, metavar="INTEGER")]
Json = Annotated[
    Path | None,
    typer.Option("--json", help="Write all numbers; - prints them alone.", allow_dash=True),
]
Report = Annotated[Path | None, typer.Option(help="Write a report: .html, .pdf or .md.")]
Draws = Annotated[Path | None, typer.Option(help="Write the draws (NetCDF).")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace such files.")]

Brief = Annotated[bool, typer.Option("--brief", help="Print the few lines that matter most.")]
OfCompare = Annotated[str | None, typer.Option(hidden=True)]
EveryFigure = Annotated[
    bool, typer.Option("--every-figure", help="In the report, all figures.", hidden=True)
]


@dataclass(frozen=True, kw_only=True)
class Spelling:
    """One of the `Options` as the command line has it.

    Attributes
    ----------
    help
        What its help says.
    kind
        What typer reads.
    read
        From what was typed to the value of the option.
    flags
        Its words; none: its name.
    word
        What the command line calls it, where that is not the name of the option.
    hidden
        Left out of the help.
    after
        Parameter that it follows; `options`: in their place.
    """

    help: str
    kind: Any = str | None
    read: Callable[[Any], Any] | None = None
    flags: tuple[str, ...] = ()
    word: str = ""
    hidden: bool = False
    after: str = "options"

    def parameter(self, name: str) -> Parameter:
        """Return the parameter of a function that typer makes this option of."""
        number: dict[str, Any] = {}
        if self.kind in (int, int | None):
            number = {"parser": whole, "metavar": "INTEGER"}
        option = typer.Option(*self.flags, help=self.help, hidden=self.hidden, **number)
        return Parameter(
            self.word or name,
            Parameter.KEYWORD_ONLY,
            default=None if self.read else USUAL[name],
            annotation=getitem(Annotated, (self.kind, option)),
        )


#: What holds where nothing is typed.
USUAL = {field.name: field.default for field in fields(Options)}

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
    """Return the contrasts asked for."""
    return tuple(given) if given else "reference"


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


def _several(given: list[str] | None) -> tuple[str, ...]:
    return tuple(given or ())


_LAST = "overwrite"
#: Every option of the library on the command line, in the order of the help.
SPELLINGS = {
    "value_unit": Spelling(help="Its unit of measurement: mg/L.", after="value"),
    "n": Spelling(help="Readings behind each mean."),
    "sd": Spelling(help="Their SD."),
    "se": Spelling(help="Known standard error."),
    "response": Spelling(help="Or: counts, K/N, censored.", kind=str),
    "exposure": Spelling(help="Area or time behind a count.", hidden=True),
    "limit": Spelling(help="What BLQ stands for: '<0.5', '>40', or a column.", hidden=True),
    "robust": Spelling(help="Student-t: units, replicates."),
    "tau": Spelling(help="Spread of units or effects: own, common, pooled."),
    "scale": Spelling(help="linear, or log (ratios).", kind=str),
    "sigma": Spelling(help="Replicate SD: common or own.", kind=str),
    "preset": Spelling(help="default, kruschke2013, meredith2021.", kind=str, hidden=True),
    "prior": Spelling(
        help="'tau = halfnormal(2)'; repeatable.", kind=list[str] | None, read=_several
    ),
    "rope": Spelling(help="LO,HI: as good as none; of ratios 0.8,1.25.", read=rope),
    "contrast": Spelling(
        help="'(b + c)/2 - a', or 'pairs'; repeatable.", kind=list[str] | None, read=contrasts
    ),
    "order": Spelling(help="Groups in order: 0,1,3,10; of factors day=0,1,3.", hidden=True),
    "adjust": Spelling(help="Covariates: age,baseline.", hidden=True),
    "at": Spelling(help="Measurements where groups are compared: 'age=20,40'.", hidden=True),
    "relative_to": Spelling(help="Control of each block: ratios to it.", hidden=True),
    "against": Spelling(help="Compare groups (or all rows) with this value.", kind=float | None),
    "ci_prob": Spelling(help="Mass of intervals.", kind=float, flags=("--ci-prob", "--ci")),
    "ci_kind": Spelling(help="hdi or eti.", kind=str),
    "simultaneous": Spelling(
        help="Intervals hold for all differences at once.", kind=bool, flags=("--simultaneous",)
    ),
    "bayes_factor": Spelling(
        help="For a difference of exactly 0.", kind=bool, flags=("--bayes-factor",)
    ),
    "ess": Spelling(help="Effective draws wanted [10,000; 20 groups: 4,000].", kind=float),
    "seed": Spelling(help="Random seed.", kind=int),
    "sheet": Spelling(help="Sheet of a workbook; WT,KO: both.", after=_LAST),
    "decimal": Spelling(help="Decimal mark of the file: . or ,", after=_LAST),
    "skip_rows": Spelling(help="Rows left out: 3 (the first), '2-4', '9,14-16'.", after=_LAST),
    "header_row": Spelling(
        help="Row that names the columns.", kind=int | None, hidden=True, after=_LAST
    ),
    "na": Spelling(help="Cells without a reading: 'n.d.,nd'.", after=_LAST),
    "fill_down": Spelling(
        help="Columns whose empty cells continue the label above.", hidden=True, after=_LAST
    ),
    "edits": Spelling(
        help="'without row 9 # why', 'row 9, y = 5 # why'.",
        kind=list[str] | None,
        read=_several,
        word="edit",
        hidden=True,
        after=_LAST,
    ),
    "wide": Spelling(help="Columns are groups, or replicates.", after=_LAST),
}


#: Options that say which rows and cells make a table.
OF_TABLES = ("sheet", "decimal", "skip_rows", "header_row", "na", "fill_down", "edits")


def with_options(
    names: Collection[str], changes: Mapping[str, Mapping[str, Any]] | None = None
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options of these names; its parameter `options` is a mapping of them.

    Parameters
    ----------
    names
        Which of `SPELLINGS`.
    changes
        What of a spelling is otherwise in this command, by the name of the option.
    """
    taken = {
        name: replace(one, **(changes or {}).get(name, {}))
        for name, one in SPELLINGS.items()
        if name in names
    }

    def of(command: Callable[..., None]) -> Callable[..., None]:
        own = signature(command, eval_str=True).parameters
        placed: list[Parameter] = []
        for name, parameter in own.items():
            if name != "options":
                placed.append(parameter.replace(kind=Parameter.KEYWORD_ONLY))
            placed += [one.parameter(word) for word, one in taken.items() if one.after == name]

        @wraps(command)
        def _spelt(**given: Any) -> None:
            chosen = {name: given.pop(one.word or name) for name, one in taken.items()}
            for name, one in taken.items():
                if one.read:
                    chosen[name] = one.read(chosen[name])
            command(**given, options=chosen)

        _spelt.__signature__ = signature(command).replace(parameters=placed)  # type: ignore[attr-defined]
        _spelt.__annotations__ = {one.name: one.annotation for one in placed}
        return _spelt

    return of


def refuse_roles(formula: str, *, value: str | None, unit: str | None, block: str | None) -> None:
    """Say how a formula names what `compare` takes as roles.

    Raises
    ------
    DesignError
        When a role is given beside a formula.
    """
    given = {role: name for role, name in (("unit", unit), ("block", block)) if name}
    terms = " + ".join(f"(1 | {name})" for name in given.values())
    if given:
        raise DesignError(
            f"--{' and --'.join(given)}: fit takes what was sampled from the formula: "
            f"'{formula} + {terms}'. Roles are given to nestimate compare."
        )
    if value:
        raise DesignError(
            f"--value: fit takes the value from the formula: '{value} ~ ...'. Roles are given to "
            "nestimate compare."
        )
