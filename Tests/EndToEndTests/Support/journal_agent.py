#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An HTTP agent that keeps a journal: a line for each call, and one for each effect, which it has once per key.

usage: journal_agent.py ADDRESS PORT_FILE JOURNAL
"""

import http.server
import json
import os
import sys
import threading
import time

ADDRESS, PORT_FILE, JOURNAL = sys.argv[1:4]
LONGEST_INPUT = 1024 * 1024

# One write of one line each: lines of several threads do not mix, and none is lost when the agent is killed.
journal = os.open(JOURNAL, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
turn = threading.Lock()
# By idempotency key: the step is done, or somebody is at it.
done = set()


def note(kind, call):
    os.write(journal, (json.dumps({"kind": kind, **call}) + "\n").encode())


class Agent(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        length = int(self.headers.get("Content-Length", "0"))
        if length > LONGEST_INPUT:
            return self.answer(413, {"title": "Too large", "status": 413, "retryable": False})
        body = json.loads(self.rfile.read(length))
        key = self.headers["Idempotency-Key"]
        call = {
            "task_id": self.headers["X-Tutti-Task-Id"],
            "run_id": self.headers["X-Tutti-Run-Id"],
            "epoch": int(self.headers["X-Tutti-Epoch"]),
            "step": "main",
            "key": key,
        }
        note("call", call)
        time.sleep(body.get("delayMilliseconds", 0) / 1000)
        # The effect and the memory of it are one: whoever comes second under the key does nothing.
        with turn:
            if key not in done:
                note("effect", call)
                done.add(key)
        self.answer(200, {"run_id": call["run_id"], "epoch": call["epoch"]})

    def do_DELETE(self):
        self.answer(404, {"title": "No such call", "status": 404})

    def answer(self, status, body):
        data = json.dumps(body).encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json" if status < 400 else "application/problem+json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
        except ConnectionError:
            # Nobody waits for it any more; it was told in the journal.
            self.close_connection = True

    def log_message(self, form, *values):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        # Connections that break are the point of the exercise.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


server = Server((ADDRESS, 0), Agent)
with open(PORT_FILE + ".part", "w", encoding="ascii") as file:
    file.write(str(server.server_address[1]))
os.rename(PORT_FILE + ".part", PORT_FILE)
server.serve_forever()
