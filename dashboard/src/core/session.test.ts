// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import test from "node:test";
import type { Session as Answer } from "../gen/orchestrator";
import { ApiError } from "./problem";
import { createSession, type SessionCalls } from "./session";

const ada: Answer = {
    user: "ada",
    role: "viewer",
    permissions: ["tasks.read"],
    csrf_token: "token",
    expires_at: "2026-11-21T12:00:00Z",
};
const nobody: Answer = { user: null, role: null, permissions: [], csrf_token: null, expires_at: null };
const refusal = (status: number): ApiError => new ApiError("refused", status, null, "No.");

function withCalls(calls: Partial<SessionCalls>) {
    return createSession({
        open: () => Promise.resolve(ada),
        read: () => Promise.resolve(nobody),
        close: () => Promise.resolve(nobody),
        ...calls,
    });
}

test("a page that is loaded again is still signed in", async () => {
    const session = withCalls({ read: () => Promise.resolve(ada) });
    assert.equal(session.state.get().status, "asking");
    assert.deepEqual(session.headers(), {});
    await session.start();
    assert.equal(session.state.get().status, "signedIn");
    assert.deepEqual(session.headers(), { "X-CSRF-Token": "token" });
});

test("a wrong password is told apart from a server that is away", async () => {
    assert.equal(await withCalls({ open: () => Promise.reject(refusal(401)) }).signIn("ada", "x"), false);
    await assert.rejects(withCalls({ open: () => Promise.reject(refusal(503)) }).signIn("ada", "x"));
    const away = withCalls({ read: () => Promise.reject(refusal(0)) });
    await away.start();
    assert.equal(away.state.get().status, "unknown");
});

test("the role decides what may be done", async () => {
    const session = withCalls({});
    assert.equal(session.can("tasks.read"), false);
    assert.equal(await session.signIn("ada", "x"), true);
    assert.equal(session.can("tasks.read"), true);
    assert.equal(session.can("tasks.write"), false);
});

test("a session that the server has ended is over here, and says so", async () => {
    const session = withCalls({});
    session.refused();
    assert.equal(session.state.get().status, "asking");
    await session.signIn("ada", "x");
    session.refused();
    assert.deepEqual(session.state.get(), { status: "signedOut", wasIn: true });
    assert.deepEqual(session.headers(), {});
});

test("signing out ends it on the server first", async () => {
    const failing = withCalls({ close: () => Promise.reject(refusal(503)) });
    await failing.signIn("ada", "x");
    await assert.rejects(failing.signOut());
    assert.equal(failing.state.get().status, "signedIn");
    const gone = withCalls({ close: () => Promise.reject(refusal(401)) });
    await gone.signIn("ada", "x");
    await gone.signOut();
    assert.deepEqual(gone.state.get(), { status: "signedOut", wasIn: false });
});
