# SPDX-License-Identifier: Apache-2.0
"""Real workers, real daemons: what a handler can do."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import pytest
from running import serving, until, until_async

import tutti
from tutti import RetryRule, RunContext

pytestmark = pytest.mark.daemons

QUICK = RetryRule(max_attempts=3, initial_seconds=1, max_seconds=2)


async def test_a_run_completes_with_what_the_handler_returns(client: tutti.Client, agent: str) -> None:
    seen: list[RunContext] = []

    async def handler(run: RunContext) -> tutti.JSON:
        seen.append(run)
        return {"doubled": run.input["number"] * 2, "text": "größer ✓"}

    async with serving(client, agent, handler):
        asked = await client.create_run(agent, {"number": 21}, correlation_id="order-7", idempotency_key=agent)
        again = await client.create_run(agent, {"number": 21}, correlation_id="order-7", idempotency_key=agent)
        done = await client.wait(asked, within=30)

    assert again.run_id == asked.run_id
    assert done.result == {"doubled": 42, "text": "größer ✓"}
    assert (done.status, done.epoch, done.number) == ("completed", 1, 1)
    (run,) = seen
    assert (run.run_id, run.task_id, run.agent) == (asked.run_id, asked.task_id, agent)
    assert (run.attempt, run.epoch, run.correlation_id) == (1, 1, "order-7")
    assert run.deadline is not None and run.trace_id == asked.trace_id


async def test_many_runs_are_in_hand_at_once_but_never_more_than_the_slots(client: tutti.Client, agent: str) -> None:
    now, most = 0, 0

    async def handler(run: RunContext) -> tutti.JSON:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.3)
        now -= 1
        return int(run.input)

    async with serving(client, agent, handler):
        asked = await asyncio.gather(*(client.create_run(agent, number) for number in range(12)))
        done = await asyncio.gather(*(client.wait(run, within=60) for run in asked))

    assert [run.result for run in done] == list(range(12))
    assert most == 4


async def test_a_retryable_failure_is_tried_again(client: tutti.Client, agent: str) -> None:
    attempts: list[int] = []

    async def handler(run: RunContext) -> tutti.JSON:
        attempts.append(run.attempt)
        if len(attempts) == 1:
            raise tutti.Retryable("The printer is out of paper.", after=1, code="no_paper")
        return "printed"

    async with serving(client, agent, handler):
        asked = await client.create_run(agent, retry=QUICK)
        done = await client.wait(asked, within=60)

    assert (done.result, attempts) == ("printed", [1, 2])
    assert (done.number, done.task_id) == (2, asked.task_id)
    first = await client.get_run(asked.run_id)
    assert first.status == "failed" and first.error is not None
    assert (first.error.code, first.error.message) == ("no_paper", "The printer is out of paper.")


async def test_a_fatal_failure_is_not_tried_again(client: tutti.Client, agent: str) -> None:
    calls = 0

    async def handler(run: RunContext) -> tutti.JSON:
        nonlocal calls
        calls += 1
        raise tutti.Fatal("no_such_customer", "There is no customer 7.")

    async with serving(client, agent, handler):
        asked = await client.create_run(agent, retry=QUICK)
        with pytest.raises(tutti.ChildFailed) as failure:
            await client.wait(asked, within=30)

    error = failure.value.run.error
    assert error is not None and (error.code, error.retryable) == ("no_such_customer", False)
    assert calls == 1


async def test_what_a_handler_raises_by_accident_is_retried_and_tells_no_secret(
    client: tutti.Client, agent: str
) -> None:
    async def handler(run: RunContext) -> tutti.JSON:
        raise ValueError("could not connect to postgres://root:hunter2@db")

    async with serving(client, agent, handler):
        asked = await client.create_run(agent, retry=RetryRule(max_attempts=2, initial_seconds=1))
        with pytest.raises(tutti.ChildFailed) as failure:
            await client.wait(asked, within=60)

    error = failure.value.run.error
    assert error is not None and error.code == "value_error"
    assert "hunter2" not in error.message
    assert failure.value.run.number == 2


async def test_results_that_are_no_json_fail_and_the_worker_goes_on(client: tutti.Client, agent: str) -> None:
    async def handler(run: RunContext) -> tutti.JSON:
        if run.input == "exit":
            raise SystemExit(1)
        return object() if run.input == "bad" else "good"  # type: ignore[return-value]

    async with serving(client, agent, handler):
        bad = await client.create_run(agent, "bad")
        exits = await client.create_run(agent, "exit", retry=RetryRule(max_attempts=1))
        for run, code in ((bad, "not_json"), (exits, "handler_exit")):
            with pytest.raises(tutti.ChildFailed) as failure:
                await client.wait(run, within=30)
            assert failure.value.run.error is not None and failure.value.run.error.code == code
        assert (await client.wait(await client.create_run(agent, "fine"), within=30)).result == "good"


async def test_steps_and_tool_calls_are_recorded(client: tutti.Client, agent: str) -> None:
    keys: list[str] = []

    async def send(arguments: dict[str, str], key: str) -> dict[str, bool]:
        keys.append(key)
        return {"sent": True}

    def refuse(arguments: None, key: str) -> None:
        raise tutti.Fatal("refused", "Not today.")

    async def handler(run: RunContext) -> tutti.JSON:
        words = await run.step("split", str.split, run.input, name="Split the text", input={"of": run.input})
        again = await run.step("split", str.split, "something else")
        async with run.step_scope("send") as step:
            step.output = [
                await step.tool_call("mail", {"to": "ann"}, send),
                await step.tool_call("mail", {"to": "bob"}, send),
            ]
        try:
            async with run.step_scope("refuse") as step:
                await step.tool_call("print", None, refuse)
        except tutti.Fatal:
            pass
        return {"words": words, "again": again}

    async with serving(client, agent, handler):
        done = await client.wait(await client.create_run(agent, "two words"), within=30)

    assert done.result == {"words": ["two", "words"], "again": ["two", "words"]}
    steps = {step.key: step for step in await client.steps(done.run_id)}
    assert {key: step.status for key, step in steps.items()} == {
        "split": "completed",
        "send": "completed",
        "refuse": "failed",
    }
    assert (steps["split"].name, steps["split"].input) == ("Split the text", {"of": "two words"})
    assert steps["refuse"].error is not None and steps["refuse"].error.code == "refused"
    calls = {call.key: call for call in await client.tool_calls(run_id=done.run_id)}
    assert {key: call.status for key, call in calls.items()} == {
        "mail": "succeeded",
        "mail-2": "succeeded",
        "print": "failed",
    }
    assert (calls["mail-2"].arguments, calls["mail-2"].result) == ({"to": "bob"}, {"sent": True})
    assert keys == [calls["mail"].idempotency_key, calls["mail-2"].idempotency_key]
    assert len(set(keys)) == 2 and all(key.startswith(done.task_id) for key in keys)


async def test_a_retry_hands_the_same_idempotency_key_to_the_tool(client: tutti.Client, agent: str) -> None:
    keys: list[str] = []

    async def pay(arguments: None, key: str) -> None:
        keys.append(key)
        if len(keys) == 1:
            raise tutti.Retryable("The bank did not answer.", after=1)

    async def handler(run: RunContext) -> tutti.JSON:
        async with run.step_scope("pay") as step:
            await step.tool_call("bank", None, pay)
        return None

    async with serving(client, agent, handler):
        await client.wait(await client.create_run(agent, retry=QUICK), within=60)

    assert len(keys) == 2 and keys[0] == keys[1]


async def test_artifacts_of_all_kinds(client: tutti.Client, agent: str, tmp_path: Path) -> None:
    data = bytes(range(256)) * 1000
    file = tmp_path / "picture.bin"
    file.write_bytes(data * 3)

    async def handler(run: RunContext) -> tutti.JSON:
        async with run.step_scope("make") as step:
            made = [
                await step.artifact_text("note.md", "# größer ✓", media_type="text/markdown"),
                await step.artifact_json("figures", {"a": [1, 2.5, None]}),
                await step.artifact_uri("elsewhere", "https://example.org/report.pdf"),
                await step.artifact_bytes("raw", data),
                await step.artifact_file(file, media_type="image/x-test"),
                await step.artifact_bytes("empty", b""),
            ]
        return [each.artifact_id for each in made]

    async with serving(client, agent, handler):
        done = await client.wait(await client.create_run(agent), within=30)

    found = {each.name: each for each in await client.artifacts(run_id=done.run_id)}
    assert sorted(done.result) == sorted(each.artifact_id for each in found.values())
    assert {name: each.kind for name, each in found.items()} == {
        "note.md": "text",
        "figures": "json",
        "elsewhere": "uri",
        "raw": "binary",
        "picture.bin": "binary",
        "empty": "binary",
    }
    assert found["elsewhere"].uri == "https://example.org/report.pdf"
    for name, content in {"raw": data, "picture.bin": data * 3, "empty": b""}.items():
        assert found[name].size == len(content)
        assert found[name].sha256 == hashlib.sha256(content).hexdigest()
        assert await client.artifact_content(found[name].artifact_id) == content
    assert found["picture.bin"].media_type == "image/x-test"
    assert (await client.artifact_content(found["note.md"].artifact_id)).decode() == "# größer ✓"


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


async def test_children_are_made_once_and_waited_for(client: tutti.Client, agent: str) -> None:
    child = f"{agent}-child"

    async def double(run: RunContext) -> tutti.JSON:
        if run.input == 3:
            raise tutti.Fatal("three", "Not three.")
        return run.input * 2  # type: ignore[no-any-return]

    async def handler(run: RunContext) -> tutti.JSON:
        children = [await run.spawn(child, number, key=f"double-{number}") for number in (1, 2, 3)]
        again = await run.spawn(child, 1, key="double-1")
        results = [await run.wait(each) for each in children[:2]]
        try:
            await run.wait(children[2], timeout=30)
        except tutti.ChildFailed as failure:
            results.append(failure.run.status)
        return {"results": results, "same": again.run_id == children[0].run_id}

    async with serving(client, child, double), serving(client, agent, handler):
        done = await client.wait(await client.create_run(agent), within=60)

    assert done.result == {"results": [2, 4, "failed"], "same": True}
    assert len(await client.list_runs(parent_run_id=done.run_id)) == 3


async def test_cancelling_reaches_a_handler_within_five_seconds(client: tutti.Client, agent: str) -> None:
    began, ended, flags = asyncio.Event(), asyncio.Event(), []

    async def handler(run: RunContext) -> tutti.JSON:
        began.set()
        try:
            await asyncio.sleep(60)
        finally:
            # Cleaning up may take its time, but nothing that it sends counts.
            await asyncio.sleep(0.1)
            with pytest.raises(tutti.StaleLease):
                await run.step("too late", str, 1)
            flags.append(run.cancelled.is_set())
            ended.set()
        return None

    async with serving(client, agent, handler):
        asked = await client.create_run(agent)
        await asyncio.wait_for(began.wait(), 30)
        await client.cancel_run(asked.run_id, "not needed any more")
        await asyncio.wait_for(ended.wait(), 5)

    assert flags == [True]
    done = await client.get_run(asked.run_id)
    assert (done.status, done.result) == ("cancelled", None)
    assert await client.steps(asked.run_id) == []


async def test_progress_moves_the_deadline(client: tutti.Client, agent: str) -> None:
    async def handler(run: RunContext) -> tutti.JSON:
        before = run.deadline
        after = await run.progress(120)
        assert before is not None and after is not None and run.deadline == after
        return after >= before

    async with serving(client, agent, handler):
        done = await client.wait(await client.create_run(agent, timeout_seconds=10), within=30)
    assert done.result is True


async def test_a_replay_from_a_step_keeps_what_came_before(client: tutti.Client, agent: str) -> None:
    calls: list[str] = []

    def note(name: str) -> str:
        calls.append(name)
        return f"{name} {len(calls)}"

    async def handler(run: RunContext) -> tutti.JSON:
        return [await run.step(name, note, name) for name in ("one", "two", "three")]

    async with serving(client, agent, handler):
        done = await client.wait(await client.create_run(agent), within=30)
        steps = {step.key: step for step in await client.steps(done.run_id)}
        replay = await client.replay_run(done.run_id, from_step=steps["two"].step_id)
        await until_async(lambda: _is_final(client, replay), within=30)
        again = await client.get_run(replay.run_id)

    assert done.result == ["one 1", "two 2", "three 3"]
    assert again.result == ["one 1", "two 4", "three 5"]
    assert (again.replay_of_run_id, again.task_id) == (done.run_id, done.task_id)
    carried = {step.key: step.carried_from_step_id for step in await client.steps(replay.run_id)}
    assert carried == {"one": steps["one"].step_id, "two": None, "three": None}


async def test_an_input_that_does_not_fit_is_refused_by_name(client: tutti.Client, agent: str) -> None:
    schema = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}
    registered = await client.register_agent(agent, input_schema=schema, description="Tests.", concurrency=3)
    assert (registered.kind, registered.concurrency) == ("worker", 3)
    assert registered.worker_token is not None and registered.worker_token.startswith(f"{agent}.")
    with pytest.raises(tutti.BadRequest) as refusal:
        await client.create_run(agent, {"text": 7})
    assert [field.field for field in refusal.value.fields] == ["/input/text"]


async def test_a_worker_token_is_enough_for_its_own_agent_only(client: tutti.Client, agent: str) -> None:
    registered = await client.register_agent(agent)
    await client.register_agent(f"{agent}-other")
    seen: list[str] = []

    async def handler(run: RunContext) -> tutti.JSON:
        async with run.step_scope("all of it") as step:
            await step.artifact_text("note", "text")
            seen.append(await step.tool_call("tool", None, lambda _, key: key))
        return "done"

    async with tutti.Client(client.config.url, token=registered.worker_token) as own:
        async with serving(own, agent, handler):
            done = await client.wait(await client.create_run(agent), within=30)
        assert done.result == "done" and len(seen) == 1
        with pytest.raises(tutti.Forbidden):
            await own.open_session("thief", [f"{agent}-other"])
        with pytest.raises(tutti.Forbidden):
            await own.register_agent(agent)


async def test_plain_code_in_a_thread_sees_that_it_is_to_stop(client: tutti.Client, agent: str) -> None:
    seen: list[bool] = []

    async def handler(run: RunContext) -> tutti.JSON:
        await run.step("wait", lambda: seen.append(run.cancelled.wait(30)))
        return None

    async with serving(client, agent, handler):
        asked = await client.create_run(agent)
        await until_async(lambda: _is_running(client, asked), within=30)
        await client.cancel_run(asked.run_id)
        await until(lambda: seen == [True], within=5)


async def _pending(client: tutti.Client, run: tutti.Run) -> tutti.Approval:
    async with asyncio.timeout(30):
        while not (found := await client.approvals(run_id=run.run_id, status="pending")):
            await asyncio.sleep(0.1)
    return found[0]


async def _is_running(client: tutti.Client, run: tutti.Run) -> bool:
    return (await client.get_run(run.run_id)).status == "running"


async def _is_final(client: tutti.Client, run: tutti.Run) -> bool:
    return (await client.get_run(run.run_id)).is_final
