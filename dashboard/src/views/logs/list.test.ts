// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import test from "node:test";
import { ApiError } from "../../core/problem";
import type { LogFrame, LogPage } from "../../gen/orchestrator";
import { type Beginning, createLogList, type LogListSettings, type Place } from "./list";

const frame = (id: number): LogFrame => ({
    id,
    time: "2026-01-01T00:00:00Z",
    received_at: "2026-01-01T00:00:00Z",
    level: id % 10 === 0 ? "error" : "info",
    service: "a",
    message: "line " + id,
    trace_id: null,
    correlation_id: null,
    fields: null,
});

/** A log of so many lines that looks at no more than `scan` of them for one page. */
function daemon(newest: number, scan = Infinity, wants: (frame: LogFrame) => boolean = () => true) {
    const asked: Place[] = [];
    const faults: Error[] = [];
    const server = {
        newest,
        asked,
        faults,
        async ask(place: Place): Promise<LogPage> {
            asked.push(place);
            await Promise.resolve();
            const fault = faults.shift();
            if (fault !== undefined) throw fault;
            const isOldest = place.order === "oldest";
            const cursor = place.cursor === undefined ? undefined : Number(place.cursor);
            const low = Math.max(0, place.after ?? 0, isOldest ? cursor ?? 0 : 0);
            const high = Math.min(
                server.newest + 1,
                place.before ?? Infinity,
                isOldest ? Infinity : cursor ?? Infinity,
            );
            const logs: LogFrame[] = [];
            let at = isOldest ? low : high;
            let looked = 0;
            while (looked < scan && logs.length < place.limit) {
                const next = isOldest ? at + 1 : at - 1;
                if (next <= low || next >= high) break;
                at = next;
                looked += 1;
                if (wants(frame(at))) logs.push(frame(at));
            }
            const isDone = isOldest ? at + 1 >= high : at - 1 <= low;
            return {
                logs,
                next_cursor: isDone ? null : String(at),
                scanned_to: at,
                newest_id: server.newest,
                oldest_id: 1,
            };
        },
    };
    return server;
}

const settled = async (): Promise<void> => {
    for (let turn = 0; turn < 200; turn += 1) await Promise.resolve();
};

function make(server: ReturnType<typeof daemon>, from: Beginning, more: Partial<LogListSettings> = {}) {
    const list = createLogList({ ask: (place) => server.ask(place), passes: () => true, from, page: 10, ...more });
    const ids = (): number[] => list.state.get().frames.map((one) => one.id);
    return { list, ids, get: () => list.state.get() };
}

const upTo = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);

test("a list begins at the newest and is read back to the oldest", async () => {
    const { list, ids, get } = make(daemon(25), { at: "newest" });
    list.begin();
    assert.equal(get().status, "loading");
    await settled();
    assert.equal(get().status, "ready");
    assert.deepEqual(ids(), upTo(16, 25));
    list.read("older");
    list.read("older");
    await settled();
    list.read("older");
    await settled();
    assert.deepEqual(ids(), upTo(1, 25));
    assert.equal(get().older.next, null);
});

test("a list around a line goes in both directions", async () => {
    const { list, ids, get } = make(daemon(60), { at: "around", id: 30 });
    list.begin();
    await settled();
    assert.deepEqual(ids(), upTo(21, 40));
    list.read("newer");
    list.read("older");
    await settled();
    assert.deepEqual(ids(), upTo(11, 50));
    assert(get().newer.next !== null);
});

test("short pages are gone on with, and how far was looked is said when patience ends", async () => {
    const server = daemon(1000, 20, (one) => one.id === 3 || one.id === 990);
    const { list, ids, get } = make(server, { at: "newest" }, { patience: 5 });
    list.begin();
    await settled();
    assert.equal(get().status, "ready");
    assert.deepEqual(ids(), [990]);
    assert.equal(server.asked.length, 5);
    assert.equal(get().older.rests, 901);
    for (let turn = 0; turn < 12; turn += 1) {
        list.read("older");
        await settled();
    }
    assert.deepEqual(ids(), [3, 990]);
    assert.equal(get().older.next, null);
    assert.equal(get().older.rests, null);
});

test("a log in which nothing fits is ready and empty", async () => {
    const { list, get } = make(daemon(50, 20, () => false), { at: "newest" });
    list.begin();
    await settled();
    assert.equal(get().status, "ready");
    assert.deepEqual(get().frames, []);
    assert.equal(get().older.next, null);
});

