# SPDX-License-Identifier: Apache-2.0
"""What the suite costs while nobody wants anything of it."""

import time

from core.processor import resident_kilobytes
from core.suite import DAEMONS


def run(bench):
    suite, figures = bench.suite, bench.figures
    # One task and one log frame, so that what is at rest has been at work before.
    suite.api.send("POST", "/task", {"agent": "echo", "input": {"message": "hello"}})
    suite.logs.send("POST", "/log", {"level": "info", "service": "bench", "message": "hello"})
    rest = 10 if bench.quick else 30
    time.sleep(5 if bench.quick else 20)
    for _ in bench.rounds():
        with suite.meter() as meter:
            before = transactions(suite)
            time.sleep(rest)
            # Without the statement that counted them before.
            after = transactions(suite) - 1
        figures.heed(meter.cost)
        sizes = {name: resident_kilobytes(suite.pid(name)) / 1024 for name in DAEMONS}
        for name, size in sizes.items():
            figures.note(f"memory, {name}", "MiB", size)
        figures.note("largest daemon", "MiB", max(sizes.values()))
        figures.note("daemons", "% of core", 100 * meter.cost.measured / meter.cost.seconds)
        figures.note("Postgres", "% of core", 100 * meter.cost.postgres / meter.cost.seconds)
        figures.note("whole suite", "% of core", 100 * meter.cost.counted / meter.cost.seconds)
        figures.note("transactions", "tx/s", (after - before) / meter.cost.seconds)


def transactions(suite):
    """In all databases. Sessions that do nothing tell what they did within ten seconds."""
    return int(suite.value("SELECT sum(xact_commit + xact_rollback) FROM pg_stat_database"))
