// SPDX-License-Identifier: Apache-2.0

import { useEffect, useMemo, useState } from "react";
import { api, preferences, router, say } from "../../core/app";
import type { Json } from "../../core/operation";
import { load, save } from "../../core/preferences";
import { ApiError, inWords } from "../../core/problem";
import { randomKey } from "../../core/random";
import { href } from "../../core/router";
import { faults, firstValue, readSchema } from "../../core/schema";
import { type Agent, createTask, listAgents } from "../../gen/orchestrator";
import { useQuery, useStore, useUser } from "../../ui/hooks";
import { InputEditor } from "../../ui/InputEditor";
import { Page } from "../../ui/Page";
import { copy, Empty, Failed, Loading } from "../../ui/parts";
import { taskPlace } from "../task/route";
import type { ViewProps } from "../view";
import { curl, type Draft, emptyDraft, readDraft, request } from "./draft";
import type { newTaskPlace } from "./route";

type Props = ViewProps<typeof newTaskPlace>;

export default function NewTaskView(props: Props) {
    const agents = useQuery({
        key: "agents",
        tags: ["agents"],
        freshFor: 60_000,
        fetch: (signal) => api.call(listAgents, {}, { signal }),
    });
    return (
        <Page title="New task">
            {agents.data === undefined && agents.status !== "failed" && <Loading what="the agents" />}
            {agents.data === undefined && agents.status === "failed" && (
                <Failed error={agents.error} what="the agents" retry={agents.refresh} />
            )}
            {agents.data !== undefined && agents.data.items.length === 0 && (
                <Empty title="There is no agent yet">
                    <p>
                        An agent registers itself when it starts. The smallest one is echo-agent-svc; its README tells
                        how to write another.
                    </p>
                    <button type="button" onClick={agents.refresh}>
                        Look again
                    </button>
                </Empty>
            )}
            {agents.data !== undefined && agents.data.items.length > 0 && (
                <Form
                    {...props}
                    agents={agents.data.items}
                />
            )}
        </Page>
    );
}

function inputOf(agent: Agent | undefined): Json {
    const shape = readSchema(agent?.input_schema ?? null);
    return shape === null ? {} : firstValue(shape);
}

