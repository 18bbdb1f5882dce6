// SPDX-License-Identifier: Apache-2.0

/** What stands on the same line of a comparison; one side may be missing. */
export interface Pair<T> {
    readonly key: string;
    readonly left: T | null;
    readonly right: T | null;
}

/**
 * Puts what has the same key on one line. The order is that of the left side; what only the right side has stands where it
 * comes there. Of several with the same key on one side the first is paired with the first.
 */
export function align<T>(left: readonly T[], right: readonly T[], key: (one: T) => string): readonly Pair<T>[] {
    const names = (side: readonly T[]): readonly string[] => {
        const seen = new Map<string, number>();
        return side.map((one) => {
            const name = key(one);
            const count = (seen.get(name) ?? 0) + 1;
            seen.set(name, count);
            return count === 1 ? name : name + " #" + count;
        });
    };
    const [mine, others] = [names(left), names(right)];
    const places = new Map(others.map((name, index) => [name, index]));
    const known = new Set(mine);
    const pairs: Pair<T>[] = [];
    let next = 0;
    const addRightUntil = (end: number): void => {
        for (; next < end; next += 1) {
            const [name, one] = [others[next], right[next]];
            if (name !== undefined && one !== undefined && !known.has(name)) {
                pairs.push({ key: name, left: null, right: one });
            }
        }
    };
    for (const [index, one] of left.entries()) {
        const name = mine[index] ?? "";
        const place = places.get(name);
        if (place !== undefined) addRightUntil(place);
        pairs.push({ key: name, left: one, right: place === undefined ? null : right[place] ?? null });
    }
    addRightUntil(right.length);
    return pairs;
}
