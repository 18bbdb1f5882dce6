// SPDX-License-Identifier: Apache-2.0

import type { TaskUpdate } from "../../gen/live";
import type { TaskRow } from "../../gen/orchestrator";

const ENDED = ["completed", "failed", "cancelled"];

/** Rows as they are after some updates. What an update does not tell stays until the list is read again. */
export function updated(row: TaskRow, updates: ReadonlyMap<string, TaskUpdate>): TaskRow {
    const update = updates.get(row.id);
    if (update === undefined || update.status === null || update.version === null || update.version <= row.version) {
        return row;
    }
    const hasEnded = ENDED.includes(update.status);
    return {
        ...row,
        status: update.status,
        version: update.version,
        updated_at: update.occurred_at,
        finished_at: hasEnded ? update.occurred_at : null,
        error: update.error ?? (update.status === "completed" ? null : row.error),
        run_id: update.run_id ?? row.run_id,
    };
}

/** The last update of each task. */
export function lastOfEach(updates: readonly TaskUpdate[]): ReadonlyMap<string, TaskUpdate> {
    return new Map(updates.map((update) => [update.task_id, update]));
}

/** Which of the updates tell of tasks that are not shown yet. */
export function created(updates: readonly TaskUpdate[]): number {
    return updates.filter((update) => update.event_type === "task.created").length;
}
