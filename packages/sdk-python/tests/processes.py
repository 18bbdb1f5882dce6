# SPDX-License-Identifier: Apache-2.0
"""Workers as processes of their own, which a test may stop, freeze and kill."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

from suite import die_with_parent, eventually, spawn

PROGRAMS = Path(__file__).parent / "workers"


class WorkerProcess:
    """Runs `workers/<program>.py` for one agent, in a folder where it leaves marks."""

    def __init__(
        self, program: str, agent: str, folder: Path, environment: dict[str, str], name: str = "worker"
    ) -> None:
        self.folder = folder
        self.log = folder / f"{name}.log"
        self._log = self.log.open("ab")
        self._process = spawn(
            sys.executable,
            str(PROGRAMS / f"{program}.py"),
            output=self._log,
            environment={
                "PATH": os.environ["PATH"],
                **environment,
                "AGENT": agent,
                "FOLDER": str(folder),
                "NAME": name,
            },
            before=die_with_parent,
        )

    def __enter__(self) -> WorkerProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGCONT)
            self._process.kill()
        self._process.wait(10)
        self._log.close()
        if error is not None:
            error.add_note(f"the worker's log:\n{self.log.read_text()[-4000:]}")

    def send(self, how: signal.Signals) -> None:
        self._process.send_signal(how)

    def wait(self, within: float) -> int:
        """Its exit code, negative when a signal ended it."""
        return self._process.wait(within)

    def lines(self) -> list[dict[str, Any]]:
        """What it has logged."""
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]


def marks(folder: Path, name: str) -> list[str]:
    """The lines that workers have appended to a file."""
    file = folder / name
    return file.read_text().splitlines() if file.exists() else []


def await_marks(folder: Path, name: str, count: int = 1, within: float = 30.0) -> list[str]:
    eventually(lambda: len(marks(folder, name)) >= count, within=within)
    return marks(folder, name)
