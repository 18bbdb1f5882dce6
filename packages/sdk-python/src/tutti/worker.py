# SPDX-License-Identifier: Apache-2.0
"""The claim loop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import random
import signal
import socket
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from .client import Client
from .errors import ApiError, NotFound, OutcomeUnknown, ProtocolError, SessionExpired, TuttiError, Unreachable
from .execution import Execution, Handler
from .heartbeat import Heart, Session
from .lease import LeasedRun
from .models import ClaimedRun
from .transport import RetryPolicy
from .values import JSON, Schema

log = logging.getLogger("tutti.worker")

H = TypeVar("H", bound=Handler)

_SHORT = RetryPolicy(total_seconds=4.0)
# What a handler that is being cancelled is given to clean up before we say that it is late.
_CLEANUP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class _Agent:
    name: str
    handler: Handler
    input_schema: Schema
    description: str
    concurrency: int | None


class Worker:
    """Claims runs and hands them to handlers.

    `agents` chooses among the handlers by name (default: all); `labels` claims only runs that carry one of them;
    `concurrency` is how many runs are in hand at once; `register` says whether to register the agents first (default:
    yes, unless the client signs in with a worker token, which may not).
    """

    def __init__(
        self,
        client: Client,
        *,
        agents: Sequence[str] | None = None,
        labels: Iterable[str] = (),
        concurrency: int = 8,
        name: str | None = None,
        register: bool | None = None,
        grace_seconds: float = 20.0,
        claim_wait_seconds: float = 20.0,
    ) -> None:
        if concurrency < 1:
            raise ValueError("concurrency must be at least 1")
        if not 0 <= claim_wait_seconds <= 30:
            raise ValueError("claim_wait_seconds must be from 0 to 30")
        self.client = client
        self.labels = tuple(labels)
        self.concurrency = concurrency
        self.name = name or f"{socket.gethostname()}-{os.getpid()}"
        self.grace_seconds = grace_seconds
        self.claim_wait_seconds = claim_wait_seconds
        self._chosen = None if agents is None else tuple(agents)
        self._register = client.config.token_agent is None if register is None else register
        self._agents: dict[str, _Agent] = {}
        # Of one life:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()
        self._freed = asyncio.Event()
        self._in_hand: dict[tuple[str, int], tuple[Execution, Session]] = {}
        self._session: Session | None = None
        self._request: asyncio.Future[list[ClaimedRun]] | None = None
        self._sessions: set[Session] = set()
        self._heart = Heart(client.config, self._session_expired)

    def agent(
        self,
        name: str,
        *,
        input_schema: Schema = True,
        description: str = "",
        concurrency: int | None = None,
    ) -> Callable[[H], H]:
        """Makes the function below the handler of an agent.

        Its docstring describes the agent unless `description` does. `input_schema` is JSON Schema 2020-12: what does
        not fit is refused before it gets here. `concurrency` limits the agent's runs over all workers.
        """

        def take(handler: H) -> H:
            if name in self._agents:
                raise ValueError(f"agent {name} has a handler already")
            text = description or (handler.__doc__ or "").strip().split("\n\n")[0]
            self._agents[name] = _Agent(name, handler, input_schema, text, concurrency)
            return handler

        return take

    @property
    def session_id(self) -> str | None:
        """The worker session that claims now; None before the first, and between two."""
        return None if self._session is None else self._session.id

    # Life and death

    def run(self) -> None:
        """Works until SIGTERM or SIGINT, then stops gracefully.

        A second signal skips the grace; a third does what it does to any program.
        """
        asyncio.run(self._run())

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        signals = (signal.SIGTERM, signal.SIGINT)

        def asked(number: signal.Signals) -> None:
            if not self._stopping.is_set():
                log.info("%s: finishing what is in hand, for up to %g s.", number.name, self.grace_seconds)
                self.stop()
                return
            log.warning("%s again: giving back what is in hand.", number.name)
            for each in signals:
                loop.remove_signal_handler(each)
            self._stop_all()

        for number in signals:
            loop.add_signal_handler(number, asked, number)
        try:
            await self.serve()
        finally:
            for number in signals:
                loop.remove_signal_handler(number)
            await self.client.close()

    def stop(self) -> None:
        """Asks it to stop: no more claims, what is in hand may finish within the grace. From any thread."""
        if self._loop is None:
            self._stopping.set()
        else:
            self._loop.call_soon_threadsafe(self._stopping.set)

    async def serve(self) -> None:
        """Works until `stop` is called, or this is cancelled, which skips the grace. Works once."""
        if self._loop is not None:
            raise RuntimeError("a worker works once; make a new one")
        self._loop = asyncio.get_running_loop()
        agents = self._agents_to_serve()
        self._heart.start()
        try:
            async with asyncio.TaskGroup() as group:
                claiming = group.create_task(self._claim_until_told(agents, group))
                stopping = group.create_task(self._stopping.wait())
                await asyncio.wait({claiming, stopping}, return_when=asyncio.FIRST_COMPLETED)
                stopping.cancel()
                try:
                    await self._drain()
                finally:
                    claiming.cancel()
        except BaseExceptionGroup as failures:
            # Handlers never raise this far: it is the claim loop, which could not begin.
            raise failures.exceptions[0] from None
        finally:
            self._heart.stop()
            await self._end_sessions()
        log.info("The worker has stopped.")

    def _agents_to_serve(self) -> list[_Agent]:
        names = list(self._agents) if self._chosen is None else list(self._chosen)
        if missing := [name for name in names if name not in self._agents]:
            raise ValueError(f"there is no handler for {', '.join(missing)}")
        if not names:
            raise ValueError("there is no handler: give one with @worker.agent(name)")
        return [self._agents[name] for name in names]

    async def _drain(self) -> None:
        # A claim on its way is not broken off: it may bring runs, which are given back then. What is cancelled here is
        # given back by the end of the session, after which nothing of us can claim it again.
        if not await self._emptied(self.grace_seconds):
            log.warning("%d runs are not finished; giving them back.", len(self._in_hand))
            self._stop_all()
        while not await self._emptied(_CLEANUP_SECONDS):
            log.warning("%d handlers do not end though they are cancelled.", len(self._in_hand))
            self._stop_all()

    async def _emptied(self, within: float) -> bool:
        ends = time.monotonic() + within
        while self._in_hand:
            self._freed.clear()
            try:
                await asyncio.wait_for(self._freed.wait(), max(0.0, ends - time.monotonic()))
            except TimeoutError:
                return not self._in_hand
        return True

    def _stop_all(self) -> None:
        for execution, _ in list(self._in_hand.values()):
            execution.stop()

    # Sessions

    async def _open_session(self, agents: Sequence[_Agent]) -> Session:
        session = Session(
            await self.client.open_session(
                self.name, [each.name for each in agents], labels=self.labels, capacity=self.concurrency
            )
        )
        self._session = session
        self._sessions.add(session)
        self._heart.add(session)
        log.info("A worker session has begun.", extra={"worker_session_id": session.id})
        return session

    def _session_expired(self, session: Session) -> None:
        # On the thread of the heartbeat. A claim that waits must not go on with a session that is gone.
        log.warning("The worker session has expired.", extra={"worker_session_id": session.id})

        def cancel() -> None:
            if self._session is session and self._request is not None:
                self._request.cancel()

        with contextlib.suppress(RuntimeError):
            if self._loop is not None:
                self._loop.call_soon_threadsafe(cancel)

    async def _retire(self, session: Session) -> None:
        """No more claims with this session. It ends when the runs in hand are done, and with it whatever it holds
        without our knowledge."""
        session.retiring = True
        if self._session is session:
            self._session = None
        await self._end_if_done(session)

    async def _end_if_done(self, session: Session) -> None:
        if session not in self._sessions or not session.is_empty or not (session.retiring or session.expired):
            return
        self._sessions.discard(session)
        self._heart.remove(session)
        if session.expired:
            return
        try:
            await self.client.close_session(session.id, retry=_SHORT)
        except TuttiError as error:
            log.warning("A worker session could not be ended (%s); it expires.", error)

    async def _end_sessions(self) -> None:
        for session in list(self._sessions):
            session.retiring = True
            await self._end_if_done(session)

    # Claiming

    async def _claim_until_told(self, agents: Sequence[_Agent], group: asyncio.TaskGroup) -> None:
        await self._patiently(lambda: self._register_agents(agents))
        await self._patiently(lambda: self._open_session(agents))
        failures = 0
        while not self._stopping.is_set():
            while len(self._in_hand) >= self.concurrency:
                self._freed.clear()
                await self._freed.wait()
            began = time.monotonic()
            try:
                claimed = await self._claim(agents, group)
            except Exception as error:
                failures += 1
                level = logging.WARNING if isinstance(error, TuttiError) else logging.ERROR
                log.log(level, "Nothing could be claimed: %s", error, exc_info=level == logging.ERROR)
                await asyncio.sleep(_pause(failures))
                continue
            failures = 0
            if not claimed and time.monotonic() - began < min(1.0, self.claim_wait_seconds):
                # A server that does not wait is not to be asked without a pause.
                await asyncio.sleep(random.uniform(0.1, 0.5))

    async def _patiently(self, begin: Callable[[], Awaitable[object]]) -> None:
        """Does what a worker begins with, for as long as it takes until the server is there."""
        failures = 0
        while True:
            try:
                await begin()
                return
            except (Unreachable, ApiError) as error:
                if isinstance(error, ApiError) and error.status < 500 and error.status != 429:
                    raise
                failures += 1
                log.warning("The server is not there yet: %s", error)
                await asyncio.sleep(_pause(failures))

    async def _register_agents(self, agents: Sequence[_Agent]) -> None:
        if not self._register:
            return
        for each in agents:
            await self.client.register_agent(
                each.name,
                input_schema=each.input_schema,
                description=each.description,
                concurrency=each.concurrency,
            )
            log.info("The agent %s is registered.", each.name)

    async def _claim(self, agents: Sequence[_Agent], group: asyncio.TaskGroup) -> int:
        session = self._session
        if session is None or session.expired:
            session = await self._open_session(agents)
        with session.claiming():
            return await self._claim_with(session, agents, group)

    async def _claim_with(self, session: Session, agents: Sequence[_Agent], group: asyncio.TaskGroup) -> int:
        request = asyncio.ensure_future(
            self.client.claim(
                session.id,
                [each.name for each in agents],
                labels=self.labels,
                limit=min(100, self.concurrency - len(self._in_hand)),
                wait_seconds=self.claim_wait_seconds,
                # Never more is claimed than there are free places, so every run begins at once.
                start=True,
            )
        )
        self._request = request
        try:
            runs = await request
        except asyncio.CancelledError:
            if not session.expired or (task := asyncio.current_task()) is None or task.cancelling():
                raise
            await self._retire(session)
            return 0
        except (SessionExpired, NotFound):
            session.expire("its worker session expired")
            await self._retire(session)
            raise
        except (OutcomeUnknown, ProtocolError):
            # It may hold runs now that we know nothing of, and would keep alive without ever doing them.
            await self._retire(session)
            raise
        for run in runs:
            if self._stopping.is_set():
                await LeasedRun(self.client, run, lambda _: None).release("shutdown")
            else:
                self._take(run, session, group)
        return len(runs)

    def _take(self, run: ClaimedRun, session: Session, group: asyncio.TaskGroup) -> None:
        agent = self._agents.get(run.agent)
        handler = agent.handler if agent is not None else _nobody
        execution = Execution(self.client, run, handler)
        self._in_hand[execution.lease] = (execution, session)
        session.hold(execution)
        group.create_task(self._carry_out(execution, session), name=run.run_id)

    async def _carry_out(self, execution: Execution, session: Session) -> None:
        try:
            await execution.carry_out()
        finally:
            session.let_go(execution)
            self._in_hand.pop(execution.lease, None)
            self._freed.set()
            await self._end_if_done(session)


async def _nobody(_: object) -> JSON:
    raise ProtocolError("the server handed out a run of an agent that was not asked for")


def _pause(failures: int) -> float:
    return random.uniform(0.05, min(10.0, 0.2 * 2 ** min(failures, 10)))
