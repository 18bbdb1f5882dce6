# SPDX-License-Identifier: Apache-2.0
"""Real workers, real daemons: what is left when either dies, sleeps or blocks."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest
from processes import WorkerProcess, await_marks, marks
from running import serving, until_async
from suite import Suite

import tutti

pytestmark = pytest.mark.daemons

# A session lives for fifteen seconds without a heartbeat; then its runs are handed out again.
LOST = 45.0


async def _registered(client: tutti.Client, agent: str) -> None:
    await client.register_agent(agent)


async def test_the_example_works(suite: Suite, client: tutti.Client, tmp_path: Path) -> None:
    text = "Short. This one is a little longer. No. And this is the longest sentence of them all. Well then."
    with WorkerProcess("../../examples/summarise", "summarise", tmp_path, suite.environment):
        # It registers its agent itself; until then there is nobody to ask.
        async with asyncio.timeout(30):
            while True:
                try:
                    asked = await client.create_run("summarise", {"text": text})
                    break
                except (tutti.BadRequest, tutti.NotFound):
                    await asyncio.sleep(0.1)
        done = await client.wait(asked, within=30)
    summary = "And this is the longest sentence of them all. This one is a little longer. Well then."
    assert done.result == {"summary": summary, "sentences": 5}
    (artifact,) = await client.artifacts(run_id=done.run_id)
    assert (await client.artifact_content(artifact.artifact_id)).decode() == summary


async def test_a_step_is_done_once_though_its_worker_is_killed(
    suite: Suite, client: tutti.Client, agent: str, tmp_path: Path
) -> None:
    await _registered(client, agent)
    asked = await client.create_run(agent)
    with WorkerProcess("memo", agent, tmp_path, suite.environment, "first") as first:
        await asyncio.to_thread(await_marks, tmp_path, "tool")
        first.send(signal.SIGKILL)
        first.wait(10)
    (tmp_path / "go").touch()
    with WorkerProcess("memo", agent, tmp_path, suite.environment, "second"):
        done = await client.wait(asked, within=LOST)

    assert done.run_id == asked.run_id and done.epoch == 2
    assert marks(tmp_path, "first") == ["epoch 1"]
    # The tool call had succeeded, so it is not made again although its step was not complete.
    (key,) = marks(tmp_path, "second")
    assert done.result == {"first": "epoch 1", "second": key, "epoch": 2}
    assert marks(tmp_path, "tool") == ["epoch 1", "epoch 2"]


async def test_a_worker_that_slept_past_its_lease_changes_nothing(
    suite: Suite, client: tutti.Client, agent: str, tmp_path: Path
) -> None:
    await _registered(client, agent)
    asked = await client.create_run(agent)
    with WorkerProcess("slow", agent, tmp_path, suite.environment, "sleeper") as sleeper:
        assert await asyncio.to_thread(await_marks, tmp_path, "started") == ["sleeper 1"]
        sleeper.send(signal.SIGSTOP)
        with WorkerProcess("slow", agent, tmp_path, suite.environment, "other"):
            await asyncio.to_thread(await_marks, tmp_path, "started", 2, LOST)
            (tmp_path / "go").touch()
            done = await client.wait(asked, within=LOST)
            assert (done.result, done.epoch) == ({"by": "other", "epoch": 2}, 2)
            sleeper.send(signal.SIGCONT)
            # Whatever it tries now is refused, and it comes back to life with a new session.
            next_one = await client.create_run(agent)
            await client.wait(next_one, within=LOST)
            await until_async(lambda: _said(sleeper, "taken from this worker"), within=30)
    assert marks(tmp_path, "effect")[0] == "other 2"
    assert len([line for line in marks(tmp_path, "effect") if line == "sleeper 1"]) == 0
    after = await client.get_run(asked.run_id)
    assert (after.status, after.epoch, after.result) == ("completed", 2, {"by": "other", "epoch": 2})
    assert [step.status for step in await client.steps(asked.run_id)] == ["completed"]


async def test_a_handler_that_blocks_the_event_loop_keeps_its_lease(
    suite: Suite, client: tutti.Client, agent: str, tmp_path: Path
) -> None:
    await _registered(client, agent)
    asked = await client.create_run(agent, {"seconds": 22})
    with WorkerProcess("blocking", agent, tmp_path, suite.environment):
        done = await client.wait(asked, within=60)
    assert (done.result, done.epoch) == ({"epoch": 1}, 1)
    assert marks(tmp_path, "started") == ["1"]


async def test_a_worker_gives_its_runs_back_when_it_is_asked_to_stop(
    suite: Suite, client: tutti.Client, agent: str, tmp_path: Path
) -> None:
    await _registered(client, agent)
    asked = await client.create_run(agent)
    with WorkerProcess("slow", agent, tmp_path, suite.environment, "first") as first:
        await asyncio.to_thread(await_marks, tmp_path, "started")
        first.send(signal.SIGTERM)
        assert await asyncio.to_thread(first.wait, 15) == 0
    assert marks(tmp_path, "cancelled") == ["first 1 True"]
    assert (await client.get_run(asked.run_id)).status == "queued"
    (tmp_path / "go").touch()
    with WorkerProcess("slow", agent, tmp_path, suite.environment, "second"):
        # Given back, not lost: it does not take a session's lifetime until it goes on.
        done = await client.wait(asked, within=10)
    assert done.result == {"by": "second", "epoch": 2}


async def test_a_worker_finishes_what_it_can_when_it_is_asked_to_stop(
    suite: Suite, client: tutti.Client, agent: str, tmp_path: Path
) -> None:
    await _registered(client, agent)
    asked = await client.create_run(agent)
    with WorkerProcess("slow", agent, tmp_path, suite.environment, "first") as first:
        await asyncio.to_thread(await_marks, tmp_path, "started")
        first.send(signal.SIGTERM)
        (tmp_path / "go").touch()
        assert await asyncio.to_thread(first.wait, 15) == 0
    done = await client.get_run(asked.run_id)
    assert (done.status, done.result) == ("completed", {"by": "first", "epoch": 1})


@pytest.mark.parametrize("how", ["stop", "kill"])
async def test_a_worker_outlives_the_server(suite: Suite, client: tutti.Client, agent: str, how: str) -> None:
    calls = 0

    async def handler(run: tutti.RunContext) -> tutti.JSON:
        nonlocal calls
        calls += 1
        for number in range(20):
            await run.step(f"step-{number}", asyncio.sleep, 0.1)
        return run.epoch

    async with serving(client, agent, handler):
        asked = [await client.create_run(agent) for _ in range(3)]
        await asyncio.sleep(1)
        await asyncio.to_thread(suite.orchestrator.stop if how == "stop" else suite.orchestrator.kill)
        await asyncio.sleep(1)
        await asyncio.to_thread(suite.orchestrator.start)
        asked.append(await client.create_run(agent))
        done = [await client.wait(run, within=LOST) for run in asked]

    # The server was back before the session could expire: every run was carried on by the handler that had it.
    assert [run.result for run in done] == [1, 1, 1, 1]
    assert calls == 4
    for run in done:
        assert [step.status for step in await client.steps(run.run_id)] == ["completed"] * 20


async def _said(process: WorkerProcess, words: str) -> bool:
    return any(words in line["message"] for line in process.lines())
