// SPDX-License-Identifier: Apache-2.0

import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { api, live, router, say, session } from "../../core/app";
import { href } from "../../core/router";
import { listDaemons } from "../../gen/orchestrator";
import { FilterChips } from "../../ui/Chips";
import { useKeys, useQuery, useStore } from "../../ui/hooks";
import { Link } from "../../ui/Link";
import { Page } from "../../ui/Page";
import { ConnectionBadge, Empty, Failed, Loading } from "../../ui/parts";
import type { ViewProps } from "../view";
import type { Choose } from "./Fields";
import { excluding, including, type LogsQuery } from "./filter";
import { Filters, heldFilters } from "./Filters";
import { Histogram } from "./Histogram";
import { LogList } from "./LogList";
import { logsPlace } from "./route";
import { ndjson, type Row } from "./rows";
import { isFollowing, useLogs, usualRange } from "./useLogs";
import { useSurroundings } from "./useSurroundings";

/** How often it is said in words what came, for those who do not see it come. */
const SAYING = 10_000;

export default function LogsView({ query, set }: ViewProps<typeof logsPlace>) {
    const { list, state, again, trouble } = useLogs(query);
    const { connection } = useStore(live.state);
    const follows = isFollowing(query);
    const { around, toggle } = useSurroundings(listKey(query));
    const [round, setRound] = useState(0);
    const shown = useRef<readonly Row[]>([]);
    const services = useServices(state.frames);

    const choose = useCallback<Choose>((how, place, value) => {
        const change = how === "with" ? including(query, place, value) : excluding(query, place, value);
        if (change === null) return say("There are as many filters as there can be: take one away first.", "bad");
        set({ ...change, id: undefined });
    }, [query, set]);
    const clear = (): void =>
        router.replace(href(logsPlace, {}, { order: query.order, wrap: query.wrap, follow: query.follow }));
    const follow = (): void => {
        if (follows) set({ follow: "no" });
        else {set({
                follow: "yes",
                id: undefined,
                ...(query.until === undefined ? {} : { since: undefined, until: undefined }),
            });}
    };
    const renew = (): void => {
        again();
        setRound(round + 1);
    };
    const wrap = (): void => set({ wrap: query.wrap === "yes" ? "no" : "yes" });
    const turn = (): void => set({ order: query.order === "newest" ? "oldest" : "newest" });
    useKeys([
        { keys: ".", label: "Follow new lines, or stop", group: "Logs", run: follow },
        { keys: "/", label: "Search in messages", group: "Logs", run: focusSearch },
        { keys: "shift+f", label: "Clear all filters", group: "Logs", run: clear },
        { keys: "w", label: "Wrap lines", group: "Logs", run: wrap },
        { keys: "o", label: "Turn the order round", group: "Logs", run: turn },
        { keys: "r", label: "Read again", group: "Logs", run: renew },
    ]);
    const held = heldFilters(query, set);
    const marked = query.id === undefined ? null : Number(query.id);
    return (
        <Page
            title="Logs"
            isList
            beside={
                <span className="live">
                    {follows && <ConnectionBadge connection={connection} retry={() => live.retry()} />}
                    <button type="button" onClick={follow} aria-pressed={follows}>
                        Follow <kbd>.</kbd>
                    </button>
                    {!follows && (
                        <button type="button" onClick={renew}>
                            Read again <kbd>R</kbd>
                        </button>
                    )}
                    <button type="button" onClick={turn}>
                        {query.order === "newest" ? "Newest first" : "Oldest first"} <kbd>O</kbd>
                    </button>
                    <button type="button" onClick={wrap} aria-pressed={query.wrap === "yes"}>
                        Wrap <kbd>W</kbd>
                    </button>
                    <button type="button" disabled={state.frames.length === 0} onClick={() => download(shown.current)}>
                        Download
                    </button>
                </span>
            }
        >
            <div className="logs">
                <Filters query={query} set={set} services={services} />
                <FilterChips filters={held} clear={clear} />
                {trouble !== null && follows && <p className="trouble" role="alert">{trouble}</p>}
                {marked === null ? <Histogram query={query} set={set} round={round} /> : (
                    <p className="log-alone">
                        Line {marked} with the lines around it.{" "}
                        <Link to={href(logsPlace, {}, { ...query, id: undefined })}>Back to the list</Link>
                    </p>
                )}
                <Lines
                    {...{ query, list, state, around, follows, choose, clear, marked, shown, again: renew }}
                    isFiltered={held.length > 0}
                    surround={toggle}
                    set={set}
                />
            </div>
            <News state={state} follows={follows} />
        </Page>
    );
}

type ListProps = Parameters<typeof LogList>[0];