test("what cannot be read at first has failed; later, only its end has, and it can be tried again", async () => {
    const server = daemon(30);
    const { list, ids, get } = make(server, { at: "newest" });
    server.faults.push(new ApiError("unreachable", 0, null, "away"));
    list.begin();
    await settled();
    assert.equal(get().status, "failed");
    list.begin();
    await settled();
    server.faults.push(new ApiError("unreachable", 0, null, "away"));
    list.read("older");
    await settled();
    assert.equal(get().status, "ready");
    assert(get().older.error instanceof ApiError);
    assert.deepEqual(ids(), upTo(21, 30));
    list.read("older");
    await settled();
    assert.deepEqual(ids(), upTo(11, 30));
    assert.equal(get().older.error, null);
});

test("lines that come are put behind the last one, each once, as far as the filter lets them", async () => {
    const { list, ids, get } = make(daemon(12), { at: "newest" }, { passes: (one) => one.level === "info" });
    list.begin();
    await settled();
    list.add([frame(12), frame(13)]);
    list.add([frame(20), frame(21)]);
    assert.deepEqual(ids(), [...upTo(3, 12), 13, 21]);
    assert.equal(get().arrived, 2);
});

test("what came before following began, or while it was cut, is read", async () => {
    const server = daemon(12);
    const { list, ids } = make(server, { at: "newest" });
    list.begin();
    await settled();
    server.newest = 40;
    list.catchUp();
    list.add([frame(41), frame(42)]);
    await settled();
    assert.deepEqual(ids(), upTo(3, 42));
});

test("a line that is missing among those that come is read", async () => {
    const server = daemon(12);
    const { list, ids } = make(server, { at: "newest" }, { isGapless: true });
    list.begin();
    await settled();
    server.newest = 15;
    list.add([frame(13), frame(15)]);
    await settled();
    assert.deepEqual(ids(), upTo(3, 15));
    list.add([frame(15), frame(16)]);
    assert.deepEqual(ids(), upTo(3, 16));
});

test("catching up waits for the first page", async () => {
    const server = daemon(5);
    const { list, ids } = make(server, { at: "newest" });
    list.begin();
    list.catchUp();
    list.add([frame(6)]);
    await settled();
    assert.deepEqual(ids(), upTo(1, 6));
});

test("after too long an absence the list begins anew instead of having a hole", async () => {
    const server = daemon(10);
    const { list, ids } = make(server, { at: "newest" }, { patience: 2 });
    list.begin();
    await settled();
    server.newest = 9000;
    list.catchUp();
    await settled();
    assert.deepEqual(ids(), upTo(8991, 9000));
});

test("a gap that cannot be read is not passed over: lines wait until it is", async () => {
    const server = daemon(10);
    const { list, ids, get } = make(server, { at: "newest" });
    list.begin();
    await settled();
    server.newest = 14;
    server.faults.push(new ApiError("unreachable", 0, null, "away"));
    list.catchUp();
    await settled();
    assert(get().newer.error !== null);
    list.add([frame(15)]);
    assert.deepEqual(ids(), upTo(1, 10));
    server.newest = 15;
    list.read("newer");
    await settled();
    assert.deepEqual(ids(), upTo(1, 15));
    list.add([frame(16)]);
    assert.deepEqual(ids(), upTo(1, 16));
});

test("no more is kept than may be, and what was given up can be read again", async () => {
    const server = daemon(40);
    const { list, ids, get } = make(server, { at: "newest" }, { most: 15 });
    list.begin();
    await settled();
    list.read("older");
    await settled();
    assert.deepEqual(ids(), upTo(21, 35));
    list.add([frame(41)]);
    assert.deepEqual(ids(), upTo(21, 35));
    list.read("newer");
    await settled();
    assert.deepEqual(ids(), upTo(26, 40));
    assert(get().older.next !== null);
});

test("where lines are too large for one answer, fewer are asked for", async () => {
    const server = daemon(12);
    const { list, ids } = make(server, { at: "newest" });
    const problem = { type: "", title: "", status: 400, code: "page_too_large", detail: "" };
    server.faults.push(new ApiError("refused", 400, problem, ""), new ApiError("refused", 400, problem, ""));
    list.begin();
    await settled();
    assert.deepEqual(server.asked.map((place) => place.limit).slice(0, 4), [10, 3, 1, 10]);
    assert.deepEqual(ids(), upTo(2, 12));
});

test("an answer that comes after the end changes nothing", async () => {
    const { list, get } = make(daemon(5), { at: "newest" });
    list.begin();
    list.end();
    await settled();
    assert.deepEqual(get().frames, []);
});
