#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Opens many streams of one room, makes events through the API, and prints one JSON line about their delivery.

With a suite that `scripts/up` started:

    INTERNAL_KEY=… scripts/bench.d/programs/sse.py --port 8080 --pid "$(pgrep -x orchestrator-svc)" \\
        --subscribers 1000 --rate 50 --seconds 20

Several daemons behind which the same database lies are named as --port 8080,8081 (events are made at the first one, the
streams are spread over all). A delivery is measured from the moment before the request that makes the event is sent to
the moment at which a stream's reader has all of it, so it includes the commit. Each event is a task of its own that is to
begin in a year, which is one event. Everything is bounded: the program ends by itself, at the latest ten seconds after
the last event and a minute after the first connection.
"""

import argparse
import asyncio
import json
import os
import re
import resource
import socket
import sys
import time

ROOM = "room_00000000000000000000000000"
HEAD = re.compile(rb"(?:^|\n)id: (\d+)\nevent: ")
NUMBER = re.compile(rb'"correlation_id":"bench-(\d+)"')
AGENT = "sse-bench"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", default="8080")
    parser.add_argument("--pid", type=int, help="of the daemon whose processor time and memory are told")
    parser.add_argument("--room", default=ROOM)
    parser.add_argument("--subscribers", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    options.ports = [int(port) for port in options.port.split(",")]
    options.key = os.environ["INTERNAL_KEY"]
    return options


class Board:
    """What all streams have seen together."""

    def __init__(self):
        self.sent = {}
        self.sent_of_sequence = {}
        self.delays = []
        self.duplicates = 0
        self.disorder = 0
        self.lost = 0


class Subscriber:
    """One stream, read as it comes."""

    __slots__ = ("board", "sock", "rest", "is_open", "sequences", "last")

    def __init__(self, board, sock):
        self.board, self.sock = board, sock
        self.rest = b""
        self.is_open = False
        self.sequences = 0
        self.last = 0

    def readable(self):
        try:
            data = self.sock.recv(262_144)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            asyncio.get_running_loop().remove_reader(self.sock)
            self.board.lost += 1
            return
        now = time.perf_counter()
        data = self.rest + data
        end = data.rfind(b"\n\n") + 2
        if end < 2:
            self.rest = data
            return
        self.rest = data[end:]
        if not self.is_open:
            if not data.startswith(b"HTTP/1.1 200"):
                raise SystemExit(f"a stream was refused: {data[:300]!r}")
            self.is_open = True
        board = self.board
        for match in HEAD.finditer(data, 0, end):
            sequence = int(match.group(1))
            begun = board.sent_of_sequence.get(sequence)
            if begun is None:
                number = NUMBER.search(data, match.end())
                begun = board.sent.get(int(number.group(1))) if number else None
                if begun is None:
                    continue
                board.sent_of_sequence[sequence] = begun
            if sequence <= self.last:
                board.duplicates += 1
                continue
            if self.last and sequence != self.last + 1:
                board.disorder += 1
            self.last = sequence
            self.sequences += 1
            board.delays.append(now - begun)


async def subscribe(board, options):
    """All streams, two hundred at a time."""
    loop = asyncio.get_running_loop()
    subscribers = []

    async def one(number):
        port = options.ports[number % len(options.ports)]
        sock = socket.socket()
        sock.setblocking(False)
        await loop.sock_connect(sock, ("127.0.0.1", port))
        request = (f"GET /v1/streams/rooms/{options.room} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
                   f"X-INTERNAL-KEY: {options.key}\r\nX-Tutti-Service: sse-bench\r\n\r\n")
        await loop.sock_sendall(sock, request.encode())
        subscriber = Subscriber(board, sock)
        subscribers.append(subscriber)
        loop.add_reader(sock, subscriber.readable)

    for first in range(0, options.subscribers, 200):
        await asyncio.gather(*(one(number) for number in range(first, min(first + 200, options.subscribers))))
        deadline = time.monotonic() + 30
        while not all(subscriber.is_open for subscriber in subscribers):
            if time.monotonic() > deadline:
                raise SystemExit("not all streams were answered within half a minute")
            await asyncio.sleep(0.02)
    return subscribers


class Maker:
    """One connection that makes events."""

    def __init__(self, port, key):
        self.port, self.key = port, key

    async def connect(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)

    async def request(self, method, path, body):
        data = json.dumps(body).encode()
        head = (f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nX-INTERNAL-KEY: {self.key}\r\n"
                f"X-Tutti-Service: sse-bench\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n")
        self.writer.write(head.encode() + data)
        answer = await self.reader.readuntil(b"\r\n\r\n")
        length = int(re.search(rb"(?i)content-length: (\d+)", answer).group(1))
        body = await self.reader.readexactly(length)
        if not answer.startswith(b"HTTP/1.1 20"):
            raise SystemExit(f"{method} {path}: {answer[:12].decode()} {body[:300].decode()}")


async def make_events(board, options):
    """Events at a steady pace; answers the seconds that each request took."""
    makers = asyncio.Queue()
    for _ in range(8):
        maker = Maker(options.ports[0], options.key)
        await maker.connect()
        makers.put_nowait(maker)
    first = await makers.get()
    await first.request("PUT", f"/agents/{AGENT}",
                        {"kind": "http", "endpoint": "http://127.0.0.1:1/", "input_schema": True})
    makers.put_nowait(first)
    taken = []
    run_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 365 * 86_400))
    label = int(time.time()) * 1_000_000

    async def one(number):
        maker = await makers.get()
        board.sent[label + number] = begun = time.perf_counter()
        await maker.request("POST", "/task", {"agent": AGENT, "input": {"message": "hello"}, "runAt": run_at, "roomId": options.room,
                                              "correlationId": f"bench-{label + number}"})
        taken.append(time.perf_counter() - begun)
        makers.put_nowait(maker)

    start = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(int(options.rate * options.seconds)):
            await asyncio.sleep(max(0, start + number / options.rate - time.perf_counter()))
            group.create_task(one(number))
    return taken


def processor_seconds(pid):
    if not pid:
        return 0.0
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_kilobytes(pid):
    if not pid:
        return 0
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))


def percentile(values, share):
    return round(values[min(len(values) - 1, int(len(values) * share))] * 1000, 2) if values else None


async def main(options):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    board = Board()
    memory_before = resident_kilobytes(options.pid)
    begun = time.monotonic()
    subscribers = await subscribe(board, options)
    opened = time.monotonic() - begun
    await asyncio.sleep(1)
    memory_idle = resident_kilobytes(options.pid)
    processor_before, own_before, begun = processor_seconds(options.pid), time.process_time(), time.monotonic()
    taken = await make_events(board, options)
    deadline = time.monotonic() + 10
    while any(subscriber.sequences < len(taken) for subscriber in subscribers) and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
    elapsed = time.monotonic() - begun
    board.delays.sort()
    taken.sort()
    deliveries = len(board.delays)
    print(json.dumps({
        "subscribers": len(subscribers), "events": len(taken), "rate": options.rate,
        "seconds": round(elapsed, 2), "connect_seconds": round(opened, 2),
        "delivery_p50_ms": percentile(board.delays, 0.5), "delivery_p99_ms": percentile(board.delays, 0.99),
        "delivery_max_ms": percentile(board.delays, 1), "request_p50_ms": percentile(taken, 0.5),
        "request_p99_ms": percentile(taken, 0.99), "deliveries": deliveries,
        "missing": len(taken) * len(subscribers) - deliveries, "duplicates": board.duplicates,
        "out_of_order": board.disorder, "lost_connections": board.lost,
        "daemon_cpu_seconds": round(processor_seconds(options.pid) - processor_before, 2),
        "reader_cpu_seconds": round(time.process_time() - own_before, 2),
        "daemon_rss_kb_before": memory_before, "daemon_rss_kb_idle": memory_idle,
        "daemon_rss_kb_after": resident_kilobytes(options.pid),
        "rss_kb_per_subscriber": round((memory_idle - memory_before) / max(1, len(subscribers)), 1),
    }))
    return 0 if not board.duplicates and deliveries == len(taken) * len(subscribers) else 1


if __name__ == "__main__":
    chosen = arguments()
    sys.exit(asyncio.run(asyncio.wait_for(main(chosen), chosen.seconds + 70)))
