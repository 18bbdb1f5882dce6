# SPDX-License-Identifier: Apache-2.0
"""The daemons of the browser tests, and the dashboard before them."""

import sys
from pathlib import Path
from subprocess import Popen

from suite import Suite, die_with_parent, eventually, spawn

DASHBOARD = Path(__file__).resolve().parent.parent


class Daemons(Suite):
    """An orchestrator with the echo agent, and the dashboard as it was built last."""

    _server: Popen[bytes] | None = None

    def start(self) -> None:
        super().start()
        self.echo = self.start_daemon("echo-agent-svc")
        self.dashboard = self._serve()

    def _serve(self) -> str:
        """The origin of the dashboard. What serves it ends with this process."""
        said = self.folder / "serve.log"
        with said.open("wb") as log:
            program = str(DASHBOARD / "tools" / "serve.py")
            command = (sys.executable, "-B", program, self.orchestrator.url, "0")
            self._server = spawn(*command, output=log, before=die_with_parent)
        eventually(lambda: said.read_text().endswith("/app/\n"), within=20)
        return said.read_text().removesuffix("/app/\n")

    def stop(self) -> None:
        if self._server is not None:
            self._server.terminate()
            self._server.wait(10)
        super().stop()
