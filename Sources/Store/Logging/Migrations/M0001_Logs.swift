// SPDX-License-Identifier: Apache-2.0

import Postgres

/// Log frames in partitions of a day each, and the head that numbers them.
let m0001Logs = Migration(
    number: 1, name: "logs",
    sql: #"""
        -- One row, locked by every writer until its commit: ids are gapless and in commit order.
        CREATE TABLE log_head (
            singleton boolean NOT NULL DEFAULT true,
            log_id bigint NOT NULL,
            received_at timestamptz NOT NULL,
            CONSTRAINT log_head_pkey PRIMARY KEY (singleton),
            CONSTRAINT log_head_only_one CHECK (singleton),
            CONSTRAINT log_head_never_negative CHECK (log_id >= 0)
        ) WITH (fillfactor = 20);
        INSERT INTO log_head (log_id, received_at) VALUES (0, clock_timestamp());

        -- received_at is the server's clock and rises with log_id, so a day is a range of ids as well.
        -- fields is json, not jsonb: it is never searched, costs less to store, and comes back as it was sent.
        CREATE TABLE logs (
            log_id bigint NOT NULL,
            received_at timestamptz NOT NULL,
            time timestamptz NOT NULL,
            level smallint NOT NULL,
            service text COLLATE "C" NOT NULL,
            message text NOT NULL,
            trace_id text COLLATE "C",
            correlation_id text COLLATE "C",
            fields json,
            CONSTRAINT logs_pkey PRIMARY KEY (log_id, received_at),
            CONSTRAINT logs_known_level CHECK (level BETWEEN 0 AND 6)
        ) PARTITION BY RANGE (received_at);
        -- All frames of a batch share their received_at, which makes this index tiny.
        CREATE INDEX logs_received_at ON logs (received_at);
        CREATE INDEX logs_service ON logs (service, log_id);
        CREATE INDEX logs_trace ON logs (trace_id, log_id) WHERE trace_id IS NOT NULL;
        CREATE INDEX logs_correlation ON logs (correlation_id, log_id) WHERE correlation_id IS NOT NULL;

        -- The partitions that there are, by day in UTC.
        CREATE FUNCTION log_partitions() RETURNS TABLE (day date, partition regclass)
            LANGUAGE sql STABLE SET search_path = logging, pg_temp AS $$
            SELECT to_date(substr(child.relname, 6), 'YYYYMMDD'), child.oid::regclass
            FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
            WHERE inhparent = 'logging.logs'::regclass AND child.relname ~ '^logs_[0-9]{8}$'
        $$;

        -- Makes the partitions of `days` days from `first` on, where missing, and says how many it made. The running role
        -- owns nothing; these functions are all it can do to the table, so they check what they are asked for.
        CREATE FUNCTION make_log_partitions(first date, days integer) RETURNS integer
            LANGUAGE plpgsql SECURITY DEFINER SET search_path = logging, pg_temp AS $$
        DECLARE
            today date := (clock_timestamp() AT TIME ZONE 'UTC')::date;
            day date;
            name text;
            made integer := 0;
        BEGIN
            IF first < today - 1 OR days NOT BETWEEN 1 AND 32 OR first + days > today + 33 THEN
                RAISE EXCEPTION 'partitions are made for yesterday to 32 days ahead only'
                    USING ERRCODE = 'invalid_parameter_value';
            END IF;
            PERFORM pg_advisory_xact_lock(hashtextextended('logging.logs partitions', 0));
            FOR day IN SELECT first + step FROM generate_series(0, days - 1) AS step LOOP
                name := 'logs_' || to_char(day, 'YYYYMMDD');
                CONTINUE WHEN to_regclass('logging.' || name) IS NOT NULL;
                -- Made apart and then attached: CREATE … PARTITION OF would lock writers and readers out.
                EXECUTE format('CREATE TABLE %I (LIKE logs INCLUDING CONSTRAINTS INCLUDING STORAGE)', name);
                EXECUTE format(
                    'ALTER TABLE logs ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name,
                    to_char(day, 'YYYY-MM-DD') || ' 00:00:00+00', to_char(day + 1, 'YYYY-MM-DD') || ' 00:00:00+00');
                made := made + 1;
            END LOOP;
            RETURN made;
        END $$;

        -- Drops the oldest partition if it is of a day before `before`, and says which day that was, or NULL when there
        -- was none. Waits only shortly for readers and writers, since others would queue up behind it.
        CREATE FUNCTION drop_oldest_log_partition(before date) RETURNS date
            LANGUAGE plpgsql SECURITY DEFINER SET search_path = logging, pg_temp SET lock_timeout = '500ms' AS $$
        DECLARE
            oldest record;
        BEGIN
            IF before > (clock_timestamp() AT TIME ZONE 'UTC')::date THEN
                RAISE EXCEPTION 'partitions of today and later days are not dropped'
                    USING ERRCODE = 'invalid_parameter_value';
            END IF;
            PERFORM pg_advisory_xact_lock(hashtextextended('logging.logs partitions', 0));
            SELECT day, partition INTO oldest FROM log_partitions() WHERE day < before ORDER BY day LIMIT 1;
            IF NOT FOUND THEN
                RETURN NULL;
            END IF;
            EXECUTE format('DROP TABLE %s', oldest.partition);
            RETURN oldest.day;
        END $$;

        REVOKE ALL ON FUNCTION make_log_partitions(date, integer), drop_oldest_log_partition(date) FROM PUBLIC;
        GRANT EXECUTE ON FUNCTION make_log_partitions(date, integer), drop_oldest_log_partition(date)
            TO tutti_logging_app;
        GRANT SELECT, INSERT ON logs TO tutti_logging_app;
        GRANT SELECT, UPDATE ON log_head TO tutti_logging_app;
        """#)
