// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import test from "node:test";
import type { Json } from "../../core/operation";
import { align } from "./align";
import { canonical, differences, digest } from "./diff";

const pairs = (left: string, right: string): readonly string[] =>
    align([...left], [...right], (one) => one).map((pair) => (pair.left ?? "-") + (pair.right ?? "-"));

test("what has the same key stands on one line, the rest where it comes", () => {
    assert.deepEqual(pairs("abc", "abc"), ["aa", "bb", "cc"]);
    assert.deepEqual(pairs("abd", "axbd"), ["aa", "-x", "bb", "dd"]);
    assert.deepEqual(pairs("ab", "bxy"), ["a-", "bb", "-x", "-y"]);
    assert.deepEqual(pairs("abc", "cab"), ["aa", "bb", "cc"], "what has moved is still found");
    assert.deepEqual(pairs("aa", "aaa"), ["aa", "aa", "-a"], "of several with one key the first go together");
    assert.deepEqual(pairs("", "ab"), ["-a", "-b"]);
});

test("20,000 steps are aligned at once", () => {
    const left = Array.from({ length: 20_000 }, (_, index) => "k" + index);
    const begun = performance.now();
    assert.equal(align(left, left.filter((_, index) => index % 3 > 0), (one) => one).length, 20_000);
    assert.equal(performance.now() - begun < 1000, true);
});

const changes = (before: Json, after: Json): readonly string[] =>
    differences(before, after).changes.map((one) => one.is[0] + " " + one.path);

test("members are compared whatever their order", () => {
    assert.deepEqual(changes({ a: 1, b: { c: [] } }, { b: { c: [] }, a: 1 }), []);
    assert.deepEqual(changes({ a: 1, b: { c: 1, "x/y": 2 } }, { a: 1, b: { c: 2 }, d: null }), [
        "c /b/c",
        "r /b/x~1y",
        "a /d",
    ]);
    assert.deepEqual(changes(1, "1"), ["c "]);
    assert.deepEqual(changes({ a: [] }, { a: {} }), ["c /a"]);
    assert.deepEqual(changes(null, null), []);
});

test("an entry that was put in does not change those behind it", () => {
    assert.deepEqual(changes([1, 2, 3], [1, 9, 2, 3]), ["a /1"]);
    assert.deepEqual(changes([1, 2, 3], [2, 3]), ["r /0"]);
    assert.deepEqual(changes([{ id: 1, x: 1 }, { id: 2 }], [{ id: 1, x: 2 }, { id: 2 }]), ["c /0/x"]);
});

test("what is inherited is no member", () => {
    assert.deepEqual(changes({}, JSON.parse('{"constructor":1,"__proto__":2}') as Json), [
        "a /constructor",
        "a /__proto__",
    ]);
});

test("it stops where nobody reads on", () => {
    const many = differences(Array.from({ length: 5000 }, (_, index) => index), [], 100);
    assert.equal(many.changes.length, 100);
    assert.equal(many.isCut, true);
});

test("equal values have the same digest, whatever the order of their members", () => {
    assert.equal(canonical({ b: 1, a: [{ d: 1, c: 2 }] }), '{"a":[{"c":2,"d":1}],"b":1}');
    assert.equal(digest({ b: 1, a: 2 }), digest({ a: 2, b: 1 }));
    assert.equal(digest({ a: 1 }) === digest({ a: 2 }), false);
});
