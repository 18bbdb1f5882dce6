# SPDX-License-Identifier: Apache-2.0
"""Events appended to one room, which takes turns, and to many; and how far a stream is behind."""

import time

from core import live
from core.load import measure, warm_up
from core.yardsticks import Yardsticks

ROOMS = 64


def run(bench):
    suite, figures = bench.suite, bench.figures
    yardsticks = Yardsticks(suite)
    port = suite.ports["orchestrator-svc"]
    suite.worker_agent(live.AGENT)
    followed = live.room_of(suite, "followed")
    threads = []
    for number in range(ROOMS):
        room = live.room_of(suite, f"room {number}")
        threads.append(suite.api.send("POST", f"/v1/rooms/{room}/threads", {"title": "bench"})["thread_id"])
    one, many = f"{suite.home}/one-thread", f"{suite.home}/threads"
    for path, names in ((one, threads[:1]), (many, threads)):
        with open(path, "w", encoding="ascii") as file:
            file.write("\n".join(names) + "\n")
    warm_up(suite, "messages", port, file=many)
    for _ in bench.rounds():
        against = yardsticks.inserts(figures, bench.seconds)
        measure(figures, "messages to one room, 32 connections", "events/s", suite, "messages", port, 32, bench.seconds, against,
                file=one)
        measure(figures, f"messages to {ROOMS} rooms, 32 connections", "events/s", suite, "messages", port, 32, bench.seconds,
                against, file=many)
        tail(bench, followed, 1, 50)
        tail(bench, followed, 200, 50)


def tail(bench, room, streams, rate):
    """From when an event was asked for until a stream has it: the commit is in it."""
    suite = bench.suite
    with live.reading(suite.ports["orchestrator-svc"], streams, "--path", f"/v1/streams/rooms/{room}",
                      "--header", f"Authorization: {suite.authorization}") as reader:
        live.make_events(suite, room, rate, 0.5)
        sent = live.make_events(suite, room, rate, bench.seconds)
        time.sleep(0.5)
        found = live.findings(reader, sent)
    if found["missing"]:
        raise RuntimeError(f"{found['missing']} events did not reach their stream")
    noun = "1 stream" if streams == 1 else f"{streams} streams"
    for share in ("p50", "p99"):
        bench.figures.note(f"tail lag at {rate}/s, {noun}, {share}", "ms", found[share])
