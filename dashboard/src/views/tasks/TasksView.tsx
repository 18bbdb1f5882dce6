// SPDX-License-Identifier: Apache-2.0

import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { api, live, preferences, router, session } from "../../core/app";
import { href } from "../../core/router";
import { duration } from "../../core/time";
import { leaveTrail } from "../../core/trail";
import { listTasks, type TaskRow } from "../../gen/orchestrator";
import { type ActiveFilter, FilterChips } from "../../ui/Chips";
import { type Column, DataTable } from "../../ui/DataTable";
import { useKeys, useStore } from "../../ui/hooks";
import { Link } from "../../ui/Link";
import { Page } from "../../ui/Page";
import { usePages } from "../../ui/pages";
import { ConnectionBadge, Empty, Id, StatusBadge, statusWord, Time } from "../../ui/parts";
import { taskPlace } from "../task/route";
import type { ViewProps } from "../view";
import { BulkBar } from "./BulkBar";
import { Filters } from "./Filters";
import { FirstTask } from "./FirstTask";
import { created, lastOfEach, updated } from "./news";
import { tasksPlace } from "./route";
import { SavedBar } from "./SavedBar";

const PAGE = 100;
const id = (row: TaskRow): string => row.id;

const NONE: ReadonlySet<string> = new Set();

const columns: readonly Column<TaskRow>[] = [
    { name: "status", title: "Status", cell: (row) => <StatusBadge status={row.status} /> },
    {
        name: "task",
        title: "Task",
        cell: (row) => <Id id={row.id} to={href(taskPlace, { task: row.id })} short tabIndex={-1} />,
    },
    { name: "agent", title: "Agent", cell: (row) => row.agent },
    { name: "created", title: "Created", cell: (row) => <Time at={row.created_at} /> },
    { name: "took", title: "Took", cell: took },
    { name: "attempts", title: "Starts", cell: (row) => `${row.attempts} of ${row.retry.max_attempts}` },
    {
        name: "error",
        title: "What went wrong",
        cell: (row) => (row.error === null ? null : <span title={row.error.message}>{row.error.message}</span>),
    },
];

function took(row: TaskRow): string | null {
    if (row.finished_at === null) return null;
    return duration(Date.parse(row.finished_at) - Date.parse(row.run_at ?? row.created_at));
}

