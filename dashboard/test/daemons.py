# SPDX-License-Identifier: Apache-2.0
"""The daemons of the browser tests, with the dashboard as it was built last."""

from pathlib import Path

from suite import Suite

DASHBOARD = Path(__file__).resolve().parent.parent
# Beside the administrator: who looks on, and who works.
VIEWER = ("anna", "anna-looks-on")
OPERATOR = ("ben", "ben-does-work")


class Daemons(Suite):
    """An orchestrator that serves the dashboard, with the echo agent."""

    def __init__(self) -> None:
        people = [f"viewer:{VIEWER[0]}:{VIEWER[1]}", f"operator:{OPERATOR[0]}:{OPERATOR[1]}"]
        super().__init__({"DASHBOARD_DIR": str(DASHBOARD / "dist"), "BASIC_AUTH_PEOPLE": ",".join(people)})

    def start(self) -> None:
        super().start()
        self.echo = self.start_daemon("echo-agent-svc")
        self.dashboard = self.orchestrator.url
