"""The command line: parse, call, print. No statistics in here."""

import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from nestimate.compare import Options, compare
from nestimate.errors import DesignError, NestimateError
from nestimate.inspect import inspect
from nestimate.results import text
from nestimate.simulate import Scenario, simulate

app = typer.Typer(
    name="nestimate",
    help="Estimate how far groups differ when every data point has replicates.",
    rich_markup_mode=None,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def _root(
    show_version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if show_version:
        typer.echo(f"nestimate {version('nestimate')}")
        raise typer.Exit


@app.command("compare")
def _compare(  # noqa: PLR0913 - one argument per option is how typer reads a command line
    data: Annotated[Path, typer.Argument(help="Table of readings: CSV or TSV, a row per reading.")],
    value: Annotated[str, typer.Option(help="What was measured.")],
    group: Annotated[str | None, typer.Option(help="What is compared; or --against.")] = None,
    unit: Annotated[
        str | None,
        typer.Option(help="Experimental unit; its rows are readings."),
    ] = None,
    block: Annotated[
        str | None,
        typer.Option(help="Sees several groups: day, litter, line."),
    ] = None,
    reference: Annotated[str | None, typer.Option(help="Group to compare with.")] = None,
    relabel_units: Annotated[
        bool,
        typer.Option(
            "--relabel-units",
            help="Equal labels in different groups are different units.",
        ),
    ] = False,
    n: Annotated[str | None, typer.Option(help="Readings behind each mean.")] = None,
    sd: Annotated[str | None, typer.Option(help="Their SD.")] = None,
    se: Annotated[str | None, typer.Option(help="Known standard error.")] = None,
    robust: Annotated[str, typer.Option(help="units (Student-t) or none (normal).")] = "units",
    tau: Annotated[
        str | None,
        typer.Option(help="Scale between units: own or common."),
    ] = None,
    scale: Annotated[str, typer.Option(help="linear, or log (ratios).")] = "linear",
    sigma: Annotated[str, typer.Option(help="Replicate SD: common or own.")] = "common",
    preset: Annotated[
        str,
        typer.Option(help="default, kruschke2013 or meredith2021."),
    ] = "default",
    prior: Annotated[
        list[str] | None,
        typer.Option(help="'tau = halfnormal(2)'; repeatable."),
    ] = None,
    rope: Annotated[
        str | None,
        typer.Option(help="LO,HI: differences as good as none."),
    ] = None,
    contrast: Annotated[
        list[str] | None,
        typer.Option(help="'(b + c)/2 - a', or 'pairs'; repeatable."),
    ] = None,
    against: Annotated[
        float | None,
        typer.Option(help="Compare groups (or all rows) with this value."),
    ] = None,
    ci: Annotated[float, typer.Option(help="Mass of intervals.")] = 0.95,
    ci_kind: Annotated[str, typer.Option(help="hdi or eti.")] = "hdi",
    ess: Annotated[float, typer.Option(help="Effective draws wanted.")] = 10_000,
    seed: Annotated[int, typer.Option(help="Random seed.")] = 1,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write all numbers.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write an HTML report.")] = None,
    draws: Annotated[Path | None, typer.Option(help="Write the draws (NetCDF).")] = None,
) -> None:
    """Compare groups: nestimate compare data.csv --value y --group arm --unit mouse."""
    outputs = {"--json": json_file, "--report": report, "--draws": draws}
    _check_outputs(outputs, data)
    result = compare(
        data,
        value=value,
        group=group,
        unit=unit,
        block=block,
        reference=reference,
        relabel_units=relabel_units,
        options=Options(
            robust=robust,
            tau=tau,
            scale=scale,
            sigma=sigma,
            n=n,
            sd=sd,
            se=se,
            preset=preset,
            prior=_priors(prior or []),
            contrasts=_contrasts(contrast),
            against=against,
            rope=_rope(rope),
            ci=ci,
            ci_kind=ci_kind,
            ess=ess,
            seed=seed,
        ),
    )
    typer.echo(text.render(result))
    if json_file:
        json_file.write_text(json.dumps(result.to_dict(), indent=1) + "\n", encoding="utf-8")
    if report:
        result.report(report)
    if draws:
        result.draws.to_netcdf(draws, engine="h5netcdf")
    for option, path in outputs.items():
        if path:
            typer.echo(f"{option[2:]} written to {path}")
    if not result.passed:
        raise typer.Exit(3)


@app.command("inspect")
def _inspect(
    data: Annotated[Path, typer.Argument(help="Table: CSV or TSV, a row per reading.")],
    json_file: Annotated[Path | None, typer.Option("--json", help="Write all of it.")] = None,
) -> None:
    """Say what is in a table and which command to run: nestimate inspect data.csv."""
    _check_outputs({"--json": json_file}, data)
    found = inspect(data)
    typer.echo(str(found))
    if json_file:
        json_file.write_text(json.dumps(found.to_dict(), indent=1) + "\n", encoding="utf-8")
        typer.echo(f"json written to {json_file}")
    if not found.proposals:
        raise typer.Exit(2)


@app.command("simulate")
def _simulate(  # noqa: PLR0913
    out: Annotated[Path, typer.Argument(help="CSV file to write.")],
    groups: Annotated[str, typer.Option(help="Group means: 'placebo=100,drug=101'.")],
    units: Annotated[int, typer.Option(help="Units per group (or cell); 0: no units.")] = 6,
    readings: Annotated[int, typer.Option(help="Readings per unit (or cell).")] = 5,
    blocks: Annotated[int, typer.Option(help="Blocks that see every group; 0: none.")] = 0,
    tau: Annotated[float, typer.Option(help="Spread between units.")] = 1.0,
    nu: Annotated[float | None, typer.Option(help="Normality; left out: normal.")] = None,
    tau_block: Annotated[float, typer.Option(help="Spread between blocks.")] = 1.0,
    tau_effect: Annotated[float, typer.Option(help="Spread of the effect of blocks.")] = 0.5,
    sigma: Annotated[float | None, typer.Option(help="SD of a reading.")] = None,
    total_r2: Annotated[
        float | None, typer.Option(help="Share of variance explained; sets sigma.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Random seed.")] = 1,
    truth: Annotated[Path | None, typer.Option(help="Write the truth (JSON).")] = None,
) -> None:
    """Make up data with a known truth: nestimate simulate made.csv --groups a=0,b=1 --sigma 1."""
    _check_outputs({"OUT": out, "--truth": truth}, out)
    made = simulate(
        Scenario(
            groups=_means(groups),
            units=units or None,
            readings=readings,
            blocks=blocks or None,
            tau=tau,
            nu=nu,
            tau_block=tau_block,
            tau_effect=tau_effect,
            sigma=sigma,
            total_r2=total_r2,
        ),
        seed=seed,
    )
    made.table.to_csv(out, index=False)
    typer.echo(f"{len(made.table)} readings written to {out}")
    if truth:
        truth.write_text(json.dumps(made.truth, indent=1) + "\n", encoding="utf-8")
        typer.echo(f"truth written to {truth}")


def _means(given: str) -> dict[str, float]:
    found = {}
    for piece in given.split(","):
        label, equals, mean = piece.partition("=")
        try:
            found[label.strip()] = float(mean)
        except ValueError:
            equals = ""
        if not equals or not label.strip():
            raise DesignError(
                f"--groups '{given}': write each group with its mean, the reference first: "
                "'placebo=100,drug=101'."
            )
    return found


def _contrasts(given: list[str] | None) -> str | tuple[str, ...]:
    if not given:
        return "reference"
    return given[0] if given in (["pairs"], ["reference"]) else tuple(given)


def _priors(texts: list[str]) -> dict[str, str]:
    found = {}
    for given in texts:
        name, equals, prior = given.partition("=")
        if not equals or not prior.strip():
            raise DesignError(
                f"--prior '{given}': write the parameter, =, and its prior: 'tau = halfnormal(2)', "
                "or a number to fix it: 'nu = 30'."
            )
        found[name.strip()] = prior.strip()
    return found


def _rope(given: str | None) -> tuple[float, float] | None:
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


def _check_outputs(outputs: dict[str, Path | None], data: Path) -> None:
    """Find an output that cannot be written before any time is spent on the answer."""
    for option, path in outputs.items():
        if path is None:
            continue
        if not path.parent.is_dir():
            raise DesignError(f"{option} {path}: the folder {path.parent} does not exist.")
        if path.is_dir():
            raise DesignError(f"{option} {path} is a folder: name a file.")
        if path.exists() and data.exists() and path.samefile(data):
            raise DesignError(f"{option} {path} would overwrite the data.")


def main() -> None:
    """Run the command; 0 answered, 2 cannot be answered, 3 a check failed."""
    try:
        app(standalone_mode=True)
    except NestimateError as error:
        typer.echo(f"nestimate: {error}", err=True)
        sys.exit(2)
