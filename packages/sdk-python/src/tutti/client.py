# SPDX-License-Identifier: Apache-2.0
"""The API as methods."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Self, TypeVar

from .config import Config
from .errors import ChildFailed, ProtocolError
from .models import (
    Approval,
    Artifact,
    ClaimedRun,
    Limit,
    RegisteredAgent,
    RetryRule,
    Run,
    Step,
    ToolCall,
    WorkerSession,
)
from .transport import RetryPolicy, Transport
from .values import JSON, Schema, present, read

T = TypeVar("T")


class Client:
    """A connection to Tutti, for workers and for whoever gives them work.

    What is not given is read from `TUTTI_URL`, `TUTTI_WORKSPACE`, and `TUTTI_WORKER_TOKEN` or `TUTTI_USER` and
    `TUTTI_PASSWORD`. Every method raises `ApiError` when the server refuses and `Unreachable` when it could not be
    reached for as long as `retry` says.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        user: str | None = None,
        password: str | None = None,
        token: str | None = None,
        workspace: str | None = None,
        retry: RetryPolicy | None = None,
    ) -> None:
        self.config = Config.make(url, user=user, password=password, token=token, workspace=workspace)
        self.transport = Transport(self.config, retry or RetryPolicy())

    def __repr__(self) -> str:
        return f"Client({self.config.url!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes the connections."""
        await self.transport.close()

    # Runs

    async def create_run(
        self,
        agent: str,
        input: JSON = None,
        *,
        idempotency_key: str | None = None,
        room_id: str | None = None,
        labels: Sequence[str] = (),
        priority: int | None = None,
        run_at: datetime | None = None,
        timeout_seconds: float | None = None,
        retry: RetryRule | None = None,
        correlation_id: str | None = None,
        parent_run_id: str | None = None,
        after: Sequence[str] = (),
        on_dependency_failure: str | None = None,
        limits: Sequence[Limit] = (),
        headers: dict[str, str] | None = None,
    ) -> Run:
        """Asks an agent for work. The same `idempotency_key` and request give the same run."""
        body = present(
            agent=agent,
            input=input,
            # A key of our own makes it safe to ask again when an answer is lost.
            idempotency_key=idempotency_key or f"sdk-{uuid.uuid4()}",
            room_id=room_id,
            labels=list(labels) or None,
            priority=priority,
            run_at=run_at.isoformat() if run_at else None,
            timeout_seconds=timeout_seconds,
            retry=_retry(retry),
            correlation_id=correlation_id,
            parent_run_id=parent_run_id,
            after=list(after) or None,
            on_dependency_failure=on_dependency_failure,
            limits=[{"name": limit.name, "key": limit.key} for limit in limits] or None,
        )
        answer = await self.transport.send("POST", "/v1/runs", body=body, headers=headers)
        return read(Run, answer.json())

    async def get_run(self, run_id: str) -> Run:
        """A run with its input and result."""
        return read(Run, await self._get(f"/v1/runs/{run_id}"))

    async def list_runs(self, *, limit: int = 50, **filters: str | None) -> list[Run]:
        """The first page of the runs that fit: `status`, `agent`, `task_id`, `parent_run_id`, `label` and so on."""
        return await self._page(Run, "/v1/runs", limit=limit, **filters)

    async def cancel_run(self, run_id: str, reason: str | None = None) -> Run:
        """Cancels a run's task, and its children."""
        answer = await self.transport.send("POST", f"/v1/runs/{run_id}/cancel", body=present(reason=reason))
        return read(Run, answer.json())

    async def replay_run(self, run_id: str, *, from_step: str | None = None) -> Run:
        """Carries a run out again in a new one; steps before `from_step` (a step's id) keep their outputs."""
        answer = await self.transport.send(
            "POST", f"/v1/runs/{run_id}/replay", body=present(from_step=from_step), repeatable=False
        )
        return read(Run, answer.json())

    async def wait(self, run: Run, *, within: float | None = None) -> Run:
        """Waits until the task of a run is done, over all its retries, and returns its last run.

        Raises `ChildFailed` when it failed for good or was cancelled, `TimeoutError` after `within` seconds.
        """
        ends = None if within is None else time.monotonic() + within
        pause = 0.1
        while True:
            # A retry is a new run, made in the same moment in which the run before it failed.
            runs = await self.list_runs(task_id=run.task_id, limit=500)
            latest = max(runs, key=lambda each: each.number, default=run)
            if latest.is_final:
                latest = await self.get_run(latest.run_id)
                if latest.status != "completed":
                    raise ChildFailed(latest)
                return latest
            if ends is not None and time.monotonic() > ends:
                raise TimeoutError(f"{latest.run_id} is still {latest.status}")
            await asyncio.sleep(pause * random.uniform(0.75, 1.25))
            pause = min(pause * 1.5, 3.0)

    # Steps, tool calls, artifacts

    async def steps(self, run_id: str) -> list[Step]:
        """The first 500 steps of a run."""
        return await self._page(Step, f"/v1/runs/{run_id}/steps")

    async def tool_calls(self, **filters: str | None) -> list[ToolCall]:
        """The first page of the tool calls that fit: `run_id`, `step_id`, `tool`, `status`."""
        return await self._page(ToolCall, "/v1/toolcalls", limit=500, **filters)

    async def artifacts(self, **filters: str | None) -> list[Artifact]:
        """The first page of the artifacts that fit: `run_id`, `step_id`."""
        return await self._page(Artifact, "/v1/artifacts", limit=500, **filters)

    async def artifact_content(self, artifact_id: str) -> bytes:
        """What is in an artifact."""
        answer = await self.transport.send("GET", f"/v1/artifacts/{artifact_id}/content", headers={"accept": "*/*"})
        return answer.body

    # Approvals

    async def get_approval(self, approval_id: str) -> Approval:
        """One request for approval, as it stands."""
        return read(Approval, await self._get(f"/v1/approvals/{approval_id}"))

    async def approvals(self, **filters: str | None) -> list[Approval]:
        """The first page of the approvals that fit: `status`, `run_id`, `room_id`."""
        return await self._page(Approval, "/v1/approvals", limit=500, **filters)

    async def decide(self, approval_id: str, decision: str, note: str | None = None) -> Approval:
        """Answers with `approve`, `deny` or `hold`; for people only."""
        body = present(decision=decision, note=note)
        answer = await self.transport.send("POST", f"/v1/approvals/{approval_id}/decide", body=body, repeatable=False)
        return read(Approval, answer.json())

    # Workers

    async def register_agent(
        self,
        name: str,
        *,
        input_schema: Schema = True,
        description: str = "",
        concurrency: int | None = None,
    ) -> RegisteredAgent:
        """Registers an agent whose runs are claimed by workers; the answer holds their token."""
        body = present(kind="worker", description=description, input_schema=input_schema, concurrency=concurrency)
        answer = await self.transport.send("PUT", f"/agents/{name}", body=body)
        return read(RegisteredAgent, answer.json())

    async def open_session(
        self, name: str, agents: Sequence[str], *, labels: Sequence[str] = (), capacity: int | None = None
    ) -> WorkerSession:
        """Begins the life of a worker."""
        body = present(name=name, agents=list(agents), labels=list(labels) or None, capacity=capacity)
        return read(WorkerSession, (await self.transport.send("POST", "/v1/workers", body=body)).json())

    async def close_session(self, session_id: str, *, retry: RetryPolicy | None = None) -> None:
        """Ends a worker session; what it holds is released at once."""
        await self.transport.send("DELETE", f"/v1/workers/{session_id}", retry=retry, within=5.0)

    async def claim(
        self,
        session_id: str,
        agents: Sequence[str],
        *,
        labels: Sequence[str] = (),
        limit: int = 1,
        wait_seconds: float = 0,
        start: bool = False,
    ) -> list[ClaimedRun]:
        """Claims up to `limit` runs, waiting for the first one as long as `wait_seconds`; with `start` they begin with that.

        Raises `OutcomeUnknown` when runs may have been claimed of which the answer was lost.
        """
        body = present(
            worker_session_id=session_id,
            agents=list(agents),
            labels=list(labels) or None,
            limit=limit,
            wait_seconds=wait_seconds,
            start=start or None,
        )
        answer = await self.transport.send(
            "POST", "/v1/runs/claim", body=body, repeatable=False, within=wait_seconds + 15
        )
        value = answer.json()
        if not isinstance(value, dict) or not isinstance(value.get("runs"), list):
            raise ProtocolError("the server's answer to a claim lacks runs")
        return [read(ClaimedRun, item) for item in value["runs"]]

    # What these have in common

    async def _get(self, path: str, **params: Any) -> Any:
        return (await self.transport.send("GET", path, params=params)).json()

    async def _page(self, kind: type[T], path: str, **params: Any) -> list[T]:
        value = await self._get(path, **params)
        items = value.get("items") if isinstance(value, dict) else value
        if not isinstance(items, list):
            raise ProtocolError(f"the server's answer to GET {path} is no list")
        return [read(kind, item) for item in items]


def _retry(rule: RetryRule | None) -> dict[str, Any] | None:
    if rule is None:
        return None
    return present(
        max_attempts=rule.max_attempts,
        initial_seconds=rule.initial_seconds,
        max_seconds=rule.max_seconds,
        factor=rule.factor,
    )