export default function TasksView({ query, set }: ViewProps<typeof tasksPlace>) {
    const { workspace } = useStore(preferences);
    const address = href(tasksPlace, {}, query);
    const list = usePages<TaskRow>(
        workspace + " " + address,
        id,
        (cursor, signal) => api.call(listTasks, { query: { ...query, limit: PAGE, cursor } }, { signal }),
    );
    const { connection } = useStore(live.state);
    const [isPaused, setPaused] = useState(false);
    const [news, setNews] = useState(0);
    const isTop = useRef(true);
    const latest = useRef({ list, isPaused, news });
    latest.current = { list, isPaused, news };

    // Somebody who has scrolled down is not moved: what is new waits until they are back at the top.
    const see = useCallback((reads: boolean) => {
        isTop.current = reads;
        if (!reads || latest.current.isPaused || latest.current.news === 0) return;
        setNews(0);
        latest.current.list.renew();
    }, []);

    useEffect(() => {
        const renew = (): void => {
            if (!latest.current.isPaused) latest.current.list.renew();
        };
        return live.subscribe({
            channels: ["tasks"],
            begun: renew,
            reset: renew,
            tasks(updates) {
                const { list: shown, isPaused: waits } = latest.current;
                const last = lastOfEach(updates);
                if (!waits) shown.patch((row) => updated(row, last));
                if (!waits && isTop.current) shown.renew();
                else setNews((count) => count + (waits ? updates.length : created(updates)));
            },
        });
    }, [workspace]);
    const [chosen, setChosen] = useState(NONE);
    useEffect(() => {
        setNews(0);
        setChosen(NONE);
    }, [address, workspace]);
    const choose = useCallback((row: TaskRow) =>
        setChosen((old) => {
            const next = new Set(old);
            if (!next.delete(row.id)) next.add(row.id);
            return next;
        }), []);
    // What has gone from the list meanwhile is not done anything to.
    const chosenRows = useMemo(() => list.rows.filter((row) => chosen.has(row.id)), [list.rows, chosen]);

    // The run of a task can go on to those beside it in this list.
    const open = (row: TaskRow): void => {
        const runs = list.rows.flatMap((one) => one.run_id ?? []);
        leaveTrail(window.sessionStorage, { name: "Tasks", address, runs });
        router.go(href(taskPlace, { task: row.id }));
    };
    const resume = (): void => {
        setPaused(!isPaused);
        setNews(0);
        if (isPaused) list.renew();
    };
    const clear = (): void => router.replace(href(tasksPlace, {}));
    useKeys([
        { keys: ".", label: "Pause or resume live updates", group: "Tasks", run: resume },
        { keys: "/", label: "Filter", group: "Tasks", run: () => document.getElementById("filter-agent")?.focus() },
        { keys: "shift+f", label: "Clear all filters", group: "Tasks", run: clear },
        ...(chosenRows.length === 0
            ? []
            : [{ keys: "Escape", label: "Choose none", group: "Tasks", run: () => setChosen(NONE) }]),
    ]);

    const names: readonly (readonly [Exclude<keyof typeof query, "status">, string])[] = [
        ["agent", "Agent"],
        ["roomId", "Room"],
        ["label", "Label"],
        ["parentRunId", "Asked for by run"],
        ["correlationId", "Correlation"],
        ["traceId", "Trace"],
        ["since", "Created since"],
        ["until", "Created before"],
    ];
    const held: ActiveFilter[] = names.flatMap(([name, label]) => {
        const value = query[name];
        return value === undefined ? [] : [{ name: label, value, clear: () => set({ [name]: undefined }) }];
    });
    if (query.status.length > 0) {
        held.unshift({
            name: "Status",
            value: query.status.map(statusWord).join(" or "),
            clear: () => set({ status: [] }),
        });
    }

    const mayChange = session.can("tasks.write") && session.can("runs.write");
    const isFirst = held.length === 0 && list.status === "ready" && list.rows.length === 0 && !list.hasMore;

    return (
        <Page
            title="Tasks"
            isList
            beside={
                <>
                    <span className="live">
                        <ConnectionBadge connection={connection} paused={isPaused ? news : null} />
                        <button type="button" onClick={resume} aria-pressed={isPaused}>
                            {isPaused ? "Resume" : "Pause"} <kbd>.</kbd>
                        </button>
                        {!isPaused && news > 0 && (
                            <button
                                type="button"
                                className="main"
                                onClick={() => document.querySelector(".vlist")?.scrollTo({ top: 0 })}
                            >
                                {news} new above
                            </button>
                        )}
                    </span>
                    {session.can("tasks.write") && (
                        <Link to="/new-task" className="button main">
                            New task <kbd>C</kbd>
                        </Link>
                    )}
                </>
            }
        >
            {isFirst
                ? (
                    <div className="page-fill">
                        <FirstTask />
                    </div>
                )
                : (
                    <>
                        <div className="list-tools">
                            <SavedBar list="tasks" address={address} hasFilter={held.length > 0} />
                            <Filters query={query} set={set} />
                            <FilterChips filters={held} clear={clear} />
                            {mayChange && (list.rows.length > 0 || list.status === "loading") && (
                                <BulkBar
                                    query={query}
                                    hasFilter={held.length > 0}
                                    chosen={chosenRows}
                                    clear={() => setChosen(NONE)}
                                    done={() => {
                                        setChosen(NONE);
                                        list.renew();
                                    }}
                                />
                            )}
                        </div>
                        <DataTable
                            label="Tasks"
                            name="tasks"
                            columns={columns}
                            list={list}
                            id={id}
                            open={open}
                            onTop={see}
                            {...(mayChange ? { selected: chosen, select: choose } : {})}
                            empty={
                                <Empty title="No task fits these filters">
                                    <button type="button" onClick={clear}>
                                        Clear all filters
                                    </button>
                                </Empty>
                            }
                        />
                    </>
                )}
        </Page>
    );
}
