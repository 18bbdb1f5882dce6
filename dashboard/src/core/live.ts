// SPDX-License-Identifier: Apache-2.0

import type { Channel, ClientFrame, Cursor, Filter, LogFrame, ServerFrame, TaskUpdate } from "../gen/live";
import { type Clock, pauseBefore, systemClock } from "./backoff";
import { ApiError } from "./problem";
import { createStore, type Store } from "./store";
import type { Connection } from "./stream";

export type { Cursor, Filter, LogFrame, TaskUpdate };

/** The part of a `WebSocket` that is needed. */
export interface Socket {
    onopen: (() => void) | null;
    onmessage: ((message: { readonly data: unknown }) => void) | null;
    onclose: (() => void) | null;
    send(text: string): void;
    close(): void;
}

/** What somebody wants to be told, and where it goes. */
export interface Wish {
    readonly channels: readonly Channel[];
    readonly filter?: Filter;
    /** What is known already: what came behind it is told first. From now on unless given. */
    readonly from?: Cursor;
    readonly tasks?: (updates: readonly TaskUpdate[]) => void;
    readonly logs?: (frames: readonly LogFrame[]) => void;
    /** From here on nothing is missed: what was read before may be older. */
    readonly begun?: () => void;
    /** Everything that was wanted up to these places has been told. */
    readonly moved?: (cursor: Cursor) => void;
    /** All there was of a channel has been told; what comes now has just happened. */
    readonly caughtUp?: (channel: Channel) => void;
    /** What was shown must be loaded anew: what lay before `oldest` is there no longer, and it goes on behind `cursor`. */
    readonly reset?: (channel: Channel, oldest: number, cursor: Cursor) => void;
    /** The server does not take the wish. */
    readonly refused?: (message: string) => void;
    /** Whether a channel can be read at the moment. */
    readonly notice?: (channel: Channel, isAvailable: boolean, message: string) => void;
}

export interface LiveState {
    readonly connection: Connection;
    readonly reconnects: number;
}

/** One WebSocket for the whole page, over which every view subscribes to what it shows. */
export interface Live {
    readonly state: Store<LiveState>;
    /** Answers what ends the subscription; the socket is open while there is one. */
    subscribe(wish: Wish): () => void;
    retry(): void;
}

export interface LiveSettings {
    /** Gets a ticket that opens one socket. */
    readonly ticket: (signal: AbortSignal) => Promise<string>;
    readonly open: (ticket: string) => Socket;
    /** The workspace of which tasks are told; views subscribe anew when it is another one. */
    readonly workspace: () => string;
    readonly clock?: Clock;
    /** How often the server is asked whether it is there. */
    readonly pulse?: number;
}

interface Subscription {
    readonly id: string;
    readonly wish: Wish;
    cursor: Cursor;
}

