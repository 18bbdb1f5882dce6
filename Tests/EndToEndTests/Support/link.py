#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A network namespace of its own that stands for a host, and the link to it, which can be slow, lossy or down.

Packets of the link pass through this program, which holds them up, loses them or drops them all as a file tells it; that
needs nothing of the kernel but TUN devices, where a queueing discipline for the same is often not built in. The namespace
lives as long as this program and whatever runs in it: `nsenter --net=/proc/PID/ns/net`.

usage: link.py DEVICE HERE THERE SETTINGS SEED
    DEVICE    the name of the device at this end
    HERE      the address of this end, which may have many links
    THERE     the address of the host
    SETTINGS  a file with one JSON object: seconds of `delay`, of `jitter` on top, the share of packets in `loss`, `is_down`;
              read again whenever it is replaced. "SETTINGS.ready" is written when the link is up.
    SEED      what is lost follows from it and from the order of packets
"""

import collections
import ctypes
import fcntl
import json
import os
import random
import select
import struct
import subprocess
import sys
import time

DEVICE, HERE, THERE, SETTINGS, SEED = sys.argv[1:6]
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
CLONE_NEWNET = 0x40000000
LARGEST_PACKET = 65536
# Packets on the way in one direction; a router that has more than this drops the rest.
LONGEST_QUEUE = 4096
# How soon a changed file of settings is seen, in seconds.
LOOK = 0.05


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def open_device(name, local, remote):
    """A TUN device in the current namespace; it stays there when this program moves on."""
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    ip("address", "add", local, "peer", remote, "dev", name)
    ip("link", "set", "dev", name, "up")
    return device


class Link:
    def __init__(self, ends):
        self.random = random.Random(int(SEED))
        self.other = {ends[0]: ends[1], ends[1]: ends[0]}
        self.on_the_way = {end: collections.deque() for end in ends}
        self.stamp = None
        self.delay, self.jitter, self.loss, self.is_down = 0.0, 0.0, 0.0, False

    def look(self):
        stamp = os.stat(SETTINGS).st_mtime_ns
        if stamp == self.stamp:
            return
        with open(SETTINGS, encoding="utf-8") as file:
            told = json.load(file)
        self.stamp = stamp
        self.delay, self.jitter = told["delay"], told["jitter"]
        self.loss, self.is_down = told["loss"], told["is_down"]

    def take(self, end):
        """Everything that has arrived at one end; nothing overtakes what came before it."""
        queue, now = self.on_the_way[self.other[end]], time.monotonic()
        while True:
            try:
                packet = os.read(end, LARGEST_PACKET)
            except BlockingIOError:
                return
            if self.is_down or len(queue) >= LONGEST_QUEUE or self.random.random() < self.loss:
                continue
            due = now + self.delay + self.jitter * self.random.random()
            queue.append((max(due, queue[-1][0]) if queue else due, packet))

    def give(self):
        """Sends what is due; answers the seconds until more is."""
        now, wait = time.monotonic(), LOOK
        for end, queue in self.on_the_way.items():
            while queue and queue[0][0] <= now:
                try:
                    os.write(end, queue.popleft()[1])
                except BlockingIOError:
                    pass
            if queue:
                wait = min(wait, queue[0][0] - now)
        return max(wait, 0)

    def run(self):
        looked = 0.0
        while True:
            if time.monotonic() - looked > LOOK:
                self.look()
                looked = time.monotonic()
            readable, _, _ = select.select(list(self.other), [], [], self.give())
            for end in readable:
                self.take(end)


here = open_device(DEVICE, HERE, THERE)
if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
    sys.exit(f"no network namespace can be made: {os.strerror(ctypes.get_errno())}")
ip("link", "set", "lo", "up")
there = open_device("uplink", THERE, HERE)
ip("route", "add", "default", "dev", "uplink")
with open(SETTINGS + ".ready", "w", encoding="ascii"):
    pass
Link((here, there)).run()
