// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import test from "node:test";
import type { Schedule } from "../../gen/orchestrator";
import { alteration, below, creation, draftOf, emptyDraft, homeless, missing } from "./form";

const draft = { ...emptyDraft("echo", { message: "x" }, "Europe/Berlin"), name: " Mornings " };

test("a draft by cron becomes what the API takes", () => {
    assert.deepEqual(creation(draft), {
        name: "Mornings",
        cron: "0 9 * * mon-fri",
        timezone: "Europe/Berlin",
        overlap: "skip",
        catch_up: { policy: "latest" },
        jitter_seconds: 0,
        task: { agent: "echo", input: { message: "x" }, priority: 5, timeout_seconds: 300 },
    });
});

test("one that fires once has a time, and neither an expression nor a zone", () => {
    const sent = creation({ ...draft, kind: "once", runAt: "2030-01-02T03:04:05", catchUp: "all", catchUpLimit: 3 });
    assert.equal(sent.run_at, new Date("2030-01-02T03:04:05").toISOString());
    assert.equal(sent.cron, undefined);
    assert.equal(sent.timezone, undefined);
    assert.deepEqual(sent.catch_up, { policy: "all", limit: 3 });
});

test("a change keeps what the form does not show, and names the version", () => {
    const schedule = {
        name: "Mornings",
        cron: "@daily",
        timezone: null,
        run_at: null,
        overlap: "queue",
        catch_up: { policy: "skip", limit: null },
        jitter_seconds: 5,
        version: 4,
        task: {
            agent: "echo",
            input: {},
            priority: 7,
            timeout_seconds: 60,
            correlation_id: null,
            labels: ["gpu"],
            limits: [{ name: "mail", key: "all" }],
            retry: { factor: 2, initial_seconds: 1, max_attempts: 9, max_seconds: 10 },
        },
    } as unknown as Schedule;
    const sent = alteration({ ...draftOf(schedule), priority: 1 }, schedule);
    assert.equal(sent.if_version, 4);
    assert.equal(sent.timezone, "UTC");
    assert.deepEqual(sent.task, {
        agent: "echo",
        input: {},
        priority: 1,
        timeout_seconds: 60,
        labels: ["gpu"],
        limits: [{ name: "mail", key: "all" }],
        retry: { factor: 2, initial_seconds: 1, max_attempts: 9, max_seconds: 10 },
    });
});

test("what is missing is said at its field", () => {
    assert.deepEqual([...missing(draft).keys()], []);
    assert.deepEqual([...missing({ ...draft, name: " ", cron: "" }).keys()], ["/name", "/cron"]);
    assert.deepEqual([...missing({ ...draft, kind: "once" }).keys()], ["/run_at"]);
});

test("objections find their field, and those without one are not lost", () => {
    const all = new Map([["/task/input/message", "too long"], ["/task/input", "not this"], ["/room_id", "no"], [
        "/cron",
        "what?",
    ]]);
    assert.deepEqual([...below("/task/input", all)], [["/message", "too long"], ["", "not this"]]);
    assert.deepEqual(homeless(all), [["/room_id", "no"]]);
});
