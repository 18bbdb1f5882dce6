# SPDX-License-Identifier: Apache-2.0
"""Absurd: its own SQL as its command-line tool brings it, fifty tasks at once, polled four times a second as it does unless told
otherwise."""

import asyncio
import subprocess
import sys

from absurd_sdk import AsyncAbsurd
from psycopg import AsyncConnection

import shared


class Adapter(shared.Peer):
    async def prepare(self):
        tool = f"{sys.prefix}/bin/absurdctl"
        for command in (["init"], ["create-queue", "default"]):
            done = subprocess.run([tool, *command, "--database", shared.URL], capture_output=True, text=True)
            if done.returncode:
                raise SystemExit(f"absurdctl {command[0]}: {done.stderr[-500:]}{done.stdout[-300:]}")

    async def open_client(self):
        # A client has one connection; as many clients as there are connections.
        self.clients = asyncio.Queue()
        for _ in range(self.connections):
            connection = await AsyncConnection.connect(shared.URL, autocommit=True)
            self.clients.put_nowait(AsyncAbsurd(connection))

    async def enqueue(self, number):
        client = await self.clients.get()
        await client.spawn("noop", shared.payload(number), queue="default")
        self.clients.put_nowait(client)

    async def work(self, stopped):
        client = AsyncAbsurd(shared.URL)

        @client.register_task(name="noop")
        async def noop(parameters, context):
            shared.entered(parameters["number"])

        worker = asyncio.create_task(client.start_worker(concurrency=50))
        shared.ready()
        await stopped.wait()
        client.stop_worker()
        await asyncio.wait([worker], timeout=5)


shared.main(Adapter())
