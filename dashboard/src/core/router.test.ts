// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import test from "node:test";
import { choice, choices, createRouter, href, match, moment, route, text } from "./router";

const place = route("/tasks/{id}", {
    status: choices(["queued", "failed"]),
    agent: text(/^[a-z]+$/),
    tab: choice(["all", "one"]),
    since: moment,
});

test("an address says everything that made it", () => {
    const query = { status: ["failed", "queued"], agent: "echo", tab: "one", since: "2026-01-01T00:00:00Z" } as const;
    const address = href(place, { id: "a/b" }, query);
    assert.equal(address, "/tasks/a%2Fb?status=queued&status=failed&agent=echo&tab=one&since=2026-01-01T00%3A00%3A00Z");
    const found = match(place, address);
    assert.deepEqual(found?.parameters, { id: "a/b" });
    assert.deepEqual(found?.query, { ...query, status: ["queued", "failed"] });
});

test("what an address leaves out or says wrongly is as if it were not there", () => {
    const found = match(place, "/tasks/x?status=nonsense&agent=No!&tab=nine&since=yesterday&more=1");
    assert.deepEqual(found?.query, { status: [], agent: undefined, tab: "all", since: undefined });
    assert.equal(href(place, { id: "x" }, { tab: "all", status: [] }), "/tasks/x");
});

test("other addresses are other places", () => {
    assert.equal(match(place, "/tasks"), null);
    assert.equal(match(place, "/runs/x"), null);
    assert.equal(match(place, "/tasks/%E0%A4%A"), null);
});

test("the history is the browser's", () => {
    const entries = ["/"];
    let back = (): void => undefined;
    const router = createRouter({
        read: () => entries[entries.length - 1] ?? "/",
        write: (address, replaces) => void (replaces ? (entries[entries.length - 1] = address) : entries.push(address)),
        listen: (watcher) => void (back = watcher),
    });
    router.go("/tasks");
    router.go("/tasks");
    router.replace("/tasks?agent=echo");
    assert.deepEqual(entries, ["/", "/tasks?agent=echo"]);
    entries.pop();
    back();
    assert.equal(router.address.get(), "/");
});
