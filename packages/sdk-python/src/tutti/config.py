# SPDX-License-Identifier: Apache-2.0
"""Where the server is and who is calling."""

from __future__ import annotations

import base64
import os
import re
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field

_TOKEN = re.compile(r"(?P<agent>[a-z][a-z0-9-]{0,62})\.[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Config:
    """What every request needs. Printing it shows no secret."""

    url: str
    workspace: str | None = None
    #: The one agent that these credentials are good for; None when they are a person's.
    token_agent: str | None = None
    _authorization: str | None = field(default=None, repr=False)

    @staticmethod
    def make(
        url: str | None = None,
        *,
        user: str | None = None,
        password: str | None = None,
        token: str | None = None,
        workspace: str | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Config:
        """Fills in from the environment what is not given; raises `ValueError` for what cannot be right."""
        env = os.environ if environment is None else environment
        url = (url or env.get("TUTTI_URL") or "http://127.0.0.1:8080").rstrip("/")
        _check(url)
        workspace = workspace or env.get("TUTTI_WORKSPACE") or None
        if user is None and password is None and token is None:
            token = env.get("TUTTI_WORKER_TOKEN") or None
            if token is None:
                user = env.get("TUTTI_USER") or None
                password = env.get("TUTTI_PASSWORD") or None
        if token is not None:
            if password is not None:
                raise ValueError("give either a worker token or a user and password, not both")
            match = _TOKEN.fullmatch(token)
            if match is None:
                raise ValueError("a worker token is the agent's name, a dot and 64 hexadecimal digits")
            return Config(url, workspace, match["agent"], f"Bearer {token}")
        if password is None:
            raise ValueError("no credentials: give a password or a token, or set TUTTI_PASSWORD or TUTTI_WORKER_TOKEN")
        user = "admin" if user is None else user
        if ":" in user:
            raise ValueError("a user's name has no colon")
        basic = base64.b64encode(f"{user}:{password}".encode()).decode()
        return Config(url, workspace, None, f"Basic {basic}")

    def headers(self) -> dict[str, str]:
        """The headers that say who calls, from which workspace, and with what."""
        headers = {"accept": "application/json", "user-agent": "tutti-worker/0.1"}
        if self._authorization is not None:
            headers["authorization"] = self._authorization
        if self.workspace is not None:
            headers["x-workspace-id"] = self.workspace
        return headers


def _check(url: str) -> None:
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("the server's address must begin with http:// or https:// and name a host")
    if parts.username is not None or parts.password is not None:
        raise ValueError("credentials do not belong into the server's address, where logs would show them")
    if parts.query or parts.fragment:
        raise ValueError("the server's address has neither query nor fragment")
