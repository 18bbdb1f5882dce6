# SPDX-License-Identifier: Apache-2.0
"""Live streams: who reads them, and who makes the events that they tell of."""

import asyncio
import contextlib
import json
import socket
import subprocess
import sys
import time

from core.http1 import paced
from core.suite import FOLDER

AGENT = "bench-later"


class Refusal(Exception):
    """The streams could not be opened; says why."""


@contextlib.contextmanager
def reading(port, subscribers, *options):
    """A reader with that many open streams, as a process of its own."""
    reader = subprocess.Popen(
        [sys.executable, f"{FOLDER}/programs/reader.py", "--port", str(port), "--subscribers", str(subscribers), *options],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        if reader.stdout.readline().strip() != "open":
            raise Refusal((reader.stderr.read().strip().splitlines() or ["the reader ended"])[-1][:300])
        yield reader
    finally:
        reader.kill()
        reader.wait()
        for stream in (reader.stdin, reader.stdout, reader.stderr):
            stream.close()


def findings(reader, sent):
    """Tells the reader when each mark was sent, and hears how soon its streams had them."""
    reader.stdin.write(json.dumps(sent) + "\n")
    reader.stdin.flush()
    line = reader.stdout.readline()
    if not line:
        raise RuntimeError(f"the reader failed: {reader.stderr.read()[-600:]}")
    return json.loads(line)


class Marks:
    """Numbers that no two events of a run share."""

    last = 0

    @classmethod
    def take(cls, count):
        first = cls.last + 1
        cls.last += count
        return range(first, cls.last + 1)


def later():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 365 * 86_400))


def task_of(mark, room, run_at):
    """A task that is to begin in a year: one event, and nothing follows."""
    return json.dumps({"agent": AGENT, "input": {"message": "hello"}, "runAt": run_at, "roomId": room,
                       "correlationId": f"mark-{mark}"}).encode()


def make_events(suite, room, rate, seconds):
    """Events in one room at a steady pace; when each mark's request was sent."""
    marks, run_at = Marks.take(max(1, int(rate * seconds))), later()
    requests = [("/task", task_of(mark, room, run_at)) for mark in marks]
    return sent_of(marks, asyncio.run(
        paced(suite.ports["orchestrator-svc"], {"Authorization": suite.authorization}, requests, rate)))


def publish(port, frame, rate, seconds):
    """The same frame with another mark each time, posted to the Node server at the same pace."""
    marks = Marks.take(max(1, int(rate * seconds)))
    requests = [("/publish", frame.replace(b"mark-0", b"mark-%d" % mark)) for mark in marks]
    return sent_of(marks, asyncio.run(paced(port, {}, requests, rate)))


def sent_of(marks, answers):
    # From when each was due: a request that had to wait for a connection of ours has waited all the same.
    return {mark: due for mark, (due, _, _) in zip(marks, answers)}


def room_of(suite, name):
    return suite.api.send("POST", "/v1/rooms", {"name": name})["room_id"]


def sample(suite, room):
    """What one event of ours looks like on a stream, with the mark 0."""
    with socket.create_connection(("127.0.0.1", suite.ports["orchestrator-svc"]), 10) as stream:
        stream.sendall(f"GET /v1/streams/rooms/{room} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                       f"Authorization: {suite.authorization}\r\n\r\n".encode())
        data = b""
        while b"\r\n\r\n" not in data:
            data += stream.recv(65536)
        data = data.split(b"\r\n\r\n", 1)[1]
        suite.api.send("POST", "/task", json.loads(task_of(0, room, later())))
        while b'"mark-0"' not in data or not data[data.index(b'"mark-0"'):].count(b"\n\n"):
            data += stream.recv(65536)
    begin = data.rindex(b"id: ", 0, data.index(b'"mark-0"'))
    return data[begin:data.index(b"\n\n", begin) + 2]
