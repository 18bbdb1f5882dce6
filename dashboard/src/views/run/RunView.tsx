// SPDX-License-Identifier: Apache-2.0

import { useCallback, useEffect, useMemo, useState } from "react";
import { api, cache, router } from "../../core/app";
import { href } from "../../core/router";
import { getRun, type RunDetail } from "../../gen/orchestrator";
import { useKeys, useQuery } from "../../ui/hooks";
import { Page } from "../../ui/Page";
import { ConnectionBadge, Failed, Id, Loading, shortened, StatusBadge } from "../../ui/parts";
import type { ViewProps } from "../view";
import { Attempts } from "./Attempts";
import { Detail, rowOf } from "./Detail";
import { firstFailure, nextFailure } from "./focus";
import { Overview } from "./Overview";
import { above, failedOnly, rowsOf } from "./rows";
import { runPlace } from "./route";
import { ReplayFrom, RunActions } from "./RunActions";
import { readPart, type Scale, scaleOf, writePart, zoomed } from "./scale";
import { ofRun, type Span } from "./spans";
import { Toolbar } from "./Toolbar";
import { useBeside, useClock, useSiblings, useWaits } from "./useFacts";
import { useNews } from "./useNews";
import { useSelection } from "./useSelection";
import { type Spans, useSpans } from "./useSpans";
import { wholeOf } from "./waits";
import { Waterfall } from "./Waterfall";

const ENDED = ["completed", "failed", "cancelled"];

export default function RunView(props: ViewProps<typeof runPlace>) {
    const id = props.parameters.run;
    const { query } = props;
    const tag = "run:" + id;
    const found = useQuery<RunDetail>({
        key: tag,
        tags: [tag],
        fetch: (signal) => api.call(getRun, { path: { run_id: id } }, { signal }),
    });
    const run = found.data;
    const isOver = run !== undefined && ENDED.includes(run.status);
    // Does not wait for the run itself: its steps go by its identifier.
    const spans = useSpans(id, Number(query.behind ?? 0), query, run === undefined ? null : !isOver);
    const refresh = useCallback(() => cache.invalidate([tag]), [tag]);
    const news = useNews(id, run?.room_id, isOver, spans, refresh);
    return (
        <Page
            title={run === undefined ? "Run" : "Run " + run.number}
            windowTitle={"Run " + shortened(id)}
            className="page-inspector"
            beside={run !== undefined && (
                <>
                    <StatusBadge status={run.status} />
                    <Id id={id} />
                    {!isOver && <ConnectionBadge connection={news.connection} retry={news.retry} />}
                    <RunActions run={run} refresh={refresh} />
                </>
            )}
        >
            {found.status === "failed" && (
                <Failed
                    error={found.error}
                    what={run === undefined ? "the run" : "the latest state"}
                    retry={found.refresh}
                />
            )}
            {run !== undefined && <Inspector {...props} run={run} spans={spans} />}
            {run === undefined && found.status !== "failed" && <Loading what="the run" />}
        </Page>
    );
}

