// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import test from "node:test";
import { createBook } from "./book";
import { firstFailure, focusOf, nextFailure, runningNow } from "./focus";
import { above, failedOnly, movedBy, rowsOf, stepTo } from "./rows";
import type { Span } from "./spans";
import { instant } from "./spans";

function span(id: string, parent: string | null, part: Partial<Span> = {}): Span {
    return {
        id,
        parent,
        kind: parent === null ? "run" : "step",
        label: id,
        key: null,
        sort: null,
        status: "completed",
        from: 0,
        to: 10,
        place: 0,
        attempt: 1,
        error: null,
        isCarried: false,
        ...part,
    };
}

function bookOf(...spans: readonly Span[]) {
    const book = createBook();
    book.put(spans);
    return book;
}

const open = (): boolean => true;
const ids = (rows: readonly { readonly span: Span }[]): readonly string[] => rows.map((row) => row.span.id);

test("rows follow the tree, steps by their numbers, and say where they stand", () => {
    const book = bookOf(
        span("b", "run", { place: 2 }),
        span("b2", "b", { kind: "call", place: 9 }),
        span("b1", "b", { kind: "call", place: 8 }),
        span("run", null),
        span("a", "run", { place: 1 }),
    );
    const rows = rowsOf(book, "run", open);
    assert.deepEqual(ids(rows), ["run", "a", "b", "b1", "b2"]);
    assert.deepEqual(rows.map((row) => row.level), [1, 2, 2, 3, 3]);
    assert.deepEqual(rows.map((row) => [row.position, row.siblings]), [[1, 1], [1, 2], [2, 2], [1, 2], [2, 2]]);
    assert.deepEqual(ids(rowsOf(book, "run", (one) => one.id !== "b")), ["run", "a", "b"]);
});

test("a run that was asked for stands behind the step that was begun before it", () => {
    const book = bookOf(
        span("run", null),
        span("a", "run", { place: 1, from: 10 }),
        span("b", "run", { place: 2, from: 30 }),
        span("asked", "run", { kind: "child", from: 20, place: 20 }),
    );
    assert.deepEqual(ids(rowsOf(book, "run", () => false).slice(0, 1)), ["run"]);
    assert.deepEqual(ids(rowsOf(book, "run", (one) => one.kind === "run")), ["run", "a", "asked", "b"]);
});

test("an answer that is older than the news changes nothing", () => {
    const book = bookOf(span("a", "run", { status: "failed", attempt: 2 }));
    book.put([span("a", "run", { status: "running", to: null, attempt: 2 }), span("a", "run", { attempt: 1 })]);
    assert.equal(book.get("a")?.status, "failed");
    book.put([span("a", "run", { status: "running", to: null, attempt: 3 })]);
    assert.equal(book.get("a")?.status, "running");
});

test("what is in sight stays there when rows come in above it", () => {
    const steps = (count: number): readonly Span[] =>
        Array.from({ length: count }, (_, index) => span("s" + index, "run", { place: index + 1 }));
    const calls = (count: number): readonly Span[] =>
        Array.from({ length: count }, (_, index) => span("c" + index, "s0", { kind: "call" }));
    const rows = (...spans: readonly Span[]) => rowsOf(bookOf(span("run", null), ...spans), "run", open);
    const before = rows(...steps(10));
    const after = rows(...steps(10), ...calls(12));
    assert.equal(movedBy(before, after, "s9", 0, 12), 12, "the chosen row would go out of sight");
    assert.equal(movedBy(before, after, "s9", 0, 30), 0, "the top stays where the chosen row is still seen");
    assert.equal(movedBy(before, after, "run", 0, 12), 0);
    assert.equal(movedBy(before, after, "run", 4, 9), 12, "the first row in sight stays");
    assert.equal(movedBy(before, after, "s9", 4, 9), 12);
    assert.equal(movedBy(before, after, "s9", 0, 5), 0, "nothing is chosen in sight, and the top stays");
    assert.equal(movedBy(after, before, "c3", 4, 9), 0, "what is gone holds nothing");
});

