# SPDX-License-Identifier: Apache-2.0
"""Follows many live streams at once, and tells how soon each event was there: one program for every server, so that what
reading costs is the same for all.

    reader.py --port P --path /v1/streams/rooms/room_… --subscribers 1000 [--protocol ws] [--header 'name: value'] …

It says `open` when all streams are, reads until a line comes on standard input or that is closed, and prints one JSON line:
of each mark `mark-N` in an event how often it was seen, and how long it took. The line on standard input is the JSON object
of the marks with the seconds (of time.time()) at which their requests were sent. With --paths FILE each subscriber has a line
of that file as its path. With --discard what comes is thrown away, counted in bytes only.
"""

import argparse
import base64
import json
import os
import re
import resource
import select
import socket
import sys
import time

MARK = re.compile(rb"mark-(\d+)")


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", default="/")
    parser.add_argument("--paths")
    parser.add_argument("--subscribers", type=int, required=True)
    parser.add_argument("--protocol", choices=["sse", "ws"], default="sse")
    parser.add_argument("--header", action="append", default=[])
    parser.add_argument("--subscribe", help="the text to send on each WebSocket once it is open")
    parser.add_argument("--discard", action="store_true")
    return parser.parse_args()


def masked(text):
    """A short text as a frame from a client."""
    data, key = text.encode(), os.urandom(4)
    size = bytes([0x80 | len(data)]) if len(data) < 126 else bytes([0xFE]) + len(data).to_bytes(2, "big")
    return b"\x81" + size + key + bytes(byte ^ key[index % 4] for index, byte in enumerate(data))


class Reader:
    def __init__(self, options):
        self.options = options
        self.poll = select.epoll()
        self.sockets = {}
        self.open = 0
        self.seen = {}
        self.tails = {}
        self.bytes = 0
        self.lost = 0

    def connect(self, path):
        sock = socket.socket()
        sock.connect(("127.0.0.1", self.options.port))
        upgrade = ""
        if self.options.protocol == "ws":
            key = base64.b64encode(os.urandom(16)).decode()
            upgrade = f"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
        head = "".join(f"{line}\r\n" for line in self.options.header)
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.options.port}\r\n{upgrade}{head}\r\n".encode())
        sock.setblocking(False)
        self.sockets[sock.fileno()] = sock
        self.tails[sock.fileno()] = b""
        self.poll.register(sock.fileno(), select.EPOLLIN)

    def connect_all(self):
        paths = [self.options.path]
        if self.options.paths:
            with open(self.options.paths, encoding="ascii") as file:
                paths = file.read().split()
        waiting = set()
        answers = {}
        for number in range(self.options.subscribers):
            before = set(self.sockets)
            self.connect(paths[number % len(paths)])
            waiting |= set(self.sockets) - before
            if number % 100 == 99 or number == self.options.subscribers - 1:
                self.await_open(waiting, answers)

    def await_open(self, waiting, answers):
        """Until all that were asked for are open: the head of the answer, and over WebSocket the word that it is subscribed."""
        deadline = time.monotonic() + 60
        websocket = self.options.protocol == "ws"
        while waiting:
            if time.monotonic() > deadline:
                raise SystemExit(f"{len(waiting)} streams were not answered within a minute")
            for number, _ in self.poll.poll(1):
                try:
                    data = self.sockets[number].recv(65536)
                except BlockingIOError:
                    continue
                if not data:
                    raise SystemExit(f"a stream was closed after {len(self.sockets) - len(waiting)}: {answers.get(number, b'')[:300]!r}")
                if number not in waiting:
                    continue
                had = answers.get(number, b"")
                data = had + data
                answers[number] = data
                if not data.startswith((b"HTTP/1.1 200", b"HTTP/1.1 101")):
                    raise SystemExit(f"a stream was refused after {len(self.sockets) - len(waiting)}: {data[:300]!r}")
                if b"\r\n\r\n" not in data:
                    continue
                if websocket and self.options.subscribe and b"\r\n\r\n" not in had:
                    self.sockets[number].sendall(masked(self.options.subscribe))
                if not websocket or not self.options.subscribe or b'"subscribed"' in data:
                    waiting.discard(number)
                    del answers[number]

    def take(self, number):
        try:
            data = self.sockets[number].recv(1 << 18)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.lost += 1
            self.poll.unregister(number)
            return
        self.bytes += len(data)
        if self.options.discard:
            return
        now = time.time()
        # A mark that is cut in two is whole with the next bytes; the last 12 cannot hold a whole one and its end.
        data = self.tails[number] + data
        end = 0
        for match in MARK.finditer(data):
            if match.end() == len(data):
                break
            end = match.end()
            self.seen.setdefault(int(match.group(1)), []).append(now)
        self.tails[number] = data[max(end, len(data) - 24):]

    def run(self):
        print("open", flush=True)
        self.poll.register(sys.stdin.fileno(), select.EPOLLIN)
        while True:
            for number, _ in self.poll.poll():
                if number == sys.stdin.fileno():
                    return
                self.take(number)


def main():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    options = arguments()
    reader = Reader(options)
    reader.connect_all()
    reader.run()
    sent = json.loads(sys.stdin.readline() or "{}")
    delays, missing = [], 0
    for mark, at in sent.items():
        seen = reader.seen.get(int(mark), [])
        missing += options.subscribers - len(seen)
        delays += [(each - at) * 1000 for each in seen]
    delays.sort()
    shares = {name: delays[min(len(delays) - 1, int(len(delays) * share))] if delays else None
              for name, share in (("p50", 0.5), ("p99", 0.99))}
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"deliveries": len(delays), "missing": missing, "lost": reader.lost, "bytes": reader.bytes,
                      "processor": used.ru_utime + used.ru_stime, **shares}), flush=True)


main()
