# SPDX-License-Identifier: Apache-2.0
"""What Postgres does without us: pgbench with our scripts, and COPY."""

import os
import re
import subprocess

from core.processor import Meter
from core.suite import FOLDER

DATABASE = "yardstick"


class Yardsticks:
    """A database of their own in the suite's cluster, so that both share its settings and its disk."""

    def __init__(self, suite):
        self.suite = suite
        self.environment = {**suite.database_environment, "PGDATABASE": DATABASE}
        suite.make_database(DATABASE)

    def _run(self, *command, stdin=None):
        done = subprocess.run(command, env=self.environment, input=stdin, capture_output=True, text=True, cwd="/")
        if done.returncode:
            raise RuntimeError(f"{command[0]} failed: {done.stderr[-800:]}")
        return done.stdout

    def make_tpcb(self, scale=20):
        self._run("pgbench", "-i", "-q", "-s", str(scale))

    def _pgbench(self, seconds, clients, *options):
        meter = Meter((), self.suite.postmaster)
        with meter:
            text = self._run("pgbench", "-n", "-c", str(clients), "-j", "2", "-M", "prepared", "-T", str(seconds), *options)
        rate = float(re.search(r"tps = ([0-9.]+) \(without", text).group(1))
        transactions = int(re.search(r"transactions actually processed: (\d+)", text).group(1))
        return rate, transactions, meter.cost

    def _script(self, figures, name, unit, script, clients, seconds, times=1, against=None, options=()):
        self.reset()
        rate, count, cost = self._pgbench(seconds, clients, "-f", f"{FOLDER}/sql/{script}", *options)
        figures.rate(name, unit, count * times, cost, against, seconds=count / rate)
        return rate * times

    def own_inserts(self, figures, name, statement, database, clients, seconds, unit="rows/s"):
        """pgbench with one statement of the caller's."""
        path = f"{self.suite.home}/insert.sql"
        with open(path, "w", encoding="utf-8") as file:
            file.write(statement + ";\n")
        rate, count, cost = self._pgbench(seconds, clients, "-f", path, database)
        figures.rate(name, unit, count, cost, seconds=count / rate)

    def reset(self):
        self._run("psql", "-X", "-q", "-f", f"{FOLDER}/sql/schema.sql")

    def tpcb(self, figures, seconds, clients=16):
        rate, count, cost = self._pgbench(seconds, clients)
        figures.rate(f"pgbench TPC-B, {clients} clients", "tx/s", count, cost, seconds=count / rate)

    def inserts(self, figures, seconds, clients=32, name=None):
        name = name or f"single inserts, {clients} clients"
        self._script(figures, name, "rows/s", "ins1.sql", clients, seconds)
        return name

    def life(self, figures, seconds, clients=(8, 32)):
        """The better of two numbers of clients in this round, which is what a life is measured against."""
        rates = [self._script(figures, f"raw life, {count} clients", "tasks/s", "lifeev.sql", count, seconds)
                 for count in clients]
        figures.note("raw life", "tasks/s", max(rates))
        return "raw life"

    def batched_life(self, figures, seconds, batch=100, clients=2, against="raw life"):
        name = f"raw life by {batch}, {clients} clients"
        self._script(figures, name, "tasks/s", "lifeevb.sql", clients, seconds, batch, against, ("-D", f"n={batch}"))

    def copy(self, figures, rows=100_000, against=None):
        """One connection, a thousand rows a transaction, each like one of ins1.sql."""
        self.reset()
        with open(f"{FOLDER}/sql/ins1.sql", encoding="utf-8") as file:
            payload = re.search(r"'(\{.*\})'", file.read()).group(1)
        name = "COPY, 1,000 rows a transaction, 1 connection"
        self.copy_into(figures, name, DATABASE, "ev(payload)", [[payload] * 1000] * (rows // 1000), against=against)
        return name

    def copy_into(self, figures, name, database, table, blocks, unit="rows/s", against=None):
        """Each block of lines, in the text format of COPY, in a transaction of its own."""
        path, rows = f"{self.suite.home}/copy.sql", 0
        with open(path, "w", encoding="utf-8") as file:
            for lines in blocks:
                file.write(f"COPY {table} FROM STDIN;\n" + "\n".join(lines) + "\n\\.\n")
                rows += len(lines)
        meter = Meter((), self.suite.postmaster)
        with meter:
            self._run("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", database, "-f", path)
        os.unlink(path)
        figures.rate(name, unit, rows, meter.cost, against)
