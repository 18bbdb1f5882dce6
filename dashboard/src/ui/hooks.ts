// SPDX-License-Identifier: Apache-2.0

import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { cache, keys, preferences, session } from "../core/app";
import type { Shortcut } from "../core/keys";
import type { Entry, Query } from "../core/query";
import type { Store } from "../core/store";
import { nextChange } from "../core/time";

export function useStore<T>(store: Store<T>): T {
    return useSyncExternalStore(store.subscribe, store.get);
}

/** The answer to a question, kept fresh while it is shown. The question may be made anew in every render. */
export function useQuery<T>(query: Query<T>): Entry<T> & { readonly refresh: () => void } {
    const latest = useRef(query);
    latest.current = query;
    const workspace = useStore(preferences).workspace;
    const key = workspace + " " + query.key;
    const asked = useMemo<Query<T>>(
        () => ({ ...latest.current, key, fetch: (signal) => latest.current.fetch(signal) }),
        [key],
    );
    const subscribe = useCallback((watcher: () => void) => cache.watch(asked, watcher), [asked]);
    const entry = useSyncExternalStore(subscribe, () => cache.peek(asked));
    const refresh = useCallback(() => void cache.refresh(asked), [asked]);
    return { ...entry, refresh };
}

/** The name of whoever is signed in. */
export function useUser(): string {
    const who = useStore(session.state);
    return who.status === "signedIn" ? who.user : "";
}

/** Shortcuts while the component is there. */
export function useKeys(shortcuts: readonly Shortcut[]): void {
    const latest = useRef(shortcuts);
    latest.current = shortcuts;
    const names = shortcuts.map((one) => one.keys).join(" | ");
    useEffect(
        () => keys.add(latest.current.map((one, index) => ({ ...one, run: () => latest.current[index]?.run() }))),
        [names],
    );
}

/** The time, told again whenever words about `time` change. */
export function useNow(time: number): number {
    const [now, setNow] = useState(() => Date.now());
    useEffect(() => {
        const timer = window.setTimeout(() => setNow(Date.now()), nextChange(time, now));
        return () => window.clearTimeout(timer);
    }, [time, now]);
    return now;
}

/** Does something again and again while the page is looked at; null stops it. */
export function useEvery(milliseconds: number | null, work: () => void): void {
    const latest = useRef(work);
    latest.current = work;
    useEffect(() => {
        if (milliseconds === null) return undefined;
        const timer = window.setInterval(() => {
            if (document.visibilityState === "visible") latest.current();
        }, milliseconds);
        return () => window.clearInterval(timer);
    }, [milliseconds]);
}

/** Whether the window is as wide as a style sheet's query says. */
export function useMedia(query: string): boolean {
    const list = useMemo(() => window.matchMedia(query), [query]);
    const subscribe = useCallback((watcher: () => void) => {
        list.addEventListener("change", watcher);
        return () => list.removeEventListener("change", watcher);
    }, [list]);
    return useSyncExternalStore(subscribe, () => list.matches);
}

/** Sets the title of the page while the component is there. */
export function useTitle(title: string): void {
    useEffect(() => {
        document.title = title + " · Tutti";
    }, [title]);
}
