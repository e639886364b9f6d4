"""`nestimate screen`: options read, endpoints screened, text printed, files written."""

import sys
from pathlib import Path
from time import monotonic
from typing import Annotated, Any

import typer

from nestimate.apps import arguments
from nestimate.apps.planner import SUFFIXES
from nestimate.errors import DesignError
from nestimate.outputs import check_outputs, check_report, whole
from nestimate.screening import screen
from nestimate.studies.screen import phrases

#: Seconds between two lines where the output is no terminal.
PATIENCE = 30.0


def add_to(app: typer.Typer) -> None:
    """Make `screen` a command of the program."""
    app.command("screen", short_help="The same question for thousands of endpoints.")(_screen)


def _screen(  # noqa: PLR0913 - one argument per option is how typer reads a command line
    data: arguments.Data,
    endpoint: Annotated[str | None, typer.Option(help="Column that names the endpoints.")] = None,
    value: Annotated[str | None, typer.Option(help="What was measured (long tables).")] = None,
    group: Annotated[str | None, typer.Option(help="What is compared; factors: arm,time.")] = None,
    unit: Annotated[
        str | None, typer.Option(help="Experimental unit, mouse or mouse/slice; rows: readings.")
    ] = None,
    block: Annotated[
        str | None, typer.Option(help="Sees several groups: patient; units may lie inside.")
    ] = None,
    samples: Annotated[
        Path | None, typer.Option(help="Sheet of samples: DATA has a column for each of its rows.")
    ] = None,
    sample: Annotated[str | None, typer.Option(help="Its column that names the samples.")] = None,
    reference: arguments.Reference = None,
    contrast: Annotated[
        str | None, typer.Option(help="The effect: 'drug - placebo', interaction ...")
    ] = None,
    scale: Annotated[str, typer.Option(help="linear, or log2 (intensities).")] = "linear",
    response: Annotated[
        str | None, typer.Option(help="measured: whole numbers that are no counts.")
    ] = None,
    na: Annotated[str | None, typer.Option(help="Numbers that are no readings: 0.")] = None,
    pool: Annotated[
        str, typer.Option(help="Spreads learnt from all endpoints: scales, icc, none.")
    ] = "scales",
    trend: Annotated[
        bool, typer.Option(help="Spreads learnt by the level of the readings.")
    ] = True,
    effects: Annotated[str, typer.Option(help="mixture (shrunk), or flat.")] = "mixture",
    robust: Annotated[str, typer.Option(help="Student-t units: hits, all, none.")] = "hits",
    rope: Annotated[str | None, typer.Option(help="LO,HI: effects as good as none.")] = None,
    ci_prob: Annotated[float, typer.Option(help="Mass of intervals.")] = 0.95,
    audit: Annotated[int, typer.Option(help="Endpoints at random analysed both ways.")] = 200,
    seed: arguments.Seed = 1,
    out: Annotated[Path | None, typer.Option(help="Write the table: .parquet or .csv.")] = None,
    report: arguments.Report = None,
    figure: Annotated[Path | None, typer.Option(help="Write the volcano plot.")] = None,
    overwrite: arguments.Overwrite = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from a run that was stopped.")
    ] = False,
    workers: Annotated[int | None, typer.Option(help="Processes; left out: one per core.")] = None,
    scheduler: Annotated[str | None, typer.Option(help="Dask: tcp://host:8786.")] = None,
    chunk: Annotated[int, typer.Option(help="Endpoints of one job.")] = 2_048,
) -> None:
    """Screen endpoints: nestimate screen t.parquet --endpoint gene --value y --group arm."""
    check_outputs({"--report": report, "--figure": figure}, data, overwrite=overwrite)
    check_report(report)
    if figure is not None and figure.suffix.lower() not in SUFFIXES:
        raise DesignError(f"--figure {figure} must end in {', '.join(SUFFIXES)}.")
    options: dict[str, Any] = {
        "sample": sample,
        "reference": reference,
        "contrast": contrast,
        "scale": scale,
        "response": response,
        "na": na,
        "pool": pool,
        "trend": trend,
        "effects": effects,
        "robust": robust,
        "rope": arguments.rope(rope),
        "ci_prob": ci_prob,
        "audit": audit,
        "seed": seed,
        "out": out,
        "overwrite": overwrite,
        "resume": resume,
        "workers": workers,
        "scheduler": scheduler,
        "chunk": chunk,
        "progress": _Progress().tell,
    }
    found = screen(
        data,
        endpoint=endpoint,
        value=value,
        group=group,
        unit=unit,
        block=block,
        samples=samples,
        options=options,
    )
    typer.echo(phrases.render(found, "shell"))
    if out:
        typer.echo(f"table written to {out}")
    if report:
        found.report(report)
        typer.echo(f"report written to {report}")
    if figure:
        with whole(figure) as part:
            found.plot_volcano().savefig(part, dpi=150)
        typer.echo(f"figure written to {figure}")


class _Progress:
    """How many endpoints are done, how fast, and how long the rest will take."""

    def __init__(self) -> None:
        self._what = ""
        self._began, self._said = monotonic(), monotonic()
        self._before = 0

    def tell(self, done: int, total: int, what: str) -> None:
        """Say it: on a terminal on one line, elsewhere now and then."""
        now = monotonic()
        if what != self._what:
            # What was there already, from a run that was stopped, took no time.
            self._what, self._began, self._before = what, now, done
        terminal = sys.stderr.isatty()
        if not terminal and now - self._said < PATIENCE:
            return
        self._said = now
        typer.echo(self._line(done, total, now), nl=not terminal, err=True)

    def _line(self, done: int, total: int, now: float) -> str:
        terminal = sys.stderr.isatty()
        if done >= total:
            return "\r\033[K" if terminal else f"{total:,} {self._what} done"
        said = f"{done:,} of {total:,} {self._what}"
        if done > self._before and now > self._began:
            rate = (done - self._before) / (now - self._began)
            said += f", {rate:,.0f}/s, {_time((total - done) / rate)} left"
        return f"\r\033[K{said} (Ctrl-C stops; --resume goes on)" if terminal else said


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
