// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import test from "node:test";
import { ranked } from "./find";

test("the beginning of a text counts most, then that of a word, then letters in their order", () => {
    const all = ["Sign out", "New task", "Tasks", "Settings", "Late sketch"];
    const find = (words: string): readonly string[] => ranked(all, words, (one) => one);
    assert.deepEqual(find("task"), ["Tasks", "New task"]);
    assert.deepEqual(find("nk"), ["New task"]);
    assert.deepEqual(find(""), all);
    assert.deepEqual(find("zzz"), []);
});
