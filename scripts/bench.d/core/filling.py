# SPDX-License-Identifier: Apache-2.0
"""Millions of task lives, made by the database itself from some that were really lived.

Every table that has rows of the lives that were lived gets rows that differ from these in identifiers, places, times and
hashes only, whatever columns it has: a schema that changes needs nothing here. What is filled is marked by `filled-N` as its
correlation and by the comment of the database. Its hashes are random bytes, so the chain of such a database does not verify.

Identifiers ascend with time, and an index whose new keys come last has full pages where one that gets them in its middle has
half-empty ones. So all that is filled is placed, in order, between the end of what was lived and now.
"""

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ROOMS = 50
CHUNK = 2000
EVENTS_OF_A_BLOCK = 20

PREPARE = """
CREATE SCHEMA bench;
CREATE FUNCTION bench.id(old text, life bigint, at text) RETURNS text LANGUAGE sql IMMUTABLE AS
    $$ SELECT left(old, strpos(old, '_')) || at || upper(lpad(to_hex(life), 8, '0') || left(md5(old || life), 8)) $$;
CREATE FUNCTION bench.id(old uuid, life bigint, ms bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
    $$ SELECT (lpad(to_hex(ms), 12, '0') || '7' || left(hash, 3) || '8' || substr(hash, 4, 15))::uuid
       FROM (SELECT lpad(to_hex(life), 9, '0') || left(md5(old::text || life), 9) AS hash) AS hashes $$;
CREATE FUNCTION bench.bytes(old bytea, life bigint) RETURNS bytea LANGUAGE sql IMMUTABLE AS
    $$ SELECT substr(sha256(old || int8send(life)), 1, length(old)) $$;
CREATE FUNCTION bench.at(ms bigint) RETURNS text LANGUAGE sql IMMUTABLE AS
    $$ SELECT {digits} $$;
CREATE TABLE bench.lives AS
    SELECT task_id, row_number() OVER (ORDER BY task_id) - 1 AS number, created_at
    FROM orchestrator.proj_tasks WHERE room_id = '{room}';
ALTER TABLE bench.lives ADD PRIMARY KEY (task_id);
"""


