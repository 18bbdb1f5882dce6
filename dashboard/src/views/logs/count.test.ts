// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import test from "node:test";
import { bucketsOf, countInWords } from "./count";
import type { LogHistogram, LogHistogramBucket } from "../../gen/orchestrator";

const part = (start: string, counts: Partial<LogHistogramBucket> = {}): LogHistogramBucket => ({
    start,
    trace: 0,
    debug: 0,
    info: 0,
    notice: 0,
    warning: 0,
    error: 0,
    critical: 0,
    ...counts,
});
const having = (...buckets: LogHistogramBucket[]): LogHistogram => ({
    since: "2026-01-01T00:00:00Z",
    until: "2026-01-01T00:01:30Z",
    bucket_seconds: 60,
    buckets,
    scanned: 0,
    complete: true,
    counted_from: null,
    counted_until: null,
});

test("the last bucket ends with the range", () => {
    const found = bucketsOf(having(part("2026-01-01T00:00:00Z", { info: 2 }), part("2026-01-01T00:01:00Z")));
    assert.deepEqual(found.map(({ start, end }) => end - start), [60_000, 30_000]);
    assert.deepEqual(found[0]?.values, [0, 0, 2, 0, 0, 0, 0]);
});

test("the caption tells of trouble first", () => {
    assert.equal(countInWords(having()), "No lines.");
    assert.equal(countInWords(having(part("x", { info: 1 }))), "1 line, no errors and no warnings.");
    assert.equal(
        countInWords(having(part("x", { info: 1200, error: 2, warning: 1 }), part("y", { critical: 1 }))),
        "1,204 lines, 3 errors (1 critical) and 1 warning.",
    );
});
