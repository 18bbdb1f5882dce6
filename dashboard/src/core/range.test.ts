// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import test from "node:test";
import { lengthOf, rangeWord, timesOf, widened } from "./range";

const NONE = { range: undefined, since: undefined, until: undefined };

test("a range has a length and words", () => {
    assert.deepEqual(["30s", "15m", "6h", "7d", "all", "0h", "h"].map(lengthOf), [
        30_000,
        900_000,
        21_600_000,
        604_800_000,
        null,
        null,
        null,
    ]);
    assert.deepEqual(["1h", "15m", "all"].map(rangeWord), ["Last hour", "Last 15 minutes", "All times"]);
});

test("absolute times go before relative ones, and those before the usual range", () => {
    const since = "2026-01-01T00:00:00.000Z";
    assert.deepEqual(timesOf({ ...NONE, range: "1h", since }, "1h", 5e12), { since: Date.parse(since), until: null });
    assert.deepEqual(timesOf({ ...NONE, range: "15m" }, "1h", 5e12), { since: 5e12 - 900_000, until: null });
    assert.deepEqual(timesOf(NONE, "1h", 5e12), { since: 5e12 - 3_600_000, until: null });
    assert.deepEqual(timesOf({ ...NONE, range: "all" }, "1h", 5e12), { since: null, until: null });
});

test("a wider range does not reach into the future", () => {
    assert.deepEqual(widened(1000, 3000, 9000), { since: 0, until: 4000 });
    assert.deepEqual(widened(1000, 3000, 3500), { since: 0, until: 3500 });
    assert.deepEqual(widened(1000, 3000, 2000), { since: 0, until: 3000 });
});
