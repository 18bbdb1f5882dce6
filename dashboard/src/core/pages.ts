// SPDX-License-Identifier: Apache-2.0

/** A page of a list that is read by cursors. */
export interface Page<T> {
    readonly items: readonly T[];
    readonly next_cursor: string | null;
}

/** What of a list has been read so far. */
export interface Pages<T> {
    readonly rows: readonly T[];
    /** Where to read on; null at the end. */
    readonly next: string | null;
}

/** Adds the page behind what is there. Rows that moved meanwhile are shown once. */
export function withNext<T>(pages: Pages<T>, page: Page<T>, id: (row: T) => string): Pages<T> {
    const known = new Set(pages.rows.map(id));
    return { rows: [...pages.rows, ...page.items.filter((row) => !known.has(id(row)))], next: page.next_cursor };
}

/**
 * Puts a fresh first page in place of what it covers. What was read behind it stays, so that a list that grows at its top
 * does not lose somebody's place; when the two no longer touch, rows may be missing between them and only the page stays.
 */
export function withFirst<T>(pages: Pages<T>, page: Page<T>, id: (row: T) => string): Pages<T> {
    const last = page.items[page.items.length - 1];
    if (page.next_cursor === null || last === undefined) return { rows: page.items, next: page.next_cursor };
    const place = pages.rows.findIndex((row) => id(row) === id(last));
    if (place < 0) return { rows: page.items, next: page.next_cursor };
    const fresh = new Set(page.items.map(id));
    const rest = pages.rows.slice(place + 1).filter((row) => !fresh.has(id(row)));
    return rest.length === 0
        ? { rows: page.items, next: page.next_cursor }
        : { rows: [...page.items, ...rest], next: pages.next };
}
