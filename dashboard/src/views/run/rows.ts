// SPDX-License-Identifier: Apache-2.0

import type { Book } from "./book";
import { isFailed, type Span } from "./spans";

/** A span as the waterfall shows it. */
export interface Row {
    readonly span: Span;
    /** 1 for the run. */
    readonly level: number;
    /** 1 for the first part of its parent. */
    readonly position: number;
    /** Parts of its parent. */
    readonly siblings: number;
    readonly hasParts: boolean;
    readonly isOpen: boolean;
}

/**
 * The rows from the top down. No recursion, because spans may be nested as deeply as somebody likes. With `only`, spans that
 * are not in it are left out.
 */
export function rowsOf(
    book: Book,
    root: string,
    isOpen: (span: Span) => boolean,
    only: ReadonlySet<string> | null = null,
): readonly Row[] {
    const top = book.get(root);
    if (top === undefined) return [];
    const wanted = (spans: readonly Span[]): readonly Span[] =>
        only === null ? spans : spans.filter((span) => only.has(span.id));
    const rows: Row[] = [];
    const waiting: { readonly parts: readonly Span[]; next: number }[] = [{ parts: [top], next: 0 }];
    for (let level = waiting[0]; level !== undefined; level = waiting[waiting.length - 1]) {
        const span = level.parts[level.next];
        if (span === undefined) {
            waiting.pop();
            continue;
        }
        level.next += 1;
        const parts = wanted(book.parts(span.id));
        // What a run that was asked for consists of is read when somebody opens it.
        const hasParts = parts.length > 0 || (span.kind === "child" && only === null);
        const opened = hasParts && isOpen(span);
        rows.push({
            span,
            level: waiting.length,
            position: level.next,
            siblings: level.parts.length,
            hasParts,
            isOpen: opened,
        });
        if (opened) waiting.push({ parts, next: 0 });
    }
    return rows;
}

/** What failed, and what that is part of. */
export function failedOnly(book: Book): ReadonlySet<string> {
    const found = new Set<string>();
    for (const span of book.all()) {
        if (!isFailed(span)) continue;
        for (let one: Span | undefined = span; one !== undefined && !found.has(one.id);) {
            found.add(one.id);
            one = one.parent === null ? undefined : book.get(one.parent);
        }
    }
    return found;
}

/** What a span is part of, from its parent up to the run. */
export function above(book: Book, id: string): readonly Span[] {
    const found: Span[] = [];
    let parent = book.get(id)?.parent ?? null;
    while (parent !== null) {
        const span = book.get(parent);
        if (span === undefined) break;
        found.push(span);
        parent = span.parent;
    }
    return found;
}

/** The row that a key of a treegrid leads to; null when it leads nowhere. Opening and closing is the caller's. */
export function stepTo(rows: readonly Row[], current: number, key: string, page: number): number | null {
    const last = rows.length - 1;
    const bound = (row: number): number => Math.max(0, Math.min(last, row));
    switch (key) {
        case "ArrowDown":
        case "j":
            return bound(current + 1);
        case "ArrowUp":
        case "k":
            return bound(current - 1);
        case "PageDown":
            return bound(current + page);
        case "PageUp":
            return bound(current - page);
        case "Home":
            return 0;
        case "End":
            return last;
        case "ArrowLeft": {
            const level = rows[current]?.level ?? 1;
            for (let row = current - 1; row >= 0; row -= 1) if ((rows[row]?.level ?? 0) < level) return row;
            return null;
        }
        case "ArrowRight":
            return (rows[current + 1]?.level ?? 0) > (rows[current]?.level ?? 0) ? current + 1 : null;
        default:
            return null;
    }
}

/**
 * By how many rows what is in sight, from `top` to `end`, has moved when `old` became `rows`: the chosen row where that is
 * in sight, else the first one. A list that stands at its top stays there unless its chosen row would go out of sight.
 */
export function movedBy(old: readonly Row[], rows: readonly Row[], chosen: string, top: number, end: number): number {
    const place = old.findIndex((row) => row.span.id === chosen);
    const isInSight = place + 1 > top && place < end;
    if (!isInSight && top < 1) return 0;
    const anchor = isInSight ? place : Math.floor(top);
    const id = old[anchor]?.span.id;
    if (id === undefined || rows[anchor]?.span.id === id) return 0;
    const now = rows.findIndex((row) => row.span.id === id);
    if (now < 0 || (top < 1 && now < end - 1)) return 0;
    return now - anchor;
}
