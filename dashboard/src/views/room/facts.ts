// SPDX-License-Identifier: Apache-2.0
// What an event of a room says in one line.

import { displayedLine } from "../../core/display";
import type { Json } from "../../core/operation";
import type { Event } from "../../gen/orchestrator";

export type Tone = "plain" | "good" | "bad" | "busy" | "warn";

/** Words, or something that has an identifier. */
export type Fact = { readonly words: string } | { readonly is: string; readonly id: string };

interface Line {
    readonly tone: Tone;
    readonly found: readonly Fact[];
}

type Data = Readonly<Record<string, Json>>;

const LONGEST = 240;

/** A text of the event's particulars, short enough for a line. */
function text(data: Data, name: string): string {
    const value = data[name];
    if (typeof value !== "string") return typeof value === "number" ? String(value) : "";
    const line = displayedLine(value.slice(0, LONGEST * 2));
    return line.length > LONGEST ? line.slice(0, LONGEST) + "…" : line;
}

function inner(data: Data, name: string): Data {
    const value = data[name];
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Data) : {};
}

const quoted = (words: string): string => (words === "" ? "" : `“${words}”`);
const after = (sign: string, words: string): string => (words === "" ? "" : sign + words);

function trouble(data: Data): string {
    const error = inner(data, "error");
    return after(": ", [text(error, "code"), text(error, "message")].filter((one) => one !== "").join(", "));
}

