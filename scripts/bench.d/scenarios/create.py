# SPDX-License-Identifier: Apache-2.0
"""How many tasks a second can be asked for. Nobody carries them out meanwhile: that is what `lifecycle` is about."""

from core.load import measure, warm_up
from core.yardsticks import Yardsticks


def run(bench):
    yardsticks = Yardsticks(bench.suite)
    agent = bench.suite.worker_agent("bench-waiting")
    port = bench.suite.ports["orchestrator-svc"]
    # Connections of the daemon, prepared statements, pages in memory.
    warm_up(bench.suite, "create", port, agent=agent)
    for _ in bench.rounds():
        against = yardsticks.inserts(bench.figures, bench.seconds)
        for connections in (1, 32, 256):
            noun = "connection" if connections == 1 else "connections"
            measure(bench.figures, f"POST /task, {connections} {noun}", "tasks/s", bench.suite, "create", port, connections,
                    bench.seconds, against, agent=agent)