/** What is below the heading, once the run is known. */
function Inspector(
    { run, spans, query, set }: ViewProps<typeof runPlace> & { readonly run: RunDetail; readonly spans: Spans },
) {
    const id = run.run_id;
    const isOver = ENDED.includes(run.status);
    const { book, version } = spans;
    const now = useClock(!isOver);
    const waits = useWaits(run, now);
    const siblings = useSiblings(run);
    const { previous, next, trail } = useBeside(id, siblings);

    useEffect(() => {
        book.put([ofRun(run)]);
        book.patch(id, ofRun(run));
        spans.touch();
    }, [book, run]);

    const [turned, setTurned] = useState<ReadonlySet<string>>(() => new Set());
    useEffect(() => setTurned(new Set()), [query.fold]);
    const isOpen = useCallback((span: Span): boolean => {
        const usual = span.kind === "run" || (span.kind !== "child" && query.fold === "open");
        return turned.has(span.id) !== usual;
    }, [turned, query.fold]);
    const rows = useMemo(
        () =>
            rowsOf(
                book,
                id,
                query.only === "failed" ? () => true : isOpen,
                query.only === "failed" ? failedOnly(book) : null,
            ),
        [book, version, id, isOpen, query.only],
    );

    const selected = useSelection(id, query, spans);
    const span = book.get(selected);
    const select = useCallback(
        (chosen: Span) =>
            set({ step: undefined, call: undefined, asked: undefined, event: undefined, ...rowOf(chosen) }),
        [set],
    );
    const { open } = spans;
    const toggle = useCallback((chosen: Span, opens: boolean) => {
        if (opens && chosen.kind === "child") open(chosen.id);
        // What is chosen would be folded away.
        if (!opens && above(book, selected).includes(chosen)) select(chosen);
        setTurned((old) => {
            const changed = new Set(old);
            if (!changed.delete(chosen.id)) changed.add(chosen.id);
            return changed;
        });
    }, [open, book, selected, select]);
    // A row that is chosen from elsewhere may be folded away.
    useEffect(() => {
        const closed = above(book, selected).filter((one) => !isOpen(one));
        if (closed.length > 0) setTurned((old) => flipped(old, closed));
    }, [selected, span === undefined]);

    const goToFailure = (): void => {
        const failed = nextFailure(book, id, selected);
        if (failed !== undefined) select(failed);
    };
    const whole = useMemo(() => wholeOf(run, waits, isOver ? 0 : now), [run, waits, isOver, now]);
    const scale = useMemo(() => readPart(whole, query.part) ?? whole, [whole, query.part]);
    const show = (part: Scale): void => set({ part: writePart(whole, part) });
    const fit = (): void => {
        if (span === undefined) return;
        const end = span.to ?? now;
        const room = Math.max(0.5, (end - span.from) * 0.1);
        show(scaleOf(Math.max(whole.from, span.from - room), Math.min(whole.to, end + room)));
    };
    const goTo = (other: string | null): void => {
        if (other !== null) router.go(href(runPlace, { run: other }));
    };
    useKeys([
        { keys: "e", label: "First error, next error", group: "Run", run: goToFailure },
        { keys: "[", label: "Run before in the list", group: "Run", run: () => goTo(previous) },
        { keys: "]", label: "Run behind in the list", group: "Run", run: () => goTo(next) },
        {
            keys: "f",
            label: "Only what failed, or all",
            group: "Run",
            run: () => set({ only: query.only === "failed" ? "all" : "failed" }),
        },
        { keys: "+", label: "Zoom in", group: "Run", run: () => show(zoomed(whole, scale, 0.5, span?.from)) },
        { keys: "-", label: "Zoom out", group: "Run", run: () => show(zoomed(whole, scale, 2)) },
        { keys: "0", label: "The whole time", group: "Run", run: () => show(whole) },
        { keys: "z", label: "The time of the chosen row", group: "Run", run: fit },
    ]);

    const hasFailure = useMemo(() => firstFailure(book, id) !== undefined, [book, version, id]);
    return (
        <>
            {run.error !== null && (
                <div className="trouble" role="status">
                    <b>{run.error.code}</b> {run.error.message}
                    {hasFailure && (
                        <button type="button" className="quiet" onClick={goToFailure}>
                            To the failure <kbd>E</kbd>
                        </button>
                    )}
                </div>
            )}
            <Overview run={run} waits={waits} now={now} />
            <Attempts run={run} all={siblings} />
            <Toolbar
                query={query}
                set={set}
                spans={spans}
                rows={rows.length}
                isWhole={scale.from <= whole.from && scale.to >= whole.to}
                goToFailure={hasFailure ? goToFailure : null}
                zoom={(factor) => show(zoomed(whole, scale, factor, span?.from))}
                showWhole={() => show(whole)}
                fit={fit}
                trail={trail}
                previous={previous}
                next={next}
                goTo={goTo}
            />
            <div className="run-split">
                {spans.error !== null && book.size < 2
                    ? <Failed error={spans.error} what="the steps" retry={spans.retry} />
                    : spans.isReading && book.size < 2
                    ? <Loading what="the steps" />
                    : (
                        <Waterfall
                            rows={rows}
                            selected={selected}
                            scale={scale}
                            zero={whole.from}
                            now={now}
                            waits={waits}
                            isReading={spans.isReading}
                            select={select}
                            toggle={toggle}
                        />
                    )}
                {span === undefined || !spans.isReady
                    ? (
                        <section className="run-detail" aria-label="The chosen row">
                            {spans.isReading || !spans.isReady
                                ? <Loading what="the row" />
                                : <p className="faint">There is no such row in this run.</p>}
                        </section>
                    )
                    : (
                        <Detail
                            key={span.id}
                            run={run}
                            span={span}
                            waits={waits}
                            now={now}
                            pane={query.event === undefined ? query.pane : "events"}
                            by={query.by}
                            chooseTie={(by) => set({ by })}
                            event={query.event}
                            choosePane={(pane) => set({ pane, event: undefined })}
                            chooseEvent={(event) => set({ event, pane: "events" })}
                            actions={span.kind === "step" && span.parent === id
                                ? <ReplayFrom run={run} step={span} />
                                : null}
                        />
                    )}
            </div>
        </>
    );
}

function flipped(turned: ReadonlySet<string>, spans: readonly Span[]): ReadonlySet<string> {
    const changed = new Set(turned);
    for (const span of spans) if (!changed.delete(span.id)) changed.add(span.id);
    return changed;
}
