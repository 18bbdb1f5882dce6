# SPDX-License-Identifier: Apache-2.0
"""One run in hand: from its claim to the one answer that it gets, or to none when it is no longer ours."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from .client import Client
from .context import RunContext
from .errors import ApiError, NotJSON, StaleLease, TuttiError
from .failures import Told, failure_of, principal
from .lease import LeasedRun
from .log import current_run
from .models import ClaimedRun
from .values import JSON

log = logging.getLogger("tutti.worker")

Handler: TypeAlias = Callable[[RunContext], Awaitable[JSON]]


class HandlerExit(Exception):
    """A handler asked for the end of the whole process."""


class Execution:
    """Carries out one claimed run."""

    def __init__(self, client: Client, run: ClaimedRun, handler: Handler) -> None:
        self.run = run
        self.lease = (run.run_id, run.lease_epoch)
        self.held_since = time.monotonic()
        self.cancelled = threading.Event()
        self._handler = handler
        self._loop = asyncio.get_running_loop()
        self._calls = LeasedRun(client, run, on_lost=self.lose)
        self._outer: asyncio.Task[object] | None = None
        self._inner: asyncio.Task[JSON] | None = None
        self._lost: str | None = None
        self._stopping = False
        self._settling = False
        self._about = {
            "run_id": run.run_id,
            "task_id": run.task_id,
            "agent": run.agent,
            "epoch": run.lease_epoch,
            "attempt": run.attempt,
        }
        for name in ("trace_id", "correlation_id"):
            if value := getattr(run, name):
                self._about[name] = value

    # Ending it early

    def lose(self, reason: str) -> None:
        """It is no longer ours: cancels the handler, and nothing is sent any more. From any thread."""
        if self._lost is not None or self._settling:
            return
        self._lost = reason
        self._calls.lost = True
        self.cancelled.set()
        log.warning("The run was taken from this worker: %s.", reason, extra=self._about)
        self._cancel()

    def stop(self) -> None:
        """Cancels the handler, so that the run can be given back; asked again, ceases to deliver. From the loop."""
        if self._stopping and self._settling and self._outer is not None:
            self._outer.cancel()
        self._stopping = True
        self.cancelled.set()
        if self._inner is not None:
            self._inner.cancel()

    def _cancel(self) -> None:
        def cancel() -> None:
            if self._inner is not None:
                self._inner.cancel()

        # When the loop is closed, the handler is gone with it.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(cancel)

    # Carrying it out

    async def carry_out(self) -> None:
        """Returns when the run has its answer or has been given up; raises only when cancelled itself."""
        current_run.set(self._about)
        self._outer = asyncio.current_task()
        self._inner = asyncio.create_task(self._handle(), name=f"{self.run.agent} {self.run.run_id}")
        if self._lost is not None or self._stopping:
            self._inner.cancel()
        try:
            await asyncio.wait({self._inner})
        except asyncio.CancelledError:
            self.stop()
            await asyncio.wait({self._inner})
            await self._settle(self._inner)
            raise
        await self._settle(self._inner)

    async def _handle(self) -> JSON:
        log.info("The run has started.", extra=self._about)
        try:
            return await self._handler(RunContext(self._calls, self.cancelled))
        except SystemExit as error:
            # It would end the event loop, and every other run with it.
            raise HandlerExit("the handler called exit") from error

    async def _settle(self, inner: asyncio.Task[JSON]) -> None:
        error = None if inner.cancelled() else inner.exception()
        if self._lost is not None:
            log.info("The handler has ended; its outcome is not sent.", extra=self._about)
            return
        self._settling = True
        try:
            if inner.cancelled() and self._stopping:
                log.info("The run is given back.", extra=self._about)
            elif inner.cancelled():
                await self._fail(Told("cancelled", "The handler cancelled itself.", True))
            elif error is not None:
                await self._failed(error)
            else:
                await self._complete(inner.result())
        except StaleLease:
            log.warning("The outcome was refused: the run is not this worker's any more.", extra=self._about)
        except TuttiError as refusal:
            log.error("The outcome could not be delivered: %s", refusal, extra=self._about)
        except Exception:
            log.exception("The outcome could not be delivered.", extra=self._about)
        finally:
            self._calls.lost = True

    async def _complete(self, result: JSON) -> None:
        try:
            await self._calls.complete(result)
        except StaleLease:
            raise
        except NotJSON as error:
            await self._fail(Told("not_json", f"The handler's result cannot be stored: {error}", False))
        except ApiError as error:
            if error.status >= 500 or error.status == 429:
                raise
            await self._fail(Told(error.code, f"The handler's result was refused: {error.detail}", False))
        else:
            log.info("The run has completed.", extra=self._about)

    async def _failed(self, error: BaseException) -> None:
        told = failure_of(error)
        if told is None:
            self.lose("the server refused its lease")
            return
        if isinstance(principal(error), TuttiError):
            log.warning("The run failed: %s", principal(error), extra=self._about)
        else:
            log.error("The handler raised.", exc_info=error, extra=self._about)
        await self._fail(told)

    async def _fail(self, told: Told) -> None:
        await self._calls.fail(told.code, told.message, retryable=told.retryable, after=told.after)
