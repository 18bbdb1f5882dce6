#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A worker that claims runs over HTTP and may be killed at any moment.

Its effects are files in a folder, one per idempotency key: that folder stands for the outside world, which takes each key
once. Beside it the worker keeps a journal of what it began and what it was thanked for.

usage: TUTTI_WORKER_TOKEN=... journal_worker.py ORCHESTRATOR_URL[,URL...] AGENT FOLDER
"""

import http.client
import json
import os
import sys
import threading
import time
import urllib.error
import urllib.request

URLS = sys.argv[1].split(",")
AGENT, FOLDER = sys.argv[2:4]
TOKEN = os.environ["TUTTI_WORKER_TOKEN"]
CAPACITY = 8
# No answer, or none that says what happened.
UNKNOWN = {0, 500, 502, 503, 504}

os.makedirs(os.path.join(FOLDER, "effects"), exist_ok=True)
journal = os.open(os.path.join(FOLDER, "journal.ndjson"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def note(kind, run):
    entry = {"kind": kind, "task_id": run["task_id"], "run_id": run["run_id"], "epoch": run["lease_epoch"], "step": "main"}
    os.write(journal, (json.dumps(entry) + "\n").encode())


def have_effect(run):
    """Does what the run is for, unless it is done; both are one step of the file system."""
    target = os.path.join(FOLDER, "effects", run["idempotency_key"])
    draft = f"{target}.{os.getpid()}.{run['lease_epoch']}.draft"
    with open(draft, "w", encoding="ascii") as file:
        json.dump({"task_id": run["task_id"], "run_id": run["run_id"], "epoch": run["lease_epoch"], "step": "main"}, file)
    try:
        os.link(draft, target)
    except FileExistsError:
        pass
    os.unlink(draft)


def call(method, path, body=None, lease=None, timeout=15):
    """The status and the body of one answer; status 0 when there was none."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    if body is not None:
        headers["Content-Type"] = "application/json"
    if lease:
        headers["X-Lease-Token"] = lease["lease_token"]
        headers["X-Lease-Epoch"] = str(lease["lease_epoch"])
    data = None if body is None else json.dumps(body).encode()
    url = URLS[int(time.monotonic()) % len(URLS)] + path
    try:
        request = urllib.request.Request(url, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        return error.code, None
    except (OSError, http.client.HTTPException, ValueError):
        return 0, None


def insist(method, path, body=None, lease=None):
    """Asks until there is an answer that says what happened."""
    pause = 0.05
    while True:
        status, answer = call(method, path, body, lease)
        if status not in UNKNOWN:
            return status, answer
        time.sleep(pause)
        pause = min(pause * 2, 1)


def carry_out(run):
    path = f"/v1/runs/{run['run_id']}"
    note("call", run)
    status, _ = insist("POST", f"{path}/start", {}, run)
    if status != 200:
        return
    time.sleep(run["input"].get("delayMilliseconds", 0) / 1000)
    have_effect(run)
    result = {"run_id": run["run_id"], "epoch": run["lease_epoch"]}
    status, _ = insist("POST", f"{path}/complete", {"result": result}, run)
    if status == 200:
        note("told", run)


class Session:
    """One worker session: claims and beats until it is lost or no longer to be trusted."""

    def __init__(self):
        _, answer = insist("POST", "/v1/workers", {"name": f"journal-{os.getpid()}", "agents": [AGENT], "capacity": CAPACITY})
        self.id = answer["worker_session_id"]
        self.beat_seconds = answer["heartbeat_seconds"]
        self.is_over = threading.Event()
        self.places = threading.Semaphore(CAPACITY)
        threading.Thread(target=self.beat, daemon=True).start()

    def beat(self):
        while not self.is_over.wait(self.beat_seconds):
            if call("POST", f"/v1/workers/{self.id}/heartbeat", {}, timeout=5)[0] in (404, 409):
                self.is_over.set()

    def run(self):
        while not self.is_over.is_set():
            if not self.places.acquire(timeout=1):
                continue
            body = {"worker_session_id": self.id, "agents": [AGENT], "limit": 1, "wait_seconds": 2}
            status, answer = call("POST", "/v1/runs/claim", body)
            if status == 200 and answer["runs"]:
                threading.Thread(target=self.work, args=(answer["runs"][0],), daemon=True).start()
                continue
            self.places.release()
            if status == 409:
                self.is_over.set()
            elif status in UNKNOWN:
                # It may have taken a run that nobody here knows of; giving up the session gives that back.
                self.close()
        self.is_over.set()

    def work(self, run):
        try:
            carry_out(run)
        finally:
            self.places.release()

    def close(self):
        for _ in range(CAPACITY):
            self.places.acquire()
        insist("DELETE", f"/v1/workers/{self.id}")
        self.is_over.set()


while True:
    Session().run()
