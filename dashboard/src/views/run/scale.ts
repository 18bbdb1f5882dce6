// SPDX-License-Identifier: Apache-2.0

import { duration } from "../../core/time";

/** The stretch of time that the waterfall shows, in milliseconds since 1970. */
export interface Scale {
    readonly from: number;
    readonly to: number;
}

/** A stretch of time, and whether it was waited. */
export interface Stretch {
    readonly from: number;
    readonly to: number;
    readonly isWait: boolean;
}

const LEAST = 0.05;

/** A stretch that ends behind its beginning. */
export function scaleOf(from: number, to: number): Scale {
    return { from, to: Math.max(to, from + LEAST) };
}

/** Where a time stands, in percent of the width; never outside. */
export function percent(scale: Scale, time: number): number {
    const share = (100 * (time - scale.from)) / (scale.to - scale.from);
    return Math.round(Math.max(0, Math.min(100, share)) * 1000) / 1000;
}

/** Whether any of a stretch can be seen. */
export function isSeen(scale: Scale, from: number, to: number): boolean {
    return to >= scale.from && from <= scale.to;
}

/** A part of the scale around its middle or a time; never outside of `whole`. */
export function zoomed(whole: Scale, scale: Scale, factor: number, around = (scale.from + scale.to) / 2): Scale {
    const width = Math.min(whole.to - whole.from, Math.max(LEAST, (scale.to - scale.from) * factor));
    const share = (around - scale.from) / (scale.to - scale.from);
    const from = Math.max(whole.from, Math.min(whole.to - width, around - width * share));
    return scaleOf(from, from + width);
}

/** A part that was written into an address, as offsets from the beginning in milliseconds; null for the whole. */
export function readPart(whole: Scale, words: string | undefined): Scale | null {
    const found = /^([\d.]+)-([\d.]+)$/.exec(words ?? "");
    if (found === null) return null;
    const [from, to] = [whole.from + Number(found[1]), whole.from + Number(found[2])];
    return to > from && from < whole.to ? scaleOf(from, Math.min(to, whole.to)) : null;
}

export function writePart(whole: Scale, part: Scale): string | undefined {
    if (part.from <= whole.from && part.to >= whole.to) return undefined;
    const words = (time: number): string => String(Math.max(0, Math.round((time - whole.from) * 100) / 100));
    return words(part.from) + "-" + words(part.to);
}

/** Round times to draw lines at, with the time since `zero` as their words. */
export function ticks(
    scale: Scale,
    zero: number,
    most: number,
): readonly { readonly at: number; readonly words: string }[] {
    const step = roundStep((scale.to - scale.from) / Math.max(1, most));
    const found: { at: number; words: string }[] = [];
    const first = Math.ceil((scale.from - zero) / step - 1e-9);
    for (let index = first; found.length <= most + 1; index += 1) {
        const time = zero + index * step;
        if (time > scale.to) break;
        found.push({ at: percent(scale, time), words: index === 0 ? "0" : offset(index * step) });
    }
    return found;
}

function offset(milliseconds: number): string {
    const size = Math.abs(milliseconds);
    const words = size < 10 && size % 1 !== 0 ? Math.round(size * 100) / 100 + " ms" : plain(size);
    return milliseconds < 0 ? "−" + words : words;
}

function plain(size: number): string {
    if (size < 1000) return Math.round(size) + " ms";
    return size < 60_000 ? Math.round(size / 10) / 100 + " s" : duration(size);
}

const ABOVE_A_MINUTE = [60, 120, 300, 600, 1800, 3600, 7200, 21_600, 43_200, 86_400].map((seconds) => seconds * 1000);

function roundStep(least: number): number {
    if (least > 30_000) return ABOVE_A_MINUTE.find((one) => one >= least) ?? Math.ceil(least / 86_400_000) * 86_400_000;
    const size = 10 ** Math.floor(Math.log10(Math.max(least, 0.001)));
    const found = [1, 2, 5, 10].find((one) => one * size >= least * 0.999) ?? 10;
    return found * size > 30_000 ? 60_000 : found * size;
}

/** Parts of a stretch by turns: what falls into a wait, and the rest. Waits come in any order and may touch. */
export function stretches(
    from: number,
    to: number,
    waits: readonly { readonly from: number; readonly to: number }[],
): readonly Stretch[] {
    const inside = waits
        .map((wait) => ({ from: Math.max(from, wait.from), to: Math.min(to, wait.to) }))
        .filter((wait) => wait.to > wait.from)
        .sort((a, b) => a.from - b.from);
    const found: Stretch[] = [];
    let at = from;
    for (const wait of inside) {
        if (wait.to <= at) continue;
        const start = Math.max(at, wait.from);
        if (start > at) found.push({ from: at, to: start, isWait: false });
        const last = found[found.length - 1];
        if (last?.isWait === true && last.to === start) found[found.length - 1] = { ...last, to: wait.to };
        else found.push({ from: start, to: wait.to, isWait: true });
        at = wait.to;
    }
    if (at < to || found.length === 0) found.push({ from: at, to, isWait: false });
    return found;
}

/** How much of some stretches was waited. */
export function waited(all: readonly Stretch[]): number {
    return all.reduce((sum, one) => sum + (one.isWait ? one.to - one.from : 0), 0);
}
