# SPDX-License-Identifier: Apache-2.0
"""What the workers of the tests share."""

from __future__ import annotations

import os
from pathlib import Path

import tutti

AGENT = os.environ["AGENT"]
FOLDER = Path(os.environ["FOLDER"])


def mark(name: str, text: str) -> str:
    """Appends a line to a file, in one write that survives the process."""
    with (FOLDER / name).open("a") as file:
        file.write(f"{text}\n")
    return text


def worker(**options: float) -> tutti.Worker:
    tutti.configure_logging()
    return tutti.Worker(
        tutti.Client(),
        concurrency=4,
        name=os.environ["NAME"],
        grace_seconds=options.get("grace_seconds", 20.0),
        claim_wait_seconds=5.0,
    )
