# SPDX-License-Identifier: Apache-2.0
"""Worker sessions, and the thread that keeps them alive whatever the handlers do."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from typing import Protocol

import httpx

from .config import Config
from .errors import NotFound, SessionExpired, TuttiError
from .models import WorkerSession
from .transport import problem_of
from .values import decode

log = logging.getLogger("tutti.worker")


class Holding(Protocol):
    """A run that a session holds. Its methods may be called from any thread."""

    @property
    def lease(self) -> tuple[str, int]:
        """The run's id and epoch."""

    @property
    def held_since(self) -> float:
        """When we knew that we hold it, on the monotonic clock."""

    def lose(self, reason: str) -> None:
        """It is no longer ours: cancel its handler. May be called often."""


class Session:
    """One worker session, shared by the event loop, which claims and finishes, and the thread, which beats."""

    def __init__(self, wire: WorkerSession) -> None:
        self.id = wire.worker_session_id
        self.interval = max(0.05, wire.heartbeat_seconds)
        self.lifetime = max(self.interval, wire.lifetime_seconds)
        #: Nothing more is claimed with it; it lives on for what it holds.
        self.retiring = False
        self._lock = threading.Lock()
        self._holdings: dict[tuple[str, int], Holding] = {}
        self._expired = False
        self._last_proof = time.monotonic()

    @property
    def expired(self) -> bool:
        """Whether the server has given it up, or must be thought to."""
        return self._expired

    @property
    def is_empty(self) -> bool:
        with self._lock:
            return not self._holdings

    @property
    def silence(self) -> float:
        """Seconds since a request was sent that the server answered."""
        return time.monotonic() - self._last_proof

    def hold(self, holding: Holding) -> None:
        with self._lock:
            self._holdings[holding.lease] = holding
            expired = self._expired
        if expired:
            holding.lose("its worker session expired")

    def let_go(self, holding: Holding) -> None:
        with self._lock:
            self._holdings.pop(holding.lease, None)

    def confirm(self, sent: float, leases: set[tuple[str, int]]) -> None:
        """The server has answered the heartbeat of that moment, and named what we hold."""
        with self._lock:
            self._last_proof = max(self._last_proof, sent)
            # What was claimed after the heartbeat was sent could not be in its answer.
            gone = [each for each in self._holdings.values() if each.held_since < sent and each.lease not in leases]
        for holding in gone:
            holding.lose("the server does not count it as ours any more")

    def expire(self, reason: str) -> None:
        with self._lock:
            self._expired = True
            gone = list(self._holdings.values())
        for holding in gone:
            holding.lose(reason)


class Heart:
    """Beats for all sessions of a worker, from a thread and over a connection of its own.

    A handler that blocks the event loop can therefore not starve it. When a session has had no answer for its whole
    lifetime, its leases are taken for lost, because by then the server may have given them to somebody else.
    """

    def __init__(self, config: Config, on_expired: Callable[[Session], None]) -> None:
        self._config = config
        self._on_expired = on_expired
        self._lock = threading.Lock()
        self._due: dict[Session, float] = {}
        self._wake = threading.Event()
        self._ending = False

    def start(self) -> None:
        threading.Thread(target=self._run, name="tutti-heartbeat", daemon=True).start()

    def stop(self) -> None:
        """Ends the thread; does not wait for a heartbeat that is on its way."""
        self._ending = True
        self._wake.set()

    def add(self, session: Session) -> None:
        with self._lock:
            self._due[session] = time.monotonic() + session.interval
        self._wake.set()

    def remove(self, session: Session) -> None:
        with self._lock:
            self._due.pop(session, None)

    def _run(self) -> None:
        with httpx.Client(base_url=self._config.url, headers=self._config.headers()) as http:
            while not self._ending:
                with self._lock:
                    due = dict(self._due)
                for session, when in due.items():
                    if self._ending:
                        return
                    if when <= time.monotonic():
                        self._beat(http, session)
                with self._lock:
                    first = min(self._due.values(), default=None)
                self._wake.wait(None if first is None else max(0.0, first - time.monotonic()))
                self._wake.clear()

    def _beat(self, http: httpx.Client, session: Session) -> None:
        sent = time.monotonic()
        try:
            leases = self._ask(http, session)
        except (SessionExpired, NotFound) as error:
            self._give_up(session, f"its worker session expired ({error.code})")
        except (httpx.RequestError, TuttiError) as error:
            self._missed(session, error)
        except Exception:
            # Nothing may end this thread as long as somebody counts on it.
            log.exception("A heartbeat failed in a way that nobody foresaw.")
            self._missed(session, None)
        else:
            session.confirm(sent, leases)
            self._next(session, sent + session.interval)

    def _ask(self, http: httpx.Client, session: Session) -> set[tuple[str, int]]:
        patience = min(max(session.interval, 1.0), session.lifetime / 3)
        response = http.post(f"/v1/workers/{session.id}/heartbeat", json={}, timeout=patience)
        if not response.is_success:
            raise problem_of(response)
        answer = decode(response.content)
        try:
            return {(str(lease["run_id"]), int(lease["lease_epoch"])) for lease in answer["leases"]}
        except (KeyError, TypeError, ValueError) as error:
            raise TuttiError("the answer to a heartbeat does not list the leases") from error

    def _missed(self, session: Session, error: Exception | None) -> None:
        if session.silence > session.lifetime:
            self._give_up(session, f"no heartbeat was answered for {session.lifetime:g} seconds")
            return
        log.warning(
            "A heartbeat was missed (%s); the session lives for another %.1f s.",
            error,
            session.lifetime - session.silence,
            extra={"worker_session_id": session.id},
        )
        retry_after = getattr(error, "retry_after", None) or 0.0
        pause = max(random.uniform(0.1, min(1.0, session.interval)), min(retry_after, session.interval))
        self._next(session, time.monotonic() + min(pause, max(0.05, session.lifetime - session.silence)))

    def _give_up(self, session: Session, reason: str) -> None:
        self.remove(session)
        session.expire(reason)
        self._on_expired(session)

    def _next(self, session: Session, when: float) -> None:
        with self._lock:
            if session in self._due:
                self._due[session] = when
