# SPDX-License-Identifier: Apache-2.0
"""What 5 million tasks and 50 million events change: each call of the API, whole lives, and the size and bloat of the tables."""

import contextlib
import statistics
import time

from core import live, ours
from core.disk import fitting
from core.filling import ROOMS, Filling
from core.load import await_all_ended, warm_up
from core.suite import Suite
from scenarios.lifecycle import whole_life

TASKS = 5_000_000
# What an event may take with its indexes, and what a task of ten events may take with its run, its steps and its events.
EVENT_BUDGET = 1000
LIFE_BUDGET = 13_000
# Lives that are really lived, from which the others are made; every fifth fails, which makes more than a page of each kind.
LIVED = 60
PAGE = 10
AGENTS = ("bench-alpha", "bench-beta")


def run(bench):
    # The empty database is there all the time, so that both are asked in turn.
    with Suite() as empty:
        small, large = (Side(bench, suite, name) for suite, name in ((empty, "empty"), (bench.suite, "full")))
        before = sizes(bench.suite)
        wanted = bench.options.tasks or (6_000 if bench.quick else TASKS)
        if wanted < TASKS and not bench.quick:
            bench.scaled_down(f"{wanted:,} tasks, as was asked for, instead of {TASKS:,}")
        wanted = fitting(bench, "tasks", wanted, LIFE_BUDGET + 500, share=0.7)
        with bench.suite.stopped("orchestrator-svc"):
            count = filled(bench, large, wanted)
        weigh(bench, before, count)
        for side in (small, large):
            side.warm_up()
        compare(bench, small, large, 7 if bench.quick else 100)
        for _ in bench.rounds():
            whole_life(bench, small.agent, "whole lives, empty")
            whole_life(bench, large.agent, "whole lives, full", "whole lives, empty")
            with analyst(bench.suite):
                # Long enough for what cannot be cleaned up to gather.
                whole_life(bench, large.agent, None)
                whole_life(bench, large.agent, "whole lives, an analyst's transaction open", "whole lives, full")
            bench.suite.sql("VACUUM orchestrator.run_queue, orchestrator.leases")
    bloat(bench)


class Side:
    """A suite with some lives that were really lived, and an agent that does nothing."""

    def __init__(self, bench, suite, name):
        self.suite, self.name = suite, name
        for agent in AGENTS:
            suite.worker_agent(agent)
        self.agent = next(agent for agent in ours.agents(bench, suite) if not isinstance(agent, ours.Engine))
        self.lived_in = live.room_of(suite, "lived")
        self.rooms = [live.room_of(suite, f"filled {number}") for number in range(ROOMS)]
        self.lives = [lived(suite, number, self.lived_in) for number in range(LIVED)]
        self.calls = calls(suite, self.lives)

    def warm_up(self):
        """What was in memory is not any more; the first calls of a daemon are slow on any database."""
        warm_up(self.suite, "create", self.suite.ports["orchestrator-svc"], agent=self.agent.name)
        await_all_ended(self.suite)


# Lives


def lived(suite, number, room):
    """One life of ten events, with two steps and a tool call, as a worker brings it about."""
    agent, send = AGENTS[number % len(AGENTS)], suite.api.send
    run = send("POST", "/v1/runs", {
        "agent": agent, "input": {"message": "hello", "prompt": "x" * 200}, "room_id": room, "correlation_id": f"filled-{number}",
        "labels": ["small" if number % 2 else "large"]})
    session = session_of(suite, agent)
    claimed = send("POST", "/v1/runs/claim", {"worker_session_id": session, "agents": [agent]})["runs"][0]
    lease = {"X-Lease-Token": claimed["lease_token"], "X-Lease-Epoch": str(claimed["lease_epoch"])}
    path = f"/v1/runs/{claimed['run_id']}"
    send("POST", f"{path}/start", {}, lease)
    step = send("POST", f"{path}/steps", {"key": "fetch", "input": {"page": 1}}, lease)["step_id"]
    call = send("POST", f"/v1/steps/{step}/toolcalls", {"tool": "http.get", "key": "get", "arguments": {"page": 1}}, lease)
    send("POST", f"/v1/toolcalls/{call['tool_call_id']}/succeed", {"result": {"status": 200}}, lease)
    send("POST", f"/v1/steps/{step}/complete", {"output": {"bytes": 1024}}, lease)
    step = send("POST", f"{path}/steps", {"key": "write", "input": {"page": 1}}, lease)["step_id"]
    send("POST", f"/v1/steps/{step}/complete", {"output": {"bytes": 1024}}, lease)
    if number % 5:
        send("POST", f"{path}/complete", {"result": {"done": True}}, lease)
    else:
        send("POST", f"{path}/fail", {"error": {"code": "broken", "message": "It did not work.", "retryable": False}}, lease)
    return {"task": run["task_id"], "run": run["run_id"], "room": room, "agent": agent}


