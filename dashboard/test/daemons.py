# SPDX-License-Identifier: Apache-2.0
"""The daemons of the browser tests, with the dashboard as it was built last."""

from pathlib import Path

from render import FakeRender
from suite import Suite, free_port

DASHBOARD = Path(__file__).resolve().parent.parent
# Beside the administrator: who looks on, and who works.
VIEWER = ("anna", "anna-looks-on")
OPERATOR = ("ben", "ben-does-work")
# Services of the fake Render's demonstration: one that does not build, and one that is live.
WATCHED = "shop-docs,shop-front"


class Daemons(Suite):
    """An orchestrator that serves the dashboard, with the echo agent and a renderctl-svc that operates a fake Render."""

    def __init__(self) -> None:
        people = [f"viewer:{VIEWER[0]}:{VIEWER[1]}", f"operator:{OPERATOR[0]}:{OPERATOR[1]}"]
        self._renderctl_port = free_port()
        super().__init__({
            "DASHBOARD_DIR": str(DASHBOARD / "dist"),
            "BASIC_AUTH_PEOPLE": ",".join(people),
            "SUITE_PEERS": f"renderctl-svc=http://127.0.0.1:{self._renderctl_port}",
        })
        self.render = FakeRender(self.folder)

    def start(self) -> None:
        super().start()
        self.render.start()
        settings = {
            "RENDER_API_BASE_URL": self.render.url,
            "RENDER_API_TOKEN": self.render.token,
            "RENDER_MONITOR_SERVICES": WATCHED,
            "RENDER_MONITOR_PERIOD_SECONDS": "2",
        }
        self.renderctl = self.start_daemon("renderctl-svc", settings, self._renderctl_port)
        self.echo = self.start_daemon("echo-agent-svc")
        self.dashboard = self.orchestrator.url

    def stop(self) -> None:
        super().stop()
        self.render.stop()
