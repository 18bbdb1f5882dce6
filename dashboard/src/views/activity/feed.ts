// SPDX-License-Identifier: Apache-2.0
// Task updates and log frames in one list, in the order of their times.

import { displayedLine } from "../../core/display";
import type { Cursor, LogFrame, TaskUpdate } from "../../core/live";

/** A line of the list. Fields of log frames are left out: the log has them. */
export type Item =
    | { readonly is: "task"; readonly key: string; readonly time: number; readonly update: TaskUpdate }
    | { readonly is: "log"; readonly key: string; readonly time: number; readonly line: Line }
    | Gap;

export interface Line {
    readonly id: number;
    readonly level: LogFrame["level"];
    readonly service: string;
    readonly message: string;
    readonly trace: string | null;
    readonly correlation: string | null;
}

/** A place where something is not shown: it is said, and can be read. */
export interface Gap {
    readonly is: "gap";
    readonly key: string;
    readonly time: number;
    /** `missed` can be read; `gone` is kept by nobody any more. */
    readonly why: "missed" | "gone";
    /** What lies between these places; null for a channel that has no gap. */
    readonly from: Cursor;
    readonly to: Cursor;
    /** About how many lines it is; 0 when nobody knows. */
    readonly count: number;
    readonly isReading: boolean;
}

export interface Feed {
    readonly items: readonly Item[];
    /** What came while the list stood still. */
    readonly waiting: readonly Item[];
    /** How many came; more than are waiting when the first of them were given up. */
    readonly count: number;
    /** Whether there is more above than may be kept. */
    readonly isFull: boolean;
}

export const EMPTY: Feed = { items: [], waiting: [], count: 0, isFull: false };

/** So many lines are kept, and so many wait while the list stands still. */
export const KEPT = 20_000;
export const WAITING = 5000;
const LONGEST = 1000;
/** A sender's clock is believed as far as this. */
const DRIFT = 10_000;

export function itemOf(update: TaskUpdate): Item {
    return { is: "task", key: "t" + update.position, time: Date.parse(update.occurred_at), update };
}

export function lineOf(frame: LogFrame): Item {
    const received = Date.parse(frame.received_at);
    const time = Math.min(received, Math.max(received - DRIFT, Date.parse(frame.time)));
    return {
        is: "log",
        key: "l" + frame.id,
        time: Number.isNaN(time) ? received : time,
        line: {
            id: frame.id,
            level: frame.level,
            service: displayedLine(frame.service),
            message: displayedLine(frame.message.slice(0, LONGEST)),
            trace: frame.trace_id,
            correlation: frame.correlation_id,
        },
    };
}

const RANK = { task: 0, log: 1, gap: 2 } as const;

/** By time; many lines have the same one, and stand by their places in their logs then. */
function order(a: Item, b: Item): number {
    return a.time - b.time || RANK[a.is] - RANK[b.is] || placeOf(a) - placeOf(b);
}

function placeOf(item: Item): number {
    if (item.is === "gap") return 0;
    return item.is === "task" ? item.update.position : item.line.id;
}

/** Both in one order, each once. */
export function merged(known: readonly Item[], more: readonly Item[]): readonly Item[] {
    if (more.length === 0) return known;
    const sorted = [...more].sort(order);
    const first = sorted[0];
    let from = known.length;
    for (; from > 0; from -= 1) {
        const before = known[from - 1];
        if (first === undefined || before === undefined || order(before, first) <= 0) break;
    }
    const tail = known.slice(from);
    const keys = new Set(known.slice(Math.max(0, from - sorted.length - 50)).map((one) => one.key));
    const fresh = sorted.filter((one) => !keys.has(one.key) && keys.add(one.key).size > 0);
    if (tail.length === 0) return known.concat(fresh);
    const both: Item[] = [];
    let left = 0;
    let right = 0;
    while (left < tail.length || right < fresh.length) {
        const old = tail[left];
        const next = fresh[right];
        if (next === undefined || (old !== undefined && order(old, next) <= 0)) {
            if (old !== undefined) both.push(old);
            left += 1;
        } else {
            both.push(next);
            right += 1;
        }
    }
    return known.slice(0, from).concat(both);
}

/** What has just come. Somebody who reads is not moved: it waits, and of too much only the newest. */
export function told(feed: Feed, more: readonly Item[], stands: boolean): Feed {
    if (more.length === 0) return feed;
    if (!stands) return trimmed({ ...feed, items: merged(feed.items, more) });
    const waiting = merged(feed.waiting, more);
    return { ...feed, waiting: waiting.slice(-WAITING), count: feed.count + more.length };
}

/** Lets the list go on that stood from there: what waited is shown, and what was given up of it is a gap to be read. */
export function resumed(feed: Feed, key: string, from: Cursor): Feed {
    if (feed.count === 0) return feed;
    const lost = feed.count - feed.waiting.length;
    const gap = lost > 0 ? gapBefore(feed.waiting, from, lost, key) : null;
    const more = gap === null ? feed.waiting : [gap, ...feed.waiting];
    return trimmed({ ...feed, items: merged(feed.items, more), waiting: [], count: 0 });
}

function gapBefore(waiting: readonly Item[], from: Cursor, count: number, key: string): Gap {
    const to = firstPlaces(waiting);
    return {
        is: "gap",
        key,
        time: (waiting[0]?.time ?? 0) - 1,
        why: "missed",
        from,
        to: { events: before(to.events), logs: before(to.logs) },
        count,
        isReading: false,
    };
}

const before = (place: number | null): number | null => (place === null ? null : place - 1);

/** The oldest places among them. */
function firstPlaces(items: readonly Item[]): Cursor {
    let events: number | null = null;
    let logs: number | null = null;
    for (const one of items) {
        if (one.is === "task") events = Math.min(events ?? one.update.position, one.update.position);
        if (one.is === "log") logs = Math.min(logs ?? one.line.id, one.line.id);
    }
    return { events, logs };
}

/** What was before. As much is taken as may be kept. */
export function withOlder(feed: Feed, older: readonly Item[]): Feed {
    const room = KEPT - feed.items.length;
    const sorted = merged([], older);
    const isFull = sorted.length > room;
    return {
        ...feed,
        items: merged(feed.items, isFull ? sorted.slice(sorted.length - Math.max(0, room)) : sorted),
        isFull,
    };
}

/** Puts what was read in the place of a gap; what was not there to read stays a gap for good. */
export function filled(feed: Feed, gap: string, found: readonly Item[], rest: Gap | null): Feed {
    const items = feed.items.filter((one) => one.key !== gap);
    const more = rest === null ? found : [...found, rest];
    return trimmed({ ...feed, items: merged(items, more) });
}

export function withGap(feed: Feed, gap: Gap): Feed {
    return { ...feed, items: merged(feed.items, [gap]) };
}

export function reading(feed: Feed, gap: string, isReading: boolean): Feed {
    return {
        ...feed,
        items: feed.items.map((one) => (one.is === "gap" && one.key === gap ? { ...one, isReading } : one)),
    };
}

function trimmed(feed: Feed): Feed {
    const over = feed.items.length - KEPT;
    return over <= 0 ? feed : { ...feed, items: feed.items.slice(over), isFull: true };
}

/** The log ids that are missing before and among frames that should be without gaps; none when the last is unknown. */
export function holes(last: number | null, frames: readonly LogFrame[]): readonly { from: number; to: number }[] {
    const found: { from: number; to: number }[] = [];
    let known = last;
    for (const { id } of frames) {
        if (known !== null && id > known + 1) found.push({ from: known + 1, to: id - 1 });
        if (known === null || id > known) known = id;
    }
    return found;
}
