# SPDX-License-Identifier: Apache-2.0
"""The calls that a worker makes for a run that it holds; each carries the lease."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from .client import Client
from .errors import StaleLease
from .models import Approval, Artifact, ClaimedRun, LeaseTerm, Run, Step, ToolCall
from .transport import Answer, RetryPolicy, Stream
from .values import JSON, present, read

_SHORT = RetryPolicy(total_seconds=4.0)


class LeasedRun:
    """A run as seen by its holder. After the lease is lost nothing is sent any more: every call raises `StaleLease`."""

    def __init__(self, client: Client, run: ClaimedRun, on_lost: Callable[[str], None]) -> None:
        self.client = client
        self.run = run
        #: Tells the run's holder that the lease is lost, and why.
        self.lose = on_lost
        self.lost = False

    def headers(self) -> dict[str, str]:
        """The lease, and the trace that everything done for this run belongs to."""
        headers = {"x-lease-token": self.run.lease_token, "x-lease-epoch": str(self.run.lease_epoch)}
        if self.run.trace_id:
            headers["traceparent"] = self.traceparent()
        if self.run.correlation_id:
            headers["x-correlation-id"] = self.run.correlation_id
        return headers

    def traceparent(self) -> str:
        """A new span of the run's trace, in the form of W3C Trace Context."""
        return f"00-{self.run.trace_id}-{secrets.token_hex(8)}-01"

    async def _send(self, method: str, path: str, *, headers: dict[str, str] | None = None, **options: Any) -> Answer:
        if self.lost:
            raise StaleLease(409, "stale_lease", "The lease of this run was lost.")
        try:
            return await self.client.transport.send(
                method, path, headers={**self.headers(), **(headers or {})}, **options
            )
        except StaleLease as error:
            self.lose(f"the server refused its lease; the run's epoch is {error.current_epoch} by now")
            raise

    # The run

    async def complete(self, result: JSON) -> Run:
        return read(Run, (await self._send("POST", self._path("complete"), body={"result": result})).json())

    async def fail(self, code: str, message: str, *, retryable: bool, after: float | None = None) -> Run:
        body: dict[str, Any] = {"error": _failure(code, message, retryable)}
        if after is not None:
            body["retry_after_seconds"] = after
        return read(Run, (await self._send("POST", self._path("fail"), body=body)).json())

    async def release(self, reason: str) -> None:
        await self._send("POST", self._path("lease/release"), body={"reason": reason}, retry=_SHORT, within=5.0)

    async def progress(self, seconds: float) -> LeaseTerm:
        answer = await self._send("POST", self._path("lease/heartbeat"), body={"progress_seconds": seconds})
        return read(LeaseTerm, answer.json())

    # Steps

    async def open_step(
        self, key: str, *, name: str | None = None, kind: str | None = None, input: JSON = None
    ) -> Step:
        """The step of that key, new or found."""
        body = present(key=key, name=name, kind=kind, input=input)
        return read(Step, (await self._send("POST", self._path("steps"), body=body)).json())

    async def complete_step(self, step_id: str, output: JSON) -> Step:
        answer = await self._send("POST", f"/v1/steps/{step_id}/complete", body={"output": output})
        return read(Step, answer.json())

    async def fail_step(self, step_id: str, code: str, message: str, *, retryable: bool) -> None:
        body = {"error": _failure(code, message, retryable)}
        await self._send("POST", f"/v1/steps/{step_id}/fail", body=body)

    # Tool calls

    async def open_tool_call(self, step_id: str, tool: str, arguments: JSON, key: str) -> ToolCall:
        body = present(tool=tool, arguments=arguments, key=key)
        return read(ToolCall, (await self._send("POST", f"/v1/steps/{step_id}/toolcalls", body=body)).json())

    async def succeed_tool_call(self, tool_call_id: str, result: JSON) -> None:
        await self._send("POST", f"/v1/toolcalls/{tool_call_id}/succeed", body={"result": result})

    async def fail_tool_call(self, tool_call_id: str, code: str, message: str, *, retryable: bool) -> None:
        body = {"error": _failure(code, message, retryable)}
        await self._send("POST", f"/v1/toolcalls/{tool_call_id}/fail", body=body)

    # Artifacts

    async def add_artifact(self, step_id: str, name: str, kind: str, content: JSON, media_type: str | None) -> Artifact:
        body = present(name=name, kind=kind, media_type=media_type)
        body["content"] = content
        return read(Artifact, (await self._send("POST", f"/v1/steps/{step_id}/artifacts", body=body)).json())

    async def upload_artifact(
        self, step_id: str, name: str, content: bytes | Stream, *, size: int, sha256: str, media_type: str | None
    ) -> Artifact:
        answer = await self._send(
            "POST",
            f"/v1/steps/{step_id}/artifacts/upload",
            params={"name": name, "media_type": media_type},
            content=content,
            headers={
                "content-type": "application/octet-stream",
                "content-length": str(size),
                "x-content-sha256": sha256,
            },
            within=120.0,
        )
        return read(Artifact, answer.json())

    # Approvals

    async def request_approval(
        self,
        action: dict[str, Any],
        *,
        step_id: str,
        key: str,
        summary: str | None,
        expires_in_seconds: int | None,
    ) -> Approval:
        """The request of that key, new or found with its answer, if it has one."""
        body = present(
            run_id=self.run.run_id,
            step_id=step_id,
            action=action,
            summary=summary,
            expires_in_seconds=expires_in_seconds,
            idempotency_key=key,
        )
        return read(Approval, (await self._send("POST", "/v1/approvals", body=body)).json())

    def _path(self, rest: str) -> str:
        return f"/v1/runs/{self.run.run_id}/{rest}"


def _failure(code: str, message: str, retryable: bool) -> dict[str, Any]:
    """A failure that the server takes as it is: codes are printable without spaces, both have a greatest length."""
    code = "".join(sign if "!" <= sign <= "~" else "_" for sign in code)[:64] or "failed"
    return {"code": code, "message": message.replace("\0", "")[:1000], "retryable": retryable}
