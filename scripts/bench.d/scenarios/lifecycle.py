# SPDX-License-Identifier: Apache-2.0
"""Tasks from created to completed: while they are being created, and a backlog that has gathered."""

import contextlib
import json
import os
import subprocess
import time

from core import ours, peers
from core.load import Wrk, await_all_ended, warm_up
from core.processor import Meter
from core.suite import PROGRAMS
from core.yardsticks import Yardsticks

# Enough that transactions are shared by many tasks, as they are wherever much happens.
CONNECTIONS = 128


def run(bench):
    suite, figures = bench.suite, bench.figures
    yardsticks = Yardsticks(suite)
    agents = ours.agents(bench)
    others = peers.prepared(bench)
    for agent in agents:
        with agent.working():
            warm_up(suite, "create", suite.ports["orchestrator-svc"], agent=agent.name)
            await_all_ended(suite)
    for _ in bench.rounds():
        yardsticks.life(figures, bench.seconds)
        kernel(bench)
        for agent in agents:
            whole_life(bench, agent, f"whole life, {agent.title}", "raw life")
            backlog(bench, agent)
        for peer in others:
            with bench_goes_on(bench, peer.title):
                peer.whole_life(bench, "raw life")
                peer.backlog(bench)


@contextlib.contextmanager
def bench_goes_on(bench, title):
    """A peer that cannot be measured is told of, and the others are measured all the same."""
    try:
        yield
    except peers.PeerFailed as error:
        bench.skip(title, str(error))


def whole_life(bench, agent, name, against=None):
    """Created over HTTP for some seconds while the agent works, until nothing is left. Answers lives a second."""
    suite = agent.suite
    with agent.working(), suite.meter() as meter:
        before, began = suite.ended()[0], time.monotonic()
        with Wrk("create", suite.ports["orchestrator-svc"], CONNECTIONS, bench.seconds,
                 authorization=suite.authorization, agent=agent.name) as wrk:
            answers = wrk.answers()
        if answers.bad:
            raise RuntimeError(f"{answers.bad} of {answers.good + answers.bad} creates were refused")
        seconds = await_all_ended(suite) - began
        meter.stop()
    count = suite.ended()[0] - before
    if name:
        bench.figures.rate(name, "tasks/s", count, meter.cost, against, seconds)
    return count / seconds


def backlog(bench, agent):
    """From the moment at which the agent's queue is opened until everything in it has ended."""
    suite = bench.suite
    suite.api.send("POST", f"/v1/queues/{agent.name}/pause", {"reason": "bench"})
    warm_up(suite, "create", suite.ports["orchestrator-svc"], CONNECTIONS, max(1, bench.seconds // 2), agent=agent.name)
    before = suite.ended()[0]
    with agent.working(), suite.meter() as meter:
        began = time.monotonic()
        suite.api.send("POST", f"/v1/queues/{agent.name}/resume")
        seconds = await_all_ended(suite) - began
        meter.stop()
    bench.figures.rate(f"draining a backlog, {agent.title}", "tasks/s", suite.ended()[0] - before, meter.cost, seconds=seconds)


def kernel(bench):
    """Commands straight into the group commit, in a process of its own over a database of its own."""
    program = f"{PROGRAMS}/kernel-bench"
    if not os.access(program, os.X_OK):
        bench.skip("kernel alone", f"{program} is not there")
        return
    bench.suite.make_database("kernel")
    with Meter((), bench.suite.postmaster) as meter:
        done = subprocess.run([program, "--database-url", bench.suite.url("kernel"), "--seconds", str(bench.seconds),
                               "--connections", str(CONNECTIONS)], capture_output=True, text=True, timeout=bench.seconds + 120)
    if done.returncode:
        raise RuntimeError(f"kernel-bench failed: {done.stderr[-800:]}")
    told = json.loads(done.stdout.strip().splitlines()[-1])
    rate = told["tasks_per_second"]
    bench.figures.note("kernel alone", "tasks/s", rate, "raw life")
    bench.figures.note("kernel alone, processor time", "ms", told["cpu_ms_per_task"])
    # The program is its own load; what Postgres used meanwhile is in the meter, too, start-up included.
    bench.figures.note("kernel alone, load generator", "ms", 0.0)
    bench.figures.note("kernel alone, Postgres by our own meter", "ms", 1000 * meter.cost.postgres / (rate * bench.seconds))
