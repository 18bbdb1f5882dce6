# SPDX-License-Identifier: Apache-2.0
"""Requests, with credentials, retries and errors that have types."""

from __future__ import annotations

import asyncio
import email.utils
import json
import logging
import random
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from .config import Config
from .errors import ApiError, FieldError, OutcomeUnknown, TuttiError, Unreachable, api_error
from .values import decode, encode

log = logging.getLogger("tutti.client")

#: Statuses that say nothing against the request: it may be sent again.
TRY_AGAIN = frozenset({429, 502, 503, 504})
# The request did not get as far as the server.
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)

#: A body that is made anew for every try.
Stream = Callable[[], AsyncIterator[bytes]]


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long, and in which rhythm, a request is tried again (exponential backoff with full jitter)."""

    total_seconds: float = 60.0
    initial_seconds: float = 0.2
    max_seconds: float = 5.0

    def pause(self, attempt: int, retry_after: float | None = None) -> float:
        """Seconds to wait after the try number `attempt`, which counts from 1."""
        jitter = random.uniform(0, min(self.max_seconds, self.initial_seconds * 2 ** min(attempt - 1, 32)))
        return jitter if retry_after is None else retry_after + min(jitter, 1.0)


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful response."""

    status: int
    headers: httpx.Headers
    body: bytes

    def json(self) -> Any:
        return decode(self.body)


class Transport:
    """Sends requests of one client. Bound to an event loop at first use; another loop gets connections of its own."""

    def __init__(self, config: Config, retry: RetryPolicy) -> None:
        self.config = config
        self.retry = retry
        self._http: httpx.AsyncClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: object = None,
        content: bytes | Stream | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool = True,
        within: float = 30.0,
        retry: RetryPolicy | None = None,
    ) -> Answer:
        """Sends until there is an answer, for as long as `retry` says.

        What is not `repeatable` is sent again only when it surely had no effect; else `OutcomeUnknown` is raised.
        `within` limits the silence of one try, in seconds.
        """
        retry = retry or self.retry
        every = dict(self.config.headers())
        every.update(headers or {})
        if body is not None:
            content = encode(body)
            every["content-type"] = "application/json"
        query = {name: value for name, value in (params or {}).items() if value is not None}
        ends = time.monotonic() + retry.total_seconds
        attempt = 0
        while True:
            attempt += 1
            failure, retry_after = await self._try(
                method, path, query, content, every, repeatable=repeatable, within=within
            )
            if isinstance(failure, Answer):
                return failure
            pause = retry.pause(attempt, retry_after)
            if time.monotonic() + pause > ends:
                raise failure
            log.debug("%s %s failed (%s); again in %.2f s", method, path, failure, pause)
            await asyncio.sleep(pause)

    async def _try(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any],
        content: bytes | Stream | None,
        headers: Mapping[str, str],
        *,
        repeatable: bool,
        within: float,
    ) -> tuple[Answer | TuttiError, float | None]:
        try:
            response = await self._client().request(
                method,
                path,
                params=query,
                content=content() if callable(content) else content,
                headers=headers,
                timeout=httpx.Timeout(within, connect=5.0),
            )
        except httpx.RequestError as error:
            what = f"{method} {path} got no answer ({type(error).__name__})"
            if not repeatable and not isinstance(error, _UNSENT):
                raise OutcomeUnknown(what) from error
            unreachable = Unreachable(what)
            unreachable.__cause__ = error
            return unreachable, None
        if response.is_success:
            return Answer(response.status_code, response.headers, response.content), None
        problem = problem_of(response)
        if problem.status not in TRY_AGAIN:
            raise problem
        # A proxy that gave up has passed the request on; a daemon that says so does not know whether it committed.
        if not repeatable and (problem.status in (502, 504) or problem.code == "outcome_unknown"):
            raise OutcomeUnknown(f"{method} {path}: {problem}") from problem
        return problem, problem.retry_after

    def _client(self) -> httpx.AsyncClient:
        loop = asyncio.get_running_loop()
        if self._http is None or self._loop is not loop:
            limits = httpx.Limits(max_connections=256, max_keepalive_connections=64, keepalive_expiry=20.0)
            self._http = httpx.AsyncClient(base_url=self.config.url, limits=limits)
            self._loop = loop
        return self._http

    async def close(self) -> None:
        """Closes the connections; the next request opens new ones."""
        http, self._http = self._http, None
        if http is not None and self._loop is asyncio.get_running_loop():
            await http.aclose()


def problem_of(response: httpx.Response) -> ApiError:
    """A refusal as an error; also when something other than a daemon of ours refused."""
    status = response.status_code
    retry_after = parse_retry_after(response.headers.get("retry-after"))
    try:
        problem = json.loads(response.content)
    except (ValueError, RecursionError):
        problem = None
    if not isinstance(problem, dict):
        return api_error(status, f"http_{status}", f"The answer was {status}.", retry_after=retry_after)
    refused = problem.get("errors", problem.get("fields"))
    fields = tuple(
        FieldError(str(entry.get("field", "")), str(entry.get("message", "")))
        for entry in (refused if isinstance(refused, list) else [])
        if isinstance(entry, dict)
    )
    known = {"type", "title", "status", "detail", "instance", "code", "errors", "fields"}
    return api_error(
        status,
        str(problem.get("code") or f"http_{status}"),
        str(problem.get("detail") or problem.get("title") or f"The answer was {status}."),
        fields=fields,
        retry_after=retry_after,
        details={name: value for name, value in problem.items() if name not in known},
    )


def parse_retry_after(header: str | None) -> float | None:
    """Seconds from now, from either form of a Retry-After header; None for anything else."""
    if header is None:
        return None
    header = header.strip()
    if header.isascii() and header.isdigit():
        return float(header[:9])
    try:
        when = email.utils.parsedate_to_datetime(header)
    except (TypeError, ValueError):
        return None
    return max(0.0, when.timestamp() - time.time())
