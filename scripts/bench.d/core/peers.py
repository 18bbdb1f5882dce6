# SPDX-License-Identifier: Apache-2.0
"""The systems that we are measured beside, each behind one adapter in `peers/`."""

import contextlib
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import redis

from core.suite import FOLDER


class PeerFailed(Exception):
    """A peer could not be measured; says why."""


class Peer:
    """One of them: its adapter, its database, and what is still to be done in it."""

    def __init__(self, suite, name, title, still_open, backlog):
        self.suite, self.name, self.title = suite, name, title
        self.backlog_size = backlog
        self._still_open = still_open
        self.environment = {**os.environ, "PEER_URL": self.url}
        self.log = f"{suite.home}/logs/peer-{name}.log"
        self._connection = None

    @property
    def url(self):
        return self.suite.url(self.name)

    def command(self, *arguments):
        return [sys.executable, f"{FOLDER}/peers/{self.name}_peer.py", *map(str, arguments)]

    def prepare(self):
        self.call("prepare")

    def call(self, *arguments, within=180):
        """What the adapter answers."""
        try:
            done = subprocess.run(self.command(*arguments), env=self.environment, capture_output=True, text=True,
                                  timeout=within)
        except subprocess.TimeoutExpired:
            raise PeerFailed(f"{arguments[0]} took more than {within} seconds") from None
        if done.returncode:
            said = (done.stderr or done.stdout).strip().splitlines() or [f"status {done.returncode}"]
            raise PeerFailed(f"{arguments[0]} failed: {said[-1][:300]}")
        return json.loads(done.stdout.strip().splitlines()[-1])

    def open_tasks(self):
        """How many have been asked for and are not durably done."""
        if self._connection is None:
            self._connection = psycopg.connect(self.url, autocommit=True)
        return self._connection.execute(self._still_open).fetchone()[0]

    def await_all_done(self, seconds=120):
        deadline = time.monotonic() + seconds
        while self.open_tasks():
            if time.monotonic() > deadline:
                raise PeerFailed(f"tasks are still open after {seconds} seconds")
            time.sleep(0.03)
        return time.monotonic()

    @contextlib.contextmanager
    def working(self, marks=None):
        """A worker while the block lasts; the block gets its process."""
        environment = {**self.environment, **({"PEER_MARKS": marks} if marks else {})}
        with self._errors() as log:
            worker = subprocess.Popen(self.command("work"), env=environment, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            self._expect(worker, "ready")
            yield worker
        finally:
            worker.terminate()
            try:
                worker.wait(20)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()
            worker.stdout.close()

    # Everything counts with a peer: its client does the work that our daemons do for whoever sends a request.

    def whole_life(self, bench, against=None, title=None):
        """Asked for one at a time on several connections while the worker works, until nothing is left. For half as long as
        ours: most ask far faster than they work, and what has gathered has to be worked off."""
        asking = max(1, bench.seconds // 2)
        with self._errors() as log:
            client = subprocess.Popen(self.command("enqueue", "--wait", "--seconds", asking), env=self.environment,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            self._expect(client, "ready")
            with self.working() as worker, self._meter(worker) as meter:
                meter.also(client.pid)
                began = time.monotonic()
                client.stdin.write("go\n")
                client.stdin.flush()
                count = json.loads(self._expect(client))["count"]
                seconds = self.await_all_done() - began
                # Before the client is waited for, as long as its processor time can be seen.
                meter.stop()
        finally:
            client.kill()
            client.wait()
            client.stdin.close()
            client.stdout.close()
        bench.figures.rate(title or f"whole life, {self.title}", "tasks/s", count, meter.cost, against, seconds)
        return count / seconds

    def _expect(self, process, word=None):
        """The next line that it says; with a word, the line with that word, whatever it says before."""
        while True:
            line = process.stdout.readline()
            if not line:
                raise PeerFailed(f"it ended: {self._log()}")
            if word in (None, line.strip()):
                return line.strip()

    @contextlib.contextmanager
    def _errors(self):
        with open(self.log, "ab") as file:
            yield file

    def _log(self):
        """The last thing it complained about."""
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return (file.read().strip().splitlines() or ["it did not say why"])[-1][:300]

    def backlog(self, bench):
        """Asked for while nobody works. What is done when the first look finds something done does not count."""
        size = self.backlog_size // (8 if bench.quick else 1)
        asked = self.call("enqueue", "--count", size)
        with self.working() as worker, self._meter(worker) as meter:
            deadline, left = time.monotonic() + 30, size
            while left == size and time.monotonic() < deadline:
                time.sleep(0.002)
                left = self.open_tasks()
            first = time.monotonic()
            seconds = self.await_all_done() - first
            meter.stop()
        if not left:
            raise PeerFailed(f"its backlog of {size} was gone before it could be looked at")
        bench.figures.note(f"enqueueing, {self.title}", "tasks/s", size / asked["seconds"])
        # The processor time is that of all of them.
        bench.figures.rate(f"draining a backlog, {self.title}", "tasks/s", size, meter.cost, seconds=seconds * size / left)

    def _meter(self, worker):
        return self.suite.meter_of([worker.pid])

    def pickup(self, count, rate):
        """Milliseconds from the answer to each request to the entry of its handler."""
        marks = f"{self.suite.home}/marks-{self.name}"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(marks)
        with self.working(marks):
            answered = self.call("pace", "--count", count, "--rate", rate, within=count / rate + 60)["answered"]
            self.await_all_done()
        with open(marks, encoding="ascii") as file:
            entered = dict(line.split() for line in file)
        missing = set(answered) - set(entered)
        if missing:
            raise PeerFailed(f"{len(missing)} tasks never reached their handler")
        return [(float(entered[number]) - at) * 1000 for number, at in answered.items()]


class CeleryPeer(Peer):
    """Over a Redis of its own."""

    def prepare(self):
        self.port = self.suite.free_port()
        folder = f"{self.suite.home}/redis-{self.port}"
        os.makedirs(folder, exist_ok=True)
        # The suite's own end takes it along.
        self.redis = self.suite.keep(subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "yes",
             "--appendfsync", "everysec", "--dir", folder], stdout=subprocess.DEVNULL))
        self.environment["PEER_URL"] = f"redis://127.0.0.1:{self.port}/0"
        self.client = redis.Redis(port=self.port)
        deadline = time.monotonic() + 20
        while True:
            try:
                self.client.ping()
                return
            except redis.ConnectionError:
                if time.monotonic() > deadline:
                    raise PeerFailed("redis-server did not start") from None
                time.sleep(0.05)

    @property
    def url(self):
        return ""

    def open_tasks(self):
        return self.client.llen("celery") + self.client.hlen("unacked")

    def _meter(self, worker):
        return self.suite.meter_of([worker.pid, self.redis.pid])


def all_of(suite):
    return [
        Peer(suite, "pgqueuer", "PgQueuer", "SELECT count(*) FROM pgqueuer", 10_000),
        Peer(suite, "procrastinate", "procrastinate",
             "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')", 1000),
        Peer(suite, "absurd", "Absurd",
             "SELECT count(*) FROM absurd.t_default WHERE state NOT IN ('completed', 'failed', 'cancelled')", 2000),
        Peer(suite, "dbos", "DBOS",
             "SELECT count(*) FROM dbos.workflow_status WHERE status IN ('ENQUEUED', 'PENDING', 'DELAYED')", 1000),
        CeleryPeer(suite, "celery", "Celery", "", 5000),
    ]


def prepared(bench):
    """Those whose tables could be made, once for each suite; loud about the others."""
    if bench.suite.peers is not None:
        return bench.suite.peers

    def prepare(peer):
        try:
            peer.prepare()
        except PeerFailed as error:
            return str(error)
        return None

    all_peers, found = all_of(bench.suite), []
    for peer in all_peers:
        bench.suite.make_database(peer.name)
    with ThreadPoolExecutor() as threads:
        for peer, why in zip(all_peers, threads.map(prepare, all_peers)):
            if why:
                bench.skip(peer.title, why)
            else:
                found.append(peer)
    bench.suite.peers = found
    return found
