# SPDX-License-Identifier: Apache-2.0
"""Does one step, then takes its time, then another."""

import asyncio

from common import AGENT, FOLDER, mark, worker

import tutti

it = worker()


@it.agent(AGENT)
async def work(run: tutti.RunContext) -> tutti.JSON:
    first = await run.step("first", mark, "first", f"epoch {run.epoch}")
    async with run.step_scope("second") as step:
        if not step.done:
            step.output = await step.tool_call("mark", {}, lambda _, key: mark("second", key))
            mark("tool", f"epoch {run.epoch}")
            # The tool call is recorded, the step is not complete yet: here the first worker is killed.
            while not (FOLDER / "go").exists():
                await asyncio.sleep(0.05)
    return {"first": first, "second": step.output, "epoch": run.epoch}


it.run()
