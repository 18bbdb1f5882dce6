// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import test from "node:test";
import {
    budgetUsed,
    errorRate,
    errorRates,
    misses,
    perCent,
    seconds,
    percentiles,
    percentilesInWords,
    targetInWords,
    throughput,
    throughputInWords,
} from "./figures";
import type { Analytics, TaskFigures } from "./operations";

const NONE: TaskFigures = {
    created: 0,
    completed: 0,
    failed: 0,
    cancelled: 0,
    ended: 0,
    duration: null,
    wait: null,
    sla: { in_time: 0, share: null },
};
const SOME: TaskFigures = {
    created: 220,
    completed: 190,
    failed: 6,
    cancelled: 4,
    ended: 200,
    duration: { p50: 0.4, p95: 12, p99: 70 },
    wait: { p50: 0.01, p95: 0.2, p99: 3 },
    sla: { in_time: 190, share: 0.95 },
};
const analytics: Analytics = {
    since: "2026-01-01T00:00:00Z",
    until: "2026-01-01T02:00:00Z",
    agent: null,
    sla_seconds: 60,
    complete: true,
    counted_from: null,
    total: SOME,
    buckets: [
        { since: "2026-01-01T00:00:00Z", until: "2026-01-01T01:00:00Z", ...SOME },
        { since: "2026-01-01T01:00:00Z", until: "2026-01-01T02:00:00Z", ...NONE },
    ],
};

test("each part becomes a bucket, and what is not known is no zero", () => {
    assert.deepEqual(throughput(analytics).map((one) => one.values), [[190, 6, 4, 20], [0, 0, 0, 0]]);
    assert.deepEqual(percentiles(analytics, "wait").map((one) => one.values), [[0.01, 0.2, 3], [null, null, null]]);
    assert.deepEqual(errorRates(analytics).map((one) => one.values), [[0.03], [null]]);
    assert.deepEqual(misses(analytics).map((one) => one.values[0]?.toFixed(2)), ["0.05", undefined]);
    assert.equal(throughput(analytics)[1]?.start, Date.parse("2026-01-01T01:00:00Z"));
});

test("shares are as fine as they must be", () => {
    assert.deepEqual([0, 0.00001, 0.005, 0.5, 0.994, 0.99999, 1, 12.345].map(perCent), [
        "0 %",
        "< 0.01 %",
        "0.50 %",
        "50.0 %",
        "99.40 %",
        "> 99.99 %",
        "100 %",
        "1,235 %",
    ]);
});

test("a target leaves room for some tasks, which are used up", () => {
    assert.equal(errorRate(NONE), null);
    assert.equal(budgetUsed(NONE, 0.99), null);
    assert.equal(Math.round((budgetUsed(SOME, 0.9) ?? 0) * 100), 50);
    assert.equal(
        targetInWords(SOME, 60, 0.9),
        "95.0 % completed within 1 min; the target of 90.0 % is met. 10 tasks missed it, " +
            "50.0 % of what the target leaves room for.",
    );
    assert.match(targetInWords(SOME, 60, 0.99), /is missed\. 10 tasks missed it, 500 % of/);
    assert.equal(targetInWords(NONE, 60, 0.99), "No task has ended.");
});

test("captions say the figures", () => {
    assert.equal(
        throughputInWords(SOME, 7_200_000),
        "220 tasks, 2 a minute: 190 completed, 6 failed, 4 cancelled, 20 not ended.",
    );
    assert.match(throughputInWords({ ...SOME, created: 3 }, 7_200_000), /^3 tasks, 1\.5 an hour/);
    assert.equal(percentilesInWords(null, "Nothing."), "Nothing.");
    assert.deepEqual([0, 0.0004, 0.001].map(seconds), ["0 ms", "< 1 ms", "1 ms"]);
    assert.equal(
        percentilesInWords(SOME.duration, ""),
        "Half within 400 ms, 95 of 100 within 12.0 s, 99 within 1 min 10 s.",
    );
});
