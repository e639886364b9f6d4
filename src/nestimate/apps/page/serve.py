"""The page on this machine: a server on loopback that only the page it opened can use."""

import asyncio
import secrets
import socket
import webbrowser
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from hmac import compare_digest
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from nestimate.apps.page.files import POLICY, TYPES, shipped
from nestimate.apps.page.messages import ASKS, MOST_BYTES, Reply
from nestimate.apps.page.processes import Worker

HOST = "127.0.0.1"
#: What a question may hold beside a file of the largest size.
_ROOM = 100_000
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def app(key: str, port: int, worker: Worker) -> Starlette:
    """Return the server's application.

    Parameters
    ----------
    key
        What every question must bring along; the page has it from the part of its address that is
        never sent.
    port
        Where it listens: the only host and origin that are taken.
    worker
        Who answers.
    """
    own = f"{HOST}:{port}"
    known = shipped()

    async def file(request: Request) -> Response:
        path = request.path_params["path"] or "index.html"
        if path not in known:
            return _refused("There is no such file.", 404)
        media = TYPES[PurePosixPath(path).suffix]
        return Response(known[path].read_bytes(), headers=_HEADERS | {"Content-Type": media})

    async def asked(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in ASKS:
            return _refused("There is no such question.", 404)
        body = await _body(request)
        if body is None:
            return _refused(f"Files above {MOST_BYTES // 1_000_000} MB are not taken.", 413)
        return _response(await worker.ask(name, body))

    async def stop(_: Request) -> Response:
        await worker.stop()
        return PlainTextResponse("stopped", headers=_HEADERS)

    async def progress(_: Request) -> Response:
        return PlainTextResponse(worker.progress, headers=_HEADERS)

    def guarded(
        inner: Callable[[Request], Awaitable[Response]], *, keyed: bool
    ) -> Callable[[Request], Awaitable[Response]]:
        async def outer(request: Request) -> Response:
            # Another name for this address would be another page's way in (DNS rebinding).
            if request.headers.get("host") != own:
                return _refused("This page answers to its own address only.", 400)
            if request.headers.get("origin", f"http://{own}") != f"http://{own}":
                return _refused("This page answers to itself only.", 403)
            given = request.headers.get("x-nestimate-key", "")
            if keyed and not compare_digest(given.encode(), key.encode()):
                return _refused("Open the page by the address that nestimate printed.", 403)
            try:
                return await inner(request)
            except ClientDisconnect:
                return _refused("The page is gone.", 400)

        return outer

    @asynccontextmanager
    async def life(_: Starlette) -> AsyncIterator[None]:
        await worker.start()
        yield
        await worker.close()

    return Starlette(
        routes=[
            Route("/stop", guarded(stop, keyed=True), methods=["POST"]),
            Route("/progress", guarded(progress, keyed=True), methods=["POST"]),
            Route("/ask/{name}", guarded(asked, keyed=True), methods=["POST"]),
            Route("/{path:path}", guarded(file, keyed=False), methods=["GET"]),
        ],
        lifespan=life,
    )


def serve(port: int = 0, *, browser: bool = True) -> None:
    """Serve the page until Ctrl-C.

    Parameters
    ----------
    port
        0 takes a free one.
    browser
        Whether to open the page in the browser.
    """
    key = secrets.token_urlsafe(32)
    with socket.create_server((HOST, port)) as listening:
        port = listening.getsockname()[1]
        address = f"http://{HOST}:{port}/#key={key}"
        print(f"The page is open at {address}\nYour data stay on this machine. Ctrl-C ends it.")
        # Nothing is logged: a log would hold names of files.
        config = uvicorn.Config(
            app(key, port, Worker()), log_level="critical", access_log=False, lifespan="on"
        )
        server = uvicorn.Server(config)
        asyncio.run(_run(server, listening, address if browser else None))


async def _run(server: uvicorn.Server, listening: socket.socket, address: str | None) -> None:
    running = asyncio.create_task(server.serve(sockets=[listening]))
    while not (server.started or running.done()):
        await asyncio.sleep(0.02)
    if address is not None and not running.done():
        await asyncio.to_thread(webbrowser.open, address)
    await running


async def _body(request: Request) -> bytes | None:
    """Return the body; None as soon as it is larger than a file may be."""
    found: list[bytes] = []
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > MOST_BYTES + _ROOM:
            return None
        found.append(piece)
    body = b"".join(found)
    _, newline, content = body.partition(b"\n")
    return None if newline and len(content) > MOST_BYTES else body


def _response(reply: Reply) -> Response:
    headers: dict[str, Any] = _HEADERS | {"Content-Type": reply.type}
    if reply.name:
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(reply.name)}"
    return Response(reply.body, headers=headers)


def _refused(text: str, status: int) -> Response:
    return PlainTextResponse(text, status_code=status, headers=_HEADERS)
