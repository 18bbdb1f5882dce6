// SPDX-License-Identifier: Apache-2.0

import type { KeyboardEvent, ReactNode } from "react";
import { api, session } from "../../core/app";
import { href } from "../../core/router";
import { duration } from "../../core/time";
import { getRun, getStep, getToolCall, type RunDetail, type Step, type ToolCall } from "../../gen/orchestrator";
import { useQuery } from "../../ui/hooks";
import { Link } from "../../ui/Link";
import { copy, ExactTime, Facts, Failed, Id, Loading, StatusBadge } from "../../ui/parts";
import { Artifacts } from "./Artifacts";
import { Events } from "./Events";
import { Logs, type Tie } from "./Logs";
import { Payload } from "./Payload";
import { CallPolicy } from "./Policy";
import { type Pane, runPlace } from "./route";
import { stretches, waited } from "./scale";
import type { Span } from "./spans";
import type { Wait } from "./waits";

const NAMES: readonly (readonly [Pane, string])[] = [
    ["data", "Input and output"],
    ["artifacts", "Artifacts"],
    ["events", "Events"],
    ["logs", "Logs"],
];

interface Props {
    readonly run: RunDetail;
    readonly span: Span;
    readonly waits: readonly Wait[];
    readonly now: number;
    readonly pane: Pane;
    readonly by: Tie;
    readonly chooseTie: (by: Tie) => void;
    readonly event: string | undefined;
    readonly choosePane: (pane: Pane) => void;
    readonly chooseEvent: (event: string | undefined) => void;
    /** What may be done with the row. */
    readonly actions: ReactNode;
}

/** Everything about the row that is chosen. Its payloads are read when it is looked at. */
export function Detail(props: Props) {
    const { run, span, pane } = props;
    const end = span.to ?? Math.max(span.from, props.now);
    const wait = waited(stretches(span.from, end, span.kind === "child" ? [] : props.waits));
    const panes = span.kind === "child"
        ? NAMES.slice(0, 1)
        : NAMES.filter(([name]) => name !== "logs" || session.can("logs.read"));
    const current = panes.some(([name]) => name === pane) ? pane : "data";
    const turn = (event: KeyboardEvent): void => {
        const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
        if (step === 0) return;
        event.preventDefault();
        const at = panes.findIndex(([name]) => name === current);
        const next = panes[(at + step + panes.length) % panes.length];
        if (next === undefined) return;
        props.choosePane(next[0]);
        document.getElementById("pane-" + next[0])?.focus();
    };
    return (
        <section className="run-detail" aria-label="The chosen row">
            <header className="run-detail-head">
                <h2>{span.label}</h2>
                <StatusBadge status={span.status} />
                <span className="faint">
                    {span.isCarried ? "taken over from an earlier run" : duration(end - span.from)}
                    {wait > 0 && ` · ${duration(wait)} of it waited`}
                </span>
                <span className="actions">
                    <button
                        type="button"
                        className="quiet"
                        onClick={() => void copy(window.location.origin + APP_BASE + permalink(run, span), "Link")}
                    >
                        Copy link
                    </button>
                    {props.actions}
                </span>
            </header>
            {span.error !== null && (
                <div className="trouble">
                    <b>{span.error.code}</b> {span.error.message}
                </div>
            )}
            {panes.length > 1 && (
                <div className="tabs" role="tablist" aria-label="What is shown of it" onKeyDown={turn}>
                    {panes.map(([name, words]) => (
                        <button
                            key={name}
                            id={"pane-" + name}
                            type="button"
                            role="tab"
                            aria-selected={name === current}
                            aria-controls="run-pane"
                            tabIndex={name === current ? 0 : -1}
                            onClick={() => props.choosePane(name)}
                        >
                            {words}
                        </button>
                    ))}
                </div>
            )}
            <div
                id="run-pane"
                role={panes.length > 1 ? "tabpanel" : undefined}
                aria-labelledby={panes.length > 1 ? "pane-" + current : undefined}
            >
                {current === "data" && <Data run={run} span={span} />}
                {current === "artifacts" && (
                    <Artifacts
                        run={run.run_id}
                        step={span.kind === "step" ? span.id : span.kind === "call" ? span.parent : null}
                        status={span.status}
                    />
                )}
                {current === "events" && (
                    <Events run={run.run_id} span={span} selected={props.event} select={props.chooseEvent} />
                )}
                {current === "logs" && <Logs run={run} span={span} by={props.by} choose={props.chooseTie} />}
            </div>
        </section>
    );
}

/** The address that leads to a row. */
export function permalink(run: RunDetail, span: Span): string {
    return href(runPlace, { run: run.run_id }, rowOf(span));
}

