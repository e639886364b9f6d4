"""The process that computes: questions on standard input, replies on standard output.

It is a process of its own so that a fit can be stopped at once, by killing it. What the answers
need is imported and used once before the first question, so that the first answer is not slower
than the second.
"""

import os
import struct
import sys
from typing import BinaryIO

from nestimate.apps.page.messages import Desk, warm_up

#: Lengths of the two parts of a message.
LENGTHS = struct.Struct(">II")
#: In place of the type of a reply: how far the work has come, the reply is still to come.
PROGRESS = "progress"


def read_message(file: BinaryIO) -> tuple[bytes, bytes] | None:
    """Return the two parts of a message; None at the end."""
    head = file.read(LENGTHS.size)
    if len(head) < LENGTHS.size:
        return None
    first, second = LENGTHS.unpack(head)
    return file.read(first), file.read(second)


def message(first: bytes, second: bytes) -> bytes:
    """Return two parts as one message."""
    return LENGTHS.pack(len(first), len(second)) + first + second


def main() -> None:
    """Answer until the page is gone."""
    replies = os.fdopen(os.dup(1), "wb")
    # Whatever a library prints must not fall between the replies, nor into a log.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    warm_up()

    def send(head: str, body: bytes) -> None:
        replies.write(message(head.encode(), body))
        replies.flush()

    desk = Desk(tell=lambda said: send(PROGRESS, said.encode()))
    while (asked := read_message(sys.stdin.buffer)) is not None:
        reply = desk.handle(asked[0].decode(), asked[1])
        send(f"{reply.type}\n{reply.name}", reply.body)


if __name__ == "__main__":
    main()
