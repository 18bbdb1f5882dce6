// SPDX-License-Identifier: Apache-2.0

import type { Failure, RunDetail, RunRow, Step, ToolCall } from "../../gen/orchestrator";
import type { Status } from "../../ui/parts";

/** One row of the waterfall: the run itself, a step, a tool call, or a run that it asked for. Payloads stay away. */
export interface Span {
    readonly id: string;
    /** What it is part of; null for the run itself. */
    readonly parent: string | null;
    readonly kind: "run" | "step" | "call" | "child";
    readonly label: string;
    /** The worker's own word for it. */
    readonly key: string | null;
    /** What sort of step it is. */
    readonly sort: string | null;
    readonly status: Status;
    /** Milliseconds since 1970, with parts of them. */
    readonly from: number;
    /** Null while it goes on. */
    readonly to: number | null;
    /** Its place among what has the same parent. */
    readonly place: number;
    readonly attempt: number;
    readonly error: Failure | null;
    /** Taken over from an earlier run instead of done. */
    readonly isCarried: boolean;
}

/** A time as milliseconds with their parts: the API tells microseconds, which `Date` drops. */
export function instant(time: string): number {
    const rest = /\.\d{3}(\d{1,3})/.exec(time)?.[1];
    return Date.parse(time) + (rest === undefined ? 0 : Number(rest.padEnd(3, "0")) / 1000);
}

/** When a run could have begun. `run_at` is that of its task's last run, which may be a later one. */
export function dueAt(run: RunDetail): number {
    const made = instant(run.created_at);
    const due = run.run_at === null ? made : instant(run.run_at);
    const begun = run.claimed_at ?? run.started_at ?? run.finished_at;
    return begun !== null && due > instant(begun) ? made : Math.max(made, due);
}

function ending(time: string | null): number | null {
    return time === null ? null : instant(time);
}

export function ofRun(run: RunDetail): Span {
    return {
        id: run.run_id,
        parent: null,
        kind: "run",
        label: "Run " + run.number,
        key: null,
        sort: null,
        status: run.status,
        from: dueAt(run),
        to: ending(run.finished_at),
        place: 0,
        attempt: run.attempt,
        error: run.error,
        isCarried: false,
    };
}

export function ofStep(step: Step, parent: string): Span {
    return {
        id: step.step_id,
        parent,
        kind: "step",
        label: step.name,
        key: step.key,
        sort: step.kind,
        status: step.status,
        from: instant(step.started_at),
        to: ending(step.finished_at),
        place: step.number,
        attempt: step.attempt,
        error: step.error,
        isCarried: step.carried_from_step_id !== null,
    };
}

export function ofCall(call: ToolCall): Span {
    const from = instant(call.started_at);
    return {
        id: call.tool_call_id,
        parent: call.step_id,
        kind: "call",
        label: call.tool,
        key: call.key,
        sort: null,
        status: call.status,
        from,
        to: ending(call.finished_at),
        place: from,
        attempt: call.attempt,
        error: call.error,
        isCarried: false,
    };
}

/** A run that another one asked for; it stands behind the step that was started last before. */
export function ofChild(run: RunRow, parent: string): Span {
    const from = instant(run.created_at);
    return {
        id: run.run_id,
        parent,
        kind: "child",
        label: run.agent,
        key: null,
        sort: null,
        status: run.status,
        from,
        to: ending(run.finished_at),
        place: from,
        attempt: run.attempt,
        error: run.error,
        isCarried: false,
    };
}

/** Whether it ended in a way that nobody wanted. */
export function isFailed(span: Span): boolean {
    return span.status === "failed" || span.status === "abandoned";
}

/** Whether it has come to its end well. */
export function isDone(span: Span): boolean {
    return span.status === "completed" || span.status === "succeeded";
}
