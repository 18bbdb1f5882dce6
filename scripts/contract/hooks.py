# SPDX-License-Identifier: Apache-2.0
"""What the requests need to know of the suite that they are sent to."""

import itertools
import re

import schemathesis

_requests = itertools.count(1)
_AGENT = re.compile(r"[a-z][a-z0-9-]{0,62}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9:.]{8,}([Zz]|[+-][0-9]{2}:[0-9]{2})")


@schemathesis.hook
def before_call(context, case, kwargs):
    number = next(_requests)
    _name_a_client(case, number)
    operation = case.operation.definition.raw.get("operationId")
    if operation == "createTask" and number % 2:
        _ask_an_agent_that_is_there(case)
    elif operation == "createHook" and number % 2:
        _fill_a_template(case)
    elif operation == "createSchedule" and number % 2:
        _schedule_what_can_be(case)
    elif operation == "countLogs" and number % 2:
        _end_after_the_beginning(case)
    elif operation == "getAnalytics" and number % 2:
        _count_what_can_be(case, number)
    elif operation == "readNotifications" and number % 2:
        _read_what_there_is(case, number)
    elif operation == "echo":
        _shorten_the_wait(case, "delayMilliseconds", 100, 600_000)
    elif operation == "claimRuns":
        _shorten_the_wait(case, "wait_seconds", 1, 30)


def _name_a_client(case, number):
    """Thousands of requests with wrong credentials from one address are what the throttle against guessing is there to
    stop. The suite under test trusts a proxy on loopback; this is that proxy, and names another client each time."""
    address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    headers = dict(case.headers or {})
    headers["X-Forwarded-For"] = address
    case.headers = headers


def _ask_an_agent_that_is_there(case):
    """Made-up names belong to no agent: without this, hardly a task would be created. What is wrong stays wrong."""
    body = case.body
    if isinstance(body, dict) and isinstance(body.get("agent"), str) and _AGENT.fullmatch(body["agent"]):
        case.body = {**body, "agent": "echo", "input": {"message": "hello"}}


def _schedule_what_can_be(case):
    """As above; and hardly a made-up text is an expression, or names a time zone. None of them fires while it is tested."""
    body = case.body
    if isinstance(body, dict) and isinstance(body.get("cron"), str) and isinstance(body.get("task"), dict):
        task = {**body["task"], "agent": "echo", "input": {"message": "hello"}}
        case.body = {**body, "cron": "0 3 29 feb *", "timezone": "Europe/Berlin", "task": task}


def _count_what_can_be(case, number):
    """Hardly two made-up times stand in the right order. What is wrong beside them stays wrong."""
    query = case.query
    if isinstance(query, dict) and {"since", "until"} <= query.keys():
        case.query = {**query, "since": f"2026-0{8 + number % 2}-02T00:00:00Z", "until": "2026-11-01T00:00:00Z"}


def _read_what_there_is(case, number):
    """Made-up positions are far beyond the end of any log."""
    body = case.body
    if isinstance(body, dict) and isinstance(body.get("position"), int) and body["position"] > 0:
        case.body = {**body, "position": number % 3}


def _fill_a_template(case):
    """As above; what is wrong beside the agent and the template stays wrong."""
    body = case.body
    if isinstance(body, dict) and isinstance(body.get("agent"), str):
        case.body = {**body, "agent": "echo", "template": {"message": "{{/message}}"}}


def _end_after_the_beginning(case):
    """Of two made-up times the second is as often the earlier one, and a range of time is then refused."""
    query = case.query
    if query and all(isinstance(query.get(end), str) and _TIME.fullmatch(query[end]) for end in ("since", "until")):
        case.query = {**query, "until": "9999-12-31T23:59:59Z"}


def _shorten_the_wait(case, member, short, longest):
    """An agent that is asked to wait for ten minutes does, and so does a claim for half of one; no check has that long. What
    is longer than it may be stays so."""
    body = case.body
    if isinstance(body, dict):
        wait = body.get(member)
        if isinstance(wait, (int, float)) and not isinstance(wait, bool) and short < wait <= longest:
            case.body = {**body, member: wait % short}
