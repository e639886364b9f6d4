"""The page as a user has it: `nestimate page` in a process of its own, and a browser."""

import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
#: A browser that calls nobody by itself.
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass(frozen=True)
class Served:
    """A running page.

    Attributes
    ----------
    address, host, port, key
        Where it is, and what it asks for.
    process, home
        The server, and the only folder in which it and its child could write.
    """

    address: str
    host: str
    port: int
    key: str
    process: subprocess.Popen
    home: Path

    @property
    def origin(self):
        return f"http://{self.host}:{self.port}"

    def request(self, method, path, body=None, **headers):
        """Send one request; return status, headers and body. A header of None is left out."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        sent = {"Host": f"{self.host}:{self.port}", "X-Nestimate-Key": self.key}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in sent.items():
            if value is not None:
                connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        reply = connection.getresponse()
        return reply.status, dict(reply.getheaders()), reply.read()

    def ask(self, name, said, content=b""):
        """Ask a question as the page does."""
        body = json.dumps(said).encode() + b"\n" + content
        status, headers, reply = self.request("POST", f"/ask/{name}", body)
        assert status == 200, reply
        return reply if "content-disposition" in headers else json.loads(reply)

    def child(self):
        """Return the process that computes."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        found = [pid for pid in children.split() if b"page.child" in cmdline(pid)]
        return int(found[-1]) if found else None


def cmdline(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def descendants(pid):
    """Return the processes that a process has started."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(one) for task in tasks for one in task.read_text().split()]


def cpu_seconds(pid):
    """Return the processor time that a process has used; none once it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    if fields[0] in "ZX":
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def serving(home):
    """Run the page with a home, a working folder and a place for temporary files of its own."""
    env = {
        **os.environ,
        "HOME": str(home),
        "TMPDIR": str(home),
        "XDG_CACHE_HOME": str(home),
        "MPLCONFIGDIR": str(home / "matplotlib"),
    }
    code = "from nestimate.apps.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "page", "--no-browser"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=env,
        cwd=home,
        text=True,
    )
    line = process.stdout.readline()
    found = re.search(r"http://([\d.]+):(\d+)/#key=([\w-]+)", line)
    assert found, line
    served = Served(found[0], found[1], int(found[2]), found[3], process, home)
    for _ in range(200):
        try:
            served.request("GET", "/")
            break
        except OSError:
            time.sleep(0.05)
    try:
        yield served
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()
