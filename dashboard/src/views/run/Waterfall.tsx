// SPDX-License-Identifier: Apache-2.0

import { type KeyboardEvent, memo, useEffect, useLayoutEffect, useRef, useState } from "react";
import { duration } from "../../core/time";
import { Icon } from "../../ui/Icon";
import { type ListHandle, VirtualList } from "../../ui/VirtualList";
import { useMedia } from "../../ui/hooks";
import { statusIcon, statusWord } from "../../ui/parts";
import { Bar, Ruler, WaitPattern } from "./Bars";
import { movedBy, type Row, stepTo } from "./rows";
import { type Scale, stretches, waited } from "./scale";
import type { Span } from "./spans";
import type { Wait } from "./waits";

/** How long after the keyboard has moved on the row is looked into. */
const SETTLED = 120;

interface Props {
    readonly rows: readonly Row[];
    readonly selected: string;
    readonly scale: Scale;
    readonly zero: number;
    readonly now: number;
    readonly waits: readonly Wait[];
    readonly isReading: boolean;
    readonly select: (span: Span) => void;
    readonly toggle: (span: Span, isOpen: boolean) => void;
}

/**
 * Steps and tool calls over time, as a treegrid: one row is in the tab order; up and down move, right opens or goes in, left
 * closes or goes out. Only rows in sight are drawn.
 */
export function Waterfall(props: Props) {
    const { rows, selected, scale, select, toggle } = props;
    const isNarrow = useMedia("(max-width: 720px)");
    const rowHeight = isNarrow ? 46 : 28;
    const handle = useRef<ListHandle>(null);
    const [active, setActive] = useState<string | null>(null);
    const wantsFocus = useRef(false);
    const timer = useRef(0);
    const shownRow = active ?? selected;
    const found = rows.findIndex((row) => row.span.id === shownRow);
    const current = found < 0 ? 0 : found;

    useAnchor(rows, selected, handle, rowHeight);
    // What is chosen elsewhere, as by an address or a key, comes into sight.
    const place = rows.findIndex((row) => row.span.id === selected);
    const isThere = place >= 0;
    useLayoutEffect(() => setActive(null), [selected]);
    useLayoutEffect(() => {
        if (isThere) handle.current?.reveal(place, true);
    }, [selected, isThere, rowHeight]);
    useEffect(() => () => window.clearTimeout(timer.current), []);

    const arrive = (element: HTMLElement | null): void => {
        if (element === null || !wantsFocus.current) return;
        wantsFocus.current = false;
        element.focus({ preventScroll: true });
    };
    const move = (to: number): void => {
        const row = rows[to];
        if (row === undefined) return;
        setActive(row.span.id);
        wantsFocus.current = true;
        handle.current?.reveal(to);
        window.clearTimeout(timer.current);
        timer.current = window.setTimeout(() => select(row.span), SETTLED);
    };
    const press = (event: KeyboardEvent): void => {
        if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
        if (!(event.target instanceof HTMLElement) || event.target.getAttribute("role") !== "row") return;
        const at = Number(event.target.getAttribute("aria-rowindex")) - 2;
        const row = rows[at];
        if (row === undefined) return;
        const page = Math.max(1, Math.floor((handle.current?.element?.clientHeight ?? 400) / rowHeight) - 1);
        if (event.key === "ArrowRight" && row.hasParts && !row.isOpen) toggle(row.span, true);
        else if (event.key === "ArrowLeft" && row.isOpen) toggle(row.span, false);
        else if (event.key === "Enter") select(row.span);
        else {
            const to = stepTo(rows, at, event.key, page);
            if (to === null) return;
            move(to);
        }
        event.preventDefault();
        event.stopPropagation();
    };

    const draw = (index: number) => {
        const row = rows[index];
        if (row === undefined) return null;
        const isActive = row.span.id === shownRow;
        return (
            <SpanRow
                key={row.span.id}
                row={row}
                index={index}
                isSelected={row.span.id === selected}
                isTabStop={index === current}
                arrive={isActive ? arrive : null}
                scale={scale}
                now={row.span.to === null ? props.now : 0}
                waits={props.waits}
                select={select}
                toggle={toggle}
            />
        );
    };
    const lines = isNarrow ? 3 : 6;
    return (
        <div className="waterfall">
            <WaitPattern />
            <div
                role="treegrid"
                aria-label="Steps and tool calls"
                aria-rowcount={props.isReading ? -1 : rows.length + 1}
                aria-colcount={3}
                aria-busy={props.isReading}
                className="waterfall-grid"
                onKeyDown={press}
            >
                <div role="rowgroup" className="waterfall-head">
                    <div role="row" className="span-row head" aria-rowindex={1}>
                        <div role="columnheader" className="span-name">
                            Step or tool call
                        </div>
                        <div role="columnheader" className="span-took">
                            Took
                        </div>
                        <div role="columnheader" className="span-time">
                            <span className="hidden-words">Time</span>
                            <Ruler scale={scale} zero={props.zero} most={lines} hasWords />
                        </div>
                    </div>
                </div>
                <div className="waterfall-lines" role="presentation">
                    <div className="span-row" role="presentation">
                        <div className="span-time" role="presentation">
                            <Ruler scale={scale} zero={props.zero} most={lines} hasWords={false} />
                        </div>
                    </div>
                </div>
                <VirtualList role="rowgroup" handle={handle} count={rows.length} rowHeight={rowHeight} render={draw} />
            </div>
        </div>
    );
}

