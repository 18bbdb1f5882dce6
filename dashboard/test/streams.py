# SPDX-License-Identifier: Apache-2.0
"""Takes streams apart into what they carry: each piece as it reads, and as it is sent."""

from collections.abc import Iterator
from typing import BinaryIO


def server_sent_events(source: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """The events of a body in chunks, each as a chunk of its own, and the end when there is one."""
    rest = b""
    while line := source.readline():
        size = int(line.split(b";")[0], 16)
        rest += source.read(size)
        source.readline()
        while b"\n\n" in rest:
            event, rest = rest.split(b"\n\n", 1)
            event += b"\n\n"
            yield event, b"%x\r\n%s\r\n" % (len(event), event)
        if size == 0:
            yield b"", b"0\r\n\r\n"
            return


def frames(source: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """The frames of a server's side of a WebSocket, which are not masked."""
    while len(head := source.read(2)) == 2:
        length = head[1] & 0x7F
        if length >= 126:
            more = source.read(2 if length == 126 else 8)
            head += more
            length = int.from_bytes(more, "big")
        body = source.read(length)
        yield body, head + body
