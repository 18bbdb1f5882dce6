// SPDX-License-Identifier: Apache-2.0

import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { api, live, preferences } from "../../core/app";
import { timesOf } from "../../core/range";
import type { Filter as LiveFilter } from "../../gen/live";
import { useStore } from "../../ui/hooks";
import { type Filter, type LogsQuery, passes } from "./filter";
import { type Beginning, createLogList, type LogFrame, type LogList, type LogListState, type Place } from "./list";
import { listLogs } from "../../gen/orchestrator";

/** Lines come together, so that many of them are drawn once. */
const PAUSE = 150;
/** How often the log is asked when nobody tells of news. */
const ASKING = 3000;

/** What of a query restricts the lines, as the API takes it. */
export function restrictions(query: LogsQuery): Filter {
    const { service, level, traceId, correlationId, text, field, without } = query;
    return { service, level, traceId, correlationId, text, field, without };
}

/** The range that holds when none is chosen: one that finds what was asked for by its identifier, too. */
export function usualRange(query: LogsQuery): string {
    return query.traceId === undefined && query.correlationId === undefined ? "1h" : "all";
}

/** Whether new lines are to be shown as they come. */
export function isFollowing(query: LogsQuery): boolean {
    return query.follow === "yes" && query.id === undefined && query.until === undefined;
}

export interface Logs {
    readonly list: LogList;
    readonly state: LogListState;
    /** Begins anew, and counts relative times from now. */
    readonly again: () => void;
    /** Why lines do not come by themselves at the moment. */
    readonly trouble: string | null;
}

/** The lines that an address names, followed while it says so. */
export function useLogs(query: LogsQuery): Logs {
    const { workspace } = useStore(preferences);
    const [round, setRound] = useState(0);
    const follows = isFollowing(query);
    const filter = restrictions(query);
    const from: Beginning = query.id !== undefined
        ? { at: "around", id: Number(query.id) }
        : { at: query.order === "oldest" && !follows ? "oldest" : "newest" };
    const { range, since, until } = query;
    const key = JSON.stringify([workspace, round, from, filter, query.id === undefined ? [range, since, until] : null]);
    const latest = useRef({ query, filter, from });
    latest.current = { query, filter, from };

    const list = useMemo(() => {
        const now = latest.current;
        const times = now.from.at === "around"
            ? { since: null, until: null }
            : timesOf(now.query, usualRange(now.query), Date.now());
        const bounds = {
            since: times.since === null ? undefined : new Date(times.since).toISOString(),
            until: times.until === null ? undefined : new Date(times.until).toISOString(),
        };
        return createLogList({
            ask: (place, signal) =>
                api.call(listLogs, { query: { ...now.filter, ...bounds, ...placeWords(place) } }, { signal }),
            passes: (frame) => passes(now.filter, frame),
            from: now.from,
            isGapless: isWhole(liveFilter(now.filter)),
            page: now.from.at === "around" ? 100 : 500,
        });
    }, [key]);
    useEffect(() => {
        list.begin();
        return () => list.end();
    }, [list]);
    const trouble = useFollowing(list, filter, follows);
    const again = useCallback(() => setRound((count) => count + 1), []);
    return { list, state: useStore(list.state), again, trouble };
}

/** Where to read, in the words of the API; a cursor holds the order itself. */
export function placeWords({ order, cursor, before, after, limit }: Place) {
    return { order, cursor, before, after, limit };
}

function useFollowing(list: LogList, filter: Filter, follows: boolean): string | null {
    const [trouble, setTrouble] = useState<string | null>(null);
    const { connection } = useStore(live.state);
    const isRefused = follows && connection.is === "refused";
    const words = JSON.stringify(filter);
    useEffect(() => {
        setTrouble(null);
        if (!follows) return undefined;
        let held: LogFrame[] = [];
        let timer: number | null = null;
        const flush = (): void => {
            timer = null;
            list.add(held);
            held = [];
        };
        const end = live.subscribe({
            channels: ["logs"],
            filter: liveFilter(JSON.parse(words) as Filter),
            begun: () => list.catchUp(),
            reset: () => list.catchUp(),
            notice: (_, isAvailable, message) => setTrouble(isAvailable ? null : message),
            logs(frames) {
                held.push(...frames);
                if (timer === null) timer = window.setTimeout(flush, PAUSE);
            },
        });
        return () => {
            end();
            if (timer !== null) window.clearTimeout(timer);
        };
    }, [list, words, follows]);
    useEffect(() => {
        if (!isRefused) return undefined;
        const timer = window.setInterval(() => list.catchUp(), ASKING);
        return () => window.clearInterval(timer);
    }, [list, isRefused]);
    return trouble;
}

/** Whether all lines come. */
function isWhole(filter: LiveFilter): boolean {
    return Object.values(filter).every((one) => one === null);
}

/** What the WebSocket can tell apart by itself; the rest is looked at here. */
function liveFilter(filter: Filter): LiveFilter {
    return {
        service: filter.service.length === 0 ? null : filter.service,
        level: filter.level ?? null,
        trace: filter.traceId !== undefined && /^[0-9a-f]{32}$/.test(filter.traceId) ? [filter.traceId] : null,
        correlation: filter.correlationId === undefined ? null : [filter.correlationId],
    };
}
