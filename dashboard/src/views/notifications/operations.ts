// SPDX-License-Identifier: Apache-2.0
// What orchestrator-svc answers about notifications, in the form in which the generator writes it.

import type { Operation } from "../../core/operation";

export interface Notification {
    /** Who caused it, such as `user:admin`. */
    readonly actor: string;
    /** The agent of the task, or of the queue; null when it is about neither. */
    readonly agent: string | null;
    /** The approval; null for other kinds. */
    readonly approval_id: string | null;
    /** A stable word: a failure's code, an incident's kind, an action's kind; null without. */
    readonly code: string | null;
    /** Names the event. */
    readonly event_id: string;
    /** What happened, such as `run.failed`. */
    readonly event_type: string;
    /** The incident; null for other kinds. */
    readonly incident_id: string | null;
    /** What it is. */
    readonly kind:
        | "task_failed"
        | "approval_requested"
        | "approval_expired"
        | "incident_opened"
        | "run_lost"
        | "message_posted"
        | "schedule_missed"
        | "queue_paused";
    /** The message; null for other kinds. */
    readonly message_id: string | null;
    /** When it happened. */
    readonly occurred_at: string;
    /** The event's place in the workspace's log. */
    readonly position: number;
    /** The room; null when it concerns the workspace. */
    readonly room_id: string | null;
    /** The run; null when it is about none. */
    readonly run_id: string | null;
    /** The schedule; null for other kinds. */
    readonly schedule_id: string | null;
    /** That of an incident; null for other kinds. */
    readonly severity: "low" | "medium" | "high" | "critical" | null;
    /** The first 200 characters of what was written, in one line; null when nothing was. */
    readonly summary: string | null;
    /** The task; null when it is about none. */
    readonly task_id: string | null;
    /** The thread of a message; null for other kinds. */
    readonly thread_id: string | null;
}

export interface NotificationPage {
    /** Newest first. */
    readonly items: readonly Notification[];
    /** Where the newest is; 0 when there is none. */
    readonly newest_position: number;
    /** Send it as `cursor` to read on; null at the end. */
    readonly next_cursor: string | null;
    /** When that was said; null before. */
    readonly read_at: string | null;
    /** Everything up to it has been read; 0 at first. */
    readonly read_position: number;
    /** How many are newer, counted up to 1000. */
    readonly unread: number;
    /** Whether there may be more than `unread`. */
    readonly unread_is_more: boolean;
}

export interface NotificationsRead {
    /** Whether it may go back. */
    readonly allow_back?: boolean | null;
    /** Everything up to it has been read, such as `newest_position`. */
    readonly position: number;
}

export interface NotificationsState {
    /** Where the newest is; 0 when there is none. */
    readonly newest_position: number;
    /** When that was said; null before. */
    readonly read_at: string | null;
    /** Everything up to it has been read; 0 at first. */
    readonly read_position: number;
    /** How many are newer, counted up to 1000. */
    readonly unread: number;
    /** Whether there may be more than `unread`. */
    readonly unread_is_more: boolean;
}

export interface ListNotificationsCall {
    readonly query?: {
        /** Only of this kind. */
        readonly kind?:
            | readonly (
                | "task_failed"
                | "approval_requested"
                | "approval_expired"
                | "incident_opened"
                | "run_lost"
                | "message_posted"
                | "schedule_missed"
                | "queue_paused"
            )[]
            | undefined;
        /** How many at most. */
        readonly limit?: number | undefined;
        /** Only before this position: an earlier answer's `next_cursor`. */
        readonly cursor?: number | undefined;
    };
    readonly answer: NotificationPage;
    readonly problems: 400 | 401 | 403 | 404 | 429 | 500 | 503 | 504;
}

export interface ReadNotificationsCall {
    readonly body: NotificationsRead;
    readonly answer: NotificationsState;
    readonly problems: 400 | 401 | 403 | 404 | 413 | 415 | 429 | 500 | 503 | 504;
}

/** Lists what the caller should know of, newest first. */
export const listNotifications: Operation<ListNotificationsCall> = {
    name: "listNotifications",
    method: "GET",
    path: "/v1/notifications",
    reads: "json",
};

/** Says that the caller has read everything up to a position. */
export const readNotifications: Operation<ReadNotificationsCall> = {
    name: "readNotifications",
    method: "PUT",
    path: "/v1/notifications/read",
    reads: "json",
};
