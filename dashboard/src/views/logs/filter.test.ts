// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import test from "node:test";
import type { LogFrame } from "../../gen/orchestrator";
import { excluding, type Filter, including, NO_FILTER, passes, pieces, read, written } from "./filter";

const frame: LogFrame = {
    id: 7,
    time: "2026-01-01T00:00:00Z",
    received_at: "2026-01-01T00:00:00Z",
    level: "warning",
    service: "orchestrator-svc",
    message: "The Über-agent was ASKED again",
    trace_id: "ab".repeat(16),
    correlation_id: null,
    fields: { route: "/a:b", status: 500, level: "inner", ok: true, nothing: null, list: [1] },
};
const having = (part: Partial<Filter>): boolean => passes({ ...NO_FILTER, ...part }, frame);

test("a name with a colon or a backslash is written so that it can be read", () => {
    for (const [name, value] of [["route", "/a:b"], ["a:b\\c", ""], ["x", "a\\:b"]] as const) {
        assert.deepEqual(read(written(name, value)), [name, value]);
    }
    assert.equal(written("a:b", "c:d"), "a\\:b:c:d");
});

test("a value of a field becomes a filter, once", () => {
    const place = { part: "field", name: "route" } as const;
    assert.deepEqual(including(NO_FILTER, place, "/x"), { field: ["route:/x"] });
    assert.deepEqual(including({ ...NO_FILTER, field: ["route:/x"] }, place, "/x"), {});
    assert.deepEqual(excluding(NO_FILTER, place, "/x"), { without: ["route:/x"] });
});

test("parts of the line have filters of their own", () => {
    const own = (name: string) => ({ part: "own", name }) as const;
    assert.deepEqual(including(NO_FILTER, own("service"), "a"), { service: ["a"] });
    assert.deepEqual(including(NO_FILTER, own("level"), "error"), { level: "error" });
    assert.deepEqual(including(NO_FILTER, own("traceId"), "t"), { traceId: "t" });
    assert.deepEqual(excluding(NO_FILTER, own("service"), "a"), { without: ["service:a"] });
});

test("a member of the fields that is called like a part of the line is told from it", () => {
    assert.deepEqual(excluding(NO_FILTER, { part: "field", name: "level" }, "x"), { without: ["fields.level:x"] });
    assert.deepEqual(excluding(NO_FILTER, { part: "field", name: "fields.a" }, "x"), {
        without: ["fields.fields.a:x"],
    });
    assert.equal(having({ without: ["fields.level:inner"] }), false);
    assert.equal(having({ without: ["level:inner"] }), true);
    assert.equal(having({ field: ["level:inner"] }), true);
});

test("there are no more filters than the API takes", () => {
    const full = { ...NO_FILTER, field: ["a:1", "a:2", "a:3", "a:4"], without: ["b:1", "b:2", "b:3", "b:4"] };
    assert.equal(including(full, { part: "field", name: "c" }, "1"), null);
    assert.equal(excluding(full, { part: "own", name: "service" }, "1"), null);
});

test("every filter must hold", () => {
    assert.equal(having({}), true);
    assert.equal(having({ service: ["x", "orchestrator-svc"] }), true);
    assert.equal(having({ service: ["x"] }), false);
    assert.equal(having({ level: "warning" }), true);
    assert.equal(having({ level: "error" }), false);
    assert.equal(having({ traceId: frame.trace_id ?? "" }), true);
    assert.equal(having({ correlationId: "c" }), false);
    assert.equal(having({ without: ["service:orchestrator-svc"] }), false);
});

test("text matches with ASCII letters in either case, and no others", () => {
    assert.equal(having({ text: "asked AGAIN" }), true);
    assert.equal(having({ text: "über" }), false);
    assert.equal(having({ text: "Über" }), true);
});

test("values are compared with what a string says and with the JSON of the rest", () => {
    assert.equal(having({ field: ["route:/a:b", "status:500", "ok:true", "nothing:null"] }), true);
    assert.equal(having({ field: ["status:50"] }), false);
    assert.equal(having({ field: ["list:1"] }), false);
    assert.equal(having({ field: ["toString:x"] }), false);
    assert.equal(having({ without: ["missing:null"] }), true);
});

test("what was searched for is marked, everywhere", () => {
    assert.deepEqual(pieces("An error, an Error", "ERR"), [
        { text: "An ", isHit: false },
        { text: "err", isHit: true },
        { text: "or, an ", isHit: false },
        { text: "Err", isHit: true },
        { text: "or", isHit: false },
    ]);
    assert.deepEqual(pieces("abc", "x"), [{ text: "abc", isHit: false }]);
    assert.deepEqual(pieces("abc", undefined), [{ text: "abc", isHit: false }]);
    assert.deepEqual(pieces("", "a"), [{ text: "", isHit: false }]);
    assert.deepEqual(pieces("aa", "a").map((one) => one.isHit), [true, true]);
});
