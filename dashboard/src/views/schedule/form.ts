// SPDX-License-Identifier: Apache-2.0
// A schedule as a form holds it, and what is sent for it.

import type { Json } from "../../core/operation";
import type { NewSchedule, Problem, Schedule, ScheduleChange, ScheduledTaskInput } from "../../gen/orchestrator";

export interface ScheduleDraft {
    readonly name: string;
    readonly kind: "cron" | "once";
    readonly cron: string;
    readonly timezone: string;
    /** As a field for local times holds it. */
    readonly runAt: string;
    readonly overlap: Schedule["overlap"];
    readonly catchUp: Schedule["catch_up"]["policy"];
    readonly catchUpLimit: number;
    readonly jitterSeconds: number;
    readonly agent: string;
    readonly input: Json;
    readonly priority: number;
    readonly timeoutSeconds: number;
    readonly correlationId: string;
}

export function emptyDraft(agent: string, input: Json, timezone: string): ScheduleDraft {
    return {
        name: "",
        kind: "cron",
        cron: "0 9 * * mon-fri",
        timezone,
        runAt: "",
        overlap: "skip",
        catchUp: "latest",
        catchUpLimit: 10,
        jitterSeconds: 0,
        agent,
        input,
        priority: 5,
        timeoutSeconds: 300,
        correlationId: "",
    };
}

export function draftOf(schedule: Schedule): ScheduleDraft {
    const { task } = schedule;
    return {
        name: schedule.name,
        kind: schedule.cron === null ? "once" : "cron",
        cron: schedule.cron ?? "",
        timezone: schedule.timezone ?? "UTC",
        runAt: schedule.run_at === null ? "" : localField(new Date(schedule.run_at)),
        overlap: schedule.overlap,
        catchUp: schedule.catch_up.policy,
        catchUpLimit: schedule.catch_up.limit ?? 10,
        jitterSeconds: schedule.jitter_seconds,
        agent: task.agent,
        input: task.input as Json,
        priority: task.priority,
        timeoutSeconds: task.timeout_seconds,
        correlationId: task.correlation_id ?? "",
    };
}

/** A time as a field for local times wants it. */
export function localField(time: Date): string {
    return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

function when(draft: ScheduleDraft): Pick<NewSchedule, "cron" | "timezone" | "run_at"> {
    if (draft.kind === "cron") return { cron: draft.cron.trim(), timezone: draft.timezone.trim() };
    const time = new Date(draft.runAt);
    return Number.isNaN(time.getTime()) ? {} : { run_at: time.toISOString() };
}

function task(draft: ScheduleDraft): ScheduledTaskInput {
    return {
        agent: draft.agent,
        input: draft.input,
        priority: draft.priority,
        timeout_seconds: draft.timeoutSeconds,
        ...(draft.correlationId === "" ? {} : { correlation_id: draft.correlationId }),
    };
}

/** What is sent to make it. */
export function creation(draft: ScheduleDraft): NewSchedule {
    return {
        name: draft.name.trim(),
        ...when(draft),
        overlap: draft.overlap,
        catch_up: draft.catchUp === "all" ? { policy: "all", limit: draft.catchUpLimit } : { policy: draft.catchUp },
        jitter_seconds: draft.jitterSeconds,
        task: task(draft),
    };
}

/** What is sent to change it. What the form does not show of its task stays as it is. */
export function alteration(draft: ScheduleDraft, schedule: Schedule): ScheduleChange {
    const { labels, limits, retry } = schedule.task;
    return { ...creation(draft), task: { ...task(draft), labels, limits, retry }, if_version: schedule.version };
}

/** What is missing, by JSON Pointer into what is sent. The daemon decides about the rest. */
export function missing(draft: ScheduleDraft): ReadonlyMap<string, string> {
    const found = new Map<string, string>();
    if (draft.name.trim() === "") found.set("/name", "A schedule needs a name.");
    if (draft.kind === "cron" && draft.cron.trim() === "") found.set("/cron", "This is needed.");
    if (draft.kind === "once" && Number.isNaN(Date.parse(draft.runAt))) found.set("/run_at", "When is it to fire?");
    if (draft.agent === "") found.set("/task/agent", "Who is to carry it out?");
    return found;
}

/** The daemon's objections by the pointer that each is about. */
export function objections(problem: Problem | null): ReadonlyMap<string, string> {
    return new Map((problem?.errors ?? []).map((one) => [one.field, one.message]));
}

/** The part of some objections that is about what lies below a pointer, as seen from there. */
export function below(pointer: string, all: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
    return new Map(
        [...all].filter(([name]) => name === pointer || name.startsWith(pointer + "/"))
            .map(([name, words]) => [name.slice(pointer.length), words]),
    );
}

const FIELDS: readonly RegExp[] = [
    /^\/(name|cron|timezone|run_at|overlap|jitter_seconds)$/,
    /^\/catch_up(\/.*)?$/,
    /^\/task\/(agent|priority|timeout_seconds|correlation_id)$/,
    /^\/task\/input(\/.*)?$/,
];

/** What no field of the form can show. */
export function homeless(all: ReadonlyMap<string, string>): readonly (readonly [string, string])[] {
    return [...all].filter(([name]) => !FIELDS.some((one) => one.test(name)));
}
