# SPDX-License-Identifier: Apache-2.0
"""Does a worker's part over the API, so that tests and measurements find runs with steps, tool calls and artifacts."""

import base64
import http.client
import json
from urllib.parse import quote, urlencode, urlsplit


class Refused(Exception):
    """An answer that is no success."""


class Caller:
    """Calls an orchestrator over one connection that stays open."""

    def __init__(self, address, user, password):
        parts = urlsplit(address)
        self.place = (parts.hostname, parts.port)
        self.connection = None
        self.authorization = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    def send(self, method, path, body=None, headers=None, kind="application/json"):
        """The answer as JSON; None when it has no body."""
        content = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        sent = {"Authorization": self.authorization, **(headers or {})}
        if content is not None:
            sent["Content-Type"] = kind
        for attempt in (1, 2):
            if self.connection is None:
                self.connection = http.client.HTTPConnection(*self.place, timeout=60)
            try:
                self.connection.request(method, path, content, sent)
                answer = self.connection.getresponse()
                data = answer.read()
                break
            except (http.client.RemoteDisconnected, ConnectionError):
                # The daemon closes connections that were idle for long.
                self.connection = None
                if attempt == 2:
                    raise
        if answer.status >= 300:
            raise Refused(f"{method} {path}: {answer.status} {data[:400].decode(errors='replace')}")
        return json.loads(data) if data else None

    def get(self, path, **query):
        return self.send("GET", path + ("?" + urlencode(query, doseq=True) if query else ""))

    def post(self, path, body=None):
        return self.send("POST", path, {} if body is None else body)


class Work:
    """A run that this program holds, with what a worker may do in it."""

    def __init__(self, caller, claimed):
        self.caller = caller
        self.id = claimed["run_id"]
        self.task = claimed["task_id"]
        self.trace = claimed["trace_id"]
        self.lease = {"X-Lease-Token": claimed["lease_token"], "X-Lease-Epoch": str(claimed["lease_epoch"])}

    def do(self, path, body):
        return self.caller.send("POST", path, body, self.lease)

    def step(self, key, name=None, value=None, kind=None):
        body = {"key": key, "name": name or key, "input": value}
        return self.do(f"/v1/runs/{self.id}/steps", body if kind is None else {**body, "kind": kind})["step_id"]

    def done(self, step, output=None):
        return self.do(f"/v1/steps/{step}/complete", {"output": output})

    def broken(self, step, code, message):
        return self.do(f"/v1/steps/{step}/fail", {"error": {"code": code, "message": message}})

    def call(self, step, tool, arguments=None, key=None):
        body = {"tool": tool, "arguments": arguments}
        return self.do(f"/v1/steps/{step}/toolcalls", body if key is None else {**body, "key": key})["tool_call_id"]

    def answered(self, call, result=None):
        return self.do(f"/v1/toolcalls/{call}/succeed", {"result": result})

    def unanswered(self, call, code, message):
        return self.do(f"/v1/toolcalls/{call}/fail", {"error": {"code": code, "message": message}})

    def artifact(self, step, name, content, kind="text", media_type=None):
        body = {"name": name, "kind": kind, "content": content}
        return self.do(f"/v1/steps/{step}/artifacts", body if media_type is None else {**body, "media_type": media_type})

    def upload(self, step, name, content, media_type):
        path = f"/v1/steps/{step}/artifacts/upload?name={quote(name)}&media_type={quote(media_type, safe='')}"
        return self.caller.send("POST", path, content, self.lease, "application/octet-stream")

    def complete(self, result=None):
        return self.do(f"/v1/runs/{self.id}/complete", {"result": result})

    def fail(self, code, message, retryable=False):
        error = {"code": code, "message": message, "retryable": retryable}
        return self.do(f"/v1/runs/{self.id}/fail", {"error": error})


class Worker:
    """A worker session for one agent, which is registered when it is not known."""

    def __init__(self, caller, agent):
        self.caller = caller
        self.agent = agent
        caller.send("PUT", f"/agents/{agent}", {"kind": "worker"})
        self.session = caller.post("/v1/workers", {"name": "dashboard-tests", "agents": [agent], "capacity": 16})

    def take(self, **request):
        """Asks for a run of the agent and claims it."""
        self.caller.post("/v1/runs", {"agent": self.agent, "timeout_seconds": 3600, **request})
        return self.claim()

    def claim(self):
        body = {"worker_session_id": self.session["worker_session_id"], "agents": [self.agent], "limit": 1,
                "start": True, "wait_seconds": 10}
        runs = self.caller.post("/v1/runs/claim", body)["runs"]
        if not runs:
            raise Refused("there was no run to claim")
        return Work(self.caller, runs[0])

    def beat(self):
        path = f"/v1/workers/{self.session['worker_session_id']}/heartbeat"
        return self.caller.post(path)

    def end(self):
        self.caller.send("DELETE", f"/v1/workers/{self.session['worker_session_id']}")
