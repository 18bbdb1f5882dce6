# SPDX-License-Identifier: Apache-2.0
"""What the adapters of the peers have in common: one set of commands for all of them.

    ADAPTER prepare                       makes the peer's tables in the database of PEER_URL
    ADAPTER enqueue --seconds S           asks for tasks one at a time, on as many connections as PEER_CONNECTIONS says
    ADAPTER enqueue --count N             asks for that many, in batches where the peer has them
    ADAPTER pace --count N --rate R       asks for tasks at a steady pace; tells when each was answered
    ADAPTER work                          carries tasks out until it is told to stop (SIGTERM); says `ready` when it begins

What they find out goes to standard output as one line of JSON. With PEER_MARKS set, a worker notes in that file when each
task's handler was entered.
"""

import argparse
import asyncio
import inspect
import json
import os
import signal
import sys
import time

URL = os.environ["PEER_URL"]
CONNECTIONS = int(os.environ.get("PEER_CONNECTIONS", "16"))
MARKS = os.environ.get("PEER_MARKS")
# As long as the input of a task in the yardsticks.
FILLING = "x" * 250
_marks = open(MARKS, "a", buffering=1, encoding="ascii") if MARKS else None


def payload(number):
    return {"number": number, "prompt": FILLING}


def entered(number):
    """A handler has been entered."""
    if _marks:
        _marks.write(f"{number} {time.time()}\n")


def ready():
    # Past whatever a framework has made of standard output.
    os.write(1, b"ready\n")


class Peer:
    """What an adapter has to offer. Everything may be a coroutine or a plain function."""

    # How many requests the client sends at once.
    connections = CONNECTIONS

    async def prepare(self): ...

    async def open_client(self): ...

    async def close_client(self): ...

    async def enqueue(self, number): ...

    async def enqueue_many(self, numbers):
        """One by one, unless the peer can do better."""
        queue = iter(numbers)

        async def one():
            for number in queue:
                await settle(self.enqueue(number))

        await asyncio.gather(*(one() for _ in range(self.connections)))

    async def work(self, stopped):
        """Carries out tasks until `stopped`, an asyncio.Event, is set."""
        ...


async def settle(value):
    return await value if inspect.isawaitable(value) else value


async def enqueue_for(peer, seconds):
    count, ends = 0, time.monotonic() + seconds

    async def one(lane):
        nonlocal count
        number = lane
        while time.monotonic() < ends:
            await settle(peer.enqueue(number))
            number += peer.connections
            count += 1

    await asyncio.gather(*(one(lane) for lane in range(peer.connections)))
    return count


async def pace(peer, count, rate):
    answered = {}

    async def one(number):
        await settle(peer.enqueue(number))
        answered[number] = time.time()

    began = time.time()
    async with asyncio.TaskGroup() as group:
        for number in range(count):
            wait = began + number / rate - time.time()
            if wait > 0:
                await asyncio.sleep(wait)
            group.create_task(one(number))
    return answered


async def act(peer, options):
    if options.command == "prepare":
        await settle(peer.prepare())
        return {}
    if options.command == "work":
        stopped = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        await settle(peer.work(stopped))
        return {}
    await settle(peer.open_client())
    if options.wait:
        ready()
        await asyncio.to_thread(sys.stdin.readline)
    began = time.monotonic()
    found = {}
    if options.command == "pace":
        found["answered"] = await pace(peer, options.count, options.rate)
    elif options.seconds:
        found["count"] = await enqueue_for(peer, options.seconds)
    else:
        await settle(peer.enqueue_many(range(options.count)))
        found["count"] = options.count
    found["seconds"] = time.monotonic() - began
    await settle(peer.close_client())
    return found


def main(peer):
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["prepare", "enqueue", "pace", "work"])
    parser.add_argument("--count", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=0)
    parser.add_argument("--rate", type=float, default=20)
    parser.add_argument("--wait", action="store_true", help="say `ready` and begin with the next line of standard input")
    print(json.dumps(asyncio.run(act(peer, parser.parse_args()))), flush=True)
    # Threads of a client that are still waiting for something must not hold the process up.
    sys.stdout.flush()
    os._exit(0)
