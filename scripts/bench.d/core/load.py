# SPDX-License-Identifier: Apache-2.0
"""Load from wrk: how it is started, told what to send, and understood."""

import dataclasses
import os
import re
import signal
import subprocess
import time

from core.suite import FOLDER


@dataclasses.dataclass
class Answers:
    """What wrk saw."""

    good: int
    bad: int
    seconds: float


class Wrk:
    """wrk with one of our scripts, as a process of its own."""

    def __init__(self, script, port, connections, seconds, threads=1, **told):
        environment = {**os.environ, **{f"BENCH_{name.upper()}": str(value) for name, value in told.items()}}
        self.process = subprocess.Popen(
            ["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s",
             "-s", f"{FOLDER}/lua/{script}.lua", f"http://127.0.0.1:{port}"],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    @property
    def is_running(self):
        return self.process.poll() is None

    def stop(self):
        """As Ctrl-C does: it ends what it is at and says what it saw."""
        self.process.send_signal(signal.SIGINT)
        return self.text()

    def text(self):
        return self.process.communicate(timeout=120)[0]

    def answers(self):
        text = self.text()
        found = re.search(r"(\d+) requests in ([0-9.]+)(ms|s|m),", text)
        if self.process.returncode or not found:
            raise RuntimeError(f"wrk could not measure: {text[-800:]}")
        failed = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
        bad = int(failed.group(1)) if failed else 0
        broken = re.search(r"Socket errors: (.*)", text)
        if broken:
            raise RuntimeError(f"wrk lost connections: {broken.group(1)}")
        seconds = float(found.group(2)) * {"ms": 0.001, "s": 1, "m": 60}[found.group(3)]
        return Answers(int(found.group(1)) - bad, bad, seconds)


def measure(figures, name, unit, suite, script, port, connections, seconds, against=None, times=1, **told):
    """Requests a second that were answered well, with what each cost; `times` is how much work one request is."""
    with suite.meter() as meter, Wrk(script, port, connections, seconds, authorization=suite.authorization, **told) as wrk:
        answers = wrk.answers()
    if answers.bad:
        raise RuntimeError(f"{name}: {answers.bad} of {answers.good + answers.bad} requests were refused")
    figures.rate(name, unit, answers.good * times, meter.cost, against, seconds=answers.seconds)
    return answers.good * times / answers.seconds


def await_all_ended(suite, seconds=120):
    """Until no task is open but those that are meant to be; answers when that was first seen, as time.monotonic() tells it."""
    deadline = time.monotonic() + seconds
    while suite.ended()[1] > suite.standing:
        if time.monotonic() > deadline:
            raise RuntimeError(f"tasks are still open after {seconds} seconds: {suite.stages()}")
        time.sleep(0.03)
    return time.monotonic()


def warm_up(suite, script, port, connections=32, seconds=1, **told):
    """The daemon's connections, its prepared statements, the database's pages."""
    with Wrk(script, port, connections, seconds, authorization=suite.authorization, **told) as wrk:
        wrk.answers()
