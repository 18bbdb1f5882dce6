// SPDX-License-Identifier: Apache-2.0

import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { preferences } from "../../core/app";
import { inWords } from "../../core/problem";
import type { LogFrame } from "../../gen/orchestrator";
import { useMedia, useStore } from "../../ui/hooks";
import { type MeasuredHandle, MeasuredList } from "../../ui/MeasuredList";
import { copy } from "../../ui/parts";
import { type Choose, Fields } from "./Fields";
import { Line } from "./Line";
import type { End, LogList as List, LogListState } from "./list";
import { inOneLine, type Row, rowsOf } from "./rows";
import type { Surrounding } from "./useSurroundings";

const keyOf = (row: Row): string => row.key;

/** The lines, as one list: past ones, those that come, and the surroundings of some among them. */
export function LogList(props: {
    readonly list: List;
    readonly state: LogListState;
    readonly order: "newest" | "oldest";
    readonly wraps: boolean;
    readonly wanted: string | undefined;
    /** The line that the address names. */
    readonly marked: number | null;
    readonly follows: boolean;
    readonly around: readonly Surrounding[];
    readonly surround: (frame: LogFrame) => void;
    readonly choose: Choose;
    /** Told with every change of the rows, for what is to be downloaded. */
    readonly shown: { current: readonly Row[] };
}) {
    const { list, state, order, wraps, marked, follows, around, surround } = props;
    const { zone } = useStore(preferences);
    const isNarrow = useMedia("(max-width: 720px)");
    const rowHeight = isNarrow ? 48 : 28;
    const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
    const [active, setActive] = useState<string | null>(null);
    const [isLive, setLive] = useState(true);
    const [read, setRead] = useState(0);
    const handle = useRef<MeasuredHandle>(null);
    const wantsFocus = useRef(false);
    const { frames, arrived } = state;
    const rows = useMemo(() => rowsOf(frames, around, open, order), [frames, around, open, order]);
    props.shown.current = rows;
    const position = rows.findIndex((row) => row.key === active);
    const current = position < 0 ? 0 : position;

    useEffect(() => {
        if (isLive) setRead(arrived);
    }, [isLive, arrived]);
    const isPlaced = useRef(false);
    useEffect(() => {
        if (marked === null || isPlaced.current || state.status !== "ready") return;
        const place = rows.findIndex((row) => row.key === "l" + marked);
        if (place < 0) return;
        isPlaced.current = true;
        setActive("l" + marked);
        handle.current?.reveal(place, true);
    }, [rows, marked, state.status]);

    const toggle = useCallback((frame: LogFrame) =>
        setOpen((old) => {
            const next = new Set(old);
            if (!next.delete(frame.id)) next.add(frame.id);
            return next;
        }), []);
    // The row may not be drawn yet: the list scrolls to it first.
    const arrive = useCallback((element: HTMLElement | null) => {
        if (element === null || !wantsFocus.current) return;
        wantsFocus.current = false;
        element.focus({ preventScroll: true });
    }, []);

    /** Goes to the nearest line in a direction; what is open between two lines is passed over. */
    const move = (to: number, step: 1 | -1): void => {
        let place = Math.max(0, Math.min(rows.length - 1, to));
        while (rows[place] !== undefined && rows[place]?.is !== "line") place += step;
        const next = rows[place];
        if (next === undefined) return;
        wantsFocus.current = true;
        setActive(next.key);
        handle.current?.reveal(place);
        if (next.key === active) document.querySelector<HTMLElement>(".log-line[tabindex='0']")?.focus();
    };
    const press = (event: KeyboardEvent): void => {
        if (event.ctrlKey || event.metaKey || event.altKey) return;
        if (!(event.target instanceof HTMLElement) || event.target.getAttribute("role") !== "row") return;
        const row = rows[current];
        const frame = row !== undefined && row.is !== "more" ? row.frame : null;
        const page = Math.max(1, Math.floor((handle.current?.element?.clientHeight ?? 400) / rowHeight) - 1);
        const isOpen = frame !== null && open.has(frame.id);
        const ways: Readonly<Record<string, () => void>> = {
            ArrowDown: () => move(current + 1, 1),
            j: () => move(current + 1, 1),
            ArrowUp: () => move(current - 1, -1),
            k: () => move(current - 1, -1),
            PageDown: () => move(current + page, 1),
            PageUp: () => move(current - page, -1),
            Home: () => move(0, 1),
            End: () => move(rows.length - 1, -1),
            Enter: () => frame !== null && toggle(frame),
            " ": () => frame !== null && toggle(frame),
            ArrowRight: () => frame !== null && !isOpen && toggle(frame),
            ArrowLeft: () => frame !== null && isOpen && toggle(frame),
            s: () => frame !== null && surround(frame),
            y: () => frame !== null && void copy(inOneLine(frame), "Line"),
        };
        const way = ways[event.key];
        if (way === undefined) return;
        event.preventDefault();
        event.stopPropagation();
        way();
    };

    const isNewest = order === "newest";
    const readEnd = (end: "older" | "newer") => () => {
        // Where reading stopped by itself, somebody has to ask for more.
        const { rests, error } = list.state.get()[end];
        if (rests === null && error === null) list.read(end);
    };
    const onOlder = useCallback(readEnd("older"), [list]);
    const onNewer = useCallback(readEnd("newer"), [list]);
    const isFixed = useCallback((row: Row) => row.is === "line" ? !wraps : row.is === "more", [wraps]);

    const draw = (row: Row, index: number) => {
        switch (row.is) {
            case "more":
                return <More around={around.find((one) => one.anchor === row.anchor)} row={row} index={index} />;
            case "fields":
                return (
                    <div role="row" className="log-detail" aria-level={2} aria-rowindex={index + 1}>
                        <div role="gridcell">
                            <Fields
                                frame={row.frame}
                                choose={props.choose}
                                surround={surround}
                                isAround={around.some((one) => one.anchor === row.frame.id)}
                            />
                        </div>
                    </div>
                );
            case "line":
                return (
                    <Line
                        name={row.key}
                        frame={row.frame}
                        index={index}
                        isAround={row.isAround}
                        isMarked={row.frame.id === marked || around.some((one) => one.anchor === row.frame.id)}
                        isOpen={open.has(row.frame.id)}
                        isActive={index === current}
                        wraps={wraps}
                        wanted={props.wanted}
                        zone={zone}
                        focused={setActive}
                        toggle={toggle}
                        arrive={arrive}
                    />
                );
        }
    };
    const waiting = arrived - read;
    return (
        <div className="table-frame log-frame">
            <div
                role="treegrid"
                aria-label="Log lines"
                aria-rowcount={state.older.next === null && state.newer.next === null ? rows.length : -1}
                aria-busy={state.older.isReading || state.newer.isReading}
                className={wraps ? "table table-logs wraps" : "table table-logs"}
                onKeyDown={press}
            >
                <MeasuredList
                    role="rowgroup"
                    rows={rows}
                    keyOf={keyOf}
                    rowHeight={rowHeight}
                    isFixed={isFixed}
                    render={draw}
                    live={follows ? (isNewest ? "start" : "end") : null}
                    onStart={isNewest ? onNewer : onOlder}
                    onEnd={isNewest ? onOlder : onNewer}
                    onLive={setLive}
                    handle={handle}
                />
                {follows && waiting > 0 && !isLive && (
                    <button
                        type="button"
                        className="main log-news"
                        onClick={() => handle.current?.toLive()}
                    >
                        {waiting} new {isNewest ? "above" : "below"}
                    </button>
                )}
            </div>
            <p className="table-foot" aria-live="off">
                {frames.length} {frames.length === 1 ? "line" : "lines"}{" "}
                {state.older.next === null && state.newer.next === null ? "in all" : "read so far"}
                <EndWords words="older" end={state.older} oldest={state.oldestKept} go={() => list.read("older")} />
                <EndWords words="newer" end={state.newer} oldest={null} go={() => list.read("newer")} />
            </p>
        </div>
    );
}

