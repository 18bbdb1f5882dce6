# SPDX-License-Identifier: Apache-2.0
"""Runs scenarios, and says what they found. Called by scripts/bench, which has everything ready."""

import argparse
import contextlib
import importlib
import json
import os
import signal
import sys
import time
import traceback

from core import goals
from core.figures import Figures, Scope

SCENARIOS = {
    "limit": "what the database alone does: TPC-B, the task life as raw SQL, the same by 100, COPY",
    "create": "POST /task over HTTP with 1, 32 and 256 connections",
    "lifecycle": "tasks from created to completed, and backlogs, beside five peers and the raw life",
    "pickup": "from the answer to a create to the handler, at 20/s and at half of the maximum, same peers",
    "events": "appends to one room and to many; how far live streams are behind",
    "fanout": "SSE and WebSocket with 1,000 and 5,000 subscribers, beside a Node server",
    "logs": "log frames in batches and singly, by trace among ten million, live",
    "idle": "memory, processor time and transactions of the whole suite at rest",
    "growth": "how everything slows down from 0 to 5 million tasks and 50 million events",
}

# The order in which they run. With --quick they share a suite, so what leaves tasks behind comes last.
ORDER = ("idle", "limit", "lifecycle", "pickup", "events", "logs", "fanout", "create", "growth")


class Bench:
    """What a scenario gets: a suite, its figures, how long to measure, and a voice."""

    def __init__(self, scenario, suite, figures, options):
        self.scenario, self.suite, self.options = scenario, suite, options
        self.figures = Scope(figures, scenario)
        self.quick, self.repeats, self.seconds = options.quick, options.repeats, options.seconds
        self.is_scaled_down = False
        self.skipped = []

    def say(self, text):
        print(f"  {text}", file=sys.stderr, flush=True)

    def skip(self, what, why):
        """Loudly: a figure that is missing must not look like one that nobody asked for."""
        line = f"{self.scenario}: {what}: {why}"
        if line in self.skipped:
            return
        self.skipped.append(line)
        print(f"  SKIPPED {what}: {why}", file=sys.stderr, flush=True)

    def scaled_down(self, text):
        """The goals of this scenario are not judged."""
        self.is_scaled_down = True
        print(f"  SCALED DOWN {text}", file=sys.stderr, flush=True)

    def rounds(self):
        for number in range(self.repeats):
            if self.repeats > 1:
                self.say(f"round {number + 1} of {self.repeats}")
            yield number


def arguments():
    listing = "\n".join(f"  {name:<10} {about}" for name, about in SCENARIOS.items())
    parser = argparse.ArgumentParser(
        prog="scripts/bench", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Measures the daemons as they were built last for release (or those of TUTTI_BIN_DIR) on a suite and a\n"
                    "Postgres of its own, each figure several times and in turn with what it is measured against, and says\n"
                    "which goals are met.",
        epilog=f"scenarios (all of them unless some are named):\n{listing}\n  {'runs':<10} by itself: how soon runs start with a "
               "worker of the SDK and with the engine, lives with steps, fleets\n\n"
               "Peers and Python packages are installed from PyPI at pinned versions into .tutti/bench-venv.\n"
               "Read ratios, not rates: what else runs on the machine changes rates several times over, and is told at the end.")
    parser.add_argument("scenarios", nargs="*", metavar="NAME", help="a scenario to run")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else on standard output")
    parser.add_argument("--quick", action="store_true", help="everything at reduced size, in less than five minutes")
    parser.add_argument("--repeats", type=int, help="how often each figure is measured (5; with --quick 1)")
    parser.add_argument("--seconds", type=float, help="how long each measurement lasts (8; with --quick 2)")
    parser.add_argument("--tasks", type=int, help="how many tasks `growth` fills (5,000,000; with --quick 6,000)")
    options = parser.parse_args()
    unknown = [name for name in options.scenarios if name not in SCENARIOS]
    if unknown:
        parser.error(f"there is no scenario {', '.join(unknown)}; there are {', '.join(SCENARIOS)}")
    options.repeats = options.repeats or (1 if options.quick else 5)
    seconds = options.seconds or (2 if options.quick else 8)
    # pgbench and wrk count in whole seconds.
    options.seconds = max(1, round(seconds))
    if options.repeats < 1:
        parser.error("--repeats must be at least 1")
    return options


def interrupted(*_):
    """Once; whatever comes while we take things down again is not to disturb that."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


# A run with --quick that is later than this, because others use the machine, measures for one second from there on.
LATE = 100
START = time.monotonic()


class Suites:
    """A suite for each scenario; with --quick one for most of them, which saves a minute."""

    def __init__(self, is_shared):
        self.is_shared, self.shared = is_shared, None

    @contextlib.contextmanager
    def suite_for(self, name):
        # Here and not above: --help has to work before anything is installed.
        from core.suite import Suite
        if not self.is_shared or name == "growth":
            self.close()
            with Suite() as suite:
                yield suite
            return
        if self.shared is None:
            self.shared = Suite()
            self.shared.__enter__()
        # What others have left is nobody's business any more.
        self.shared.standing = self.shared.ended()[1]
        try:
            yield self.shared
        except Exception:
            self.close()
            raise

    def close(self):
        if self.shared is not None:
            shared, self.shared = self.shared, None
            shared.__exit__(None, None, None)


def run(name, suites, figures, options):
    """One scenario. Answers what could not be measured, and whether the size had to be reduced."""
    began = time.monotonic()
    print(f"== {name}: {SCENARIOS[name]}", file=sys.stderr, flush=True)
    module = importlib.import_module(f"scenarios.{name}")
    skipped, is_scaled_down = [], False
    try:
        with suites.suite_for(name) as suite:
            bench = Bench(name, suite, figures, options)
            if options.quick and bench.seconds > 1 and began - START > LATE:
                bench.say("late: each measurement lasts one second")
                bench.seconds = 1
            skipped = bench.skipped
            module.run(bench)
            is_scaled_down = bench.is_scaled_down
    except Exception as error:
        traceback.print_exc()
        skipped.append(f"{name}: FAILED: {type(error).__name__}: {error}")
    finally:
        # Also of a scenario that is interrupted.
        if not options.json:
            print(f"\n{name}", flush=True)
            print("\n".join(figures.table(name)), flush=True)
        print(f"  {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return skipped, is_scaled_down


def main():
    options = arguments()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    chosen = [name for name in ORDER if not options.scenarios or name in options.scenarios]
    figures, skipped, scaled_down = Figures(), [], set()
    began, status = time.monotonic(), 0
    suites = Suites(options.quick)
    try:
        for name in chosen:
            missing, is_scaled_down = run(name, suites, figures, options)
            skipped += missing
            if is_scaled_down:
                scaled_down.add(name)
    except KeyboardInterrupt:
        print("interrupted: only what was measured so far counts", file=sys.stderr)
        status = 130
    finally:
        suites.close()
    judged = list(goals.judge(figures, options.quick, scaled_down))
    if options.json:
        print(json.dumps({"figures": figures.document(), "goals": goals.document(judged)}, ensure_ascii=False))
    elif judged:
        print("\ngoals")
        print("\n".join(goals.table(judged)))
    for line in skipped:
        print(f"MISSING {line}", file=sys.stderr)
    load = max(figures.others, default=0)
    print(f"{time.monotonic() - began:.0f} s; other programs took up to {load:.2f} of {os.cpu_count()} processors while measuring",
          file=sys.stderr)
    failed = any("FAILED" in line for line in skipped)
    sys.exit(status or (1 if failed else 0))


if __name__ == "__main__":
    main()
