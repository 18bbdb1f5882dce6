# SPDX-License-Identifier: Apache-2.0
"""Worker sessions, and the thread that keeps them alive whatever the handlers do."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

import httpx

from .config import Config
from .errors import NotFound, SessionExpired, TuttiError
from .models import WorkerSession
from .transport import problem_of
from .values import decode

log = logging.getLogger("tutti.worker")


#: The leases that the server lists: a run's id and epoch, and the token, where it tells that.
Leases = Mapping[tuple[str, int], str | None]


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
        #: When it was last told that heartbeats are missed; None while none is.
        self.told_of_misses: float | None = None
        # Claims are numbered: what a beat lists and nobody here knows may be on its way in the answer of one of them.
        self._claims_begun = 0
        self._claims_ended = 0
        self._unknown: dict[tuple[str, int], int] = {}

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

    @contextmanager
    def claiming(self) -> Iterator[None]:
        """Lasts from before a claim is sent until what its answer brings is held."""
        with self._lock:
            self._claims_begun += 1
        try:
            yield
        finally:
            with self._lock:
                self._claims_ended += 1

    def confirm(self, sent: float, leases: Leases) -> list[tuple[str, int]]:
        """The server has answered the heartbeat of that moment, and named what we hold.

        Returns what it named in vain: leases that no claim of ours will bring any more, because the answer was lost.
        """
        with self._lock:
            self._last_proof = max(self._last_proof, sent)
            # What was claimed after the heartbeat was sent could not be in its answer.
            gone = [each for each in self._holdings.values() if each.held_since < sent and each.lease not in leases]
            lost = self._find_lost(leases)
        for holding in gone:
            holding.lose("the server does not count it as ours any more")
        return lost

    def _find_lost(self, leases: Leases) -> list[tuple[str, int]]:
        # A lease is lost once it was listed and unknown, then all claims of that time ended, and it still is so. What
        # has just been handed in is not listed the second time.
        unknown = [lease for lease in leases if lease not in self._holdings]
        lost = [lease for lease in unknown if self._unknown.get(lease, self._claims_begun + 1) <= self._claims_ended]
        self._unknown = {lease: self._unknown.get(lease, self._claims_begun) for lease in unknown}
        return lost

    def expire(self, reason: str) -> None:
        with self._lock:
            self._expired = True
            gone = list(self._holdings.values())
        for holding in gone:
            holding.lose(reason)


def _patience(session: Session) -> float:
    return min(max(session.interval, 1.0), session.lifetime / 3)


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
            if session.told_of_misses is not None:
                session.told_of_misses = None
                log.info("Heartbeats are answered again.", extra={"worker_session_id": session.id})
            lost = session.confirm(sent, leases)
            self._next(session, sent + session.interval)
            for lease in lost:
                if (token := leases[lease]) is not None and not self._give_back(http, session, lease, token):
                    break

    def _ask(self, http: httpx.Client, session: Session) -> Leases:
        response = http.post(f"/v1/workers/{session.id}/heartbeat", json={}, timeout=_patience(session))
        if not response.is_success:
            raise problem_of(response)
        answer = decode(response.content)
        try:
            return {
                (str(lease["run_id"]), int(lease["lease_epoch"])): lease.get("lease_token")
                for lease in answer["leases"]
            }
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise TuttiError("the answer to a heartbeat does not list the leases") from error

    def _give_back(self, http: httpx.Client, session: Session, lease: tuple[str, int], token: str) -> bool:
        """Releases a run that was claimed without our knowledge; says whether the server could be reached."""
        run_id, epoch = lease
        headers = {"x-lease-token": token, "x-lease-epoch": str(epoch)}
        try:
            response = http.post(
                f"/v1/runs/{run_id}/lease/release",
                json={"reason": "The worker has not heard of its claim."},
                headers=headers,
                timeout=_patience(session),
            )
        except httpx.RequestError as error:
            # It is listed again by the next heartbeat.
            log.warning("A run of a lost claim could not be given back (%s).", error, extra={"run_id": run_id})
            return False
        if response.is_success:
            log.warning("A run was claimed, but its claim was not answered; given back.", extra={"run_id": run_id})
        return True

    def _missed(self, session: Session, error: Exception | None) -> None:
        if session.silence > session.lifetime:
            self._give_up(session, f"no heartbeat was answered for {session.lifetime:g} seconds")
            return
        # A server that is away for a while is worth a line now and then, not one for every try.
        now = time.monotonic()
        tell = session.told_of_misses is None or now - session.told_of_misses >= session.lifetime / 3
        if tell:
            session.told_of_misses = now
        log.log(
            logging.WARNING if tell else logging.DEBUG,
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
