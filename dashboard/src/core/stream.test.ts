// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import test from "node:test";
import type { Clock } from "./backoff";
import { pauseBefore } from "./backoff";
import { ApiError } from "./problem";
import { EventReader } from "./sse";
import { createEventStream } from "./stream";

interface Numbered {
    readonly seq: number;
}

const encoder = new TextEncoder();
const frame = (seq: number): string => `id: ${seq}\nevent: e\ndata: {"seq":${seq}}\n\n`;
const turns = async (count = 20): Promise<void> => {
    for (let turn = 0; turn < count; turn += 1) await new Promise((done) => setTimeout(done, 0));
};

/** A server whose connections the test holds in its hand. */
function server() {
    const connections: { readonly from: number | null; send(text: string): void; cut(): void; end(): void }[] = [];
    const ranges: (readonly [number, number])[] = [];
    const refusals: Error[] = [];
    const delivered: number[] = [];
    const resets: string[] = [];
    const sleeps: (() => void)[] = [];
    // How much later it is whenever somebody looks.
    const pass = { milliseconds: 0 };
    let time = 1000;
    const clock: Clock = {
        now: () => time += pass.milliseconds,
        random: () => 0.5,
        sleep: (_, signal) =>
            new Promise((done) => {
                sleeps.push(done);
                signal.addEventListener("abort", () => done());
            }),
    };
    const stream = createEventStream<Numbered>({
        source: {
            open: async (from) => {
                const refusal = refusals.shift();
                if (refusal !== undefined) throw refusal;
                let held: ReadableStreamDefaultController<Uint8Array> | null = null;
                const body = new ReadableStream<Uint8Array>({ start: (controller) => void (held = controller) });
                const hand = held as ReadableStreamDefaultController<Uint8Array> | null;
                connections.push({
                    from,
                    send: (text) => hand?.enqueue(encoder.encode(text)),
                    cut: () => hand?.error(new TypeError("network")),
                    end: () => hand?.close(),
                });
                return body;
            },
            range: async (from, to) => {
                ranges.push([from, to]);
                return Array.from({ length: to - from + 1 }, (_, index) => ({ seq: from + index }));
            },
            sequence: (event) => event.seq,
        },
        deliver: (events) => delivered.push(...events.map((event) => event.seq)),
        reset: (reason) => resets.push(reason),
        clock,
        soon: (work) => work(),
    });
    return { stream, connections, ranges, refusals, delivered, resets, sleeps, pass };
}

test("a stream that is cut goes on where it was, with what was sent twice left out", async () => {
    const { stream, connections, delivered, sleeps } = server();
    stream.start();
    await turns();
    assert.equal(connections[0]?.from, null);
    connections[0]?.send(frame(5) + frame(6));
    await turns();
    connections[0]?.cut();
    await turns();
    assert.equal(stream.state.get().connection.is, "waiting");
    sleeps[0]?.();
    await turns();
    assert.equal(connections[1]?.from, 7);
    connections[1]?.send(frame(6) + frame(7));
    await turns();
    assert.deepEqual(delivered, [5, 6, 7]);
    assert.equal(stream.state.get().duplicates, 1);
    assert.equal(stream.state.get().cursor, 7);
    assert.equal(stream.state.get().connection.is, "live");
    stream.stop();
});

test("a flood lets the page take its turn, and is read no further once nobody follows", async () => {
    const { stream, connections, delivered, sleeps, pass } = server();
    stream.start();
    await turns();
    pass.milliseconds = 3;
    connections[0]?.send([1, 2, 3, 4, 5, 6, 7].map(frame).join(""));
    await turns();
    assert.deepEqual(delivered, [1, 2]);
    assert.equal(sleeps.length, 1);
    sleeps[0]?.();
    await turns();
    assert.deepEqual(delivered, [1, 2, 3, 4, 5]);
    stream.stop();
    await turns();
    assert.deepEqual(delivered, [1, 2, 3, 4, 5]);
});

test("what is missing is asked for before what follows is handed on", async () => {
    const { stream, connections, ranges, delivered } = server();
    stream.start();
    await turns();
    connections[0]?.send(frame(1) + frame(4));
    await turns();
    assert.deepEqual(ranges, [[2, 3]]);
    assert.deepEqual(delivered, [1, 2, 3, 4]);
    assert.equal(stream.state.get().gaps, 1);
    stream.stop();
});

test("frames may be cut anywhere, also within a letter", () => {
    const bytes = encoder.encode(
        '\uFEFFid: 1\r\nevent: note\r\ndata: {"a":"ä"}\r\ndata: second\r\n\r\n: comment\n\ndata: x\n\n',
    );
    const whole = new EventReader().take(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes));
    for (let cut = 1; cut < bytes.length; cut += 1) {
        const reader = new EventReader();
        const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
        const found = [bytes.slice(0, cut), bytes.slice(cut)].flatMap((piece) =>
            reader.take(decoder.decode(piece, { stream: true }))
        );
        assert.deepEqual(found, whole);
    }
    assert.deepEqual(whole[0], { id: "1", event: "note", data: '{"a":"ä"}\nsecond' });
    assert.equal(whole[1]?.data, "x");
});

test("a stream that cannot be resumed says so and goes on from the end", async () => {
    const { stream, connections, resets, sleeps } = server();
    stream.start();
    await turns();
    connections[0]?.send('id: 9\nevent: reset\ndata: {"reason":"expired","last_seq":9}\n\n');
    await turns();
    assert.deepEqual(resets, ["expired"]);
    connections[0]?.end();
    await turns();
    sleeps[0]?.();
    await turns();
    assert.equal(connections[1]?.from, 10);
    stream.stop();
});

test("a refusal is final, a server that is down is not", async () => {
    const { stream, connections, refusals, sleeps } = server();
    refusals.push(
        new ApiError("refused", 503, null, "down"),
        new ApiError("refused", 404, null, "There is no such room."),
    );
    stream.start();
    await turns();
    assert.equal(stream.state.get().connection.is, "waiting");
    sleeps[0]?.();
    await turns();
    assert.deepEqual(stream.state.get().connection, { is: "refused", why: "There is no such room." });
    assert.equal(connections.length, 0);
});

test("pauses grow, have a limit, and differ", () => {
    assert.deepEqual([0, 1, 2, 10].map((attempt) => pauseBefore(attempt, 1)), [500, 1000, 2000, 30_000]);
    assert.equal(pauseBefore(2, 0), 1000);
    assert.equal(pauseBefore(10_000, 0.5), 22_500);
});
