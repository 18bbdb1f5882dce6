# SPDX-License-Identifier: Apache-2.0
"""Whose processor time went by: read from /proc, so that what is measured pays nothing for it."""

import dataclasses
import os
import time

TICKS = os.sysconf("SC_CLK_TCK")


def _table():
    """Of every process: its parent, and the seconds that it and its children that have ended have used."""
    table = {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                fields = file.read().rsplit(")", 1)[1].split()
        except (OSError, IndexError):
            continue
        table[int(name)] = (int(fields[1]), sum(map(int, fields[11:15])) / TICKS)
    return table


def _trees(table, roots):
    """The processes of the trees under `roots`."""
    members = {pid for pid in roots if pid in table}
    children = {}
    for pid, (parent, _) in table.items():
        children.setdefault(parent, []).append(pid)
    front = list(members)
    while front:
        for child in children.get(front.pop(), ()):
            if child not in members:
                members.add(child)
                front.append(child)
    return members


def _busy():
    """Seconds that all processors together were busy since the machine began."""
    with open("/proc/stat", encoding="utf-8") as file:
        user, nice, system, _, _, irq, softirq, steal = map(int, file.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / TICKS


@dataclasses.dataclass
class Cost:
    """Seconds of processor time: of what is measured, of Postgres, of whoever makes the load, of everything else here."""

    seconds: float
    measured: float
    postgres: float
    load: float
    others: float

    @property
    def counted(self):
        return self.measured + self.postgres


class Meter:
    """Between `with` and its end: `cost` says who used the processors.

    `measured` are the processes under test (their children count with them), `postmaster` is the database's first process;
    this program and all that it started is the load, except what is under test.
    """

    def __init__(self, measured=(), postmaster=None):
        self.measured = list(measured)
        self.postmaster = postmaster
        self.cost = None

    def also(self, pid):
        """Counts one more process, from now on, with what is under test."""
        table = _table()
        used = sum(table[member][1] for member in _trees(table, [pid]))
        measured, postgres, load, busy = self._before
        self.measured.append(pid)
        self._before = (measured + used, postgres, load - used, busy)

    def _groups(self):
        table = _table()
        measured = _trees(table, self.measured)
        postgres = _trees(table, [self.postmaster] if self.postmaster else [])
        load = _trees(table, [os.getpid()]) - measured - postgres
        return tuple(sum(table[pid][1] for pid in group) for group in (measured, postgres, load)) + (_busy(),)

    def __enter__(self):
        self._before = self._groups()
        self._began = time.monotonic()
        return self

    def __exit__(self, *_):
        if self.cost is None:
            self.stop()

    def stop(self):
        """Ends the measurement before the block does."""
        seconds = time.monotonic() - self._began
        # A process that is just ending may be missing here and not yet be told of by its parent.
        time.sleep(0.03)
        measured, postgres, load, busy = (after - before for after, before in zip(self._groups(), self._before))
        self.cost = Cost(seconds, measured, postgres, load, max(0.0, busy - measured - postgres - load))
        return self.cost


def resident_kilobytes(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))