test("the keys of a treegrid move by rows, pages and levels", () => {
    const book = bookOf(
        span("run", null),
        span("a", "run", { place: 1 }),
        span("x", "a"),
        span("b", "run", { place: 2 }),
    );
    const rows = rowsOf(book, "run", open);
    assert.equal(stepTo(rows, 1, "ArrowDown", 10), 2);
    assert.equal(stepTo(rows, 3, "ArrowDown", 10), 3);
    assert.equal(stepTo(rows, 3, "PageUp", 10), 0);
    assert.equal(stepTo(rows, 0, "End", 10), 3);
    assert.equal(stepTo(rows, 2, "ArrowLeft", 10), 1);
    assert.equal(stepTo(rows, 0, "ArrowLeft", 10), null);
    assert.equal(stepTo(rows, 1, "ArrowRight", 10), 2);
    assert.equal(stepTo(rows, 2, "ArrowRight", 10), null);
});

test("the first failure is the inner one of the first that was not made good", () => {
    const book = bookOf(
        span("run", null, { status: "failed" }),
        span("good", "run", { place: 1, to: 5 }),
        span("made good", "good", { kind: "call", status: "failed", to: 2 }),
        span("given up", "run", { place: 2, status: "abandoned", to: 6 }),
        span("bad", "run", { place: 3, status: "failed", to: 9 }),
        span("cause", "bad", { kind: "call", status: "failed", to: 9 }),
        span("later", "run", { place: 4, status: "failed", to: 12 }),
    );
    assert.equal(firstFailure(book, "run")?.id, "cause");
    assert.equal(focusOf(book, "run"), "cause");
});

test("without a failure the innermost of what runs has the focus, else the run", () => {
    const running = bookOf(
        span("run", null, { status: "running", to: null }),
        span("a", "run", { status: "running", to: null, from: 4 }),
        span("b", "a", { kind: "call", status: "running", to: null, from: 4 }),
    );
    assert.equal(runningNow(running)?.id, "b");
    assert.equal(focusOf(bookOf(span("run", null), span("a", "run")), "run"), "run");
    const made = bookOf(span("run", null), span("a", "run"), span("x", "a", { status: "failed" }));
    assert.equal(focusOf(made, "run"), "x");
});

test("failures are gone through from the top down and around", () => {
    const book = bookOf(
        span("run", null),
        span("a", "run", { place: 1, status: "failed" }),
        span("b", "run", { place: 2 }),
        span("x", "b", { status: "failed" }),
    );
    assert.equal(nextFailure(book, "run", "run")?.id, "a");
    assert.equal(nextFailure(book, "run", "a")?.id, "x");
    assert.equal(nextFailure(book, "run", "x")?.id, "a");
    assert.deepEqual(ids(rowsOf(book, "run", open, failedOnly(book))), ["run", "a", "b", "x"]);
});

test("1,000 nested spans are laid out without recursion", () => {
    const chain = Array.from(
        { length: 1000 },
        (_, index) => span("s" + index, index === 0 ? "run" : "s" + (index - 1)),
    );
    const book = bookOf(span("run", null), ...chain);
    book.patch("s999", { status: "failed" });
    const rows = rowsOf(book, "run", open);
    assert.equal(rows.length, 1001);
    assert.equal(rows[1000]?.level, 1001);
    assert.equal(above(book, "s999").length, 1000);
    assert.equal(failedOnly(book).size, 1001);
});

test("20,000 spans are laid out in a fraction of a second", () => {
    const book = createBook();
    const many: Span[] = [span("run", null)];
    for (let index = 0; index < 5000; index += 1) {
        many.push(span("s" + index, "run", { place: index, status: index === 4000 ? "failed" : "completed" }));
        for (let call = 0; call < 3; call += 1) {
            many.push(span(`c${index}-${call}`, "s" + index, { kind: "call", place: call }));
        }
    }
    const begun = performance.now();
    for (let at = 0; at < many.length; at += 200) book.put(many.slice(at, at + 200));
    assert.equal(rowsOf(book, "run", open).length, 20_001);
    assert.equal(focusOf(book, "run"), "s4000");
    assert.equal(nextFailure(book, "run", "run")?.id, "s4000");
    const took = performance.now() - begun;
    assert.equal(took < 1500, true, `it took ${took} ms`);
});

test("times keep their microseconds", () => {
    assert.equal(instant("1970-01-01T00:00:01.234567Z"), 1234.567);
    assert.equal(instant("1970-01-01T00:00:01Z"), 1000);
});
