// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import test from "node:test";
import type { Event } from "../../gen/orchestrator";
import { facts } from "./facts";
import {
    begun,
    type Entry,
    entryOf,
    firstOf,
    isAttached,
    KEPT,
    lastOf,
    type Timeline,
    withNewer,
    withNews,
    withOlder,
} from "./timeline";

const event = (seq: number, type = "run.started", data: unknown = {}): Event =>
    ({
        stream_seq: seq,
        event_id: "ev" + seq,
        event_type: type,
        occurred_at: "2026-01-01T00:00:00Z",
        actor: "user:a",
        task_id: null,
        run_id: null,
        data,
    }) as Event;
const entries = (from: number, to: number): readonly Entry[] =>
    Array.from({ length: to - from + 1 }, (_, index) => entryOf(event(from + index)));

/** Whether every event is there once, in its order. */
const isWhole = ({ entries: all }: Timeline): boolean =>
    all.every((one, index) => one.seq === (all[0]?.seq ?? 0) + index);

test("news follow what is shown, each once", () => {
    let timeline = begun(entries(5, 9), 9);
    timeline = withNews(timeline, entries(8, 12), true);
    assert.equal(lastOf(timeline), 12);
    assert.equal(timeline.entries.length, 8);
    assert(isWhole(timeline) && isAttached(timeline));
});

test("nothing is ever shown behind a gap", () => {
    let timeline = withNews(begun(entries(1, 3), 3), entries(6, 8), true);
    assert.equal(lastOf(timeline), 3);
    assert.equal(timeline.head, 8);
    assert(!isAttached(timeline));
    timeline = withNews(timeline, entries(9, 9), true);
    assert.equal(lastOf(timeline), 3);
    timeline = withNewer(timeline, entries(4, 9));
    assert(isWhole(timeline) && isAttached(timeline));
    assert.equal(withOlder(begun(entries(10, 12), 12), entries(5, 8)).entries.length, 3);
});

test("older pages come in front, also when they overlap", () => {
    const timeline = withOlder(begun(entries(10, 12), 12), entries(6, 11));
    assert.equal(firstOf(timeline), 6);
    assert(isWhole(timeline));
});

test("what is kept is bounded at the end that nobody looks at", () => {
    let timeline = begun(entries(1, KEPT), KEPT);
    timeline = withNews(timeline, entries(KEPT + 1, KEPT + 10), true);
    assert.equal(firstOf(timeline), 11);
    assert.equal(timeline.entries.length, KEPT);
    const reading = withNews(timeline, entries(KEPT + 11, KEPT + 12), false);
    assert.equal(firstOf(reading), 11);
    assert.equal(lastOf(reading), KEPT + 10);
    assert.equal(reading.head, KEPT + 12);
    const up = withOlder(timeline, entries(1, 10));
    assert.equal(firstOf(up), 1);
    assert.equal(lastOf(up), KEPT);
    assert(!isAttached(up) && isWhole(up));
});

test("long messages count for more", () => {
    const long = (seq: number): Entry =>
        entryOf(
            event(seq, "message.posted", {
                message_id: "m",
                thread_id: "t",
                number: seq,
                content_md: "x".repeat(60_000),
            }),
        );
    let timeline = begun([long(1)], 1);
    for (let seq = 2; seq <= 400; seq += 1) timeline = withNews(timeline, [long(seq)], true);
    assert(timeline.entries.length < 280 && timeline.entries.length > 200);
    assert.equal(timeline.weight, timeline.entries.length * 60_000);
});

test("an empty room begins with its first event", () => {
    const timeline = withNews(begun([], 0), entries(1, 2), true);
    assert.equal(lastOf(timeline), 2);
});

test("what an event says in one line, with what it is about", () => {
    const failed = facts({
        ...event(1, "run.failed", { error: { code: "timeout", message: "too\nslow\u001b[0m" } }),
        task_id: "task_1",
        run_id: "run_1",
    });
    assert.equal(failed.tone, "bad");
    assert.deepEqual(failed.found, [
        { words: "Run failed: timeout, too slow" },
        { is: "task", id: "task_1" },
        { is: "run", id: "run_1" },
    ]);
    const fired = facts({
        ...event(1, "schedule.fired", { schedule_id: "sched_1", task_id: "task_2", outcome: "created" }),
    });
    assert.deepEqual(fired.found, [
        { words: "Schedule fired, created" },
        { is: "task", id: "task_2" },
        { is: "schedule", id: "sched_1" },
    ]);
});

test("an event of a later version, or without particulars, is still told", () => {
    assert.deepEqual(facts(event(1, "moon.landed", [1])).found, [{ words: "moon.landed" }]);
    assert.deepEqual(facts(event(1, "task.created", null)).found, [
        { words: "Task was made (its particulars were removed)" },
    ]);
    assert.equal(entryOf(event(1, "message.posted", { content_md: 5 })).message, null);
});
