"""The command line: parse, call, print. No statistics in here."""

import json
import os
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from shutil import get_terminal_size
from typing import Annotated, Any

import typer

from nestimate.apps import arguments, page, planner, progress, screener
from nestimate.comparison import Comparison, compare, fit
from nestimate.errors import DesignError, NestimateError
from nestimate.examples import EXAMPLES, example
from nestimate.extras import require
from nestimate.options import OF_LAYOUTS, Options
from nestimate.outcomes import Outcomes, split_outcomes
from nestimate.outputs import STANDARD_OUTPUT, check_outputs, check_report, whole
from nestimate.overview import inspect
from nestimate.results.documents import terminal
from nestimate.results.words import lines
from nestimate.simulate import Scenario, simulate

#: Columns of text: fewer cannot be read, and more tire the eye.
NARROWEST, WIDEST = 30, 100

app = typer.Typer(
    name="nestimate",
    cls=progress.Stoppable,
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


@app.command("compare", short_help="Compare groups, named by columns.")
@arguments.with_options(arguments.SPELLINGS)
def _compare(  # noqa: PLR0913 - one argument per word is how typer reads a command line
    data: arguments.Data,
    value: Annotated[
        str | None, typer.Option(help="What was measured; a,b each alone: --outcomes.")
    ] = None,
    outcomes: Annotated[
        bool, typer.Option("--outcomes", help="Each of --value by itself.", hidden=True)
    ] = False,
    group: Annotated[str | None, typer.Option(help="What is compared; or --against.")] = None,
    unit: Annotated[
        str | None, typer.Option(help="Experimental unit; its rows are readings.")
    ] = None,
    block: Annotated[
        str | None, typer.Option(help="Sees several groups: day, litter, line.")
    ] = None,
    reference: arguments.Reference = None,
    relabel_units: Annotated[
        bool,
        typer.Option("--relabel-units", help="Equal labels in two groups are two units."),
    ] = False,
    *,
    options: dict[str, Any],
    json_file: arguments.Json = None,
    report: arguments.Report = None,
    draws: arguments.Draws = None,
    overwrite: arguments.Overwrite = False,
    brief: arguments.Brief = False,
    every_figure: arguments.EveryFigure = False,
) -> None:
    """Compare: nestimate compare data.csv --value y --group arm --unit mouse."""
    outputs = {"--json": json_file, "--report": report, "--draws": draws}
    _check(outputs, data, overwrite=overwrite)
    if outcomes and (value is None or draws is not None):
        raise DesignError(
            "--outcomes: name them with --value weight,length; --draws are those of one outcome."
        )
    named: str | tuple[str, ...] | None = value
    if outcomes and value:
        named = split_outcomes(data, value, Options.of(options).reading)
    with progress.shown():
        result = compare(
            data,
            value=named,
            group=group,
            unit=unit,
            block=block,
            reference=reference,
            relabel_units=relabel_units,
            options=options,
        )
    _deliver(result, outputs, brief=brief, every_figure=every_figure)


@app.command("fit", short_help="Fit a formula and compare the levels of a factor.")
@arguments.with_options(
    arguments.SPELLINGS.keys() - OF_LAYOUTS,
    {
        "robust": {"help": "units (Student-t clusters) or none."},
        "value_unit": {"after": "reference"},
        "at": {"hidden": False},
    },
)
def _fit(  # noqa: PLR0913
    formula: Annotated[str, typer.Argument(help="'y ~ drug + (drug | line)'")],
    data: arguments.Data,
    group: Annotated[str | None, typer.Option(help="Factor to compare; the first one.")] = None,
    reference: Annotated[
        str | None, typer.Option(help="Level to compare with; 'time=t1,arm=control' for several.")
    ] = None,
    *,
    options: dict[str, Any],
    json_file: arguments.Json = None,
    report: arguments.Report = None,
    draws: arguments.Draws = None,
    overwrite: arguments.Overwrite = False,
    brief: arguments.Brief = False,
    every_figure: arguments.EveryFigure = False,
    value: arguments.OfCompare = None,
    unit: arguments.OfCompare = None,
    block: arguments.OfCompare = None,
) -> None:
    """Fit a formula: nestimate fit 'y ~ drug + age + (drug | line)' data.csv.

    Left of ~ stands a column or arithmetic (a - b); (drug | line) is what differs between lines;
    C(x) makes labels of numbers. Functions: log, log2, log10, log1p, exp, sqrt, abs, center, scale,
    standardize, I(x**2), poly(x, 2), bs(x, 4), and no others.
    """
    outputs = {"--json": json_file, "--report": report, "--draws": draws}
    _check(outputs, data, overwrite=overwrite)
    arguments.refuse_roles(formula, value=value, unit=unit, block=block)
    with progress.shown():
        result = fit(
            formula,
            data,
            group=group,
            reference=reference,
            options=options,
        )
    _deliver(result, outputs, brief=brief, every_figure=every_figure)


def _check(outputs: Mapping[str, Path | None], data: Path, *, overwrite: bool) -> None:
    """Find what cannot be written before any time is spent on it."""
    check_outputs(outputs, data, overwrite=overwrite)
    check_report(outputs["--report"])
    if outputs["--draws"]:
        require("--draws", "arviz", "arviz_base", "xarray", "h5netcdf", "h5py")


def _deliver(
    result: Comparison | Outcomes[Comparison],
    outputs: Mapping[str, Path | None],
    *,
    brief: bool,
    every_figure: bool,
) -> None:
    """Print the answer and write the files asked for; exit 2 or 3 if there is none."""
    alone = _is_output(outputs["--json"])
    page = terminal.Page(width=_width(), voice="shell")
    writers: dict[str, Callable[[Path], object]] = {"--report": result.report}
    with progress.shown():
        if isinstance(result, Outcomes):
            text = result.text(page, brief=brief)
        else:
            text = (terminal.brief if brief else terminal.render)(result, page)
            writers = _writers(result, every_figure=every_figure)
    typer.echo(text, err=alone)
    for option, path in outputs.items():
        if path and option == "--json":
            _write_json(result.to_dict(), path)
        elif path:
            with progress.shown(), whole(path) as part:
                writers[option](part)
        if path:
            typer.echo(f"{option[2:]} written to {path}", err=alone)
    if isinstance(result, Outcomes) and result.refused:
        raise typer.Exit(2)
    if not result.passed:
        raise typer.Exit(3)


def _writers(result: Comparison, *, every_figure: bool) -> dict[str, Callable[[Path], object]]:
    """Return what writes the files of one answer."""
    return {
        "--report": lambda part: result.report(part, every_figure=every_figure),
        # By way of memory: HDF5 does not survive a disk that fills up while it writes.
        "--draws": lambda part: part.write_bytes(
            bytes(result.draws.to_netcdf(None, engine="h5netcdf"))
        ),
    }


def _is_output(path: Path | None) -> bool:
    """Return whether a path stands for the standard output, which then holds nothing else."""
    return path is not None and str(path) == STANDARD_OUTPUT


def _write_json(found: Mapping[str, object], path: Path) -> None:
    written = json.dumps(found, indent=1) + "\n"
    if _is_output(path):
        typer.echo(written, nl=False)
        return
    with whole(path) as part:
        part.write_text(written, encoding="utf-8")


@app.command("inspect", short_help="Say what is in a table, and which command to run.")
@arguments.with_options(
    arguments.OF_TABLES, {name: {"hidden": False} for name in arguments.OF_TABLES}
)
def _inspect(
    data: arguments.Data,
    json_file: arguments.Json = None,
    overwrite: arguments.Overwrite = False,
    *,
    options: dict[str, Any],
) -> None:
    """Say what is in a table and which command to run: nestimate inspect data.csv."""
    check_outputs({"--json": json_file}, data, overwrite=overwrite)
    found = inspect(data, **options)
    alone = _is_output(json_file)
    typer.echo(lines.fitted(str(found), _width()), err=alone)
    if json_file:
        _write_json(found.to_dict(), json_file)
        typer.echo(f"json written to {json_file}", err=alone)
    if not found.proposals:
        raise typer.Exit(2)


planner.add_to(app)
screener.add_to(app)


@app.command("simulate", short_help="Make up data with a known truth.")
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
    seed: arguments.Seed = 1,
    truth: Annotated[Path | None, typer.Option(help="Write the truth (JSON).")] = None,
    overwrite: arguments.Overwrite = False,
) -> None:
    """Make up data with a known truth: nestimate simulate made.csv --groups a=0,b=1 --sigma 1."""
    check_outputs({"OUT": out, "--truth": truth}, None, overwrite=overwrite)
    made = simulate(
        Scenario(
            groups=arguments.group_means(groups),
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
    with whole(out) as part:
        made.table.to_csv(part, index=False)
    typer.echo(f"{len(made.table)} readings written to {out}")
    if truth:
        with whole(truth) as part:
            part.write_text(json.dumps(made.truth, indent=1) + "\n", encoding="utf-8")
        typer.echo(f"truth written to {truth}")


@app.command("example", short_help="Write a table that comes with nestimate.")
def _example(
    name: Annotated[str, typer.Argument(help=f"{', '.join(EXAMPLES)}; none: list them.")] = "",
    overwrite: arguments.Overwrite = False,
) -> None:
    """Write a table to try things on, NAME.csv, into this folder: nestimate example mice."""
    if not name:
        typer.echo("\n".join(f"  {known:10s} {said}" for known, said in EXAMPLES.items()))
        return
    table, out = example(name), Path(f"{name}.csv")
    check_outputs({"NAME": out}, None, overwrite=overwrite)
    with whole(out) as part:
        part.write_bytes(table.read_bytes())
    typer.echo(f"{EXAMPLES[name]}: written to {out}\nnext: nestimate inspect {out}")


@app.command("page", short_help="Open the page: everything without a terminal.")
def _page(
    port: Annotated[int, typer.Option(help="Port on this machine; 0: a free one.")] = 0,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Print the address.")] = False,
    export: Annotated[
        Path | None, typer.Option(help="Write the page as files for a web server instead.")
    ] = None,
    pyodide: Annotated[
        Path | None, typer.Option(help="For --export: an unpacked full Pyodide distribution.")
    ] = None,
    overwrite: arguments.Overwrite = False,
) -> None:
    """Open the page in the browser; it talks to this machine alone, until Ctrl-C."""
    if export is None:
        page.serve_page(port, browser=not no_browser)
        return
    if pyodide is None:
        raise DesignError(
            "--export needs --pyodide FOLDER, an unpacked full distribution of Pyodide: Python "
            "for the browser."
        )
    typer.echo(page.export_page(export, pyodide, overwrite=overwrite))


def _width() -> int:
    """Columns of the terminal, at most those of a page that reads well; 80 where there is none."""
    return min(max(get_terminal_size((lines.PAGE, 24)).columns, NARROWEST), WIDEST)


def main() -> None:
    """Run the command; 0 answered, 2 cannot be answered, 3 a check failed, 130 stopped."""
    try:
        app(standalone_mode=True)
    except NestimateError as error:
        spoken = error.said("shell")
        typer.echo(f"nestimate: {lines.visible(spoken)}", err=True)
        sys.exit(2)
    except OSError as error:
        # Nothing more can be printed, so that Python must not try to when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        typer.echo(f"nestimate: the answer could not be printed: {error.strerror}.", err=True)
        sys.exit(2)
