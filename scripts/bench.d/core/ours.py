# SPDX-License-Identifier: Apache-2.0
"""Our agents that do nothing: in the orchestrator, over HTTP, and as an engine outside."""

import contextlib
import re

from core.http1 import Refused
from core.load import Wrk


class Agent:
    """One that the embedded engine carries out: nothing has to be started for it."""

    def __init__(self, suite, name, title):
        self.suite, self.name, self.title = suite, name, title

    @contextlib.contextmanager
    def working(self):
        yield


class Engine(Agent):
    """Runs claimed over HTTP in batches, which are ended in one request each, by a small program of ours; what it uses is the
    load generator's."""

    connections, batch = 32, 50

    @contextlib.contextmanager
    def working(self):
        with Wrk("engine", self.suite.ports["orchestrator-svc"], self.connections, 600, threads=self.connections,
                 authorization=self.suite.authorization, agent=self.name, batch=self.batch) as wrk:
            yield
            text = wrk.stop()
        found = re.search(r"completed (\d+) runs with (\d+) requests, (\d+) refused (.*)", text)
        if not found:
            raise RuntimeError(f"the outside engine failed: {text[-800:]}")
        if int(found.group(3)):
            raise RuntimeError(f"the outside engine was refused {found.group(3)} times, the last time at {found.group(4)[:400]}")


def agents(bench, suite=None):
    """Those that this orchestrator has; loud about the in-process one when it has none."""
    suite, found = suite or bench.suite, []
    try:
        suite.api.send("PUT", "/agents/noop", {"kind": "builtin", "concurrency": 10_000})
        found.append(Agent(suite, "noop", "in-process no-op agent"))
    except Refused as refusal:
        bench.skip("in-process no-op agent", f"this orchestrator has no built-in agent noop ({refusal.status})")
    found.append(Agent(suite, "echo", "echo agent"))
    found.append(Engine(suite, suite.worker_agent("bench-engine"), "outside engine"))
    return found
