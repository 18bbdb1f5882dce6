// SPDX-License-Identifier: Apache-2.0

import { type KeyboardEvent, type ReactNode, useCallback, useRef, useState } from "react";
import { Failed, Loading } from "./parts";
import { type ListHandle, VirtualList } from "./VirtualList";
import { useMedia } from "./hooks";
import type { PagedList } from "./pages";

export interface Column<T> {
    /** Names the column in style sheets: `col-…`. */
    readonly name: string;
    readonly title: string;
    readonly cell: (row: T) => ReactNode;
}

/**
 * A table of rows that come in pages. One row is in the tab order; arrows or j and k move through them, Enter opens, x
 * selects where that is wanted. What loads, what is empty and what failed look different.
 */
export function DataTable<T>(props: {
    readonly label: string;
    /** Names the table in style sheets, which give its columns their widths. */
    readonly name: string;
    readonly columns: readonly Column<T>[];
    readonly list: PagedList<T>;
    readonly id: (row: T) => string;
    readonly open?: (row: T) => void;
    readonly empty: ReactNode;
    readonly selected?: ReadonlySet<string>;
    readonly select?: (row: T) => void;
    readonly onTop?: (isTop: boolean) => void;
}) {
    const { list, columns, id } = props;
    const [active, setActive] = useState<string | null>(null);
    const handle = useRef<ListHandle>(null);
    const wantsFocus = useRef(false);
    const isNarrow = useMedia("(max-width: 720px)");
    const rowHeight = isNarrow ? 84 : 42;
    const found = list.rows.findIndex((row) => id(row) === active);
    const current = found < 0 ? 0 : found;

    // The row may not be drawn yet: the list scrolls to it first.
    const arrive = (element: HTMLElement | null): void => {
        if (element === null || !wantsFocus.current) return;
        wantsFocus.current = false;
        element.focus({ preventScroll: true });
    };

    const move = useCallback((to: number) => {
        const row = Math.max(0, Math.min(list.rows.length - 1, to));
        const next = list.rows[row];
        if (next === undefined) return;
        setActive(id(next));
        wantsFocus.current = true;
        handle.current?.reveal(row);
    }, [list.rows, id]);

    /** Takes the row that one leaves and the row that one comes to into the selection. */
    const extend = (to: number): void => {
        for (const row of [list.rows[current], list.rows[to]]) {
            if (row !== undefined && props.selected?.has(id(row)) === false) props.select?.(row);
        }
        move(to);
    };

    const press = (event: KeyboardEvent): void => {
        if (event.ctrlKey || event.metaKey || event.altKey) return;
        if (!(event.target instanceof HTMLElement) || event.target.getAttribute("role") !== "row") return;
        const row = list.rows[current];
        const page = Math.max(1, Math.floor((handle.current?.element?.clientHeight ?? 400) / rowHeight) - 1);
        const ways: Readonly<Record<string, () => void>> = {
            ArrowDown: () => move(current + 1),
            j: () => move(current + 1),
            ArrowUp: () => move(current - 1),
            k: () => move(current - 1),
            PageDown: () => move(current + page),
            PageUp: () => move(current - page),
            Home: () => move(0),
            End: () => move(list.rows.length - 1),
            Enter: () => row !== undefined && props.open?.(row),
            x: () => row !== undefined && props.select?.(row),
            J: () => extend(current + 1),
            K: () => extend(current - 1),
        };
        const way = ways[event.key];
        if (way === undefined) return;
        event.preventDefault();
        event.stopPropagation();
        way();
    };

    if (list.status === "loading") return <Loading what={props.label.toLowerCase()} />;
    if (list.status === "failed") {
        return <Failed error={list.error} what={props.label.toLowerCase()} retry={list.retry} />;
    }
    if (list.rows.length === 0 && !list.hasMore) return <>{props.empty}</>;

    const draw = (index: number): ReactNode => {
        const row = list.rows[index];
        if (row === undefined) return null;
        const name = id(row);
        return (
            <div
                key={name}
                ref={name === active ? arrive : undefined}
                role="row"
                className="row"
                aria-rowindex={index + 2}
                aria-selected={props.selected?.has(name)}
                tabIndex={index === current ? 0 : -1}
                onFocus={() => setActive(name)}
                onClick={() => props.open?.(row)}
            >
                {props.select !== undefined && (
                    <div
                        role="gridcell"
                        className="cell col-choose"
                        onClick={(event) => event.stopPropagation()}
                    >
                        <input
                            type="checkbox"
                            tabIndex={-1}
                            aria-label={"Choose " + name}
                            checked={props.selected?.has(name) === true}
                            onChange={() => props.select?.(row)}
                        />
                    </div>
                )}
                {columns.map((column) => (
                    <div key={column.name} role="gridcell" className={"cell col-" + column.name}>
                        {column.cell(row)}
                    </div>
                ))}
            </div>
        );
    };
    return (
        <div className="table-frame">
            <div
                role="grid"
                aria-label={props.label}
                aria-rowcount={list.hasMore ? -1 : list.rows.length + 1}
                aria-colcount={columns.length + (props.select === undefined ? 0 : 1)}
                aria-busy={list.isReading}
                aria-multiselectable={props.select !== undefined}
                className={"table table-" + props.name + (props.select === undefined ? "" : " choosable")}
                onKeyDown={press}
            >
                <div role="rowgroup" className="table-head">
                    <div role="row" className="row head" aria-rowindex={1}>
                        {props.select !== undefined && (
                            <div role="columnheader" className="cell col-choose">
                                <span className="unseen">Chosen</span>
                            </div>
                        )}
                        {columns.map((column) => (
                            <div key={column.name} role="columnheader" className={"cell col-" + column.name}>
                                {column.title}
                            </div>
                        ))}
                    </div>
                </div>
                <VirtualList
                    role="rowgroup"
                    handle={handle}
                    count={list.rows.length}
                    rowHeight={rowHeight}
                    render={draw}
                    onEnd={list.more}
                    {...(props.onTop === undefined ? {} : { onTop: props.onTop })}
                />
            </div>
            <p className="table-foot" aria-live="off">
                {list.rows.length} {list.hasMore ? "read so far" : "in all"}
                {list.isReading && " · reading…"}
                {list.error !== null && (
                    <>
                        {" · "}
                        <span className="bad">The last update failed.</span>{" "}
                        <button type="button" className="quiet" onClick={list.retry}>
                            Try again
                        </button>
                    </>
                )}
                {list.hasMore && !list.isReading && (
                    <button type="button" className="quiet" onClick={list.more}>
                        Read more
                    </button>
                )}
            </p>
        </div>
    );
}
