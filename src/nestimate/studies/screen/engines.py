"""Who does the jobs: this process, processes beside it, or a Dask cluster. One loop for all.

A job is a function and its arguments, writes its own part and returns how many endpoints it did, so
that next to nothing travels; no more jobs are handed out than keep everyone busy.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import contextmanager
from functools import partial
from itertools import islice
from operator import call
from typing import Any, Protocol

from nestimate.errors import DesignError, InferenceError
from nestimate.studies.workers import Workers, workers

#: Jobs handed out for each worker; a scheduler of Dask stalls on millions (distributed, PR 2181).
IN_FLIGHT = 8
#: Jobs that make one task of Dask at most: a task costs milliseconds, whatever it does.
SEVERAL = 4
#: Times that a job is done again when the worker it was on is lost.
RETRIES = 3

Job = tuple[Callable[..., int], tuple[Any, ...]]


class Engine(Protocol):
    """Does jobs in any order."""

    def run(self, jobs: Iterable[Job]) -> Iterator[int]:
        """Do all jobs; gives what each returns, as they are done.

        Raises
        ------
        InferenceError
            When workers are lost.
        """


class Processes:
    """Processes on this machine, or none beside this one."""

    def __init__(self, pool: Executor, most: int) -> None:
        self._pool, self._most = pool, most

    def run(self, jobs: Iterable[Job]) -> Iterator[int]:
        """Do all jobs."""
        waiting = iter(jobs)
        pending: set[Future[int]] = set()
        try:
            while True:
                for function, given in islice(waiting, self._most - len(pending)):
                    pending.add(self._pool.submit(function, *given))
                if not pending:
                    return
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        finally:
            for future in pending:
                future.cancel()


class Cluster:
    """A Dask cluster, by its client."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def run(self, jobs: Iterable[Job]) -> Iterator[int]:
        """Do all jobs; one whose worker is lost is done again on another."""
        from distributed import as_completed  # noqa: PLC0415 - of the extra nestimate[dask]

        waiting = iter(jobs)
        # With their results, which then come in one message for several.
        running = as_completed([], with_results=True, raise_errors=False)
        count = most = self._hand_out(running, waiting, 0)
        try:
            for future, done in running:
                if future.status == "error":
                    raise _lost(future)
                yield int(done)
                count -= 1
                # Half of them at a time: each round asks the scheduler how many workers there are.
                if count <= most // 2:
                    count = self._hand_out(running, waiting, count)
                    most = max(count, most)
        finally:
            self._client.cancel(list(running.futures))

    def _hand_out(self, running: Any, waiting: Iterator[Job], count: int) -> int:
        """Hand out jobs up to the most, and return how many are out."""
        threads = max(sum(self._client.nthreads().values()), 1)
        free = max(IN_FLIGHT * threads - count, 0)
        own = list(islice(waiting, SEVERAL * free))
        # Where there are more jobs than keep all busy several make a task; all go in one message.
        size = max(len(own) // max(free, 1), 1)
        tasks = [partial(_in_turn, own[first : first + size]) for first in range(0, len(own), size)]
        futures = self._client.map(call, tasks, pure=False, retries=RETRIES) if tasks else []
        running.update(futures)
        return count + len(futures)


def _in_turn(jobs: Sequence[Job]) -> int:
    """Do jobs one after the other; returns the sum of what they return."""
    return sum(function(*given) for function, given in jobs)


def _lost(future: Any) -> Exception:
    error: Exception = future.exception()
    if type(error).__name__ == "KilledWorker":
        return InferenceError(
            "the same job ended several Dask workers, for want of memory perhaps. Give workers "
            "more memory or make chunks smaller (chunk=512), then go on with resume."
        )
    return error


@contextmanager
def engine(count: int | None, scheduler: Any) -> Iterator[Engine]:
    """Give processes of this machine, or the cluster of a scheduler.

    Parameters
    ----------
    count
        Processes; None: one per core.
    scheduler
        Address, or a `distributed.Client`, which stays open; None: this machine.

    Raises
    ------
    DesignError
        When distributed is not installed, or nobody answers at the address.
    """
    if scheduler is None:
        with workers(count) as pool:
            # What this process does itself is done when it is handed out: one by one.
            yield Processes(pool, IN_FLIGHT * pool.count if isinstance(pool, Workers) else 1)
        return
    if not isinstance(scheduler, str):
        yield Cluster(scheduler)
        return
    try:
        from distributed import Client  # noqa: PLC0415
    except ImportError:
        raise DesignError(
            "scheduler: Dask is not installed. Run: pip install 'nestimate[dask]', or leave "
            "scheduler out for processes on this machine."
        ) from None
    try:
        client = Client(scheduler, timeout=10)
    except (OSError, ValueError, TimeoutError) as error:
        raise DesignError(
            f"scheduler: nobody answers at {scheduler} ({type(error).__name__}). Is it running, "
            "and is the address that which `dask scheduler` printed?"
        ) from None
    try:
        yield Cluster(client)
    finally:
        client.close()
