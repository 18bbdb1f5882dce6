// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import test from "node:test";
import { createAgents } from "./agents";

const turns = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn += 1) await new Promise((done) => setTimeout(done, 0));
};

test("tasks are asked about once, a few at a time, and what fails fits nothing", async () => {
    const asked: string[] = [];
    const answers: (() => void)[] = [];
    const agents = createAgents((task) =>
        new Promise((done, fail) => {
            asked.push(task);
            answers.push(() => (task === "t2" ? fail(new Error("gone")) : done("echo")));
        })
    );
    agents.know("t0", "noop");
    agents.learn(["t0", "t1", "t2", "t3", "t4", "t5", "t6", "t1"]);
    assert.deepEqual(asked, ["t1", "t2", "t3", "t4"]);
    answers.splice(0).forEach((one) => one());
    await turns();
    answers.splice(0).forEach((one) => one());
    await turns();
    assert.deepEqual(asked, ["t1", "t2", "t3", "t4", "t5", "t6"]);
    assert.deepEqual(["t0", "t1", "t2", "t9"].map((task) => agents.of(task)), ["noop", "echo", "", undefined]);
    assert.equal(agents.version.get(), 7);
    agents.learn(["t1", "t2"]);
    assert.equal(asked.length, 6);
    agents.end();
});
