// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import test from "node:test";
import { linear, niceStep, spanLabel, ticksUpTo, timeLabel, timeTicks } from "./scale";

// The zone of this process, in which "local" is told.
(globalThis as unknown as { process: { env: Record<string, string> } }).process.env["TZ"] = "Europe/Berlin";
const at = (text: string): number => Date.parse(text);

test("a scale leads there and back", () => {
    const scale = linear(10, 20, 100, 0);
    assert.equal(scale.at(10), 100);
    assert.equal(scale.at(17.5), 25);
    assert.equal(scale.value(25), 17.5);
    assert.equal(linear(3, 3, 5, 9).at(3), 5);
});

test("steps are 1, 2 or 5 and zeros", () => {
    assert.deepEqual([7, 10, 12, 30, 99, 0.4].map((span) => niceStep(span, 5)), [2, 2, 5, 10, 20, 0.1]);
    assert.equal(niceStep(0, 5), 1);
    assert.equal(niceStep(Infinity, 5), 1);
});

test("ticks begin at 0 and exceed what is shown", () => {
    assert.deepEqual(ticksUpTo(7, 4), [0, 2, 4, 6, 8]);
    assert.deepEqual(ticksUpTo(0.3, 3), [0, 0.1, 0.2, 0.3]);
    assert.deepEqual(ticksUpTo(0, 4), [0, 1]);
});

test("what is counted has no ticks between whole numbers", () => {
    assert.deepEqual(ticksUpTo(2, 5, true), [0, 1, 2]);
    assert.deepEqual(ticksUpTo(1, 5, true), [0, 1]);
});

test("times are round by the clock of the zone", () => {
    const utc = timeTicks(at("2026-03-01T10:07:00Z"), at("2026-03-01T11:01:00Z"), 6, "utc");
    assert.equal(utc.step, 600_000);
    assert.deepEqual(utc.times.map((time) => new Date(time).toISOString().slice(11, 16)), [
        "10:10",
        "10:20",
        "10:30",
        "10:40",
        "10:50",
        "11:00",
    ]);
    const days = timeTicks(at("2026-03-01T10:00:00Z"), at("2026-03-04T10:00:00Z"), 4, "local");
    assert.deepEqual(days.times.map((time) => new Date(time).toISOString()), [
        "2026-03-01T23:00:00.000Z",
        "2026-03-02T23:00:00.000Z",
        "2026-03-03T23:00:00.000Z",
    ]);
});

test("days stay round when the clock is put forward", () => {
    const { times } = timeTicks(at("2026-03-27T12:00:00Z"), at("2026-03-31T12:00:00Z"), 5, "local");
    assert.deepEqual(times.map((time) => timeLabel(time, 86_400_000, "local")), [
        "28 Mar",
        "29 Mar",
        "30 Mar",
        "31 Mar",
    ]);
    assert.deepEqual(times.map((time) => new Date(time).getHours()), [0, 0, 0, 0]);
});

test("long spans are told by months", () => {
    const { times, step } = timeTicks(at("2025-11-15T00:00:00Z"), at("2026-06-15T00:00:00Z"), 4, "utc");
    assert.deepEqual(times.map((time) => timeLabel(time, step, "utc")), ["Jan 2026", "Mar 2026", "May 2026"]);
});

test("there are never more ticks than wanted", () => {
    for (const hours of [0.001, 0.3, 1, 5, 26, 200, 5000, 90_000]) {
        for (const count of [1, 3, 8]) {
            const from = at("2026-02-03T04:05:06.789Z");
            const { times } = timeTicks(from, from + hours * 3_600_000, count, "local");
            assert(times.length <= count + 1, `${times.length} for ${hours} h, ${count}`);
        }
    }
    assert.deepEqual(timeTicks(5, 5, 4, "utc").times, []);
});

test("labels are as fine as the step", () => {
    const time = at("2026-03-01T10:07:08.009Z");
    assert.equal(timeLabel(time, 5, "utc"), "10:07:08.009");
    assert.equal(timeLabel(time, 5000, "utc"), "10:07:08");
    assert.equal(timeLabel(time, 60_000, "local"), "11:07");
    assert.equal(timeLabel(at("2026-03-01T00:00:00Z"), 3_600_000, "utc"), "1 Mar");
});

test("a span is told without saying anything twice", () => {
    assert.equal(
        spanLabel(at("2026-03-01T10:00:00Z"), at("2026-03-01T10:05:00Z"), "utc"),
        "1 Mar 10:00 – 10:05",
    );
    assert.equal(
        spanLabel(at("2026-03-01T23:00:00Z"), at("2026-03-02T00:00:00Z"), "utc"),
        "1 Mar 23:00 – 24:00",
    );
    assert.equal(
        spanLabel(at("2026-03-01T23:00:00Z"), at("2026-03-02T01:00:00Z"), "utc"),
        "1 Mar 23:00 – 2 Mar 01:00",
    );
});
