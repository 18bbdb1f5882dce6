// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import test from "node:test";
import type { Message } from "../../gen/orchestrator";
import {
    EMPTY,
    failed,
    gone,
    merged,
    missing,
    type Outbox,
    readOutbox,
    retried,
    savedOutbox,
    sent,
    takenBack,
    WAITING,
} from "./outbox";

const box = (draft: string): Outbox => ({ ...EMPTY, draft });
const message = (number: number): Message => ({ number, message_id: "m" + number }) as Message;
const numbers = (all: readonly Message[]): readonly number[] => all.map((one) => one.number);

test("a message goes out under its key, fails, is sent again under the same, and is gone", () => {
    let now = sent({ ...box(" hello "), replyTo: "m1" }, "k1");
    assert.deepEqual(now, {
        draft: "",
        replyTo: null,
        outgoing: [{ key: "k1", text: "hello", replyTo: "m1", trouble: null }],
    });
    now = failed(now, "k1", "no way");
    assert.equal(now.outgoing[0]?.trouble, "no way");
    now = retried(now, "k1");
    assert.deepEqual(now.outgoing.map((one) => [one.key, one.trouble]), [["k1", null]]);
    assert.deepEqual(gone(now, "k1"), EMPTY);
});

test("nothing is sent of nothing, and no more than may wait", () => {
    assert.equal(sent(box("  \n"), "k").outgoing.length, 0);
    let now = EMPTY;
    for (let index = 0; index < WAITING + 3; index += 1) now = sent({ ...now, draft: "x" }, "k" + index);
    assert.equal(now.outgoing.length, WAITING);
    assert.equal(now.draft, "x");
});

test("what is given up is written again, before what is there", () => {
    const now = takenBack(failed(sent(box("first"), "k1"), "k1", "no"), "k1");
    assert.equal(now.draft, "first");
    assert.equal(
        takenBack({ ...failed(sent(box("first"), "k1"), "k1", "no"), draft: "second" }, "k1").draft,
        "first\n\nsecond",
    );
});

test("a draft and what was not sent outlive the page", () => {
    const now = { ...sent(box("one"), "k1"), draft: "two" };
    const back = readOutbox(JSON.parse(JSON.stringify(savedOutbox(now))));
    assert.equal(back.draft, "two");
    assert.equal(back.outgoing[0]?.key, "k1");
    assert(back.outgoing[0]?.trouble !== null);
    assert.equal(savedOutbox(EMPTY), undefined);
    for (const bad of [null, 5, [], { outgoing: 1 }, { outgoing: [null, { key: 1 }] }]) {
        assert.deepEqual(readOutbox(bad), EMPTY);
    }
});

test("messages stand in the order of their numbers, each once, and what is missing is found", () => {
    const shown = merged([message(3), message(4)], [message(5), message(5)]);
    assert.deepEqual(numbers(shown), [3, 4, 5]);
    const more = merged(shown, [message(8), message(2), message(4)]);
    assert.deepEqual(numbers(more), [2, 3, 4, 5, 8]);
    assert.deepEqual(missing(more), { from: 6, to: 7 });
    assert.equal(missing(merged(more, [message(6), message(7)])), null);
    assert.equal(missing([]), null);
});
