# SPDX-License-Identifier: Apache-2.0
"""Log frames: taken in by the batch and one at a time, found by trace among ten million, and seen live."""

import asyncio
import json
import time

from core import live
from core.disk import fitting
from core.http1 import paced
from core.load import measure, warm_up
from core.yardsticks import Yardsticks

BATCH = 500
FRAMES_OF_A_TRACE = 20
COLUMNS = 'log_id, received_at, "time", level, service, message, trace_id, correlation_id, fields'
COPY = "COPY into the same table, 1 connection"
SINGLE = "single inserts, 16 connections"


def run(bench):
    suite, figures = bench.suite, bench.figures
    yardsticks = Yardsticks(suite)
    port = suite.ports["logging-svc"]
    warm_up(suite, "logs", port, 4, frames=BATCH)
    suite.sql("CREATE SEQUENCE logging.bench_ids")
    blocks = copied_blocks(suite, 40 if bench.quick else 200)
    by_trace(bench, "empty table", ["0af7651916cd43dd8448eb211c80319d"])
    for _ in bench.rounds():
        fresh_copy(suite)
        yardsticks.copy_into(figures, COPY, "tutti", f"logging.bench_copy ({COLUMNS})", blocks, "frames/s")
        measure(figures, f"POST /log, batches of {BATCH}", "frames/s", suite, "logs", port, 4, bench.seconds, COPY, BATCH,
                frames=BATCH)
        fresh_copy(suite)
        yardsticks.own_inserts(
            figures, SINGLE,
            f"INSERT INTO logging.bench_copy ({COLUMNS}) VALUES (nextval('logging.bench_ids'), now(), now(), 2, 'bench', "
            "'frame 1 of a batch that is about as long as most are', '0af7651916cd43dd8448eb211c80319c', 'bench-1', "
            "'{\"number\":1,\"kind\":\"load\"}')", "tutti", 16, bench.seconds, "frames/s")
        measure(figures, "POST /log, single frames", "frames/s", suite, "logs", port, 16, bench.seconds, SINGLE, frames=1)
        tail(bench)
    suite.sql("DROP TABLE logging.bench_copy")
    wanted = 200_000 if bench.quick else 10_000_000
    count = wanted if bench.quick else fitting(bench, "log frames", wanted, 900)
    began = time.monotonic()
    traces = fill(bench, count)
    bench.say(f"filled with {count:,} frames by SQL in {time.monotonic() - began:.0f} s")
    for _ in range(bench.repeats):
        by_trace(bench, f"{wanted:,} frames" if count == wanted else f"{count:,} frames", traces, "by trace, empty table")


def fresh_copy(suite):
    suite.sql("DROP TABLE IF EXISTS logging.bench_copy")
    suite.sql("CREATE TABLE logging.bench_copy (LIKE logging.logs INCLUDING ALL)")


def copied_blocks(suite, count):
    """Frames that were really taken in, as COPY tells them, in blocks of a batch each."""
    with suite.connect() as connection, connection.cursor() as cursor:
        with cursor.copy(f"COPY (SELECT {COLUMNS} FROM logging.logs ORDER BY log_id LIMIT {count * BATCH}) TO STDOUT") as copy:
            lines = b"".join(bytes(part) for part in copy).decode().splitlines()
    return [lines[first:first + BATCH] for first in range(0, len(lines), BATCH)]


def fill(bench, count):
    """Frames made by the database itself, in many traces; answers some of these."""
    suite = bench.suite
    for first in range(0, count, 500_000):
        rows = min(500_000, count - first)
        with suite.connect() as connection, connection.transaction():
            # The head is what logging-svc numbers on from; it waits for us as it waits for another of its kind.
            head = connection.execute("SELECT log_id FROM logging.log_head FOR UPDATE").fetchone()[0]
            connection.execute(
                f"INSERT INTO logging.logs ({COLUMNS}) SELECT %s + n, now(), now(), 2, 'filled-' || n %% 8, "
                "'frame ' || n || ' of a batch that is about as long as most are', "
                f"md5('trace' || (%s + n) / {FRAMES_OF_A_TRACE}), 'filled-' || n / 7, "
                """('{"number":' || n || ',"kind":"filled"}')::json FROM generate_series(1, %s) AS n""",
                (head, first, rows))
            connection.execute("UPDATE logging.log_head SET log_id = log_id + %s, received_at = now()", (rows,))
    suite.sql("VACUUM (ANALYZE) logging.logs")
    steps = 100 if bench.quick else 400
    numbers = [1 + number * (count // FRAMES_OF_A_TRACE - 2) // steps for number in range(steps)]
    return [row[0] for row in suite.sql("SELECT md5('trace' || n) FROM unnest(%s::bigint[]) AS n", numbers)]


def by_trace(bench, name, traces, against=None):
    api, times = bench.suite.logs, []
    for trace in traces * (1 if len(traces) > 20 else 50):
        began = time.monotonic()
        found = api.send("GET", f"/logs?traceId={trace}&limit=100")
        times.append((time.monotonic() - began) * 1000)
        if against and len(found["logs"]) != FRAMES_OF_A_TRACE:
            raise RuntimeError(f"{len(found['items'])} frames of trace {trace} were found instead of {FRAMES_OF_A_TRACE}")
    bench.figures.spread(f"by trace, {name}", times, against)


def tail(bench, rate=50):
    """From when a frame was sent until a dashboard has it on its WebSocket, which is with another daemon."""
    suite = bench.suite
    with live.reading(suite.ports["orchestrator-svc"], 1, "--protocol", "ws", "--path", "/ws",
                      "--header", f"Authorization: {suite.authorization}",
                      "--subscribe", '{"type":"subscribe","id":"a","channels":["logs"],"filter":{"service":["marked"]}}') as reader:
        send(suite, rate, 1)
        sent = send(suite, rate, bench.seconds)
        time.sleep(1)
        found = live.findings(reader, sent)
    if found["missing"]:
        raise RuntimeError(f"{found['missing']} of {len(sent)} frames did not come")
    for share in ("p50", "p99"):
        bench.figures.note(f"live tail at {rate}/s, WebSocket, {share}", "ms", found[share])


def send(suite, rate, seconds):
    marks = live.Marks.take(int(rate * seconds))
    requests = [("/log", json.dumps({"level": "info", "service": "marked", "message": f"mark-{mark}"}).encode())
                for mark in marks]
    answers = asyncio.run(paced(suite.ports["logging-svc"], {"Authorization": suite.authorization}, requests, rate))
    return live.sent_of(marks, answers)
