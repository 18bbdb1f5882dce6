# SPDX-License-Identifier: Apache-2.0
"""procrastinate: thirty jobs at once, a pool of up to twenty connections, LISTEN and NOTIFY, jobs kept."""

import asyncio

import procrastinate

import shared

app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=shared.URL, min_size=4, max_size=20))


@app.task(name="noop")
async def noop(number, prompt):
    shared.entered(number)


class Adapter(shared.Peer):
    async def prepare(self):
        async with app.open_async():
            await app.schema_manager.apply_schema_async()

    async def open_client(self):
        await app.open_async()

    async def close_client(self):
        await app.close_async()

    async def enqueue(self, number):
        await noop.defer_async(**shared.payload(number))

    async def enqueue_many(self, numbers):
        for first in range(numbers.start, numbers.stop, 500):
            await noop.batch_defer_async(*map(shared.payload, range(first, min(first + 500, numbers.stop))))

    async def work(self, stopped):
        async with app.open_async():
            worker = asyncio.create_task(app.run_worker_async(
                concurrency=30, listen_notify=True, delete_jobs="never", install_signal_handlers=False))
            shared.ready()
            await stopped.wait()
            worker.cancel()
            await asyncio.wait([worker], timeout=10)


shared.main(Adapter())
