// SPDX-License-Identifier: Apache-2.0

import { choices, moment, route, text } from "../../core/router";
import type { TaskRow } from "../../gen/orchestrator";

export type TaskStatus = TaskRow["status"];

export const STATUSES: readonly TaskStatus[] = [
    "queued",
    "scheduled",
    "running",
    "waiting",
    "completed",
    "failed",
    "cancelled",
];

/** Every filter of `GET /tasks`, under the API's own names. */
export const tasksPlace = route("/tasks", {
    status: choices(STATUSES),
    agent: text(/^[a-z][a-z0-9-]{0,62}$/),
    roomId: text(/^room_[0-7][0-9A-HJKMNP-TV-Z]{25}$/),
    label: text(/^[a-z][a-z0-9-]{0,62}$/),
    parentRunId: text(/^run_[0-7][0-9A-HJKMNP-TV-Z]{25}$/),
    correlationId: text(/^[!-~]{1,128}$/),
    traceId: text(/^[0-9a-f]{32}$/),
    since: moment,
    until: moment,
});

export const tasks = { place: tasksPlace, nav: { label: "Tasks", address: "/tasks", keys: "g t" } };
