# SPDX-License-Identifier: Apache-2.0
"""A proxy before the real daemons that goes wrong on command, and otherwise only passes on what it is given."""

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from http.server import ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import serve
from streams import frames, server_sent_events
from suite import eventually


@dataclass
class Rule:
    """What happens to requests that fit, as often as it says."""

    method: str
    path: re.Pattern[str]
    times: float
    status: int = 0
    detail: str = ""
    pause: float = 0


@dataclass
class Slip:
    """What happens to pieces of streams that fit: each comes so many times."""

    fits: re.Pattern[bytes]
    copies: int
    times: float


class Faults:
    """Paths and pieces are told by regular expressions that match anywhere."""

    def __init__(self, origin: str) -> None:
        address = urlsplit(origin)
        about = {"upstream": (address.hostname, address.port), "faults": self}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Handler,), about))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.ended = threading.Event()
        # What was asked for, such as `GET /tasks?limit=100`.
        self.asked: list[str] = []
        self._lock = threading.Lock()
        self._rules: list[Rule] = []
        self._slips: list[Slip] = []
        self._cuts: list[re.Pattern[bytes]] = []
        self._streams: set[socket.socket] = set()
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def answer(self, status: int, path: str, *, method: str = "", detail: str = "", times: float = float("inf")) -> None:
        """Requests are answered with a problem, and do not reach the daemon."""
        self._add(Rule(method, re.compile(path), times, status=status, detail=detail or f"A fault with status {status}."))

    def slow(self, seconds: float, path: str, *, method: str = "", times: float = float("inf")) -> None:
        """Requests wait, and then reach the daemon."""
        self._add(Rule(method, re.compile(path), times, pause=seconds))

    def cut(self) -> int:
        """Ends every stream and every WebSocket in the middle; answers how many there were."""
        with self._lock:
            streams = list(self._streams)
        for one in streams:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        return len(streams)

    def drop(self, piece: str = "", times: float = 1) -> None:
        """Events of streams, or frames of WebSockets, that never come."""
        self._slip(Slip(re.compile(piece.encode()), 0, times))

    def repeat(self, piece: str = "", times: float = 1) -> None:
        """Events of streams, or frames of WebSockets, that come twice."""
        self._slip(Slip(re.compile(piece.encode()), 2, times))

    def lose(self, piece: str, send: Callable[[], object]) -> int:
        """Sends something until a stream was to carry it and did not, and answers how often.

        A page that says it is live may not follow everything yet: what is sent before that it reads in another way.
        """
        self.drop(piece)
        for count in range(1, 21):
            send()
            with suppress(TimeoutError):
                eventually(lambda: self.is_spent, within=1)
                return count
        raise TimeoutError("no stream was to carry it")

    def cut_behind(self, piece: str) -> None:
        """Ends a stream once, in the middle, behind an event or a frame that fits."""
        with self._lock:
            self._cuts.append(re.compile(piece.encode()))

    @property
    def is_spent(self) -> bool:
        """Whether all that was to be dropped, repeated or cut has been. What is sent before that may share a frame with it."""
        with self._lock:
            return not self._cuts and all(slip.times <= 0 for slip in self._slips)

    def heal(self) -> None:
        """From here on nothing goes wrong any more."""
        with self._lock:
            self._rules.clear()
            self._slips.clear()
            self._cuts.clear()

    def close(self) -> None:
        self.ended.set()
        self.cut()
        self._server.shutdown()
        self._server.server_close()

    def rule_for(self, method: str, path: str) -> Rule | None:
        with self._lock:
            self.asked.append(f"{method} {path}")
            for rule in self._rules:
                if rule.times > 0 and rule.method in ("", method) and rule.path.search(path):
                    rule.times -= 1
                    return rule
        return None

    def copies(self, piece: bytes) -> int:
        with self._lock:
            for slip in self._slips:
                if slip.times > 0 and slip.fits.search(piece):
                    slip.times -= 1
                    return slip.copies
        return 1

    def ends_behind(self, piece: bytes) -> bool:
        with self._lock:
            for cut in self._cuts:
                if cut.search(piece):
                    self._cuts.remove(cut)
                    return True
        return False

    def hold(self, stream: socket.socket) -> None:
        with self._lock:
            self._streams.add(stream)

    def leave(self, stream: socket.socket) -> None:
        with self._lock:
            self._streams.discard(stream)

    def _add(self, rule: Rule) -> None:
        with self._lock:
            self._rules.append(rule)

    def _slip(self, slip: Slip) -> None:
        with self._lock:
            self._slips.append(slip)


class Handler(serve.Handler):
    faults: Faults

    def answer(self) -> None:
        rule = self.faults.rule_for(self.command, self.path)
        if rule is not None and rule.pause > 0:
            self.faults.ended.wait(rule.pause)
        if rule is None or rule.status == 0:
            self.forward()
        else:
            self.refuse(rule)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def passes(self, header: str, is_switch: bool) -> bool:
        # Frames that are packed could not be read here.
        return header != "sec-websocket-extensions" and super().passes(header, is_switch)

    def refuse(self, rule: Rule) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        problem: dict[str, Any] = {
            "type": "about:blank", "title": "Fault", "status": rule.status, "code": "fault", "detail": rule.detail,
            "request_id": "0123456789abcdef", "trace_id": "0" * 31 + "1",
        }  # fmt: skip
        body = json.dumps(problem).encode()
        self.send_response(rule.status)
        self.send_header("Content-Type", "application/problem+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def relay(self, there: socket.socket) -> None:
        """Streams go piece by piece through the hands of the faults; everything else as it comes."""
        source = there.makefile("rb")
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = source.readline()
            if not line:
                return
            head += line
        pieces = how_to_read(head)
        if pieces is None:
            self.connection.sendall(head)
            while some := source.read1(65536):
                self.connection.sendall(some)
            return
        self.faults.hold(self.connection)
        self.faults.hold(there)
        try:
            self.connection.sendall(head)
            for piece, wire in pieces(source):
                for _ in range(self.faults.copies(piece)):
                    self.connection.sendall(wire)
                if self.faults.ends_behind(piece):
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
        finally:
            self.faults.leave(self.connection)
            self.faults.leave(there)


def how_to_read(head: bytes) -> Callable[[Any], Iterator[tuple[bytes, bytes]]] | None:
    words = head.lower()
    if words.startswith(b"http/1.1 101"):
        return frames
    return server_sent_events if b"content-type: text/event-stream" in words else None
