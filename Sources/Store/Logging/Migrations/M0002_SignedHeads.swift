// SPDX-License-Identifier: Apache-2.0

import Postgres

/// Our copy of the heads of the event chains.
let m0002SignedHeads = Migration(
    number: 2, name: "signed_heads",
    sql: #"""
        CREATE TABLE signed_heads (
            workspace_id text COLLATE "C" NOT NULL,
            block bigint NOT NULL,
            position bigint NOT NULL,
            chain bytea NOT NULL,
            signature bytea NOT NULL,
            public_key bytea NOT NULL,
            received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            CONSTRAINT signed_heads_pkey PRIMARY KEY (workspace_id, block),
            CONSTRAINT signed_heads_positive CHECK (block > 0 AND position > 0),
            CONSTRAINT signed_heads_sizes CHECK (
                length(chain) = 32 AND length(signature) = 64 AND length(public_key) = 32)
        );

        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% on % is refused: heads are kept for ever', TG_OP, TG_TABLE_NAME
                USING ERRCODE = 'insufficient_privilege';
        END $$;
        CREATE TRIGGER signed_heads_append_only BEFORE UPDATE OR DELETE ON signed_heads
            FOR EACH ROW EXECUTE FUNCTION refuse_change();
        CREATE TRIGGER signed_heads_no_truncate BEFORE TRUNCATE ON signed_heads
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

        GRANT SELECT, INSERT ON signed_heads TO tutti_logging_app;
        """#)
