# SPDX-License-Identifier: Apache-2.0
"""Asks a daemon as a person does, without a browser."""

from types import TracebackType
from typing import Any, Self

import httpx
from suite import eventually

ENDED = ("completed", "failed", "cancelled")


class Api:
    """Answers are what their JSON says; a refusal is an exception."""

    def __init__(self, url: str, user: str, password: str, workspace: str = "ws_dev") -> None:
        headers = {"x-workspace-id": workspace}
        self._client = httpx.Client(
            base_url=url, auth=(user, password), headers=headers, timeout=30, trust_env=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._client.close()

    def get(self, path: str, **query: Any) -> Any:
        return self._ask("GET", path, params=query)

    def post(self, path: str, body: Any = None, **options: Any) -> Any:
        return self._ask("POST", path, json=body, **options)

    def put(self, path: str, body: Any, **options: Any) -> Any:
        return self._ask("PUT", path, json=body, **options)

    def patch(self, path: str, body: Any, **options: Any) -> Any:
        return self._ask("PATCH", path, json=body, **options)

    def delete(self, path: str, **options: Any) -> Any:
        return self._ask("DELETE", path, **options)

    def task(self, message: str = "hello", *, until: tuple[str, ...] = ENDED, **about: Any) -> Any:
        """A task of the echo agent, once its status is one of `until`; `delayMilliseconds` and `fail` go into its input."""
        extra = {name: about.pop(name) for name in ("delayMilliseconds", "fail") if name in about}
        made = self.post("/task", {"agent": "echo", "input": {"message": message, **extra}, **about})
        return self.settled(made["id"], until)

    def settled(self, task: str, until: tuple[str, ...] = ENDED) -> Any:
        """The task once its status is one of `until`."""
        eventually(lambda: self.get(f"/task/{task}")["status"] in until, within=30)
        return self.get(f"/task/{task}")

    def _ask(self, method: str, path: str, **options: Any) -> Any:
        answer = self._client.request(method, path, **options)
        if answer.is_error:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else None
