// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import test from "node:test";
import { type Bucket, bucketAt, chosen, largest, linePath, moved, stacked } from "./chart";

const buckets: readonly Bucket[] = [
    { start: 0, end: 10, values: [1, 2] },
    { start: 10, end: 20, values: [null, 4] },
    { start: 20, end: 30, values: [3, null] },
];

test("values are stacked, and what is missing takes no room", () => {
    assert.deepEqual(stacked([1, null, 2]), [[0, 1], [1, 1], [1, 3]]);
    assert.equal(largest(buckets, true), 4);
    assert.equal(largest(buckets, false), 4);
    assert.equal(largest([{ start: 0, end: 1, values: [3, 3] }], true), 6);
    assert.equal(largest([], true), 0);
});

test("a line stops where there is nothing", () => {
    assert.equal(linePath([[0, 1], [1, 2], null, [3, 4], [4, 5]]), "M0 1L1 2M3 4L4 5");
    assert.equal(linePath([null, [5, 1], null]), "M3 1H7");
    assert.equal(linePath([]), "");
});

test("a moment is in the bucket that begins before it", () => {
    assert.deepEqual([-5, 0, 9, 10, 29, 99].map((time) => bucketAt(buckets, time)), [0, 0, 0, 1, 2, 2]);
    assert.equal(bucketAt([], 3), null);
});

test("arrows begin at the end they come from, and stop at the ends", () => {
    assert.deepEqual(moved("ArrowLeft", false, null, 3), { is: "spot", spot: { at: 2, from: null } });
    assert.deepEqual(moved("ArrowRight", false, null, 3), { is: "spot", spot: { at: 0, from: null } });
    assert.deepEqual(moved("ArrowRight", false, { at: 2, from: null }, 3), { is: "spot", spot: { at: 2, from: null } });
    assert.deepEqual(moved("Home", false, { at: 2, from: null }, 3), { is: "spot", spot: { at: 0, from: null } });
    assert.deepEqual(moved("PageUp", false, { at: 0, from: null }, 30), { is: "spot", spot: { at: 10, from: null } });
});

test("with Shift a range is chosen, from where somebody stands", () => {
    const first = moved("ArrowLeft", true, { at: 5, from: null }, 9);
    assert.deepEqual(first, { is: "spot", spot: { at: 4, from: 5 } });
    assert.deepEqual(moved("ArrowLeft", true, { at: 4, from: 5 }, 9), { is: "spot", spot: { at: 3, from: 5 } });
    assert.deepEqual(chosen({ at: 3, from: 5 }), [3, 5]);
    assert.deepEqual(moved("ArrowLeft", false, { at: 3, from: 5 }, 9), { is: "spot", spot: { at: 2, from: null } });
});

test("Enter takes, Escape leaves, other keys are not the chart's", () => {
    assert.deepEqual(moved("Enter", false, { at: 1, from: null }, 3), { is: "take" });
    assert.equal(moved("Enter", false, null, 3), null);
    assert.deepEqual(moved("Escape", false, { at: 1, from: null }, 3), { is: "leave" });
    assert.equal(moved("a", false, null, 3), null);
    assert.equal(moved("ArrowLeft", false, null, 0), null);
});
