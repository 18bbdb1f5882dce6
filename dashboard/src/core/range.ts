// SPDX-License-Identifier: Apache-2.0

/** Words of an address that say which times are meant. */
export interface RangeWords {
    readonly range: string | undefined;
    readonly since: string | undefined;
    readonly until: string | undefined;
}

/** A range of times in milliseconds; null where it has no end. */
export interface TimeRange {
    readonly since: number | null;
    readonly until: number | null;
}

const UNITS: Readonly<Record<string, readonly [number, string]>> = {
    s: [1000, "second"],
    m: [60_000, "minute"],
    h: [3_600_000, "hour"],
    d: [86_400_000, "day"],
};

/** The length of `15m`, `6h` or `7d` in milliseconds; null for `all` and what is none. */
export function lengthOf(range: string): number | null {
    const unit = UNITS[range.slice(-1)];
    const count = Number(range.slice(0, -1));
    return unit === undefined || !Number.isInteger(count) || count < 1 ? null : count * unit[0];
}

/** A range in words. */
export function rangeWord(range: string): string {
    const unit = UNITS[range.slice(-1)];
    const count = Number(range.slice(0, -1));
    if (unit === undefined) return "All times";
    return count === 1 ? "Last " + unit[1] : `Last ${count} ${unit[1]}s`;
}

/** The times that are meant: absolute ones where there are any, otherwise those back from `now`. */
export function timesOf(words: RangeWords, usual: string, now: number): TimeRange {
    if (words.since !== undefined || words.until !== undefined) {
        return {
            since: words.since === undefined ? null : Date.parse(words.since),
            until: words.until === undefined ? null : Date.parse(words.until),
        };
    }
    const length = lengthOf(words.range ?? usual);
    return { since: length === null ? null : now - length, until: null };
}

/** Twice as much time with the same middle, but not beyond now. */
export function widened(since: number, until: number, now: number): { since: number; until: number } {
    const half = Math.max(500, (until - since) / 2);
    return { since: since - half, until: Math.min(Math.max(now, until), until + half) };
}
