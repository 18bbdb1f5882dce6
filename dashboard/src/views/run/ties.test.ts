// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import test from "node:test";
import type { Event } from "../../gen/orchestrator";
import { createBook } from "./book";
import { headOf, tiesOf } from "./ties";
import { take } from "./news";

let position = 0;

function event(type: string, data: object | null, part: Partial<Event> = {}): Event {
    position += 1;
    return {
        event_id: "e" + position,
        event_type: type,
        run_id: "run_1",
        task_id: "task_1",
        position,
        data,
        causation_id: null,
        actor: "service:x",
        zone: "supervised",
        occurred_at: new Date(position * 1000).toISOString(),
        ...part,
    } as Event;
}

test("an event names what it is about", () => {
    assert.equal(headOf(event("step.failed", { step_id: "step_1" })).subject, "step_1");
    const call = headOf(event("tool_call.started", { tool_call_id: "tc_1", step_id: "step_1" }));
    assert.deepEqual([call.subject, call.step, call.call], ["tc_1", "step_1", "tc_1"]);
    assert.equal(headOf(event("run.failed", {})).subject, "run_1");
    assert.equal(headOf(event("run.failed", null)).subject, "run_1", "also when its particulars were removed");
});

test("cause, effects, and what was told of the same thing before and after", () => {
    const begun = event("step.started", { step_id: "s" });
    const other = event("step.started", { step_id: "t" }, { causation_id: begun.event_id });
    const ended = event("step.completed", { step_id: "s" });
    const heads = [begun, other, ended].map(headOf);
    const ties = tiesOf(headOf(begun), heads);
    assert.deepEqual(ties.effects.map((one) => one.event_id), [other.event_id]);
    assert.equal(ties.after?.event_id, ended.event_id);
    assert.equal(ties.before, null);
    assert.equal(tiesOf(headOf(ended), heads).before?.event_id, begun.event_id);
    assert.equal(tiesOf(headOf(other), heads).cause, begun.event_id);
});

test("a cause or an effect is not told of twice", () => {
    const begun = event("step.started", { step_id: "s" });
    const ended = event("step.completed", { step_id: "s" }, { causation_id: begun.event_id });
    const heads = [begun, ended].map(headOf);
    assert.equal(tiesOf(headOf(begun), heads).after, null);
    const ties = tiesOf(headOf(ended), heads);
    assert.deepEqual([ties.cause, ties.before], [begun.event_id, null]);
});

test("events write steps and tool calls into the book", () => {
    const book = createBook();
    const stale = take(book, "run_1", [
        event("step.started", { step_id: "s", key: "k", name: "Step", number: 1, attempt: 1 }),
        event("tool_call.started", { tool_call_id: "c", step_id: "s", tool: "http", attempt: 1 }),
        event("tool_call.failed", {
            tool_call_id: "c",
            step_id: "s",
            error: { code: "x", message: "y", retryable: true },
        }),
        event("step.completed", { step_id: "s" }),
    ]);
    assert.deepEqual(stale, { run: false, spans: false, children: false });
    assert.equal(book.get("s")?.status, "completed");
    assert.deepEqual(book.get("c")?.error, { code: "x", message: "y", retryable: true });
});

test("what events do not tell is read again", () => {
    const book = createBook();
    assert.equal(take(book, "run_1", [event("step.completed", { step_id: "unknown" })]).spans, true);
    assert.deepEqual(take(book, "run_1", [event("run.failed", {})]), { run: true, spans: true, children: false });
    assert.deepEqual(take(book, "run_1", [event("run.started", {})]), { run: true, spans: false, children: false });
    const child = event("task.created", { parent_run_id: "run_1" }, { run_id: "run_2" });
    assert.deepEqual(take(book, "run_1", [child]), { run: false, spans: false, children: true });
    const stranger = event("step.started", { step_id: "z" }, { run_id: "run_3" });
    assert.deepEqual(take(book, "run_1", [stranger]), { run: false, spans: false, children: false });
});
