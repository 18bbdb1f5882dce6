// SPDX-License-Identifier: Apache-2.0

import { createStore, type Store } from "./store";

/** What somebody has chosen in this browser. */
export interface Preferences {
    readonly theme: "system" | "light" | "dark";
    readonly zone: "local" | "utc";
    /** Whether single letters are shortcuts. */
    readonly letters: boolean;
    readonly workspace: string;
}

/** The part of `Storage` that is needed. */
export interface Shelf {
    getItem(name: string): string | null;
    setItem(name: string, value: string): void;
    removeItem(name: string): void;
}

export const DEFAULTS: Preferences = { theme: "system", zone: "local", letters: true, workspace: "ws_dev" };

const NAME = "tutti.preferences";

/** Keeps what was chosen; what cannot be read or kept is as if nobody had chosen. */
export function createPreferences(shelf: Shelf): Store<Preferences> {
    const store = createStore(readPreferences(load(shelf, NAME)));
    store.subscribe(() => save(shelf, NAME, store.get()));
    return store;
}

export function readPreferences(value: unknown): Preferences {
    if (typeof value !== "object" || value === null) return DEFAULTS;
    const found = value as Partial<Record<keyof Preferences, unknown>>;
    return {
        theme: found.theme === "light" || found.theme === "dark" ? found.theme : DEFAULTS.theme,
        zone: found.zone === "utc" ? "utc" : DEFAULTS.zone,
        letters: typeof found.letters === "boolean" ? found.letters : DEFAULTS.letters,
        workspace: typeof found.workspace === "string" && /^ws_[A-Za-z0-9_-]{1,40}$/.test(found.workspace)
            ? found.workspace
            : DEFAULTS.workspace,
    };
}

/** Reads a value that was saved; undefined when there is none that can be read. */
export function load(shelf: Shelf, name: string): unknown {
    try {
        const text = shelf.getItem(name);
        return text === null ? undefined : (JSON.parse(text) as unknown);
    } catch {
        return undefined;
    }
}

/** Saves a value, or takes it away when it is undefined. A full or forbidden storage is no reason to stop. */
export function save(shelf: Shelf, name: string, value: unknown): void {
    try {
        if (value === undefined) shelf.removeItem(name);
        else shelf.setItem(name, JSON.stringify(value));
    } catch {
        return;
    }
}
