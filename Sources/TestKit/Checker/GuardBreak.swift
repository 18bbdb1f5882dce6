// SPDX-License-Identifier: Apache-2.0

package import Postgres
import Testing

/// A way to switch a guard of the kernel off in the database of a test. The kernel stays as it is: rows do not tell it the
/// truth, locks lock nothing, or the server does not do what it said. Whatever the guard is for, the checker must then find.
package struct GuardBreak: Sendable, CustomTestStringConvertible {
    package let name: String
    /// What the checker must find at least.
    package let finds: Set<Finding.Kind>
    /// To be run one after the other by a superuser. Sessions that are open already may not notice before they end.
    package let statements: [SQL]

    package var testDescription: String { name }

    // MARK: The fence of epochs

    /// The holder that a row has had first stays in it, so that a stale worker passes for the living one.
    package static let firstHolderStays = fence(
        "the first holder stays in the row", finds: [.staleEffect, .wrongProjection],
        """
        IF OLD.epoch > 0 THEN
            NEW.epoch := OLD.epoch;
            NEW.worker_session_id := OLD.worker_session_id;
        END IF;
        RETURN NEW;
        """)

    /// The row stays as the first claim left it, its status included, so that a completed run can be completed again.
    package static let firstClaimStays = fence(
        "the row stays as it was claimed first",
        finds: [.staleEffect, .doubleEffect, .illegalTransition, .wrongProjection],
        "IF OLD.epoch > 0 THEN RETURN OLD; END IF; RETURN NEW;")

    /// A run that is given back forgets its epoch, so that the next one has the same number, and keeps its first holder.
    package static let epochsBeginAnew = fence(
        "a run that is given back forgets its epoch", finds: [.twoLiveEpochs],
        """
        IF NEW.status = 'queued' THEN NEW.epoch := 0; END IF;
        IF OLD.worker_session_id IS NOT NULL THEN NEW.worker_session_id := OLD.worker_session_id; END IF;
        RETURN NEW;
        """)

    /// Every way in which a stale worker is heard.
    package static let fences = [firstHolderStays, firstClaimStays, epochsBeginAnew]

    /// With the body of a trigger on updates of `proj_runs`.
    private static func fence(_ name: String, finds: Set<Finding.Kind>, _ body: String) -> GuardBreak {
        GuardBreak(
            name: name, finds: finds,
            statements: [
                """
                CREATE FUNCTION orchestrator.break_fence() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN \(unsafeRaw: body) END $$
                """,
                """
                CREATE TRIGGER break_fence BEFORE UPDATE ON orchestrator.proj_runs
                    FOR EACH ROW EXECUTE FUNCTION orchestrator.break_fence()
                """,
            ])
    }

    // MARK: The commit before the answer

    /// The server says that a transaction is committed while it is in memory only, from where it goes to disk when the
    /// server's writer comes by: what was answered meanwhile is gone with a crash.
    package static let earlyAnswers = GuardBreak(
        name: "commits are answered before they are on disk", finds: [.lostRun],
        statements: ["ALTER ROLE ALL SET synchronous_commit = off"])

    /// Settings of a server whose writer comes by so rarely that a test is sure to crash it before.
    package static let lazyWriter = [
        "wal_writer_delay": "10s", "wal_writer_flush_after": "1GB", "wal_buffers": "16MB", "bgwriter_lru_maxpages": "0",
    ]

    // MARK: The memory of what was done

    /// Nobody finds a command that is committed, so that one whose answer was lost is done again.
    package static let forgottenCommands = GuardBreak(
        name: "committed commands are forgotten", finds: [.doubleEffect],
        statements: [
            "ALTER TABLE orchestrator.command_dedup RENAME TO command_dedup_unseen",
            "ALTER TABLE orchestrator.command_dedup_unseen DROP CONSTRAINT command_dedup_pkey",
            "CREATE VIEW orchestrator.command_dedup AS SELECT * FROM orchestrator.command_dedup_unseen WHERE false",
            "GRANT SELECT, INSERT, DELETE ON orchestrator.command_dedup TO tutti_orchestrator_app",
        ])

    /// Tasks forget the idempotency keys they were made with, so that whoever insists gets another one.
    package static let forgottenKeys = GuardBreak(
        name: "idempotency keys are forgotten", finds: [.doubleEffect],
        statements: [
            """
            CREATE FUNCTION orchestrator.forget_key() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                NEW.idempotency_key := NULL;
                NEW.idempotency_hash := NULL;
                RETURN NEW;
            END $$
            """,
            """
            CREATE TRIGGER forget_key BEFORE INSERT ON orchestrator.proj_tasks
                FOR EACH ROW EXECUTE FUNCTION orchestrator.forget_key()
            """,
        ])

    // MARK: The lock on the heads

    /// The heads of streams and workspaces are read without a lock, and the log takes the same place twice.
    package static let unlockedHeads = GuardBreak(
        name: "the heads are not locked", finds: [.gap],
        statements: unlockStatements(of: "evt_stream_heads") + unlockStatements(of: "evt_workspace_heads") + [
            dropUniqueness(of: "evt_events"), dropUniqueness(of: "evt_blocks"),
        ])

    /// Puts a view in the place of a table. It reads through a function, where a lock that is asked for goes nowhere. Rows are
    /// found again by `ctid`, so the view has one, too.
    private static func unlockStatements(of table: String) -> [SQL] {
        let kept = "\(table)_unlocked"
        return [
            "ALTER TABLE orchestrator.\(identifier: table) RENAME TO \(identifier: kept)",
            """
            CREATE TYPE orchestrator.\(identifier: "placed_" + table) AS (place tid, head orchestrator.\(identifier: kept))
            """,
            """
            CREATE FUNCTION orchestrator.\(identifier: "read_" + table)()
            RETURNS SETOF orchestrator.\(identifier: "placed_" + table) LANGUAGE plpgsql SECURITY DEFINER AS $$
            BEGIN RETURN QUERY SELECT h.ctid, h FROM orchestrator.\(identifier: kept) AS h; END $$
            """,
            """
            CREATE FUNCTION orchestrator.\(identifier: "write_" + table)() RETURNS trigger
            LANGUAGE plpgsql SECURITY DEFINER AS $$
            DECLARE
                kept regclass := 'orchestrator.\(unsafeRaw: kept)';
                members text := (
                    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
                    WHERE attrelid = kept AND attnum > 0 AND NOT attisdropped);
                fresh text := (
                    SELECT string_agg(format('($1).%I', attname), ', ' ORDER BY attnum) FROM pg_attribute
                    WHERE attrelid = kept AND attnum > 0 AND NOT attisdropped);
                same text := (
                    SELECT string_agg(format('t.%1$I = ($2).%1$I', a.attname), ' AND ')
                    FROM pg_index i JOIN pg_attribute a ON a.attrelid = kept AND a.attnum = ANY(i.indkey)
                    WHERE i.indrelid = kept AND i.indisprimary);
            BEGIN
                IF TG_OP = 'INSERT' THEN
                    EXECUTE format('INSERT INTO %s SELECT %s ON CONFLICT DO NOTHING', kept, fresh) USING NEW;
                ELSE
                    EXECUTE format('UPDATE %s AS t SET (%s) = (SELECT %s) WHERE %s', kept, members, fresh, same)
                        USING NEW, OLD;
                END IF;
                RETURN NEW;
            END $$
            """,
            """
            CREATE VIEW orchestrator.\(identifier: table) AS
            SELECT (placed.head).*, placed.place AS ctid FROM orchestrator.\(identifier: "read_" + table)() AS placed
            """,
            """
            CREATE TRIGGER \(identifier: "write_" + table) INSTEAD OF INSERT OR UPDATE ON orchestrator.\(identifier: table)
                FOR EACH ROW EXECUTE FUNCTION orchestrator.\(identifier: "write_" + table)()
            """,
            "GRANT SELECT, INSERT, UPDATE ON orchestrator.\(identifier: table) TO tutti_orchestrator_app",
        ]
    }

    private static func dropUniqueness(of table: String) -> SQL {
        """
        DO $$
        DECLARE
            found record;
        BEGIN
            FOR found IN
                SELECT i.indexrelid::regclass AS index, c.conname AS name
                FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.conrelid = i.indrelid
                WHERE i.indrelid = 'orchestrator.\(unsafeRaw: table)'::regclass AND i.indisunique
            LOOP
                IF found.name IS NULL THEN
                    EXECUTE format('DROP INDEX %s', found.index);
                ELSE
                    EXECUTE format('ALTER TABLE orchestrator.\(unsafeRaw: table) DROP CONSTRAINT %I CASCADE', found.name);
                END IF;
            END LOOP;
        END $$
        """
    }
}
