// SPDX-License-Identifier: Apache-2.0

import type { LogFrame } from "../../gen/orchestrator";
import type { LogListState } from "./list";

/** Lines around another one, filters or not. */
export interface Surroundings {
    /** The line around which they are. */
    readonly anchor: number;
    readonly list: LogListState;
}

/** What stands in one row. */
export type Row =
    | { readonly is: "line"; readonly key: string; readonly frame: LogFrame; readonly isAround: boolean }
    | { readonly is: "fields"; readonly key: string; readonly frame: LogFrame }
    | { readonly is: "more"; readonly key: string; readonly anchor: number; readonly end: "older" | "newer" };

const lines = new WeakMap<LogFrame, Row>();

/** The same row for the same line, so that what has not changed is not drawn again. */
function lineOf(frame: LogFrame): Row {
    let row = lines.get(frame);
    if (row === undefined) {
        row = { is: "line", key: "l" + frame.id, frame, isAround: false };
        lines.set(frame, row);
    }
    return row;
}

/**
 * The rows of a list: lines that the filters let through, among them the surroundings of some, each line once, and below
 * those that are open their fields.
 */
export function rowsOf(
    frames: readonly LogFrame[],
    around: readonly Surroundings[],
    open: ReadonlySet<number>,
    order: "newest" | "oldest",
): readonly Row[] {
    const found = around.length === 0 ? frames.map(lineOf) : merged(frames, around);
    if (order === "newest") found.reverse();
    if (open.size === 0) return found;
    return found.flatMap((row): readonly Row[] =>
        row.is === "line" && open.has(row.frame.id)
            ? [row, { is: "fields", key: "f" + row.frame.id, frame: row.frame }]
            : [row]
    );
}

function merged(frames: readonly LogFrame[], around: readonly Surroundings[]): Row[] {
    const known = new Set(frames.map((frame) => frame.id));
    const others = new Map<number, LogFrame>();
    const before = new Map<number, Row[]>();
    const behind = new Map<number, Row[]>();
    for (const { anchor, list } of around) {
        for (const frame of list.frames) if (!known.has(frame.id)) others.set(frame.id, frame);
        const first = list.frames[0];
        const last = list.frames[list.frames.length - 1];
        const add = (places: Map<number, Row[]>, at: number, end: "older" | "newer"): void => {
            places.set(at, [...(places.get(at) ?? []), { is: "more", key: `${end}${anchor}`, anchor, end }]);
        };
        if (first !== undefined) add(before, first.id, "older");
        if (last !== undefined) add(behind, last.id, "newer");
    }
    const all = [...frames, ...others.values()].sort((a, b) => a.id - b.id);
    return all.flatMap((frame): readonly Row[] => {
        const line: Row = others.has(frame.id)
            ? { is: "line", key: "l" + frame.id, frame, isAround: true }
            : lineOf(frame);
        return [...(before.get(frame.id) ?? []), line, ...(behind.get(frame.id) ?? [])];
    });
}

/** Lines as they are kept elsewhere: one JSON object each. */
export function ndjson(frames: readonly LogFrame[]): string {
    return frames.map((frame) => JSON.stringify(frame) + "\n").join("");
}

/** A line as somebody would write it down. */
export function inOneLine(frame: LogFrame): string {
    const fields = frame.fields === null ? "" : " " + JSON.stringify(frame.fields);
    const trace = frame.trace_id === null ? "" : " trace=" + frame.trace_id;
    return `${frame.time} ${frame.level} ${frame.service} ${frame.message}${trace}${fields}`;
}
