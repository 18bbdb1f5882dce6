# SPDX-License-Identifier: Apache-2.0
"""Real daemons over a PostgreSQL of their own. All of it ends with this process, however that ends."""

from __future__ import annotations

import base64
import ctypes
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

import httpx

REPOSITORY = Path(__file__).resolve().parents[3]
BIN_DIR = Path(os.environ.get("TUTTI_BIN_DIR") or REPOSITORY / ".build" / "debug")
POSTGRES = Path("/usr/lib/postgresql/15/bin")

_libc = ctypes.CDLL(None)
# A child's wish to die with its parent means the thread that made it: this one lives as long as the process.
_spawner = ThreadPoolExecutor(1)


def die_with_parent() -> None:
    """In a child, before it becomes a program: SIGKILL when its parent is gone."""
    _libc.prctl(1, signal.SIGKILL)


def spawn(
    *command: str,
    output: IO[bytes],
    environment: dict[str, str] | None = None,
    before: Callable[[], None] | None = None,
) -> subprocess.Popen[bytes]:
    """Starts a program that ends with this process at the latest."""
    return _spawner.submit(
        lambda: subprocess.Popen(
            command, env=environment, cwd="/", stdin=subprocess.DEVNULL, stdout=output, stderr=output, preexec_fn=before
        )
    ).result()


class Postgres:
    """A server with settings for speed; nothing in it needs to last."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._data = folder / "data"
        self._drop: list[str] = []
        self._process: subprocess.Popen[bytes] | None = None
        if os.geteuid() == 0:
            # The server refuses to run as root.
            self._drop = ["--reuid=postgres", "--regid=postgres", "--init-groups"]
            user = pwd.getpwnam("postgres")
            os.chown(folder, user.pw_uid, user.pw_gid)
        self._run(
            str(POSTGRES / "initdb"), "-D", str(self._data), "-U", "postgres", "-A", "trust", "-E", "UTF8",
            "--locale=C.UTF-8", "--no-sync", "--no-instructions",
        )  # fmt: skip

    def start(self) -> None:
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self.folder,
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "jit": "off",
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with (self.folder.parent / "postgres.log").open("ab") as log:
            # SIGINT is a fast shutdown.
            program = [*self._drop, "--pdeathsig", "INT", str(POSTGRES / "postgres"), "-D", str(self._data)]
            self._process = spawn("setpriv", *program, *options, output=log)
        ready = [str(POSTGRES / "pg_isready"), "-q", "-h", str(self.folder), "-p", str(self.port)]
        eventually(lambda: subprocess.run(ready, check=False).returncode == 0, within=60)

    def create_database(self, name: str) -> str:
        """Its address."""
        self._run(str(POSTGRES / "createdb"), "-h", str(self.folder), "-p", str(self.port), "-U", "postgres", name)
        return f"postgres://postgres@/{name}?host={self.folder}&port={self.port}"

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(30)

    def _run(self, *command: str) -> None:
        prefix = ["setpriv", *self._drop] if self._drop else []
        subprocess.run([*prefix, *command], cwd="/", check=True, stdin=subprocess.DEVNULL, capture_output=True)


class Daemon:
    """One daemon, on a port that it keeps over restarts; it chooses one itself when that is 0."""

    def __init__(self, name: str, folder: Path, settings: dict[str, str], port: int = 0) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self.port = port
        self._port_file = folder / f"{name}.port"
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        program = BIN_DIR / self.name
        if not os.access(program, os.X_OK):
            raise RuntimeError(f"there is no {program}: build the daemons, or set TUTTI_BIN_DIR to where they are")
        self._port_file.unlink(missing_ok=True)
        environment = {**self._settings, "PORT": str(self.port), "PORT_FILE": str(self._port_file)}
        with self.log.open("ab") as log:
            self._process = spawn(str(program), output=log, environment=environment, before=die_with_parent)
        eventually(self._is_ready, within=60)

    def stop(self) -> None:
        """Lets it drain."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        process, self._process = self._process, None
        process.send_signal(how)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)

    def _is_ready(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise RuntimeError(f"{self.name} ended: {self.log.read_text()[-2000:]}")
        if self.port == 0:
            text = self._port_file.read_text() if self._port_file.exists() else ""
            if not text.strip():
                return False
            self.port = int(text)
        try:
            return httpx.get(f"{self.url}/ready", timeout=5, trust_env=False).status_code == 200
        except httpx.RequestError:
            return False


class Suite:
    """An orchestrator with what it needs. The browser tests of the dashboard use it, too."""

    def __init__(self, settings: dict[str, str] | None = None) -> None:
        """With settings for every daemon, beside those that they cannot do without."""
        self.folder = Path(tempfile.mkdtemp(prefix="tutti-tests-"))
        self.folder.chmod(0o711)
        self.password = secrets.token_hex(12)
        database = self.folder / "postgres"
        database.mkdir(mode=0o700)
        self.postgres = Postgres(database)
        self.daemons: list[Daemon] = []
        self._settings = {
            "PATH": "/usr/bin:/bin",
            "LOG_LEVEL": "info",
            "BASIC_AUTH_PASS": self.password,
            "INTERNAL_KEY": secrets.token_hex(24),
            "EVENT_SIGNING_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
            **(settings or {}),
        }

    def start(self) -> None:
        self.postgres.start()
        self._settings["DATABASE_URL"] = self.postgres.create_database("tutti")
        self._settings["LOGGING_SVC_URL"] = self.start_daemon("logging-svc").url
        self.orchestrator = self.start_daemon("orchestrator-svc")
        self._settings["ORCHESTRATOR_SVC_URL"] = self.orchestrator.url

    def start_daemon(self, name: str, settings: dict[str, str] | None = None, port: int = 0) -> Daemon:
        """Another one, which knows of those that run; on a port of its own choice unless one is given."""
        daemon = Daemon(name, self.folder, {**self._settings, **(settings or {})}, port)
        self.daemons.append(daemon)
        daemon.start()
        return daemon

    @property
    def environment(self) -> dict[str, str]:
        """What a worker reads to find it."""
        return {"TUTTI_URL": self.orchestrator.url, "TUTTI_USER": "admin", "TUTTI_PASSWORD": self.password}

    def stop(self) -> None:
        for daemon in reversed(self.daemons):
            daemon.stop()
        self.postgres.stop()

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def eventually(condition: Callable[[], bool], *, within: float, every: float = 0.05) -> None:
    """Returns once the condition holds."""
    ends = time.monotonic() + within
    while not condition():
        if time.monotonic() > ends:
            raise TimeoutError(f"it was not so within {within} seconds")
        time.sleep(every)


def free_port() -> int:
    """One that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
