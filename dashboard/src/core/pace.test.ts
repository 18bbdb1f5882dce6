// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import test from "node:test";
import { createPace } from "./pace";

function screen() {
    let time = 1000;
    let queue: (() => void)[] = [];
    const waits: { readonly at: number; readonly work: () => void }[] = [];
    return {
        pictures: {
            now: () => time,
            next: (work: () => void) => void queue.push(work),
            after: (pause: number, work: () => void) => void waits.push({ at: time + pause, work }),
        },
        waits,
        picture(took: number) {
            time += took;
            for (const one of waits.splice(0)) {
                if (one.at <= time) one.work();
                else waits.push(one);
            }
            const due = queue;
            queue = [];
            for (const one of due) one();
        },
    };
}

test("what is quick runs with each picture", () => {
    const { pictures, picture, waits } = screen();
    const pace = createPace(pictures);
    let count = 0;
    for (let round = 0; round < 10; round += 1) {
        pace(() => (count += 1));
        picture(16);
    }
    assert.equal(count, 10);
    assert.equal(waits.length, 0);
});

test("what takes long runs more rarely, but runs", () => {
    const { pictures, picture, waits } = screen();
    const pace = createPace(pictures);
    let count = 0;
    pace(() => (count += 1));
    picture(16);
    picture(17);
    picture(67);
    pace(() => (count += 1));
    assert.equal(count, 1);
    assert.equal(waits.length, 1);
    for (let round = 0; round < 24; round += 1) picture(16);
    assert.equal(count, 1);
    for (let round = 0; round < 3; round += 1) picture(16);
    assert.equal(count, 2);
    picture(10_000);
    picture(10_000);
    pace(() => (count += 1));
    assert(waits.every((one) => one.at - pictures.now() <= 500));
});
