// SPDX-License-Identifier: Apache-2.0

import { type FormEvent, useState } from "react";
import { api, preferences, router, session } from "../../core/app";
import { inWords } from "../../core/problem";
import { randomKey } from "../../core/random";
import { href } from "../../core/router";
import { type Agent, createTask, listAgents, type NewTask } from "../../gen/orchestrator";
import { useQuery, useStore, useUser } from "../../ui/hooks";
import { Icon } from "../../ui/Icon";
import { Link } from "../../ui/Link";
import { copy, Failed, Loading } from "../../ui/parts";
import { curl } from "../new-task/draft";
import { newTaskPlace } from "../new-task/route";
import { taskPlace } from "../task/route";

/** What a workspace shows that has no task yet: how to make the first one. */
export function FirstTask() {
    const agents = useQuery({
        key: "agents",
        tags: ["agents"],
        fetch: (signal) => api.call(listAgents, {}, { signal }),
    });
    return (
        <section className="first" aria-labelledby="first-title">
            <h2 id="first-title">Nothing was asked for yet</h2>
            <p>
                A task asks an agent for work; here you see how far it is, what came of it, and why, step by step. It
                survives whatever restarts meanwhile.
            </p>
            {agents.data === undefined && agents.status !== "failed" && <Loading what="the agents" />}
            {agents.data === undefined && agents.status === "failed" && (
                <Failed error={agents.error} what="the agents" retry={agents.refresh} />
            )}
            {!session.can("tasks.write") && <p>You may look at everything here; others make tasks.</p>}
            {agents.data !== undefined && session.can("tasks.write") && (
                <Ways agents={agents.data.items} refresh={agents.refresh} />
            )}
        </section>
    );
}

function Ways({ agents, refresh }: { readonly agents: readonly Agent[]; readonly refresh: () => void }) {
    const echo = agents.find((one) => one.name === "echo");
    if (echo !== undefined) return <EchoForm isSilent={echo.silent} />;
    const other = agents[0];
    return (
        <div className="first-way">
            <p>
                {other === undefined
                    ? "No agent has reported itself in this workspace. The smallest one is echo-agent-svc, which scripts/up starts; its README tells how to write your own."
                    : `The agent ${other.name} waits for work.`}
            </p>
            <p className="actions">
                {other !== undefined && (
                    <Link to={href(newTaskPlace, {}, { agent: other.name })} className="button main">
                        Make the first task
                    </Link>
                )}
                <button type="button" onClick={refresh}>
                    Look again
                </button>
            </p>
        </div>
    );
}

function EchoForm({ isSilent }: { readonly isSilent: boolean }) {
    const { workspace } = useStore(preferences);
    const user = useUser();
    const [message, setMessage] = useState("Hello, Tutti");
    const [key] = useState(randomKey);
    const [error, setError] = useState("");
    const [isBusy, setBusy] = useState(false);
    const task: NewTask = { agent: "echo", input: { message } };
    const command = curl(window.location.origin, workspace, user, task);
    const make = async (event: FormEvent): Promise<void> => {
        event.preventDefault();
        setBusy(true);
        setError("");
        try {
            const made = await api.call(createTask, { body: { ...task, idempotencyKey: key } });
            router.go(href(taskPlace, { task: made.id }));
        } catch (problem) {
            setError(inWords(problem));
            setBusy(false);
        }
    };
    return (
        <>
            <form className="first-way" onSubmit={(event) => void make(event)}>
                <h3>Here</h3>
                <label className="field">
                    <span>
                        A message for the agent <code>echo</code>, which sends it back
                    </span>
                    <input type="text" required value={message} onChange={(event) => setMessage(event.target.value)} />
                </label>
                {isSilent && <p className="bad">It has missed its heartbeats: the task waits until it is back.</p>}
                {error !== "" && <p className="bad" role="alert">{error}</p>}
                <p className="actions">
                    <button type="submit" className="main" disabled={isBusy} aria-busy={isBusy}>
                        Make the first task
                    </button>
                    <Link to="/new-task">All options</Link>
                </p>
            </form>
            <div className="first-way">
                <h3>From a shell</h3>
                <div className="json">
                    <button
                        type="button"
                        className="quiet icon-button json-copy"
                        aria-label="Copy the command"
                        onClick={() => void copy(command, "Command")}
                    >
                        <Icon name="copy" />
                    </button>
                    <pre tabIndex={0} aria-label="Command">{command}</pre>
                </div>
                <p className="faint">curl asks for the password. The task shows here by itself.</p>
            </div>
        </>
    );
}
