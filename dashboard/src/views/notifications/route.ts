// SPDX-License-Identifier: Apache-2.0

import { lazy } from "react";
import { choices, route } from "../../core/router";
import type { Notification } from "../../gen/orchestrator";

export type Kind = Notification["kind"];

export const KINDS: readonly Kind[] = [
    "task_failed",
    "approval_requested",
    "approval_expired",
    "incident_opened",
    "run_lost",
    "message_posted",
    "schedule_missed",
    "queue_paused",
];

export const notificationsPlace = route("/notifications", { kind: choices(KINDS) });

export const notifications = {
    place: notificationsPlace,
    nav: { label: "Notifications", address: "/notifications", keys: "g n", Badge: lazy(() => import("./Unread")) },
};
