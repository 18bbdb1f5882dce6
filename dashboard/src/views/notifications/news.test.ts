// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import test from "node:test";
import { divided, leadsTo, type Row, told, unreadWord } from "./news";
import type { Notification } from "../../gen/orchestrator";

const none = {
    actor: "user:a",
    agent: null,
    approval_id: null,
    code: null,
    event_id: "e",
    event_type: "x",
    incident_id: null,
    kind: "task_failed",
    message_id: null,
    occurred_at: "2026-01-01T00:00:00Z",
    position: 1,
    room_id: null,
    run_id: null,
    schedule_id: null,
    severity: null,
    summary: null,
    task_id: null,
    thread_id: null,
} as const;
const news = (more: Partial<Notification>): Notification => ({ ...none, ...more });
const words = (rows: readonly Row[]): string =>
    rows.map((row) => ("news" in row ? String(row.news.position) : row.divides)).join(" ");

test("one line says what happened, in words that can be shown", () => {
    assert.equal(
        told(news({ agent: "echo", code: "timeout", summary: "too\u202e slow" })),
        "Task failed of echo: timeout, too slow",
    );
    assert.equal(
        told(news({ kind: "incident_opened", severity: "high", summary: "It burns" })),
        "Incident, high: It burns",
    );
    assert.equal(told(news({ kind: "run_lost" })), "Run was lost and starts again");
});

test("each leads to what it is about", () => {
    const nowhere = (): null => null;
    assert.equal(leadsTo(news({ run_id: "run_1", task_id: "task_1" }), nowhere), "/runs/run_1");
    assert.equal(leadsTo(news({ task_id: "task_1" }), nowhere), "/tasks/task_1");
    const message = news({ kind: "message_posted", room_id: "room_1", thread_id: "th_1" });
    assert.equal(leadsTo(message, nowhere), "/rooms/room_1/threads/th_1");
    assert.equal(leadsTo(news({ kind: "schedule_missed", schedule_id: "sched_1" }), nowhere), "/schedules/sched_1");
    assert.equal(leadsTo(news({ kind: "queue_paused", agent: "echo" }), nowhere), "/agents");
    const incident = news({ kind: "incident_opened", incident_id: "inc_1", run_id: "run_2" });
    assert.equal(leadsTo(incident, (id) => "/incidents/" + id), "/incidents/inc_1");
    assert.equal(leadsTo(incident, nowhere), "/runs/run_2");
    assert.equal(leadsTo(news({}), nowhere), null);
});

test("a line stands between what is new and what was seen", () => {
    const all = [news({ position: 9 }), news({ position: 5 }), news({ position: 2 })];
    assert.equal(words(divided(all, 0)), "9 5 2");
    assert.equal(words(divided(all, 5)), "9 seen 5 2");
    assert.equal(words(divided(all, 7)), "9 seen 5 2");
    assert.equal(words(divided(all, 9)), "all 9 5 2");
    assert.equal(words(divided([], 9)), "");
});

test("the number in the navigation stays short", () => {
    assert.deepEqual([unreadWord(0, false), unreadWord(7, false), unreadWord(100, false), unreadWord(9, true)], [
        "",
        "7",
        "99+",
        "99+",
    ]);
});
