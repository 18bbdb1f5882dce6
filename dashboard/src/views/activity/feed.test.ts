// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import test from "node:test";
import type { LogFrame, TaskUpdate } from "../../core/live";
import {
    EMPTY,
    filled,
    type Gap,
    holes,
    type Item,
    itemOf,
    KEPT,
    lineOf,
    merged,
    reading,
    resumed,
    told,
    WAITING,
    withGap,
    withOlder,
} from "./feed";

const at = (second: number): string => new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString();
const task = (position: number, second: number): Item => itemOf({ position, occurred_at: at(second) } as TaskUpdate);
const frame = (id: number, second: number, more: Partial<LogFrame> = {}): LogFrame =>
    ({ id, time: at(second), received_at: at(second), service: "a", message: "m", level: "info", ...more }) as LogFrame;
const log = (id: number, second: number): Item => lineOf(frame(id, second));
const keys = (items: readonly Item[]): string => items.map((one) => one.key).join(" ");
const many = (from: number, count: number): readonly Item[] =>
    Array.from({ length: count }, (_, index) => log(from + index, from + index));

test("updates and log frames stand in the order of their times, each once", () => {
    const known = merged([], [task(1, 10), log(1, 11), task(2, 12)]);
    const all = merged(known, [log(2, 11.5), task(3, 13), log(1, 11), log(3, 9)]);
    assert.equal(keys(all), "l3 t1 l1 l2 t2 t3");
    assert.equal(merged(all, []), all);
    assert.equal(keys(merged(all, [task(3, 13), task(4, 13)])), "l3 t1 l1 l2 t2 t3 t4");
});

test("lines of the same moment stand in the order of their log, whichever was read first", () => {
    const known = merged([], [log(3, 5), log(4, 5), task(9, 5)]);
    assert.equal(keys(merged(known, [log(1, 5), log(2, 5), log(3, 5)])), "t9 l1 l2 l3 l4");
});

test("a clock that is wrong moves a line only a little", () => {
    const early = lineOf(frame(1, 0, { time: at(-86_400), received_at: at(100) }));
    const late = lineOf(frame(2, 0, { time: at(86_400), received_at: at(100) }));
    assert.equal(early.time, Date.parse(at(90)));
    assert.equal(late.time, Date.parse(at(100)));
    assert.equal(lineOf(frame(3, 0, { time: "nonsense", received_at: at(5) })).time, Date.parse(at(5)));
});

test("a list that stands still counts what comes, and shows it when it goes on", () => {
    let feed = told(EMPTY, [task(1, 1)], false);
    feed = told(feed, [task(2, 2), log(1, 3)], true);
    assert.equal(keys(feed.items), "t1");
    assert.equal(feed.count, 2);
    feed = resumed(feed, "g", { events: 1, logs: 0 });
    assert.equal(keys(feed.items), "t1 t2 l1");
    assert.equal(feed.count, 0);
});

test("what could not wait is a gap that says how much and where", () => {
    let feed = told(EMPTY, many(1, 10), false);
    feed = told(feed, many(11, WAITING + 7), true);
    assert.equal(feed.waiting.length, WAITING);
    assert.equal(feed.count, WAITING + 7);
    feed = resumed(feed, "g", { events: 3, logs: 10 });
    const gap = feed.items[10] as Gap;
    assert.equal(gap.is, "gap");
    assert.equal(gap.count, 7);
    assert.deepEqual([gap.from, gap.to], [{ events: 3, logs: 10 }, { events: null, logs: 17 }]);
    feed = reading(feed, "g", true);
    assert.equal((feed.items[10] as Gap).isReading, true);
    feed = filled(feed, "g", many(11, 7), null);
    assert.deepEqual(
        feed.items.map((one) => (one.is === "log" ? one.line.id : 0)),
        Array.from({ length: WAITING + 17 }, (_, index) => index + 1),
    );
});

test("no more is kept than may be, the newest", () => {
    let feed = told(EMPTY, many(1, KEPT), false);
    assert.equal(feed.isFull, false);
    feed = told(feed, many(KEPT + 1, 5), false);
    assert.equal(feed.items.length, KEPT);
    assert.equal(feed.items[0]?.key, "l6");
    assert.equal(feed.isFull, true);
    const short = withOlder(told(EMPTY, many(101, KEPT - 3), false), many(1, 10));
    assert.equal(keys(short.items.slice(0, 3)), "l8 l9 l10");
    assert.equal(short.isFull, true);
    assert.equal(withOlder(told(EMPTY, many(11, 5), false), many(1, 10)).isFull, false);
});

test("a gap stands where it belongs", () => {
    const gap: Gap = {
        is: "gap",
        key: "g",
        time: Date.parse(at(2.5)),
        why: "gone",
        count: 0,
        isReading: false,
        from: { events: null, logs: 2 },
        to: { events: null, logs: 3 },
    };
    assert.equal(keys(withGap(told(EMPTY, [log(2, 2), log(4, 4)], false), gap).items), "l2 g l4");
});

test("missing ids are found", () => {
    assert.deepEqual(holes(null, [frame(5, 0), frame(6, 0)]), []);
    assert.deepEqual(holes(4, [frame(5, 0), frame(8, 0), frame(9, 0)]), [{ from: 6, to: 7 }]);
    assert.deepEqual(holes(2, [frame(5, 0), frame(4, 0)]), [{ from: 3, to: 4 }]);
});

test("lines of strangers are cleaned, and cut off", () => {
    const item = lineOf(frame(1, 0, { message: "\u001b[31mred\u202e\nnext" + "x".repeat(5000), service: "s\u0007" }));
    assert(item.is === "log" && item.line.message.startsWith("red nextx") && item.line.message.length <= 1000);
    assert(item.is === "log" && item.line.service === "s");
});
