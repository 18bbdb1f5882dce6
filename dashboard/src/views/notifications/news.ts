// SPDX-License-Identifier: Apache-2.0

import { displayedLine } from "../../core/display";
import { href } from "../../core/router";
import { runPlace } from "../run/route";
import { schedulePlace } from "../schedule/route";
import { taskPlace } from "../task/route";
import { threadPlace } from "../thread/route";
import type { Notification } from "../../gen/orchestrator";
import type { Kind } from "./route";

export type Tone = "bad" | "warn" | "plain";

const KINDS: Readonly<Record<Kind, readonly [Tone, string, string]>> = {
    task_failed: ["bad", "Failures", "Task failed"],
    approval_requested: ["warn", "Approvals", "Approval asked for"],
    approval_expired: ["warn", "Expired approvals", "Approval expired"],
    incident_opened: ["bad", "Incidents", "Incident"],
    run_lost: ["warn", "Lost runs", "Run was lost and starts again"],
    message_posted: ["plain", "Messages", "Message"],
    schedule_missed: ["warn", "Missed schedules", "Schedule left out fires"],
    queue_paused: ["warn", "Paused queues", "Queue was paused"],
};

/** What a kind is called among others. */
export function kindWord(kind: Kind): string {
    return KINDS[kind][1];
}

export function toneOf(kind: Kind): Tone {
    return KINDS[kind][0];
}

/** One line about it. */
export function told(news: Notification): string {
    const head = [KINDS[news.kind][2]];
    if (news.severity !== null) head.push(news.severity);
    if (news.agent !== null) head.push("of " + news.agent);
    const words = [news.code, news.summary].filter((one): one is string => one !== null && one !== "");
    return displayedLine(
        head.join(", ").replace(", of ", " of ") + (words.length === 0 ? "" : ": " + words.join(", ")),
    );
}

/** Where somebody looks into it; null when there is no such place. */
export function leadsTo(news: Notification, addressOf: (id: string) => string | null): string | null {
    if (news.kind === "message_posted" && news.room_id !== null && news.thread_id !== null) {
        return href(threadPlace, { room: news.room_id, thread: news.thread_id });
    }
    if (news.kind === "incident_opened" && news.incident_id !== null) {
        const incident = addressOf(news.incident_id);
        if (incident !== null) return incident;
    }
    if (news.kind === "schedule_missed" && news.schedule_id !== null) {
        return href(schedulePlace, { schedule: news.schedule_id });
    }
    if (news.kind === "queue_paused") return "/agents";
    if (news.run_id !== null) return href(runPlace, { run: news.run_id });
    if (news.task_id !== null) return href(taskPlace, { task: news.task_id });
    return news.room_id === null ? null : addressOf(news.room_id);
}

export type Row = { readonly news: Notification } | { readonly divides: "seen" | "all" };

/** The list with a line between what is new and what was seen; the line stands first when all was seen. */
export function divided(all: readonly Notification[], readPosition: number): readonly Row[] {
    const at = all.findIndex((one) => one.position <= readPosition);
    const rows: Row[] = all.map((news) => ({ news }));
    if (at < 0) return rows;
    rows.splice(at, 0, { divides: at === 0 ? "all" : "seen" });
    return rows;
}

/** The number beside the word in the navigation; empty when there is nothing new. */
export function unreadWord(unread: number, isMore: boolean): string {
    if (unread === 0) return "";
    return unread > 99 || isMore ? "99+" : String(unread);
}
