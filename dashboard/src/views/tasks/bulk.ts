// SPDX-License-Identifier: Apache-2.0
// What may be done to many tasks at once, and to which.

import type { RouteQuery } from "../../core/router";
import type { BulkOutcome, RunFilter, TaskRow } from "../../gen/orchestrator";
import type { tasksPlace, TaskStatus } from "./route";

export type Deed = "cancel" | "retry" | "replay";

/** A deed in the words that people read. */
export const WORDS: Readonly<Record<Deed, { readonly verb: string; readonly done: string; readonly about: string }>> = {
    cancel: {
        verb: "Cancel",
        done: "cancelled",
        about: "Their runs are stopped, and what those have asked for is cancelled, too.",
    },
    retry: {
        verb: "Retry",
        done: "queued again",
        about: "Each is queued again and begins anew; what its runs have done already stays done.",
    },
    replay: {
        verb: "Replay",
        done: "replayed",
        about: "Each gets a new run, which does everything once more.",
    },
};

/** Where a task must stand for a deed. */
const FITTING: Readonly<Record<Deed, readonly TaskStatus[]>> = {
    cancel: ["queued", "scheduled", "running", "waiting"],
    retry: ["failed"],
    replay: ["completed", "failed", "cancelled"],
};

export function fits(deed: Deed, row: TaskRow): boolean {
    // By itself, one that was cancelled can be queued again as well.
    return FITTING[deed].includes(row.status) || (deed === "retry" && row.status === "cancelled");
}

/** The filter of the list as the deeds know it, or why they cannot be done by it. */
export type Reach = { readonly filter: RunFilter } | { readonly reason: string };

export function reach(deed: Deed, query: RouteQuery<typeof tasksPlace>): Reach {
    if (query.traceId !== undefined) return { reason: "Tasks of a trace can only be chosen one by one." };
    const asked = query.status.length === 0 ? FITTING[deed] : FITTING[deed].filter((one) => query.status.includes(one));
    if (asked.length === 0) return { reason: "No task with such a status can be " + WORDS[deed].done + "." };
    const filter: RunFilter = {
        // What failed for good is what a retry takes anyway.
        ...(deed === "retry" ? {} : { status: asked }),
        ...(query.agent === undefined ? {} : { agent: query.agent }),
        ...(query.roomId === undefined ? {} : { room_id: query.roomId }),
        ...(query.label === undefined ? {} : { label: query.label }),
        ...(query.parentRunId === undefined ? {} : { parent_run_id: query.parentRunId }),
        ...(query.correlationId === undefined ? {} : { correlation_id: query.correlationId }),
        ...(query.since === undefined ? {} : { since: query.since }),
        ...(query.until === undefined ? {} : { until: query.until }),
    };
    return { filter };
}

/** "1 task", "37 tasks", "the first 1,000 tasks of more". */
export function howMany(outcome: Pick<BulkOutcome, "matched" | "has_more">): string {
    const number = outcome.matched.toLocaleString("en");
    if (outcome.has_more) return `the first ${number} tasks of more`;
    return outcome.matched === 1 ? "1 task" : number + " tasks";
}

/** What came of it, for a person. */
export function outcomeWords(deed: Deed, outcome: BulkOutcome): string {
    const { changed, matched, has_more: hasMore } = outcome;
    const rest = matched - changed;
    const words = [`${howMany({ matched: changed, has_more: false })} ${WORDS[deed].done}.`];
    if (rest > 0) words.push(`${rest.toLocaleString("en")} had changed meanwhile.`);
    if (hasMore) words.push("More fit: do it again for those.");
    return words.join(" ");
}
