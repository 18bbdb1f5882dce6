// SPDX-License-Identifier: Apache-2.0

import type { Session as SessionAnswer } from "../gen/orchestrator";
import { ApiError } from "./problem";
import { createStore, type Store } from "./store";

export type Permission = SessionAnswer["permissions"][number];

/** Who is signed in. */
export type SessionState =
    /** Nobody has been asked yet, or the answer is on its way. */
    | { readonly status: "asking" }
    /** The server could not be asked. */
    | { readonly status: "unknown"; readonly error: unknown }
    /** `wasIn`: a session ended by itself, or elsewhere. */
    | { readonly status: "signedOut"; readonly wasIn: boolean }
    | {
        readonly status: "signedIn";
        readonly user: string;
        readonly role: NonNullable<SessionAnswer["role"]>;
        readonly permissions: ReadonlySet<Permission>;
    };

/** The session of the page's origin. Its cookie is out of reach of scripts; what they hold is the token beside it. */
export interface Session {
    readonly state: Store<SessionState>;
    /** Asks the server who is signed in. */
    start(): Promise<void>;
    /** Signs in; false when the user or the password is wrong. */
    signIn(user: string, password: string): Promise<boolean>;
    /** Ends the session here and on the server. */
    signOut(): Promise<void>;
    /** The headers that every request carries. */
    headers(): Readonly<Record<string, string>>;
    /** Tells that the server knows of no session any more. */
    refused(): void;
    /** Whether whoever is signed in may do that; what they may not is not offered. */
    can(permission: Permission): boolean;
}

/** What a session asks of the server. */
export interface SessionCalls {
    readonly open: (user: string, password: string) => Promise<SessionAnswer>;
    readonly read: () => Promise<SessionAnswer>;
    readonly close: () => Promise<unknown>;
}

export function createSession(calls: SessionCalls): Session {
    const state = createStore<SessionState>({ status: "asking" });
    let token: string | null = null;
    const take = (answer: SessionAnswer): void => {
        token = answer.csrf_token;
        if (answer.user === null || answer.role === null) {
            state.set({ status: "signedOut", wasIn: false });
        } else {
            const permissions = new Set(answer.permissions);
            state.set({ status: "signedIn", user: answer.user, role: answer.role, permissions });
        }
    };
    return {
        state,
        async start() {
            state.set({ status: "asking" });
            try {
                take(await calls.read());
            } catch (error) {
                state.set({ status: "unknown", error });
            }
        },
        async signIn(user, password) {
            try {
                take(await calls.open(user, password));
                return true;
            } catch (error) {
                if (error instanceof ApiError && error.status === 401) return false;
                throw error;
            }
        },
        async signOut() {
            try {
                await calls.close();
            } catch (error) {
                // Whoever is unknown there is signed out already.
                if (!(error instanceof ApiError && error.status === 401)) throw error;
            }
            token = null;
            state.set({ status: "signedOut", wasIn: false });
        },
        headers: () => (token === null ? {} : { "X-CSRF-Token": token }),
        refused() {
            if (state.get().status !== "signedIn") return;
            token = null;
            state.set({ status: "signedOut", wasIn: true });
        },
        can(permission) {
            const now = state.get();
            return now.status === "signedIn" && now.permissions.has(permission);
        },
    };
}
