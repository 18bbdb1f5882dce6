// SPDX-License-Identifier: Apache-2.0

import type { Json } from "../../core/operation";

/** One difference between two JSON values. */
export type Change =
    | { readonly path: string; readonly is: "added"; readonly after: Json }
    | { readonly path: string; readonly is: "removed"; readonly before: Json }
    | { readonly path: string; readonly is: "changed"; readonly before: Json; readonly after: Json };

export interface Difference {
    readonly changes: readonly Change[];
    /** Whether there are more than were looked for. */
    readonly isCut: boolean;
}

/** Lists longer than this are compared place by place. */
const ALIGNED = 400;

/** How two JSON values differ, member by member. Order of members does not matter; that of lists does. */
export function differences(before: Json, after: Json, most = 500): Difference {
    const changes: Change[] = [];
    let isCut = false;
    const add = (change: Change): void => {
        if (changes.length < most) changes.push(change);
        else isCut = true;
    };
    const compare = (path: string, a: Json, b: Json): void => {
        if (isCut || isSame(a, b)) return;
        if (isList(a) && isList(b)) return compareLists(path, a, b);
        if (isObject(a) && isObject(b)) {
            for (const name of Object.keys(a)) {
                const [x, y] = [own(a, name), own(b, name)];
                const inner = path + "/" + escaped(name);
                if (x === undefined) continue;
                if (y === undefined) add({ path: inner, is: "removed", before: x });
                else compare(inner, x, y);
            }
            for (const name of Object.keys(b)) {
                const y = own(b, name);
                if (y !== undefined && own(a, name) === undefined) {
                    add({ path: path + "/" + escaped(name), is: "added", after: y });
                }
            }
            return;
        }
        add({ path, is: "changed", before: a, after: b });
    };
    const compareLists = (path: string, a: readonly Json[], b: readonly Json[]): void => {
        for (const [i, j] of lined(a, b)) {
            const [x, y] = [i === null ? undefined : a[i], j === null ? undefined : b[j]];
            if (x !== undefined && y !== undefined) compare(path + "/" + (j ?? 0), x, y);
            else if (x !== undefined) add({ path: path + "/" + (i ?? 0), is: "removed", before: x });
            else if (y !== undefined) add({ path: path + "/" + (j ?? 0), is: "added", after: y });
        }
    };
    compare("", before, after);
    return { changes, isCut };
}

/** Which places of two lists belong together: equal entries by their longest common sequence, the rest by turns. */
function lined(a: readonly Json[], b: readonly Json[]): readonly (readonly [number | null, number | null])[] {
    const pairs: [number | null, number | null][] = [];
    const between = (i: number, iEnd: number, j: number, jEnd: number): void => {
        for (let k = 0; i + k < iEnd || j + k < jEnd; k += 1) {
            pairs.push([i + k < iEnd ? i + k : null, j + k < jEnd ? j + k : null]);
        }
    };
    if (a.length > ALIGNED || b.length > ALIGNED) {
        between(0, a.length, 0, b.length);
        return pairs;
    }
    const [x, y] = [a.map(canonical), b.map(canonical)];
    const width = y.length + 1;
    const longest = new Uint16Array((x.length + 1) * width);
    for (let i = x.length - 1; i >= 0; i -= 1) {
        for (let j = y.length - 1; j >= 0; j -= 1) {
            longest[i * width + j] = x[i] === y[j]
                ? (longest[(i + 1) * width + j + 1] ?? 0) + 1
                : Math.max(longest[(i + 1) * width + j] ?? 0, longest[i * width + j + 1] ?? 0);
        }
    }
    let [i, j, fromI, fromJ] = [0, 0, 0, 0];
    while (i < x.length && j < y.length) {
        if (x[i] === y[j]) {
            between(fromI, i, fromJ, j);
            [i, j] = [i + 1, j + 1];
            [fromI, fromJ] = [i, j];
        } else if ((longest[(i + 1) * width + j] ?? 0) >= (longest[i * width + j + 1] ?? 0)) i += 1;
        else j += 1;
    }
    between(fromI, x.length, fromJ, y.length);
    return pairs;
}

/** The same text for the same value, whatever the order of members. */
export function canonical(value: Json): string {
    return JSON.stringify(value, (_, one: unknown) => {
        if (typeof one !== "object" || one === null || Array.isArray(one)) return one;
        return Object.fromEntries(Object.entries(one).sort(([x], [y]) => (x < y ? -1 : 1)));
    });
}

/** A short stand-in for a value: equal values have the same, and different ones as good as never. */
export function digest(value: Json): string {
    const text = canonical(value);
    let [a, b] = [0xdeadbeef, 0x41c6ce57];
    for (let index = 0; index < text.length; index += 1) {
        const unit = text.charCodeAt(index);
        a = Math.imul(a ^ unit, 2654435761);
        b = Math.imul(b ^ unit, 1597334677);
    }
    return (a >>> 0).toString(36) + (b >>> 0).toString(36) + text.length.toString(36);
}

function isSame(a: Json, b: Json): boolean {
    if (a === b) return true;
    if (isList(a) && isList(b)) return a.length === b.length && a.every((one, index) => isSame(one, b[index] ?? null));
    if (!isObject(a) || !isObject(b)) return false;
    const names = Object.keys(a);
    return names.length === Object.keys(b).length && names.every((name) => {
        const [x, y] = [own(a, name), own(b, name)];
        return x !== undefined && y !== undefined && isSame(x, y);
    });
}

type JsonObject = { readonly [name: string]: Json };

function isList(value: Json): value is readonly Json[] {
    return Array.isArray(value);
}

function isObject(value: Json): value is JsonObject {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

function own(value: JsonObject, name: string): Json | undefined {
    return Object.prototype.hasOwnProperty.call(value, name) ? value[name] : undefined;
}

function escaped(name: string): string {
    return name.replace(/~/g, "~0").replace(/\//g, "~1");
}
