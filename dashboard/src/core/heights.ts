// SPDX-License-Identifier: Apache-2.0

/** How tall the rows of a long list are: most of them alike, some measured. */
export interface Heights {
    readonly count: number;
    readonly total: number;
    /** Where a row begins; behind the last row, where the list ends. */
    offset(row: number): number;
    height(row: number): number;
    /** The row at a place; the first or the last one beyond the ends. */
    rowAt(place: number): number;
    /** Answers by how much the row has grown. */
    set(row: number, height: number): number;
}

/**
 * Sums in a tree, so that neither finding a place nor measuring a row costs more than a few steps for 100,000 rows: each
 * node holds by how much the rows below it differ from the usual height.
 */
export function createHeights(count: number, usual: number): Heights {
    const tree = new Float64Array(count + 1);
    const more = new Map<number, number>();
    let top = 1;
    while (top * 2 <= count) top *= 2;

    const excess = (row: number): number => {
        let found = 0;
        for (let node = row; node > 0; node -= node & -node) found += tree[node] ?? 0;
        return found;
    };
    const offset = (row: number): number => {
        const within = Math.max(0, Math.min(count, row));
        return within * usual + excess(within);
    };
    return {
        count,
        get total() {
            return offset(count);
        },
        offset,
        height: (row) => usual + (more.get(row) ?? 0),
        rowAt(place) {
            if (count === 0) return 0;
            let node = 0;
            let rest = place;
            for (let step = top; step > 0; step = Math.floor(step / 2)) {
                const next = node + step;
                if (next > count) continue;
                const height = step * usual + (tree[next] ?? 0);
                if (height > rest) continue;
                node = next;
                rest -= height;
            }
            return Math.min(node, count - 1);
        },
        set(row, height) {
            if (row < 0 || row >= count) return 0;
            const grown = height - usual - (more.get(row) ?? 0);
            if (grown === 0) return 0;
            more.set(row, height - usual);
            for (let node = row + 1; node <= count; node += node & -node) tree[node] = (tree[node] ?? 0) + grown;
            return grown;
        },
    };
}