/** What of the address names a row. */
export function rowOf(span: Span): { readonly step?: string; readonly call?: string; readonly asked?: string } {
    switch (span.kind) {
        case "step":
            return { step: span.id };
        case "call":
            return { call: span.id };
        case "child":
            return { asked: span.id };
        case "run":
            return { asked: "self" };
    }
}

function Data({ run, span }: { readonly run: RunDetail; readonly span: Span }) {
    switch (span.kind) {
        case "run":
            return <OfRun run={run} />;
        case "step":
            return <OfStep span={span} />;
        case "call":
            return <OfCall span={span} />;
        case "child":
            return <OfChild span={span} />;
    }
}

function OfRun({ run }: { readonly run: RunDetail }) {
    return (
        <>
            <h3>Input</h3>
            <Payload value={run.input} label="Input" file={run.run_id + "-input"} />
            <h3>Result</h3>
            {run.status === "completed"
                ? <Payload value={run.result} label="Result" file={run.run_id + "-result"} />
                : <p className="faint">There is none.</p>}
        </>
    );
}

/** A payload is read again when what it belongs to has changed. */
function usePart<T>(span: Span, fetch: (signal: AbortSignal) => Promise<T>) {
    return useQuery<T>({
        key: `part:${span.id} ${span.status} ${span.attempt}`,
        tags: [],
        freshFor: 60_000,
        fetch,
    });
}

function OfStep({ span }: { readonly span: Span }) {
    const found = usePart<Step>(span, (signal) => api.call(getStep, { path: { step_id: span.id } }, { signal }));
    const step = found.data;
    if (step === undefined) return <Waiting found={found} what="the step" />;
    return (
        <>
            <h3>Input</h3>
            <Payload value={step.input} label={"Input of " + step.name} file={step.key + "-input"} />
            <h3>Output</h3>
            <Payload value={step.output} label={"Output of " + step.name} file={step.key + "-output"} />
            <Facts
                facts={[
                    ["Step", <Id key="i" id={step.step_id} short />],
                    ["Number", String(step.number)],
                    ["Key", <code key="k">{step.key}</code>],
                    ["Kind", step.kind ?? "–"],
                    ["Begun", <ExactTime key="b" at={step.started_at} />],
                    ["Ended", <ExactTime key="e" at={step.finished_at} />],
                    ["Tries", String(step.attempt)],
                    ["Epoch", String(step.epoch)],
                    ...(step.carried_from_step_id === null
                        ? []
                        : [["Taken over from", <Id key="c" id={step.carried_from_step_id} short />] as const]),
                ]}
            />
        </>
    );
}

function OfCall({ span }: { readonly span: Span }) {
    const found = usePart<ToolCall>(
        span,
        (signal) => api.call(getToolCall, { path: { tool_call_id: span.id } }, { signal }),
    );
    const call = found.data;
    if (call === undefined) return <Waiting found={found} what="the tool call" />;
    return (
        <>
            <h3>Arguments</h3>
            <Payload value={call.arguments} label={"Arguments of " + call.tool} file={call.tool + "-arguments"} />
            <h3>Result</h3>
            <Payload value={call.result} label={"Result of " + call.tool} file={call.tool + "-result"} />
            <CallPolicy call={call} />
            <Facts
                facts={[
                    ["Tool call", <Id key="i" id={call.tool_call_id} short />],
                    ["Tool", call.tool],
                    ["Key", call.key === null ? "–" : <code key="k">{call.key}</code>],
                    ["Begun", <ExactTime key="b" at={call.started_at} />],
                    ["Ended", <ExactTime key="e" at={call.finished_at} />],
                    ["Tries", String(call.attempt)],
                    ["Epoch", String(call.epoch)],
                ]}
            />
        </>
    );
}

function OfChild({ span }: { readonly span: Span }) {
    const found = usePart<RunDetail>(span, (signal) => api.call(getRun, { path: { run_id: span.id } }, { signal }));
    const run = found.data;
    return (
        <>
            <p>
                This run asked for it.{" "}
                <Link to={href(runPlace, { run: span.id })} className="button">
                    Inspect it
                </Link>
            </p>
            {run === undefined ? <Waiting found={found} what="the run" /> : <OfRun run={run} />}
        </>
    );
}

function Waiting(
    props: {
        readonly found: { readonly status: string; readonly error: unknown; readonly refresh: () => void };
        readonly what: string;
    },
) {
    return props.found.status === "failed"
        ? <Failed error={props.found.error} what={props.what} retry={props.found.refresh} />
        : <Loading what={props.what} />;
}
