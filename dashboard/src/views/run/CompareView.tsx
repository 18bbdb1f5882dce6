// SPDX-License-Identifier: Apache-2.0

import { useMemo } from "react";
import { api } from "../../core/app";
import { href } from "../../core/router";
import { duration } from "../../core/time";
import { getRun, listSteps, type RunDetail } from "../../gen/orchestrator";
import { type Column, DataTable } from "../../ui/DataTable";
import { useKeys, useQuery } from "../../ui/hooks";
import { Icon } from "../../ui/Icon";
import { Link } from "../../ui/Link";
import type { PagedList } from "../../ui/pages";
import { Page } from "../../ui/Page";
import { Empty, Failed, Id, Loading, shortened, StatusBadge, statusIcon, statusWord, Time } from "../../ui/parts";
import type { ViewProps } from "../view";
import { type Compared, type Line, linesOf, readCompared } from "./comparison";
import { Differences, StepDifference } from "./Difference";
import { comparePlace, runPlace } from "./route";
import { instant } from "./spans";

/** Steps of a run that are compared at most. */
const MOST = 10_000;

interface Side {
    readonly run: RunDetail;
    readonly steps: readonly Compared[];
    readonly isCut: boolean;
}

/** Two runs side by side: their steps by key, how they ended, how long they took, and what went in and came out. */
export default function CompareView({ parameters, query, set }: ViewProps<typeof comparePlace>) {
    const left = useSide(parameters.run);
    const right = useSide(parameters.other);
    const [a, b] = [left.data, right.data];
    const lines = useMemo(() => (a === undefined || b === undefined ? [] : linesOf(a.steps, b.steps)), [a, b]);
    const isOnlyDifferent = query.only === "different";
    const rows = useMemo(
        () => (isOnlyDifferent ? lines.filter((line) => line.differs.length > 0) : lines),
        [lines, isOnlyDifferent],
    );
    useKeys([{
        keys: "f",
        label: "Only what differs, or all",
        group: "Compare",
        run: () => set({ only: isOnlyDifferent ? "all" : "different" }),
    }]);
    if (a === undefined || b === undefined) {
        const failed = [left, right].find((side) => side.status === "failed");
        return (
            <Page title="Compare runs">
                {failed !== undefined
                    ? <Failed error={failed.error} what="the runs" retry={failed.refresh} />
                    : <Loading what="both runs" />}
            </Page>
        );
    }
    const chosen = lines.find((line) => line.key === query.key) ?? null;
    const differing = lines.filter((line) => line.differs.length > 0).length;
    const list: PagedList<Line> = {
        rows,
        status: "ready",
        error: null,
        isReading: false,
        hasMore: false,
        more: nothing,
        renew: nothing,
        retry: nothing,
        patch: nothing,
    };
    return (
        <Page
            title="Compare runs"
            windowTitle={`${shortened(a.run.run_id)} and ${shortened(b.run.run_id)}`}
            className="page-inspector"
        >
            <div className="compare-heads">
                <Head name="Left" side={a} />
                <Head name="Right" side={b} />
            </div>
            <div className="run-toolbar">
                <button
                    type="button"
                    className="chip"
                    aria-pressed={isOnlyDifferent}
                    onClick={() => set({ only: isOnlyDifferent ? "all" : "different" })}
                >
                    Only what differs <kbd>F</kbd>
                </button>
                <span className="faint">
                    {differing} of {lines.length} steps differ
                    {(a.isCut || b.isCut) && `; only the first ${MOST} steps are compared`}
                </span>
                <span className="run-beside">
                    <Link to={href(comparePlace, { run: b.run.run_id, other: a.run.run_id }, query)}>
                        Swap the sides
                    </Link>
                </span>
            </div>
            <div className="run-split">
                <DataTable
                    label="Steps of both runs"
                    name="compare"
                    columns={columns}
                    list={list}
                    id={(line) => line.key}
                    open={(line) => set({ key: line.key })}
                    selected={new Set(chosen === null ? [] : [chosen.key])}
                    empty={<Empty title={isOnlyDifferent ? "No step differs" : "Neither has steps"} />}
                />
                <section className="run-detail" aria-label="Differences">
                    {chosen === null
                        ? <OfRuns left={a.run} right={b.run} />
                        : <StepDifference key={chosen.key} line={chosen} close={() => set({ key: undefined })} />}
                </section>
            </div>
        </Page>
    );
}

const nothing = (): void => undefined;

function useSide(run: string) {
    return useQuery<Side>({
        key: "compared:" + run,
        tags: ["run:" + run],
        freshFor: 30_000,
        async fetch(signal) {
            const path = { run_id: run };
            const [detail, steps] = await Promise.all([
                api.call(getRun, { path }, { signal }),
                readCompared(
                    (behind) => api.call(listSteps, { path, query: { cursor: behind, limit: 200 } }, { signal }),
                    MOST,
                ),
            ]);
            return { run: detail, ...steps };
        },
    });
}

function Head({ name, side }: { readonly name: string; readonly side: Side }) {
    const { run } = side;
    return (
        <section aria-label={name}>
            <h2>Run {run.number}</h2>
            <StatusBadge status={run.status} />
            <Id id={run.run_id} to={href(runPlace, { run: run.run_id })} short />
            <span className="faint">
                {run.agent} · {side.steps.length} steps · {took(run)} · <Time at={run.created_at} />
            </span>
        </section>
    );
}

function took(run: RunDetail): string {
    if (run.started_at === null || run.finished_at === null) return "not ended";
    return duration(instant(run.finished_at) - instant(run.started_at));
}

const columns: readonly Column<Line>[] = [
    { name: "step", title: "Step", cell: (line) => (line.left ?? line.right)?.span.label },
    { name: "left", title: "Left", cell: (line) => <Cell side={line.left} /> },
    { name: "right", title: "Right", cell: (line) => <Cell side={line.right} /> },
    { name: "change", title: "Took longer", cell: (line) => <Longer by={line.longer} /> },
    {
        name: "differs",
        title: "Differs",
        cell: (line) => line.differs.length === 0 ? <span className="faint">the same</span> : line.differs.join(", "),
    },
];

function Cell({ side }: { readonly side: Compared | null }) {
    if (side === null) return <span className="faint">not there</span>;
    const { span } = side;
    return (
        <span className={`compare-side status status-${span.status}`} title={statusWord(span.status)}>
            <Icon name={statusIcon(span.status)} />
            <span className="hidden-words">{statusWord(span.status)}</span>
            {span.isCarried ? "taken over" : span.to === null ? "goes on" : duration(span.to - span.from)}
        </span>
    );
}

function Longer({ by }: { readonly by: number | null }) {
    if (by === null) return <span className="faint">–</span>;
    if (Math.abs(by) < 1) return <span className="faint">as long</span>;
    return (
        <span className={by > 0 ? "compare-slower" : "compare-faster"}>
            {by > 0 ? "+" : "−"}
            {duration(Math.abs(by))}
        </span>
    );
}

function OfRuns({ left, right }: { readonly left: RunDetail; readonly right: RunDetail }) {
    return (
        <>
            <p className="faint">Choose a step to see what differs in it. These are the runs themselves.</p>
            <h3>Input</h3>
            <Differences before={left.input} after={right.input} />
            <h3>Result</h3>
            <Differences before={left.result} after={right.result} />
            {(left.error !== null || right.error !== null) && (
                <>
                    <h3>What went wrong</h3>
                    <Differences before={failureOf(left)} after={failureOf(right)} />
                </>
            )}
        </>
    );
}

function failureOf(run: RunDetail) {
    return run.error === null ? null : { code: run.error.code, message: run.error.message };
}
