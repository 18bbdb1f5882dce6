// SPDX-License-Identifier: Apache-2.0

import { createStore, type Store } from "../../core/store";

/** Whose tasks are whose. Updates tell it with the first event of a task; of others it is asked. */
export interface Agents {
    /** Rises when more is known. */
    readonly version: Store<number>;
    /** The agent of a task; undefined while nobody has asked or the answer is on its way. */
    of(task: string): string | undefined;
    know(task: string, agent: string): void;
    /** Finds out about tasks that are not known, a few at a time. */
    learn(tasks: Iterable<string>): void;
    end(): void;
}

/** So many are remembered, and so many asked about at once. */
const MOST = 10_000;
const AT_ONCE = 4;

export function createAgents(ask: (task: string, signal: AbortSignal) => Promise<string>): Agents {
    const version = createStore(0);
    const known = new Map<string, string>();
    const wanted = new Set<string>();
    const life = new AbortController();
    let busy = 0;

    const know = (task: string, agent: string): void => {
        wanted.delete(task);
        if (known.get(task) === agent) return;
        known.set(task, agent);
        const oldest = known.size > MOST ? known.keys().next().value : undefined;
        if (oldest !== undefined) known.delete(oldest);
        version.update((count) => count + 1);
    };
    const next = (): void => {
        for (const task of wanted) {
            if (busy >= AT_ONCE || life.signal.aborted) return;
            wanted.delete(task);
            busy += 1;
            // Of a task that cannot be read nobody knows the agent: it fits no filter.
            ask(task, life.signal)
                .catch(() => "")
                .then((agent) => {
                    busy -= 1;
                    if (life.signal.aborted) return;
                    know(task, agent);
                    next();
                });
        }
    };
    return {
        version,
        of: (task) => known.get(task),
        know,
        learn(tasks) {
            for (const task of tasks) if (!known.has(task) && wanted.size < MOST) wanted.add(task);
            next();
        },
        end: () => life.abort(),
    };
}
