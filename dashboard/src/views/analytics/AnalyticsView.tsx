// SPDX-License-Identifier: Apache-2.0

import { useEffect, useState } from "react";
import { api, preferences } from "../../core/app";
import { timesOf } from "../../core/range";
import { absolute } from "../../core/time";
import { useKeys, useQuery, useStore } from "../../ui/hooks";
import { Link } from "../../ui/Link";
import { Page } from "../../ui/Page";
import { Empty, Failed, Loading } from "../../ui/parts";
import type { ViewProps } from "../view";
import { Charts } from "./Charts";
import { Filters, USUAL } from "./Filters";
import { type Analytics, getAnalytics } from "../../gen/orchestrator";
import type { analyticsPlace } from "./route";
import { Summary } from "./Summary";

const BUCKETS = 48;
/** How often figures of a time that goes on are read again. */
const RENEWAL = 30_000;

export default function AnalyticsView({ query, set }: ViewProps<typeof analyticsPlace>) {
    const { zone } = useStore(preferences);
    const { agent, within } = query;
    const found = useQuery<Analytics>({
        key: JSON.stringify(["analytics", agent, within, query.range, query.since, query.until]),
        tags: ["tasks"],
        fetch(signal) {
            const now = Date.now();
            const times = timesOf(query, USUAL, now);
            const until = times.until ?? now;
            const since = times.since ?? until - 86_400_000;
            const range = { since: new Date(since).toISOString(), until: new Date(until).toISOString() };
            const asked = { ...range, agent, sla_seconds: within, buckets: BUCKETS };
            return api.call(getAnalytics, { query: asked }, { signal });
        },
    });
    const { refresh } = found;
    const [isPaused, setPaused] = useState(false);
    const goesOn = query.until === undefined && !isPaused;
    useEffect(() => {
        if (!goesOn) return undefined;
        const timer = window.setInterval(refresh, RENEWAL);
        return () => window.clearInterval(timer);
    }, [goesOn, refresh]);
    useKeys([
        { keys: "r", label: "Read again", group: "Analytics", run: refresh },
        { keys: ".", label: "Pause or resume reading again", group: "Analytics", run: () => setPaused(!isPaused) },
    ]);
    const analytics = found.data;
    return (
        <Page
            title="Analytics"
            beside={
                <span className="live">
                    {query.until === undefined && (
                        <button
                            type="button"
                            onClick={() => setPaused(!isPaused)}
                            aria-pressed={isPaused}
                        >
                            {isPaused ? "Resume" : "Pause"} <kbd>.</kbd>
                        </button>
                    )}
                    <button type="button" onClick={refresh} aria-busy={found.isFetching}>
                        Read again <kbd>R</kbd>
                    </button>
                </span>
            }
        >
            <Filters query={query} set={set} />
            {analytics === undefined
                ? found.status === "failed"
                    ? <Failed error={found.error} what="the figures" retry={refresh} />
                    : <Loading what="the figures" />
                : (
                    <>
                        {found.status === "failed" && (
                            <p className="trouble" role="alert">The last update failed; these figures are older.</p>
                        )}
                        {analytics.counted_from !== null && (
                            <p className="trouble">
                                There are too many tasks to count all of them: those before{" "}
                                {absolute(Date.parse(analytics.counted_from), zone)} are missing.
                            </p>
                        )}
                        {analytics.total.created === 0 ? <Nothing query={query} set={set} /> : (
                            <>
                                <Summary analytics={analytics} target={query.target / 100} />
                                <Charts analytics={analytics} query={query} set={set} />
                            </>
                        )}
                    </>
                )}
        </Page>
    );
}

function Nothing({ query, set }: Pick<ViewProps<typeof analyticsPlace>, "query" | "set">) {
    return (
        <Empty title="No task was created in this time">
            <div className="actions">
                {query.agent !== undefined && (
                    <button type="button" onClick={() => set({ agent: undefined })}>
                        Look at all agents
                    </button>
                )}
                {query.range !== "90d" && (
                    <button
                        type="button"
                        onClick={() => set({ range: "90d", since: undefined, until: undefined })}
                    >
                        Look at the last 90 days
                    </button>
                )}
                <Link to="/new-task" className="button main">Make a task</Link>
            </div>
        </Empty>
    );
}
