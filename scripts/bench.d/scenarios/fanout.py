# SPDX-License-Identifier: Apache-2.0
"""One event to thousands of streams, over server-sent events and WebSocket, beside a plain Node server that gets the same
events and writes the same bytes; and what streams cost those who commit."""

import subprocess
import time

from core import live
from core.load import measure, warm_up
from core.processor import Meter, resident_kilobytes
from core.suite import FOLDER

# Events a second for so many subscribers: twenty thousand deliveries a second, which leaves room beside the reader.
SIZES = ((1000, 20), (5000, 4))
STREAMS = 200


def run(bench):
    suite = bench.suite
    suite.worker_agent(live.AGENT)
    room = live.room_of(suite, "fan-out")
    frame = live.sample(suite, room)
    bench.say(f"an event is {len(frame)} bytes on the stream")
    rooms = f"{suite.home}/rooms"
    paths = f"{suite.home}/paths"
    with open(rooms, "w", encoding="ascii") as file, open(paths, "w", encoding="ascii") as other:
        for number in range(STREAMS):
            each = live.room_of(suite, f"followed {number}")
            file.write(each + "\n")
            other.write(f"/v1/streams/rooms/{each}\n")
    for _ in bench.rounds():
        for count, rate in SIZES[:1] if bench.quick else SIZES:
            of_node(bench, count, rate, frame)
            of_ours(bench, count, rate, room)
            of_websockets(bench, count, rate, room)
        committing(bench, rooms, paths)
    if bench.quick:
        bench.say("with --quick, 5,000 subscribers are left out")


def of_node(bench, count, rate, frame):
    port = bench.suite.free_port()
    server = subprocess.Popen(["node", f"{FOLDER}/programs/fanout.js", str(port)], stdout=subprocess.PIPE, text=True)
    try:
        if server.stdout.readline().strip() != "ready":
            raise RuntimeError("the Node server did not start")
        deliver(bench, f"{count:,} SSE of Node", server.pid, port, count,
                lambda seconds: live.publish(port, frame, rate, seconds))
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()


def of_ours(bench, count, rate, room):
    suite = bench.suite
    suite.restart("orchestrator-svc")
    deliver(bench, f"{count:,} SSE", suite.pid("orchestrator-svc"), suite.ports["orchestrator-svc"], count,
            lambda seconds: live.make_events(suite, room, rate, seconds), f"{count:,} SSE of Node",
            "--path", f"/v1/streams/rooms/{room}", "--header", f"Authorization: {suite.authorization}")


def of_websockets(bench, count, rate, room):
    suite = bench.suite
    suite.restart("orchestrator-svc")
    try:
        deliver(bench, f"{count:,} WebSockets", suite.pid("orchestrator-svc"), suite.ports["orchestrator-svc"], count,
                lambda seconds: live.make_events(suite, room, rate, seconds), f"{count:,} SSE of Node",
                "--protocol", "ws", "--path", "/ws", "--header", f"Authorization: {suite.authorization}",
                "--subscribe", '{"type":"subscribe","id":"a","channels":["tasks"]}')
    except live.Refusal as refusal:
        bench.skip(f"{count:,} WebSockets", str(refusal))


def deliver(bench, name, pid, port, count, send, against=None, *options):
    """A fresh server each time, so that what a connection takes can be seen. Its processor time includes that it takes the
    events in; a delivery is from when a request was due until the last byte of its mark was read."""
    figures = bench.figures
    # The reader is warm, and so is the server, before anything is counted.
    before = resident_kilobytes(pid)
    with live.reading(port, count, *options) as reader:
        send(0.5)
        time.sleep(1)
        idle = resident_kilobytes(pid)
        with Meter([pid], bench.suite.postmaster) as meter:
            sent = send(bench.seconds)
            time.sleep(1)
        found = live.findings(reader, sent)
    if found["missing"] or found["lost"]:
        raise RuntimeError(f"{name}: {found['missing']} deliveries are missing, {found['lost']} streams were cut")
    figures.heed(meter.cost)
    figures.note(f"{name}, processor time per delivery", "µs", 1e6 * meter.cost.measured / found["deliveries"],
                 f"{against}, processor time per delivery" if against else None)
    figures.note(f"{name}, memory per connection", "KiB", (idle - before) / count,
                 f"{against}, memory per connection" if against else None)
    for share in ("p50", "p99"):
        figures.note(f"{name}, delivery, {share}", "ms", found[share], f"{against}, delivery, {share}" if against else None)


def committing(bench, rooms, paths):
    """Creates spread over as many rooms as there are streams, each followed by one, so that every commit is told to somebody."""
    suite = bench.suite
    port = suite.ports["orchestrator-svc"]
    warm_up(suite, "create", port, agent=suite.worker_agent("bench-waiting"), rooms=rooms)
    told = {"agent": "bench-waiting", "rooms": rooms}
    measure(bench.figures, "creates without streams", "tasks/s", suite, "create", port, 32, bench.seconds, **told)
    with live.reading(port, STREAMS, "--paths", paths, "--header", f"Authorization: {suite.authorization}", "--discard"):
        measure(bench.figures, f"creates with {STREAMS} streams followed", "tasks/s", suite, "create", port, 32, bench.seconds,
                "creates without streams", **told)
