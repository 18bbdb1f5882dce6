# SPDX-License-Identifier: Apache-2.0
"""How long a task waits for its handler: from the answer to the request that made it until the handler is entered."""

import asyncio
import json
from datetime import datetime

from core import ours, peers
from core.figures import Figures, Scope
from core.http1 import paced
from core.load import await_all_ended, warm_up
from scenarios.lifecycle import bench_goes_on, whole_life

PACE = 20


def run(bench):
    suite = bench.suite
    # The engine outside is a load generator, which keeps no times.
    agents = [agent for agent in ours.agents(bench) if not isinstance(agent, ours.Engine)]
    others = peers.prepared(bench)
    count = 40 if bench.quick else 200
    maxima = {}
    if bench.quick:
        bench.say(f"with --quick, peers are asked at {PACE}/s only")
    for agent in agents:
        warm_up(suite, "create", suite.ports["orchestrator-svc"], agent=agent.name)
        await_all_ended(suite)
        maxima[agent.name] = whole_life(bench, agent, None)
    for peer in others if not bench.quick else ():
        with bench_goes_on(bench, peer.title):
            maxima[peer.name] = peer.whole_life(Unseen(bench))
    for _ in bench.rounds():
        for agent in agents:
            bench.figures.spread(f"at {PACE}/s, {agent.title}", ours_at(bench, agent, count, PACE))
            half = maxima[agent.name] / 2
            bench.figures.note(f"half of the maximum, {agent.title}", "tasks/s", half)
            bench.figures.spread(f"at half of the maximum, {agent.title}",
                                 ours_at(bench, agent, int(half * bench.seconds), half))
        for peer in others:
            with bench_goes_on(bench, peer.title):
                bench.figures.spread(f"at {PACE}/s, {peer.title}", peer.pickup(count, PACE))
                if peer.name not in maxima:
                    continue
                half = maxima[peer.name] / 2
                bench.figures.note(f"half of the maximum, {peer.title}", "tasks/s", half)
                bench.figures.spread(f"at half of the maximum, {peer.title}", peer.pickup(int(half * bench.seconds), half))


class Unseen:
    """The same bench, with figures that nobody looks at."""

    def __init__(self, bench):
        self.figures, self.seconds, self.quick = Scope(Figures(), "unseen"), bench.seconds, bench.quick


def ours_at(bench, agent, count, rate):
    """Milliseconds for each task. The agent tells in its result when it was entered."""
    suite = bench.suite
    body = json.dumps({"agent": agent.name, "input": {"message": "hello"}}).encode()
    with agent.working(), suite.meter() as meter:
        answers = asyncio.run(paced(suite.ports["orchestrator-svc"], {"Authorization": suite.authorization},
                                    [("/task", body)] * count, rate, connections=64 if rate > PACE else 16))
        await_all_ended(suite)
    bench.figures.heed(meter.cost)
    answered = {json.loads(body)["id"]: at for _, at, body in answers}
    rows = suite.sql("SELECT task_id, result->>'received_at' FROM orchestrator.proj_tasks WHERE task_id = ANY(%s)",
                     list(answered))
    entered = {task: datetime.fromisoformat(at).timestamp() for task, at in rows if at}
    if len(entered) < count:
        raise RuntimeError(f"{count - len(entered)} of {count} tasks of {agent.name} do not say when they were entered "
                           "(`received_at` of the result)")
    return [(entered[task] - at) * 1000 for task, at in answered.items()]
