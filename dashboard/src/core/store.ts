// SPDX-License-Identifier: Apache-2.0

/** A value that can be watched. */
export interface Store<T> {
    get(): T;
    /** Tells the watchers only when the value is another one. */
    set(next: T): void;
    update(change: (value: T) => T): void;
    /** Answers what ends the watching. */
    subscribe(watcher: () => void): () => void;
}

export function createStore<T>(first: T): Store<T> {
    let value = first;
    const watchers = new Set<() => void>();
    const set = (next: T): void => {
        if (Object.is(next, value)) return;
        value = next;
        for (const watcher of [...watchers]) watcher();
    };
    return {
        get: () => value,
        set,
        update: (change) => set(change(value)),
        subscribe(watcher) {
            watchers.add(watcher);
            return () => void watchers.delete(watcher);
        },
    };
}
