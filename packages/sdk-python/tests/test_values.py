# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import logging
import re
from collections import UserDict
from typing import Any

import pytest

import tutti
from tutti.config import Config
from tutti.failures import failure_of
from tutti.lease import _failure
from tutti.log import JSONFormatter, current_run
from tutti.models import Action, Approval, ClaimedRun, Run
from tutti.transport import RetryPolicy, parse_retry_after
from tutti.values import encode, fingerprint, read, scoped_key

TOKEN = f"echo.{'0f' * 32}"
RUN: dict[str, Any] = {
    "run_id": "run_1",
    "task_id": "task_1",
    "agent": "a",
    "number": 1,
    "status": "running",
    "epoch": 2,
}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), b"bytes", {1: 2}.keys(), {("a",): 1}])
def test_what_is_not_json_is_refused(value: object) -> None:
    with pytest.raises(tutti.NotJSON):
        encode({"in": value})


def test_a_structure_that_holds_itself_is_refused() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(tutti.NotJSON):
        encode(value)


def test_mappings_and_tuples_are_json() -> None:
    assert encode({"a": UserDict({"b": (1, "ü")})}) == '{"a":{"b":[1,"ü"]}}'.encode()


def test_a_fingerprint_does_not_depend_on_order() -> None:
    assert fingerprint({"a": 1, "b": [1, 2]}) == fingerprint({"b": [1, 2], "a": 1})
    assert fingerprint({"b": [1, 2]}) != fingerprint({"b": [2, 1]})


def test_a_scoped_key_is_always_acceptable() -> None:
    assert scoped_key("task_1", "spawn", "a") == "task_1:spawn:a"
    for odd in ("with space", "ü", "x" * 200):
        key = scoped_key("task_1", "spawn", odd)
        assert key.startswith("task_1:") and re.fullmatch(r"[!-~]{1,128}", key)
    assert scoped_key("task_1", "spawn", "ü") != scoped_key("task_1", "spawn", "ö")


def test_an_answer_is_read_and_unknown_members_are_passed_over() -> None:
    run = read(
        Run,
        {
            **RUN,
            "new_member": 1,
            "labels": ["x"],
            "error": {"code": "c", "message": "m", "retryable": True},
            "created_at": "2026-11-21T05:00:30.123456Z",
            "parent_run_id": None,
        },
    )
    assert (run.labels, run.parent_run_id) == (("x",), None)
    assert run.error == tutti.Failure("c", "m", True)
    assert run.created_at is not None and run.created_at.isoformat() == "2026-11-21T05:00:30.123456+00:00"


@pytest.mark.parametrize(
    "change", [{"run_id": None}, {"epoch": "2"}, {"epoch": True}, {"labels": "x"}, {"created_at": "soon"}]
)
def test_an_answer_that_breaks_its_promise_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(tutti.ProtocolError):
        read(Run, {**RUN, **change})


def test_an_answer_that_lacks_something_is_refused() -> None:
    with pytest.raises(tutti.ProtocolError, match=r"Run\.task_id"):
        read(Run, {name: value for name, value in RUN.items() if name != "task_id"})


def test_nothing_that_is_printed_shows_a_secret() -> None:
    run = read(ClaimedRun, {**RUN, "lease_token": "5ec2e7" * 10, "lease_epoch": 2})
    client = tutti.Client("http://h:1", user="u", password="5ec2e7-password")
    signed = Config.make(token=TOKEN, environment={})
    for each in (run, client, client.config, signed):
        assert not re.search("5ec2e7|0f0f", repr(each))


