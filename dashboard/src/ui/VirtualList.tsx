// SPDX-License-Identifier: Apache-2.0

import { type ReactNode, type Ref, useCallback, useImperativeHandle, useLayoutEffect, useRef, useState } from "react";
import { scrolledTo, visibleRange } from "../core/window";

/** What the owner of a list may ask of it. */
export interface ListHandle {
    /** Scrolls as little as is needed to show a row, or so that it stands in the middle. */
    reveal(row: number, middle?: boolean): void;
    /** Keeps what is in sight in its place after so many rows came in above it. */
    shift(rows: number): void;
    readonly element: HTMLElement | null;
}

/**
 * A list of any length that draws only the rows in sight. Heights are set through the object model, which a strict
 * Content-Security-Policy allows.
 */
export function VirtualList(props: {
    readonly count: number;
    readonly rowHeight: number;
    readonly render: (row: number) => ReactNode;
    readonly handle?: Ref<ListHandle>;
    /** Called when the end comes into sight. */
    readonly onEnd?: () => void;
    /** Tells whether the list stands at its top. */
    readonly onTop?: (isTop: boolean) => void;
    readonly className?: string;
    readonly role?: string;
}) {
    const outer = useRef<HTMLDivElement>(null);
    const [view, setView] = useState({ top: 0, height: 600 });
    const { onEnd, onTop, count, rowHeight } = props;

    const measure = useCallback(() => {
        const element = outer.current;
        if (element === null) return;
        setView((old) =>
            old.top === element.scrollTop && old.height === element.clientHeight
                ? old
                : { top: element.scrollTop, height: element.clientHeight }
        );
    }, []);

    useLayoutEffect(() => {
        measure();
        const element = outer.current;
        if (element === null) return undefined;
        const observer = new ResizeObserver(measure);
        observer.observe(element);
        return () => observer.disconnect();
    }, [measure]);

    const range = visibleRange(count, rowHeight, view.top, view.height);
    useLayoutEffect(() => {
        if (range.end >= count - 20) onEnd?.();
    }, [range.end, count, onEnd]);
    const isTop = view.top < rowHeight;
    useLayoutEffect(() => onTop?.(isTop), [isTop, onTop]);

    useImperativeHandle(props.handle, () => ({
        reveal(row, middle) {
            const element = outer.current;
            if (element === null) return;
            const { scrollTop: top, clientHeight: height } = element;
            const next = scrolledTo(row, rowHeight, top, height);
            element.scrollTop = middle === true && next !== top ? (row + 0.5) * rowHeight - height / 2 : next;
            measure();
        },
        shift(rows) {
            const element = outer.current;
            if (element === null) return;
            element.scrollTop += rows * rowHeight;
            measure();
        },
        get element() {
            return outer.current;
        },
    }), [rowHeight, measure]);

    const rows: ReactNode[] = [];
    for (let row = range.start; row < range.end; row += 1) rows.push(props.render(row));
    return (
        <div ref={outer} className={"vlist " + (props.className ?? "")} onScroll={measure} role={props.role}>
            <div className="vlist-space" role="presentation" style={{ height: count * rowHeight }}>
                <div
                    className="vlist-rows"
                    role="presentation"
                    style={{ transform: `translateY(${range.start * rowHeight}px)` }}
                >
                    {rows}
                </div>
            </div>
        </div>
    );
}
