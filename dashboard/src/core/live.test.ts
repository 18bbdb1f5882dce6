// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import test from "node:test";
import type { ClientFrame, ServerFrame } from "../gen/live";
import { createLive, type Socket } from "./live";

const turns = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn += 1) await new Promise((done) => setTimeout(done, 0));
};

function server() {
    const sockets: {
        readonly ticket: string;
        readonly sent: ClientFrame[];
        tell(frame: ServerFrame): void;
        cut(): void;
        closed: boolean;
    }[] = [];
    const sleeps: (() => void)[] = [];
    let tickets = 0;
    const live = createLive({
        ticket: async () => "t" + (tickets += 1),
        workspace: () => "ws_b",
        open(ticket) {
            const socket: Socket = {
                onopen: null,
                onmessage: null,
                onclose: null,
                send: (text) => one.sent.push(JSON.parse(text) as ClientFrame),
                close: () => {
                    one.closed = true;
                    socket.onclose?.();
                },
            };
            const one = {
                ticket,
                sent: [] as ClientFrame[],
                closed: false,
                tell: (frame: ServerFrame) => socket.onmessage?.({ data: JSON.stringify(frame) }),
                cut: () => socket.onclose?.(),
            };
            sockets.push(one);
            return socket;
        },
        clock: {
            now: () => 0,
            random: () => 0,
            sleep: (_, signal) =>
                new Promise((done) => {
                    sleeps.push(done);
                    signal.addEventListener("abort", () => done());
                }),
        },
    });
    return { live, sockets, sleeps };
}

const hello: ServerFrame = {
    type: "hello",
    server_time: "2026-01-01T00:00:00Z",
    cursor: { events: null, logs: null },
    limits: { subscriptions: 9, filter_values: 9, message_bytes: 9, errors: 9 },
};

test("a subscription is asked for once the server is ready, and again with its place after a cut", async () => {
    const { live, sockets, sleeps } = server();
    const seen: number[] = [];
    const end = live.subscribe({
        channels: ["tasks"],
        tasks: (items) => seen.push(...items.map((item) => item.position)),
    });
    await turns();
    assert.equal(sockets[0]?.ticket, "t1");
    assert.deepEqual(sockets[0]?.sent, []);
    sockets[0]?.tell(hello);
    assert.deepEqual(sockets[0]?.sent, [{
        type: "subscribe",
        id: "s1",
        channels: ["tasks"],
        cursor: { events: null, logs: null },
        workspace_id: "ws_b",
    }]);
    const update = {
        position: 41,
        event_id: "e",
        event_type: "run.completed",
        task_id: "task_1",
        run_id: null,
        status: null,
        version: null,
        actor: "user:a",
        correlation_id: null,
        trace_id: "t",
        occurred_at: "2026-01-01T00:00:00Z",
    } as const;
    sockets[0]?.tell({
        type: "events",
        subscription: "s1",
        cursor: { events: 41, logs: null },
        items: [update as never],
    });
    sockets[0]?.tell({ type: "cursor", subscription: "s1", cursor: { events: 44, logs: null } });
    assert.deepEqual(seen, [41]);
    sockets[0]?.cut();
    await turns();
    assert.equal(live.state.get().connection.is, "waiting");
    sleeps[0]?.();
    await turns();
    assert.equal(sockets[1]?.ticket, "t2");
    sockets[1]?.tell(hello);
    const again = sockets[1]?.sent[0];
    assert(again?.type === "subscribe");
    assert.deepEqual(again.cursor, { events: 44, logs: null });
    end();
    assert(sockets[1]?.closed === true);
    assert.equal(live.state.get().connection.is, "idle");
});

test("a reset is told, and unreadable frames are passed over", async () => {
    const { live, sockets } = server();
    const resets: string[] = [];
    let begun = 0;
    const end = live.subscribe({
        begun: () => (begun += 1),
        channels: ["tasks", "logs"],
        reset: (channel) => resets.push(channel),
    });
    await turns();
    sockets[0]?.tell(hello);
    sockets[0]?.tell("nonsense" as never);
    sockets[0]?.tell({
        type: "reset",
        subscription: "s1",
        channel: "logs",
        oldest: 5,
        cursor: { events: null, logs: 9 },
    });
    assert.deepEqual(resets, ["logs"]);
    sockets[0]?.tell({
        type: "subscribed",
        subscription: "s1",
        channels: ["logs"],
        cursor: { events: 1, logs: 1 },
    });
    assert.equal(begun, 1);
    end();
});
