// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import test from "node:test";
import type { TaskUpdate } from "../../gen/live";
import type { TaskRow } from "../../gen/orchestrator";
import { created, lastOfEach, updated } from "./news";

const row = {
    id: "task_1",
    status: "queued",
    version: 1,
    run_id: "run_1",
    error: null,
    finished_at: null,
    updated_at: "2026-01-01T00:00:00Z",
} as TaskRow;
const news = (status: TaskUpdate["status"], version: number | null, more: Partial<TaskUpdate> = {}): TaskUpdate =>
    ({
        task_id: "task_1",
        event_type: "run.x",
        status,
        version,
        run_id: null,
        occurred_at: "2026-01-01T00:00:09Z",
        ...more,
    }) as TaskUpdate;

test("an update changes its row, the last one of several", () => {
    const found = updated(row, lastOfEach([news("running", 2, { run_id: "run_2" }), news("completed", 3)]));
    assert.equal(found.status, "completed");
    assert.equal(found.version, 3);
    assert.equal(found.finished_at, "2026-01-01T00:00:09Z");
    assert.equal(found.run_id, "run_1");
});

test("an update that is older than the row changes nothing, nor does a redacted one", () => {
    assert.equal(updated({ ...row, version: 5 }, lastOfEach([news("failed", 4)])).status, "queued");
    assert.equal(updated(row, lastOfEach([news(null, null)])), row);
    assert.equal(updated({ ...row, id: "task_2" }, lastOfEach([news("failed", 4)])).status, "queued");
});

test("new tasks are counted", () => {
    assert.equal(created([news("queued", 1, { event_type: "task.created" }), news("running", 2)]), 1);
});