function Form({ query, set, agents }: Props & { readonly agents: readonly Agent[] }) {
    const { workspace } = useStore(preferences);
    const user = useUser();
    const shelf = "tutti.draft.new-task." + workspace;
    const agentNamed = (name: string | undefined): Agent | undefined => agents.find((one) => one.name === name);
    const begin = (name: string): Draft => emptyDraft(name, inputOf(agentNamed(name)), randomKey());
    const [draft, setDraft] = useState<Draft>(() => {
        const saved = readDraft(load(window.localStorage, shelf));
        const wanted = agentNamed(query.agent)?.name;
        if (
            saved !== null && agentNamed(saved.agent) !== undefined && (wanted === undefined || wanted === saved.agent)
        ) return saved;
        return begin(wanted ?? agents[0]?.name ?? "");
    });
    const [isBroken, setBroken] = useState(false);
    const [error, setError] = useState<unknown>(null);
    const [isBusy, setBusy] = useState(false);
    const [isTried, setTried] = useState(false);
    useEffect(() => save(window.localStorage, shelf, draft), [shelf, draft]);

    const agent = agentNamed(draft.agent);
    const shape = useMemo(() => readSchema(agent?.input_schema ?? null), [agent]);
    const wrong = useMemo(() => (shape === null ? new Map<string, string>() : new Map(faults(shape, draft.input))), [
        shape,
        draft.input,
    ]);
    const said = new Map(isTried ? wrong : []);
    if (error instanceof ApiError) {
        for (const one of error.problem?.errors ?? []) {
            if (one.field.startsWith("/input")) said.set(one.field.slice("/input".length), one.message);
        }
    }
    const change = (part: Partial<Draft>): void => {
        setDraft((old) => ({ ...old, ...part }));
        setError(null);
    };

    const submit = async (): Promise<void> => {
        setTried(true);
        if (isBroken || wrong.size > 0) {
            window.requestAnimationFrame(() =>
                document.querySelector<HTMLElement>('.new-task [aria-invalid="true"]')?.focus()
            );
            return;
        }
        setBusy(true);
        setError(null);
        try {
            const made = await api.exchange(createTask, { body: request(draft) });
            if (made.answer === null) return;
            save(window.localStorage, shelf, undefined);
            say(
                made.replayed ? "This task was there already: it has the same idempotency key." : "The task is made.",
                "good",
            );
            router.go(href(taskPlace, { task: made.answer.id }));
        } catch (problem) {
            setError(problem);
        } finally {
            setBusy(false);
        }
    };
    return (
        <form
            className="new-task"
            noValidate
            onSubmit={(event) => {
                event.preventDefault();
                void submit();
            }}
        >
            <div className="field">
                <label htmlFor="agent">Agent</label>
                <select
                    id="agent"
                    value={draft.agent}
                    onChange={(event) => {
                        const name = event.target.value;
                        change({ agent: name, input: inputOf(agentNamed(name)) });
                        setTried(false);
                        set({ agent: name });
                    }}
                >
                    {agents.map((one) => (
                        <option key={one.name} value={one.name}>
                            {one.name}
                            {one.silent ? " (silent)" : ""}
                        </option>
                    ))}
                </select>
                {agent !== undefined && agent.description !== "" && <span className="about">{agent.description}</span>}
                {agent?.silent === true && (
                    <span className="bad">The agent has missed its heartbeats: the task waits until it is back.</span>
                )}
            </div>

            <InputEditor
                shape={shape}
                value={draft.input}
                faults={said}
                tab={query.tab}
                choose={(tab) => set({ tab })}
                change={(input) => change({ input })}
                broken={setBroken}
            />

            <details className="options">
                <summary>Options</summary>
                <div className="fields">
                    <Text
                        label="Correlation id"
                        about="Ties tasks and logs together that belong to one matter."
                        value={draft.correlationId}
                        change={(correlationId) => change({ correlationId })}
                    />
                    <label className="field">
                        Priority
                        <input
                            type="number"
                            min={0}
                            max={9}
                            value={draft.priority}
                            onChange={(event) => change({ priority: Number(event.target.value) })}
                        />
                        <span className="about">0 to 9, larger goes first.</span>
                    </label>
                    <label className="field">
                        Time limit in seconds
                        <input
                            type="number"
                            min={1}
                            max={86_400}
                            value={draft.timeoutSeconds}
                            onChange={(event) => change({ timeoutSeconds: Number(event.target.value) })}
                        />
                    </label>
                    <label className="field">
                        Not before
                        <input
                            type="datetime-local"
                            step={1}
                            value={draft.runAt}
                            onChange={(event) => change({ runAt: event.target.value })}
                        />
                    </label>
                    <Text
                        label="Idempotency key"
                        about="Sending the same task again with the same key makes no second one."
                        value={draft.idempotencyKey}
                        change={(idempotencyKey) => change({ idempotencyKey })}
                    />
                </div>
            </details>

            {error !== null && (
                <div className="trouble" role="alert">
                    <b>The task was not made.</b> {inWords(error)}
                    {error instanceof ApiError &&
                        error.problem?.errors?.map((one) => (
                            <p key={one.field}>
                                <code>{one.field}</code> {one.message}
                            </p>
                        ))}
                    {error instanceof ApiError && error.status === 409 && (
                        <button
                            type="button"
                            onClick={() => change({ idempotencyKey: randomKey() })}
                        >
                            Take a new key
                        </button>
                    )}
                </div>
            )}
            <div className="actions">
                <button type="submit" className="main" disabled={isBusy || isBroken} aria-busy={isBusy}>
                    {isBusy ? "Making…" : "Make the task"}
                </button>
                <button
                    type="button"
                    disabled={isBroken}
                    onClick={() => void copy(curl(window.location.origin, workspace, user, request(draft)), "Command")}
                >
                    Copy as curl
                </button>
                <button
                    type="button"
                    onClick={() => {
                        setDraft(begin(draft.agent));
                        setTried(false);
                        setError(null);
                    }}
                >
                    Begin anew
                </button>
                {isTried && wrong.size > 0 && (
                    <span className="bad" role="alert">
                        {wrong.size === 1 ? "One field needs" : `${wrong.size} fields need`} another look.
                    </span>
                )}
            </div>
        </form>
    );
}

function Text(
    props: {
        readonly label: string;
        readonly about: string;
        readonly value: string;
        readonly change: (value: string) => void;
    },
) {
    return (
        <label className="field">
            {props.label}
            <input
                type="text"
                spellCheck={false}
                value={props.value}
                onChange={(event) => props.change(event.target.value.trim())}
            />
            <span className="about">{props.about}</span>
        </label>
    );
}
