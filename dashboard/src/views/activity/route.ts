// SPDX-License-Identifier: Apache-2.0

import { choice, choices, type Codec, route, text } from "../../core/router";
import type { Level, Status } from "../../gen/live";

/** Least first. */
export const LEVELS: readonly Level[] = ["trace", "debug", "info", "notice", "warning", "error", "critical"];

export const STATUSES: readonly Status[] = [
    "queued",
    "scheduled",
    "running",
    "waiting",
    "completed",
    "failed",
    "cancelled",
];

const level: Codec<Level | undefined> = {
    read: ([value]) => LEVELS.find((one) => one === value),
    write: (value) => (value === undefined ? [] : [value]),
};

/** Task updates and log frames in one list; every filter stands in the address, and whether the list stands still. */
export const activityPlace = route("/activity", {
    show: choice<"all" | "tasks" | "logs">(["all", "tasks", "logs"]),
    service: text(/^[^\u0000-\u001f\u007f]{1,128}$/),
    level,
    agent: text(/^[a-z][a-z0-9-]{0,62}$/),
    status: choices(STATUSES),
    trace: text(/^[0-9a-f]{32}$/),
    correlation: text(/^[!-~]{1,128}$/),
    live: choice<"yes" | "no">(["yes", "no"]),
});

export const activity = {
    place: activityPlace,
    nav: { label: "Activity", address: "/activity", keys: "g y" },
};
