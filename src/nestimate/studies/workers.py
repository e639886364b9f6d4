"""Processes that simulate side by side: threads would wait for each other most of the time.

Each is a Python of its own that imports this package and nothing of the user's program, so that a
script needs no guard against being run again. Jobs go in as pickles, results come out.
"""

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import local
from typing import Any, BinaryIO

from nestimate.errors import InferenceError
from nestimate.inference import work

#: Most processes: simulations are shared out in rounds, and more would wait for the last one.
MOST = 16


class Process:
    """A process that does jobs."""

    def __init__(self) -> None:
        folder = str(Path(__file__).resolve().parents[2])
        inherited = os.environ.get("PYTHONPATH")
        path = os.pathsep.join(filter(None, (folder, inherited)))
        # Sixteen small matrices gain nothing from threads of linear algebra.
        alone = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        self._child = subprocess.Popen(
            [sys.executable, "-c", f"from {__name__} import main; main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **alone, "PYTHONPATH": path},
        )

    def call(self, job: Callable[[], Any]) -> Any:
        """Do a job there and return what it returns, or raise what it raises.

        Raises
        ------
        InferenceError
            When the process has ended.
        """
        stdin, stdout = self._child.stdin, self._child.stdout
        assert stdin is not None
        assert stdout is not None
        try:
            pickle.dump(job, stdin)
            stdin.flush()
            fine, found = pickle.load(stdout)
        except (OSError, EOFError):
            raise InferenceError(
                "a process that works beside this one has ended before its time, for want of "
                "memory perhaps. Try fewer of them (a plan: settings={'threads': 1}, smaller "
                "designs; a screen: --workers 1, and --resume goes on from what is done)."
            ) from None
        if not fine:
            raise found
        return found

    def end(self) -> None:
        """Let it end: it does when nothing more can come."""
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                pipe.close()
        self._child.wait()


class Workers(Executor):
    """An executor whose threads each have a process that does their work."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._threads = ThreadPoolExecutor(max_workers=count)
        self._own = local()
        self._all: list[Process] = []

    def submit[**P, T](self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call a function in the next free process."""
        return self._threads.submit(self._call, partial(fn, *args, **kwargs))

    def _call(self, job: Callable[[], Any]) -> Any:
        if not hasattr(self._own, "process"):
            self._own.process = Process()
            self._all.append(self._own.process)
        return self._own.process.call(job)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Wait for what is being worked on, and let the processes end."""
        self._threads.shutdown(wait, cancel_futures=cancel_futures)
        for process in self._all:
            process.end()


@contextmanager
def workers(count: int | None) -> Iterator[Executor]:
    """Give processes for simulations, as many as there are cores; 1: none beside the caller."""
    wanted = min(os.cpu_count() or 1, MOST) if count is None else count
    if wanted == 1 or sys.platform == "emscripten":
        with work.one_blas_thread():
            yield work.Serial()
        return
    pool = Workers(wanted)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def serve(jobs: BinaryIO, results: BinaryIO) -> None:
    """Do jobs until no more come."""
    while True:
        try:
            job = pickle.load(jobs)
        except EOFError:
            return
        try:
            answer = (True, job())
        except Exception as error:  # noqa: BLE001 - raised again where the answer is waited for
            answer = (False, error)
        pickle.dump(answer, results)
        results.flush()


def main() -> None:
    """Serve on standard input and output; Ctrl-C is for the process that asks."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    results = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # Whatever prints would spoil the answers.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    serve(sys.stdin.buffer, results)