/** How it stands with one end of the list, and how to go on. */
function EndWords(
    props: {
        readonly words: "older" | "newer";
        readonly end: End;
        readonly oldest: number | null;
        readonly go: () => void;
    },
) {
    const { end, words } = props;
    if (end.isReading) return <>{` · reading ${words} ones…`}</>;
    if (end.error !== null) {
        return (
            <>
                {" · "}
                <span className="bad">{`${words} ones cannot be read: ${inWords(end.error)}`}</span>{" "}
                <button type="button" className="quiet" onClick={props.go}>Try again</button>
            </>
        );
    }
    if (end.next === null) return null;
    const place = props.oldest === null ? "" : ` of ${props.oldest}`;
    return (
        <>
            {end.rests !== null && ` · nothing more found as far as line ${end.rests}${place}`}{" "}
            <button type="button" className="quiet" onClick={props.go}>
                {end.rests === null ? `Read ${words} ones` : "Look further"}
            </button>
        </>
    );
}

function More(props: {
    readonly around: Surrounding | undefined;
    readonly row: Extract<Row, { is: "more" }>;
    readonly index: number;
}) {
    const { around, row } = props;
    if (around === undefined) return null;
    const end = around.list[row.end];
    const words = row.end === "older" ? "earlier" : "later";
    let says = `10 ${words} lines`;
    if (end.error !== null) says = "They cannot be read; try again";
    else if (end.isReading) says = "Reading…";
    else if (end.next === null) says = `No ${words} lines`;
    return (
        <div role="row" className="row log-more" aria-level={2} aria-rowindex={props.index + 1}>
            <div role="gridcell">
                <button
                    type="button"
                    className="quiet"
                    disabled={end.next === null || end.isReading}
                    onClick={() => around.more(row.end)}
                >
                    {says}
                </button>
                <button type="button" className="quiet" onClick={around.close}>
                    Close
                </button>
            </div>
        </div>
    );
}
