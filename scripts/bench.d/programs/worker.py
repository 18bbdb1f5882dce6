# SPDX-License-Identifier: Apache-2.0
"""A worker of the SDK that tells when each handler began: run, seconds since 1970, seconds since its claim was answered."""

import sys
import threading
import time

import tutti


class TimedClient(tutti.Client):
    """Remembers when the answer to each claim was there."""

    def __init__(self):
        super().__init__()
        self.claimed = {}

    async def claim(self, *arguments, **options):
        runs = await super().claim(*arguments, **options)
        now = time.time()
        self.claimed.update((run.run_id, now) for run in runs)
        return runs


client = TimedClient()
worker = tutti.Worker(client, concurrency=32, name="bench")
marks = []


@worker.agent(sys.argv[1], concurrency=1000)
async def work(run):
    now = time.time()
    marks.append(f"{run.run_id} {now} {now - client.claimed.pop(run.run_id)}")


def announce():
    while worker.session_id is None:
        time.sleep(0.01)
    print("ready", flush=True)


threading.Thread(target=announce, daemon=True).start()
worker.run()
print("\n".join(marks))
