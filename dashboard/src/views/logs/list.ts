// SPDX-License-Identifier: Apache-2.0

import { ApiError, isAbort } from "../../core/problem";
import { createStore, type Store } from "../../core/store";
import type { LogFrame, LogPage } from "../../gen/orchestrator";

export type { LogFrame };

/** Where to read on. */
export interface Place {
    readonly order: "newest" | "oldest";
    readonly cursor?: string;
    /** Ids, not included. */
    readonly before?: number;
    readonly after?: number;
    readonly limit: number;
}

/** How it stands with one end of what is shown. */
export interface End {
    /** Null when there is nothing beyond. */
    readonly next: Place | null;
    readonly isReading: boolean;
    readonly error: unknown;
    /** The id that was looked at last, when much was looked at and little found; reading goes on when it is asked for. */
    readonly rests: number | null;
}

/** A part of the log without gaps, as far as the filters let lines through. */
export interface LogListState {
    /** By ascending ids. */
    readonly frames: readonly LogFrame[];
    readonly status: "loading" | "ready" | "failed";
    readonly error: unknown;
    readonly older: End;
    readonly newer: End;
    /** The oldest id that is kept. */
    readonly oldestKept: number;
    /** Rises with every line that came after the list had begun. */
    readonly arrived: number;
}

/** Asks for fewer lines where so many would be too large for one answer. */
export async function askedFor(place: Place, ask: (place: Place) => Promise<LogPage>): Promise<LogPage> {
    for (let { limit } = place;; limit = Math.ceil(limit / 4)) {
        try {
            return await ask({ ...place, limit });
        } catch (error) {
            const isTooLarge = error instanceof ApiError && error.problem?.code === "page_too_large";
            if (!isTooLarge || limit <= 1) throw error;
        }
    }
}

/** Where a list begins. */
export type Beginning =
    | { readonly at: "newest" | "oldest" }
    | { readonly at: "around"; readonly id: number };

export interface LogList {
    readonly state: Store<LogListState>;
    begin(): void;
    /** Reads on at one end, unless it is being read already. */
    read(end: "older" | "newer"): void;
    /** Reads what has come since; from then on `add` continues the list. */
    catchUp(): void;
    /** Takes lines that came by themselves, in the order of their ids and without gaps, as far as `passes` lets through. */
    add(frames: readonly LogFrame[]): void;
    end(): void;
}

export interface LogListSettings {
    readonly ask: (place: Place, signal: AbortSignal) => Promise<LogPage>;
    readonly passes: (frame: LogFrame) => boolean;
    readonly from: Beginning;
    /** Whether `add` is given every line there is, so that a missing id is a line that was missed. */
    readonly isGapless?: boolean;
    /** How many lines a page has. */
    readonly page?: number;
    /** Pages that are read for one request while they bring little. */
    readonly patience?: number;
    /** Lines that are kept; beyond, those at the other end are given up and can be read again. */
    readonly most?: number;
}

const AT_REST: End = { next: null, isReading: false, error: null, rests: null };
const BEGUN: LogListState = {
    frames: [],
    status: "loading",
    error: null,
    older: AT_REST,
    newer: AT_REST,
    oldestKept: 1,
    arrived: 0,
};
/** Lines that wait while a gap is being read; more are read with the gap. */
const MOST_WAITING = 5000;

