// SPDX-License-Identifier: Apache-2.0

import type { Trail } from "../../core/trail";
import { Link } from "../../ui/Link";
import type { ViewProps } from "../view";
import type { runPlace } from "./route";
import type { Spans } from "./useSpans";

type View = Pick<ViewProps<typeof runPlace>, "query" | "set">;

/** What is shown of the waterfall, and where to go from it. */
export function Toolbar({ query, set, spans, ...props }: View & {
    readonly spans: Spans;
    readonly rows: number;
    /** Whether all of its time is shown. */
    readonly isWhole: boolean;
    readonly goToFailure: (() => void) | null;
    readonly zoom: (factor: number) => void;
    readonly showWhole: () => void;
    readonly fit: () => void;
    readonly trail: Trail | null;
    readonly previous: string | null;
    readonly next: string | null;
    readonly goTo: (run: string | null) => void;
}) {
    const isFailedOnly = query.only === "failed";
    return (
        <div className="run-toolbar" role="toolbar" aria-label="Waterfall">
            <button
                type="button"
                className="chip"
                aria-pressed={isFailedOnly}
                onClick={() => set({ only: isFailedOnly ? "all" : "failed" })}
            >
                Only failed <kbd>F</kbd>
            </button>
            <button
                type="button"
                className="chip"
                aria-pressed={query.fold === "folded"}
                onClick={() => set({ fold: query.fold === "folded" ? "open" : "folded" })}
            >
                Fold steps
            </button>
            <button type="button" onClick={props.goToFailure ?? undefined} disabled={props.goToFailure === null}>
                Next error <kbd>E</kbd>
            </button>
            <span className="run-zoom" role="group" aria-label="Time shown">
                <button type="button" aria-label="Zoom in" onClick={() => props.zoom(0.5)}>
                    +
                </button>
                <button type="button" aria-label="Zoom out" onClick={() => props.zoom(2)} disabled={props.isWhole}>
                    −
                </button>
                <button type="button" onClick={props.fit}>
                    Row <kbd>Z</kbd>
                </button>
                <button type="button" onClick={props.showWhole} disabled={props.isWhole}>
                    All <kbd>0</kbd>
                </button>
            </span>
            <span className="faint run-count" role="status">
                {spans.isReading ? `${spans.book.size} read so far…` : `${props.rows} rows`}
                {query.behind !== undefined && ` behind step ${query.behind}`}
            </span>
            {query.behind !== undefined && (
                <button type="button" onClick={() => set({ behind: undefined })}>
                    From the first step
                </button>
            )}
            {spans.rest !== null && (
                <button type="button" onClick={() => set({ behind: String(spans.rest) })}>
                    Steps behind {spans.rest}
                </button>
            )}
            <span className="run-beside">
                {props.trail !== null && <Link to={props.trail.address}>{props.trail.name}</Link>}
                <button
                    type="button"
                    aria-label="Run before in the list"
                    disabled={props.previous === null}
                    onClick={() => props.goTo(props.previous)}
                >
                    <kbd>[</kbd>
                </button>
                <button
                    type="button"
                    aria-label="Run behind in the list"
                    disabled={props.next === null}
                    onClick={() => props.goTo(props.next)}
                >
                    <kbd>]</kbd>
                </button>
            </span>
        </div>
    );
}
