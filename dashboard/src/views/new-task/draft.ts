// SPDX-License-Identifier: Apache-2.0

import type { Json } from "../../core/operation";
import { isObject } from "../../core/schema";
import type { NewTask } from "../../gen/orchestrator";

/** A task that somebody is about to ask for. */
export interface Draft {
    readonly agent: string;
    readonly input: Json;
    readonly idempotencyKey: string;
    readonly correlationId: string;
    readonly priority: number;
    readonly timeoutSeconds: number;
    /** As a field for local times holds it; empty for at once. */
    readonly runAt: string;
}

export function emptyDraft(agent: string, input: Json, key: string): Draft {
    return { agent, input, idempotencyKey: key, correlationId: "", priority: 5, timeoutSeconds: 300, runAt: "" };
}

/** A draft that was saved; null when it is none. */
export function readDraft(value: unknown): Draft | null {
    if (!isObject(value as Json)) return null;
    const found = value as Record<keyof Draft, unknown>;
    const isDraft = typeof found.agent === "string" && "input" in found && typeof found.idempotencyKey === "string" &&
        typeof found.correlationId === "string" && typeof found.priority === "number" &&
        typeof found.timeoutSeconds === "number" && typeof found.runAt === "string";
    return isDraft ? (value as Draft) : null;
}

/** What is sent for a draft: only what differs from what the API takes by itself. */
export function request(draft: Draft): NewTask {
    const runAt = draft.runAt === "" ? Number.NaN : Date.parse(draft.runAt);
    return {
        agent: draft.agent,
        input: draft.input,
        ...(draft.idempotencyKey === "" ? {} : { idempotencyKey: draft.idempotencyKey }),
        ...(draft.correlationId === "" ? {} : { correlationId: draft.correlationId }),
        ...(draft.priority === 5 ? {} : { priority: draft.priority }),
        ...(draft.timeoutSeconds === 300 ? {} : { timeoutSeconds: draft.timeoutSeconds }),
        ...(Number.isNaN(runAt) ? {} : { runAt: new Date(runAt).toISOString() }),
    };
}

/** The same request for a shell. The password is not in it: curl asks for it. */
export function curl(origin: string, workspace: string, user: string, task: NewTask): string {
    const quoted = (text: string): string => "'" + text.replace(/'/g, "'\\''") + "'";
    return [
        "curl -sS -u " + quoted(user),
        "-H 'Content-Type: application/json'",
        ...(workspace === "ws_dev" ? [] : ["-H " + quoted("x-workspace-id: " + workspace)]),
        quoted(origin + "/task"),
        "-d " + quoted(JSON.stringify(task)),
    ].join(" \\\n    ");
}