/** The list, or why there is none. */
function Lines(
    props: Pick<ListProps, "list" | "state" | "around" | "surround" | "choose" | "marked" | "shown" | "follows"> & {
        readonly query: LogsQuery;
        readonly set: (change: Partial<LogsQuery>) => void;
        readonly isFiltered: boolean;
        readonly clear: () => void;
        readonly again: () => void;
    },
) {
    const { query, state, marked, set } = props;
    if (state.status === "loading") return <Loading what="lines" />;
    if (state.status === "failed") return <Failed error={state.error} what="the logs" retry={props.again} />;
    if (marked !== null && !state.frames.some((frame) => frame.id === marked)) {
        return (
            <Empty title={`Line ${marked} is not here`}>
                <p>
                    {marked < state.oldestKept
                        ? `It is kept no longer: the oldest one is ${state.oldestKept}.`
                        : props.isFiltered
                        ? "The filters do not let it through."
                        : "There is none with this number yet."}
                </p>
                <Link to={href(logsPlace, {}, marked < state.oldestKept ? {} : { id: query.id })} className="button">
                    {marked >= state.oldestKept && props.isFiltered ? "Without filters" : "To the newest lines"}
                </Link>
            </Empty>
        );
    }
    if (state.frames.length > 0) {
        const { set: _, isFiltered: __, clear: ___, again: ____, query: _____, ...rest } = props;
        return (
            <LogList
                {...rest}
                order={query.order}
                wraps={query.wrap === "yes"}
                wanted={query.text}
                key={query.id ?? ""}
            />
        );
    }
    const { older } = state;
    if (older.rests !== null) {
        return (
            <Empty title="Nothing found so far">
                <p>
                    Looked at the lines from the newest one back to line {older.rests}; the oldest one is{" "}
                    {state.oldestKept}.
                </p>
                <button type="button" disabled={older.isReading} onClick={() => props.list.read("older")}>
                    Look further
                </button>
            </Empty>
        );
    }
    if (older.isReading || state.newer.isReading) return <Loading what="lines" />;
    const isTimed = query.since !== undefined || query.until !== undefined ||
        (query.range ?? usualRange(query)) !== "all";
    if (!props.isFiltered && !isTimed) {
        return (
            <Empty title="No line yet">
                <p>Daemons log here as soon as they have something to say.</p>
            </Empty>
        );
    }
    return (
        <Empty title={isTimed ? "No line fits in this time" : "No line fits these filters"}>
            {isTimed && (
                <button type="button" onClick={() => set({ range: "all", since: undefined, until: undefined })}>
                    Look at all times
                </button>
            )}
            {props.isFiltered && <button type="button" onClick={props.clear}>Clear all filters</button>}
        </Empty>
    );
}

/** Says now and then how many lines came, instead of reading each of them out. */
function News({ state, follows }: { readonly state: ListProps["state"]; readonly follows: boolean }) {
    const latest = useRef(state);
    latest.current = state;
    const [words, setWords] = useState("");
    useEffect(() => {
        if (!follows) return undefined;
        let told = latest.current.arrived;
        const timer = window.setInterval(() => {
            const { arrived, frames } = latest.current;
            const count = arrived - told;
            told = arrived;
            if (count <= 0) return setWords("");
            const bad = frames.slice(-count).filter(({ level }) => level === "error" || level === "critical").length;
            setWords(`${count} new lines, ${bad} errors`);
        }, SAYING);
        return () => window.clearInterval(timer);
    }, [follows]);
    return <p className="unseen" role="status">{words}</p>;
}

/** What names the list that somebody looks at: with another one, what was open in it is gone. */
function listKey(query: LogsQuery): string {
    const { wrap: _, follow: __, order: ___, ...rest } = query;
    return JSON.stringify(rest);
}

function focusSearch(): void {
    document.querySelector<HTMLElement>("input[name=log-search]")?.focus();
}

/** The daemons, and whoever else wrote a line that was read since the view was opened. */
function useServices(frames: readonly { readonly service: string }[]): readonly string[] {
    const known = useRef(new Set<string>());
    const { data } = useQuery({
        key: "daemon-names",
        tags: [],
        freshFor: 600_000,
        fetch: async (signal) =>
            session.can("system.read")
                ? (await api.call(listDaemons, {}, { signal })).daemons.map(({ name }) => name)
                : [],
    });
    return useMemo(() => {
        for (const name of data ?? []) known.current.add(name);
        for (const frame of frames) known.current.add(frame.service);
        return [...known.current];
    }, [frames, data]);
}

function download(rows: readonly Row[]): void {
    const frames = rows.flatMap((row) => (row.is === "line" ? [row.frame] : []));
    const address = URL.createObjectURL(new Blob([ndjson(frames)], { type: "application/x-ndjson" }));
    const link = document.createElement("a");
    link.href = address;
    link.download = "tutti-logs.ndjson";
    link.click();
    URL.revokeObjectURL(address);
}
