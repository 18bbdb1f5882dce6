// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import test from "node:test";
import { curl, emptyDraft, readDraft, request } from "./draft";

const draft = emptyDraft("echo", { message: "it's" }, "key-1");

test("a draft survives being saved, and nonsense is none", () => {
    assert.deepEqual(readDraft(JSON.parse(JSON.stringify(draft))), draft);
    assert.equal(readDraft({ agent: "echo" }), null);
    assert.equal(readDraft([1]), null);
    assert.equal(readDraft(undefined), null);
});

test("only what differs from the API's own choice is sent", () => {
    assert.deepEqual(request(draft), { agent: "echo", input: { message: "it's" }, idempotencyKey: "key-1" });
    const other = request({
        ...draft,
        idempotencyKey: "",
        priority: 9,
        timeoutSeconds: 60,
        runAt: "2026-01-01T00:00:00Z",
    });
    assert.deepEqual(other, {
        agent: "echo",
        input: { message: "it's" },
        priority: 9,
        timeoutSeconds: 60,
        runAt: "2026-01-01T00:00:00.000Z",
    });
});

test("the shell gets what the browser would send, whatever signs are in it, and no password", () => {
    const text = curl("http://there", "ws_dev", "ada", request(draft));
    assert(text.includes(`-d '{"agent":"echo","input":{"message":"it'\\''s"},"idempotencyKey":"key-1"}'`));
    assert(text.includes("-u 'ada'"));
    assert(!text.includes("x-workspace-id"));
    assert(curl("http://there", "ws_other", "ada", request(draft)).includes("-H 'x-workspace-id: ws_other'"));
});
