// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import test from "node:test";
import type { TaskRow } from "../../gen/orchestrator";
import { type Deed, fits, howMany, outcomeWords, reach } from "./bulk";

const all = {
    status: [],
    agent: undefined,
    roomId: undefined,
    label: undefined,
    parentRunId: undefined,
    correlationId: undefined,
    traceId: undefined,
    since: undefined,
    until: undefined,
} as const;

test("a deed reaches what the list shows, and only what it can be done to", () => {
    assert.deepEqual(reach("cancel", { ...all, agent: "echo", correlationId: "x", since: "2026-01-01T00:00:00Z" }), {
        filter: {
            status: ["queued", "scheduled", "running", "waiting"],
            agent: "echo",
            correlation_id: "x",
            since: "2026-01-01T00:00:00Z",
        },
    });
    assert.deepEqual(reach("cancel", { ...all, status: ["running", "failed"] }), { filter: { status: ["running"] } });
    assert.deepEqual(reach("retry", { ...all, status: ["failed"], roomId: "room_1", label: "slow" }), {
        filter: { room_id: "room_1", label: "slow" },
    });
});

test("a filter that a deed does not know makes it impossible, and is never left out", () => {
    for (const deed of ["cancel", "retry", "replay"] as const) {
        assert.equal("reason" in reach(deed, { ...all, traceId: "0".repeat(32) }), true);
    }
    assert.equal("reason" in reach("cancel", { ...all, status: ["completed"] }), true);
    assert.equal("reason" in reach("retry", { ...all, status: ["running"] }), true);
});

test("each deed fits some statuses", () => {
    const can = (status: TaskRow["status"]): readonly Deed[] =>
        (["cancel", "retry", "replay"] as const).filter((deed) => fits(deed, { status } as TaskRow));
    assert.deepEqual(can("running"), ["cancel"]);
    assert.deepEqual(can("failed"), ["retry", "replay"]);
    assert.deepEqual(can("cancelled"), ["retry", "replay"]);
    assert.deepEqual(can("completed"), ["replay"]);
});

test("counts are said as they are", () => {
    assert.equal(howMany({ matched: 1, has_more: false }), "1 task");
    assert.equal(howMany({ matched: 1000, has_more: true }), "the first 1,000 tasks of more");
    assert.equal(
        outcomeWords("cancel", { matched: 3, changed: 2, has_more: false }),
        "2 tasks cancelled. 1 had changed meanwhile.",
    );
    assert.match(outcomeWords("retry", { matched: 1000, changed: 1000, has_more: true }), /do it again/);
});