/** The words for each type of event, by what its particulars say. */
const WORDS: Readonly<Record<string, readonly [Tone, (data: Data) => string]>> = {
    "room.created": ["plain", (data) => `Room ${quoted(text(data, "name"))} was made`],
    "room.renamed": ["plain", (data) => `Room was renamed to ${quoted(text(data, "name"))}`],
    "room.archived": ["warn", () => "Room was archived"],
    "room.restored": ["plain", () => "Room was restored"],
    "thread.created": ["plain", (data) => `Thread ${quoted(text(data, "title"))} was begun`],
    "thread.renamed": ["plain", (data) => `Thread was renamed to ${quoted(text(data, "title"))}`],
    "thread.archived": ["plain", (data) => `Thread ${quoted(text(data, "title"))} was archived`],
    "thread.restored": ["plain", (data) => `Thread ${quoted(text(data, "title"))} was restored`],
    "message.posted": ["plain", () => "A message was posted"],
    "task.created": ["plain", (data) => `Task${after(" for ", text(data, "agent"))} was made`],
    "task.edited": ["plain", () => "Task was edited"],
    "task.unblocked": ["plain", () => "Task no longer waits for others"],
    "task.cancelled": ["warn", (data) => "Task was cancelled" + after(": ", text(data, "reason"))],
    "task.retried": ["plain", () => "Task is tried again by hand"],
    "task.replayed": ["plain", () => "Task is replayed"],
    "task.completed": ["good", () => "Task was completed by hand"],
    "task.failed": ["bad", (data) => "Task was failed by hand" + trouble(data)],
    "run.queued": ["plain", () => "Run is due"],
    "run.claimed": ["busy", () => "Run was claimed"],
    "run.started": ["busy", (data) => "Run started" + after(", start ", text(data, "attempt"))],
    "run.completed": ["good", () => "Run completed"],
    "run.failed": ["bad", (data) => "Run failed" + trouble(data)],
    "run.lease_lost": ["warn", () => "The worker of the run went silent; it is queued again"],
    "run.released": ["warn", (data) => "Run was given back" + after(": ", text(data, "reason"))],
    "run.waiting": ["warn", () => "Run waits for an approval"],
    "run.resumed": ["busy", (data) => "Run goes on" + after(", approval ", text(data, "approval_status"))],
    "step.started": ["busy", (data) => `Step ${quoted(text(data, "name") || text(data, "key"))} started`],
    "step.completed": ["good", (data) => `Step ${quoted(text(data, "key"))} completed`],
    "step.failed": ["bad", (data) => `Step ${quoted(text(data, "key"))} failed${trouble(data)}`],
    "step.carried_over": ["plain", (data) => `Step ${quoted(text(data, "name"))} was carried over`],
    "tool_call.started": ["busy", (data) => `Tool ${quoted(text(data, "tool"))} is called`],
    "tool_call.succeeded": ["good", (data) => `Tool call ${quoted(text(data, "tool"))} succeeded`],
    "tool_call.failed": ["bad", (data) => `Tool call ${quoted(text(data, "tool"))} failed${trouble(data)}`],
    "artifact.created": ["plain", (data) => `Artifact ${quoted(text(data, "name"))}${after(", ", text(data, "kind"))}`],
    "approval.requested": [
        "warn",
        (data) => `Approval asked for: ${text(data, "summary") || text(inner(data, "action"), "kind")}`,
    ],
    "approval.approved": ["good", (data) => "Approval given" + after(": ", text(data, "note"))],
    "approval.denied": ["bad", (data) => "Approval denied" + after(": ", text(data, "note"))],
    "approval.held": ["warn", (data) => "Approval put off" + after(": ", text(data, "note"))],
    "approval.expired": ["warn", () => "Approval expired"],
    "approval.cancelled": ["plain", (data) => "Approval no longer needed" + after(": ", text(data, "reason"))],
    "approval.released": ["plain", (data) => "Approval waits for another worker" + after(": ", text(data, "reason"))],
    "approval.taken_over": ["plain", () => "Approval is waited for by another worker"],
    "incident.opened": ["bad", (data) => `Incident${after(", ", text(data, "severity"))}: ${text(data, "title")}`],
    "incident.linked": ["plain", () => "Incident was linked"],
    "incident.acknowledged": ["warn", (data) => "Incident was seen" + after(": ", text(data, "note"))],
    "incident.closed": ["good", (data) => "Incident was closed" + after(": ", text(data, "note"))],
    "schedule.created": ["plain", (data) => `Schedule ${quoted(text(inner(data, "definition"), "name"))} was made`],
    "schedule.edited": ["plain", (data) => `Schedule ${quoted(text(inner(data, "definition"), "name"))} was edited`],
    "schedule.paused": ["warn", () => "Schedule was paused"],
    "schedule.resumed": ["plain", () => "Schedule was resumed"],
    "schedule.fired": ["plain", (data) => "Schedule fired" + after(", ", text(data, "outcome"))],
    "schedule.missed": ["warn", () => "Schedule left out fires it had missed"],
    "schedule.fired_by_hand": ["plain", () => "Schedule was fired by hand"],
    "schedule.deleted": ["plain", () => "Schedule was deleted"],
    "hook.created": ["plain", (data) => `Hook ${quoted(text(inner(data, "definition"), "name"))} was made`],
    "hook.edited": ["plain", (data) => `Hook ${quoted(text(inner(data, "definition"), "name"))} was edited`],
    "hook.paused": ["warn", () => "Hook was paused"],
    "hook.resumed": ["plain", () => "Hook was resumed"],
    "hook.rotated": ["plain", () => "The secret of the hook was changed"],
    "hook.deleted": ["plain", () => "Hook was deleted"],
    "hook.delivered": ["plain", () => "Hook took a delivery in"],
};

const THINGS: readonly (readonly [string, string])[] = [
    ["thread_id", "thread"],
    ["task_id", "task"],
    ["approval_id", "approval"],
    ["incident_id", "incident"],
    ["schedule_id", "schedule"],
    ["hook_id", "hook"],
    ["artifact_id", "artifact"],
];

export function facts(event: Event): Line {
    const { data } = event;
    const given: Data = typeof data === "object" && data !== null && !Array.isArray(data) ? (data as Data) : {};
    const known = WORDS[event.event_type];
    const words = known === undefined ? event.event_type : known[1](given).replace(/ {2,}/g, " ").trim();
    const found: Fact[] = [{ words: data === null ? words + " (its particulars were removed)" : words }];
    const name = (is: string, id: Json | undefined): void => {
        if (typeof id !== "string" || found.some((one) => "id" in one && one.id === id)) return;
        found.push({ is, id });
    };
    name("task", event.task_id);
    name("run", event.run_id);
    for (const [member, is] of THINGS) name(is, given[member]);
    return { tone: known?.[0] ?? "plain", found };
}
