# SPDX-License-Identifier: Apache-2.0
"""Render as it is faked, and what somebody else does there."""

import secrets
from pathlib import Path
from typing import Any

import httpx
from suite import BIN_DIR, die_with_parent, eventually, free_port, spawn


class FakeRender:
    """The program that stands in for Render's API, with the services of its demonstration."""

    def __init__(self, folder: Path) -> None:
        self.token = "rnd_" + secrets.token_hex(16)
        self._port = free_port()
        self._log = folder / "fake-render.log"
        self.url = f"http://127.0.0.1:{self._port}/v1"
        self._client = httpx.Client(
            base_url=self.url, headers={"Authorization": f"Bearer {self.token}"}, timeout=30, trust_env=False
        )

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = spawn(
                str(BIN_DIR / "fake-render"), "--port", str(self._port), "--token", self.token, "--seed-demo", "--phase-seconds", "0.2",
                output=log, before=die_with_parent,
            )  # fmt: skip
        eventually(self._answers, within=30)

    def stop(self) -> None:
        self._client.close()
        self._process.terminate()
        self._process.wait(30)

    def service(self, name: str) -> Any:
        """The service of that name."""
        return self._ask("GET", f"/services?name={name}&limit=100")[0]["service"]

    def variables(self, name: str) -> dict[str, str]:
        """What is set on the service of that name."""
        found = self._ask("GET", f"/services/{self.service(name)['id']}/env-vars?limit=100")
        return {one["envVar"]["key"]: one["envVar"]["value"] for one in found}

    def patch(self, service: str, body: Any) -> None:
        """Changes a service as somebody does at Render's own dashboard."""
        self._ask("PATCH", f"/services/{self.service(service)['id']}", json=body)

    def _ask(self, method: str, path: str, **options: Any) -> Any:
        answer = self._client.request(method, path, **options)
        answer.raise_for_status()
        return answer.json()

    def _answers(self) -> bool:
        try:
            return self._client.get("/owners").status_code == 200
        except httpx.RequestError:
            return False
