# SPDX-License-Identifier: Apache-2.0
"""Blocks the whole event loop for longer than a lease lasts without heartbeats."""

import time

from common import AGENT, mark, worker

import tutti

it = worker()


@it.agent(AGENT)
async def work(run: tutti.RunContext) -> tutti.JSON:
    mark("started", str(run.epoch))
    time.sleep(run.input["seconds"])
    return {"epoch": run.epoch}


it.run()
