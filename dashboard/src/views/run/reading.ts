// SPDX-License-Identifier: Apache-2.0

import type { Page } from "../../core/pages";
import type { Event, RunRow, Step, ToolCall } from "../../gen/orchestrator";
import { ofCall, ofChild, ofStep, type Span } from "./spans";

/** What spans are read from. */
export interface SpanSource {
    steps(run: string, behind: number, limit: number): Promise<Page<Step>>;
    step(id: string): Promise<Step>;
    calls(run: string, cursor: string | undefined, limit: number): Promise<Page<ToolCall>>;
    callsOf(step: string): Promise<Page<ToolCall>>;
    children(run: string, cursor: string | undefined): Promise<Page<RunRow>>;
    /** Events of one type, in the order asked for; an empty page may have more behind it. */
    events(run: string, type: string, order: "asc" | "desc", cursor: string | undefined): Promise<Page<Event>>;
}

export interface Reading {
    readonly source: SpanSource;
    readonly run: string;
    /** Only steps with a larger number. */
    readonly behind: number;
    /** Spans that are kept at most. */
    readonly most: number;
    readonly put: (spans: readonly Span[]) => void;
    readonly isStopped: () => boolean;
}

/** Where reading ended before everything was there: behind this step. Null at the end. */
export type Rest = number | null;

const PAGE = 200;
const FIRST = 60;

/**
 * Reads the steps of a run from the front, then its tool calls and the runs that it asked for, page by page. Answers where it
 * stopped because enough is kept.
 */
export async function readSpans(reading: Reading): Promise<Rest> {
    const { source, run, most, put } = reading;
    const known = new Set<string>();
    let behind = reading.behind;
    let rest: Rest = null;
    for (let limit = FIRST;; limit = PAGE) {
        const page = await source.steps(run, behind, limit);
        if (reading.isStopped()) return null;
        put(page.items.map((step) => ofStep(step, run)));
        for (const step of page.items) known.add(step.step_id);
        const next = page.next_cursor;
        if (next === null) break;
        behind = Number(next);
        if (known.size >= most) {
            rest = behind;
            break;
        }
    }
    let kept = known.size;
    for (let cursor: string | undefined;;) {
        const page = await source.calls(run, cursor, PAGE);
        if (reading.isStopped()) return null;
        const calls = page.items.filter((call) => known.has(call.step_id));
        put(calls.map(ofCall));
        kept += calls.length;
        if (page.next_cursor === null || kept >= 2 * most) break;
        cursor = page.next_cursor;
    }
    await readChildren(reading);
    return rest;
}

/** Reads the runs that a run asked for. */
export async function readChildren(reading: Reading): Promise<void> {
    for (let cursor: string | undefined, kept = 0; kept < reading.most;) {
        const page = await reading.source.children(reading.run, cursor);
        if (reading.isStopped()) return;
        reading.put(page.items.map((run) => ofChild(run, reading.run)));
        kept += page.items.length;
        if (page.next_cursor === null) return;
        cursor = page.next_cursor;
    }
}

const PROBES = 20;

/**
 * Finds the step that somebody wants to see first without reading those before it: the first one that failed, else the one
 * that was begun last. Reads what is around it, too. Answers its id; null when there is none.
 */
export async function probe(reading: Reading, wants: "failed" | "running"): Promise<string | null> {
    const { source, run } = reading;
    const [type, order] = wants === "failed" ? ["step.failed", "asc"] as const : ["step.started", "desc"] as const;
    for (let cursor: string | undefined, tries = 0; tries < PROBES; tries += 1) {
        const page = await source.events(run, type, order, cursor);
        for (const event of page.items.slice(0, 5)) {
            const id = (event.data as { readonly step_id?: unknown } | null)?.step_id;
            if (typeof id !== "string" || reading.isStopped()) continue;
            const step = await source.step(id);
            if (step.status === wants) return await readAround(reading, step);
        }
        if (page.items.length > 0 || page.next_cursor === null) return null;
        cursor = page.next_cursor;
    }
    return null;
}

/** Reads a step, its neighbours and its tool calls. */
export async function readAround(reading: Reading, step: Step): Promise<string> {
    const [page, calls] = await Promise.all([
        reading.source.steps(reading.run, Math.max(0, step.number - 21), 60),
        reading.source.callsOf(step.step_id),
    ]);
    if (!reading.isStopped()) {
        reading.put([...page.items.map((one) => ofStep(one, reading.run)), ...calls.items.map(ofCall)]);
    }
    return step.step_id;
}
