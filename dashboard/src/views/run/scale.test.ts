// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import test from "node:test";
import type { RunDetail } from "../../gen/orchestrator";
import { percent, readPart, scaleOf, stretches, ticks, waited, writePart, zoomed } from "./scale";
import { waitsOf, wholeOf } from "./waits";

test("places are percent and never outside", () => {
    const scale = scaleOf(1000, 3000);
    assert.equal(percent(scale, 2000), 50);
    assert.equal(percent(scale, 0), 0);
    assert.equal(percent(scale, 9000), 100);
    assert.equal(scaleOf(5, 5).to > 5, true, "a moment has a width");
});

test("lines stand at round times, few enough, and also of a part", () => {
    assert.deepEqual(ticks(scaleOf(0, 1000), 0, 5).map((tick) => tick.words), [
        "0",
        "200 ms",
        "400 ms",
        "600 ms",
        "800 ms",
        "1 s",
    ]);
    assert.deepEqual(ticks(scaleOf(10_000, 14_000), 10_000, 4).map((tick) => tick.words), [
        "0",
        "1 s",
        "2 s",
        "3 s",
        "4 s",
    ]);
    for (const width of [0.05, 0.7, 12, 999, 31_000, 90_000, 4_000_000, 900_000_000]) {
        const found = ticks(scaleOf(0, width), 0, 6);
        assert.equal(found.length >= 2 && found.length <= 8, true, `${width}: ${found.length}`);
    }
});

test("a part stays inside, keeps what it is zoomed around, and survives the address", () => {
    const whole = scaleOf(1000, 2000);
    const part = zoomed(whole, whole, 0.5, 1000);
    assert.deepEqual(part, { from: 1000, to: 1500 });
    assert.deepEqual(zoomed(whole, part, 4), whole);
    const words = writePart(whole, part);
    assert.equal(words, "0-500");
    assert.deepEqual(readPart(whole, words), part);
    assert.equal(writePart(whole, whole), undefined);
    for (const bad of [undefined, "", "x", "5-2", "4000-5000"]) assert.equal(readPart(whole, bad), null);
});

test("waits are taken out of a stretch, in any order, joined where they touch", () => {
    const found = stretches(0, 100, [{ from: 60, to: 70 }, { from: -5, to: 10 }, { from: 65, to: 80 }, {
        from: 300,
        to: 400,
    }]);
    assert.deepEqual(found, [
        { from: 0, to: 10, isWait: true },
        { from: 10, to: 60, isWait: false },
        { from: 60, to: 80, isWait: true },
        { from: 80, to: 100, isWait: false },
    ]);
    assert.equal(waited(found), 30);
    assert.deepEqual(stretches(5, 5, []), [{ from: 5, to: 5, isWait: false }]);
});

const at = (seconds: number): string => new Date(seconds * 1000).toISOString();
const run = (part: object): RunDetail =>
    ({
        created_at: at(0),
        run_at: null,
        claimed_at: null,
        started_at: at(5),
        finished_at: at(20),
        ...part,
    }) as RunDetail;

test("a run waits from when it is due until it begins", () => {
    assert.deepEqual(waitsOf(run({}), [], 0), [{ from: 0, to: 5000, why: "queue" }]);
    assert.deepEqual(waitsOf(run({ run_at: at(3) }), [], 0), [{ from: 3000, to: 5000, why: "queue" }]);
    const retried = run({ run_at: at(30) });
    assert.deepEqual(
        waitsOf(retried, [], 0),
        [{ from: 0, to: 5000, why: "queue" }],
        "a later run's time is not its own",
    );
    const queued = run({ started_at: null, finished_at: null });
    assert.deepEqual(waitsOf(queued, [], 7000), [{ from: 0, to: 7000, why: "queue" }]);
});

test("a run that was put down waits until it is taken up again", () => {
    const turns = [
        { event_type: "run.started", occurred_at: at(1), data: null },
        { event_type: "run.lease_lost", occurred_at: at(4), data: null },
        { event_type: "run.started", occurred_at: at(5), data: null },
        { event_type: "run.waiting", occurred_at: at(8), data: null },
        { event_type: "run.resumed", occurred_at: at(10), data: { status: "queued" } },
        { event_type: "run.started", occurred_at: at(11), data: null },
        { event_type: "run.waiting", occurred_at: at(13), data: null },
        { event_type: "run.resumed", occurred_at: at(14), data: { status: "running" } },
    ];
    assert.deepEqual(waitsOf(run({}), turns, 0), [
        { from: 0, to: 1000, why: "queue" },
        { from: 4000, to: 5000, why: "lease" },
        { from: 8000, to: 10_000, why: "approval" },
        { from: 10_000, to: 11_000, why: "queue" },
        { from: 13_000, to: 14_000, why: "approval" },
    ]);
});

test("it waits for people until it ends, when nobody answers", () => {
    const turns = [
        { event_type: "run.started", occurred_at: at(5), data: null },
        { event_type: "run.waiting", occurred_at: at(12), data: null },
    ];
    assert.deepEqual(waitsOf(run({}), turns, 0).slice(1), [{ from: 12_000, to: 20_000, why: "approval" }]);
});

test("a long wait in the queue leaves room for the work", () => {
    const late = run({ started_at: at(1000), finished_at: at(1020) });
    assert.deepEqual(wholeOf(late, waitsOf(late, [], 0), 0), { from: 995_000, to: 1_020_000 });
    const soon = run({ started_at: at(1) });
    assert.deepEqual(wholeOf(soon, waitsOf(soon, [], 0), 0), { from: 0, to: 20_000 });
    const queued = run({ started_at: null, finished_at: null });
    assert.deepEqual(wholeOf(queued, waitsOf(queued, [], 9000), 9000), { from: 0, to: 9000 });
});
