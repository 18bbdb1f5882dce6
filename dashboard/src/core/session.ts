// SPDX-License-Identifier: Apache-2.0

import { createStore, type Store } from "./store";

/** Who is signed in. The only thing that others may ask about authentication. */
export interface SessionState {
    readonly status: "signedOut" | "signedIn";
    readonly user: string | null;
}

/**
 * How requests prove who sends them. Everything else goes through this interface, so that a session cookie can replace
 * what is behind it without another line changing.
 */
export interface Session {
    readonly state: Store<SessionState>;
    /** Whether requests carry the cookies of the origin. */
    readonly credentials: RequestCredentials;
    /** Keeps the credentials when `check` finds that they are accepted; false when they are not. */
    signIn(user: string, password: string, check: () => Promise<boolean>): Promise<boolean>;
    signOut(): void;
    /** The headers that every request carries. */
    headers(): Readonly<Record<string, string>>;
    /** Tells that the daemon has refused the credentials. */
    refused(): void;
}

/**
 * Basic credentials in memory: gone with the page, and never in storage, a URL or the document. It stands in for the
 * session cookie until orchestrator-svc serves one.
 */
export function basicSession(): Session {
    const state = createStore<SessionState>({ status: "signedOut", user: null });
    let header: string | null = null;
    return {
        state,
        // A browser asks for a password by itself when a request with credentials is refused, and then sends them always.
        credentials: "omit",
        async signIn(user, password, check) {
            const before = header;
            header = "Basic " + base64(user + ":" + password);
            let accepted = false;
            try {
                accepted = await check();
            } finally {
                if (!accepted) header = before;
            }
            if (accepted) state.set({ status: "signedIn", user });
            return accepted;
        },
        signOut() {
            header = null;
            state.set({ status: "signedOut", user: null });
        },
        headers: () => (header === null ? {} : { Authorization: header }),
        refused() {
            if (state.get().status !== "signedIn") return;
            header = null;
            state.set({ status: "signedOut", user: null });
        },
    };
}

/** Of the UTF-8 form, which `btoa` alone cannot do. */
export function base64(text: string): string {
    let bytes = "";
    for (const byte of new TextEncoder().encode(text)) bytes += String.fromCharCode(byte);
    return btoa(bytes);
}
