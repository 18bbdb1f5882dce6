# SPDX-License-Identifier: Apache-2.0
"""Sessions, heartbeats and claims that go wrong, against a server that makes them go wrong."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from running import until
from stub import Answer, Drop, Reply, Request, Stub, problem

import tutti
from tutti.config import Config
from tutti.heartbeat import Heart, Session
from tutti.models import WorkerSession
from tutti.threads import in_thread


class Held:
    def __init__(self, run_id: str = "run_1", epoch: int = 1) -> None:
        self.lease = (run_id, epoch)
        self.held_since = time.monotonic()
        self.reasons: list[str] = []

    def lose(self, reason: str) -> None:
        self.reasons.append(reason)


def session_of(interval: float = 0.1, lifetime: float = 1.0) -> Session:
    return Session(
        WorkerSession(worker_session_id="ses_1", name="w", heartbeat_seconds=interval, lifetime_seconds=lifetime)
    )


def beating(stub: Stub, session: Session, expired: list[Session]) -> Heart:
    heart = Heart(Config.make(stub.url, password="x", environment={}), expired.append)
    heart.add(session)
    heart.start()
    return heart


def leases(*held: tuple[str, int]) -> Reply:
    listed = [{"run_id": run_id, "lease_epoch": epoch, "lease_token": "ab" * 32} for run_id, epoch in held]
    return Reply(200, {"leases": listed})


def test_only_what_the_server_could_have_listed_is_lost() -> None:
    session, old, listed, newer, other = session_of(), Held(), Held("run_2"), Held("run_3"), Held("run_4", 1)
    sent = time.monotonic()
    newer.held_since = sent + 1
    for each in (old, listed, newer, other):
        session.hold(each)
    # The same run under another epoch is somebody else's, even if that is us.
    session.confirm(sent + 0.5, dict.fromkeys([("run_2", 1), ("run_4", 2)]))
    assert [bool(each.reasons) for each in (old, listed, newer, other)] == [True, False, False, True]


def test_what_no_claim_will_bring_any_more_is_told_apart_from_what_is_on_its_way() -> None:
    session, held = session_of(), Held()
    session.hold(held)
    known = dict.fromkeys([("run_1", 1)])
    more = dict.fromkeys([("run_1", 1), ("run_2", 1)])
    with session.claiming():
        assert session.confirm(time.monotonic(), more) == []
        assert session.confirm(time.monotonic(), more) == [], "the claim may be answered yet"
    assert session.confirm(time.monotonic(), more) == [("run_2", 1)]
    assert session.confirm(time.monotonic(), more) == [("run_2", 1)], "it could not be given back"
    assert session.confirm(time.monotonic(), known) == []
    # Listed once because it was being handed in, or because its claim was being answered.
    assert session.confirm(time.monotonic(), more) == [] == session.confirm(time.monotonic(), known)
    with session.claiming():
        assert session.confirm(time.monotonic(), more) == []
        session.hold(Held("run_2"))
    assert session.confirm(time.monotonic(), more) == [] == session.confirm(time.monotonic(), more)
    assert not held.reasons


def test_what_is_claimed_with_a_session_that_has_expired_is_lost_at_once() -> None:
    session, held = session_of(), Held()
    session.expire("gone")
    session.hold(held)
    assert held.reasons


async def test_a_run_that_is_not_listed_any_more_is_lost_even_while_the_loop_is_blocked() -> None:
    with Stub(lambda _: leases(("run_2", 1))) as stub:
        session, lost, kept = session_of(), Held(), Held("run_2")
        session.hold(lost)
        session.hold(kept)
        heart = beating(stub, session, [])
        time.sleep(0.5)
        assert lost.reasons and not kept.reasons
        heart.stop()
    assert stub.requests[0].path == "/v1/workers/ses_1/heartbeat" and stub.requests[0].json == {}
    gaps = [b.at - a.at for a, b in zip(stub.requests, stub.requests[1:], strict=False)]
    assert len(gaps) >= 2 and all(0.05 < gap < 0.3 for gap in gaps)


@pytest.mark.parametrize("refusal", [problem(409, "session_expired"), problem(404, "not_found")])
async def test_a_session_that_the_server_gave_up_loses_everything(refusal: Reply) -> None:
    with Stub(lambda _: refusal) as stub:
        session, held, expired = session_of(), Held(), list[Session]()
        session.hold(held)
        heart = beating(stub, session, expired)
        await until(lambda: bool(expired), within=5)
        heart.stop()
    assert held.reasons and session.expired and len(stub.requests) == 1


async def test_missed_heartbeats_are_made_up_for() -> None:
    count = 0

    def answer(_: Request) -> Answer:
        nonlocal count
        count += 1
        faults: list[Answer] = [Drop(), problem(503, "unavailable"), Reply(200, b"no json")]
        return faults[count - 1] if count <= len(faults) else leases(("run_1", 1))

    with Stub(answer) as stub:
        session, held, expired = session_of(lifetime=3), Held(), list[Session]()
        session.hold(held)
        heart = beating(stub, session, expired)
        await until(lambda: count >= 6, within=5)
        heart.stop()
    assert not held.reasons and not expired and not session.expired


async def test_a_session_without_an_answer_for_its_lifetime_is_taken_for_lost() -> None:
    with Stub(lambda _: Drop()) as stub:
        session, held, expired = session_of(lifetime=1), Held(), list[Session]()
        session.hold(held)
        began = time.monotonic()
        heart = beating(stub, session, expired)
        await until(lambda: bool(expired), within=5)
        heart.stop()
    assert 0.9 < time.monotonic() - began < 2.5
    assert held.reasons == ["no heartbeat was answered for 1 seconds"]


class Contract:
    """As much of the server as a claim loop needs, with runs to hand out and faults to inject."""

    def __init__(self, *runs: str) -> None:
        self.waiting = list(runs)
        self.opened = 0
        self.held: dict[str, list[str]] = {}
        self.faults: dict[str, list[Answer]] = {}
        self._lock = threading.Lock()

    def __call__(self, request: Request) -> Answer:
        path = request.path.split("/")[-1]
        with self._lock:
            if faults := self.faults.get(path):
                return faults.pop(0)
            if request.method == "PUT":
                return Reply(200, {"name": path, "kind": "worker"})
            if request.path == "/v1/workers":
                self.opened += 1
                self.held[f"ses_{self.opened}"] = []
                return Reply(
                    201,
                    {"worker_session_id": f"ses_{self.opened}", "heartbeat_seconds": 0.1, "lifetime_seconds": 2},
                )
            if path == "claim":
                session = request.json["worker_session_id"]
                taken, self.waiting = self.waiting[: request.json["limit"]], self.waiting[request.json["limit"] :]
                self.held[session] += taken
                return Reply(200, {"runs": [self.run(run_id) for run_id in taken]})
            if path == "heartbeat":
                return leases(*((run_id, 1) for run_id in self.held[request.path.split("/")[-2]]))
            if request.method == "DELETE":
                self.waiting += self.held.pop(path)
                return Reply(204, b"")
            run_id = request.path.split("/")[3]
            if path in ("complete", "fail", "release"):
                for held in self.held.values():
                    if run_id in held:
                        held.remove(run_id)
                        if path == "release":
                            self.waiting.append(run_id)
            return Reply(200, self.run(run_id))

    @staticmethod
    def run(run_id: str) -> dict[str, Any]:
        return {
            "run_id": run_id,
            "task_id": f"task_{run_id}",
            "agent": "a",
            "number": 1,
            "status": "running",
            "epoch": 1,
            "lease_epoch": 1,
            "lease_token": "ab" * 32,
            "input": run_id,
        }


async def serve_until(stub: Stub, handler: tutti.Handler, condition: Callable[[], bool], **options: Any) -> None:
    async with tutti.Client(stub.url, password="x", retry=tutti.RetryPolicy(2, 0.01, 0.1)) as client:
        worker = tutti.Worker(client, concurrency=2, claim_wait_seconds=0, grace_seconds=0.5, **options)
        worker.agent("a")(handler)
        task = asyncio.create_task(worker.serve())
        try:
            await until(lambda: condition() or task.done(), within=10)
        finally:
            worker.stop()
            await task


async def echo(run: tutti.RunContext) -> tutti.JSON:
    return str(run.input)


async def test_a_claim_whose_answer_is_lost_costs_a_session_and_no_run() -> None:
    contract = Contract("run_1")

    def answer(request: Request) -> Answer:
        reply = contract(request)
        # The first claim takes the run, and the answer never arrives.
        return Drop() if request.path.endswith("/claim") and len(stub.to("/v1/runs/claim")) == 1 else reply

    with Stub(answer) as stub:
        await serve_until(stub, echo, lambda: bool(stub.to("/v1/runs/run_1/complete")))
        assert contract.opened == 2
        assert [request.method for request in stub.to("/v1/workers/ses_1")] == ["DELETE"]
        assert stub.to("/v1/runs/run_1/complete")[0].json == {"result": "run_1"}


async def test_a_session_with_a_lost_claim_lives_on_for_what_it_is_known_to_hold() -> None:
    contract, go = Contract("run_1"), asyncio.Event()

    async def handler(run: tutti.RunContext) -> tutti.JSON:
        if run.run_id == "run_1":
            contract.faults["claim"] = [Drop()]
            await go.wait()
        return "done"

    with Stub(contract) as stub:
        serving = asyncio.create_task(
            serve_until(stub, handler, lambda: bool(stub.to("/v1/runs/run_1/complete")), register=False)
        )
        await until(lambda: contract.opened == 2, within=5)
        await asyncio.sleep(0.5)
        assert not stub.to("/v1/workers/ses_1")
        go.set()
        await serving
        assert stub.to("/v1/workers/ses_1") and not [request for request in stub.requests if request.method == "PUT"]


async def test_a_run_of_a_lost_claim_is_given_back_though_its_session_lives_on() -> None:
    contract, lose, go = Contract("run_1"), threading.Event(), asyncio.Event()

    def answer(request: Request) -> Answer:
        reply = contract(request)
        if request.path.endswith("/claim") and contract.held.get("ses_1") == ["run_1", "run_2"] and not lose.is_set():
            lose.set()
            return Drop()
        return reply

    async def handler(run: tutti.RunContext) -> tutti.JSON:
        if run.run_id == "run_1":
            contract.waiting.append("run_2")
            await go.wait()
        return "done"

    with Stub(answer) as stub:
        serving = asyncio.create_task(
            serve_until(stub, handler, lambda: bool(stub.to("/v1/runs/run_1/complete")))
        )
        # Another session does it while the first run is still in hand.
        await until(lambda: bool(stub.to("/v1/runs/run_2/complete")), within=5)
        assert lose.is_set() and not stub.to("/v1/workers/ses_1")
        (released,) = stub.to("/v1/runs/run_2/lease/release")
        assert (released.headers["x-lease-token"], released.headers["x-lease-epoch"]) == ("ab" * 32, "1")
        go.set()
        await serving
        assert not stub.to("/v1/runs/run_1/lease/release")


async def test_a_session_that_expired_is_replaced_and_its_handlers_are_cancelled() -> None:
    contract, cancelled = Contract("run_1"), asyncio.Event()

    async def handler(run: tutti.RunContext) -> tutti.JSON:
        if run.run_id == "run_2":
            return None
        contract.faults["heartbeat"] = [problem(409, "session_expired")]
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            cancelled.set()
            contract.waiting.append("run_2")
        # Its result is not sent although it has one after all.
        return "late"

    with Stub(contract) as stub:
        await serve_until(stub, handler, lambda: bool(stub.to("/v1/runs/run_2/complete")))
        assert cancelled.is_set() and contract.opened == 2
        assert not stub.to("/v1/runs/run_1/complete") and not stub.to("/v1/runs/run_1/fail")


async def test_a_stale_lease_cancels_the_handler() -> None:
    contract, caught = Contract("run_1"), list[str]()
    contract.faults["steps"] = [problem(409, "stale_lease", current_epoch=2)]

    async def handler(run: tutti.RunContext) -> tutti.JSON:
        try:
            await run.step("key", str, 1)
        except Exception as error:
            # Even one that catches everything is cancelled at its next pause.
            caught.append(type(error).__name__)
        try:
            await asyncio.sleep(30)
        finally:
            caught.append("cancelled")
        return None

    with Stub(contract) as stub:
        await serve_until(stub, handler, lambda: len(caught) == 2)
        assert caught == ["StaleLease", "cancelled"]
        assert not stub.to("/v1/runs/run_1/complete") and not stub.to("/v1/runs/run_1/fail")


async def test_a_result_that_the_server_refuses_fails_the_run_for_good() -> None:
    contract = Contract("run_1")
    contract.faults["complete"] = [problem(413, "too_large")]
    with Stub(contract) as stub:
        await serve_until(stub, echo, lambda: bool(stub.to("/v1/runs/run_1/fail")))
        error = stub.to("/v1/runs/run_1/fail")[0].json["error"]
    assert (error["code"], error["retryable"]) == ("too_large", False)


async def test_never_more_is_claimed_than_there_are_free_slots() -> None:
    contract = Contract("run_1", "run_2", "run_3", "run_4", "run_5")

    async def handler(run: tutti.RunContext) -> tutti.JSON:
        await asyncio.sleep(0.05)
        return None

    with Stub(contract) as stub:
        await serve_until(stub, handler, lambda: bool(stub.to("/v1/runs/run_5/complete")))
        assert all(request.json["limit"] <= 2 for request in stub.to("/v1/runs/claim"))


async def test_a_run_costs_a_claim_that_starts_it_and_an_answer() -> None:
    contract = Contract("run_1")
    with Stub(contract) as stub:
        await serve_until(stub, echo, lambda: bool(stub.to("/v1/runs/run_1/complete")))
        assert all(request.json["start"] is True for request in stub.to("/v1/runs/claim"))
        assert [request.path for request in stub.requests if "/run_1/" in request.path] == ["/v1/runs/run_1/complete"]


async def test_a_result_whose_receipt_was_lost_is_sent_again() -> None:
    contract = Contract("run_1")
    contract.faults["complete"] = [Drop()]
    with Stub(contract) as stub:
        await serve_until(stub, echo, lambda: len(stub.to("/v1/runs/run_1/complete")) == 2)
        first, again = (request.body for request in stub.to("/v1/runs/run_1/complete"))
    assert first == again


async def test_a_worker_waits_for_a_server_that_is_not_there_yet() -> None:
    contract = Contract("run_1")
    contract.faults["a"] = [Drop(), problem(503, "unavailable"), Drop()]
    contract.faults["workers"] = [problem(503, "unavailable"), Drop()]
    with Stub(contract) as stub:
        await serve_until(stub, echo, lambda: bool(stub.to("/v1/runs/run_1/complete")))


async def test_a_worker_that_may_not_work_says_so_at_once() -> None:
    contract = Contract()
    contract.faults["a"] = [problem(401, "unauthenticated")]
    with Stub(contract) as stub, pytest.raises(tutti.Unauthenticated):
        await serve_until(stub, echo, lambda: False)


async def test_a_worker_without_handlers_is_a_mistake() -> None:
    client = tutti.Client("http://127.0.0.1:1", password="x")
    with pytest.raises(ValueError, match="no handler"):
        await tutti.Worker(client).serve()
    worker = tutti.Worker(client, agents=["other"])
    worker.agent("a")(echo)
    with pytest.raises(ValueError, match="other"):
        await worker.serve()
    with pytest.raises(ValueError, match="already"):
        worker.agent("a")(echo)


async def test_plain_functions_run_beside_the_loop() -> None:
    began = time.monotonic()
    await asyncio.gather(*(in_thread(time.sleep, 0.2) for _ in range(20)))
    assert time.monotonic() - began < 1
    with pytest.raises(KeyError):
        await in_thread(dict[str, int]().__getitem__, "x")
    with pytest.raises(RuntimeError, match="StopIteration"):
        await in_thread(next, iter(()))
