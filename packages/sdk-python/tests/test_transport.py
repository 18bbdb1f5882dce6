# SPDX-License-Identifier: Apache-2.0
"""Requests that go wrong, against a server that makes them go wrong."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path

import pytest
from stub import Answer, Drop, Reply, Request, Stub, in_turn, problem

import tutti
from tutti.lease import LeasedRun
from tutti.models import ClaimedRun
from tutti.values import read

QUICK = tutti.RetryPolicy(total_seconds=5, initial_seconds=0.01, max_seconds=0.05)
RUN = {"run_id": "run_1", "task_id": "task_1", "agent": "a", "number": 1, "status": "queued", "epoch": 1}


def client_of(stub: Stub, retry: tutti.RetryPolicy = QUICK) -> tutti.Client:
    return tutti.Client(stub.url, user="ann", password="secret", workspace="ws_x", retry=retry)


@pytest.mark.parametrize(
    "fault",
    [Drop(), problem(503, "unavailable"), problem(429, "rate_limited"), Reply(502, b"<html>"), problem(504, "timeout")],
)
async def test_what_may_pass_is_tried_again(fault: Answer) -> None:
    with Stub(in_turn(fault, fault, Reply(200, RUN))) as stub:
        async with client_of(stub) as client:
            assert (await client.get_run("run_1")).run_id == "run_1"
    assert len(stub.requests) == 3
    assert stub.requests[0].headers["authorization"] == "Basic YW5uOnNlY3JldA=="
    assert stub.requests[0].headers["x-workspace-id"] == "ws_x"


async def test_the_server_says_how_long_to_wait() -> None:
    busy = problem(429, "rate_limited")
    busy.headers["retry-after"] = "1"
    with Stub(in_turn(busy, Reply(200, RUN))) as stub:
        async with client_of(stub) as client:
            await client.get_run("run_1")
    assert stub.requests[1].at - stub.requests[0].at >= 1


async def test_a_pause_that_is_too_long_is_left_to_the_caller() -> None:
    busy = problem(429, "rate_limited")
    busy.headers["retry-after"] = "3600"
    with Stub(in_turn(busy)) as stub:
        async with client_of(stub) as client:
            with pytest.raises(tutti.RateLimited) as error:
                await client.get_run("run_1")
    assert error.value.retry_after == 3600 and len(stub.requests) == 1


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "invalid", tutti.BadRequest),
        (401, "unauthenticated", tutti.Unauthenticated),
        (403, "forbidden", tutti.Forbidden),
        (404, "not_found", tutti.NotFound),
        (409, "conflict", tutti.Conflict),
        (409, "stale_lease", tutti.StaleLease),
        (409, "session_expired", tutti.SessionExpired),
        (413, "too_large", tutti.TooLarge),
        (500, "internal", tutti.ServerError),
        (418, "teapot", tutti.ApiError),
    ],
)
async def test_refusals_have_types_and_are_not_tried_again(status: int, code: str, kind: type[tutti.ApiError]) -> None:
    errors = [{"field": "/input/text", "message": "is missing"}]
    with Stub(in_turn(problem(status, code, errors=errors, request_id="r", current_epoch=3))) as stub:
        async with client_of(stub) as client:
            with pytest.raises(tutti.ApiError) as refusal:
                await client.create_run("a", {})
    error = refusal.value
    assert type(error) is kind and len(stub.requests) == 1
    assert (error.status, error.code, error.detail) == (status, code, "It is so.")
    assert error.fields == (tutti.FieldError("/input/text", "is missing"),)
    assert error.details["request_id"] == "r"
    if isinstance(error, tutti.StaleLease):
        assert error.current_epoch == 3


async def test_a_redirect_is_not_followed_with_our_credentials() -> None:
    with Stub(in_turn(Reply(307, b"", {"location": "/elsewhere"}))) as stub:
        async with client_of(stub) as client:
            with pytest.raises(tutti.ApiError):
                await client.get_run("run_1")
    assert len(stub.requests) == 1


async def test_a_run_that_is_asked_for_again_carries_the_same_key() -> None:
    with Stub(in_turn(Drop(), Reply(201, RUN), Reply(201, RUN))) as stub:
        async with client_of(stub) as client:
            await client.create_run("a", None)
            await client.create_run("a", None)
    first, again, other = (request.json["idempotency_key"] for request in stub.requests)
    assert first == again != other


@pytest.mark.parametrize("fault", [Drop(), Reply(502, b""), problem(503, "outcome_unknown")])
async def test_a_claim_that_may_have_had_its_effect_is_not_sent_again(fault: Answer) -> None:
    with Stub(in_turn(fault, Reply(200, {"runs": []}))) as stub:
        async with client_of(stub) as client:
            with pytest.raises(tutti.OutcomeUnknown):
                await client.claim("ses_1", ["a"])
    assert len(stub.requests) == 1


async def test_a_claim_that_had_no_effect_is_sent_again() -> None:
    with Stub(in_turn(problem(503, "unavailable"), Reply(200, {"runs": []}))) as stub:
        async with client_of(stub) as client:
            assert await client.claim("ses_1", ["a"]) == []
    assert len(stub.requests) == 2


async def test_it_gives_up_in_time_when_nobody_is_there() -> None:
    client = tutti.Client(
        "http://127.0.0.1:1", password="x", retry=tutti.RetryPolicy(0.5, initial_seconds=0.05, max_seconds=0.1)
    )
    began = time.monotonic()
    with pytest.raises(tutti.Unreachable) as error:
        await client.get_run("run_1")
    assert time.monotonic() - began < 2 and error.value.__cause__ is not None
    await client.close()


def test_a_client_serves_one_event_loop_after_another() -> None:
    with Stub(in_turn(Reply(200, RUN))) as stub:
        client = client_of(stub)

        async def ask() -> None:
            await client.get_run("run_1")
            await client.close()

        asyncio.run(ask())
        asyncio.run(ask())
    assert len(stub.requests) == 2


def lease_of(client: tutti.Client, lost: list[str]) -> LeasedRun:
    about = {"trace_id": "ab" * 16, "correlation_id": "order-7", "lease_token": "cd" * 32, "lease_epoch": 4}
    return LeasedRun(client, read(ClaimedRun, {**RUN, **about}), lost.append)


async def test_every_call_for_a_run_carries_its_lease_and_trace() -> None:
    with Stub(in_turn(Reply(200, RUN))) as stub:
        async with client_of(stub) as client:
            calls = lease_of(client, [])
            await calls.fail("c", "m", retryable=True)
            await calls.complete({"a": 1})
    for request in stub.requests:
        assert (request.headers["x-lease-token"], request.headers["x-lease-epoch"]) == ("cd" * 32, "4")
        assert request.headers["traceparent"].startswith(f"00-{'ab' * 16}-")
        assert request.headers["x-correlation-id"] == "order-7"
    assert stub.requests[1].json == {"result": {"a": 1}}


async def test_a_stale_lease_is_told_and_ends_all_sending() -> None:
    lost: list[str] = []
    with Stub(in_turn(problem(409, "stale_lease", current_epoch=5))) as stub:
        async with client_of(stub) as client:
            calls = lease_of(client, lost)
            with pytest.raises(tutti.StaleLease):
                await calls.complete(None)
            assert len(lost) == 1 and "5" in lost[0]
            calls.lost = True
            with pytest.raises(tutti.StaleLease):
                await calls.fail("c", "m", retryable=True)
    assert len(stub.requests) == 1


async def test_an_upload_is_sent_whole_every_time(tmp_path: Path) -> None:
    file = tmp_path / "data"
    file.write_bytes(b"0123456789" * 100_000)
    artifact = {"artifact_id": "art_1", "name": "data", "kind": "binary"}
    step = {"step_id": "step_1", "run_id": "run_1", "key": "k", "status": "running"}
    uploads: list[Request] = []

    def answer(request: Request) -> Answer:
        if "/artifacts" not in request.path:
            return Reply(201, step)
        uploads.append(request)
        return problem(503, "unavailable") if len(uploads) == 1 else Reply(201, artifact)

    with Stub(answer) as stub:
        async with client_of(stub) as client:
            async with tutti.StepScope(lease_of(client, []), "k", None, None, None) as scope:
                await scope.artifact_file(file, media_type="a/b")
    assert [request.body for request in uploads] == [file.read_bytes()] * 2
    assert uploads[1].path == "/v1/steps/step_1/artifacts/upload?name=data&media_type=a%2Fb"
    assert uploads[1].headers["content-length"] == "1000000" and "transfer-encoding" not in uploads[1].headers
    assert len(uploads[1].headers["x-content-sha256"]) == 64


async def test_a_lost_approval_request_is_sent_again_with_its_key() -> None:
    step = {"step_id": "step_1", "run_id": "run_1", "key": "k", "status": "running"}
    action = {"kind": "external.write", "target": "t", "arguments_hash": "00"}
    approval = {"approval_id": "appr_1", "status": "approved", "action": action, "arguments": {"b": 1, "a": 2}}

    def answer(request: Request) -> Answer:
        if request.path.endswith("/steps"):
            return Reply(201, step)
        if request.path == "/v1/approvals" and len(stub.to("/v1/approvals")) == 1:
            return Drop()
        return Reply(200, step if "/steps/" in request.path else approval)

    with Stub(answer) as stub:
        async with client_of(stub) as client:
            run = tutti.RunContext(lease_of(client, []), threading.Event())
            given = await run.approval(kind="external.write", target="t", arguments={"a": 2, "b": 1}, timeout=1.5)
    assert given.approval_id == "appr_1"
    first, again = (request.json for request in stub.to("/v1/approvals"))
    assert first == again and first["idempotency_key"].startswith("approval:")
    assert (first["step_id"], first["expires_in_seconds"]) == ("step_1", 2)
    (done,) = stub.to("/v1/steps/step_1/complete")
    assert done.json == {"output": {"approval_id": "appr_1", "status": "approved"}}
