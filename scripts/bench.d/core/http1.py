# SPDX-License-Identifier: Apache-2.0
"""HTTP for the bench itself: one plain connection for setting things up, and many cheap ones that keep a pace."""

import asyncio
import http.client
import json
import re
import time

LENGTH = re.compile(rb"(?i)\r\ncontent-length: (\d+)")


class Refused(Exception):
    """An answer that is no success."""

    def __init__(self, method, path, status, body):
        super().__init__(f"{method} {path}: {status} {body[:400]}")
        self.status, self.body = status, body


class Api:
    """One connection to a daemon, for what is not measured."""

    def __init__(self, port, authorization):
        self.port, self.authorization = port, authorization
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def send(self, method, path, body=None, headers=None):
        sent = {"Content-Type": "application/json", "Authorization": self.authorization, **(headers or {})}
        data = None if body is None else json.dumps(body)
        try:
            self.connection.request(method, path, data, sent)
            answer = self.connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionError):
            # Kept alive too long; a fresh connection is as good.
            self.connection.close()
            self.connection.request(method, path, data, sent)
            answer = self.connection.getresponse()
        text = answer.read().decode()
        if answer.status > 299:
            raise Refused(method, path, answer.status, text)
        return json.loads(text) if text else None


class Sender:
    """One connection that sends prepared requests."""

    def __init__(self, port, headers):
        self.port = port
        self.head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())

    async def connect(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 22)

    async def request(self, method, path, data, kind="application/json"):
        """The status and the body of the answer."""
        head = (f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n{self.head}"
                f"Content-Type: {kind}\r\nContent-Length: {len(data)}\r\n\r\n")
        self.writer.write(head.encode() + data)
        answer = await self.reader.readuntil(b"\r\n\r\n")
        found = LENGTH.search(answer)
        body = await self.reader.readexactly(int(found.group(1))) if found else b""
        return int(answer[9:12]), body

    def close(self):
        self.writer.close()


async def paced(port, headers, requests, rate, connections=16, within=None):
    """Sends `requests`, pairs of a path and a body, at `rate` a second whatever the answers take; each answer comes back as
    when it was due, when it was there (seconds since 1970), and its body. Refuses to go on when an answer is no success."""
    senders = asyncio.Queue()
    for _ in range(connections):
        sender = Sender(port, headers)
        await sender.connect()
        senders.put_nowait(sender)
    answers = [None] * len(requests)

    async def one(number, path, data, due):
        sender = await senders.get()
        status, body = await sender.request("POST", path, data)
        answers[number] = (due, time.time(), body)
        senders.put_nowait(sender)
        if status > 299:
            raise Refused("POST", path, status, body.decode())

    began = time.time()
    async with asyncio.timeout(within or len(requests) / rate + 60), asyncio.TaskGroup() as group:
        for number, (path, data) in enumerate(requests):
            due = began + number / rate
            wait = due - time.time()
            if wait > 0:
                await asyncio.sleep(wait)
            group.create_task(one(number, path, data, due))
    while not senders.empty():
        senders.get_nowait().close()
    return answers
