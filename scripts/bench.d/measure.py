# SPDX-License-Identifier: Apache-2.0
"""Measures a running suite beside its database. Called by scripts/bench, which says where everything is."""

import argparse
import http.client
import json
import os
import re
import subprocess
import time

from suite import AUTHORIZATION, ENV, FOLDER, PORTS, as_database_user, show, sql


def pgbench(seconds):
    text = as_database_user("pgbench", "-c", "16", "-j", "2", "-M", "prepared", "-T", str(seconds), "bench")
    return float(re.search(r"tps = ([0-9.]+) \(without", text).group(1))


def wrk(script, daemon, connections, seconds):
    """Requests a second that were answered well."""
    text = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", f"{FOLDER}/{script}",
         f"http://127.0.0.1:{PORTS[daemon]}"],
        capture_output=True, text=True, env={**ENV, "BENCH_AUTHORIZATION": AUTHORIZATION}, check=True).stdout
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    requests = int(re.search(r"(\d+) requests in", text).group(1))
    taken = float(re.search(r"requests in ([0-9.]+)s", text).group(1))
    return (requests - (int(failed.group(1)) if failed else 0)) / taken


def completed():
    return int(sql("SELECT count(*) FROM orchestrator.proj_tasks WHERE status = 'completed'"))


def drain():
    """Waits until nothing is open any more; says how many tasks are completed."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        if sql("SELECT count(*) FROM orchestrator.proj_tasks WHERE status <> 'completed'") == "0":
            return completed()
        time.sleep(0.2)
    raise SystemExit("tasks are still open after five minutes")


def create_and_complete(seconds):
    before = completed()
    start = time.monotonic()
    created = wrk("create.lua", "orchestrator-svc", 32, seconds)
    done = drain() - before
    return created, done / (time.monotonic() - start)


def pickup(count=200, rate=20):
    """Milliseconds from the answer to POST /task to the moment the agent's handler was entered."""
    connection = http.client.HTTPConnection("127.0.0.1", PORTS["orchestrator-svc"])
    answered = {}
    start = time.monotonic()
    for number in range(count):
        time.sleep(max(0, start + number / rate - time.monotonic()))
        connection.request("POST", "/task", '{"agent":"echo","input":{"message":"hello"}}',
                           {"Content-Type": "application/json", "Authorization": AUTHORIZATION})
        body = connection.getresponse().read()
        answered[json.loads(body)["id"]] = time.time()
    drain()
    rows = sql("SELECT task_id || ' ' || extract(epoch FROM (result->>'received_at')::timestamptz) "
               f"FROM orchestrator.proj_tasks ORDER BY task_id DESC LIMIT {count}")
    waits = [(float(line.split()[1]) - answered[line.split()[0]]) * 1000 for line in rows.splitlines()]
    waits.sort()
    return waits[len(waits) // 2], waits[int(len(waits) * 0.99) - 1]


def ingest(seconds):
    return 500 * wrk("logs.lua", "logging-svc", 4, seconds)


def copy_frames(count=200_000):
    """Frames a second of one connection that copies the very rows that were ingested into the same kind of table."""
    columns = sql("SELECT string_agg(quote_ident(attname), ',' ORDER BY attnum) FROM pg_attribute "
                  "WHERE attrelid = 'logging.logs'::regclass AND attnum > 0 AND NOT attisdropped")
    sql("DROP TABLE IF EXISTS logging.bench_copy; "
        "CREATE TABLE logging.bench_copy (LIKE logging.logs INCLUDING ALL)")
    path = f"{ENV['BENCH_SOCKETS']}/bench.copy"
    sql(f"COPY (SELECT {columns} FROM logging.logs ORDER BY 1 LIMIT {count}) TO '{path}'")
    # In transactions of 500 rows, as they came; the file is read by psql, so that rows cross a socket here, too.
    as_database_user("psql", "-X", "-q", "-d", "tutti", "-c", f"SELECT pg_stat_file('{path}')")
    chunk = f"{path}.part"
    subprocess.run(ENV["BENCH_DROP"].split() + ["split", "-l", "500", "-d", "-a", "5", path, chunk], check=True)
    parts = sorted(name for name in os.listdir(ENV["BENCH_SOCKETS"]) if name.startswith("bench.copy.part"))
    script = "\n".join(f"\\copy logging.bench_copy ({columns}) from '{ENV['BENCH_SOCKETS']}/{part}'" for part in parts)
    start = time.monotonic()
    as_database_user("psql", "-X", "-q", "-d", "tutti", stdin=script)
    rate = int(sql("SELECT count(*) FROM logging.bench_copy")) / (time.monotonic() - start)
    for name in ["bench.copy", *parts]:
        os.unlink(f"{ENV['BENCH_SOCKETS']}/{name}")
    return rate


def memory():
    sizes = {}
    for name in PORTS:
        pid = subprocess.run(["pgrep", "-f", f"/{name}$"], capture_output=True, text=True).stdout.split()
        for line in open(f"/proc/{pid[-1]}/status") if pid else []:
            if line.startswith("VmRSS"):
                sizes[name] = int(line.split()[1]) / 1024
    return sizes


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=8)
    options = parser.parse_args()
    for name, size in memory().items():
        show(f"memory at rest: {name}", [size], "MiB")
    as_database_user("createdb", "bench")
    as_database_user("pgbench", "-i", "-q", "-s", "20", "bench")
    tpcb, created, done, p50, p99, frames, copied = [], [], [], [], [], [], []
    for _ in range(options.repeats):
        tpcb.append(pgbench(options.seconds))
        rate, finished = create_and_complete(options.seconds)
        created.append(rate)
        done.append(finished)
        middle, high = pickup()
        p50.append(middle)
        p99.append(high)
        frames.append(ingest(options.seconds))
        copied.append(copy_frames())
    show("pgbench TPC-B, -s 20 -c 16 -M prepared", tpcb, "tx/s")
    show("POST /task, 32 connections, while the echo agent works", created, "tasks/s", tpcb)
    show("created and completed by the echo agent", done, "tasks/s", tpcb)
    show("pick-up at 20 tasks/s, p50", p50, "ms")
    show("pick-up at 20 tasks/s, p99", p99, "ms")
    show("COPY of the same rows, 500 a commit, one connection", copied, "frames/s")
    show("POST /log, batches of 500, 4 connections", frames, "frames/s", copied)


main()
