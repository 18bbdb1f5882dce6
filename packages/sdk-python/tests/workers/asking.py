# SPDX-License-Identifier: Apache-2.0
"""Asks a person."""

from common import AGENT, mark, worker

import tutti

it = worker(grace_seconds=0.5)


@it.agent(AGENT)
async def work(run: tutti.RunContext) -> tutti.JSON:
    mark("asking", it.name)
    approval = await run.approval(kind="external.write", target="example.org", arguments={"amount": 7}, timeout=3600)
    return {"epoch": run.epoch, "approval_id": approval.approval_id, "note": approval.note}


it.run()
