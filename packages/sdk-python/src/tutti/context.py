# SPDX-License-Identifier: Apache-2.0
"""What a handler is given."""

from __future__ import annotations

import asyncio
import inspect
import logging
import random
import threading
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import datetime
from typing import Any, TypeVar, TypeVarTuple, cast, overload

from .errors import ApprovalDenied, ApprovalExpired, OutcomeUnknown, StaleLease
from .lease import LeasedRun
from .models import Approval, Limit, RetryRule, Run
from .steps import StepScope, run_function
from .values import JSON, fingerprint, present, scoped_key

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class RunContext:
    """One run in the hands of its handler.

    When the run is cancelled, or is not ours any more, the handler's task is cancelled (`asyncio.CancelledError`) and
    `cancelled` is set, which plain code in threads can look at. Cleaning up is allowed; nothing that it sends counts.
    """

    def __init__(self, lease: LeasedRun, cancelled: threading.Event) -> None:
        run = lease.run
        self._lease = lease
        self._approvals_used: set[str] = set()
        #: Set when the handler is to stop; may be read and waited for in any thread.
        self.cancelled = cancelled
        #: What was asked for. `Any`: only the handler knows its shape.
        self.input: Any = run.input
        self.run_id = run.run_id
        self.task_id = run.task_id
        self.agent = run.agent
        self.workspace_id = run.workspace_id
        self.room_id = run.room_id
        #: 1 for the first try; rises with every retry, and with every claim after a lost lease.
        self.attempt = run.attempt
        self.max_attempts = run.max_attempts
        #: How often this run was claimed.
        self.epoch = run.lease_epoch
        #: When the server gives the run up; `progress` moves it.
        self.deadline: datetime | None = run.deadline_at
        self.correlation_id = run.correlation_id
        self.trace_id = run.trace_id
        self.labels = run.labels
        #: The run as it was claimed.
        self.claimed = run
        #: Log with it, and every line names the run.
        self.log = logging.LoggerAdapter(
            logging.getLogger(f"tutti.agent.{run.agent}"), {"run_id": run.run_id, "task_id": run.task_id}
        )

    @property
    def traceparent(self) -> str | None:
        """A `traceparent` header for calls to others, below the run's trace."""
        return self._lease.traceparent() if self.trace_id else None

    @property
    def idempotency_key(self) -> str:
        """Names the effect of the whole run for the outside world: the same in every try of its task."""
        return f"{self.task_id}:main"

    # Steps

    @overload
    async def step(
        self,
        key: str,
        work: Callable[[*Ts], Coroutine[Any, Any, T]],
        *arguments: *Ts,
        name: str | None = None,
        kind: str | None = None,
        input: JSON = None,
    ) -> T: ...

    @overload
    async def step(
        self,
        key: str,
        work: Callable[[*Ts], T],
        *arguments: *Ts,
        name: str | None = None,
        kind: str | None = None,
        input: JSON = None,
    ) -> T: ...

    @overload
    async def step(
        self,
        key: str,
        work: Awaitable[T],
        *,
        name: str | None = None,
        kind: str | None = None,
        input: JSON = None,
    ) -> T: ...

    # mypy does not see that `*arguments: Any` takes whatever a variadic type does.
    async def step(  # type: ignore[misc]
        self,
        key: str,
        work: Any,
        *arguments: Any,
        name: str | None = None,
        kind: str | None = None,
        input: JSON = None,
    ) -> Any:
        """Does `work(*arguments)` once for the key `key` and returns what it gave, as JSON has it.

        If the step was completed before, in an earlier epoch of the run or in the run that this one replays, its
        output is returned and nothing is called. `work` is a function, asynchronous or plain (which runs in a thread),
        or a coroutine. `input` is recorded with the step.
        """
        try:
            async with self.step_scope(key, name=name, kind=kind, input=input) as step:
                if not step.done:
                    if inspect.isawaitable(work):
                        step.output = await work
                    else:
                        step.output = await run_function(work, *arguments)
            return step.output
        finally:
            if inspect.iscoroutine(work):
                # One that was never begun complains otherwise.
                work.close()

    def step_scope(
        self, key: str, *, name: str | None = None, kind: str | None = None, input: JSON = None
    ) -> StepScope:
        """The same as a block: `async with run.step_scope("key") as step:`, with tool calls and artifacts."""
        return StepScope(self._lease, key, name, kind, input)

    # Approvals

    async def approval(
        self,
        *,
        kind: str,
        target: str | None = None,
        arguments: JSON = None,
        summary: str | None = None,
        timeout: float | None = None,
        key: str | None = None,
    ) -> Approval:
        """Asks a person, and waits for the answer: the approval, or `ApprovalDenied` or `ApprovalExpired`.

        It is asked and answered once, as a step: a worker that carries the run on finds the same request again. To
        ask twice for the very same action in one run, give each its own `key`.
        """
        action = present(kind=kind, target=target, arguments=arguments)
        step_key = f"approval:{key}" if key else f"approval:{fingerprint(action)}"
        async with self.step_scope(step_key, name=summary or f"approval of {kind}", input=action) as step:
            if not step.done:
                asked = None if step.is_new else await self._earlier_request(action)
                approval = asked or await self._ask(action, summary, timeout)
                self._approvals_used.add(approval.approval_id)
                approval = await self._answer(approval)
                step.output = {"approval_id": approval.approval_id, "status": approval.status}
        approval_id = str(step.output["approval_id"])
        self._approvals_used.add(approval_id)
        approval = await self._lease.client.get_approval(approval_id)
        # What the step recorded counts: the decision that this run has acted on before.
        match step.output["status"]:
            case "approved":
                return approval
            case "denied":
                raise ApprovalDenied(approval)
            case _:
                raise ApprovalExpired(approval)

    async def _ask(self, action: dict[str, Any], summary: str | None, timeout: float | None) -> Approval:
        pause = 0.2
        while True:
            try:
                return await self._lease.request_approval(action, summary=summary, expires_in_seconds=timeout)
            except OutcomeUnknown:
                # The answer was lost, but the request may stand: asking again would make two of them.
                await asyncio.sleep(pause)
                if asked := await self._earlier_request(action):
                    return asked
                pause = min(pause * 2, 5.0)

    async def _earlier_request(self, action: dict[str, Any]) -> Approval | None:
        for approval in await self._lease.client.approvals(run_id=self.run_id):
            same = present(kind=approval.action.kind, target=approval.action.target, arguments=approval.arguments)
            fresh = approval.approval_id not in self._approvals_used and approval.status != "cancelled"
            if fresh and fingerprint(same) == fingerprint(action):
                return approval
        return None

    async def _answer(self, approval: Approval) -> Approval:
        pause = 0.25
        while approval.status in ("pending", "held"):
            await asyncio.sleep(pause * random.uniform(0.75, 1.25))
            pause = min(pause * 1.5, 3.0)
            approval = await self._lease.client.get_approval(approval.approval_id)
        return approval

    # Time, children

    async def progress(self, seconds: float) -> datetime | None:
        """Says that work goes on and needs another `seconds`; returns the new deadline."""
        term = await self._lease.progress(seconds)
        if term.deadline_at is not None:
            self.deadline = term.deadline_at
        return self.deadline

    async def spawn(
        self,
        agent: str,
        input: JSON = None,
        *,
        key: str,
        labels: Sequence[str] = (),
        priority: int | None = None,
        timeout_seconds: float | None = None,
        retry: RetryRule | None = None,
        after: Sequence[str] = (),
        on_dependency_failure: str | None = None,
        limits: Sequence[Limit] = (),
    ) -> Run:
        """Asks another agent for work on behalf of this run; the same `key` gives the same child, in every try."""
        try:
            return await self._lease.client.create_run(
                agent,
                input,
                idempotency_key=scoped_key(self.task_id, "spawn", key),
                room_id=self.room_id,
                labels=labels,
                priority=priority,
                timeout_seconds=timeout_seconds,
                retry=retry,
                correlation_id=self.correlation_id,
                parent_run_id=self.run_id,
                after=after,
                on_dependency_failure=on_dependency_failure,
                limits=limits,
                headers=self._lease.headers(),
            )
        except StaleLease:
            self._lease.lose("the server refused its lease")
            raise

    async def wait(self, child: Run, *, timeout: float | None = None) -> Any:
        """Waits for a child over all its retries and returns its result; `ChildFailed` when there is none."""
        done = await self._lease.client.wait(child, within=timeout)
        return cast("Any", done.result)
