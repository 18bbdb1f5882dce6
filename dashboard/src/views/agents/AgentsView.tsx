// SPDX-License-Identifier: Apache-2.0

import { useEffect, useState } from "react";
import { api, cache, live, preferences } from "../../core/app";
import { type Agent, listAgents, listLimits, listQueues, listWorkers } from "../../gen/orchestrator";
import type { Page as Pages } from "../../core/pages";
import { useEvery, useKeys, useQuery, useStore } from "../../ui/hooks";
import { Page } from "../../ui/Page";
import { Failed, Loading } from "../../ui/parts";
import type { ViewProps } from "../view";
import { AgentTable } from "./AgentTable";
import { units } from "./fleet";
import { LimitTable } from "./LimitTable";
import type { agentsPlace } from "./route";
import { WorkerTable } from "./WorkerTable";

const PULSE = 5000;
const TAGS = ["fleet"];

/** All pages of a list that is short by nature, up to a bound. */
async function all<T>(read: (cursor: string | undefined) => Promise<Pages<T>>): Promise<readonly T[]> {
    const found: T[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < 10; page += 1) {
        const next = await read(cursor);
        found.push(...next.items);
        if (next.next_cursor === null) break;
        cursor = next.next_cursor;
    }
    return found;
}

export default function AgentsView({ query, set }: ViewProps<typeof agentsPlace>) {
    const { workspace } = useStore(preferences);
    const [isPaused, setPaused] = useState(false);
    const agents = useQuery<readonly Agent[]>({
        key: "fleet agents",
        tags: TAGS,
        fetch: async (signal) => (await api.call(listAgents, {}, { signal })).items,
    });
    const queues = useQuery({
        key: "fleet queues",
        tags: TAGS,
        fetch: (signal) => all((cursor) => api.call(listQueues, { query: { limit: 200, cursor } }, { signal })),
    });
    const workers = useQuery({
        key: "fleet workers",
        tags: TAGS,
        fetch: (signal) => all((cursor) => api.call(listWorkers, { query: { limit: 200, cursor } }, { signal })),
    });
    const limits = useQuery({
        key: "limits",
        tags: ["limits"],
        fetch: (signal) => all((cursor) => api.call(listLimits, { query: { limit: 200, cursor } }, { signal })),
    });
    const again = (): void => cache.invalidate(TAGS);
    // Heartbeats are told of by nobody; what tasks do to the queues is.
    useEvery(isPaused ? null : PULSE, again);
    useEffect(() => {
        if (isPaused) return undefined;
        return live.subscribe({ channels: ["tasks"], tasks: again, reset: again });
    }, [isPaused, workspace]);
    const pause = (): void => {
        if (isPaused) again();
        setPaused(!isPaused);
    };
    useKeys([{ keys: ".", label: "Pause or resume updates", group: "Agents", run: pause }]);

    return (
        <Page
            title="Agents"
            beside={
                <span className="live">
                    <span className={"connection connection-" + (isPaused ? "paused" : "live")}>
                        <span className="dot" aria-hidden="true" />
                        {isPaused ? "Paused" : "Read every 5 s"}
                    </span>
                    <button type="button" onClick={pause} aria-pressed={isPaused}>
                        {isPaused ? "Resume" : "Pause"} <kbd>.</kbd>
                    </button>
                </span>
            }
        >
            {[agents, queues].map((one, index) =>
                one.status === "failed" && (
                    <Failed
                        key={index}
                        error={one.error}
                        what={index === 0 ? "the agents" : "the queues"}
                        retry={one.refresh}
                    />
                )
            )}
            {agents.data !== undefined && queues.data !== undefined
                ? (
                    <AgentTable
                        units={units(agents.data, queues.data)}
                        open={query.agent}
                        show={(agent) => set({ agent })}
                        again={again}
                    />
                )
                : agents.status !== "failed" && queues.status !== "failed" && <Loading what="the agents" />}
            <section>
                <h2>Workers</h2>
                {workers.status === "failed" && (
                    <Failed error={workers.error} what="the workers" retry={workers.refresh} />
                )}
                {workers.data !== undefined && (
                    <WorkerTable
                        workers={workers.data}
                        open={query.worker}
                        show={(worker) => set({ worker })}
                    />
                )}
                {workers.data === undefined && workers.status !== "failed" && <Loading what="the workers" />}
            </section>
            <section>
                <h2>Limits</h2>
                {limits.status === "failed" && <Failed error={limits.error} what="the limits" retry={limits.refresh} />}
                {limits.data !== undefined && <LimitTable limits={limits.data} />}
                {limits.data === undefined && limits.status !== "failed" && <Loading what="the limits" />}
            </section>
        </Page>
    );
}
