// SPDX-License-Identifier: Apache-2.0

import { useState } from "react";
import { api, preferences, router, say, session } from "../core/app";
import { inWords } from "../core/problem";
import { createWorkspace, listWorkspaces, type Workspace } from "../gen/orchestrator";
import { Dialog } from "./Dialog";
import { useStore } from "./hooks";
import { usePages } from "./pages";
import { Failed, Loading } from "./parts";

/** Chooses the workspace that everything is shown of, or makes another. */
export default function Workspaces({ close }: { readonly close: () => void }) {
    const { workspace } = useStore(preferences);
    const list = usePages<Workspace>(
        "workspaces",
        (one) => one.workspace_id,
        (cursor, signal) => api.call(listWorkspaces, { query: { limit: 100, cursor } }, { signal }),
    );
    const choose = (one: Workspace): void => {
        close();
        if (one.workspace_id === workspace) return;
        preferences.update((value) => ({ ...value, workspace: one.workspace_id }));
        // What an identifier in the address names is in the workspace that was left.
        router.go("/");
        say(`This is ${one.name} now.`);
    };
    return (
        <Dialog title="Workspaces" close={close}>
            {list.status === "loading" && <Loading what="the workspaces" />}
            {list.status === "failed" && <Failed error={list.error} what="the workspaces" retry={list.retry} />}
            {list.status === "ready" && (
                <ul className="choose-list" aria-label="Workspaces">
                    {list.rows.map((one) => (
                        <li key={one.workspace_id}>
                            <button
                                type="button"
                                aria-current={one.workspace_id === workspace}
                                onClick={() => choose(one)}
                            >
                                {one.name} <code>{one.workspace_id}</code>
                            </button>
                        </li>
                    ))}
                    {list.hasMore && (
                        <li>
                            <button type="button" className="quiet" onClick={list.more}>
                                Read more
                            </button>
                        </li>
                    )}
                </ul>
            )}
            {session.can("workspaces.manage") && <Add made={choose} />}
            <div className="actions">
                <button type="button" onClick={close}>
                    Close
                </button>
            </div>
        </Dialog>
    );
}

function Add({ made }: { readonly made: (workspace: Workspace) => void }) {
    const [name, setName] = useState("");
    const [error, setError] = useState("");
    const [isBusy, setBusy] = useState(false);
    const add = async (): Promise<void> => {
        setBusy(true);
        setError("");
        try {
            made(await api.call(createWorkspace, { body: { name: name.trim() } }));
        } catch (problem) {
            setError(inWords(problem));
            setBusy(false);
        }
    };
    return (
        <details>
            <summary>Another one</summary>
            <form
                className="fields"
                onSubmit={(event) => {
                    event.preventDefault();
                    void add();
                }}
            >
                <label className="field">
                    Name
                    <input
                        type="text"
                        required
                        pattern=".*\S.*"
                        maxLength={200}
                        value={name}
                        onChange={(event) => setName(event.target.value)}
                    />
                </label>
                {error !== "" && <p className="bad" role="alert">{error}</p>}
                <div className="actions">
                    <button type="submit" disabled={isBusy} aria-busy={isBusy}>
                        Make the workspace
                    </button>
                </div>
            </form>
        </details>
    );
}
