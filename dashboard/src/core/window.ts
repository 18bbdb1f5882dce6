// SPDX-License-Identifier: Apache-2.0

/** Which rows of a long list are drawn. */
export interface Range {
    readonly start: number;
    /** Behind the last one. */
    readonly end: number;
}

/** The rows that can be seen, and some around them so that scrolling never shows a hole. */
export function visibleRange(count: number, rowHeight: number, top: number, height: number, around = 8): Range {
    if (count === 0 || rowHeight <= 0) return { start: 0, end: 0 };
    const first = Math.floor(Math.max(0, top) / rowHeight);
    const seen = Math.ceil(height / rowHeight) + 1;
    const start = Math.max(0, Math.min(first, count - 1) - around);
    return { start, end: Math.min(count, first + seen + around) };
}

/** Where the list must stand so that a row can be seen wholly; as little as possible is moved. */
export function scrolledTo(row: number, rowHeight: number, top: number, height: number): number {
    const from = row * rowHeight;
    if (from < top) return from;
    return from + rowHeight > top + height ? from + rowHeight - height : top;
}
