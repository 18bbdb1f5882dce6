// SPDX-License-Identifier: Apache-2.0

import Postgres

/// What blueprints were planned and applied: fingerprints of values, never values.
let m0001Blueprints = Migration(
    number: 1, name: "blueprints",
    sql: #"""
        -- What is ours on Render, by the name of the blueprint that made it so.
        CREATE TABLE applied_resources (
            owner_id text COLLATE "C" NOT NULL,
            blueprint text COLLATE "C" NOT NULL,
            address text COLLATE "C" NOT NULL,
            resource_id text COLLATE "C" NOT NULL,
            recorded_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT applied_resources_pkey PRIMARY KEY (owner_id, blueprint, address)
        );
        CREATE INDEX applied_resources_by_id ON applied_resources (resource_id, recorded_at);
        CREATE TABLE applied_fields (
            owner_id text COLLATE "C" NOT NULL,
            blueprint text COLLATE "C" NOT NULL,
            address text COLLATE "C" NOT NULL,
            path text COLLATE "C" NOT NULL,
            fingerprint text COLLATE "C" NOT NULL,
            recorded_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT applied_fields_pkey PRIMARY KEY (owner_id, blueprint, address, path),
            CONSTRAINT applied_fields_of_a_resource FOREIGN KEY (owner_id, blueprint, address)
                REFERENCES applied_resources (owner_id, blueprint, address) ON DELETE CASCADE
        );

        -- Plans with the blueprint that they were made from, without the values that people entered.
        CREATE TABLE plans (
            plan_id text COLLATE "C" NOT NULL,
            number bigint GENERATED ALWAYS AS IDENTITY,
            owner_id text COLLATE "C" NOT NULL,
            blueprint text COLLATE "C" NOT NULL,
            principal text NOT NULL,
            outcome text COLLATE "C" NOT NULL,
            source text NOT NULL,
            options jsonb NOT NULL,
            document text NOT NULL,
            created_at timestamptz NOT NULL,
            CONSTRAINT plans_pkey PRIMARY KEY (plan_id),
            CONSTRAINT plans_one_per_number UNIQUE (number),
            CONSTRAINT plans_known_outcome CHECK (outcome IN ('clean', 'changes', 'drift', 'blocked')),
            CONSTRAINT plans_bounded CHECK (octet_length(source) <= 4194304 AND octet_length(document) <= 33554432)
        );
        CREATE INDEX plans_by_blueprint ON plans (blueprint, number);

        CREATE TABLE applies (
            apply_id text COLLATE "C" NOT NULL,
            number bigint GENERATED ALWAYS AS IDENTITY,
            plan_id text COLLATE "C" NOT NULL,
            owner_id text COLLATE "C" NOT NULL,
            blueprint text COLLATE "C" NOT NULL,
            principal text NOT NULL,
            status text COLLATE "C" NOT NULL DEFAULT 'running',
            message text,
            started_at timestamptz NOT NULL,
            ended_at timestamptz,
            CONSTRAINT applies_pkey PRIMARY KEY (apply_id),
            CONSTRAINT applies_one_per_number UNIQUE (number),
            CONSTRAINT applies_of_a_plan FOREIGN KEY (plan_id) REFERENCES plans (plan_id),
            CONSTRAINT applies_known_status CHECK (status IN ('running', 'succeeded', 'failed', 'abandoned')),
            CONSTRAINT applies_ended_or_running CHECK ((status = 'running') = (ended_at IS NULL))
        );
        CREATE INDEX applies_running ON applies (owner_id, blueprint, number) WHERE status = 'running';
        CREATE INDEX applies_by_blueprint ON applies (blueprint, number);
        CREATE INDEX applies_by_owner ON applies (owner_id, blueprint, number);
        CREATE INDEX applies_by_plan ON applies (plan_id);

        -- Written before and after everything that an apply does.
        CREATE TABLE apply_steps (
            apply_id text COLLATE "C" NOT NULL,
            step text COLLATE "C" NOT NULL,
            number bigint GENERATED ALWAYS AS IDENTITY,
            resource text COLLATE "C" NOT NULL,
            state text COLLATE "C" NOT NULL DEFAULT 'begun',
            fence bigint NOT NULL,
            detail jsonb NOT NULL,
            result jsonb,
            message text,
            because text COLLATE "C",
            begun_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            ended_at timestamptz,
            CONSTRAINT apply_steps_pkey PRIMARY KEY (apply_id, step),
            CONSTRAINT apply_steps_of_an_apply FOREIGN KEY (apply_id) REFERENCES applies (apply_id) ON DELETE CASCADE,
            CONSTRAINT apply_steps_known_state CHECK (state IN ('begun', 'done', 'failed', 'skipped')),
            CONSTRAINT apply_steps_ended_or_begun CHECK ((state = 'begun') = (ended_at IS NULL)),
            CONSTRAINT apply_steps_say_why CHECK (
                (state = 'failed') = (message IS NOT NULL) AND (state = 'skipped') = (because IS NOT NULL)
                AND (state = 'done') = (result IS NOT NULL))
        );

        -- One holder at a time. Fences come from a sequence, so that they grow also over a row that was deleted.
        CREATE SEQUENCE lock_fences AS bigint;
        CREATE TABLE locks (
            name text COLLATE "C" NOT NULL,
            holder text NOT NULL,
            fence bigint NOT NULL,
            expires_at timestamptz NOT NULL,
            CONSTRAINT locks_pkey PRIMARY KEY (name)
        );

        -- Secrets of this installation that no operator has to know: the key that fingerprints are made under.
        CREATE TABLE installation_keys (
            name text COLLATE "C" NOT NULL,
            secret bytea NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT installation_keys_pkey PRIMARY KEY (name),
            CONSTRAINT installation_keys_long_enough CHECK (octet_length(secret) = 32)
        );

        GRANT SELECT, INSERT, UPDATE, DELETE ON applied_resources, applied_fields, locks TO tutti_renderctl_app;
        GRANT SELECT, INSERT, DELETE ON plans TO tutti_renderctl_app;
        GRANT SELECT, INSERT, DELETE, UPDATE (status, message, ended_at) ON applies TO tutti_renderctl_app;
        GRANT SELECT, INSERT, DELETE, UPDATE (state, fence, result, message, because, ended_at) ON apply_steps
            TO tutti_renderctl_app;
        GRANT SELECT, INSERT ON installation_keys TO tutti_renderctl_app;
        GRANT USAGE ON SEQUENCE lock_fences TO tutti_renderctl_app;
        """#)