def test_the_environment_fills_in_what_is_not_given() -> None:
    env = {"TUTTI_URL": "https://t.example/base/", "TUTTI_PASSWORD": "p", "TUTTI_WORKSPACE": "ws_a"}
    config = Config.make(environment=env)
    assert (config.url, config.workspace, config.token_agent) == ("https://t.example/base", "ws_a", None)
    assert config.headers()["authorization"] == "Basic YWRtaW46cA=="
    assert config.headers()["x-workspace-id"] == "ws_a"
    config = Config.make(environment={**env, "TUTTI_WORKER_TOKEN": TOKEN})
    assert (config.token_agent, config.headers()["authorization"]) == ("echo", f"Bearer {TOKEN}")
    assert Config.make("http://h", user="ann", password="p", environment=env).url == "http://h"


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"token": "no token"},
        {"token": TOKEN, "password": "p"},
        {"url": "ftp://h", "password": "p"},
        {"url": "http://u:p@h", "password": "p"},
        {"url": "http://h?x=1", "password": "p"},
        {"user": "a:b", "password": "p"},
    ],
)
def test_what_cannot_be_right_is_refused_at_once(given: dict[str, str]) -> None:
    with pytest.raises(ValueError) as refusal:
        Config.make(**given, environment={})
    assert TOKEN not in str(refusal.value)


def test_failures_are_told_without_secrets() -> None:
    approval = Approval(approval_id="appr_1", status="denied", action=Action(kind="k"), note="no")
    child = Run(**{**RUN, "status": "failed"})

    def told(error: BaseException) -> tuple[str, bool] | None:
        failure = failure_of(error)
        return None if failure is None else (failure.code, failure.retryable)

    assert told(KeyError("hunter2")) == ("key_error", True)
    assert "hunter2" not in failure_of(KeyError("hunter2")).message  # type: ignore[union-attr]
    assert told(tutti.Fatal("c", "m")) == ("c", False)
    assert failure_of(tutti.Retryable("m", after=3)).after == 3  # type: ignore[union-attr]
    assert told(tutti.ApprovalDenied(approval)) == ("approval_denied", False)
    assert told(tutti.ApprovalExpired(approval)) == ("approval_expired", False)
    assert told(tutti.ChildFailed(child)) == ("child_failed", False)
    assert told(tutti.NotJSON("x")) == ("not_json", False)
    assert told(tutti.BadRequest(400, "invalid", "no")) == ("invalid", True)
    assert told(tutti.StaleLease(409, "stale_lease", "no")) is None
    group = ExceptionGroup("two", [KeyError(), ExceptionGroup("in", [tutti.Retryable(), tutti.Fatal("c", "m")])])
    assert told(group) == ("c", False)
    assert told(ExceptionGroup("lost", [group, tutti.StaleLease(409, "stale_lease", "no")])) is None


def test_a_failure_fits_into_what_the_server_takes() -> None:
    assert _failure("a code ü", "m\0" * 3000, True) == {"code": "a_code__", "message": "m" * 1000, "retryable": True}
    assert _failure("", "", False)["code"] == "failed"


def test_pauses_grow_with_full_jitter_and_honour_the_server() -> None:
    policy = RetryPolicy(initial_seconds=0.1, max_seconds=2)
    for attempt, most in ((1, 0.1), (2, 0.2), (5, 1.6), (6, 2), (10_000, 2)):
        pauses = [policy.pause(attempt) for _ in range(300)]
        assert 0 <= min(pauses) < most * 0.1 and most * 0.9 < max(pauses) <= most
    assert all(7 <= policy.pause(9, 7) <= 8 for _ in range(100))


def test_both_forms_of_retry_after() -> None:
    assert parse_retry_after("3") == 3
    assert parse_retry_after("Thu, 01 Jan 1970 00:00:00 GMT") == 0
    for nothing in (None, "", "soon", "-1", "1.5", "²"):
        assert parse_retry_after(nothing) is None


def test_log_lines_name_the_run() -> None:
    record = logging.makeLogRecord({"name": "n", "levelname": "INFO", "msg": "hello %s", "args": ("you",), "extra": 7})
    token = current_run.set({"run_id": "run_1"})
    try:
        line = json.loads(JSONFormatter().format(record))
    finally:
        current_run.reset(token)
    assert line.pop("time")
    assert line == {"level": "info", "logger": "n", "message": "hello you", "run_id": "run_1", "extra": 7}
