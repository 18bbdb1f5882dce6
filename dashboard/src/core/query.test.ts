// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import test from "node:test";
import { createQueryCache, type Query } from "./query";

/** A question that is answered by hand. */
function question(key: string, tags: readonly string[] = []) {
    const open: { done: (value: string) => void; fail: (error: Error) => void; signal: AbortSignal }[] = [];
    const query: Query<string> = {
        key,
        tags,
        fetch: (signal) => new Promise((done, fail) => open.push({ done, fail, signal })),
    };
    return { query, open };
}

function cacheByHand(spare = 100) {
    const due: (() => void)[] = [];
    let time = 1000;
    const cache = createQueryCache({ now: () => time, soon: (work) => due.push(work), spare });
    return {
        cache,
        pass: (milliseconds: number) => (time += milliseconds),
        run: () => due.splice(0).forEach((work) => work()),
        due,
    };
}

const settled = (): Promise<void> => new Promise((done) => setTimeout(done, 0));

test("a question that two ask at once is asked once", async () => {
    const { cache } = cacheByHand();
    const { query, open } = question("a");
    let told = 0;
    cache.watch(query, () => (told += 1));
    cache.watch(query, () => (told += 1));
    assert.equal(open.length, 1);
    assert.equal(cache.peek(query).status, "loading");
    open[0]?.done("yes");
    await settled();
    assert.equal(cache.peek(query).data, "yes");
    assert.equal(cache.peek(query).status, "ready");
    assert(told >= 2);
});

test("an old answer is shown while a new one is on its way", async () => {
    const { cache, pass } = cacheByHand();
    const { query, open } = question("a");
    const end = cache.watch(query, () => undefined);
    open[0]?.done("first");
    await settled();
    end();
    cache.watch(query, () => undefined)();
    assert.equal(open.length, 1);
    pass(5000);
    cache.watch(query, () => undefined);
    assert.equal(open.length, 2);
    assert.equal(cache.peek(query).data, "first");
    assert(cache.peek(query).isFetching);
    open[1]?.done("second");
    await settled();
    assert.equal(cache.peek(query).data, "second");
});

test("an error keeps what was known", async () => {
    const { cache } = cacheByHand();
    const { query, open } = question("a");
    cache.watch(query, () => undefined);
    open[0]?.done("first");
    await settled();
    const again = cache.refresh(query);
    open[1]?.fail(new Error("no"));
    await again;
    const entry = cache.peek(query);
    assert.equal(entry.status, "failed");
    assert.equal(entry.data, "first");
});

test("news make watched answers be asked for again, together", async () => {
    const { cache, run, due } = cacheByHand();
    const watched = question("a", ["tasks"]);
    const other = question("b", ["rooms"]);
    cache.watch(watched.query, () => undefined);
    cache.watch(other.query, () => undefined);
    watched.open[0]?.done("1");
    other.open[0]?.done("1");
    await settled();
    cache.invalidate(["tasks"]);
    cache.invalidate(["tasks"]);
    assert.equal(due.length, 1);
    run();
    assert.equal(watched.open.length, 2);
    assert.equal(other.open.length, 1);
});

test("news that come while a question is asked have it asked once more", async () => {
    const { cache, run } = cacheByHand();
    const { query, open } = question("a", ["tasks"]);
    cache.watch(query, () => undefined);
    cache.invalidate(["tasks"]);
    run();
    assert.equal(open.length, 1);
    open[0]?.done("before the news");
    await settled();
    run();
    assert.equal(open.length, 2);
});

test("a question that nobody asks any more is aborted, and its answer dropped", async () => {
    const { cache } = cacheByHand();
    const { query, open } = question("a");
    cache.watch(query, () => undefined)();
    assert(open[0]?.signal.aborted === true);
    open[0]?.done("late");
    await settled();
    assert.equal(cache.peek(query).data, undefined);
    cache.watch(query, () => undefined);
    assert.equal(open.length, 2);
});

test("an answer put in wins over one on its way", async () => {
    const { cache } = cacheByHand();
    const { query, open } = question("a");
    cache.watch(query, () => undefined);
    cache.put(query, "changed");
    open[0]?.done("from before");
    await settled();
    assert.equal(cache.peek(query).data, "changed");
});

test("only so many answers are kept that nobody watches", async () => {
    const { cache } = cacheByHand(2);
    const all = ["a", "b", "c"].map((key) => question(key));
    for (const { query, open } of all) {
        const end = cache.watch(query, () => undefined);
        open[0]?.done("x");
        await settled();
        end();
    }
    assert.deepEqual(all.map(({ query }) => cache.peek(query).data), [undefined, "x", "x"]);
});
