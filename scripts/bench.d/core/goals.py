# SPDX-License-Identifier: Apache-2.0
"""What we want to reach: a table, and whether the figures of a run do."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Goal:
    """`figure` compared with `bound`, or with `bound` times another figure. Of several figures the first there is counts."""

    name: str
    figure: str | tuple
    comparison: str
    bound: float
    against: str | None = None
    # Whether a run at reduced size says anything about it.
    quick: bool = True

    @property
    def figures(self):
        return (self.figure,) if isinstance(self.figure, str) else self.figure

    @property
    def text(self):
        comparison = {">=": "≥", "<=": "≤"}.get(self.comparison, self.comparison)
        return f"{comparison} {self.bound:g}" + (f" × {self.against}" if self.against else "")


RAW_LIFE = "lifecycle: raw life"
# A backlog is drained by whoever is there for it: in the daemon itself when it can, else from outside.
DRAIN = ("lifecycle: draining a backlog, in-process no-op agent", "lifecycle: draining a backlog, outside engine")


def _fanout(count, what, bound=1.0):
    unit = {"processor time": "processor time per delivery", "memory": "memory per connection", "p99": "delivery, p99"}[what]
    return Goal(f"server-sent events to {count:,}: {what}", f"fanout: {count:,} SSE, {unit}", "<=", bound,
                f"fanout: {count:,} SSE of Node, {unit}", quick=count == 1000)


GOALS = (
    Goal("create over HTTP, 32 connections", "create: POST /task, 32 connections", ">=", 0.3,
         "create: single inserts, 32 clients"),
    Goal("create over HTTP, 32 connections: stretch", "create: POST /task, 32 connections", ">=", 0.5,
         "create: single inserts, 32 clients"),
    Goal("whole life, in-process no-op agent", "lifecycle: whole life, in-process no-op agent", ">=", 1.0, RAW_LIFE),
    Goal("whole life, in-process no-op agent: processor time",
         "lifecycle: whole life, in-process no-op agent, processor time", "<=", 0.5),
    Goal("whole life, echo agent", "lifecycle: whole life, echo agent", ">=", 0.5, RAW_LIFE),
    Goal("whole life, outside engine that claims in batches", "lifecycle: whole life, outside engine", ">=", 0.7, RAW_LIFE),
    Goal("kernel alone, no HTTP", "lifecycle: kernel alone", ">=", 2.0, RAW_LIFE),
    Goal("kernel alone, no HTTP: stretch", "lifecycle: kernel alone", ">=", 4.0, RAW_LIFE),
    *(Goal(f"draining a backlog, beside {peer}", DRAIN, ">=", factor, f"lifecycle: draining a backlog, {peer}")
      for peer, factor in (("PgQueuer", 1), ("Celery", 5), ("Absurd", 5), ("procrastinate", 10), ("DBOS", 20))),
    *(Goal(f"pickup at 20/s, {agent}: {share}", f"pickup: at 20/s, {agent}, {share}", "<=", bound)
      for agent in ("in-process no-op agent", "echo agent") for share, bound in (("p50", 4), ("p99", 7))),
    Goal("committing with live streams on", "fanout: creates with 200 streams followed", ">=", 0.9,
         "fanout: creates without streams"),
    *(_fanout(count, what) for count in (1000, 5000) for what in ("processor time", "memory", "p99")),
    Goal("log ingest from NDJSON over HTTP", "logs: POST /log, batches of 500", ">=", 0.6,
         "logs: COPY into the same table, 1 connection"),
    Goal("single frames over HTTP", "logs: POST /log, single frames", ">=", 0.5, "logs: single inserts, 16 connections"),
    Goal("at rest: memory of the largest daemon", "idle: largest daemon", "<", 64),
    Goal("at rest: processor time of the whole suite", "idle: whole suite", "<", 1.0, quick=False),
    Goal("at rest: transactions", "idle: transactions", "<", 2.0, quick=False),
    Goal("5 million tasks: slowest API call", "growth: slowest call, full beside empty", "<=", 2.0, quick=False),
    Goal("5 million tasks: an analyst's open transaction", "growth: whole lives, an analyst's transaction open", ">", 0.8,
         "growth: whole lives, full", quick=False),
)

# What each goal's comparison means.
HOLDS = {"<": float.__lt__, "<=": float.__le__, ">": float.__gt__, ">=": float.__ge__}


def judge(figures, quick, scaled_down=()):
    """Each goal of the run scenarios with its value, and whether it is met: None where this run cannot say, and why."""
    ran = {name.split(": ", 1)[0] for name in figures.all}
    for goal in GOALS:
        if goal.figures[0].split(": ", 1)[0] not in ran:
            continue
        name = next((name for name in goal.figures if name in figures.all), None)
        if name is None:
            yield goal, None, None, "left out with --quick" if quick and not goal.quick else "not measured"
            continue
        value = figures.all[name].median
        if goal.against:
            if goal.against not in figures.all:
                yield goal, None, None, f"{goal.against} was not measured"
                continue
            value /= figures.all[goal.against].median
        if quick and not goal.quick:
            yield goal, value, None, "not judged with --quick: it says nothing at reduced size"
            continue
        met = HOLDS[goal.comparison](float(value), float(goal.bound))
        if met and not goal.quick and goal.figures[0].split(": ", 1)[0] in scaled_down:
            # What is missed at a smaller size is missed; what is met there is not yet met.
            yield goal, value, None, "not judged: it is met at the size that was scaled down"
        else:
            yield goal, value, met, None


def document(judged):
    return [{"name": goal.name, "goal": goal.text, "value": None if value is None else float(f"{value:.6g}"), "met": met}
            for goal, value, met, _ in judged]


def table(judged):
    lines = []
    for goal, value, met, why in judged:
        verdict = {True: "met", False: "MISSED", None: "not judged"}[met]
        shown = "" if value is None else f"{value:.3g}"
        tail = f"  ({why})" if why else ""
        lines.append(f"  {verdict:<10} {goal.name:<58} {shown:>8}  {goal.text}{tail}")
    return lines
