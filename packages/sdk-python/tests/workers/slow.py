# SPDX-License-Identifier: Apache-2.0
"""Works until it is told to go on; says what becomes of its run."""

import asyncio

from common import AGENT, FOLDER, mark, worker

import tutti

it = worker(grace_seconds=1.0)


@it.agent(AGENT)
async def work(run: tutti.RunContext) -> tutti.JSON:
    mark("started", f"{it.name} {run.epoch}")
    try:
        while not (FOLDER / "go").exists():
            await asyncio.sleep(0.05)
        await run.step("effect", mark, "effect", f"{it.name} {run.epoch}")
    except asyncio.CancelledError:
        mark("cancelled", f"{it.name} {run.epoch} {run.cancelled.is_set()}")
        raise
    return {"by": it.name, "epoch": run.epoch}


it.run()
