# SPDX-License-Identifier: Apache-2.0
"""DBOS: a workflow of one step from a queue, a hundred at once, polled ten times a second, a pool of twenty connections."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from dbos import DBOS, DBOSClient

import shared


@DBOS.step()
def step(number):
    shared.entered(number)


@DBOS.workflow(name="noop")
def noop(task):
    step(task["number"])


def launch():
    DBOS(config={"name": "bench", "system_database_url": shared.URL, "sys_db_pool_size": 20, "application_version": "bench",
                 "executor_id": "bench", "log_level": "ERROR", "enable_otlp": False})
    DBOS.launch()
    DBOS.register_queue("bench", worker_concurrency=100, polling_interval_sec=0.1)


class Adapter(shared.Peer):
    async def prepare(self):
        await asyncio.to_thread(launch)
        await asyncio.to_thread(DBOS.destroy)

    def open_client(self):
        self.client = DBOSClient(system_database_url=shared.URL)
        self.threads = ThreadPoolExecutor(self.connections)

    async def enqueue(self, number):
        options = {"workflow_name": "noop", "queue_name": "bench", "app_version": "bench"}
        await asyncio.get_running_loop().run_in_executor(
            self.threads, lambda: self.client.enqueue(options, shared.payload(number)))

    async def work(self, stopped):
        # Its plain interface is for threads without an event loop.
        await asyncio.to_thread(launch)
        shared.ready()
        await stopped.wait()
        await asyncio.to_thread(DBOS.destroy)


shared.main(Adapter())