class Filling:
    """Of a suite whose orchestrator is stopped. What was lived is all that is in `room`."""

    def __init__(self, suite, room, rooms):
        self.suite, self.rooms = suite, rooms
        digits = " || ".join(f"substr('{ALPHABET}', ((ms >> {shift}) & 31)::int + 1, 1)" for shift in range(45, -1, -5))
        for statement in PREPARE.format(digits=digits, room=room).strip().split(";\n"):
            suite.sql(statement)
        self.count = suite.value("SELECT count(*) FROM bench.lives")
        self.tables = self._templates()
        self.events = suite.value("SELECT count(*) FROM bench.evt_events")
        self.workspace, self.position, self.block = suite.sql(
            "SELECT workspace_id, position, block FROM orchestrator.evt_workspace_heads")[0]
        self.heads = dict(suite.sql("SELECT stream_id, stream_seq FROM orchestrator.evt_stream_heads WHERE stream_id = ANY(%s)",
                                    rooms))
        if len(self.heads) < len(rooms):
            raise RuntimeError("a room that is to be filled has no head")

    def _templates(self):
        """A copy of the rows of the lives that were lived, table by table, with its columns."""
        names = [row[0] for row in self.suite.sql(
            "SELECT table_name FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name) "
            "WHERE table_schema = 'orchestrator' AND column_name = 'task_id' AND table_type = 'BASE TABLE' ORDER BY 1")]
        tables = {}
        for name in names:
            order = "position" if name == "evt_events" else "task_id"
            self.suite.sql(f"CREATE TABLE bench.{name} AS SELECT t.*, l.number AS bench_life, l.created_at AS bench_created, "
                           f"row_number() OVER (ORDER BY t.{order}) - 1 AS bench_offset "
                           f"FROM orchestrator.{name} AS t JOIN bench.lives AS l USING (task_id)")
            if not self.suite.value(f"SELECT count(*) FROM bench.{name}"):
                continue
            self.suite.sql(f"CREATE INDEX ON bench.{name} (bench_life)")
            self.suite.sql(f"ANALYZE bench.{name}")
            tables[name] = self.suite.sql(
                "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'orchestrator' "
                "AND table_name = %s AND is_generated = 'NEVER' ORDER BY ordinal_position", name)
        return tables

    def _expression(self, table, column, kind):
        place = "life.cycle * %(events)s + t.bench_offset + 1"
        special = {
            "position": f"%(position)s + {place}",
            # A room gets every fiftieth cycle.
            "stream_seq": f"life.head + life.cycle / {len(self.rooms)} * %(events)s + t.bench_offset + 1",
            "room_id": "life.room",
            "stream_id": "CASE WHEN t.stream_type = 'room' THEN life.room ELSE t.stream_id END",
            "correlation_id": "'filled-' || life.number / 100",
            "trace_id": "md5(t.trace_id || life.number)",
            "event_id": "bench.id(t.event_id, life.number, life.ms)",
            "causation_id": "bench.id(t.causation_id, life.number, life.ms)",
        }
        if column in special:
            return special[column]
        # One session of a worker has many runs.
        if column.endswith("_id") and kind == "text" and column not in ("workspace_id", "worker_session_id"):
            return f"bench.id(t.{column}, life.number, life.at)"
        if kind == "timestamp with time zone":
            return f"t.{column} - t.bench_created + life.time"
        if kind == "bytea" and column not in ("body", "blob_hash"):
            return f"bench.bytes(t.{column}, life.number)"
        return f"t.{column}"

    def _statements(self):
        for table, columns in self.tables.items():
            names = ", ".join(f'"{column}"' for column, _ in columns)
            values = ", ".join(self._expression(table, column, kind) for column, kind in columns)
            order = "ORDER BY life.number, t.position" if table == "evt_events" else "ORDER BY life.number"
            yield f"""
                INSERT INTO orchestrator.{table} ({names})
                SELECT {values} FROM bench.chunk AS life JOIN bench.{table} AS t ON t.bench_life = life.template {order}"""

    def fill(self, lives, report):
        """So many lives; answers how many it were, whole cycles of those that were lived."""
        cycles = lives // self.count
        if cycles == 0:
            raise RuntimeError(f"fewer than {self.count} lives cannot be filled")
        first, last = self.suite.sql(
            "SELECT (extract(epoch FROM max(finished_at)) * 1000)::bigint + 1, (extract(epoch FROM now()) * 1000)::bigint "
            "FROM orchestrator.proj_tasks")[0]
        spacing = max(0, last - first) / (cycles * self.count)
        statements = list(self._statements())
        step = max(1, CHUNK // self.count)
        # One writer in the order of time, as the group commit is one: pages of indexes are as full as they get in real life.
        with self.suite.connect() as connection:
            connection.execute("SET synchronous_commit = off")
            for number, begin in enumerate(range(0, cycles, step)):
                self._chunk(connection, statements, begin, min(begin + step, cycles), first, spacing)
                if number % 50 == 49:
                    report((begin + step) * self.count)
        self._settle(cycles)
        return cycles * self.count

    def _chunk(self, connection, statements, begin, end, first, spacing):
        with connection.transaction():
            connection.execute("DROP TABLE IF EXISTS pg_temp.chunk")
            # The template's number is the life's place in its cycle; a cycle's events are in one room.
            connection.execute(
                f"""CREATE TEMPORARY TABLE chunk AS
                SELECT number, number / {self.count} AS cycle, number %% {self.count} AS template, ms, bench.at(ms) AS at,
                    to_timestamp(ms / 1000.0) AS time, room, head
                FROM (SELECT number, (%(first)s + number * %(spacing)s::float8)::bigint AS ms,
                        number / {self.count} %% {len(self.rooms)} AS line
                    FROM generate_series({begin * self.count}::bigint, {end * self.count - 1}) AS number) AS numbers
                JOIN unnest(%(rooms)s::text[], %(heads)s::bigint[]) WITH ORDINALITY AS rooms(room, head, place)
                    ON place = line + 1""",
                {"first": first, "spacing": spacing, "rooms": self.rooms, "heads": [self.heads[room] for room in self.rooms]})
            connection.execute("ANALYZE chunk")
            for statement in statements:
                connection.execute(statement.replace("bench.chunk", "pg_temp.chunk"),
                                   {"events": self.events, "position": self.position})

    def _settle(self, cycles):
        """Heads, blocks and counts follow from what was filled."""
        sql, events = self.suite.sql, cycles * self.events
        for number, room in enumerate(self.rooms):
            own = (cycles - number + len(self.rooms) - 1) // len(self.rooms)
            sql("UPDATE orchestrator.evt_stream_heads SET stream_seq = stream_seq + %s WHERE stream_id = %s",
                own * self.events, room)
        size = EVENTS_OF_A_BLOCK
        blocks = (events + size - 1) // size
        sql(f"""INSERT INTO orchestrator.evt_blocks (workspace_id, block, first_position, last_position, root, chain)
            SELECT %s, %s + n, %s + (n - 1) * {size} + 1, %s + least(n * {size}, %s),
                sha256(int8send(n)), sha256(int8send(-n)) FROM generate_series(1, %s::bigint) AS n""",
            self.workspace, self.block, self.position, self.position, events, blocks)
        sql("UPDATE orchestrator.evt_workspace_heads SET position = position + %s, block = block + %s, chain = sha256(int8send(-%s))",
            events, blocks, blocks)
        sql(f"""UPDATE orchestrator.proj_pipeline SET
            done = done + %s * (SELECT count(*) FROM bench.proj_tasks WHERE status <> 'failed'),
            failed = failed + %s * (SELECT count(*) FROM bench.proj_tasks WHERE status = 'failed')""", cycles, cycles)
        sql("COMMENT ON DATABASE tutti IS 'filled by scripts/bench: what is marked filled-N was never lived, and no chain verifies'")
        sql("VACUUM (ANALYZE)")
