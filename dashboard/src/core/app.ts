// SPDX-License-Identifier: Apache-2.0
// What there is once on a page: the parts of core, put together for a browser.

import {
    type Event,
    followRoom,
    getSession,
    listEvents,
    makeTicket,
    signIn,
    signOut as signOutOfServer,
} from "../gen/orchestrator";
import { createClient } from "./client";
import { createKeyRegistry } from "./keys";
import { createLive, type Socket } from "./live";
import { createPace } from "./pace";
import { createPreferences } from "./preferences";
import { inWords } from "./problem";
import { createQueryCache } from "./query";
import { createRouter, windowBrowser } from "./router";
import { createSession } from "./session";
import { createStore } from "./store";
import { createEventStream, type EventStreamClient } from "./stream";

export const preferences = createPreferences(window.localStorage);
export const router = createRouter(windowBrowser(APP_BASE));
export const keys = createKeyRegistry();
export const cache = createQueryCache();

/** Speaks with orchestrator-svc, which serves the page. */
export const api = createClient({
    base: "",
    fetch: (url, init) => window.fetch(url, init),
    headers: () => ({ "x-workspace-id": preferences.get().workspace, ...session.headers() }),
    refused: () => session.refused(),
});

export const session = createSession({
    open: (user, password) => api.call(signIn, { body: { user, password } }),
    read: () => api.call(getSession, {}),
    close: () => api.call(signOutOfServer, {}),
});

export const live = createLive({
    ticket: async (signal) => (await api.call(makeTicket, {}, { signal })).ticket,
    open(ticket) {
        const address = new URL("/ws", window.location.href);
        address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
        address.searchParams.set("ticket", ticket);
        return new WebSocket(address) as Socket;
    },
    workspace: () => preferences.get().workspace,
});

/** Runs something with the next picture, or a little later when the page is hidden and none is drawn. */
function withNextPicture(work: () => void): void {
    let isDone = false;
    const once = (): void => {
        if (isDone) return;
        isDone = true;
        work();
    };
    window.requestAnimationFrame(once);
    window.setTimeout(once, 500);
}

/** Runs what draws much, as often as it can be seen and the page stays usable. */
export function pacedPictures(): (work: () => void) => void {
    return createPace({
        now: () => performance.now(),
        next: withNextPicture,
        after: (pause, work) => void window.setTimeout(work, pause),
    });
}

/** Follows the events of a room. */
export function followEvents(
    room: string,
    deliver: (events: readonly Event[]) => void,
    reset: (reason: string) => void,
    cursor: number | null = null,
): EventStreamClient {
    return createEventStream<Event>({
        source: {
            async open(from, signal) {
                const query = from === null ? {} : { query: { from_seq: from } };
                return (await api.call(followRoom, { path: { room_id: room }, ...query }, { signal })).body;
            },
            async range(from, to, signal) {
                const found: Event[] = [];
                let next = from;
                while (next <= to) {
                    const limit = Math.min(500, to - next + 1);
                    const query = {
                        stream_type: "room",
                        stream_id: room,
                        from_seq: next,
                        order: "asc",
                        limit,
                    } as const;
                    const page = await api.call(listEvents, { query }, { signal });
                    const last = page.items[page.items.length - 1];
                    if (last === undefined) break;
                    found.push(...page.items.filter((event) => event.stream_seq <= to));
                    next = last.stream_seq + 1;
                }
                return found;
            },
            sequence: (event) => event.stream_seq,
        },
        deliver,
        reset,
        cursor,
        soon: pacedPictures(),
    });
}

/** What is said to somebody in passing. */
export interface Notice {
    readonly id: number;
    readonly tone: "good" | "bad" | "plain";
    readonly words: string;
}

export const notices = createStore<readonly Notice[]>([]);
let noticed = 0;

/** Says something for a few seconds; what went wrong stays until it is put away. */
export function say(words: string, tone: Notice["tone"] = "plain"): void {
    noticed += 1;
    const notice = { id: noticed, tone, words };
    notices.update((list) => [...list.slice(-3), notice]);
    if (tone !== "bad") window.setTimeout(() => dismiss(notice.id), 6000);
}

export function dismiss(id: number): void {
    notices.update((list) => list.filter((one) => one.id !== id));
}

export async function signOut(): Promise<void> {
    try {
        await session.signOut();
    } catch (error) {
        say("You are still signed in. " + inWords(error), "bad");
    }
}

// What one person has seen is none of the next one's business.
session.state.subscribe(() => {
    if (session.state.get().status === "signedOut") cache.clear();
});

window.addEventListener("online", () => live.retry());
window.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    const target = event.target instanceof HTMLElement ? event.target : null;
    const inField = target !== null && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
    // A dialog has the keyboard to itself.
    if (target?.closest("dialog") != null && !(event.ctrlKey || event.metaKey)) return;
    if (keys.press(event, { inField })) event.preventDefault();
});
preferences.subscribe(() => keys.setLetters(preferences.get().letters));
keys.setLetters(preferences.get().letters);
