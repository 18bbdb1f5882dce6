// SPDX-License-Identifier: Apache-2.0

import { useEffect } from "react";
import { api, preferences } from "../../core/app";
import { timesOf, widened } from "../../core/range";
import { inWords } from "../../core/problem";
import { absolute } from "../../core/time";
import type { Series } from "../../ui/charts/marks";
import { TimeChart } from "../../ui/charts/TimeChart";
import { useQuery, useStore } from "../../ui/hooks";
import { Loading } from "../../ui/parts";
import { bucketsOf, countInWords } from "./count";
import type { LogsQuery } from "./filter";
import { countLogs, listLogs, type LogHistogram } from "../../gen/orchestrator";
import { isFollowing, restrictions, usualRange } from "./useLogs";

const BUCKETS = 60;
/** How often the counts are read again while lines are followed. */
const RENEWAL = 10_000;

const SERIES: readonly Series[] = [
    { name: "trace", tone: "edge", pattern: "bars" },
    { name: "debug", tone: "faint", pattern: "plain" },
    { name: "info", tone: "busy", pattern: "plain" },
    { name: "notice", tone: "accent", pattern: "dots" },
    { name: "warning", tone: "warn", pattern: "stripes" },
    { name: "error", tone: "bad", pattern: "plain" },
    { name: "critical", tone: "bad", pattern: "cross" },
];

/** How many lines of each level there are over time. A range that is chosen in it becomes that of the list. */
export function Histogram(props: {
    readonly query: LogsQuery;
    readonly set: (change: Partial<LogsQuery>) => void;
    /** Another number counts anew. */
    readonly round: number;
}) {
    const { query, set } = props;
    const { zone } = useStore(preferences);
    const filter = restrictions(query);
    const { range, since, until } = query;
    const usual = usualRange(query);
    const counts = useQuery<LogHistogram | null>({
        key: JSON.stringify(["log-histogram", filter, range, since, until, usual, props.round]),
        tags: [],
        fetch: (signal) => count(query, signal),
    });
    const { refresh } = counts;
    const follows = isFollowing(query);
    useEffect(() => {
        if (!follows) return undefined;
        const timer = window.setInterval(refresh, RENEWAL);
        return () => window.clearInterval(timer);
    }, [follows, refresh]);

    if (counts.data === undefined) {
        return counts.status === "failed"
            ? (
                <p className="trouble" role="alert">
                    The lines cannot be counted: {inWords(counts.error)}{" "}
                    <button type="button" className="quiet" onClick={refresh}>
                        Count again
                    </button>
                </p>
            )
            : (
                <div className="chart log-histogram">
                    <Loading what="the counts" />
                </div>
            );
    }
    if (counts.data === null) return null;
    const histogram = counts.data;
    const choose = (from: number, to: number): void =>
        set({
            range: undefined,
            since: new Date(from).toISOString(),
            until: new Date(to).toISOString(),
        });
    const isPart = histogram.counted_from !== null;
    return (
        <TimeChart
            title="Lines by level"
            kind="bars"
            height={112}
            series={SERIES}
            buckets={bucketsOf(histogram)}
            choose={choose}
            beside={since === undefined ? undefined : (
                <button
                    type="button"
                    className="quiet"
                    onClick={() => {
                        const wide = widened(Date.parse(histogram.since), Date.parse(histogram.until), Date.now());
                        choose(wide.since, wide.until);
                    }}
                >
                    Widen
                </button>
            )}
            summary={
                <>
                    {countInWords(histogram)}
                    {isPart && (
                        <>
                            {" "}
                            Counted from {absolute(Date.parse(histogram.counted_from ?? ""), zone)}{" "}
                            on: there are too many to look at all of them.
                        </>
                    )}
                    {counts.status === "failed" && <span className="bad">The last count failed.</span>}
                </>
            }
        />
    );
}

/** Counts what the address asks for; null when there is nothing to count. */
async function count(query: LogsQuery, signal: AbortSignal): Promise<LogHistogram | null> {
    const now = Date.now();
    const times = timesOf(query, usualRange(query), now);
    const filter = restrictions(query);
    const until = times.until ?? now;
    let { since } = times;
    if (since === null) {
        // The log begins with the oldest line that is kept, and that fits.
        const first = await api.call(listLogs, { query: { ...filter, order: "oldest", limit: 1 } }, { signal });
        const oldest = first.logs[0]?.time;
        if (oldest === undefined && first.next_cursor === null) return null;
        since = oldest === undefined ? until - 86_400_000 : Math.min(Date.parse(oldest), until - 1000);
    }
    if (since >= until) return null;
    const range = { since: new Date(since).toISOString(), until: new Date(until).toISOString() };
    return api.call(countLogs, { query: { ...filter, ...range, buckets: BUCKETS } }, { signal });
}
