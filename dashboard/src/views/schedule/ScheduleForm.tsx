// SPDX-License-Identifier: Apache-2.0

import { type FormEvent, type ReactNode, useEffect, useMemo, useState } from "react";
import { api } from "../../core/app";
import type { Json } from "../../core/operation";
import { ApiError, inWords } from "../../core/problem";
import { faults as schemaFaults, firstValue, readSchema } from "../../core/schema";
import { type Agent, previewCron } from "../../gen/orchestrator";
import { Field } from "../../ui/Field";
import { useQuery } from "../../ui/hooks";
import { InputEditor } from "../../ui/InputEditor";
import { Fires } from "./Fires";
import { below, homeless, missing, objections, type ScheduleDraft } from "./form";

interface Props {
    readonly agents: readonly Agent[];
    readonly first: ScheduleDraft;
    /** Whether it exists already: then it stays of its kind. */
    readonly exists: boolean;
    readonly tab: "form" | "json";
    readonly choose: (tab: "form" | "json") => void;
    readonly action: string;
    readonly send: (draft: ScheduleDraft) => Promise<void>;
    readonly cancel: () => void;
}

export function inputOf(agent: Agent | undefined): Json {
    const shape = readSchema(agent?.input_schema ?? null);
    return shape === null ? {} : firstValue(shape);
}

