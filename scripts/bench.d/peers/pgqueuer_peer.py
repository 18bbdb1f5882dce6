# SPDX-License-Identifier: Apache-2.0
"""PgQueuer: a pool of asyncpg connections, batches of a hundred, durable tables, LISTEN and NOTIFY."""

import asyncio
import json
from datetime import timedelta

import asyncpg
from pgqueuer import PgQueuer
from pgqueuer.db import AsyncpgDriver, AsyncpgPoolDriver
from pgqueuer.queries import Queries

import shared


class Adapter(shared.Peer):
    async def prepare(self):
        connection = await asyncpg.connect(shared.URL)
        await Queries(AsyncpgDriver(connection)).install()
        await connection.close()

    async def open_client(self):
        self.pool = await asyncpg.create_pool(shared.URL, min_size=shared.CONNECTIONS, max_size=shared.CONNECTIONS)
        self.queries = Queries(AsyncpgPoolDriver(self.pool))

    async def close_client(self):
        await self.pool.close()

    async def enqueue(self, number):
        await self.queries.enqueue("noop", json.dumps(shared.payload(number)).encode())

    async def enqueue_many(self, numbers):
        for first in range(numbers.start, numbers.stop, 500):
            batch = range(first, min(first + 500, numbers.stop))
            await self.queries.enqueue(["noop"] * len(batch), [json.dumps(shared.payload(each)).encode() for each in batch],
                                       [0] * len(batch))

    async def work(self, stopped):
        pool = await asyncpg.create_pool(shared.URL, min_size=4, max_size=16)
        queuer = PgQueuer(AsyncpgPoolDriver(pool))

        @queuer.entrypoint("noop")
        async def noop(job):
            shared.entered(json.loads(job.payload)["number"])

        worker = asyncio.create_task(queuer.run(batch_size=100, dequeue_timeout=timedelta(seconds=30)))
        shared.ready()
        await stopped.wait()
        queuer.shutdown.set()
        worker.cancel()


shared.main(Adapter())
