# SPDX-License-Identifier: Apache-2.0
"""What the benches share: where the suite is that scripts/bench.d/runs started, its database, and how figures are shown."""

import base64
import os
import statistics
import subprocess

ENV = os.environ
PORTS = {name: int(ENV["BENCH_BASE_PORT"]) + index for index, name in enumerate(
    ["orchestrator-svc", "logging-svc", "echo-agent-svc", "renderctl-svc"])}
PAIR = f'{ENV["BENCH_USER"]}:{ENV["BENCH_PASSWORD"]}'.encode()
AUTHORIZATION = "Basic " + base64.b64encode(PAIR).decode()
FOLDER = os.path.dirname(os.path.abspath(__file__))


def as_database_user(program, *arguments, stdin=None):
    command = ENV["BENCH_DROP"].split() + [f'{ENV["BENCH_PG_BIN"]}/{program}', "-h", ENV["BENCH_SOCKETS"],
                                           "-p", ENV["BENCH_PG_PORT"], "-U", "postgres", *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, cwd="/")
    if done.returncode != 0:
        raise SystemExit(f"{program} failed: {done.stderr.strip()}")
    return done.stdout


def sql(statement, database="tutti"):
    return as_database_user("psql", "-X", "-q", "-At", "-d", database, "-c", statement).strip()


def percentile(values, share):
    """Of a list that is not empty."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def show(name, values, unit, against=None):
    middle = statistics.median(values)
    text = f"{name:<62} {middle:>10.1f} {unit:<9} ({min(values):.1f} to {max(values):.1f}, n={len(values)})"
    print(text + (f"  {middle / statistics.median(against):.2f} x" if against else ""), flush=True)
