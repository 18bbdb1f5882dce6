// SPDX-License-Identifier: Apache-2.0

import type { Page } from "../../core/pages";
import type { Step } from "../../gen/orchestrator";
import { align } from "./align";
import { digest } from "./diff";
import { ofStep, type Span } from "./spans";

/** A step as it is compared: its payloads stand in as digests. */
export interface Compared {
    readonly span: Span;
    readonly key: string;
    readonly input: string;
    readonly output: string;
}

/** The same step of two runs. */
export interface Line {
    readonly key: string;
    readonly left: Compared | null;
    readonly right: Compared | null;
    /** What differs, in words. */
    readonly differs: readonly ("only in one" | "outcome" | "input" | "output" | "error")[];
    /** How many milliseconds the right one took longer; null when they cannot be compared. */
    readonly longer: number | null;
}

export function compared(step: Step): Compared {
    return {
        span: ofStep(step, step.run_id),
        key: step.key,
        input: digest(step.input),
        output: digest(step.output),
    };
}

/** Reads the steps of a run to the end, or as many as are compared at most. */
export async function readCompared(
    read: (behind: number) => Promise<Page<Step>>,
    most: number,
): Promise<{ readonly steps: readonly Compared[]; readonly isCut: boolean }> {
    const steps: Compared[] = [];
    for (let behind = 0;;) {
        const page = await read(behind);
        steps.push(...page.items.map(compared));
        if (page.next_cursor === null) return { steps, isCut: false };
        if (steps.length >= most) return { steps, isCut: true };
        behind = Number(page.next_cursor);
    }
}

export function linesOf(left: readonly Compared[], right: readonly Compared[]): readonly Line[] {
    return align(left, right, (one) => one.key).map((pair) => ({
        ...pair,
        differs: differencesOf(pair.left, pair.right),
        longer: longer(pair.left, pair.right),
    }));
}

function differencesOf(left: Compared | null, right: Compared | null): Line["differs"] {
    if (left === null || right === null) return ["only in one"];
    const found: Line["differs"][number][] = [];
    if (left.span.status !== right.span.status) found.push("outcome");
    if (left.input !== right.input) found.push("input");
    if (left.output !== right.output) found.push("output");
    const [a, b] = [left.span.error, right.span.error];
    if (a !== null && b !== null && (a.code !== b.code || a.message !== b.message)) found.push("error");
    return found;
}

function longer(left: Compared | null, right: Compared | null): number | null {
    const [a, b] = [left?.span, right?.span];
    if (a?.to == null || b?.to == null || a.isCarried || b.isCarried) return null;
    return b.to - b.from - (a.to - a.from);
}
