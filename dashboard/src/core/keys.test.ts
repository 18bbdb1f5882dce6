// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import test from "node:test";
import { createKeyRegistry, nameOf, type Press } from "./keys";

const press = (key: string, also: Partial<Press> = {}): Press => ({
    key,
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    shiftKey: false,
    ...also,
});
const outside = { inField: false };
const inside = { inField: true };

function registry() {
    let time = 0;
    const ran: string[] = [];
    const keys = createKeyRegistry(() => time);
    const add = (...names: string[]): () => void =>
        keys.add(
            names.map((name) => ({
                keys: name,
                label: name,
                group: "Test",
                run: () => ran.push(name),
                inFields: name === "ctrl+k",
            })),
        );
    return { keys, ran, add, pass: (milliseconds: number) => (time += milliseconds) };
}

test("a press has one name on every keyboard", () => {
    assert.equal(nameOf(press("K", { metaKey: true })), "ctrl+k");
    assert.equal(nameOf(press("?", { shiftKey: true })), "?");
    assert.equal(nameOf(press("J", { shiftKey: true })), "shift+j");
    assert.equal(nameOf(press("Enter", { shiftKey: true })), "shift+Enter");
});

test("two keys after each other are one shortcut, unless somebody dawdles", () => {
    const { keys, ran, add, pass } = registry();
    add("g t", "t", "ctrl+k");
    assert(keys.press(press("g"), outside));
    assert(keys.press(press("t"), outside));
    keys.press(press("g"), outside);
    pass(5000);
    keys.press(press("t"), outside);
    assert.deepEqual(ran, ["g t", "t"]);
    assert(!keys.press(press("z"), outside));
});

test("letters are text within a field, and can be switched off", () => {
    const { keys, ran, add } = registry();
    add("c", "g t", "ctrl+k");
    keys.press(press("c"), inside);
    keys.press(press("k", { ctrlKey: true }), inside);
    keys.setLetters(false);
    keys.press(press("c"), outside);
    keys.press(press("g"), outside);
    keys.press(press("t"), outside);
    keys.press(press("k", { ctrlKey: true }), outside);
    assert.deepEqual(ran, ["ctrl+k", "ctrl+k"]);
});

test("the last one that was added wins until it is taken away", () => {
    const { keys, ran, add } = registry();
    add("c");
    const end = keys.add([{ keys: "c", label: "other", group: "Test", run: () => ran.push("other") }]);
    keys.press(press("c"), outside);
    end();
    keys.press(press("c"), outside);
    assert.deepEqual(ran, ["other", "c"]);
    assert.equal(keys.list().length, 1);
});
