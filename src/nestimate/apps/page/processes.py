"""The process that computes, as the server sees it: asked one by one, stopped at once."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from dataclasses import dataclass, field

from nestimate.apps.page.child import LENGTHS, PROGRESS, message
from nestimate.apps.page.messages import JSON, Reply

#: One thread for linear algebra: nestimate shares out the work itself.
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
_STOPPED = Reply(type=JSON, body=b'{"stopped": true}')


@dataclass
class Worker:
    """A child process and the right to use it.

    Attributes
    ----------
    process
        The child; None before the first question and after a stop.
    turn
        Held by the question that is being answered.
    stopped
        The child that was ended on purpose last.
    progress
        How far it has come with the question, in its own words.
    """

    process: Process | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    stopped: Process | None = None
    progress: str = ""

    async def start(self) -> Process:
        """Return the child, a new one where there is none."""
        if self.process is None or self.process.returncode is not None:
            self.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "nestimate.apps.page.child"),
                stdin=PIPE,
                stdout=PIPE,
                # What a library complains about may quote the data: it is kept nowhere.
                stderr=DEVNULL,
                env={**os.environ, **_ONE_THREAD},
                # A group of its own, so that what it starts ends with it.
                start_new_session=True,
            )
        return self.process

    async def ask(self, ask: str, payload: bytes) -> Reply:
        """Return the reply, or that the process was stopped before there was one."""
        async with self.turn:
            process = await self.start()
            if process.stdin is None or process.stdout is None:
                raise RuntimeError("a child process has pipes")
            try:
                process.stdin.write(message(ask.encode(), payload))
                await process.stdin.drain()
                while True:
                    head = await process.stdout.readexactly(LENGTHS.size)
                    first, second = LENGTHS.unpack(head)
                    said = (await process.stdout.readexactly(first)).decode()
                    body = await process.stdout.readexactly(second)
                    if said != PROGRESS:
                        media, _, name = said.partition("\n")
                        return Reply(type=media, name=name, body=body)
                    self.progress = body.decode()
            except (asyncio.IncompleteReadError, ConnectionError):
                code = await process.wait()
                if process is self.stopped:
                    return _STOPPED
                text = (
                    f"The process that computes has ended by itself (code {code}); a new one is "
                    "started. If it happens again, the table may need more memory than there is."
                )
                return Reply.of({"refused": {"text": text, "remedies": []}})
            finally:
                self.progress = ""

    async def stop(self) -> None:
        """End the child at once, and start another one so that the next question need not wait."""
        if (process := self.process) is not None:
            self.stopped = process
            await _end(process)
        async with self.turn:
            await self.start()

    async def close(self) -> None:
        """End the child for good."""
        if self.process is not None:
            await _end(self.process)


async def _end(process: Process) -> None:
    """Kill a child and all that it has started."""
    with suppress(ProcessLookupError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
