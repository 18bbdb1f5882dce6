// SPDX-License-Identifier: Apache-2.0

import { useEffect } from "react";
import { api } from "../../core/app";
import { displayed } from "../../core/display";
import { href } from "../../core/router";
import { duration } from "../../core/time";
import { listLogs, type LogFrame, type RunDetail } from "../../gen/orchestrator";
import { ChoiceChips } from "../../ui/Chips";
import { JsonView } from "../../ui/JsonView";
import { Link } from "../../ui/Link";
import { usePages } from "../../ui/pages";
import { Empty, ExactTime, Failed, Loading } from "../../ui/parts";
import { logsPlace } from "../logs/route";
import { instant, type Span } from "./spans";

/** What ties log lines to a run. */
export type Tie = "trace" | "correlation";

const PAGE = 200;
/** How often the newest lines are read again while the row goes on. */
const AGAIN = 3000;
/** Lines that are logged just before and after a step belong to it, too. */
const AROUND = 250;

/** What was logged for the run while the row went on, the oldest first. */
export function Logs(props: {
    readonly run: RunDetail;
    readonly span: Span;
    readonly by: Tie;
    readonly choose: (by: Tie) => void;
}) {
    const { run, span } = props;
    const by = run.correlation_id === null ? "trace" : props.by;
    const tie = by === "trace" ? { traceId: run.trace_id } : { correlationId: run.correlation_id ?? "" };
    const stretch = span.kind === "run" ? {} : during(span);
    const list = usePages<LogFrame>(
        `run-logs ${by} ${run.run_id} ${span.id} ${span.attempt} ${span.to ?? "on"}`,
        (frame) => String(frame.id),
        async (cursor, signal) => {
            const query = { ...tie, ...stretch, order: "newest", limit: PAGE, cursor } as const;
            const page = await api.call(listLogs, { query }, { signal });
            return { items: page.logs, next_cursor: page.next_cursor };
        },
    );
    const { renew } = list;
    const isOver = span.to !== null;
    useEffect(() => {
        if (isOver) return undefined;
        const timer = window.setInterval(renew, AGAIN);
        return () => window.clearInterval(timer);
    }, [isOver, renew]);
    // A page looks at a bounded number of lines, and may find none of the run among them.
    const isSkipping = list.rows.length === 0 && list.hasMore && !list.isReading && list.error === null;
    useEffect(() => {
        if (isSkipping) list.more();
    });
    return (
        <>
            {run.correlation_id !== null && (
                <ChoiceChips
                    label="Lines of the same"
                    words={["trace", "correlation"] as const}
                    chosen={[by]}
                    show={(word) => word === "trace" ? "Same trace" : "Same correlation"}
                    choose={(chosen) => props.choose(chosen.find((one) => one !== by) ?? by)}
                />
            )}
            <p>
                <Link to={href(logsPlace, {}, { ...tie, ...stretch, order: "oldest", range: "all" })}>
                    Search these lines in the log
                </Link>
            </p>
            {list.status === "failed" && <Failed error={list.error} what="the log" retry={list.retry} />}
            {(list.status === "loading" || isSkipping) && <Loading what="the log" />}
            {list.status === "ready" && list.rows.length === 0 && !list.hasMore && (
                <Empty title="Nothing was logged">
                    <p>No line of the log carries this {by} {span.kind === "run" ? "" : "in this time"}.</p>
                </Empty>
            )}
            {list.rows.length > 0 && (
                <>
                    {list.hasMore && (
                        <button type="button" onClick={list.more} disabled={list.isReading}>
                            Read earlier lines
                        </button>
                    )}
                    <ol className="run-log" aria-label="Log">
                        {inTime(list.rows).map((frame) => (
                            <li key={frame.id}>
                                <Line frame={frame} since={span.from} />
                            </li>
                        ))}
                    </ol>
                    {list.error !== null && <p className="bad">The last update failed.</p>}
                </>
            )}
        </>
    );
}

/** Lines come in the order in which they arrived, which is not always that in which they were logged. */
function inTime(frames: readonly LogFrame[]): readonly LogFrame[] {
    return [...frames].sort((a, b) => instant(a.time) - instant(b.time) || a.id - b.id);
}

function during(span: Span): { readonly since: string; readonly until?: string } {
    const since = new Date(Math.floor(span.from) - AROUND).toISOString();
    return span.to === null ? { since } : { since, until: new Date(Math.ceil(span.to) + AROUND).toISOString() };
}

function Line({ frame, since }: { readonly frame: LogFrame; readonly since: number }) {
    const after = instant(frame.time) - since;
    return (
        <details>
            <summary>
                <span className="faint">{after < 0 ? "before" : "+" + duration(after)}</span>{" "}
                <span className={"run-log-level run-log-" + frame.level}>{frame.level}</span>{" "}
                <span className="faint">{frame.service}</span>{" "}
                <span className="run-log-message">{displayed(frame.message)}</span>
            </summary>
            <p>
                <ExactTime at={frame.time} />
            </p>
            {frame.fields !== null && <JsonView value={frame.fields} label="Fields" />}
        </details>
    );
}