/** Keeps the rows in sight where they are while others come in above them. */
function useAnchor(
    rows: readonly Row[],
    selected: string,
    handle: { readonly current: ListHandle | null },
    rowHeight: number,
): void {
    const before = useRef<readonly Row[]>(rows);
    useLayoutEffect(() => {
        const old = before.current;
        before.current = rows;
        const element = handle.current?.element;
        if (old === rows || element == null) return;
        const [top, end] = [element.scrollTop / rowHeight, (element.scrollTop + element.clientHeight) / rowHeight];
        const moved = movedBy(old, rows, selected, top, end);
        if (moved !== 0) handle.current?.shift(moved);
    }, [rows, selected, rowHeight, handle]);
}

const SpanRow = memo(function SpanRow(
    { row, index, scale, now, waits, ...props }: {
        readonly row: Row;
        readonly index: number;
        readonly isSelected: boolean;
        readonly isTabStop: boolean;
        readonly arrive: ((element: HTMLElement | null) => void) | null;
        readonly scale: Scale;
        /** 0 for what has ended, so that a passing second draws only what it changes. */
        readonly now: number;
        readonly waits: readonly Wait[];
        readonly select: (span: Span) => void;
        readonly toggle: (span: Span, isOpen: boolean) => void;
    },
) {
    const { span } = row;
    const end = span.to ?? Math.max(span.from, now);
    const parts = stretches(span.from, end, span.kind === "child" ? [] : waits);
    const wait = waited(parts);
    const took = span.isCarried ? "taken over" : duration(end - span.from);
    return (
        <div
            ref={props.arrive ?? undefined}
            role="row"
            id={"span-" + span.id}
            className={`span-row span-${span.kind} span-is-${span.status}`}
            aria-rowindex={index + 2}
            aria-level={row.level}
            aria-posinset={row.position}
            aria-setsize={row.siblings}
            aria-expanded={row.hasParts ? row.isOpen : undefined}
            aria-selected={props.isSelected}
            tabIndex={props.isTabStop ? 0 : -1}
            onClick={() => props.select(span)}
        >
            <div role="gridcell" className="span-name">
                <Indent depth={row.level - 1} />
                <span
                    className="span-fold"
                    onClick={(event) => {
                        if (!row.hasParts) return;
                        event.stopPropagation();
                        props.toggle(span, !row.isOpen);
                    }}
                >
                    {row.hasParts && <Icon name={row.isOpen ? "down" : "right"} />}
                </span>
                <span className={"span-status status-" + span.status} title={statusWord(span.status)}>
                    <Icon name={statusIcon(span.status)} />
                    <span className="hidden-words">{statusWord(span.status)}</span>
                </span>
                <span className="span-label">{span.label}</span>
                {span.kind === "call" && <span className="span-sort">tool</span>}
                {span.kind === "child" && <span className="span-sort">run</span>}
                {span.sort !== null && <span className="span-sort">{span.sort}</span>}
                {span.attempt > 1 && span.kind !== "run" && <span className="span-sort">try {span.attempt}</span>}
            </div>
            <div role="gridcell" className="span-took" title={wait > 0 ? `${duration(wait)} of it waited` : undefined}>
                {took}
            </div>
            <div role="gridcell" className="span-time">
                <Bar scale={scale} status={span.status} parts={parts} />
            </div>
        </div>
    );
});

const DEEPEST = 8;

/** One mark for each level; beyond some, the number of levels. */
function Indent({ depth }: { readonly depth: number }) {
    const marks = [];
    for (let level = 0; level < Math.min(depth, DEEPEST); level += 1) {
        marks.push(<i key={level} className="span-indent" />);
    }
    return (
        <>
            {marks}
            {depth > DEEPEST && <span className="span-depth">{depth}</span>}
        </>
    );
}
