// SPDX-License-Identifier: Apache-2.0

import type { Span } from "./spans";

/** The spans of a run that are known so far. It changes in place; `version` rises with every change. */
export interface Book {
    readonly version: number;
    readonly size: number;
    get(id: string): Span | undefined;
    /** What is part of a span, in order. */
    parts(id: string): readonly Span[];
    all(): Iterable<Span>;
    /** Takes spans in; what is known to be newer stays. */
    put(spans: readonly Span[]): void;
    /** Changes a span that is there; false when there is none. */
    patch(id: string, change: Partial<Span>): boolean;
}

const NONE: readonly Span[] = [];

export function createBook(): Book {
    const spans = new Map<string, Span>();
    const parts = new Map<string, string[]>();
    const sorted = new Map<string, readonly Span[]>();
    let version = 0;

    const changed = (span: Span): void => {
        version += 1;
        if (span.parent !== null) sorted.delete(span.parent);
    };

    return {
        get version() {
            return version;
        },
        get size() {
            return spans.size;
        },
        get: (id) => spans.get(id),
        all: () => spans.values(),
        parts(id) {
            const known = sorted.get(id);
            if (known !== undefined) return known;
            const found = (parts.get(id) ?? []).flatMap((one) => spans.get(one) ?? []);
            const list = found.length === 0 ? NONE : inOrder(found);
            sorted.set(id, list);
            return list;
        },
        put(incoming) {
            for (const span of incoming) {
                const known = spans.get(span.id);
                if (known !== undefined && isNewer(known, span)) continue;
                spans.set(span.id, span);
                if (known === undefined && span.parent !== null) {
                    const list = parts.get(span.parent);
                    if (list === undefined) parts.set(span.parent, [span.id]);
                    else list.push(span.id);
                }
                changed(span);
            }
        },
        patch(id, change) {
            const known = spans.get(id);
            if (known === undefined) return false;
            const next = { ...known, ...change };
            spans.set(id, next);
            changed(next);
            return true;
        },
    };
}

/** An answer that was on its way while news came knows less than what is there. */
function isNewer(known: Span, incoming: Span): boolean {
    if (known.attempt !== incoming.attempt) return known.attempt > incoming.attempt;
    return known.to !== null && incoming.to === null;
}

/** Steps by their numbers, tool calls by time; a run that was asked for stands behind the step that was last begun. */
function inOrder(spans: readonly Span[]): readonly Span[] {
    const own = spans.filter((span) => span.kind !== "child").sort(before);
    const asked = spans.filter((span) => span.kind === "child").sort(before);
    if (asked.length === 0 || own.length === 0) return own.length === 0 ? asked : own;
    const list: Span[] = [];
    let next = 0;
    for (const span of own) {
        for (; next < asked.length; next += 1) {
            const one = asked[next];
            if (one === undefined || one.from >= span.from) break;
            list.push(one);
        }
        list.push(span);
    }
    return [...list, ...asked.slice(next)];
}

function before(a: Span, b: Span): number {
    return a.place - b.place || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}
