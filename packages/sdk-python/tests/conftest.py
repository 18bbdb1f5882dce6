# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Iterator

import pytest
from suite import Suite

import tutti


@pytest.fixture(scope="session")
def suite(request: pytest.FixtureRequest) -> Iterator[Suite]:
    """Daemons for all tests of this session; each test has agents of its own in it."""
    suite = Suite()
    try:
        suite.start()
        yield suite
    finally:
        suite.stop()
        if request.session.testsfailed:
            print(f"\nthe daemons' logs are in {suite.folder}")
        else:
            suite.remove()


@pytest.fixture
async def client(suite: Suite) -> AsyncIterator[tutti.Client]:
    """A person."""
    async with tutti.Client(suite.orchestrator.url, user="admin", password=suite.password) as client:
        yield client


@pytest.fixture
def agent() -> str:
    """The name of an agent that no other test has."""
    return f"t-{secrets.token_hex(6)}"
