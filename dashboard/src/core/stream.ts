// SPDX-License-Identifier: Apache-2.0

import { type Clock, pauseBefore, systemClock } from "./backoff";
import { ApiError } from "./problem";
import { EventReader } from "./sse";
import { createStore, type Store } from "./store";

/** How a stream stands, for people to see. */
export type Connection =
    | { readonly is: "idle" }
    | { readonly is: "connecting" }
    | { readonly is: "live" }
    /** Lost; tries again at `at`. */
    | { readonly is: "waiting"; readonly at: number }
    /** Refused for good: signing in or another place is needed, not patience. */
    | { readonly is: "refused"; readonly why: string };

export interface StreamState {
    readonly connection: Connection;
    /** The sequence of the last event that was handed on; null before the first. */
    readonly cursor: number | null;
    readonly reconnects: number;
    /** Ranges that were asked for again because an event was missing. */
    readonly gaps: number;
    readonly duplicates: number;
}

/** What a sequence of events comes from. */
export interface StreamSource<T> {
    /** Opens the stream at the event with this sequence, or with what happens from now on. */
    open(from: number | null, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>;
    /** Reads the events from one sequence to another, both included. */
    range(from: number, to: number, signal: AbortSignal): Promise<readonly T[]>;
    sequence(event: T): number;
}

export interface StreamSettings<T> {
    readonly source: StreamSource<T>;
    /** Gets events in their order, each once, many at a time. */
    readonly deliver: (events: readonly T[]) => void;
    /** The stream cannot go on from where it was: what is shown must be loaded anew. */
    readonly reset: (reason: string) => void;
    /** Begins behind this sequence. */
    readonly cursor?: number | null;
    readonly clock?: Clock;
    /** Silence after which a connection counts as lost; the daemon sends comments more often. */
    readonly silence?: number;
    /** Runs something with the next picture: what came until then is delivered together. */
    readonly soon?: (work: () => void) => void;
}

/** Follows a gapless sequence of events over connections that break. */
export interface EventStreamClient {
    readonly state: Store<StreamState>;
    start(): void;
    stop(): void;
    /** Tries at once instead of at the end of the pause, as when the network is back. */
    retry(): void;
}

/** So many milliseconds it is read before the page gets its turn. */
const SLICE = 6;

export function createEventStream<T>(settings: StreamSettings<T>): EventStreamClient {
    const clock = settings.clock ?? systemClock;
    const silence = settings.silence ?? 45_000;
    const soon = settings.soon ?? ((work) => void setTimeout(work, 16));
    const state = createStore<StreamState>({
        connection: { is: "idle" },
        cursor: settings.cursor ?? null,
        reconnects: 0,
        gaps: 0,
        duplicates: 0,
    });
    let life: AbortController | null = null;
    let nap: AbortController | null = null;
    let attempt = 0;
    let waiting: T[] = [];
    let isDue = false;
    // Watchers are told with what is delivered, not of each event: thousands may come between two pictures.
    let cursor = settings.cursor ?? null;
    let duplicates = 0;

    const set = (part: Partial<StreamState>): void => state.update((value) => ({ ...value, ...part }));

    const flush = (): void => {
        isDue = false;
        set({ cursor, duplicates });
        if (waiting.length === 0) return;
        const events = waiting;
        waiting = [];
        settings.deliver(events);
    };

    const tell = (): void => {
        if (isDue) return;
        isDue = true;
        soon(flush);
    };

    const accept = (event: T): void => {
        waiting.push(event);
        cursor = settings.source.sequence(event);
        tell();
    };

    /** Hands an event on; asks for what is missing before it. */
    const take = async (event: T, signal: AbortSignal): Promise<void> => {
        const sequence = settings.source.sequence(event);
        if (cursor !== null && sequence <= cursor) {
            duplicates += 1;
            tell();
            return;
        }
        if (cursor !== null && sequence > cursor + 1) {
            set({ gaps: state.get().gaps + 1 });
            for (const missed of await settings.source.range(cursor + 1, sequence - 1, signal)) {
                if (settings.source.sequence(missed) === (cursor ?? 0) + 1) accept(missed);
            }
            if (cursor !== sequence - 1) {
                throw new Error("events are missing that the server does not have");
            }
        }
        accept(event);
    };

    const restart = (data: string, id: string | null): void => {
        const found = readReset(data);
        const last = found.last ?? (id === null ? null : Number(id));
        flush();
        cursor = last !== null && Number.isSafeInteger(last) ? last : null;
        set({ cursor });
        settings.reset(found.reason);
    };

    /** Reads one connection to its end. */
    const follow = async (signal: AbortSignal): Promise<void> => {
        const connection = new AbortController();
        const end = (): void => connection.abort();
        signal.addEventListener("abort", end);
        let timer = setTimeout(end, silence);
        try {
            const body = await settings.source.open(cursor === null ? null : cursor + 1, connection.signal);
            const reader = body.getReader();
            const events = new EventReader();
            const decoder = new TextDecoder();
            set({ connection: { is: "live" } });
            let since = clock.now();
            try {
                for (;;) {
                    const piece = await reader.read();
                    clearTimeout(timer);
                    timer = setTimeout(end, silence);
                    if (piece.done) return;
                    attempt = 0;
                    for (const one of events.take(decoder.decode(piece.value, { stream: true }))) {
                        // What is read without a pause would keep pictures and keys waiting in a flood.
                        if (clock.now() - since > SLICE) {
                            await clock.sleep(0, connection.signal);
                            connection.signal.throwIfAborted();
                            since = clock.now();
                        }
                        if (one.event === "reset") restart(one.data, one.id);
                        else await take(JSON.parse(one.data) as T, connection.signal);
                    }
                }
            } finally {
                reader.cancel().catch(() => undefined);
            }
        } finally {
            clearTimeout(timer);
            signal.removeEventListener("abort", end);
            connection.abort();
        }
    };

    const run = async (signal: AbortSignal): Promise<void> => {
        while (!signal.aborted) {
            set({ connection: { is: "connecting" } });
            try {
                await follow(signal);
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
        flush();
        if (life === null) set({ connection: { is: "idle" } });
    };

    return {
        state,
        start() {
            if (life !== null && state.get().connection.is !== "refused") return;
            life = new AbortController();
            void run(life.signal);
        },
        stop() {
            life?.abort();
            life = null;
        },
        retry() {
            attempt = 0;
            nap?.abort();
        },
    };
}

function readReset(data: string): { readonly reason: string; readonly last: number | null } {
    try {
        const value = JSON.parse(data) as { readonly reason?: unknown; readonly last_seq?: unknown };
        return {
            reason: typeof value.reason === "string" ? value.reason : "unknown",
            last: typeof value.last_seq === "number" ? value.last_seq : null,
        };
    } catch {
        return { reason: "unknown", last: null };
    }
}
