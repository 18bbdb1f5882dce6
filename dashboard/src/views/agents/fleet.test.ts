// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import test from "node:test";
import type { Agent, Queue } from "../../gen/orchestrator";
import { allowance, depth, limitDefinition, limitDraft, limitFaults, standing, units } from "./fleet";

const agent = (name: string, silent = false): Agent => ({ name, silent }) as Agent;
const queue = (name: string, paused: string | null = null): Queue => ({ agent: name, paused_at: paused }) as Queue;

test("what needs a look comes first", () => {
    const found = units(
        [agent("b"), agent("a"), agent("quiet", true), agent("held")],
        [queue("a"), queue("held", "2026-01-01T00:00:00Z"), queue("nobody")],
    );
    assert.deepEqual(found.map((one) => [one.name, standing(one)]), [
        ["quiet", "silent"],
        ["nobody", "missing"],
        ["held", "paused"],
        ["a", "well"],
        ["b", "well"],
    ]);
    assert.equal(found[4]?.queue, null);
});

test("counts that end at a bound say so", () => {
    assert.equal(depth(9999), "9,999");
    assert.equal(depth(10_000), "10,000 or more");
});

test("limits in words", () => {
    assert.equal(
        allowance({ max_concurrent: 3, rate: { count: 100, per_seconds: 60 } }),
        "3 at the same time, 100 in 60 s",
    );
    assert.equal(allowance({ max_concurrent: null, rate: { count: 1, per_seconds: 1 } }), "1 in a second");
});

test("a limit is checked at its fields and sent without what is empty", () => {
    const draft = { ...limitDraft(null), name: "mail", maxConcurrent: "3" };
    assert.deepEqual([...limitFaults(draft).keys()], []);
    assert.deepEqual(limitDefinition(draft), { max_concurrent: 3 });
    assert.deepEqual(limitDefinition({ ...draft, maxConcurrent: "", count: "5", perSeconds: "0.5" }), {
        rate: { count: 5, per_seconds: 0.5 },
    });
    assert.deepEqual([...limitFaults({ ...draft, name: "No", maxConcurrent: "0", count: "5" }).keys()], [
        "/name",
        "/max_concurrent",
        "/rate/per_seconds",
    ]);
    assert.deepEqual([...limitFaults({ ...draft, maxConcurrent: "" }).keys()], ["/max_concurrent"]);
});
