# SPDX-License-Identifier: Apache-2.0
"""A step of a run, with its tool calls and artifacts."""

from __future__ import annotations

import asyncio
import hashlib
import inspect
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar, overload

from .failures import failure_of
from .lease import LeasedRun
from .models import Artifact, Step
from .threads import in_thread
from .values import JSON

A = TypeVar("A", bound=JSON)
T = TypeVar("T")

_CHUNK = 256 * 1024


class StepScope:
    """A step that is open: `async with run.step_scope("key") as step:`.

    When `done` is true the step was completed before, and `output` is what it gave; leave its work out then. Else
    set `output`. Leaving the block completes the step, or fails it with what was raised.
    """

    def __init__(self, lease: LeasedRun, key: str, name: str | None, kind: str | None, input: JSON) -> None:
        self._lease = lease
        self._asked = (key, name, kind, input)
        self._step: Step | None = None
        self._tools: dict[str, int] = {}
        #: Whether the step was completed before.
        self.done = False
        #: Whether it was never begun before.
        self.is_new = False
        #: What the step gives. `Any`, because it may come out of the record.
        self.output: Any = None

    @property
    def id(self) -> str:
        """The step's id."""
        return self._opened().step_id

    @property
    def key(self) -> str:
        return self._asked[0]

    async def __aenter__(self) -> StepScope:
        key, name, kind, input = self._asked
        self._step, self.is_new = await self._lease.open_step(key, name=name, kind=kind, input=input)
        self.done = self._step.status == "completed"
        if self.done:
            self.output = self._step.output
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.done:
            return
        if error is None:
            try:
                await self._lease.complete_step(self.id, self.output)
            except Exception as refusal:
                await self._fail(refusal)
                raise
            self.done = True
        elif isinstance(error, Exception):
            await self._fail(error)
        # A step that was cancelled stays open: whoever carries the run on does it again.

    async def _fail(self, error: Exception) -> None:
        failure = failure_of(error)
        if failure is None or self._lease.lost:
            return
        try:
            await self._lease.fail_step(self.id, failure.code, failure.message, retryable=failure.retryable)
        except Exception as refusal:
            # What went wrong in the step matters more than that it could not be noted.
            error.add_note(f"the step could not be marked as failed: {refusal}")

    def _opened(self) -> Step:
        if self._step is None:
            raise RuntimeError("use `async with` to open the step first")
        return self._step

    def _open(self) -> str:
        step = self._opened()
        if self.done:
            raise RuntimeError(f"step {step.key} is completed; look at `done` before working in it")
        return step.step_id

    # Tool calls

    @overload
    async def tool_call(
        self, tool: str, arguments: A, function: Callable[[A, str], Awaitable[T]], *, key: str | None = None
    ) -> T: ...

    @overload
    async def tool_call(
        self, tool: str, arguments: A, function: Callable[[A, str], T], *, key: str | None = None
    ) -> T: ...

    async def tool_call(
        self, tool: str, arguments: A, function: Callable[[A, str], Any], *, key: str | None = None
    ) -> Any:
        """Calls `function(arguments, idempotency_key)` and records it: tool, arguments, result or failure.

        The key names the effect and is the same in every try of this task: hand it to whatever the tool calls. A call
        that succeeded before is not made again; its result is returned. Arguments and result are stored: no secrets.
        `key` tells apart the calls of one step; by default it is the tool's name, with a number from the second on.
        """
        step_id = self._open()
        if key is None:
            count = self._tools[tool] = self._tools.get(tool, 0) + 1
            key = tool if count == 1 else f"{tool}-{count}"
        call = await self._lease.open_tool_call(step_id, tool, arguments, key)
        if call.status == "succeeded":
            return call.result
        try:
            result = await run_function(function, arguments, call.idempotency_key)
            await self._lease.succeed_tool_call(call.tool_call_id, result)
        except Exception as error:
            failure = failure_of(error)
            if failure is not None and not self._lease.lost:
                try:
                    await self._lease.fail_tool_call(
                        call.tool_call_id, failure.code, failure.message, retryable=failure.retryable
                    )
                except Exception as refusal:
                    error.add_note(f"the tool call could not be marked as failed: {refusal}")
            raise
        return result

    # Artifacts

    async def artifact_text(self, name: str, text: str, *, media_type: str | None = None) -> Artifact:
        """Attaches a text."""
        return await self._lease.add_artifact(self._open(), name, "text", text, media_type)

    async def artifact_json(self, name: str, value: JSON, *, media_type: str | None = None) -> Artifact:
        """Attaches a JSON value."""
        return await self._lease.add_artifact(self._open(), name, "json", value, media_type)

    async def artifact_uri(self, name: str, uri: str, *, media_type: str | None = None) -> Artifact:
        """Attaches the address of something that is kept elsewhere."""
        return await self._lease.add_artifact(self._open(), name, "uri", uri, media_type)

    async def artifact_bytes(self, name: str, data: bytes, *, media_type: str | None = None) -> Artifact:
        """Uploads bytes, with their hash, which the server checks."""
        digest = hashlib.sha256(data).hexdigest()
        return await self._lease.upload_artifact(
            self._open(), name, data, size=len(data), sha256=digest, media_type=media_type
        )

    async def artifact_file(
        self, path: str | os.PathLike[str], *, name: str | None = None, media_type: str | None = None
    ) -> Artifact:
        """Uploads a file without reading it into memory; it must not change meanwhile."""
        step_id, file = self._open(), Path(path)
        size, digest = await in_thread(_measure, file)
        return await self._lease.upload_artifact(
            step_id, name or file.name, lambda: _chunks(file), size=size, sha256=digest, media_type=media_type
        )


async def run_function(function: Callable[..., Any], *arguments: Any) -> Any:
    """Awaits an asynchronous function; a plain one is called in a thread, where it holds up nobody."""
    if inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__):
        return await function(*arguments)
    result = await in_thread(function, *arguments)
    # A lambda or a partial may be a plain function that returns something to wait for.
    return await result if inspect.isawaitable(result) else result


def _measure(file: Path) -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()
    with file.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            digest.update(chunk)
    return size, digest.hexdigest()


async def _chunks(file: Path) -> AsyncIterator[bytes]:
    with file.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk
            await asyncio.sleep(0)
