// SPDX-License-Identifier: Apache-2.0
// The filters of logs: how the address holds them, what a click on a value does, and which lines they let through.

import type { Json } from "../../core/operation";
import type { RouteQuery } from "../../core/router";
import type { LogFrame } from "../../gen/orchestrator";
import { LEVELS, type logsPlace, MOST_MATCHES } from "./route";

export type LogsQuery = RouteQuery<typeof logsPlace>;

/** The restrictions without those of time. */
export type Filter = Pick<LogsQuery, "service" | "level" | "traceId" | "correlationId" | "text" | "field" | "without">;

export const NO_FILTER: Filter = {
    service: [],
    level: undefined,
    traceId: undefined,
    correlationId: undefined,
    text: undefined,
    field: [],
    without: [],
};

/** Names that mean a part of the line itself, and not a member of its fields. */
const OWN = ["service", "level", "traceId", "correlationId", "message"] as const;
type Own = (typeof OWN)[number];

function isOwn(name: string): name is Own {
    return (OWN as readonly string[]).includes(name);
}

/** `NAME:VALUE`, with a backslash before colons and backslashes of the name. */
export function written(name: string, value: string): string {
    return name.replace(/[\\:]/g, "\\$&") + ":" + value;
}

/** The two parts of `NAME:VALUE`. */
export function read(match: string): readonly [string, string] {
    let name = "";
    for (let place = 0; place < match.length; place += 1) {
        const letter = match[place];
        if (letter === ":") return [name, match.slice(place + 1)];
        if (letter === "\\") place += 1;
        name += match[place] ?? "";
    }
    return [name, ""];
}

/** What a value is compared as; null for lists and objects, which equal nothing. */
export function comparable(value: Json): string | null {
    if (typeof value === "string") return value;
    return typeof value === "object" && value !== null ? null : String(value);
}

/** Where a value stands: a part of the line, or a member of its fields. */
export interface Place {
    readonly part: "own" | "field";
    readonly name: string;
}

/** The change of the address that leaves only lines with a value; null when there are too many filters already. */
export function including(query: Filter, place: Place, value: string): Partial<LogsQuery> | null {
    if (place.part === "field") {
        const match = written(place.name, value);
        if (query.field.includes(match)) return {};
        return isFull(query) ? null : { field: [...query.field, match] };
    }
    switch (place.name) {
        case "service":
            return { service: [value] };
        case "level":
            return { level: LEVELS.find((one) => one === value) };
        case "traceId":
            return { traceId: value };
        case "correlationId":
            return { correlationId: value };
        default:
            return { text: value.slice(0, 1024) };
    }
}

/** The change of the address that takes lines with a value away; null when there are too many filters already. */
export function excluding(query: Filter, place: Place, value: string): Partial<LogsQuery> | null {
    const isMistakable = isOwn(place.name) || place.name.startsWith("fields.");
    const name = place.part === "field" && isMistakable ? "fields." + place.name : place.name;
    const match = written(name, value);
    if (query.without.includes(match)) return {};
    return isFull(query) ? null : { without: [...query.without, match] };
}

function isFull(query: Filter): boolean {
    return query.field.length + query.without.length >= MOST_MATCHES;
}

/** ASCII letters small, as the daemon compares them. */
function small(text: string): string {
    return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function valueAt(frame: LogFrame, name: string): string | null {
    switch (name) {
        case "service":
            return frame.service;
        case "level":
            return frame.level;
        case "traceId":
            return frame.trace_id;
        case "correlationId":
            return frame.correlation_id;
        case "message":
            return frame.message;
        default:
            return memberAt(frame, name.startsWith("fields.") ? name.slice("fields.".length) : name);
    }
}

function memberAt(frame: LogFrame, name: string): string | null {
    if (frame.fields === null || !Object.hasOwn(frame.fields, name)) return null;
    return comparable(frame.fields[name] ?? null);
}

/** Says of a line that came by the WebSocket what the daemon says of those it lists. */
export function passes(filter: Filter, frame: LogFrame): boolean {
    if (filter.service.length > 0 && !filter.service.includes(frame.service)) return false;
    if (filter.level !== undefined && LEVELS.indexOf(frame.level) < LEVELS.indexOf(filter.level)) return false;
    if (filter.traceId !== undefined && frame.trace_id !== filter.traceId) return false;
    if (filter.correlationId !== undefined && frame.correlation_id !== filter.correlationId) return false;
    if (filter.text !== undefined && !small(frame.message).includes(small(filter.text))) return false;
    const isWith = filter.field.every((match) => {
        const [name, value] = read(match);
        return memberAt(frame, name) === value;
    });
    return isWith && !filter.without.some((match) => {
        const [name, value] = read(match);
        return valueAt(frame, name) === value;
    });
}

/** A part of a text, and whether it is what was searched for. */
export interface Piece {
    readonly text: string;
    readonly isHit: boolean;
}

/** A text in pieces, so that what was searched for can be marked. */
export function pieces(text: string, wanted: string | undefined): readonly Piece[] {
    if (wanted === undefined || wanted === "") return [{ text, isHit: false }];
    const there = small(text);
    const needle = small(wanted);
    const found: Piece[] = [];
    let from = 0;
    for (let at = there.indexOf(needle); at >= 0; at = there.indexOf(needle, from)) {
        if (at > from) found.push({ text: text.slice(from, at), isHit: false });
        found.push({ text: text.slice(at, at + needle.length), isHit: true });
        from = at + needle.length;
    }
    if (from < text.length || found.length === 0) found.push({ text: text.slice(from), isHit: false });
    return found;
}
