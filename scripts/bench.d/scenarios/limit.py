# SPDX-License-Identifier: Apache-2.0
"""What Postgres does on this machine without us."""

from core.yardsticks import Yardsticks


def run(bench):
    yardsticks = Yardsticks(bench.suite)
    yardsticks.make_tpcb(5 if bench.quick else 20)
    figures, seconds = bench.figures, bench.seconds
    for _ in bench.rounds():
        yardsticks.tpcb(figures, seconds)
        yardsticks.inserts(figures, seconds)
        yardsticks.life(figures, seconds)
        yardsticks.batched_life(figures, seconds)
        yardsticks.copy(figures, 20_000 * seconds)
