// SPDX-License-Identifier: Apache-2.0

import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useKeys, useMedia } from "../../ui/hooks";
import { type MeasuredHandle, MeasuredList } from "../../ui/MeasuredList";
import { ConnectionBadge, Empty, Failed, Loading } from "../../ui/parts";
import { Row } from "./Row";
import { type Entry, firstOf, isAttached, lastOf } from "./timeline";
import type { Following } from "./useTimeline";

const keyOf = (entry: Entry): string => String(entry.seq);

/** Everything that happened in a room, newest at the end, where it goes on by itself. */
export function TimelineList(props: {
    readonly room: string;
    readonly following: Following;
    /** The event that is open. */
    readonly at: number | undefined;
    readonly open: (seq: number | undefined) => void;
}) {
    const { following, at, open, room } = props;
    const { timeline, stream, see, older, newer, latest, around } = following;
    const handle = useRef<MeasuredHandle>(null);
    const [isAtEnd, setAtEnd] = useState(true);
    const [left, setLeft] = useState(0);
    const [active, setActive] = useState<number | null>(null);
    const wants = useRef<"end" | number | null>(at ?? null);
    const isNarrow = useMedia("(max-width: 720px)");
    const rowHeight = isNarrow ? 58 : 34;
    const entries = timeline?.entries ?? [];
    const isLive = timeline !== null && isAttached(timeline);
    const fresh = timeline === null || isAtEnd ? 0 : Math.max(0, timeline.head - left);
    const now = useRef({ timeline, isAtEnd });
    now.current = { timeline, isAtEnd };

    const onLive = useCallback((isThere: boolean) => {
        const shown = now.current.timeline;
        const isReally = isThere && shown !== null && isAttached(shown);
        see(isReally);
        setAtEnd(isReally);
        if (!isReally && now.current.isAtEnd) setLeft(shown === null ? 0 : lastOf(shown));
    }, [see]);

    const go = useCallback((index: number) => handle.current?.reveal(index), []);
    const toEnd = useCallback(() => {
        const shown = now.current.timeline;
        if (shown === null) return;
        if (isAttached(shown)) handle.current?.toLive();
        else {
            wants.current = "end";
            latest();
        }
    }, [latest]);

    // A link into the timeline is followed once its event has been read.
    useEffect(() => {
        if (timeline === null || wants.current === null || timeline.entries.length === 0) return;
        const wanted = wants.current;
        if (wanted === "end") {
            if (!isAttached(timeline)) return;
            wants.current = null;
            handle.current?.toLive();
        } else if (wanted >= firstOf(timeline) && wanted <= lastOf(timeline)) {
            wants.current = null;
            setActive(wanted);
            handle.current?.reveal(wanted - firstOf(timeline), true);
        }
    }, [timeline]);
    useEffect(() => {
        const shown = now.current.timeline;
        if (at === undefined || shown === null || (at >= firstOf(shown) && at <= lastOf(shown))) return;
        wants.current = at;
        around(at);
    }, [at, around]);

    const toggle = useCallback((seq: number) => open(at === seq ? undefined : seq), [at, open]);
    const isFixed = useCallback((entry: Entry) => entry.message === null && entry.seq !== at, [at]);
    const current = active !== null && timeline !== null && active >= firstOf(timeline) ? active : lastSeq(entries);
    const render = useCallback(
        (entry: Entry) => (
            <Row
                room={room}
                entry={entry}
                isOpen={entry.seq === at}
                isActive={entry.seq === current}
                toggle={toggle}
                focused={setActive}
            />
        ),
        [room, at, current, toggle],
    );

    const move = (to: number): void => {
        if (timeline === null) return;
        const seq = Math.max(firstOf(timeline), Math.min(lastOf(timeline), to));
        setActive(seq);
        go(seq - firstOf(timeline));
        window.requestAnimationFrame(() => {
            const row = handle.current?.element?.querySelector<HTMLElement>(`[data-seq="${seq}"]`);
            row?.focus({ preventScroll: true });
        });
    };
    const press = (event: KeyboardEvent): void => {
        if (event.ctrlKey || event.metaKey || event.altKey || !(event.target instanceof HTMLElement)) return;
        if (event.target.getAttribute("role") !== "article") return;
        const ways: Readonly<Record<string, () => void>> = {
            ArrowDown: () => move(current + 1),
            j: () => move(current + 1),
            ArrowUp: () => move(current - 1),
            k: () => move(current - 1),
            Home: () => timeline !== null && move(firstOf(timeline)),
            Enter: () => toggle(current),
        };
        const way = ways[event.key];
        if (way === undefined) return;
        event.preventDefault();
        event.stopPropagation();
        way();
    };
    useKeys([{ keys: "End", label: "To the newest, and on with what happens", group: "Room", run: toEnd }]);
    const says = useSummary(fresh);

    if (timeline === null) {
        return following.error === null
            ? <Loading what="the timeline" />
            : <Failed error={following.error} what="the timeline" retry={following.retry} />;
    }
    return (
        <section className="timeline" aria-label="Timeline">
            <div className="timeline-head">
                {stream !== null && (
                    <ConnectionBadge
                        connection={stream.connection}
                        at={stream.cursor}
                        paused={isAtEnd ? null : fresh}
                        retry={following.retry}
                    />
                )}
                <span role="status" className="unseen">{says}</span>
                {!isAtEnd && (
                    <button type="button" className={fresh > 0 ? "main" : ""} onClick={toEnd}>
                        {fresh > 0 ? `${fresh} new` : "To the newest"} <kbd>End</kbd>
                    </button>
                )}
            </div>
            {following.error !== null && (
                <Failed error={following.error} what="what is missing here" retry={isLive ? older : newer} />
            )}
            {entries.length === 0
                ? <Empty title="Nothing has happened here yet" />
                : (
                    <div role="log" aria-live="off" aria-label="Events" className="timeline-log" onKeyDown={press}>
                        <MeasuredList
                            rows={entries}
                            keyOf={keyOf}
                            rowHeight={rowHeight}
                            isFixed={isFixed}
                            render={render}
                            live={isLive ? "end" : null}
                            onStart={older}
                            onEnd={newer}
                            onLive={onLive}
                            handle={handle}
                        />
                    </div>
                )}
            <p className="table-foot">
                {firstOf(timeline) > 1
                    ? `Events ${firstOf(timeline)} to ${lastOf(timeline)}`
                    : `${lastOf(timeline)} events`}
                {following.isReading && " · reading…"}
                {stream !== null && stream.reconnects > 0 && ` · reconnected ${times(stream.reconnects)}`}
                {stream !== null && stream.gaps > 0 && ` · ${stream.gaps} gaps read again`}
                {stream !== null && stream.duplicates > 0 && ` · ${stream.duplicates} duplicates left out`}
            </p>
        </section>
    );
}

function lastSeq(entries: readonly Entry[]): number {
    return entries[entries.length - 1]?.seq ?? 0;
}

function times(count: number): string {
    return count === 1 ? "once" : count + " times";
}

/** What is told to screen readers: at most every few seconds, however much happens. */
function useSummary(fresh: number): string {
    const [says, setSays] = useState("");
    const latest = useRef(fresh);
    latest.current = fresh;
    const isAny = useMemo(() => fresh > 0, [fresh]);
    useEffect(() => {
        if (!isAny) {
            setSays("");
            return undefined;
        }
        const timer = window.setInterval(() => setSays(`${latest.current} new events below`), 5000);
        return () => window.clearInterval(timer);
    }, [isAny]);
    return says;
}
