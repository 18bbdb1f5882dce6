// SPDX-License-Identifier: Apache-2.0

import {
    type ReactNode,
    type Ref,
    useCallback,
    useImperativeHandle,
    useLayoutEffect,
    useMemo,
    useRef,
    useState,
} from "react";
import { flushSync } from "react-dom";
import { createHeights, type Heights } from "../core/heights";

/** Rows that are drawn beyond those in sight, so that scrolling never shows a hole. */
const AROUND = 10;

/** What the owner of a list may ask of it. */
export interface MeasuredHandle {
    /** Scrolls as little as is needed to show a row, or so that it stands in the middle. */
    reveal(row: number, isMiddle?: boolean): void;
    /** Goes to the end at which news come. */
    toLive(): void;
    readonly element: HTMLElement | null;
}

interface Anchor {
    readonly key: string;
    /** How far the top of the view is below the beginning of the row. */
    readonly below: number;
}

/**
 * A list of any length whose rows are as tall as what is in them, and that stays where somebody reads, whatever comes
 * before it or grows. Only rows in sight are drawn. `rows` is another array whenever something has changed.
 */
export function MeasuredList<T>(props: {
    readonly rows: readonly T[];
    readonly keyOf: (row: T) => string;
    /** The height of rows that are fixed, and about that of the others. */
    readonly rowHeight: number;
    /** Whether a row need not be measured. */
    readonly isFixed: (row: T) => boolean;
    readonly render: (row: T, index: number) => ReactNode;
    /** The end at which somebody stays while rows come there. */
    readonly live: "start" | "end" | null;
    readonly onStart?: () => void;
    readonly onEnd?: () => void;
    /** Tells whether the list stands at the end that is `live`. */
    readonly onLive?: (isThere: boolean) => void;
    readonly handle?: Ref<MeasuredHandle>;
    readonly className?: string;
    readonly role?: string;
}) {
    const { rows, keyOf, rowHeight, isFixed, live, onStart, onEnd, onLive } = props;
    const outer = useRef<HTMLDivElement>(null);
    const space = useRef<HTMLDivElement>(null);
    const known = useRef(new Map<string, number>());
    const anchor = useRef<Anchor | null>(null);
    const atLive = useRef(true);
    const [view, setView] = useState({ top: 0, height: 600, isLive: live !== null });
    // Another number draws anew after rows were measured.
    const [, setMeasured] = useState(0);

    const heights = useMemo<Heights>(() => {
        const made = createHeights(rows.length, rowHeight);
        if (known.current.size > 0) {
            rows.forEach((row, index) => {
                const height = isFixed(row) ? undefined : known.current.get(keyOf(row));
                if (height !== undefined) made.set(index, height);
            });
        }
        return made;
    }, [rows, keyOf, rowHeight, isFixed]);
    const latest = useRef({ heights, rows, keyOf, live });
    latest.current = { heights, rows, keyOf, live };

    const look = useCallback(() => {
        const element = outer.current;
        if (element === null) return;
        const { heights: now, rows: shown, keyOf: name, live: edge } = latest.current;
        const { scrollTop: top, clientHeight: height } = element;
        const first = now.rowAt(top);
        const row = shown[first];
        anchor.current = row === undefined ? null : { key: name(row), below: top - now.offset(first) };
        const isLive = edge === "end" ? top + height >= now.total - rowHeight : edge === "start" && top < rowHeight;
        atLive.current = isLive;
        setView((old) =>
            old.top === top && old.height === height && old.isLive === isLive ? old : { top, height, isLive }
        );
    }, [rowHeight]);

    // Drawn before the frame in which it was scrolled is shown: a leap shows no hole.
    const follow = useCallback(() => flushSync(look), [look]);

    // The row that is read stays where it is, unless somebody is at the end where news come.
    useLayoutEffect(() => {
        const element = outer.current;
        if (element === null) return;
        const kept = anchor.current;
        if (live !== null && atLive.current) element.scrollTop = live === "start" ? 0 : heights.total;
        else if (kept !== null) {
            const place = rows.findIndex((row) => keyOf(row) === kept.key);
            if (place >= 0) element.scrollTop = heights.offset(place) + kept.below;
        }
        look();
    }, [heights, live, rows, keyOf, look]);

    useLayoutEffect(() => {
        const element = outer.current;
        if (element === null) return undefined;
        const observer = new ResizeObserver(() => {
            if (latest.current.live === "end" && atLive.current) element.scrollTop = latest.current.heights.total;
            look();
        });
        observer.observe(element);
        return () => observer.disconnect();
    }, [look]);

    const places = useRef(new Map<Element, string>());
    const observer = useMemo(() =>
        new ResizeObserver((entries) => {
            const { heights: now, rows: shown, keyOf: name, live: edge } = latest.current;
            const element = outer.current;
            if (element === null) return;
            const first = now.rowAt(element.scrollTop);
            let above = 0;
            let hasGrown = false;
            for (const { target, borderBoxSize } of entries) {
                const key = places.current.get(target);
                const height = borderBoxSize[0]?.blockSize ?? 0;
                const index = Number((target as HTMLElement).dataset["index"]);
                const row = shown[index];
                if (key === undefined || height === 0 || row === undefined || name(row) !== key) continue;
                known.current.set(key, height);
                const grown = now.set(index, height);
                hasGrown ||= grown !== 0;
                if (index < first) above += grown;
            }
            if (!hasGrown) return;
            // Before the next drawing: a place that is not there yet cannot be gone to.
            if (space.current !== null) space.current.style.height = now.total + "px";
            if (edge === "end" && atLive.current) element.scrollTop = now.total;
            else if (above !== 0) element.scrollTop += above;
            setMeasured((count) => count + 1);
        }), []);
    useLayoutEffect(() => () => observer.disconnect(), [observer]);

    const start = Math.max(0, heights.rowAt(view.top) - AROUND);
    const end = Math.min(rows.length, heights.rowAt(view.top + view.height) + 1 + AROUND);
    useLayoutEffect(() => {
        if (start <= 20) onStart?.();
    }, [start, rows, onStart]);
    useLayoutEffect(() => {
        if (end >= rows.length - 20) onEnd?.();
    }, [end, rows, onEnd]);
    useLayoutEffect(() => onLive?.(view.isLive), [view.isLive, onLive]);

    useImperativeHandle(props.handle, () => ({
        reveal(row, isMiddle) {
            const element = outer.current;
            if (element === null) return;
            const { heights: now } = latest.current;
            const top = now.offset(row);
            const bottom = top + now.height(row);
            const { scrollTop, clientHeight } = element;
            if (isMiddle === true) element.scrollTop = (top + bottom - clientHeight) / 2;
            else if (top < scrollTop) element.scrollTop = top;
            else if (bottom > scrollTop + clientHeight) element.scrollTop = bottom - clientHeight;
            look();
        },
        toLive() {
            const element = outer.current;
            if (element === null) return;
            element.scrollTop = latest.current.live === "end" ? latest.current.heights.total : 0;
            look();
        },
        get element() {
            return outer.current;
        },
    }), [look]);

    const drawn: ReactNode[] = [];
    for (let index = start; index < end; index += 1) {
        const row = rows[index];
        if (row === undefined) continue;
        const key = keyOf(row);
        drawn.push(
            isFixed(row)
                ? <Fixed key={key}>{props.render(row, index)}</Fixed>
                : (
                    <Measured key={key} name={key} index={index} observer={observer} places={places.current}>
                        {props.render(row, index)}
                    </Measured>
                ),
        );
    }
    return (
        <div ref={outer} className={"vlist " + (props.className ?? "")} onScroll={follow} role={props.role}>
            <div ref={space} className="vlist-space" role="presentation" style={{ height: heights.total }}>
                <div
                    className="vlist-rows"
                    role="presentation"
                    style={{ transform: `translateY(${heights.offset(start)}px)` }}
                >
                    {drawn}
                </div>
            </div>
        </div>
    );
}

function Fixed({ children }: { readonly children: ReactNode }) {
    return <>{children}</>;
}

function Measured(props: {
    readonly name: string;
    readonly index: number;
    readonly observer: ResizeObserver;
    readonly places: Map<Element, string>;
    readonly children: ReactNode;
}) {
    const element = useRef<HTMLDivElement>(null);
    const { name, observer, places } = props;
    useLayoutEffect(() => {
        const { current } = element;
        if (current === null) return undefined;
        places.set(current, name);
        observer.observe(current);
        return () => {
            places.delete(current);
            observer.unobserve(current);
        };
    }, [name, observer, places]);
    return (
        <div ref={element} className="measured" role="presentation" data-index={props.index}>
            {props.children}
        </div>
    );
}
