// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import test from "node:test";
import type { LogFrame } from "../../gen/orchestrator";
import type { LogListState } from "./list";
import { inOneLine, ndjson, type Row, rowsOf } from "./rows";

const frame = (id: number): LogFrame => ({
    id,
    time: "2026-01-01T00:00:00Z",
    received_at: "2026-01-01T00:00:00Z",
    level: "info",
    service: "a",
    message: "line " + id,
    trace_id: null,
    correlation_id: null,
    fields: { n: id },
});
const around = (anchor: number, ids: readonly number[]) => {
    const end = { next: null, isReading: false, error: null, rests: null };
    const list: LogListState = {
        frames: ids.map(frame),
        status: "ready",
        error: null,
        older: end,
        newer: end,
        oldestKept: 1,
        arrived: 0,
    };
    return { anchor, list };
};
const told = (rows: readonly Row[]): string =>
    rows.map((row) => row.is === "line" ? (row.isAround ? "(" + row.frame.id + ")" : row.frame.id) : row.key).join(" ");

test("lines stand in the order asked for, and stay the same rows", () => {
    const frames = [1, 2, 3].map(frame);
    assert.equal(told(rowsOf(frames, [], new Set(), "newest")), "3 2 1");
    const rows = rowsOf(frames, [], new Set(), "oldest");
    assert.equal(told(rows), "1 2 3");
    assert.equal(rowsOf(frames, [], new Set(), "newest")[2], rows[0]);
});

test("the surroundings of a line stand among the others, each once, with what brings more of them", () => {
    const frames = [2, 5, 9].map(frame);
    const rows = rowsOf(frames, [around(5, [3, 4, 5, 6, 7])], new Set(), "oldest");
    assert.equal(told(rows), "2 older5 (3) (4) 5 (6) (7) newer5 9");
    assert.equal(
        told(rowsOf(frames, [around(5, [3, 4, 5, 6, 7])], new Set(), "newest")),
        "9 newer5 (7) (6) 5 (4) (3) older5 2",
    );
});

test("surroundings that overlap are one", () => {
    const frames = [2, 5].map(frame);
    const rows = rowsOf(frames, [around(2, [1, 2, 3, 4]), around(5, [4, 5, 6])], new Set(), "oldest");
    assert.equal(told(rows), "older2 (1) 2 (3) older5 (4) newer2 5 (6) newer5");
});

test("the fields of an open line stand below it, in either order", () => {
    const frames = [1, 2].map(frame);
    assert.equal(told(rowsOf(frames, [], new Set([2]), "oldest")), "1 2 f2");
    assert.equal(told(rowsOf(frames, [], new Set([2]), "newest")), "2 f2 1");
});

test("lines are written out whole", () => {
    assert.equal(ndjson([1, 2].map(frame)).split("\n").length, 3);
    assert.deepEqual(JSON.parse(ndjson([frame(1)])), frame(1));
    assert.equal(inOneLine(frame(3)), '2026-01-01T00:00:00Z info a line 3 {"n":3}');
});
