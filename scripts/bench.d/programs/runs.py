# SPDX-License-Identifier: Apache-2.0
"""Measures what happens to runs: how soon they start, and how many whole lives fit into a second, with one orchestrator
and with two. Called by scripts/bench.d/runs, which says where everything is."""

import argparse
import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

from suite import AUTHORIZATION, ENV, FOLDER, PORTS, as_database_user, percentile, show, sql

WORKERS_AGENT = "bench-worker"
CONNECTIONS = 32


class Api:
    """One connection to an orchestrator."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def send(self, method, path, body):
        headers = {"Content-Type": "application/json", "Authorization": AUTHORIZATION}
        self.connection.request(method, path, json.dumps(body), headers)
        answer = self.connection.getresponse()
        data = answer.read()
        if answer.status > 299:
            raise SystemExit(f"{method} {path}: {answer.status} {data[:300].decode()}")
        return json.loads(data)


def pgbench(seconds):
    text = as_database_user("pgbench", "-c", str(CONNECTIONS), "-j", "2", "-M", "prepared", "-T", str(seconds), "bench")
    return float(re.search(r"tps = ([0-9.]+) \(without", text).group(1))


# How soon runs start


def create_steadily(agent, count, rate):
    """When the creation of each run was acknowledged, by the run's id."""
    api = Api(PORTS["orchestrator-svc"])
    acknowledged = {}
    start = time.monotonic()
    for number in range(count):
        time.sleep(max(0, start + number / rate - time.monotonic()))
        run = api.send("POST", "/v1/runs", {"agent": agent, "input": {"message": "hello"}})
        acknowledged[run["run_id"]] = time.time()
    return acknowledged


def await_ended(agent):
    deadline = time.monotonic() + 60
    open_runs = f"SELECT count(*) FROM orchestrator.proj_tasks WHERE agent = '{agent}' AND finished_at IS NULL"
    while sql(open_runs) != "0":
        if time.monotonic() > deadline:
            raise SystemExit(f"runs of {agent} are still open after a minute")
        time.sleep(0.1)


def start_of_workers_runs(count, rate):
    """Milliseconds from the acknowledged creation to the handler, and from the answered claim, which starts the run, to the
    handler. The worker is a process of its own, written with the SDK."""
    environment = {**ENV, "TUTTI_URL": f"http://127.0.0.1:{PORTS['orchestrator-svc']}",
                   "TUTTI_USER": ENV["BENCH_USER"], "TUTTI_PASSWORD": ENV["BENCH_PASSWORD"]}
    worker = subprocess.Popen([sys.executable, f"{FOLDER}/worker.py", WORKERS_AGENT], env=environment,
                              stdout=subprocess.PIPE, text=True)
    try:
        if worker.stdout.readline().strip() != "ready":
            raise SystemExit("the worker of the bench did not become ready")
        acknowledged = create_steadily(WORKERS_AGENT, count, rate)
        await_ended(WORKERS_AGENT)
        worker.send_signal(signal.SIGTERM)
        lines, _ = worker.communicate(timeout=30)
    finally:
        worker.kill()
        worker.wait()
    marks = [line.split() for line in lines.splitlines()]
    started = {run: (float(begun), float(taken)) for run, begun, taken in marks}
    missing = set(acknowledged) - set(started)
    if missing:
        raise SystemExit(f"{len(missing)} runs never reached their handler")
    return ([(started[run][0] - at) * 1000 for run, at in acknowledged.items()],
            [started[run][1] * 1000 for run in acknowledged])


def start_of_engines_runs(count, rate):
    """Milliseconds from the acknowledged creation to the moment at which the echo agent was entered by the embedded engine."""
    acknowledged = create_steadily("echo", count, rate)
    await_ended("echo")
    rows = sql("SELECT run_id || ' ' || extract(epoch FROM (t.result->>'received_at')::timestamptz) "
               "FROM orchestrator.proj_tasks t WHERE agent = 'echo' AND result->>'received_at' IS NOT NULL "
               f"ORDER BY task_id DESC LIMIT {count}")
    return [(float(line.split()[1]) - acknowledged[line.split()[0]]) * 1000 for line in rows.splitlines()]