export function createLogList(settings: LogListSettings): LogList {
    const page = settings.page ?? 200;
    const patience = settings.patience ?? 20;
    const most = settings.most ?? 100_000;
    const state = createStore<LogListState>(BEGUN);
    let life = new AbortController();
    /** All ids up to it are decided at the newer end. */
    let seen = 0;
    let isCatching = false;
    let mustCatch = false;
    let waiting: LogFrame[] = [];

    const set = (part: Partial<LogListState>): void => state.update((old) => ({ ...old, ...part }));
    const setEnd = (end: "older" | "newer", part: Partial<End>): void =>
        state.update((old) => ({ ...old, [end]: { ...old[end], ...part } }));

    /** Puts frames at an end; gives up those at the other one when they are too many. */
    const put = (end: "older" | "newer", found: readonly LogFrame[]): void => {
        if (found.length === 0) return;
        const { frames: old } = state.get();
        const frames = end === "older" ? [...found, ...old] : [...old, ...found];
        if (frames.length <= most) return set({ frames });
        const kept = end === "older" ? frames.slice(0, most) : frames.slice(-most);
        set({ frames: kept });
        const other = end === "older" ? "newer" : "older";
        setEnd(other, { next: edge(other, kept), rests: null });
    };

    /** Where to go on behind the outermost of some frames. */
    const edge = (end: "older" | "newer", frames: readonly LogFrame[]): Place | null => {
        const last = end === "older" ? frames[0] : frames[frames.length - 1];
        if (last === undefined) return null;
        return end === "older"
            ? { order: "newest", before: last.id, limit: page }
            : { order: "oldest", after: last.id, limit: page };
    };

    /** Reads pages at an end until enough was found, nothing is left, or patience ends. Throws what `ask` throws. */
    const readOn = async (end: "older" | "newer", from: Place, wanted: number, signal: AbortSignal): Promise<void> => {
        setEnd(end, { isReading: true, error: null, rests: null });
        let next: Place | null = from;
        let found = 0;
        let scanned = 0;
        try {
            for (let turn = 0; next !== null && turn < patience && found < wanted; turn += 1) {
                const place: Place = next;
                const answer: LogPage = await askedFor(place, (fewer) => settings.ask(fewer, signal));
                if (signal.aborted) return;
                const isOldest = place.order === "oldest";
                next = answer.next_cursor === null
                    ? null
                    : { order: place.order, cursor: answer.next_cursor, limit: place.limit };
                found += answer.logs.length;
                scanned = answer.scanned_to;
                // What is newer than a page of the newest has not been there yet.
                if (isOldest) seen = Math.max(seen, next === null ? answer.newest_id : scanned);
                else if (place.before === undefined && place.cursor === undefined) seen = answer.newest_id;
                put(end, isOldest ? answer.logs : [...answer.logs].reverse());
                set({ oldestKept: answer.oldest_id, ...(found > 0 ? { status: "ready" as const } : {}) });
            }
            setEnd(end, { next, isReading: false, rests: next !== null && found < wanted ? scanned : null });
        } catch (error) {
            // The next try goes on where this one stood.
            if (!signal.aborted && !isAbort(error)) setEnd(end, { next, isReading: false, error });
            throw error;
        }
    };

    const open = async (signal: AbortSignal): Promise<void> => {
        const { from } = settings;
        try {
            if (from.at === "around") {
                seen = from.id;
                const older = readOn("older", { order: "newest", before: from.id + 1, limit: page }, 1, signal);
                await Promise.all([
                    older,
                    readOn("newer", { order: "oldest", after: from.id, limit: page }, 1, signal),
                ]);
            } else if (from.at === "oldest") await readOn("newer", { order: "oldest", limit: page }, page / 4, signal);
            else await readOn("older", { order: "newest", limit: page }, page / 4, signal);
        } catch (error) {
            if (signal.aborted || isAbort(error)) return;
            if (state.get().frames.length === 0) return set({ status: "failed", error });
        }
        if (signal.aborted) return;
        set({ status: "ready" });
        settle();
    };

    const append = (frames: readonly LogFrame[]): void => {
        // Lines at the newer end that were given up are read again first.
        if (state.get().newer.next !== null) return;
        const fresh = frames.filter((frame) => frame.id > seen);
        const last = fresh[fresh.length - 1];
        if (last === undefined) return;
        if (settings.isGapless === true && last.id > seen + fresh.length) return list.catchUp();
        seen = last.id;
        const found = fresh.filter(settings.passes);
        put("newer", found);
        if (found.length > 0) set({ arrived: state.get().arrived + found.length });
    };

    /** Takes what has waited, and reads what has been missed meanwhile. */
    const settle = (): void => {
        if (mustCatch) return list.catchUp();
        const held = waiting;
        waiting = [];
        append(held);
    };

    const close = async (signal: AbortSignal): Promise<void> => {
        isCatching = true;
        mustCatch = false;
        const before = state.get().frames.length;
        try {
            await readOn("newer", { order: "oldest", after: seen, limit: 1000 }, Infinity, signal);
        } catch {
            // Told at the end of the list, where it can be tried again.
        }
        if (signal.aborted) return;
        isCatching = false;
        const { newer, frames } = state.get();
        // Too much has been missed to read all of it: the list begins anew, at the newest.
        if (newer.next !== null && newer.error === null) return list.begin();
        if (frames.length > before) set({ arrived: state.get().arrived + frames.length - before });
        settle();
    };

    const list: LogList = {
        state,
        begin() {
            list.end();
            life = new AbortController();
            seen = 0;
            state.set(BEGUN);
            void open(life.signal);
        },
        read(end) {
            const now = state.get();
            const { next, isReading } = now[end];
            if (now.status !== "ready" || next === null || isReading || isCatching) return;
            readOn(end, next, page / 2, life.signal).then(settle, () => undefined);
        },
        catchUp() {
            mustCatch = true;
            const { status, newer } = state.get();
            if (status !== "ready" || newer.isReading || isCatching) return;
            void close(life.signal);
        },
        add(frames) {
            if (state.get().status === "ready" && !isCatching && !mustCatch) return append(frames);
            waiting.push(...frames);
            if (waiting.length <= MOST_WAITING) return;
            waiting = [];
            mustCatch = true;
        },
        end() {
            life.abort();
            isCatching = false;
            mustCatch = false;
            waiting = [];
        },
    };
    return list;
}