export function createLive(settings: LiveSettings): Live {
    const clock = settings.clock ?? systemClock;
    const pulse = settings.pulse ?? 20_000;
    const state = createStore<LiveState>({ connection: { is: "idle" }, reconnects: 0 });
    const subscriptions = new Map<string, Subscription>();
    let life: AbortController | null = null;
    let nap: AbortController | null = null;
    let socket: Socket | null = null;
    let isReady = false;
    let attempt = 0;
    let count = 0;

    const set = (part: Partial<LiveState>): void => state.update((value) => ({ ...value, ...part }));

    const send = (frame: ClientFrame): void => {
        if (socket !== null && isReady) socket.send(JSON.stringify(frame));
    };

    const begin = (one: Subscription): void => {
        const filter = one.wish.filter === undefined ? {} : { filter: one.wish.filter };
        const { id, cursor, wish } = one;
        send({ type: "subscribe", id, channels: wish.channels, cursor, workspace_id: settings.workspace(), ...filter });
    };

    const receive = (frame: ServerFrame): void => {
        if (frame.type === "hello") {
            attempt = 0;
            isReady = true;
            set({ connection: { is: "live" } });
            for (const one of subscriptions.values()) begin(one);
            return;
        }
        if (frame.type === "error") {
            if (frame.id !== undefined) subscriptions.get(frame.id)?.wish.refused?.(frame.message);
            return;
        }
        if (!("subscription" in frame)) return;
        const one = subscriptions.get(frame.subscription);
        if (one === undefined) return;
        if ("cursor" in frame) {
            // What is null has no place yet; the place that was known stays.
            one.cursor = {
                events: frame.cursor.events ?? one.cursor.events,
                logs: frame.cursor.logs ?? one.cursor.logs,
            };
        }
        switch (frame.type) {
            case "events":
                one.wish.tasks?.(frame.items);
                break;
            case "logs":
                one.wish.logs?.(frame.items);
                break;
            case "subscribed":
                one.wish.begun?.();
                break;
            case "caught_up":
                one.wish.caughtUp?.(frame.channel);
                break;
            case "reset":
                one.wish.reset?.(frame.channel, frame.oldest, one.cursor);
                break;
            case "notice":
                return one.wish.notice?.(frame.channel, frame.available, frame.message);
            default:
                break;
        }
        if ("cursor" in frame) one.wish.moved?.(one.cursor);
    };

    /** One connection, from its ticket to its end. */
    const connect = async (signal: AbortSignal): Promise<void> => {
        const ticket = await settings.ticket(signal);
        if (signal.aborted) return;
        await new Promise<void>((done) => {
            const opened = settings.open(ticket);
            socket = opened;
            let isQuiet = false;
            const heart = setInterval(() => {
                // Nothing came since the last ping: nobody is there any more.
                if (isQuiet) return opened.close();
                isQuiet = true;
                send({ type: "ping" });
            }, pulse);
            const end = (): void => {
                clearInterval(heart);
                signal.removeEventListener("abort", close);
                // The close of a socket that was given up comes after the next one is there.
                if (socket === opened) {
                    isReady = false;
                    socket = null;
                }
                done();
            };
            const close = (): void => {
                opened.close();
                end();
            };
            signal.addEventListener("abort", close);
            opened.onclose = end;
            opened.onmessage = ({ data }) => {
                isQuiet = false;
                const frame = readFrame(data);
                if (frame !== null) receive(frame);
            };
        });
    };

    const run = async (signal: AbortSignal): Promise<void> => {
        while (!signal.aborted) {
            set({ connection: { is: "connecting" } });
            try {
                await connect(signal);
            } catch (error) {
                if (signal.aborted) break;
                if (error instanceof ApiError && error.trouble === "refused" && !error.isPassing) {
                    set({ connection: { is: "refused", why: error.message } });
                    return;
                }
            }
            if (signal.aborted) break;
            const pause = pauseBefore(attempt, clock.random());
            attempt += 1;
            set({ connection: { is: "waiting", at: clock.now() + pause }, reconnects: state.get().reconnects + 1 });
            nap = new AbortController();
            const wake = nap;
            const end = (): void => wake.abort();
            signal.addEventListener("abort", end);
            await clock.sleep(pause, wake.signal);
            signal.removeEventListener("abort", end);
        }
    };

    const start = (): void => {
        if (life !== null && state.get().connection.is !== "refused") return;
        life = new AbortController();
        void run(life.signal);
    };

    return {
        state,
        subscribe(wish) {
            count += 1;
            const one: Subscription = { id: "s" + count, wish, cursor: wish.from ?? { events: null, logs: null } };
            subscriptions.set(one.id, one);
            if (isReady) begin(one);
            else start();
            return () => {
                if (!subscriptions.delete(one.id)) return;
                send({ type: "unsubscribe", id: one.id });
                if (subscriptions.size > 0) return;
                life?.abort();
                life = null;
                set({ connection: { is: "idle" } });
            };
        },
        retry() {
            attempt = 0;
            nap?.abort();
            if (state.get().connection.is === "refused" && subscriptions.size > 0) start();
        },
    };
}

function readFrame(data: unknown): ServerFrame | null {
    if (typeof data !== "string") return null;
    try {
        const frame: unknown = JSON.parse(data);
        return typeof frame === "object" && frame !== null && "type" in frame ? (frame as ServerFrame) : null;
    } catch {
        return null;
    }
}