# Whole lives


def lifecycles(port, seconds):
    """Whole lives of runs per second: created, claimed, started, one step, one tool call, completed."""
    text = subprocess.run(
        ["wrk", f"-t{CONNECTIONS}", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "30s",
         "-s", f"{FOLDER}/../lua/lifecycles.lua", f"http://127.0.0.1:{port}"],
        capture_output=True, text=True, env={**ENV, "BENCH_AUTHORIZATION": AUTHORIZATION, "BENCH_AGENT": WORKERS_AGENT},
        check=True).stdout
    found = re.search(r"lifecycles (\d+) in (\d+) us, (\d+) requests, (\d+) refused", text)
    if found is None or "Socket errors" in text:
        raise SystemExit(f"the lives could not be counted: {text}")
    if int(found.group(4)):
        print(f"  {found.group(4)} of {found.group(3)} requests were refused", flush=True)
    return int(found.group(1)) / (int(found.group(2)) / 1_000_000)


def delivery(ports, pid, seconds):
    """Milliseconds from making an event to its delivery, p50 and p99, over 200 streams of one room spread over the ports."""
    room = Api(ports[0]).send("POST", "/v1/rooms", {"name": "bench"})["room_id"]
    done = subprocess.run(
        [sys.executable, f"{FOLDER}/sse.py", "--port", ",".join(map(str, ports)), "--pid", str(pid),
         "--subscribers", "200", "--rate", "50", "--seconds", str(seconds), "--room", room],
        capture_output=True, text=True, env={**ENV, "INTERNAL_KEY": ENV["BENCH_INTERNAL_KEY"]})
    if done.returncode != 0:
        raise SystemExit(f"events were not delivered: {done.stdout[-500:]} {done.stderr[-500:]}")
    figures = json.loads(done.stdout)
    return figures["delivery_p50_ms"], figures["delivery_p99_ms"]


