# SPDX-License-Identifier: Apache-2.0
"""Real workers, real daemons: asking people."""

from __future__ import annotations

import asyncio

import pytest
from running import serving

import tutti
from tutti import RunContext

pytestmark = pytest.mark.daemons


@pytest.mark.parametrize("decision", ["approve", "deny"])
async def test_a_person_decides(client: tutti.Client, agent: str, decision: str) -> None:
    async def handler(run: RunContext) -> tutti.JSON:
        approval = await run.approval(
            kind="external.write", target="example.org", arguments={"amount": 7}, summary="Pay 7 to Ann", timeout=60
        )
        return approval.status

    async with serving(client, agent, handler):
        asked = await client.create_run(agent)
        approval = await _pending(client, asked)
        assert (approval.action.kind, approval.action.target) == ("external.write", "example.org")
        assert (approval.arguments, approval.summary) == ({"amount": 7}, "Pay 7 to Ann")
        assert (await client.get_run(asked.run_id)).status == "waiting"
        await client.decide(approval.approval_id, "hold")
        await client.decide(approval.approval_id, decision, note="because")
        if decision == "approve":
            assert (await client.wait(asked, within=30)).result == "approved"
        else:
            with pytest.raises(tutti.ChildFailed) as failure:
                await client.wait(asked, within=30)
            error = failure.value.run.error
            assert error is not None and (error.code, error.retryable) == ("approval_denied", False)


async def test_an_approval_that_nobody_gives_expires(client: tutti.Client, agent: str) -> None:
    async def handler(run: RunContext) -> tutti.JSON:
        try:
            await run.approval(kind="external.write", timeout=2)
        except tutti.ApprovalExpired as error:
            return error.approval.status
        return "given"

    async with serving(client, agent, handler):
        done = await client.wait(await client.create_run(agent), within=30)
    assert done.result == "expired"


async def test_the_same_action_is_asked_once_and_another_key_asks_again(client: tutti.Client, agent: str) -> None:
    async def handler(run: RunContext) -> tutti.JSON:
        async def ask(key: str | None = None) -> str:
            return (await run.approval(kind="external.write", arguments={"n": 1}, key=key)).approval_id

        return [await ask(), await ask(), await ask("once more, please")]

    async with serving(client, agent, handler):
        asked = await client.create_run(agent)
        for _ in range(2):
            await client.decide((await _pending(client, asked)).approval_id, "approve")
        done = await client.wait(asked, within=30)
    first, again, other = done.result
    assert first == again != other
    assert {each.approval_id for each in await client.approvals(run_id=asked.run_id)} == {first, other}


async def test_a_worker_token_is_enough_to_ask_people(client: tutti.Client, agent: str) -> None:
    async def handler(run: RunContext) -> tutti.JSON:
        return (await run.approval(kind="external.write")).status

    token = (await client.register_agent(agent)).worker_token
    async with tutti.Client(client.config.url, token=token) as own, serving(own, agent, handler):
        asked = await client.create_run(agent)
        await client.decide((await _pending(client, asked)).approval_id, "approve")
        assert (await client.wait(asked, within=30)).result == "approved"


async def _pending(client: tutti.Client, run: tutti.Run) -> tutti.Approval:
    async with asyncio.timeout(30):
        while not (found := await client.approvals(run_id=run.run_id, status="pending")):
            await asyncio.sleep(0.1)
    return found[0]
