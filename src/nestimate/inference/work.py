"""How an answer is worked on: by how many threads, and who is told how far it has come.

Said once, by the program that asks, and in force for all that is worked out inside: fits, new fits
without a unit, summaries. Nothing of it changes a digit.
"""

import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache

from threadpoolctl import ThreadpoolController

#: Most threads: more of them wait for each other.
MOST_THREADS = 8


def _silent(_: str) -> None:
    pass


@dataclass(frozen=True, kw_only=True, eq=False)
class Work:
    """How work is done.

    Attributes
    ----------
    threads
        Threads for chunks of draws; None: one per core, up to `MOST_THREADS`. 1 uses none beside
        the caller's own, as does a platform that has no threads.
    progress
        Told in a few words what is being done, now and then, from the thread that asked.
    """

    threads: int | None = None
    progress: Callable[[str], None] = _silent


_CURRENT: ContextVar[Work] = ContextVar("work")


@contextmanager
def using(work: Work) -> Iterator[None]:
    """Do what is worked out inside in this way."""
    token = _CURRENT.set(work)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def say(what: str) -> None:
    """Tell whoever asked what is being done."""
    _CURRENT.get(Work()).progress(what)


class Serial(Executor):
    """An executor without threads."""

    def submit[**P, T](self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call at once; what goes wrong is raised where it happens."""
        future: Future[T] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


@contextmanager
def threads() -> Iterator[Executor]:
    """Threads for chunks of draws; those of linear algebra would only get in their way."""
    wanted = _CURRENT.get(Work()).threads
    count = min(os.cpu_count() or 1, MOST_THREADS) if wanted is None else wanted
    with one_blas_thread():
        if count == 1 or sys.platform == "emscripten":
            yield Serial()
            return
        with ThreadPoolExecutor(max_workers=count) as pool:
            yield pool


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Keep linear algebra to one thread: the matrices here are small, and cores are shared."""
    with _pools().limit(limits=1, user_api="blas"):
        yield


@cache
def _pools() -> ThreadpoolController:
    return ThreadpoolController()
