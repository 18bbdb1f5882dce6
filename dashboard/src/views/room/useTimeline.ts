// SPDX-License-Identifier: Apache-2.0

import { useCallback, useEffect, useRef, useState } from "react";
import { api, followEvents } from "../../core/app";
import { isAbort } from "../../core/problem";
import type { EventStreamClient, StreamState } from "../../core/stream";
import { type Event, listEvents } from "../../gen/orchestrator";
import {
    begun,
    type Entry,
    entryOf,
    firstOf,
    isAttached,
    lastOf,
    type Timeline,
    withNewer,
    withNews,
    withOlder,
} from "./timeline";

const PAGE = 200;
/** So many events are shown before the one that a link names. */
const BEFORE = 40;

export interface Following {
    readonly timeline: Timeline | null;
    readonly error: unknown;
    readonly isReading: boolean;
    readonly stream: StreamState | null;
    readonly older: () => void;
    readonly newer: () => void;
    /** Shows the newest events. */
    readonly latest: () => void;
    /** Shows the events around one. */
    readonly around: (seq: number) => void;
    readonly retry: () => void;
    /** Tells whether somebody sees the end. */
    readonly see: (isAtEnd: boolean) => void;
}

/** Follows a room: its newest events, or those around `at`, then what happens, and pages of what was before. */
export function useTimeline(room: string, at: number | undefined, told: (news: readonly Event[]) => void): Following {
    const [timeline, setTimeline] = useState<Timeline | null>(null);
    const [error, setError] = useState<unknown>(null);
    const [isReading, setReading] = useState(true);
    const [stream, setStream] = useState<StreamState | null>(null);
    const [round, setRound] = useState(0);
    const client = useRef<EventStreamClient | null>(null);
    const isAtEnd = useRef(true);
    const reading = useRef<AbortController | null>(null);
    const latestTold = useRef(told);
    latestTold.current = told;
    const now = useRef(timeline);
    now.current = timeline;
    const start = useRef(at);

    const read = useCallback(async (work: (signal: AbortSignal) => Promise<void>) => {
        if (reading.current !== null) return;
        const mine = new AbortController();
        reading.current = mine;
        setReading(true);
        try {
            await work(mine.signal);
            if (!mine.signal.aborted) setError(null);
        } catch (problem) {
            if (!isAbort(problem) && !mine.signal.aborted) setError(problem);
        } finally {
            if (reading.current === mine) {
                reading.current = null;
                setReading(false);
            }
        }
    }, []);

    const range = useCallback(async (from: number, limit: number, signal: AbortSignal): Promise<readonly Entry[]> => {
        const query = { stream_type: "room", stream_id: room, from_seq: from, order: "asc", limit } as const;
        return (await api.call(listEvents, { query }, { signal })).items.map(entryOf);
    }, [room]);

    const newest = useCallback(async (signal: AbortSignal): Promise<readonly Entry[]> => {
        const query = { stream_type: "room", stream_id: room, order: "desc", limit: PAGE } as const;
        return (await api.call(listEvents, { query }, { signal })).items.map(entryOf).reverse();
    }, [room]);

    useEffect(() => {
        let isOver = false;
        let follows: (() => void) | null = null;
        const begin = (signal: AbortSignal): Promise<void> => load(signal, start.current);
        const load = async (signal: AbortSignal, wanted: number | undefined): Promise<void> => {
            const entries = await newest(signal);
            const head = entries[entries.length - 1]?.seq ?? 0;
            const isThere = wanted === undefined || wanted >= (entries[0]?.seq ?? 0);
            const shown = isThere ? entries : await range(Math.max(1, wanted - BEFORE), PAGE, signal);
            if (signal.aborted || isOver) return;
            setTimeline(begun(shown, head));
            if (client.current === null) follow(head);
        };
        const follow = (head: number): void => {
            const made = followEvents(
                room,
                (events) => {
                    const news = events.map(entryOf);
                    setTimeline((old) => (old === null ? old : withNews(old, news, isAtEnd.current)));
                    latestTold.current(events);
                },
                () => void read((signal) => load(signal, undefined)),
                head,
            );
            client.current = made;
            setStream(made.state.get());
            follows = made.state.subscribe(() => setStream(made.state.get()));
            made.start();
        };
        void read(begin);
        return () => {
            isOver = true;
            reading.current?.abort();
            reading.current = null;
            follows?.();
            client.current?.stop();
            client.current = null;
            setTimeline(null);
        };
    }, [room, round, newest, range, read]);

    const older = useCallback(() => {
        const shown = now.current;
        if (shown === null || firstOf(shown) <= 1) return;
        void read(async (signal) => {
            const from = Math.max(1, firstOf(shown) - PAGE);
            const found = await range(from, firstOf(shown) - from, signal);
            setTimeline((old) => (old === null ? old : withOlder(old, found)));
        });
    }, [read, range]);

    const newer = useCallback(() => {
        const shown = now.current;
        if (shown === null || isAttached(shown)) return;
        void read(async (signal) => {
            const found = await range(lastOf(shown) + 1, PAGE, signal);
            setTimeline((old) => (old === null ? old : withNewer(old, found)));
        });
    }, [read, range]);

    const latest = useCallback(() => {
        if (now.current === null || isAttached(now.current)) return;
        void read(async (signal) => {
            const entries = await newest(signal);
            setTimeline((old) => (old === null ? old : begun(entries, old.head)));
        });
    }, [read, newest]);

    const around = useCallback((seq: number) => {
        void read(async (signal) => {
            const entries = await range(Math.max(1, seq - BEFORE), PAGE, signal);
            setTimeline((old) => (old === null ? old : begun(entries, old.head)));
        });
    }, [read, range]);

    const retry = useCallback(() => {
        if (now.current === null) setRound((count) => count + 1);
        else client.current?.retry();
    }, []);
    const see = useCallback((isThere: boolean) => {
        isAtEnd.current = isThere;
    }, []);
    return { timeline, error, isReading, stream, older, newer, latest, around, retry, see };
}
