// SPDX-License-Identifier: Apache-2.0

import type { Book } from "./book";
import { rowsOf } from "./rows";
import { isDone, isFailed, type Span } from "./spans";

/**
 * Where the inspector opens: on the first failure that was not made good, else on any failure, else on what runs now, else on
 * the run.
 */
export function focusOf(book: Book, root: string): string {
    return (firstFailure(book, root) ?? runningNow(book) ?? book.get(root))?.id ?? root;
}

/**
 * The failure that came first. One inside of something that ended well was made good and counts only when there is no other;
 * of a failure and what failed because of it the inner one came first. What was merely given up counts last.
 */
export function firstFailure(book: Book, root: string): Span | undefined {
    let best: Span | undefined;
    let rank = Infinity;
    for (const span of book.all()) {
        if (span.id === root || !isFailed(span)) continue;
        const own = (isMadeGood(book, span) ? 2 : 0) + (span.status === "abandoned" ? 1 : 0);
        if (best === undefined || own < rank || (own === rank && isEarlier(book, span, best))) {
            best = span;
            rank = own;
        }
    }
    return best;
}

function isMadeGood(book: Book, span: Span): boolean {
    for (let parent = span.parent; parent !== null;) {
        const one = book.get(parent);
        if (one === undefined) return false;
        if (isDone(one)) return true;
        parent = one.parent;
    }
    return false;
}

function isEarlier(book: Book, a: Span, b: Span): boolean {
    const [x, y] = [a.to ?? a.from, b.to ?? b.from];
    return x === y ? depth(book, a) > depth(book, b) : x < y;
}

function depth(book: Book, span: Span): number {
    let found = 0;
    for (let one: Span | undefined = span; one?.parent != null; found += 1) one = book.get(one.parent);
    return found;
}

/** The innermost of what was begun last and goes on. */
export function runningNow(book: Book): Span | undefined {
    let best: Span | undefined;
    for (const span of book.all()) {
        if (span.status !== "running" && span.status !== "waiting") continue;
        if (
            best === undefined || span.from > best.from ||
            (span.from === best.from && depth(book, span) > depth(book, best))
        ) {
            best = span;
        }
    }
    return best;
}

/** The failure behind a row, from the top down and around; undefined when there is none. */
export function nextFailure(book: Book, root: string, current: string): Span | undefined {
    const all = rowsOf(book, root, () => true).map((row) => row.span);
    const failed = all.filter((span) => span.id !== root && isFailed(span));
    const at = all.findIndex((span) => span.id === current);
    const places = new Map(all.map((span, index) => [span.id, index]));
    return failed.find((span) => (places.get(span.id) ?? 0) > at) ?? failed[0];
}
