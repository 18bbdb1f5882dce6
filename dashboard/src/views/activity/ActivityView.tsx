// SPDX-License-Identifier: Apache-2.0

import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { live, preferences, router } from "../../core/app";
import type { Filter } from "../../core/live";
import { grouped } from "../../core/number";
import { href } from "../../core/router";
import { type ActiveFilter, FilterChips } from "../../ui/Chips";
import { useKeys, useMedia, useStore } from "../../ui/hooks";
import { type MeasuredHandle, MeasuredList } from "../../ui/MeasuredList";
import { Page } from "../../ui/Page";
import { ConnectionBadge, Empty, Loading, statusWord } from "../../ui/parts";
import type { ViewProps } from "../view";
import { ActivityRow, type Narrow } from "./ActivityRow";
import { type Item, KEPT } from "./feed";
import { Filters } from "./Filters";
import { activityPlace } from "./route";
import { ofAgent } from "./ofAgent";
import { useActivity } from "./useActivity";
import { useSummary } from "./useSummary";

const keyOf = (item: Item): string => item.key;
const always = (): boolean => true;

export default function ActivityView({ query, set }: ViewProps<typeof activityPlace>) {
    const { workspace } = useStore(preferences);
    const { connection } = useStore(live.state);
    const { show, service, level, agent, status, trace, correlation } = query;
    const channels = useMemo(
        () => (show === "all" ? (["tasks", "logs"] as const) : ([show] as const)),
        [show],
    );
    const filter = useMemo((): Filter => ({
        ...(service === undefined ? {} : { service: [service] }),
        ...(level === undefined ? {} : { level }),
        ...(status.length === 0 ? {} : { status }),
        ...(trace === undefined ? {} : { trace: [trace] }),
        ...(correlation === undefined ? {} : { correlation: [correlation] }),
    }), [service, level, status, trace, correlation]);
    const isGapless = channels.includes("logs" as never) &&
        [service, level, trace, correlation].every((one) => one === undefined);
    const { feed, cursor, agents, older, fill, stand, ...activity } = useActivity(
        workspace,
        channels,
        filter,
        isGapless,
    );
    const known = useStore(agents.version);
    const shown = useMemo(
        () => (agent === undefined ? feed.items : ofAgent(feed.items, agent, agents)),
        // What is known of agents is no part of the items.
        [feed.items, agent, agents, known],
    );

    const [isAtEnd, setAtEnd] = useState(true);
    const isPaused = query.live === "no";
    const stands = isPaused || !isAtEnd;
    useEffect(() => stand(stands), [stands, stand]);
    const handle = useRef<MeasuredHandle>(null);
    const wantsEnd = useRef(false);
    const toEnd = useCallback(() => {
        handle.current?.toLive();
        if (!isPaused) return;
        // The list knows of its live end only once it goes on.
        wantsEnd.current = true;
        set({ live: "yes" });
    }, [isPaused, set]);
    useEffect(() => {
        if (isPaused || !wantsEnd.current) return;
        wantsEnd.current = false;
        handle.current?.toLive();
    }, [isPaused]);
    const toggle = (): void => (stands ? toEnd() : set({ live: "no" }));
    const clear = (): void => router.replace(href(activityPlace, {}, { live: query.live }));
    useKeys([
        { keys: ".", label: "Pause or resume live updates", group: "Activity", run: toggle },
        { keys: "End", label: "To the newest, and on with what happens", group: "Activity", run: toEnd },
        {
            keys: "/",
            label: "Filter",
            group: "Activity",
            run: () => document.getElementById("filter-service")?.focus(),
        },
        { keys: "shift+f", label: "Clear all filters", group: "Activity", run: clear },
    ]);

    const says = useSummary(shown, stands ? feed.count : 0);
    const held = useMemo(() => heldFilters(query, set), [query, set]);
    const narrow = useCallback((part: Narrow) => set(part), [set]);
    const [active, setActive] = useState<string | null>(null);
    const place = shown.findIndex((one) => one.key === active);
    const current = place >= 0 ? place : shown.length - 1;
    const currentKey = shown[current]?.key;
    const isNarrow = useMedia("(max-width: 720px)");
    const render = useCallback(
        (item: Item) => (
            <ActivityRow
                item={item}
                agent={item.is === "task" ? agents.of(item.update.task_id) : undefined}
                isActive={item.key === currentKey}
                narrow={narrow}
                fill={fill}
                focused={setActive}
            />
        ),
        [agents, known, currentKey, narrow, fill],
    );
    const press = (event: KeyboardEvent): void => {
        const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
        if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
        if (!(event.target instanceof HTMLElement) || event.target.getAttribute("role") !== "article") return;
        event.preventDefault();
        event.stopPropagation();
        const next = shown[current + step];
        if (next === undefined) return;
        setActive(next.key);
        handle.current?.reveal(current + step);
        window.requestAnimationFrame(() => {
            const rows = handle.current?.element?.querySelectorAll<HTMLElement>("[data-key]") ?? [];
            [...rows].find((row) => row.dataset["key"] === next.key)?.focus({ preventScroll: true });
        });
    };

    return (
        <Page
            title="Activity"
            isList
            beside={
                <span className="live">
                    <ConnectionBadge
                        connection={connection}
                        at={show === "logs" ? cursor.logs : cursor.events}
                        paused={stands ? feed.count : null}
                        retry={() => live.retry()}
                    />
                    <button type="button" onClick={toggle} aria-pressed={stands}>
                        {stands ? "Resume" : "Pause"} <kbd>.</kbd>
                    </button>
                    {!isAtEnd && (
                        <button type="button" className={feed.count > 0 ? "main" : ""} onClick={toEnd}>
                            {feed.count > 0 ? `${grouped(feed.count)} new` : "To the newest"} <kbd>End</kbd>
                        </button>
                    )}
                </span>
            }
        >
            <div className="activity">
                {isNarrow
                    ? (
                        <details>
                            <summary>Filters</summary>
                            <Filters query={query} set={set} />
                        </details>
                    )
                    : <Filters query={query} set={set} />}
                <FilterChips filters={held} clear={clear} />
                {activity.notices.map((words) => <p key={words} className="trouble">{words}</p>)}
                {activity.trouble !== null && (
                    <p className="trouble" role="alert">
                        What was before could not be read: {activity.trouble}{" "}
                        <button type="button" onClick={older}>Try again</button>
                    </p>
                )}
                <span role="status" className="unseen">{says}</span>
                {shown.length === 0
                    ? activity.isReading ? <Loading what="the activity" /> : (
                        <Empty
                            title={held.length > 0 ? "Nothing fits these filters so far" : "Nothing has happened yet"}
                        >
                            <p>What happens from now on appears here by itself.</p>
                            {activity.hasOlder && <button type="button" onClick={older}>Look further back</button>}
                        </Empty>
                    )
                    : (
                        <div
                            role="log"
                            aria-live="off"
                            aria-label="Activity"
                            className="activity-log"
                            onKeyDown={press}
                        >
                            <MeasuredList
                                rows={shown}
                                keyOf={keyOf}
                                rowHeight={isNarrow ? 76 : 34}
                                isFixed={always}
                                render={render}
                                live={isPaused ? null : "end"}
                                onStart={older}
                                {...(isPaused ? {} : { onLive: setAtEnd })}
                                handle={handle}
                            />
                        </div>
                    )}
                <p className="table-foot">
                    {grouped(shown.length)} {shown.length === 1 ? "line" : "lines"}
                    {cursor.events !== null && show !== "logs" && ` · events at ${grouped(cursor.events)}`}
                    {cursor.logs !== null && show !== "tasks" && ` · log at ${grouped(cursor.logs)}`}
                    {activity.isReading && " · reading…"}
                    {feed.isFull && ` · the newest ${grouped(KEPT)} are kept here`}
                </p>
            </div>
        </Page>
    );
}

type Query = ViewProps<typeof activityPlace>["query"];

function heldFilters(query: Query, set: ViewProps<typeof activityPlace>["set"]): readonly ActiveFilter[] {
    const names: readonly (readonly ["service" | "level" | "agent" | "trace" | "correlation", string])[] = [
        ["service", "Service"],
        ["level", "At least"],
        ["agent", "Agent"],
        ["trace", "Trace"],
        ["correlation", "Correlation"],
    ];
    const held: ActiveFilter[] = names.flatMap(([name, label]) => {
        const value = query[name];
        return value === undefined ? [] : [{ name: label, value, clear: () => set({ [name]: undefined }) }];
    });
    if (query.status.length > 0) {
        const value = query.status.map(statusWord).join(" or ");
        held.push({ name: "Status", value, clear: () => set({ status: [] }) });
    }
    return held;
}
