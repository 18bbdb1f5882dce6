// SPDX-License-Identifier: Apache-2.0

import type { Json } from "../../core/operation";
import type { Event, Failure } from "../../gen/orchestrator";
import type { Book } from "./book";
import { instant, type Span } from "./spans";

/** What must be read again after some events, because they do not tell it. */
export interface Stale {
    /** The run itself. */
    readonly run: boolean;
    /** Steps or tool calls that are unknown, or that ended with the run without an event of their own. */
    readonly spans: boolean;
    /** The list of runs that it asked for. */
    readonly children: boolean;
}

type Data = { readonly [name: string]: Json };

/** Writes into the book what events of the run say. */
export function take(book: Book, run: string, events: readonly Event[]): Stale {
    let [isRunOld, areSpansOld, areChildrenOld] = [false, false, false];
    for (const event of events) {
        const data = event.data;
        if (!isData(data)) continue;
        if (event.run_id !== run) {
            const isChild = data["parent_run_id"] === run ||
                (event.run_id !== null && book.get(event.run_id) !== undefined);
            areChildrenOld ||= isChild && /^(task|run)\./.test(event.event_type);
            continue;
        }
        if (event.event_type.startsWith("step.")) areSpansOld = !takeStep(book, run, event, data) || areSpansOld;
        else if (event.event_type.startsWith("tool_call.")) areSpansOld = !takeCall(book, event, data) || areSpansOld;
        else if (/^(run|task)\./.test(event.event_type)) {
            isRunOld = true;
            // What was under way is given up without a word of its own.
            areSpansOld ||= !/^run\.(claimed|started|queued)$/.test(event.event_type);
        }
    }
    return { run: isRunOld, spans: areSpansOld, children: areChildrenOld };
}

function takeStep(book: Book, run: string, event: Event, data: Data): boolean {
    const id = text(data["step_id"]);
    if (id === null) return false;
    const at = instant(event.occurred_at);
    switch (event.event_type) {
        case "step.started":
        case "step.carried_over": {
            const isCarried = event.event_type === "step.carried_over";
            book.put([{
                id,
                parent: run,
                kind: "step",
                label: text(data["name"]) ?? "",
                key: text(data["key"]),
                sort: text(data["kind"]),
                status: isCarried ? "completed" : "running",
                from: at,
                to: isCarried ? at : null,
                place: number(data["number"]),
                attempt: isCarried ? 0 : number(data["attempt"]),
                error: null,
                isCarried,
            }]);
            return true;
        }
        case "step.completed":
            return book.patch(id, { status: "completed", to: at, error: null });
        case "step.failed":
            return book.patch(id, { status: "failed", to: at, error: failure(data["error"]) });
        default:
            return false;
    }
}

function takeCall(book: Book, event: Event, data: Data): boolean {
    const [id, step] = [text(data["tool_call_id"]), text(data["step_id"])];
    if (id === null || step === null) return false;
    const at = instant(event.occurred_at);
    switch (event.event_type) {
        case "tool_call.started": {
            const span: Span = {
                id,
                parent: step,
                kind: "call",
                label: text(data["tool"]) ?? "",
                key: text(data["key"]),
                sort: null,
                status: "running",
                from: at,
                to: null,
                place: at,
                attempt: number(data["attempt"]),
                error: null,
                isCarried: false,
            };
            book.put([span]);
            return book.get(step) !== undefined;
        }
        case "tool_call.succeeded":
            return book.patch(id, { status: "succeeded", to: at, error: null });
        case "tool_call.failed":
            return book.patch(id, { status: "failed", to: at, error: failure(data["error"]) });
        default:
            return false;
    }
}

function isData(value: Json): value is Data {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: Json | undefined): string | null {
    return typeof value === "string" ? value : null;
}

function number(value: Json | undefined): number {
    return typeof value === "number" ? value : 0;
}

function failure(value: Json | undefined): Failure | null {
    if (value === undefined || !isData(value)) return null;
    return {
        code: text(value["code"]) ?? "",
        message: text(value["message"]) ?? "",
        retryable: value["retryable"] === true,
    };
}
