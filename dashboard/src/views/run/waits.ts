// SPDX-License-Identifier: Apache-2.0

import type { Event, RunDetail } from "../../gen/orchestrator";
import { type Scale, scaleOf } from "./scale";
import { dueAt, instant } from "./spans";

/** A time in which nobody worked on the run, and why. */
export interface Wait {
    readonly from: number;
    readonly to: number;
    readonly why: "queue" | "approval" | "lease";
}

/** The events by which a run is taken up and put down. */
export const TURNS = ["run.started", "run.waiting", "run.resumed", "run.lease_lost", "run.released"] as const;

/**
 * When a run waited. A run that was claimed once, and asked people for nothing, waited from when it was due until it began.
 * Others need their events: `started_at` is that of the last claim.
 */
export function waitsOf(
    run: RunDetail,
    turns: readonly Pick<Event, "event_type" | "occurred_at" | "data">[],
    now: number,
): readonly Wait[] {
    const end = run.finished_at === null ? now : instant(run.finished_at);
    const due = Math.min(end, dueAt(run));
    const waits: Wait[] = [];
    let since: number | null = due;
    let why: Wait["why"] = "queue";
    const close = (at: number): void => {
        if (since !== null && at > since) waits.push({ from: since, to: at, why });
        since = null;
    };
    if (turns.length === 0) {
        close(run.started_at === null ? end : instant(run.started_at));
    } else {
        for (const turn of [...turns].sort((a, b) => instant(a.occurred_at) - instant(b.occurred_at))) {
            const at = instant(turn.occurred_at);
            if (turn.event_type === "run.started") close(at);
            else if (turn.event_type === "run.resumed") {
                close(at);
                // Whoever has held the run all the while goes on at once; else it waits to be claimed.
                if (statusOf(turn.data) === "queued") [since, why] = [at, "queue"];
            } else if (since === null) {
                [since, why] = [at, turn.event_type === "run.waiting" ? "approval" : "lease"];
            }
        }
        close(end);
    }
    return waits;
}

function statusOf(data: Event["data"]): unknown {
    return (data as { readonly status?: unknown } | null)?.status;
}

/**
 * The time that the waterfall shows: from when the run was due to its end. A long wait in the queue would leave no room for the
 * work, so no more of it is shown than there was work.
 */
export function wholeOf(run: RunDetail, waits: readonly Wait[], now: number): Scale {
    const end = run.finished_at === null ? now : instant(run.finished_at);
    const due = Math.min(end, dueAt(run));
    const first = waits[0];
    if (first === undefined || first.why !== "queue" || first.from !== due || first.to >= end) return scaleOf(due, end);
    const work = end - first.to;
    return scaleOf(Math.max(due, first.to - work / 4), end);
}
