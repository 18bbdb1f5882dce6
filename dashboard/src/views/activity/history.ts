// SPDX-License-Identifier: Apache-2.0

import type { Cursor, Filter, Live, LogFrame, TaskUpdate, Wish } from "../../core/live";

export type Channels = Wish["channels"];

export interface Found {
    readonly updates: readonly TaskUpdate[];
    readonly frames: readonly LogFrame[];
    /** Up to where it was read, when that is before what was asked for. */
    readonly until: Cursor | null;
    /** Where the log begins, when it does not reach back to what was asked for. */
    readonly oldest: Cursor;
}

/** More is not read at once. */
export const MOST = 5000;

/**
 * Reads what was told between two places, those at the end included, over the socket of the page: a subscription that ends
 * when it has got there. So what is read again passed the same filters as what comes by itself.
 */
export function readBetween(
    live: Live,
    channels: Channels,
    filter: Filter,
    from: Cursor,
    to: Cursor,
    signal: AbortSignal,
): Promise<Found> {
    return new Promise((done, fail) => {
        const updates: TaskUpdate[] = [];
        const frames: LogFrame[] = [];
        const oldest: { events: number | null; logs: number | null } = { events: null, logs: null };
        let cursor = from;
        const caught = new Set<string>();
        let end = (): void => undefined;
        let isOver = false;
        const stop = (until: Cursor | null): void => {
            if (isOver) return;
            isOver = true;
            end();
            signal.removeEventListener("abort", give);
            done({
                updates: updates.filter((one) => one.position <= (to.events ?? 0)),
                frames: frames.filter((one) => one.id <= (to.logs ?? 0)),
                until,
                oldest,
            });
        };
        const give = (): void => {
            if (isOver) return;
            isOver = true;
            end();
            fail(new DOMException("Nobody waits for it any more.", "AbortError"));
        };
        const isThere = (channel: "tasks" | "logs"): boolean => {
            if (!channels.includes(channel) || caught.has(channel)) return true;
            const [here, wanted] = channel === "tasks" ? [cursor.events, to.events] : [cursor.logs, to.logs];
            return wanted === null || (here ?? -1) >= wanted;
        };
        const look = (): void => {
            if (isThere("tasks") && isThere("logs")) stop(null);
            else if (updates.length + frames.length >= MOST) stop(cursor);
        };
        if (signal.aborted) return give();
        signal.addEventListener("abort", give);
        end = live.subscribe({
            channels,
            filter,
            from,
            tasks: (more) => void updates.push(...more),
            logs: (more) => void frames.push(...more),
            caughtUp: (channel) => void caught.add(channel),
            reset: (channel, first) => void (oldest[channel === "tasks" ? "events" : "logs"] = first),
            refused: (message) => {
                if (isOver) return;
                isOver = true;
                end();
                fail(new Error(message));
            },
            moved: (now) => {
                cursor = now;
                look();
            },
        });
        if (isOver) end();
    });
}
