# SPDX-License-Identifier: Apache-2.0
"""Celery over Redis: two prefork processes, late acknowledgements, sixteen tasks fetched ahead, no results kept. Redis appends
to its file and syncs it every second, so up to a second of what was acknowledged can be lost: less than all others promise."""

import os
import subprocess
import sys

from celery import Celery
from celery.signals import worker_ready

import shared

app = Celery("celery_peer", broker=shared.URL)
app.conf.update(task_acks_late=True, worker_prefetch_multiplier=16, task_ignore_result=True, worker_hijack_root_logger=False,
                broker_connection_retry_on_startup=True)


@app.task(name="noop")
def noop(number, prompt):
    shared.entered(number)


class Adapter(shared.Peer):
    # The client is synchronous; one connection, as one program would have it.
    connections = 1

    def prepare(self): ...

    def enqueue(self, number):
        noop.apply_async(kwargs=shared.payload(number))

    def enqueue_many(self, numbers):
        for number in numbers:
            self.enqueue(number)

    async def work(self, stopped):
        worker = subprocess.Popen(
            [sys.executable, "-m", "celery", "-q", "-A", "celery_peer", "worker", "-c", "2", "-P", "prefork", "-l", "WARNING",
             "--without-gossip", "--without-mingle", "-Ofair"],
            cwd=os.path.dirname(os.path.abspath(__file__)), env={**os.environ, "C_FORCE_ROOT": "1"})
        await stopped.wait()
        worker.terminate()
        worker.wait(20)


@worker_ready.connect
def announce(**_):
    shared.ready()


if __name__ == "__main__":
    shared.main(Adapter())
