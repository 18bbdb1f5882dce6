// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import test from "node:test";
import type { Step } from "../../gen/orchestrator";
import { compared, linesOf, readCompared } from "./comparison";

function step(key: string, number: number, part: Partial<Step> = {}): Step {
    return {
        step_id: "step_" + key,
        run_id: "run_1",
        key,
        name: key,
        number,
        kind: null,
        status: "completed",
        attempt: 1,
        input: null,
        output: null,
        error: null,
        carried_from_step_id: null,
        started_at: "2026-01-01T00:00:00.000Z",
        finished_at: "2026-01-01T00:00:01.000Z",
        ...part,
    } as Step;
}

test("steps with the same key are compared by outcome, input, output and time", () => {
    const left = [step("a", 1), step("b", 2, { input: { x: 1, y: 2 } }), step("c", 3)].map(compared);
    const right = [
        step("a", 1, { finished_at: "2026-01-01T00:00:03.500Z" }),
        step("b", 2, { input: { y: 2, x: 1 }, output: 5, status: "failed" }),
        step("d", 3),
    ].map(compared);
    const lines = linesOf(left, right);
    assert.deepEqual(lines.map((line) => [line.key, line.differs.join(" "), line.longer]), [
        ["a", "", 2500],
        ["b", "outcome output", 0],
        ["c", "only in one", null],
        ["d", "only in one", null],
    ]);
});

test("a step that was taken over took no time that could be compared", () => {
    const [line] = linesOf([compared(step("a", 1))], [compared(step("a", 1, { carried_from_step_id: "step_x" }))]);
    assert.equal(line?.longer, null);
});

test("all pages are read, up to a bound", async () => {
    const read = (behind: number) =>
        Promise.resolve({
            items: [step("k" + behind, behind + 1)],
            next_cursor: behind < 4 ? String(behind + 1) : null,
        });
    assert.equal((await readCompared(read, 100)).steps.length, 5);
    const cut = await readCompared(read, 2);
    assert.deepEqual([cut.steps.length, cut.isCut], [2, true]);
});