_sessions = {}


def session_of(suite, agent):
    """One for all lives of an agent, as long as it lasts."""
    opened, session = _sessions.get((suite.home, agent), (0, None))
    if time.monotonic() - opened > 5:
        session = suite.api.send("POST", "/v1/workers", {"name": "bench", "agents": [agent]})["worker_session_id"]
        _sessions[(suite.home, agent)] = (time.monotonic(), session)
    return session


def filled(bench, side, wanted):
    began = time.monotonic()
    filling = Filling(side.suite, side.lived_in, side.rooms)
    bench.say(f"{filling.count} lives of {filling.events / filling.count:.1f} events were lived; filling {wanted:,}")
    count = filling.fill(wanted, lambda done: bench.say(f"{done:,} of {wanted:,} after {time.monotonic() - began:.0f} s"))
    bench.say(f"filled by SQL in {time.monotonic() - began:.0f} s; the chain of this database does not verify")
    bench.figures.note("tasks", "tasks", count)
    bench.figures.note("events", "events", count * filling.events // filling.count)
    return count


# Calls


def compare(bench, small, large, repeats):
    """Each call on both databases in turn, one after the other on one connection; the medians in milliseconds."""
    ratios = {}
    for call in small.calls:
        times = {small: [], large: []}
        for number in range(repeats + 3):
            for side in (small, large):
                began = time.perf_counter()
                side.calls[call](number)
                times[side].append((time.perf_counter() - began) * 1000)
        # The first three plan, fill caches and open connections.
        medians = [statistics.median(times[side][3:]) for side in (small, large)]
        bench.figures.note(f"{call}, empty", "ms", medians[0])
        bench.figures.note(f"{call}, full", "ms", medians[1], f"{call}, empty")
        ratios[call] = medians[1] / medians[0]
    slowest = max(ratios, key=ratios.get)
    bench.say(f"slowest beside empty: {slowest}")
    bench.figures.note("slowest call, full beside empty", "×", ratios[slowest])


def calls(suite, lives):
    send = suite.api.send

    def get(path):
        def act(number):
            life = lives[number % len(lives)]
            found = send("GET", path.format(**life))
            if found.get("items") == []:
                raise RuntimeError(f"GET {path} found nothing")
        return act

    def create(number):
        suite.standing += 1
        send("POST", "/task", {"agent": AGENTS[0], "input": {"message": "hello"}, "runAt": live.later()})

    def claim(number):
        send("POST", "/v1/runs", {"agent": AGENTS[1], "input": {"message": "hello"}})
        session = session_of(suite, AGENTS[1])
        run = send("POST", "/v1/runs/claim", {"worker_session_id": session, "agents": [AGENTS[1]]})["runs"][0]
        lease = {"X-Lease-Token": run["lease_token"], "X-Lease-Epoch": str(run["lease_epoch"])}
        for verb in ("start", "complete"):
            send("POST", f"/v1/runs/{run['run_id']}/{verb}", {}, lease)

    return {
        "create": create,
        "create, claim, start, complete": claim,
        "list tasks": get(f"/tasks?limit={PAGE}"),
        "list tasks by status": get(f"/tasks?status=failed&limit={PAGE}"),
        "list tasks by agent": get(f"/tasks?agent={AGENTS[0]}&limit={PAGE}"),
        "list tasks by agent and status": get(f"/tasks?agent={AGENTS[1]}&status=completed&limit={PAGE}"),
        "list tasks of a room": get("/tasks?roomId={room}&limit=" + str(PAGE)),
        "list runs": get(f"/v1/runs?limit={PAGE}"),
        "list runs by label": get(f"/v1/runs?label=small&limit={PAGE}"),
        "list dead letters": get(f"/v1/dead-letters?limit={PAGE}"),
        "task with runs and events": get("/task/{task}?include=runs&include=events"),
        "run": get("/v1/runs/{run}"),
        "steps of a run": get("/v1/runs/{run}/steps"),
        "events of a task": get("/v1/events?task_id={task}&limit=" + str(PAGE)),
        "events of a run": get("/v1/events?run_id={run}&limit=" + str(PAGE)),
        "events of a room, newest": get("/v1/events?stream_type=room&stream_id={room}&order=desc&limit=" + str(PAGE)),
        "events by type": get(f"/v1/events?event_type=run.completed&limit={PAGE}"),
        "newest events": get(f"/v1/events?order=desc&limit={PAGE}"),
        "pipeline": get("/v1/pipeline/projection?limit=20"),
        "queues": get("/v1/queues"),
        "workers": lambda number: send("GET", "/v1/workers"),
    }


# An open transaction


@contextlib.contextmanager
def analyst(suite):
    """A transaction that has looked at something and stays open: nothing that dies meanwhile can be cleaned up."""
    with suite.connect() as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        connection.execute("SELECT count(*) FROM orchestrator.run_queue")
        yield
        connection.execute("ROLLBACK")


# Size


def sizes(suite):
    """Bytes of each table with its indexes."""
    return dict(suite.sql("SELECT relname, pg_total_relation_size(oid) FROM pg_class "
                          "WHERE relnamespace = 'orchestrator'::regnamespace AND relkind = 'r'"))


def weigh(bench, before, count):
    """What an event and a life take, with all indexes, of what was filled."""
    figures, after = bench.figures, sizes(bench.suite)
    grown = {name: after[name] - before.get(name, 0) for name in after}
    events = bench.figures.figures.all["growth: events"].median
    log = grown["evt_events"] + grown["evt_blocks"]
    for name, bytes_each, budget in (("event", log / events, EVENT_BUDGET), ("task life", sum(grown.values()) / count, LIFE_BUDGET)):
        figures.note(f"budget for one {name}", "bytes", budget)
        figures.note(f"one {name} with its indexes", "bytes", bytes_each, f"budget for one {name}")
    figures.note("everything that was filled", "GB", sum(grown.values()) / 1e9)


def bloat(bench):
    """What is dead and what is empty in the tables that change, and how full the leaves of their indexes are."""
    suite = bench.suite
    suite.sql("CREATE EXTENSION IF NOT EXISTS pgstattuple")
    for table, in suite.sql("SELECT oid::regclass::text FROM pg_class WHERE relnamespace = 'orchestrator'::regnamespace "
                            "AND relkind = 'r' AND pg_relation_size(oid) > 1000000 ORDER BY pg_relation_size(oid) DESC LIMIT 12"):
        dead, free = suite.sql("SELECT dead_tuple_percent, approx_free_percent FROM pgstattuple_approx(%s)", table)[0]
        short = table.split(".")[-1]
        bench.figures.note(f"{short}, dead", "%", float(dead))
        bench.figures.note(f"{short}, free", "%", float(free))
        # Each page of an index is read for this; the largest would take minutes and say the same as the others.
        densities = [float(row[0]) for row in suite.sql(
            "SELECT (pgstatindex(indexrelid::regclass)).avg_leaf_density FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid "
            "JOIN pg_am ON pg_am.oid = relam WHERE indrelid = %s::regclass AND amname = 'btree' "
            "AND pg_relation_size(indexrelid) BETWEEN 100000 AND 2000000000", table)]
        if densities:
            bench.figures.note(f"{short}, leaves of its emptiest index", "% full", min(densities))
