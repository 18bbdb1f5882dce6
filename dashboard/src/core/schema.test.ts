// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import test from "node:test";
import { withFirst, withNext } from "./pages";
import { faults, firstValue, readSchema } from "./schema";
import { scrolledTo, visibleRange } from "./window";

const echo = {
    type: "object",
    additionalProperties: false,
    required: ["message"],
    properties: {
        delay: { type: ["integer", "null"], minimum: 0, maximum: 10, default: 0 },
        fail: { anyOf: [{ $ref: "#/$defs/failure" }, { type: "null" }], description: "Fails instead." },
        message: { type: "string", maxLength: 65536, minLength: 1 },
        tags: { type: "array", items: { type: "string", pattern: "^[a-z]+$" }, maxItems: 2 },
        mode: { enum: ["a", "b"] },
        odd: { oneOf: [{ type: "string" }, { type: "number" }] },
    },
    $defs: { failure: { type: "object", required: ["code"], properties: { code: { type: "string" } } } },
} as const;

test("a schema becomes fields, what must be given first", () => {
    const shape = readSchema(echo);
    assert(shape !== null);
    const kinds = shape.fields.map(([name, field]) => [name, field.kind, field.isNullable]);
    assert.deepEqual(kinds, [
        ["message", "lines", false],
        ["delay", "integer", true],
        ["fail", "object", true],
        ["tags", "list", false],
        ["mode", "choice", false],
        ["odd", "raw", false],
    ]);
    const fail = shape.fields.find(([name]) => name === "fail")?.[1];
    assert.equal(fail?.description, "Fails instead.");
    assert.deepEqual(fail?.fields.map(([name]) => name), ["code"]);
    assert.deepEqual(firstValue(shape), {});
    assert.deepEqual(
        firstValue({ ...shape, fields: shape.fields.map(([name, one]) => [name, { ...one, isRequired: true }]) }),
        {
            delay: 0,
            fail: {},
            tags: [],
            mode: "a",
            odd: null,
        },
    );
});

test("what names no members is left to raw JSON", () => {
    assert.equal(readSchema(true), null);
    assert.equal(readSchema({ type: "string" }), null);
    assert.equal(readSchema({ type: "object" }), null);
});

test("a schema that holds itself ends", () => {
    const tree = { type: "object", properties: { child: { $ref: "#" }, loop: { $ref: "#/properties/loop" } } };
    assert(readSchema(tree) !== null);
});

test("what is wrong is told by its place", () => {
    const shape = readSchema(echo);
    assert(shape !== null);
    const found = faults(shape, { message: "", delay: 11, tags: ["ok", "No", "x"], mode: "c", fail: {} });
    assert.deepEqual([...found.keys()], ["/message", "/delay", "/fail/code", "/tags", "/tags/1", "/mode"]);
    assert.equal(faults(shape, { message: "hello", delay: null, fail: null }).size, 0);
    assert.equal(faults(shape, {}).get("/message"), "This is needed.");
});

interface Row {
    readonly id: string;
    readonly v?: number;
}
const id = (row: Row): string => row.id;
const rows = (...names: string[]): Row[] => names.map((name) => ({ id: name }));

test("a fresh first page replaces what it covers and keeps what is behind it", () => {
    const pages = { rows: rows("e", "d", "c", "b", "a"), next: "more" };
    const found = withFirst(pages, { items: [{ id: "f" }, { id: "e", v: 2 }, { id: "c" }], next_cursor: "c" }, id);
    assert.deepEqual(found.rows, [{ id: "f" }, { id: "e", v: 2 }, { id: "c" }, { id: "b" }, { id: "a" }]);
    assert.equal(found.next, "more");
});

test("a first page that no longer touches the rest replaces everything", () => {
    const pages = { rows: rows("c", "b", "a"), next: null };
    assert.deepEqual(withFirst(pages, { items: rows("z", "y"), next_cursor: "y" }, id), {
        rows: rows("z", "y"),
        next: "y",
    });
    assert.deepEqual(withFirst(pages, { items: [], next_cursor: null }, id), { rows: [], next: null });
});

test("the next page is added, each row once", () => {
    const found = withNext({ rows: rows("c", "b"), next: "b" }, { items: rows("b", "a"), next_cursor: null }, id);
    assert.deepEqual(found, { rows: rows("c", "b", "a"), next: null });
});

test("only rows in sight are drawn", () => {
    assert.deepEqual(visibleRange(50_000, 40, 400_000, 800, 5), { start: 9995, end: 10_026 });
    assert.deepEqual(visibleRange(3, 40, 0, 800), { start: 0, end: 3 });
    assert.deepEqual(visibleRange(0, 40, 0, 800), { start: 0, end: 0 });
    assert.equal(scrolledTo(0, 40, 100, 200), 0);
    assert.equal(scrolledTo(10, 40, 100, 200), 240);
    assert.equal(scrolledTo(3, 40, 100, 200), 100);
});
