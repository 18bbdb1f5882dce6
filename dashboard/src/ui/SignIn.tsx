// SPDX-License-Identifier: Apache-2.0

import { type FormEvent, useRef, useState } from "react";
import { api, session } from "../core/app";
import { ApiError, inWords } from "../core/problem";
import { listWorkspaces } from "../gen/orchestrator";

/** Asks for the credentials and tries them out before it believes them. */
export function SignIn() {
    const [error, setError] = useState("");
    const [isBusy, setBusy] = useState(false);
    const user = useRef<HTMLInputElement>(null);
    const password = useRef<HTMLInputElement>(null);
    const submit = async (event: FormEvent): Promise<void> => {
        event.preventDefault();
        setBusy(true);
        setError("");
        try {
            const isIn = await session.signIn(user.current?.value ?? "", password.current?.value ?? "", async () => {
                try {
                    await api.call(listWorkspaces, { query: { limit: 1 } });
                    return true;
                } catch (refusal) {
                    // 403 knows who it is, and has something against the rest.
                    if (refusal instanceof ApiError && refusal.status === 401) return false;
                    if (refusal instanceof ApiError && refusal.status === 403) return true;
                    throw refusal;
                }
            });
            if (!isIn) {
                setError("The user name or the password is wrong.");
                password.current?.select();
            }
        } catch (problem) {
            setError(inWords(problem));
        } finally {
            setBusy(false);
        }
    };
    return (
        <main className="sign-in">
            <form onSubmit={(event) => void submit(event)}>
                <h1>Sign in to Tutti</h1>
                <label>
                    User
                    <input ref={user} name="username" autoComplete="username" required autoFocus />
                </label>
                <label>
                    Password
                    <input ref={password} name="password" type="password" autoComplete="current-password" required />
                </label>
                <p className="bad" role="alert">
                    {error}
                </p>
                <button type="submit" className="main" disabled={isBusy} aria-busy={isBusy}>
                    {isBusy ? "Signing in…" : "Sign in"}
                </button>
            </form>
        </main>
    );
}
