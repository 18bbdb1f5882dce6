// SPDX-License-Identifier: Apache-2.0

import { useMemo } from "react";
import { api } from "../../core/app";
import type { Json } from "../../core/operation";
import { getStep, listToolCalls, type Step, type ToolCall } from "../../gen/orchestrator";
import { useQuery } from "../../ui/hooks";
import { Icon } from "../../ui/Icon";
import { Failed, Loading, StatusBadge } from "../../ui/parts";
import { align } from "./align";
import type { Compared, Line } from "./comparison";
import { differences } from "./diff";

/** How two JSON values differ, one place after the other. */
export function Differences({ before, after }: { readonly before: Json; readonly after: Json }) {
    const found = useMemo(() => differences(before, after), [before, after]);
    if (found.changes.length === 0) return <p className="faint">The same.</p>;
    return (
        <>
            <ul className="differences">
                {found.changes.map((change) => (
                    <li key={change.is + change.path}>
                        <p>
                            {change.path === "" ? "the whole" : change.path} <span className="faint">{change.is}</span>
                        </p>
                        {"before" in change && <pre className="difference-before">− {shown(change.before)}</pre>}
                        {"after" in change && <pre className="difference-after">+ {shown(change.after)}</pre>}
                    </li>
                ))}
            </ul>
            {found.isCut && <p className="faint">There are more; the first {found.changes.length} are shown.</p>}
        </>
    );
}

const LONGEST = 4000;

function shown(value: Json): string {
    const text = JSON.stringify(value, null, 2);
    return text.length > LONGEST ? text.slice(0, LONGEST) + "…" : text;
}

interface Whole {
    readonly step: Step;
    readonly calls: readonly ToolCall[];
}

function useWhole(side: Compared | null) {
    return useQuery<Whole | null>({
        key: `whole:${side?.span.id ?? "none"} ${side?.span.status ?? ""}`,
        tags: [],
        freshFor: 60_000,
        async fetch(signal) {
            if (side === null) return null;
            const [step, calls] = await Promise.all([
                api.call(getStep, { path: { step_id: side.span.id } }, { signal }),
                api.call(listToolCalls, { query: { step_id: side.span.id, limit: 200 } }, { signal }),
            ]);
            return { step, calls: [...calls.items].reverse() };
        },
    });
}

/** What differs in one step: what went in, what came out, and its tool calls. */
export function StepDifference({ line, close }: { readonly line: Line; readonly close: () => void }) {
    const [left, right] = [useWhole(line.left), useWhole(line.right)];
    const failed = [left, right].find((side) => side.status === "failed");
    const [a, b] = [left.data, right.data];
    const name = (line.left ?? line.right)?.span.label ?? line.key;
    return (
        <>
            <header className="run-detail-head">
                <h2>{name}</h2>
                {line.left !== null && <StatusBadge status={line.left.span.status} />}
                {line.right !== null && <StatusBadge status={line.right.span.status} />}
                <span className="actions">
                    <button type="button" className="quiet icon-button" aria-label="Close the step" onClick={close}>
                        <Icon name="cross" />
                    </button>
                </span>
            </header>
            {a === undefined || b === undefined
                ? failed !== undefined
                    ? <Failed error={failed.error} what="the step" retry={failed.refresh} />
                    : <Loading what="the step" />
                : <Both left={a} right={b} />}
        </>
    );
}

function Both({ left, right }: { readonly left: Whole | null; readonly right: Whole | null }) {
    if (left === null || right === null) {
        const there = left ?? right;
        return (
            <>
                <p>Only the {left === null ? "right" : "left"} run has this step.</p>
                {there !== null && (
                    <Differences
                        before={left === null ? null : part(there.step)}
                        after={right === null ? null : part(there.step)}
                    />
                )}
            </>
        );
    }
    const calls = align(left.calls, right.calls, (call) => call.key ?? call.tool);
    return (
        <>
            <h3>Input</h3>
            <Differences before={left.step.input} after={right.step.input} />
            <h3>Output</h3>
            <Differences before={left.step.output} after={right.step.output} />
            {(left.step.error !== null || right.step.error !== null) && (
                <>
                    <h3>What went wrong</h3>
                    <Differences before={failureOf(left.step)} after={failureOf(right.step)} />
                </>
            )}
            {calls.map((pair) => (
                <section key={pair.key}>
                    <h3>
                        Tool call {pair.key}
                    </h3>
                    {(pair.left === null || pair.right === null) && (
                        <p className="faint">Only the {pair.left === null ? "right" : "left"} run has it.</p>
                    )}
                    <Differences before={callOf(pair.left)} after={callOf(pair.right)} />
                </section>
            ))}
        </>
    );
}

function part(step: Step): Json {
    return { input: step.input, output: step.output };
}

function failureOf(of: Step | ToolCall): Json {
    return of.error === null ? null : { code: of.error.code, message: of.error.message };
}

function callOf(call: ToolCall | null): Json {
    if (call === null) return null;
    return {
        tool: call.tool,
        status: call.status,
        arguments: call.arguments,
        result: call.result,
        error: failureOf(call),
    };
}
