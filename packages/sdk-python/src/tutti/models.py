# SPDX-License-Identifier: Apache-2.0
"""The objects of the API, with the members that workers and their callers use."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

FINAL = frozenset({"completed", "failed", "cancelled"})


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a run, a step or a tool call failed."""

    code: str
    message: str = ""
    retryable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One execution of a task."""

    run_id: str
    task_id: str
    agent: str
    #: 1 for the task's first run.
    number: int
    #: queued, scheduled, running, waiting, completed, failed or cancelled.
    status: str
    #: How often it was claimed.
    epoch: int
    workspace_id: str | None = None
    room_id: str | None = None
    labels: tuple[str, ...] = ()
    priority: int | None = None
    attempt: int = 1
    parent_run_id: str | None = None
    replay_of_run_id: str | None = None
    worker_session_id: str | None = None
    error: Failure | None = None
    correlation_id: str | None = None
    trace_id: str | None = None
    created_at: datetime | None = None
    claimed_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    #: In the answers that tell a run in detail.
    input: Any = None
    #: In the answers that tell a run in detail, once it has completed.
    result: Any = None

    @property
    def is_final(self) -> bool:
        """Whether nothing more happens to it."""
        return self.status in FINAL


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedRun(Run):
    """A run that a worker session holds, with the lease that proves it."""

    lease_token: str = field(repr=False)
    lease_epoch: int
    timeout_seconds: float | None = None
    deadline_at: datetime | None = None
    max_attempts: int | None = None
    #: What names the effects of this task, with a colon and the step's key after it.
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseTerm:
    """How long a lease lasts without progress."""

    lease_epoch: int
    deadline_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSession:
    """One life of a worker process."""

    worker_session_id: str
    name: str = ""
    heartbeat_seconds: float = 3
    lifetime_seconds: float = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredAgent:
    """An agent as it is registered."""

    name: str
    kind: str
    concurrency: int | None = None
    #: What a worker of this agent signs in with; only in the answer to a registration.
    worker_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a run."""

    step_id: str
    run_id: str
    key: str
    #: running, completed or failed.
    status: str
    number: int | None = None
    name: str | None = None
    kind: str | None = None
    input: Any = None
    output: Any = None
    error: Failure | None = None
    carried_from_step_id: str | None = None
    epoch: int | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """One call of a tool within a step."""

    tool_call_id: str
    step_id: str
    run_id: str
    tool: str
    #: running, succeeded or failed.
    status: str
    #: Names the effect for the outside world; the same in every try.
    idempotency_key: str
    key: str | None = None
    arguments: Any = None
    result: Any = None
    error: Failure | None = None
    epoch: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """Something that a step made."""

    artifact_id: str
    name: str
    #: text, json, uri or binary.
    kind: str
    step_id: str | None = None
    run_id: str | None = None
    media_type: str | None = None
    size: int | None = None
    #: 64 hexadecimal digits.
    sha256: str | None = None
    uri: str | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What an approval is about."""

    kind: str
    target: str | None = None
    arguments_hash: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A request that a person answers."""

    approval_id: str
    #: pending, held, approved, denied, expired or cancelled.
    status: str
    action: Action
    arguments: Any = None
    summary: str | None = None
    run_id: str | None = None
    step_id: str | None = None
    room_id: str | None = None
    decided_by: Any = None
    note: str | None = None
    expires_at: datetime | None = None
    created_at: datetime | None = None
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RetryRule:
    """How a task is tried again when its runs fail."""

    max_attempts: int | None = None
    initial_seconds: float | None = None
    max_seconds: float | None = None
    factor: float | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit by name, counted separately for each key."""

    name: str
    key: str
