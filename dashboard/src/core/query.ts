// SPDX-License-Identifier: Apache-2.0

/** What is known of a question. `data` stays while a newer answer is on its way, and also when that fails. */
export interface Entry<T> {
    readonly data: T | undefined;
    readonly error: unknown;
    readonly status: "idle" | "loading" | "ready" | "failed";
    readonly isFetching: boolean;
    /** When `data` came, in the cache's clock. */
    readonly at: number;
}

/** A question: what names it, how it is answered, and which news make its answer old. */
export interface Query<T> {
    readonly key: string;
    readonly tags: readonly string[];
    /** Milliseconds for which an answer is not asked for again. */
    readonly freshFor?: number;
    fetch(signal: AbortSignal): Promise<T>;
}

export interface QueryCache {
    peek<T>(query: Query<T>): Entry<T>;
    /** Watches a question and asks it when its answer is missing or old. Answers what ends the watching. */
    watch<T>(query: Query<T>, watcher: () => void): () => void;
    /** Asks again, unless it is being asked already. */
    refresh<T>(query: Query<T>): Promise<void>;
    /** Puts an answer in that is known from elsewhere, such as that of a change. */
    put<T>(query: Query<T>, data: T): void;
    /** Marks all answers with one of the tags as old; those that are watched are asked for again, together and soon. */
    invalidate(tags: readonly string[]): void;
    /** Forgets everything, as when somebody signs out. */
    clear(): void;
}

interface Slot {
    entry: Entry<unknown>;
    query: Query<unknown>;
    old: boolean;
    /** Rises when an answer on its way is no longer wanted. */
    round: number;
    controller: AbortController | null;
    running: Promise<void> | null;
    watchers: Set<() => void>;
}

export interface CacheSettings {
    readonly now?: () => number;
    /** Runs something soon; news that come meanwhile are answered with it. */
    readonly soon?: (work: () => void) => void;
    /** Answers that nobody watches and that are kept anyway. */
    readonly spare?: number;
}

const NOTHING: Entry<never> = { data: undefined, error: undefined, status: "idle", isFetching: false, at: 0 };

export function createQueryCache(settings: CacheSettings = {}): QueryCache {
    const now = settings.now ?? (() => Date.now());
    const soon = settings.soon ?? ((work) => void setTimeout(work, 250));
    const spare = settings.spare ?? 100;
    const slots = new Map<string, Slot>();
    let isDue = false;

    const tell = (slot: Slot, entry: Entry<unknown>): void => {
        slot.entry = entry;
        for (const watcher of [...slot.watchers]) watcher();
    };

    const slotOf = (query: Query<unknown>): Slot => {
        let slot = slots.get(query.key);
        if (slot === undefined) {
            slot = {
                entry: NOTHING,
                query,
                old: false,
                round: 0,
                controller: null,
                running: null,
                watchers: new Set(),
            };
            slots.set(query.key, slot);
        }
        slot.query = query;
        return slot;
    };

    const ask = (slot: Slot): Promise<void> => {
        if (slot.running !== null) return slot.running;
        const round = slot.round;
        const controller = new AbortController();
        slot.controller = controller;
        slot.old = false;
        const isWanted = (): boolean => slot.round === round;
        const work = async (): Promise<void> => {
            try {
                const data = await slot.query.fetch(controller.signal);
                if (!isWanted()) return;
                finish();
                tell(slot, { data, error: undefined, status: "ready", isFetching: false, at: now() });
            } catch (error) {
                if (!isWanted()) return;
                finish();
                tell(slot, { ...slot.entry, error, status: "failed", isFetching: false });
            }
            // News that came while the question was being asked may not be in the answer.
            if (slot.old && slot.watchers.size > 0) schedule();
        };
        const finish = (): void => {
            slot.running = null;
            slot.controller = null;
        };
        slot.running = work();
        tell(slot, { ...slot.entry, isFetching: true, status: slot.entry.status === "ready" ? "ready" : "loading" });
        return slot.running;
    };

    const drop = (slot: Slot): void => {
        slot.round += 1;
        slot.controller?.abort();
        slot.controller = null;
        slot.running = null;
        if (slot.entry.isFetching) {
            const status = slot.entry.data === undefined ? "idle" : "ready";
            slot.entry = { ...slot.entry, isFetching: false, status };
        }
    };

    const schedule = (): void => {
        if (isDue) return;
        isDue = true;
        soon(() => {
            isDue = false;
            for (const slot of slots.values()) if (slot.old && slot.watchers.size > 0) void ask(slot);
        });
    };

    /** The answers that nobody has watched for longest go first. */
    const trim = (): void => {
        const unwatched = [...slots.values()].filter((slot) => slot.watchers.size === 0);
        for (const slot of unwatched.slice(0, Math.max(0, unwatched.length - spare))) {
            drop(slot);
            slots.delete(slot.query.key);
        }
    };

    return {
        peek: <T>(query: Query<T>) => (slots.get(query.key)?.entry ?? NOTHING) as Entry<T>,
        watch(query, watcher) {
            const slot = slotOf(query);
            // Last in the map: most recently used.
            slots.delete(query.key);
            slots.set(query.key, slot);
            slot.watchers.add(watcher);
            const age = now() - slot.entry.at;
            const isFresh = slot.entry.status === "ready" && !slot.old && age < (query.freshFor ?? 2000);
            if (!isFresh) void ask(slot);
            return () => {
                slot.watchers.delete(watcher);
                if (slot.watchers.size > 0) return;
                if (slot.entry.isFetching) drop(slot);
                trim();
            };
        },
        refresh: (query) => ask(slotOf(query)),
        put(query, data) {
            const slot = slotOf(query);
            drop(slot);
            tell(slot, { data, error: undefined, status: "ready", isFetching: false, at: now() });
        },
        invalidate(tags) {
            let found = false;
            for (const slot of slots.values()) {
                if (!slot.query.tags.some((tag) => tags.includes(tag))) continue;
                slot.old = true;
                found ||= slot.watchers.size > 0;
            }
            if (found) schedule();
        },
        clear() {
            for (const slot of [...slots.values()]) {
                drop(slot);
                if (slot.watchers.size === 0) slots.delete(slot.query.key);
                else tell(slot, NOTHING);
            }
        },
    };
}
