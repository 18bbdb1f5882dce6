// SPDX-License-Identifier: Apache-2.0

import { type FormEvent, useRef, useState } from "react";
import { session } from "../core/app";
import { inWords } from "../core/problem";

/** Asks for the credentials. `wasIn` says that a session has just ended. */
export function SignIn({ wasIn }: { readonly wasIn: boolean }) {
    const [error, setError] = useState("");
    const [isBusy, setBusy] = useState(false);
    const user = useRef<HTMLInputElement>(null);
    const password = useRef<HTMLInputElement>(null);
    const submit = async (event: FormEvent): Promise<void> => {
        event.preventDefault();
        setBusy(true);
        setError("");
        try {
            const isIn = await session.signIn(user.current?.value ?? "", password.current?.value ?? "");
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
                {wasIn && <p role="status">Your session is over. Sign in to go on where you were.</p>}
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
