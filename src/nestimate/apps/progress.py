"""What a terminal shows while an answer is worked out, and how it is stopped."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from time import monotonic
from typing import Any

import typer
from typer.core import TyperGroup

from nestimate.inference import work

#: Seconds before anything is shown: a short wait needs no words.
PATIENCE = 2.0
#: When the program began, and seconds that what comes later is given.
BEGAN, LEAST = monotonic(), 0.3
#: Exit status of what was stopped by Ctrl-C, as shells have it: 128 and the number of the signal.
STOPPED = 130


class Stoppable(TyperGroup):
    """Commands that Ctrl-C ends with one line."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            typer.echo("Stopped.", err=True)
            raise typer.Exit(STOPPED) from None


@contextmanager
def shown() -> Iterator[None]:
    """Show on a terminal what is being done inside, if it takes long; elsewhere nothing."""
    if not sys.stderr.isatty():
        yield
        return
    watch = _Watch()
    try:
        with work.using(work.Work(progress=watch.say)):
            yield
    finally:
        watch.end()


class _Watch:
    """A line that says what is being done, from `PATIENCE` seconds on."""

    def __init__(self) -> None:
        self._what = "working"
        self._done = Event()
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def say(self, what: str) -> None:
        """Say something else from now on."""
        self._what = what

    def end(self) -> None:
        """Take the line away."""
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        if self._done.wait(max(PATIENCE - (monotonic() - BEGAN), LEAST)):
            return
        # Only now: a short answer would wait for the import longer than for anything else.
        from rich.console import Console  # noqa: PLC0415

        console = Console(stderr=True, highlight=False)
        with console.status("", spinner="line") as line:
            while not self._done.wait(0.1):
                line.update(f"{self._what} (Ctrl-C stops it)", spinner=None)
