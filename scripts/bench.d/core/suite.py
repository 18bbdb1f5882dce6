# SPDX-License-Identifier: Apache-2.0
"""A suite of our own: its daemons and its Postgres, started by scripts/up and gone when we are."""

import base64
import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time

import psycopg

from core.http1 import Api
from core.processor import Meter

DAEMONS = ("orchestrator-svc", "logging-svc", "echo-agent-svc", "renderctl-svc")
ROOT = os.environ["BENCH_ROOT"]
HOME = os.environ["BENCH_HOME"]
FOLDER = os.path.join(ROOT, "scripts", "bench.d")
PROGRAMS = os.environ["BENCH_PROGRAMS"]


class Suite:
    """The daemons as they were built last, over a database of their own."""

    started = 0

    def __init__(self):
        Suite.started += 1
        self.home = f"{HOME}/{Suite.started}"
        self.password = secrets.token_hex(12)
        # Tasks that a scenario has made for a far later time.
        self.standing = 0
        # Those of core.peers that have their tables here.
        self.peers = None
        self._connection = None
        self._kept = []
        self._children = []

    def __enter__(self):
        os.mkdir(self.home)
        os.chmod(self.home, 0o711)
        pair, key = secrets.token_hex(16), secrets.token_hex(32)
        with open(os.open(f"{self.home}/.env", os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
            file.write(f"BASIC_AUTH_USER=admin\nBASIC_AUTH_PASS={pair}\nINTERNAL_KEY={key}\nLOG_LEVEL=warning\n"
                       "MAX_BODY_BYTES=4194304\n")
        self.authorization = "Basic " + base64.b64encode(f"admin:{pair}".encode()).decode()
        self.internal_key, self.basic = key, ("admin", pair)
        base = free_ports(len(DAEMONS) + 1)
        self.ports = {name: base + index for index, name in enumerate(DAEMONS)}
        self._script("up", "--detach", "--no-build", "--port", str(base))
        with open(f"{self.home}/run/postgres.port", encoding="utf-8") as file:
            self.database_port = file.read().strip()
        self.sockets = self._sockets()
        self._superuser()
        self.api = Api(self.ports["orchestrator-svc"], self.authorization)
        self.logs = Api(self.ports["logging-svc"], self.authorization)
        return self

    def __exit__(self, *_):
        for process in self._kept:
            process.terminate()
            process.wait(20)
        if self._connection:
            self._connection.close()
        with contextlib.suppress(subprocess.CalledProcessError):
            self._script("down")
        for process in self._children:
            process.wait(20)
        folder = os.path.realpath(f"{self.home}/postgres")
        for place in (folder, self.home):
            shutil.rmtree(place, ignore_errors=True)

    def _script(self, name, *arguments):
        # Without the terminal's signals: on Ctrl-C the suite must stay until whoever uses it has let go.
        done = subprocess.run([f"{ROOT}/scripts/{name}", *arguments], env={**os.environ, "TUTTI_HOME": self.home},
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
        if done.returncode:
            raise SystemExit(f"scripts/{name} failed:\n{done.stdout}")

    def _sockets(self):
        with open(f"{self.home}/postgres/postmaster.pid", encoding="utf-8") as file:
            return file.read().splitlines()[4]

    def _superuser(self):
        """A login with a password and every right, so that nothing has to change its user to measure."""
        drop = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] if os.geteuid() == 0 else []
        subprocess.run(
            [*drop, "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", self.sockets, "-p", self.database_port,
             "-U", "postgres", "-d", "postgres"],
            input=f"CREATE ROLE bench SUPERUSER LOGIN PASSWORD '{self.password}'", text=True, check=True, cwd="/",
            env={"PATH": f"{os.environ['BENCH_PG_BIN']}:/usr/bin:/bin"})

    # Processes

    def pid(self, name):
        with open(f"{self.home}/run/{name}.pid", encoding="utf-8") as file:
            return int(file.read().split()[0])

    @property
    def postmaster(self):
        return self.pid("postgres")

    def meter(self, *also):
        """All daemons (and `also`) as what is measured, and this suite's Postgres."""
        return Meter([*(self.pid(name) for name in DAEMONS), *also], self.postmaster)

    def meter_of(self, pids):
        """These processes as what is measured, and this suite's Postgres."""
        return Meter(pids, self.postmaster)

    def keep(self, process):
        """Ends with the suite."""
        self._kept.append(process)
        return process

    @staticmethod
    def free_port():
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return probe.getsockname()[1]

    def restart(self, name):
        """The same daemon, in the same environment and at the same port, as a new process without a past."""
        with self.stopped(name):
            pass

    @contextlib.contextmanager
    def stopped(self, name):
        """Without that daemon while the block lasts; then it is there again, as a new process."""
        pid = self.pid(name)
        with open(f"/proc/{pid}/environ", "rb") as file:
            environment = dict(entry.split(b"=", 1) for entry in file.read().split(b"\0") if b"=" in entry)
        program = os.readlink(f"/proc/{pid}/exe")
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + 40
        while is_alive(pid):
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)
        yield
        with open(f"{self.home}/logs/{name}.log", "ab") as log:
            fresh = subprocess.Popen([program], env=environment, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                     start_new_session=True)
        with open(f"/proc/{fresh.pid}/stat", encoding="utf-8") as file:
            began = file.read().rsplit(")", 1)[1].split()[19]
        with open("/proc/sys/kernel/random/boot_id", encoding="utf-8") as file:
            boot = file.read().strip()
        # As scripts/lib/processes.sh writes it, so that scripts/down finds it.
        with open(f"{self.home}/run/{name}.pid", "w", encoding="utf-8") as file:
            file.write(f"{fresh.pid} {began} {boot}")
        self._children.append(fresh)
        self.await_ready(name)

    def await_ready(self, name, seconds=60):
        deadline = time.monotonic() + seconds
        while True:
            try:
                Api(self.ports[name], self.authorization).send("GET", "/ready")
                return
            except Exception:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    # Database

    def url(self, database):
        return (f"postgresql://bench:{self.password}@/{database}?host={self.sockets.replace('/', '%2F')}"
                f"&port={self.database_port}")

    @property
    def database_environment(self):
        return {**os.environ, "PGHOST": self.sockets, "PGPORT": self.database_port, "PGUSER": "bench",
                "PGPASSWORD": self.password, "PATH": f"{os.environ['BENCH_PG_BIN']}:{os.environ['PATH']}"}

    def sql(self, statement, *values):
        """Every row of one statement about the suite's database."""
        if self._connection is None:
            self._connection = psycopg.connect(self.url("tutti"), autocommit=True)
        cursor = self._connection.execute(statement, values or None)
        return cursor.fetchall() if cursor.description else []

    def value(self, statement, *values):
        return self.sql(statement, *values)[0][0]

    def connect(self, database="tutti"):
        return psycopg.connect(self.url(database), autocommit=True)

    def make_database(self, name):
        """An empty database of that name, whatever was in one before."""
        self.sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        self.sql(f'CREATE DATABASE "{name}"')

    # What scenarios need again and again

    def worker_agent(self, name):
        """An agent whose runs wait for whoever claims them."""
        self.api.send("PUT", f"/agents/{name}", {"kind": "worker", "input_schema": True, "concurrency": 1000})
        return name

    def stages(self):
        """How many tasks are in each stage of the pipeline."""
        stages = self.api.send("GET", "/v1/pipeline/projection?limit=1")["stages"]
        return {stage["stage"]: stage["count"] for stage in stages}

    def ended(self):
        """How many tasks have ended, and how many have not."""
        stages = self.stages()
        return stages["done"] + stages["failed"], sum(stages.values()) - stages["done"] - stages["failed"]


def free_ports(count):
    """The first of so many free ports in a row, from where scripts/bench has found some."""
    base = int(os.environ["BENCH_BASE_PORT"])
    for first in range(base, base + 400, 10):
        with contextlib.ExitStack() as stack:
            try:
                for port in range(first, first + count):
                    probe = stack.enter_context(socket.socket())
                    # A port that was used a moment ago is free all the same.
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    probe.bind(("127.0.0.1", port))
                return first
            except OSError:
                continue
    raise RuntimeError(f"there are no {count} free ports in a row from {base} on")


def is_alive(pid):
    """Also a process of our own that has ended and has not been waited for is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