/** Everything about a schedule that can be written, with what is wrong at its field. */
export function ScheduleForm({ agents, first, exists, tab, choose, action, send, cancel }: Props) {
    const [draft, setDraft] = useState(first);
    const [isTried, setTried] = useState(false);
    const [isBroken, setBroken] = useState(false);
    const [isBusy, setBusy] = useState(false);
    const [error, setError] = useState<unknown>(null);
    const change = (part: Partial<ScheduleDraft>): void => {
        setDraft((old) => ({ ...old, ...part }));
        setError(null);
    };
    const agent = agents.find((one) => one.name === draft.agent);
    const shape = useMemo(() => readSchema(agent?.input_schema ?? null), [agent]);
    const wrong = useMemo(() => {
        const found = new Map(missing(draft));
        if (shape !== null) {
            for (const [name, words] of schemaFaults(shape, draft.input)) found.set("/task/input" + name, words);
        }
        return found;
    }, [draft, shape]);
    const refused = objections(error instanceof ApiError ? error.problem : null);
    const said = new Map([...(isTried ? wrong : []), ...refused]);
    const preview = usePreview(draft);
    const cronFault = said.get("/cron") ?? preview.faults.get("/cron");
    const zoneFault = said.get("/timezone") ?? preview.faults.get("/timezone");

    const submit = async (event: FormEvent): Promise<void> => {
        event.preventDefault();
        setTried(true);
        if (isBroken || wrong.size > 0) return focusFirstFault();
        setBusy(true);
        setError(null);
        try {
            await send(draft);
        } catch (problem) {
            setError(problem);
            setBusy(false);
            focusFirstFault();
        }
    };
    return (
        <form className="schedule-form" noValidate onSubmit={(event) => void submit(event)}>
            <Field label="Name" fault={said.get("/name")}>
                {(marks) => (
                    <input
                        {...marks}
                        type="text"
                        maxLength={200}
                        value={draft.name}
                        onChange={(event) => change({ name: event.target.value })}
                    />
                )}
            </Field>
            <fieldset className="when">
                <legend>When</legend>
                {!exists && (
                    <span className="inline">
                        {([["cron", "Again and again"], ["once", "Once"]] as const).map(([kind, label]) => (
                            <label key={kind} className="inline">
                                <input
                                    type="radio"
                                    name="kind"
                                    checked={draft.kind === kind}
                                    onChange={() =>
                                        change({ kind })}
                                />
                                {label}
                            </label>
                        ))}
                    </span>
                )}
                {draft.kind === "once"
                    ? (
                        <Field label="At" about="On this computer's clock." fault={said.get("/run_at")}>
                            {(marks) => (
                                <input
                                    {...marks}
                                    type="datetime-local"
                                    step={1}
                                    value={draft.runAt}
                                    onChange={(event) => change({ runAt: event.target.value })}
                                />
                            )}
                        </Field>
                    )
                    : (
                        <>
                            <div className="pair">
                                <Field
                                    label="Expression"
                                    about="Minute, hour, day, month, weekday; six fields begin with the second; @daily and the like."
                                    fault={cronFault}
                                >
                                    {(marks) => (
                                        <input
                                            {...marks}
                                            type="text"
                                            className="code"
                                            spellCheck={false}
                                            value={draft.cron}
                                            onChange={(event) => change({ cron: event.target.value })}
                                        />
                                    )}
                                </Field>
                                <Field label="Time zone" about="Its wall clock counts." fault={zoneFault}>
                                    {(marks) => (
                                        <input
                                            {...marks}
                                            type="text"
                                            spellCheck={false}
                                            value={draft.timezone}
                                            onChange={(event) => change({ timezone: event.target.value })}
                                        />
                                    )}
                                </Field>
                            </div>
                            {preview.view}
                        </>
                    )}
            </fieldset>
            <fieldset>
                <legend>What</legend>
                <Field label="Agent" fault={said.get("/task/agent")}>
                    {(marks) => (
                        <select
                            {...marks}
                            value={draft.agent}
                            onChange={(event) => {
                                const name = event.target.value;
                                change({ agent: name, input: inputOf(agents.find((one) => one.name === name)) });
                                setTried(false);
                            }}
                        >
                            {agent === undefined && <option value={draft.agent}>{draft.agent}</option>}
                            {agents.map((one) => <option key={one.name}>{one.name}</option>)}
                        </select>
                    )}
                </Field>
                <InputEditor
                    shape={shape}
                    value={draft.input}
                    faults={below("/task/input", said)}
                    tab={tab}
                    choose={choose}
                    change={(input) => change({ input })}
                    broken={setBroken}
                />
            </fieldset>
            <details
                open={said.size > 0 &&
                        [...said.keys()].some((name) => /overlap|catch_up|jitter|priority|timeout|corr/.test(name))
                    ? true
                    : undefined}
            >
                <summary>Options</summary>
                <div className="options">
                    <Field label="While an earlier task is not finished" fault={said.get("/overlap")}>
                        {(marks) => (
                            <select
                                {...marks}
                                value={draft.overlap}
                                onChange={(event) =>
                                    change({ overlap: event.target.value as ScheduleDraft["overlap"] })}
                            >
                                <option value="skip">make none</option>
                                <option value="queue">make another, which waits</option>
                                <option value="cancel_previous">cancel the earlier one</option>
                            </select>
                        )}
                    </Field>
                    <Field
                        label="Fires missed for more than a minute"
                        fault={said.get("/catch_up") ?? said.get("/catch_up/policy")}
                    >
                        {(marks) => (
                            <select
                                {...marks}
                                value={draft.catchUp}
                                onChange={(event) =>
                                    change({ catchUp: event.target.value as ScheduleDraft["catchUp"] })}
                            >
                                <option value="latest">make up for the latest</option>
                                <option value="all">make up for the latest few</option>
                                <option value="skip">are left out</option>
                            </select>
                        )}
                    </Field>
                    {draft.catchUp === "all" && (
                        <NumberField
                            label="How many at most"
                            fault={said.get("/catch_up/limit")}
                            value={draft.catchUpLimit}
                            change={(catchUpLimit) => change({ catchUpLimit })}
                        />
                    )}
                    <NumberField
                        label="Jitter in seconds"
                        about="Puts each task off by a time of its own, up to this."
                        fault={said.get("/jitter_seconds")}
                        value={draft.jitterSeconds}
                        change={(jitterSeconds) => change({ jitterSeconds })}
                    />
                    <NumberField
                        label="Priority"
                        about="0 to 9, larger goes first."
                        fault={said.get("/task/priority")}
                        value={draft.priority}
                        change={(priority) => change({ priority })}
                    />
                    <NumberField
                        label="Time limit in seconds"
                        fault={said.get("/task/timeout_seconds")}
                        value={draft.timeoutSeconds}
                        change={(timeoutSeconds) => change({ timeoutSeconds })}
                    />
                    <Field
                        label="Correlation id"
                        about="The schedule's own id unless given."
                        fault={said.get("/task/correlation_id")}
                    >
                        {(marks) => (
                            <input
                                {...marks}
                                type="text"
                                spellCheck={false}
                                value={draft.correlationId}
                                onChange={(event) => change({ correlationId: event.target.value.trim() })}
                            />
                        )}
                    </Field>
                </div>
            </details>
            {error !== null && (
                <div className="trouble" role="alert">
                    <b>It was not saved.</b> {inWords(error)}
                    {homeless(refused).map(([name, words]) => (
                        <p key={name}>
                            <code>{name}</code> {words}
                        </p>
                    ))}
                </div>
            )}
            <div className="actions">
                <button type="submit" className="main" disabled={isBusy || isBroken} aria-busy={isBusy}>
                    {action}
                </button>
                <button type="button" onClick={cancel}>
                    Leave it
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

function focusFirstFault(): void {
    window.requestAnimationFrame(() =>
        document.querySelector<HTMLElement>('.schedule-form [aria-invalid="true"]')?.focus()
    );
}

/** The next fires of what is written, asked for when somebody stops typing. */
function usePreview(draft: ScheduleDraft): { readonly view: ReactNode; readonly faults: ReadonlyMap<string, string> } {
    const [asked, setAsked] = useState({ cron: draft.cron.trim(), timezone: draft.timezone.trim() });
    useEffect(() => {
        const timer = window.setTimeout(() => {
            setAsked({ cron: draft.cron.trim(), timezone: draft.timezone.trim() });
        }, 300);
        return () => window.clearTimeout(timer);
    }, [draft.cron, draft.timezone]);
    const found = useQuery({
        key: "cron " + JSON.stringify(asked),
        tags: [],
        freshFor: 5000,
        fetch: async (signal) => {
            if (asked.cron === "") return [];
            const body = { cron: asked.cron, count: 5, ...(asked.timezone === "" ? {} : { timezone: asked.timezone }) };
            return (await api.call(previewCron, { body }, { signal })).fires;
        },
    });
    const problem = found.status === "failed" && found.error instanceof ApiError ? found.error.problem : null;
    const faults = objections(problem);
    const fires = found.status === "failed" ? undefined : found.data;
    return {
        faults,
        view: (
            <div className="preview" aria-live="polite">
                {fires !== undefined && fires.length > 0 && (
                    <Fires label="Next fires" fires={fires.map((at) => ({ at }))} />
                )}
                {fires === undefined && found.status !== "failed" && <p className="faint">Reckoning the next fires…</p>}
                {found.status === "failed" && faults.size === 0 && (
                    <p className="bad">The next fires cannot be told: {inWords(found.error)}</p>
                )}
            </div>
        ),
    };
}

function NumberField(props: {
    readonly label: string;
    readonly about?: string;
    readonly fault: string | undefined;
    readonly value: number;
    readonly change: (value: number) => void;
}) {
    return (
        <Field label={props.label} fault={props.fault} {...(props.about === undefined ? {} : { about: props.about })}>
            {(marks) => (
                <input
                    {...marks}
                    type="number"
                    min={0}
                    value={props.value}
                    onChange={(event) => props.change(Number(event.target.value))}
                />
            )}
        </Field>
    );
}