# Several orchestrators


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Fleet:
    """Orchestrators over the suite's database, configured as the suite's own, and an HAProxy before them."""

    def __init__(self):
        pid = int(open(f"{ENV['BENCH_HOME']}/run/orchestrator-svc.pid", encoding="utf-8").read().split()[0])
        self.program = os.readlink(f"/proc/{pid}/exe")
        with open(f"/proc/{pid}/environ", "rb") as file:
            pairs = (entry.split(b"=", 1) for entry in file.read().split(b"\0") if b"=" in entry)
            self.environment = {os.fsdecode(name): os.fsdecode(value) for name, value in pairs}
        self.first = pid

    def stop_first(self):
        """The suite's own would otherwise follow along with all that the others record."""
        os.kill(self.first, signal.SIGTERM)
        deadline = time.monotonic() + 40
        while os.path.exists(f"/proc/{self.first}/exe") and time.monotonic() < deadline:
            time.sleep(0.1)

    @contextlib.contextmanager
    def running(self, count, redis):
        """The ports of the proxy and of the daemons, and the id of the first daemon's process."""
        with contextlib.ExitStack() as stack:
            extra = {}
            if redis:
                port = free_port()
                stack.enter_context(self._process(
                    "redis", ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "",
                              "--appendonly", "no", "--dir", "/tmp"], {}))
                extra["REDIS_URL"] = f"redis://127.0.0.1:{port}"
                await_port(port)
            ports = [free_port() for _ in range(count)]
            daemons = [stack.enter_context(self._process(
                f"orchestrator-{index}", [self.program], {**self.environment, **extra, "PORT": str(port)}))
                for index, port in enumerate(ports)]
            for port in ports:
                await_ready(port)
            proxy = free_port()
            stack.enter_context(self._process("haproxy", ["/usr/sbin/haproxy", "-db", "-f", self._proxy(proxy, ports)], {}))
            await_ready(proxy)
            yield proxy, ports, daemons[0].pid

    def _proxy(self, port, daemons):
        path = f"{ENV['BENCH_HOME']}/haproxy.cfg"
        servers = "".join(f"    server o{index} 127.0.0.1:{each}\n" for index, each in enumerate(daemons))
        with open(path, "w", encoding="utf-8") as file:
            file.write("defaults\n    mode http\n    timeout connect 5s\n    timeout client 60s\n    timeout server 60s\n"
                       f"frontend tutti\n    bind 127.0.0.1:{port}\n    default_backend daemons\n"
                       f"backend daemons\n    balance roundrobin\n{servers}")
        return path

    @contextlib.contextmanager
    def _process(self, name, command, environment):
        with open(f"{ENV['BENCH_HOME']}/logs/bench-{name}.log", "ab") as log:
            process = subprocess.Popen(command, env={"PATH": "/usr/bin:/bin", **environment}, cwd="/",
                                       stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(40)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def await_port(port):
    deadline = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise SystemExit(f"nothing listens on port {port}") from None
            time.sleep(0.1)


def await_ready(port):
    await_port(port)
    deadline = time.monotonic() + 60
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/ready")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        finally:
            connection.close()
        if time.monotonic() > deadline:
            raise SystemExit(f"nothing is ready on port {port}")
        time.sleep(0.1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--rate", type=float, default=20)
    parser.add_argument("--count", type=int, default=400)
    options = parser.parse_args()
    seconds = options.seconds
    Api(PORTS["orchestrator-svc"]).send(
        "PUT", f"/agents/{WORKERS_AGENT}", {"kind": "worker", "input_schema": True, "concurrency": 1000})
    as_database_user("createdb", "bench")
    as_database_user("pgbench", "-i", "-q", "-s", "20", "bench")
    figures = {}

    def note(name, value):
        figures.setdefault(name, []).append(value)

    for _ in range(options.repeats):
        handler, start = start_of_workers_runs(options.count, options.rate)
        engine = start_of_engines_runs(options.count, options.rate)
        for name, values in (("handler", handler), ("start", start), ("engine", engine)):
            note(f"{name} p50", percentile(values, 0.5))
            note(f"{name} p99", percentile(values, 0.99))
        note("tpcb", pgbench(seconds))
        note("lives", lifecycles(PORTS["orchestrator-svc"], seconds))
    fleet = Fleet()
    fleet.stop_first()
    for _ in range(options.repeats):
        note("tpcb beside fleets", pgbench(seconds))
        for name, count, redis in (("one", 1, False), ("two", 2, False), ("two, Redis", 2, True)):
            with fleet.running(count, redis) as (proxy, ports, pid):
                note(f"lives {name}", lifecycles(proxy, seconds))
                p50, p99 = delivery(ports, pid, max(5, seconds // 2))
                note(f"delivery {name} p50", p50)
                note(f"delivery {name} p99", p99)

    pace = f"at {options.rate:g} runs/s"
    for share in ("p50", "p99"):
        show(f"created to handler, worker of the SDK, {pace}, {share}", figures[f"handler {share}"], "ms")
    for share in ("p50", "p99"):
        show(f"claimed to handler, worker of the SDK, {pace}, {share}", figures[f"start {share}"], "ms")
    for share in ("p50", "p99"):
        show(f"created to agent's call, embedded engine, {pace}, {share}", figures[f"engine {share}"], "ms")
    show(f"pgbench TPC-B, -s 20 -c {CONNECTIONS} -M prepared", figures["tpcb"], "tx/s")
    show(f"whole lives of 8 requests each, {CONNECTIONS} connections", figures["lives"], "runs/s", figures["tpcb"])
    tpcb = figures["tpcb beside fleets"]
    show("pgbench TPC-B, between the following", tpcb, "tx/s")
    one = figures["lives one"]
    show("whole lives, one orchestrator behind HAProxy", one, "runs/s", tpcb)
    for name, text in (("two", "LISTEN"), ("two, Redis", "Redis")):
        show(f"whole lives, two orchestrators behind HAProxy, {text}", figures[f"lives {name}"], "runs/s", one)
    for share in ("p50", "p99"):
        for name, text in (("one", "one orchestrator"), ("two", "two, LISTEN"), ("two, Redis", "two, Redis")):
            show(f"event to 200 streams at 50 events/s, {text}, {share}", figures[f"delivery {name} {share}"], "ms")


main()
