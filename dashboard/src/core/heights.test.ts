// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import test from "node:test";
import { createHeights } from "./heights";

test("rows that are alike lie where they would", () => {
    const heights = createHeights(1000, 20);
    assert.equal(heights.total, 20_000);
    assert.equal(heights.offset(37), 740);
    assert.deepEqual([0, 19, 20, 399, 400].map(heights.rowAt), [0, 0, 1, 19, 20]);
});

test("a measured row moves those behind it", () => {
    const heights = createHeights(10, 20);
    assert.equal(heights.set(3, 100), 80);
    assert.equal(heights.set(3, 100), 0);
    assert.equal(heights.set(5, 10), -10);
    assert.equal(heights.offset(3), 60);
    assert.equal(heights.offset(4), 160);
    assert.equal(heights.offset(6), 190);
    assert.equal(heights.total, 270);
    assert.equal(heights.height(3), 100);
    assert.deepEqual([59, 60, 159, 160, 189, 190].map(heights.rowAt), [2, 3, 3, 4, 5, 6]);
});

test("beyond the ends are the first and the last row", () => {
    const heights = createHeights(7, 10);
    assert.deepEqual([-5, 70, 1e9].map(heights.rowAt), [0, 6, 6]);
    assert.equal(heights.offset(99), 70);
    assert.equal(heights.set(7, 50), 0);
    const nothing = createHeights(0, 10);
    assert.equal(nothing.total, 0);
    assert.equal(nothing.rowAt(5), 0);
});

test("sums agree with adding up, whatever was measured", () => {
    const count = 213;
    const heights = createHeights(count, 17);
    const plain = Array.from({ length: count }, () => 17);
    for (let turn = 0; turn < 500; turn += 1) {
        const row = (turn * 7919) % count;
        const height = 5 + ((turn * 104_729) % 90);
        heights.set(row, height);
        plain[row] = height;
    }
    let at = 0;
    for (const [row, height] of plain.entries()) {
        assert.equal(heights.offset(row), at);
        assert.equal(heights.rowAt(at), row);
        assert.equal(heights.rowAt(at + height - 1), row);
        at += height;
    }
    assert.equal(heights.total, at);
});
