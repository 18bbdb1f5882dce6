// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import test from "node:test";
import { displayed, displayedLine } from "./display";

test("colours, titles and other commands to a terminal are left out", () => {
    assert.equal(displayed("\u001b[1;31mred\u001b[0m and \u001b[38:2::1:2:3mmore\u001b[K"), "red and more");
    assert.equal(displayed("a\u001b]0;title\u0007b\u001b]8;;http://x\u001b\\link\u001b]8;;\u001b\\"), "ablink");
    assert.equal(displayed("\u001bPq#0\u001b\\x\u001b(By\u001bcz\u001b"), "xyz");
    assert.equal(displayed("\u009b31mz"), "31mz");
});

test("control characters are left out, tabs and lines stay", () => {
    assert.equal(displayed("a\u0000b\u0008c\td\r\ne\rf\u007fg\u0085h"), "abc\td\ne\nfgh");
});

test("text cannot turn its direction round", () => {
    assert.equal(displayed("pay \u202eDSU 001\u202c\u2066x\u2069\u200f\u061c"), "pay DSU 001x");
    assert.equal(displayed("family \u{1f468}\u200d\u{1f469}, नमस्ते"), "family \u{1f468}\u200d\u{1f469}, नमस्ते");
});

test("one line is one line", () => {
    assert.equal(displayedLine("  a\n\n b\u2028c "), "a b c");
});

test("hostile text takes no longer than its length", () => {
    const started = performance.now();
    for (const part of ["\u001b]", "\u001b[", "\u001b", "\u001b[0;", "\u001bP"]) {
        displayed(part.repeat(100_000 / part.length));
    }
    assert(performance.now() - started < 1000);
});
