// SPDX-License-Identifier: Apache-2.0

import type { Event } from "../../gen/orchestrator";

/** An event without its particulars: a list may hold very many. */
export interface EventHead {
    readonly event_id: string;
    readonly event_type: string;
    readonly occurred_at: string;
    readonly actor: string;
    readonly zone: Event["zone"];
    readonly causation_id: string | null;
    readonly position: number;
    readonly run_id: string | null;
    /** The tool call, step, artifact, approval or run that it is about. */
    readonly subject: string | null;
    readonly step: string | null;
    readonly call: string | null;
}

export function headOf(event: Event): EventHead {
    const data = typeof event.data === "object" && event.data !== null ? (event.data as Record<string, unknown>) : {};
    const word = (name: string): string | null => (typeof data[name] === "string" ? (data[name] as string) : null);
    const own = /^([a-z_]+)\./.exec(event.event_type)?.[1] ?? "";
    return {
        event_id: event.event_id,
        event_type: event.event_type,
        occurred_at: event.occurred_at,
        actor: event.actor,
        zone: event.zone,
        causation_id: event.causation_id,
        position: event.position,
        run_id: event.run_id,
        subject: word(own + "_id") ?? (own === "run" ? event.run_id : own === "task" ? event.task_id : null),
        step: word("step_id"),
        call: word("tool_call_id"),
    };
}

/** How an event is tied to others that are known. */
export interface Ties {
    /** What led to it, as was recorded. */
    readonly cause: string | null;
    /** What it led to, as was recorded. */
    readonly effects: readonly EventHead[];
    /** What was told of the same thing before and after, unless it is the cause or an effect. */
    readonly before: EventHead | null;
    readonly after: EventHead | null;
}

/** Causes and effects among the events that were read, which are in the order of their positions. */
export function tiesOf(event: EventHead, all: readonly EventHead[]): Ties {
    const same = event.subject === null ? [] : all.filter((one) => one.subject === event.subject);
    const before = same.filter((one) => one.position < event.position).at(-1) ?? null;
    const after = same.find((one) => one.position > event.position) ?? null;
    return {
        cause: event.causation_id,
        effects: all.filter((one) => one.causation_id === event.event_id),
        before: before?.event_id === event.causation_id ? null : before,
        after: after?.causation_id === event.event_id ? null : after,
    };
}
