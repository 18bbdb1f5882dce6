// SPDX-License-Identifier: Apache-2.0

import { useCallback, useEffect, useRef, useState } from "react";
import { type Page, type Pages, withFirst, withNext } from "../core/pages";
import { isAbort } from "../core/problem";

/** A list that is read page by page. */
export interface PagedList<T> {
    readonly rows: readonly T[];
    readonly status: "loading" | "ready" | "failed";
    readonly error: unknown;
    readonly isReading: boolean;
    readonly hasMore: boolean;
    readonly more: () => void;
    /** Reads the first page again, at most once a second. */
    readonly renew: () => void;
    /** Begins anew. */
    readonly retry: () => void;
    /** Changes rows that are shown, as by news of them. */
    readonly patch: (change: (row: T) => T) => void;
}

const RENEWAL = 1000;

interface State<T> extends Pages<T> {
    readonly key: string;
    readonly status: "loading" | "ready" | "failed";
    readonly error: unknown;
    readonly isReading: boolean;
}

/** Reads the list that `key` names. Another key is another list; answers to the one before are dropped. */
export function usePages<T>(
    key: string,
    id: (row: T) => string,
    read: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<T>>,
): PagedList<T> {
    const empty = (name: string): State<T> => ({
        key: name,
        rows: [],
        next: null,
        status: "loading",
        error: null,
        isReading: true,
    });
    const [stored, setState] = useState<State<T>>(() => empty(key));
    const state = stored.key === key ? stored : empty(key);
    const latest = useRef({ read, id, state });
    latest.current = { read, id, state };
    const reading = useRef<{ controller: AbortController; renews: boolean } | null>(null);
    const renewal = useRef<{ timer: number | null; at: number }>({ timer: null, at: 0 });

    const fetch = useCallback(
        async (cursor: string | undefined, renews: boolean) => {
            reading.current?.controller.abort();
            const mine = { controller: new AbortController(), renews };
            reading.current = mine;
            const { signal } = mine.controller;
            const settle = (change: (old: State<T>) => State<T>): void => {
                if (signal.aborted) return;
                reading.current = null;
                setState((old) => (old.key === key ? change(old) : old));
            };
            try {
                const page = await latest.current.read(cursor, signal);
                settle((old) => {
                    const put = cursor === undefined ? withFirst : withNext;
                    return {
                        ...old,
                        ...put(old, page, latest.current.id),
                        status: "ready",
                        error: null,
                        isReading: false,
                    };
                });
            } catch (error) {
                if (isAbort(error)) return;
                settle((old) => ({
                    ...old,
                    status: old.status === "ready" ? "ready" : "failed",
                    error,
                    isReading: false,
                }));
            }
        },
        [key],
    );

    const begin = useCallback(() => {
        setState((old) => (old.key === key && old.rows.length > 0 ? { ...old, isReading: true } : empty(key)));
        void fetch(undefined, false);
    }, [key, fetch]);

    useEffect(() => {
        begin();
        const pending = renewal.current;
        return () => {
            reading.current?.controller.abort();
            if (pending.timer !== null) window.clearTimeout(pending.timer);
            pending.timer = null;
        };
    }, [begin]);

    const renew = useCallback(() => {
        const pending = renewal.current;
        if (pending.timer !== null) return;
        pending.timer = window.setTimeout(() => {
            pending.timer = null;
            pending.at = Date.now();
            // While a further page is on its way the first one waits for the next news.
            if (latest.current.state.isReading) renew();
            else void fetch(undefined, true);
        }, Math.max(0, pending.at + RENEWAL - Date.now()));
    }, [fetch]);

    const more = useCallback(() => {
        const { next, isReading } = latest.current.state;
        if (next === null || isReading) return;
        // A renewal that gives way is made up for.
        if (reading.current?.renews === true) renew();
        setState((old) => ({ ...old, isReading: true }));
        void fetch(next, false);
    }, [fetch, renew]);

    const patch = useCallback(
        (change: (row: T) => T) => setState((old) => ({ ...old, rows: old.rows.map(change) })),
        [],
    );
    return {
        rows: state.rows,
        status: state.status,
        error: state.error,
        isReading: state.isReading,
        hasMore: state.next !== null,
        more,
        renew,
        retry: begin,
        patch,
    };
}
