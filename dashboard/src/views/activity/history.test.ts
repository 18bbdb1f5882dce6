// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import test from "node:test";
import type { Live, LogFrame, TaskUpdate, Wish } from "../../core/live";
import { createAgents } from "./agents";
import { type Item, itemOf, lineOf } from "./feed";
import { MOST, readBetween } from "./history";
import { ofAgent } from "./ofAgent";
import { summary } from "./useSummary";

/** A socket that tells what the test says. */
function socket() {
    const wishes: Wish[] = [];
    let ended = 0;
    const live = {
        subscribe(wish: Wish) {
            wishes.push(wish);
            return () => void (ended += 1);
        },
    } as unknown as Live;
    return { live, wishes, ended: () => ended };
}

const update = (position: number): TaskUpdate => ({ position, occurred_at: "2026-01-01T00:00:00Z" }) as TaskUpdate;
const frame = (id: number, more: Partial<LogFrame> = {}): LogFrame =>
    ({
        id,
        time: "2026-01-01T00:00:00Z",
        received_at: "2026-01-01T00:00:00Z",
        service: "a",
        message: "",
        level: "info",
        ...more,
    }) as LogFrame;

test("a stretch is read from its beginning to its end, and nothing beyond", async () => {
    const { live, wishes, ended } = socket();
    const found = readBetween(
        live,
        ["tasks", "logs"],
        {},
        { events: 2, logs: 5 },
        { events: 4, logs: 6 },
        new AbortController().signal,
    );
    const wish = wishes[0];
    assert.deepEqual(wish?.from, { events: 2, logs: 5 });
    wish?.tasks?.([update(3), update(4), update(5)]);
    wish?.moved?.({ events: 5, logs: 5 });
    assert.equal(ended(), 0);
    wish?.logs?.([frame(6), frame(7)]);
    wish?.moved?.({ events: 5, logs: 7 });
    const { updates, frames, until } = await found;
    assert.deepEqual(updates.map((one) => one.position), [3, 4]);
    assert.deepEqual(frames.map((one) => one.id), [6]);
    assert.equal(until, null);
    assert.equal(ended(), 1);
});

test("a channel that has caught up is read to its end, wherever that is", async () => {
    const { live, wishes } = socket();
    const found = readBetween(
        live,
        ["logs"],
        {},
        { events: null, logs: 5 },
        { events: null, logs: 60 },
        new AbortController().signal,
    );
    wishes[0]?.reset?.("logs", 9, { events: null, logs: 8 });
    wishes[0]?.logs?.([frame(9)]);
    wishes[0]?.caughtUp?.("logs");
    wishes[0]?.moved?.({ events: null, logs: 9 });
    assert.equal((await found).oldest.logs, 9);
});

test("no more is read at once than may be, and where it ended is said", async () => {
    const { live, wishes } = socket();
    const found = readBetween(
        live,
        ["logs"],
        {},
        { events: null, logs: 0 },
        { events: null, logs: 99_999 },
        new AbortController().signal,
    );
    wishes[0]?.logs?.(Array.from({ length: MOST }, (_, index) => frame(index + 1)));
    wishes[0]?.moved?.({ events: null, logs: MOST });
    assert.deepEqual((await found).until, { events: null, logs: MOST });
});

test("what the server does not take fails, and what nobody waits for ends", async () => {
    const { live, wishes, ended } = socket();
    const refused = readBetween(
        live,
        ["logs"],
        {},
        { events: null, logs: 0 },
        { events: null, logs: 9 },
        new AbortController().signal,
    );
    wishes[0]?.refused?.("too many");
    await assert.rejects(refused, (error) => error instanceof Error && error.message === "too many");
    const life = new AbortController();
    const left = readBetween(live, ["logs"], {}, { events: null, logs: 0 }, { events: null, logs: 9 }, life.signal);
    life.abort();
    await assert.rejects(left, (error) => error instanceof Error && error.name === "AbortError");
    assert.equal(ended(), 2);
});

test("what belongs to an agent is its tasks and the lines of their traces", () => {
    const agents = createAgents(() => new Promise(() => undefined));
    agents.know("t1", "echo");
    agents.know("t2", "noop");
    const of = (position: number, task: string): Item =>
        itemOf({ ...update(position), task_id: task, trace_id: "r" + task });
    const items = [
        of(1, "t1"),
        of(2, "t2"),
        of(3, "t3"),
        lineOf(frame(1, { trace_id: "rt1" })),
        lineOf(frame(2, { trace_id: "rt2" })),
        lineOf(frame(3)),
    ];
    assert.deepEqual(ofAgent(items, "echo", agents).map((one) => one.key), ["t1", "l1"]);
});

test("the summary counts lines and errors", () => {
    const failed = itemOf({ ...update(1), status: "failed" });
    assert.equal(summary([failed]), "1 new line, 1 error");
    assert.equal(summary([failed, lineOf(frame(1, { level: "critical" })), lineOf(frame(2))]), "3 new lines, 2 errors");
    assert.equal(summary([lineOf(frame(1)), lineOf(frame(2))]), "2 new lines");
});
