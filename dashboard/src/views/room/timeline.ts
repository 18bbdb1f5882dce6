// SPDX-License-Identifier: Apache-2.0

import type { Event } from "../../gen/orchestrator";
import { type Fact, facts, type Tone } from "./facts";

/** One event as it is shown in a list: what it holds beyond that is read when somebody asks for it. */
export interface Entry {
    readonly seq: number;
    readonly id: string;
    readonly type: string;
    readonly at: string;
    readonly actor: string;
    readonly tone: Tone;
    readonly facts: readonly Fact[];
    /** What was said, when it is a message. */
    readonly message: Said | null;
}

export interface Said {
    readonly id: string;
    readonly thread: string;
    readonly number: number;
    readonly text: string;
}

/** A stretch of a room's events without gaps, and where the room ends. */
export interface Timeline {
    readonly entries: readonly Entry[];
    /** The sequence of the newest event that is known of. */
    readonly head: number;
    readonly weight: number;
}

/** So many events are kept, and so many letters of messages; older ones are read again when somebody goes there. */
export const KEPT = 50_000;
const LETTERS = 16_000_000;

export function entryOf(event: Event): Entry {
    const { tone, found } = facts(event);
    return {
        seq: event.stream_seq,
        id: event.event_id,
        type: event.event_type,
        at: event.occurred_at,
        actor: event.actor,
        tone,
        facts: found,
        message: saidIn(event),
    };
}

/** The message that an event tells of. */
export function saidIn(event: Event): Said | null {
    const { data } = event;
    if (event.event_type !== "message.posted" || typeof data !== "object" || data === null || Array.isArray(data)) {
        return null;
    }
    const { message_id: id, thread_id: thread, number, content_md: text } = data as Readonly<Record<string, unknown>>;
    const isWhole = typeof id === "string" && typeof thread === "string" && typeof text === "string";
    return isWhole ? { id, thread, number: typeof number === "number" ? number : 0, text } : null;
}

export function firstOf(timeline: Timeline): number {
    return timeline.entries[0]?.seq ?? timeline.head + 1;
}

export function lastOf(timeline: Timeline): number {
    return timeline.entries[timeline.entries.length - 1]?.seq ?? timeline.head;
}

/** Whether what happens next follows what is shown. */
export function isAttached(timeline: Timeline): boolean {
    return lastOf(timeline) >= timeline.head;
}

export function begun(entries: readonly Entry[], head: number): Timeline {
    const weight = weightOf(entries);
    return trimmed({ entries, head: Math.max(head, entries[entries.length - 1]?.seq ?? 0), weight }, "front");
}

/**
 * What happened. Somebody who reads further up keeps what is shown: once that is much, news are only known of, and are read
 * by pages on the way down.
 */
export function withNews(timeline: Timeline, news: readonly Entry[], isAtEnd: boolean): Timeline {
    const head = Math.max(timeline.head, news[news.length - 1]?.seq ?? 0);
    if (!isAttached(timeline) || (!isAtEnd && isFull(timeline))) return { ...timeline, head };
    return added({ ...timeline, head }, news);
}

/** The events behind the last one, whether they were read or told. */
export function withNewer(timeline: Timeline, newer: readonly Entry[]): Timeline {
    const head = Math.max(timeline.head, newer[newer.length - 1]?.seq ?? 0);
    return added({ ...timeline, head }, newer);
}

export function withOlder(timeline: Timeline, older: readonly Entry[]): Timeline {
    const first = firstOf(timeline);
    const fresh = older.filter((one) => one.seq < first);
    if (fresh.length === 0 || fresh[fresh.length - 1]?.seq !== first - 1) return timeline;
    const entries = fresh.concat(timeline.entries);
    return trimmed({ ...timeline, entries, weight: timeline.weight + weightOf(fresh) }, "back");
}

function added(timeline: Timeline, newer: readonly Entry[]): Timeline {
    const last = lastOf(timeline);
    const fresh = timeline.entries.length === 0 ? newer : newer.filter((one) => one.seq > last);
    // What does not follow is not shown behind a gap; it is read by pages instead.
    if (fresh.length === 0 || (timeline.entries.length > 0 && fresh[0]?.seq !== last + 1)) return timeline;
    const entries = timeline.entries.concat(fresh);
    return trimmed({ ...timeline, entries, weight: timeline.weight + weightOf(fresh) }, "front");
}

function isFull(timeline: Timeline): boolean {
    return timeline.entries.length >= KEPT || timeline.weight >= LETTERS;
}

function weightOf(entries: readonly Entry[]): number {
    return entries.reduce((sum, one) => sum + (one.message?.text.length ?? 0), 0);
}

function trimmed(timeline: Timeline, end: "front" | "back"): Timeline {
    const { entries } = timeline;
    let { weight } = timeline;
    let from = 0;
    let to = entries.length;
    while (to - from > 1 && (to - from > KEPT || weight > LETTERS)) {
        const gone = end === "front" ? entries[from] : entries[to - 1];
        weight -= gone?.message?.text.length ?? 0;
        if (end === "front") from += 1;
        else to -= 1;
    }
    return from === 0 && to === entries.length ? timeline : { ...timeline, entries: entries.slice(from, to), weight };
}
