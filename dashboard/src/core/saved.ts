// SPDX-License-Identifier: Apache-2.0

import { load, save, type Shelf } from "./preferences";
import { createStore, type Store } from "./store";

/** A filter of a list that somebody gave a name. */
export interface SavedView {
    readonly id: string;
    readonly name: string;
    /** Where it leads: path and query. */
    readonly address: string;
}

/** The views that were saved for one list. Where they are kept is nobody else's matter. */
export interface SavedViews {
    readonly state: Store<readonly SavedView[]>;
    /** Saves one, in place of that with the same name. */
    add(name: string, address: string): Promise<void>;
    remove(id: string): Promise<void>;
}

const MOST = 50;

/** Views that are kept in this browser, for `list` of `workspace`. */
export function savedInBrowser(shelf: Shelf, workspace: string, list: string): SavedViews {
    const place = `tutti.views.${list}.${workspace}`;
    const state = createStore(readViews(load(shelf, place)));
    const keep = (views: readonly SavedView[]): void => {
        state.set(views);
        save(shelf, place, views.length === 0 ? undefined : views);
    };
    return {
        state,
        async add(name, address) {
            const others = state.get().filter((one) => one.name !== name);
            if (others.length >= MOST) throw new Error(`There are ${MOST} views already; take one away first.`);
            keep([...others, { id: name, name, address }]);
        },
        async remove(id) {
            keep(state.get().filter((one) => one.id !== id));
        },
    };
}

/** What was kept, without what is no view. */
export function readViews(value: unknown): readonly SavedView[] {
    if (!Array.isArray(value)) return [];
    return value.filter((one: unknown): one is SavedView => {
        if (typeof one !== "object" || one === null) return false;
        const { id, name, address } = one as Partial<Record<keyof SavedView, unknown>>;
        return typeof id === "string" && typeof name === "string" && typeof address === "string" &&
            address.startsWith("/");
    }).slice(0, MOST);
}
