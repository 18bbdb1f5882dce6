# SPDX-License-Identifier: Apache-2.0
"""Workers inside the test's own process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import tutti


def worker_for(client: tutti.Client, agent: str, handler: tutti.Handler, *, concurrency: int = 4) -> tutti.Worker:
    worker = tutti.Worker(client, concurrency=concurrency, claim_wait_seconds=5, grace_seconds=2)
    worker.agent(agent)(handler)
    return worker


@contextlib.asynccontextmanager
async def serving(client: tutti.Client, agent: str, handler: tutti.Handler) -> AsyncIterator[tutti.Worker]:
    """A worker that works for as long as the block lasts."""
    worker = worker_for(client, agent, handler)
    task = asyncio.create_task(worker.serve())
    await asyncio.sleep(0)
    try:
        # Work can be asked of an agent only once it is registered.
        await until(lambda: worker.session_id is not None or task.done(), within=30)
        yield worker
    finally:
        worker.stop()
        await task


async def until(condition: Callable[[], bool], *, within: float) -> None:
    async with asyncio.timeout(within):
        while not condition():
            await asyncio.sleep(0.02)


async def until_async(condition: Callable[[], Awaitable[bool]], *, within: float) -> None:
    async with asyncio.timeout(within):
        while not await condition():
            await asyncio.sleep(0.1)
