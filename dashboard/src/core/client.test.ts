// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import test from "node:test";
import { changeTask, createTask, getTask, listTasks } from "../gen/orchestrator";
import { createClient, requestPath } from "./client";
import { ApiError, isAbort } from "./problem";

interface Sent {
    readonly url: string;
    readonly init: RequestInit;
}

function answering(answer: (sent: Sent) => Response | Promise<Response>) {
    const sent: Sent[] = [];
    let refusals = 0;
    const client = createClient({
        base: "http://there",
        fetch: async (url, init) => {
            const one = { url, init };
            sent.push(one);
            return answer(one);
        },
        headers: () => ({ Authorization: "Basic x", "x-workspace-id": "ws_dev" }),
        refused: () => (refusals += 1),
    });
    return { client, sent, refusals: () => refusals };
}

const json = (value: unknown, status = 200, headers: Record<string, string> = {}): Response =>
    new Response(JSON.stringify(value), { status, headers });

test("paths and lists of a query are written as the API reads them", () => {
    assert.equal(requestPath("/task/{id}", { path: { id: "a/b ä" } }), "/task/a%2Fb%20%C3%A4");
    assert.equal(
        requestPath("/tasks", { query: { status: ["queued", "failed"], agent: undefined, limit: 5 } }),
        "/tasks?status=queued&status=failed&limit=5",
    );
    assert.throws(() => requestPath("/task/{id}", { path: {} }), /needs id/);
});

test("every request carries the credentials and the workspace", async () => {
    const { client, sent } = answering(() => json({ items: [], next_cursor: null }));
    const page = await client.call(listTasks, { query: { status: ["queued"] } });
    assert.deepEqual(page.items, []);
    assert.equal(sent[0]?.url, "http://there/tasks?status=queued");
    const headers = sent[0]?.init.headers as Record<string, string>;
    assert.equal(headers["Authorization"], "Basic x");
    assert.equal(headers["x-workspace-id"], "ws_dev");
});

test("preconditions and keys are headers, and those of the answer are told", async () => {
    const { client, sent } = answering(() => json({ id: "t" }, 201, { ETag: '"7"', "Idempotency-Replayed": "true" }));
    const found = await client.exchange(createTask, { body: { agent: "echo" } }, {
        ifMatch: '"6"',
        idempotencyKey: "k",
    });
    const headers = sent[0]?.init.headers as Record<string, string>;
    assert.equal(headers["If-Match"], '"6"');
    assert.equal(headers["Idempotency-Key"], "k");
    assert.equal(sent[0]?.init.body, '{"agent":"echo"}');
    assert.equal(found.etag, '"7"');
    assert(found.replayed);
});

test("an answer that has not changed is left out", async () => {
    const { client } = answering(() => new Response(null, { status: 304, headers: { ETag: '"7"' } }));
    const found = await client.exchange(getTask, { path: { id: "t" } }, { ifNoneMatch: '"7"' });
    assert.equal(found.answer, null);
    assert.equal(found.status, 304);
});

test("a problem becomes an error that has its words", async () => {
    const problem = { type: "about:blank", title: "Changed", status: 412, code: "stale", detail: "The version is 4." };
    const { client } = answering(() => json(problem, 412, { "Content-Type": "application/problem+json" }));
    await assert.rejects(client.call(changeTask, { path: { id: "t" }, body: { ifVersion: 3 } }), (error) => {
        assert(error instanceof ApiError);
        assert.equal(error.status, 412);
        assert.equal(error.problem?.code, "stale");
        assert.equal(error.message, "The version is 4.");
        return !error.isPassing;
    });
});

test("a refusal without a problem is an error, too, and 401 is told", async () => {
    const { client, refusals } = answering(() =>
        new Response("<h1>No</h1>", { status: 401, statusText: "Unauthorized" })
    );
    await assert.rejects(client.call(listTasks, {}), (error) => error instanceof ApiError && error.problem === null);
    assert.equal(refusals(), 1);
});

test("what cannot be reached, read or awaited is told apart", async () => {
    const lost = answering(() => Promise.reject(new TypeError("fetch failed")));
    await assert.rejects(
        lost.client.call(listTasks, {}),
        (error) => error instanceof ApiError && error.trouble === "unreachable",
    );
    const odd = answering(() => new Response("<html>"));
    await assert.rejects(
        odd.client.call(listTasks, {}),
        (error) => error instanceof ApiError && error.trouble === "unreadable",
    );
    const slow = answering(({ init }) =>
        new Promise((_, fail) => {
            init.signal?.addEventListener("abort", () => fail(new DOMException("gone", "AbortError")));
        })
    );
    await assert.rejects(
        slow.client.call(listTasks, {}, { timeout: 5 }),
        (error) => error instanceof ApiError && error.isPassing,
    );
    const controller = new AbortController();
    const waiting = slow.client.call(listTasks, {}, { signal: controller.signal });
    controller.abort();
    await assert.rejects(waiting, isAbort);
});

test("a busy server says when to come back", async () => {
    const { client } = answering(() =>
        json({ status: 429, code: "rate_limited", detail: "Slow." }, 429, { "Retry-After": "3" })
    );
    await assert.rejects(
        client.call(listTasks, {}),
        (error) => error instanceof ApiError && error.retryAfterSeconds === 3,
    );
});
