"""Run every case with every program, in turn, and put the table into docs/benchmark.md."""

import json
import os
import platform
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import nestimate as ne
from bench.cases import CASES, table, write

ROOT = Path(__file__).parent.parent
REPEATS = {"nestimate": 5, "pymc": 2, "nutpie": 2, "bambi": 2}
#: Cases of which the peers take minutes run once.
ONCE = ("large", "wide")
SEEDS = 50

Runs = dict[str, list[dict[str, float]]]


def main() -> None:
    """Print the tables and put them between the marks in docs/benchmark.md."""
    names = sys.argv[1:] or list(CASES)
    with tempfile.TemporaryDirectory() as folder:
        lines = _beside_peers(names, Path(folder))
        if not sys.argv[1:]:
            lines += ["", *_commands(Path(folder)), "", *_spread()]
    text = "\n".join([f"Measured on {_machine()}.", "", *lines])
    print(text)
    if sys.argv[1:]:
        return
    page = ROOT / "docs" / "benchmark.md"
    marked = re.compile(r"(<!-- bench -->\n).*?(\n<!-- /bench -->)", re.DOTALL)
    old = page.read_text(encoding="utf-8")
    new = marked.sub(lambda found: found[1] + text + found[2], old)
    page.write_text(new, encoding="utf-8")


def _beside_peers(names: list[str], folder: Path) -> list[str]:
    lines = [
        "| case | program | wall time, s | effective draws | s per 10,000 | times ours |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for name in names:
        lines += _rows(name, _measured(name, folder))
    return lines


def _measured(name: str, folder: Path) -> Runs:
    """Run every program on a case, in turn, so that a slow minute of the machine hits all."""
    case, path = CASES[name], write(name, folder)
    runs: Runs = {}
    programs = ("nestimate", *case.peers)
    turns = {p: 1 if name in ONCE and p != "nestimate" else REPEATS[p] for p in programs}
    for turn in range(max(turns.values())):
        for program in programs:
            if turn < turns[program]:
                found = _run(name, program, path)
                print(json.dumps([name, program, found]), file=sys.stderr, flush=True)
                runs.setdefault(program, []).append(found)
    return runs


def _rows(name: str, runs: Runs) -> list[str]:
    """Return the rows of a case: medians, and cost per 10,000 effective draws."""
    lines = []
    cost = {
        program: statistics.median(1e4 * r["wall"] / r["ess"] for r in found)
        for program, found in runs.items()
    }
    for program, found in runs.items():
        wall = statistics.median(r["wall"] for r in found)
        worth = statistics.median(r["ess"] for r in found)
        said, label = "", program
        if program == "nestimate":
            fit = statistics.median(r["fit"] for r in found)
            said, label = CASES[name].title, f"nestimate (fit alone {fit:.2f} s)"
        elif divergent := max(r["divergences"] for r in found):
            label = f"{program} ({divergent:.0f} divergences)"
        lines.append(
            f"| {said} | {label} | {wall:.1f} | {worth:,.0f} | {cost[program]:,.2f} | "
            f"{cost[program] / cost['nestimate']:,.0f} |"
        )
    return lines


def _run(name: str, program: str, path: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.run", name, program, str(path), repr(time.time())]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _commands(folder: Path) -> list[str]:
    """Whole commands from process start, with a million rows at the end."""
    lines = ["| command | wall time, s | fit alone, s | memory, MB |", "|---|---:|---:|---:|"]
    for title, name, more in (
        ("nested 2 x 6 x 5, text and JSON", "nested", []),
        ("the same with the report", "nested", ["--report", str(folder / "report.html")]),
        ("two factors, 12 animals x 2 x 3, text and JSON", "mixed", []),
        ("nested 2 x 500 x 10", "large", []),
        ("nested 2 x 500 x 1,000: 1,000,000 rows", "million", []),
    ):
        path = write(name, folder)
        roles = CASES[name].roles if name in CASES else CASES["nested"].roles
        words = [word for role, column in roles.items() for word in (f"--{role}", column)]
        runs = [_command(path, folder / "answer.json", [*words, *more]) for _ in range(3)]
        wall, fit, memory = (statistics.median(part) for part in zip(*runs, strict=True))
        lines.append(f"| {title} | {wall:.1f} | {fit:.2f} | {memory:,.0f} |")
    return lines


def _command(path: Path, answer: Path, more: list[str]) -> tuple[float, float, float]:
    command = [str(Path(sys.executable).with_name("nestimate")), "compare", str(path)]
    command += ["--json", str(answer), "--overwrite", *more]
    began = time.time()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.time() - began
    if process.returncode:
        raise SystemExit(f"{command} ended with {process.returncode}")
    assert isinstance(usage, resource.struct_rusage)
    fit = json.loads(answer.read_text())["provenance"]["seconds"]
    return wall, fit, usage.ru_maxrss / 1024


def _spread() -> list[str]:
    """Our own word for ess, held against the spread of estimates over seeds."""
    lines = [
        f"Effective draws behind posterior means: stated, and from their spread over {SEEDS} seeds "
        f"(itself good to {100 / np.sqrt(2 * SEEDS):.0f} % in SD):",
        "",
        "| case | quantity | stated | from the spread |",
        "|---|---|---:|---:|",
    ]
    for name in ("flat", "nested"):
        case = CASES[name]
        found: dict[str, list[tuple[float, float, float]]] = {}
        for seed in range(SEEDS):
            result = ne.compare(table(name), **case.roles, options={"seed": seed})
            for row in (*result.contrasts, *result.groups, *result.scales):
                if not row.name.startswith("icc"):
                    found.setdefault(row.name, []).append((row.mean, row.sd, row.mcse_mean))
        for quantity, rows in found.items():
            means, sds, errors = np.array(rows).T
            stated = np.mean(np.square(sds / errors))
            spread = np.mean(np.square(sds)) / means.var(ddof=1)
            lines.append(f"| {name} | {quantity} | {stated:,.0f} | {spread:,.0f} |")
    return lines


def _machine() -> str:
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        match = re.search(r"model name\s*:\s*(.+)", info.read_text())
        model = match[1].strip() if match else model
    versions = ", ".join(f"{name} {ne_version(name)}" for name in ("pymc", "nutpie", "bambi"))
    return (
        f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}; nestimate "
        f"{ne_version('nestimate')}, {versions}. Every program runs with its defaults in a process "
        "of its own; times count from its start and are medians"
    )


def ne_version(name: str) -> str:
    """Return the version of an installed package."""
    from importlib.metadata import version

    return version(name)


if __name__ == "__main__":
    main()
