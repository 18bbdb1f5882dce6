// SPDX-License-Identifier: Apache-2.0
// What charts over time compute, without drawing anything.

/** A part of the time, with one value for each series; null where there is none. */
export interface Bucket {
    readonly start: number;
    readonly end: number;
    readonly values: readonly (number | null)[];
}

/** Where each value begins and ends when they stand on each other. */
export function stacked(values: readonly (number | null)[]): readonly (readonly [number, number])[] {
    let top = 0;
    return values.map((value) => {
        const from = top;
        top += value ?? 0;
        return [from, top];
    });
}

export function sum(values: readonly (number | null)[]): number {
    return values.reduce<number>((total, value) => total + (value ?? 0), 0);
}

/** The largest value that is to be shown: of a pile for bars, of a single one for lines. */
export function largest(buckets: readonly Bucket[], isStacked: boolean): number {
    let most = 0;
    for (const { values } of buckets) {
        if (isStacked) most = Math.max(most, sum(values));
        else for (const value of values) most = Math.max(most, value ?? 0);
    }
    return most;
}

/** The path of a line, which stops where there is no value; a value between two gaps is a short stroke. */
export function linePath(points: readonly (readonly [number, number] | null)[]): string {
    const parts: string[] = [];
    for (const [index, point] of points.entries()) {
        if (point === null) continue;
        const before = points[index - 1] ?? null;
        const after = points[index + 1] ?? null;
        const [x, y] = [round(point[0]), round(point[1])];
        if (before !== null) parts.push(`L${x} ${y}`);
        else if (after !== null) parts.push(`M${x} ${y}`);
        else parts.push(`M${round(point[0] - 2)} ${y}H${round(point[0] + 2)}`);
    }
    return parts.join("");
}

function round(value: number): number {
    return Math.round(value * 10) / 10;
}

/** The bucket that a moment lies in, or the nearest one; null when there is none. */
export function bucketAt(buckets: readonly Bucket[], time: number): number | null {
    if (buckets.length === 0) return null;
    let low = 0;
    let high = buckets.length - 1;
    while (low < high) {
        const middle = Math.ceil((low + high) / 2);
        if ((buckets[middle]?.start ?? Infinity) <= time) low = middle;
        else high = middle - 1;
    }
    return low;
}

/** Where somebody is on a chart: the bucket that is read out, and the one from which on a range is being chosen. */
export interface Spot {
    readonly at: number;
    readonly from: number | null;
}

/** What a key does on a chart. */
export type Move =
    | { readonly is: "spot"; readonly spot: Spot }
    | { readonly is: "take" }
    | { readonly is: "leave" };

const STRIDE = 10;

/** Arrows go from bucket to bucket, with Shift they choose a range; Enter takes it, Escape leaves it. */
export function moved(key: string, isShift: boolean, spot: Spot | null, count: number): Move | null {
    if (count === 0) return null;
    if (key === "Enter" || key === " ") return spot === null ? null : { is: "take" };
    if (key === "Escape") return spot === null ? null : { is: "leave" };
    const steps: Readonly<Record<string, number>> = {
        ArrowLeft: -1,
        ArrowDown: -1,
        ArrowRight: 1,
        ArrowUp: 1,
        PageDown: -STRIDE,
        PageUp: STRIDE,
        Home: -Infinity,
        End: Infinity,
    };
    const step = steps[key];
    if (step === undefined) return null;
    // Somebody who comes by keyboard begins at the newest bucket.
    const here = spot?.at ?? (step < 0 ? count : -1);
    const at = Math.max(0, Math.min(count - 1, here + step));
    return { is: "spot", spot: { at, from: isShift ? spot?.from ?? spot?.at ?? at : null } };
}

/** The buckets that are chosen: the first and the last one. */
export function chosen(spot: Spot): readonly [number, number] {
    const from = spot.from ?? spot.at;
    return [Math.min(from, spot.at), Math.max(from, spot.at)];
}
