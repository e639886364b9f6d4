"""`nestimate plan`: options read, plan made, text printed, files written."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from nestimate.apps import arguments, progress
from nestimate.comparison import Comparison, compare, load
from nestimate.errors import DesignError
from nestimate.options import Options
from nestimate.outputs import check_outputs, check_report, whole
from nestimate.planning import Planned, plan
from nestimate.remedies import said
from nestimate.results.words.lines import section

#: Options of the analysis that is planned for, and what of them is otherwise than in `compare`.
ANALYSIS: dict[str, dict[str, Any]] = {
    name: {}
    for name in ("robust", "scale", "preset", "prior", "rope", "contrast", "ci_prob", "ci_kind")
} | {"seed": {"after": "simulations"}}
#: Options that say how a pilot is read.
OF_PILOTS = ("value_unit", "n", "sd", "se", *arguments.OF_TABLES, "wide")
#: Figures by the ending of the name before the suffix.
SUFFIXES = (".png", ".svg", ".pdf")


def add_to(app: typer.Typer) -> None:
    """Make `plan` a command of the program."""
    own = ANALYSIS | {name: {"hidden": name != "value_unit"} for name in OF_PILOTS}
    plan = arguments.with_options(own, own)(_plan)
    app.command("plan", short_help="How many next time, at what cost.")(plan)


def _plan(  # noqa: PLR0913 - one argument per option is how typer reads a command line
    pilot: Annotated[
        Path | None, typer.Argument(help="Pilot: a table, or a saved result (.nestimate).")
    ] = None,
    groups: Annotated[
        str | None, typer.Option(help="No pilot: true means, 'placebo=7,drug=8'.")
    ] = None,
    factors: Annotated[
        str | None,
        typer.Option(help="Factors of the cells in --groups: 'arm,time' and 'a/t1=7,a/t2=7,...'."),
    ] = None,
    within: Annotated[
        str | None, typer.Option(help="Factors that vary inside a block: time; left out: all.")
    ] = None,
    tau: Annotated[
        str | None, typer.Option(help="No pilot: spread between units. Pilot: as in compare.")
    ] = None,
    sigma: Annotated[
        str | None, typer.Option(help="No pilot: SD of a reading. Pilot: as in compare.")
    ] = None,
    nu: Annotated[float | None, typer.Option(help="No pilot: normality; left out: normal.")] = None,
    tau_block: Annotated[float | None, typer.Option(help="Spread between blocks.")] = None,
    tau_effect: Annotated[
        str | None,
        typer.Option(help="Spread of the effect between blocks: 0.5, or 'arm=0.3,time=0.2'."),
    ] = None,
    tau_subunits: Annotated[
        str | None, typer.Option(help="Spread of each level inside a unit: 0.5,0.3.")
    ] = None,
    source: Annotated[str, typer.Option(help="Where these come from, for the methods.")] = "",
    effect: Annotated[
        str | None, typer.Option(help="With a pilot: effect to find, a number or 'pilot'.")
    ] = None,
    value: Annotated[str | None, typer.Option(help="Pilot's column (else a word): value.")] = None,
    group: Annotated[str | None, typer.Option(help="Pilot's column: group.")] = None,
    unit: Annotated[str | None, typer.Option(help="Pilot's column (else a word): unit.")] = None,
    block: Annotated[str | None, typer.Option(help="Pilot's column (else a word): block.")] = None,
    reference: arguments.Reference = None,
    relabel_units: Annotated[
        bool, typer.Option("--relabel-units", help="As in compare.", hidden=True)
    ] = False,
    units: Annotated[str | None, typer.Option(help="Units per group: 3:24, or 6,8,10.")] = None,
    readings: Annotated[str | None, typer.Option(help="Readings of a unit: 1:6.")] = None,
    subunits: Annotated[
        str | None, typer.Option(help="Members of each level inside a unit: 3,2.")
    ] = None,
    blocks: Annotated[str | None, typer.Option(help="Blocks that see every group: 3:12.")] = None,
    ratio: Annotated[
        str | None, typer.Option(help="Units of groups beside each other: 2:1.")
    ] = None,
    goal: Annotated[
        list[str] | None,
        typer.Option(help="'excludes 0', 'excludes rope', 'narrower than 1.2' ...; repeatable."),
    ] = None,
    target: Annotated[float, typer.Option(help="Probability wanted.")] = 0.8,
    cost_unit: Annotated[float | None, typer.Option(help="Cost of a unit.")] = None,
    cost_reading: Annotated[float | None, typer.Option(help="Cost of a reading.")] = None,
    cost_block: Annotated[float | None, typer.Option(help="Cost of a block.")] = None,
    budget: Annotated[float | None, typer.Option(help="The most that may be spent.")] = None,
    lost_units: Annotated[float, typer.Option(help="Share of units (or blocks) lost.")] = 0.0,
    *,
    options: dict[str, Any],
    simulations: Annotated[int, typer.Option(help="Experiments of the design named.")] = 1_000,
    resume: Annotated[
        Path | None, typer.Option(help="File that keeps simulations; go on from it.")
    ] = None,
    json_file: arguments.Json = None,
    report: arguments.Report = None,
    figure: Annotated[Path | None, typer.Option(help="Write the curve: .png, .svg, .pdf.")] = None,
    overwrite: arguments.Overwrite = False,
) -> None:
    """How many next time: nestimate plan --groups a=7,b=8 --tau 1 --sigma 0.8 --readings 3."""
    check_outputs(
        {"--json": json_file, "--report": report, "--figure": figure}, pilot, overwrite=overwrite
    )
    check_report(report)
    if figure is not None and figure.suffix.lower() not in SUFFIXES:
        raise DesignError(f"--figure {figure} must end in {', '.join(SUFFIXES)}.")
    words = {"value": value, "unit": unit, "block": block, "group": group}
    settings: dict[str, Any] = {
        "blocks": numbers("blocks", blocks) or (),
        "subunits": () if subunits is None else _whole("subunits", subunits, ","),
        "ratio": None if ratio is None else _whole("ratio", ratio, ":"),
        "lost": lost_units,
        "budget": budget,
        "simulations": simulations,
        "resume": resume,
        "progress": _progress if sys.stderr.isatty() else None,
    }
    reading = {name: options.pop(name) for name in OF_PILOTS}
    costs = _costs(cost_unit, cost_reading, cost_block)
    asked: dict[str, Any] = {
        "units": numbers("units", units),
        "readings": numbers("readings", readings),
        "goals": goal or "excludes 0",
        "costs": costs,
        "target": target,
    }
    if pilot is None:
        if groups is None:
            raise DesignError(
                "plan: name a pilot (nestimate plan pilot.csv --value y --group arm --unit mouse "
                "--effect 1), or state what is true: --groups placebo=7,drug=8 --tau 1 --sigma 0.8."
            )
        if effect is not None:
            raise DesignError(
                "plan: --effect belongs to a pilot; without one the means in --groups state it."
            )
        stated = {
            "groups": arguments.group_means(groups),
            "tau": _spread("tau", tau),
            "sigma": _spread("sigma", sigma),
            "nu": nu,
            "tau_block": tau_block,
            "tau_effect": effects(tau_effect),
            "tau_subunits": None if tau_subunits is None else _spreads(tau_subunits),
            "factors": factors,
            "within": within,
            "source": source,
        }
        truth = {name: given for name, given in stated.items() if given is not None}
        settings["words"] = {name: word for name, word in words.items() if word is not None}
        found = plan(truth, **asked, settings=settings, options=options)
    else:
        told = {"groups": groups, "nu": nu, "factors": factors, "within": within}
        for name, given in told.items():
            if given is not None:
                raise DesignError(f"plan: with a pilot leave --{name} out: the pilot tells it.")
        options |= {"tau": tau, "sigma": sigma, "value_unit": reading["value_unit"]}
        with progress.shown():
            known = _pilot(pilot, words, (reference, relabel_units), options | reading)
        # A saved pilot keeps its own options where the command line names no others.
        usual = Options()
        changed = {n: v for n, v in options.items() if v != getattr(usual, n)}
        found = known.plan(_effect(effect), **asked, settings=settings, options=changed)
        doubts = [said(warning, "shell") for warning in known.design.warnings]
        if doubts:
            typer.echo(
                section(
                    "Mind, of the pilot (options are those of compare; a plan is of measurements)",
                    doubts,
                )
            )
    _deliver(found, json_file, report, figure)


def _pilot(
    path: Path,
    words: dict[str, str | None],
    groups: tuple[str | None, bool],
    options: dict[str, Any],
) -> Comparison:
    """Load a saved pilot, or analyse its table with the options of the plan."""
    if path.suffix == ".nestimate":
        return load(path)
    return compare(
        path,
        **words,
        reference=groups[0],
        relabel_units=groups[1],
        options={**options, "ess": 4_000},
    )


def _deliver(
    found: Planned, json_file: Path | None, report: Path | None, figure: Path | None
) -> None:
    typer.echo(str(found))
    if json_file:
        with whole(json_file) as part:
            part.write_text(json.dumps(found.to_dict(), indent=1) + "\n", encoding="utf-8")
        typer.echo(f"json written to {json_file}")
    if report:
        found.report(report)
        typer.echo(f"report written to {report}")
    if figure:
        with whole(figure) as part:
            found.plot_curve().savefig(part, dpi=150)
        typer.echo(f"figure written to {figure}")


def numbers(name: str, given: str | None) -> list[int] | None:
    """Read `3:24` (both ends counted), `6,8,10` or `4`."""
    if given is None:
        return None
    found: list[int] = []
    try:
        for piece in given.split(","):
            first, colon, last = piece.partition(":")
            found += range(int(first), int(last if colon else first) + 1)
    except ValueError:
        found = []
    if not found:
        raise DesignError(
            f"--{name} '{given}': write a range with both its ends, 3:24, or numbers: 6,8,10."
        )
    return found


def _whole(name: str, given: str, mark: str) -> tuple[int, ...]:
    """Read whole numbers with a mark between them: `2:1`, or `3,2`."""
    try:
        return tuple(int(part) for part in given.split(mark))
    except ValueError:
        raise DesignError(f"--{name} '{given}': write whole numbers, such as 2{mark}1.") from None


def _spread(name: str, given: str | None) -> float | None:
    """Read a stated spread."""
    try:
        return None if given is None else float(given)
    except ValueError:
        raise DesignError(
            f"--{name} '{given}': without a pilot it is a number, such as --{name} 0.8."
        ) from None


def effects(given: str | None) -> float | dict[str, float] | None:
    """Read one number, or factors each with its own: `arm=0.3,time=0.2,arm x time=0.2`."""
    if given is None:
        return None
    try:
        if "=" not in given:
            return float(given)
        pairs = [part.rpartition("=") for part in given.split(",")]
        return {name.strip(): float(number) for name, _, number in pairs}
    except ValueError:
        raise DesignError(
            f"--tau-effect '{given}': write a number, such as 0.5, or one for each factor: "
            "'arm=0.3,time=0.2,arm x time=0.2'."
        ) from None


def _spreads(given: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in given.split(","))
    except ValueError:
        raise DesignError(f"--tau-subunits '{given}': write numbers, such as 0.5,0.3.") from None


def _costs(unit: float | None, reading: float | None, block: float | None) -> Any:
    if unit is None and reading is None and block is None:
        return None
    return (unit or 0.0, reading or 0.0, block or 0.0)


def _effect(given: str | None) -> float | str | None:
    try:
        return None if given is None else float(given)
    except ValueError:
        return given


def _progress(done: int, asked: int) -> None:
    """Say on the terminal how far it is; Ctrl-C ends the search with what there is."""
    end = "\r" if done < asked else "\r\033[K"
    said = f"simulated {done:,} of {asked:,} experiments (Ctrl-C: stop here) "
    typer.echo((said if done < asked else "") + end, nl=False, err=True)
