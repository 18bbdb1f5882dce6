// SPDX-License-Identifier: Apache-2.0

import { load, save, type Shelf } from "./preferences";

/** The list that somebody came from, so that they can go on to its next entry without going back. */
export interface Trail {
    /** What the list is called, such as `Tasks`. */
    readonly name: string;
    /** Where it is. */
    readonly address: string;
    /** The runs in it, in its order. */
    readonly runs: readonly string[];
}

const NAME = "tutti.trail";
const MOST = 1000;

/** Keeps the list that is left for one of its entries. */
export function leaveTrail(shelf: Shelf, trail: Trail): void {
    save(shelf, NAME, { ...trail, runs: trail.runs.slice(0, MOST) });
}

/** The list that was left last, when the run is in it. */
export function trailOf(shelf: Shelf, run: string): Trail | null {
    const value = load(shelf, NAME) as Partial<Trail> | null | undefined;
    if (typeof value?.name !== "string" || typeof value.address !== "string" || !Array.isArray(value.runs)) return null;
    const runs = (value.runs as readonly unknown[]).filter((one): one is string => typeof one === "string");
    return runs.includes(run) ? { name: value.name, address: value.address, runs } : null;
}

/** The entries beside one; null at an end of the list. */
export function beside(
    runs: readonly string[],
    run: string,
): { readonly previous: string | null; readonly next: string | null } {
    const at = runs.indexOf(run);
    if (at < 0) return { previous: null, next: null };
    return { previous: runs[at - 1] ?? null, next: runs[at + 1] ?? null };
}
