# SPDX-License-Identifier: Apache-2.0
"""Does a worker's part over the API, so that there are runs with steps, tool calls, failures and artifacts to look at."""

import threading
from typing import Any

from api import Api

# A session that is not heard of for 15 seconds is over.
PULSE = 3


class Work:
    """A run that this program holds, and what a worker may do in it. Steps and tool calls go by their identifiers."""

    def __init__(self, api: Api, claimed: Any) -> None:
        self._api = api
        self.run: str = claimed["run_id"]
        self.task: str = claimed["task_id"]
        self.trace: str = claimed["trace_id"]
        self._lease = {"X-Lease-Token": claimed["lease_token"], "X-Lease-Epoch": str(claimed["lease_epoch"])}

    def step(self, key: str, name: str | None = None, value: Any = None, kind: str | None = None) -> str:
        body = {"key": key, "name": name or key, "input": value, "kind": kind}
        return str(self._tell(f"/v1/runs/{self.run}/steps", body)["step_id"])

    def done(self, step: str, output: Any = None) -> None:
        self._tell(f"/v1/steps/{step}/complete", {"output": output})

    def broken(self, step: str, code: str, message: str) -> None:
        self._tell(f"/v1/steps/{step}/fail", {"error": {"code": code, "message": message}})

    def call(self, step: str, tool: str, arguments: Any = None, key: str | None = None) -> str:
        body = {"tool": tool, "arguments": arguments, "key": key}
        return str(self._tell(f"/v1/steps/{step}/toolcalls", body)["tool_call_id"])

    def answered(self, call: str, result: Any = None) -> None:
        self._tell(f"/v1/toolcalls/{call}/succeed", {"result": result})

    def unanswered(self, call: str, code: str, message: str) -> None:
        self._tell(f"/v1/toolcalls/{call}/fail", {"error": {"code": code, "message": message}})

    def artifact(self, step: str, name: str, content: Any, kind: str = "text", media_type: str | None = None) -> None:
        body = {"name": name, "kind": kind, "content": content, "media_type": media_type}
        self._tell(f"/v1/steps/{step}/artifacts", body)

    def upload(self, step: str, name: str, content: bytes, media_type: str) -> None:
        headers = {**self._lease, "Content-Type": "application/octet-stream"}
        about = {"name": name, "media_type": media_type}
        self._api.post(f"/v1/steps/{step}/artifacts/upload", content=content, headers=headers, params=about)

    def ask(self, action: Any, step: str | None = None) -> str:
        """Asks people about an action; the run waits for their answer."""
        body = {"action": action, "run_id": self.run, "step_id": step}
        return str(self._tell("/v1/approvals", body)["approval_id"])

    def complete(self, result: Any = None) -> None:
        self._tell(f"/v1/runs/{self.run}/complete", {"result": result})

    def fail(self, code: str, message: str, *, retryable: bool = False) -> None:
        error = {"code": code, "message": message, "retryable": retryable}
        self._tell(f"/v1/runs/{self.run}/fail", {"error": error})

    def _tell(self, path: str, body: Any) -> Any:
        return self._api.post(path, body, headers=self._lease)


class Worker:
    """A worker session for one agent, which is registered for it."""

    def __init__(self, api: Api, agent: str) -> None:
        self._api = api
        self.agent = agent
        api.put(f"/agents/{agent}", {"kind": "worker"})
        about = {"name": "dashboard-tests", "agents": [agent], "capacity": 16}
        self._session: str = api.post("/v1/workers", about)["worker_session_id"]
        self._ended = threading.Event()
        self._heart = threading.Thread(target=self._beat, daemon=True)
        self._heart.start()

    def take(self, **request: Any) -> Work:
        """Asks for a run of the agent and claims it."""
        self._api.post("/v1/runs", {"agent": self.agent, "timeout_seconds": 3600, **request})
        return self.claim()

    def claim(self) -> Work:
        """The next run of the agent, once there is one."""
        wish = {"worker_session_id": self._session, "agents": [self.agent], "limit": 1, "start": True, "wait_seconds": 15}
        runs = self._api.post("/v1/runs/claim", wish)["runs"]
        assert runs, "there was no run to claim"
        return Work(self._api, runs[0])

    def end(self) -> None:
        """Ends the session; what it holds goes to others."""
        self._ended.set()
        self._heart.join()
        self._api.delete(f"/v1/workers/{self._session}")

    def _beat(self) -> None:
        while not self._ended.wait(PULSE):
            self._api.post(f"/v1/workers/{self._session}/heartbeat")
