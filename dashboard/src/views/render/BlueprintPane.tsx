// SPDX-License-Identifier: Apache-2.0

import { type Dispatch, type SetStateAction, useEffect, useId, useRef, useState } from "react";
import { api, say, session } from "../../core/app";
import { ApiError, inWords } from "../../core/problem";
import {
    applyBlueprint,
    type BlueprintDiagnostic,
    getRenderPlan,
    planBlueprint,
    type RenderPlan,
} from "../../gen/orchestrator";
import { Confirm } from "../../ui/Dialog";
import { Field } from "../../ui/Field";
import { useKeys, useQuery } from "../../ui/hooks";
import { Action, Id, Loading, Time } from "../../ui/parts";
import { enteredIn, enteredOf, entryKey, fileNameOf, hasWork, missingOf } from "./plan";
import { type PaneProps, PATIENCE } from "./pane";
import { Diagnostics, PlanSheet } from "./PlanSheet";
import { Unanswered } from "./Unanswered";

/** As much as renderctl-svc takes. */
const LONGEST = 1_000_000;

/** What is being written, and what the plan that is shown was made of. */
export interface Draft {
    readonly text: string;
    /** The file that it was read from; null when it was pasted. */
    readonly source: string | null;
    /** Null until one is written; then the one of the address counts no more. */
    readonly name: string | null;
    readonly prunes: boolean;
    readonly values: ReadonlyMap<string, string>;
    readonly planned: { readonly plan: string; readonly of: string } | null;
}

export const NO_DRAFT: Draft = { text: "", source: null, name: null, prunes: false, values: new Map(), planned: null };

/** A blueprint pasted or chosen, its plan, and the way to carry it out. */
export function BlueprintPane(
    { query, set, draft, change }: PaneProps & {
        readonly draft: Draft;
        readonly change: Dispatch<SetStateAction<Draft>>;
    },
) {
    const { text, prunes, values } = draft;
    const name = draft.name ?? query.blueprint ?? "default";
    const put = (part: Partial<Draft>): void => change((now) => ({ ...now, ...part }));
    const basis = [text, name, prunes].join("\n");
    const [faults, setFaults] = useState<readonly BlueprintDiagnostic[]>([]);
    const [refusal, setRefusal] = useState<string | null>(null);
    const file = useRef<HTMLInputElement>(null);
    const area = useId();

    const choose = async (chosen: File | undefined): Promise<void> => {
        if (chosen === undefined) return;
        if (chosen.size > LONGEST) {
            say("A blueprint has a million bytes at most.", "bad");
            return;
        }
        put({ text: await chosen.text(), source: fileNameOf(chosen.name) ?? null, values: new Map() });
    };
    const plan = async (): Promise<void> => {
        setFaults([]);
        setRefusal(null);
        try {
            const meant = enteredIn(values, text);
            const from = draft.source === null ? {} : { file: draft.source };
            const body = { blueprint: text, ...from, name, entered: enteredOf(meant), prune: prunes };
            const made = await api.call(planBlueprint, { body }, { timeout: PATIENCE });
            put({ values: meant, planned: { plan: made.plan_id, of: basis } });
            set({ plan: made.plan_id, blueprint: name === "default" ? undefined : name });
        } catch (error) {
            const told = diagnosticsOf(error);
            if (told === null) throw error;
            setFaults(told);
            setRefusal(inWords(error));
            set({ plan: undefined });
        }
    };
    const mayPlan = session.can("deployments.write");
    useKeys([{
        keys: "/",
        label: "Paste a blueprint",
        group: "Render",
        run: () => document.getElementById(area)?.focus(),
    }]);
    return (
        <>
            {mayPlan && (
                <form
                    className="blueprint"
                    onSubmit={(event) => event.preventDefault()}
                    onDragOver={(event) => event.preventDefault()}
                    onDrop={(event) => {
                        event.preventDefault();
                        void choose(event.dataTransfer.files[0]);
                    }}
                >
                    <div className="blueprint-head">
                        <label htmlFor={area}>Blueprint</label>
                        <span className="hint">
                            render.yaml, or the shape of Render's API; pasted, dropped here, or chosen
                        </span>
                        <button type="button" onClick={() => file.current?.click()}>
                            Choose a file…
                        </button>
                        <input
                            ref={file}
                            type="file"
                            hidden
                            aria-label="A blueprint's file"
                            accept=".yaml,.yml,text/yaml"
                            onChange={(event) => {
                                void choose(event.target.files?.[0]);
                                event.target.value = "";
                            }}
                        />
                    </div>
                    <textarea
                        id={area}
                        className="code"
                        rows={14}
                        spellCheck={false}
                        value={text}
                        maxLength={LONGEST}
                        onChange={(event) => {
                            const text = event.target.value;
                            // What is pasted into an empty field comes from somewhere else.
                            put(text.trim() === "" ? { text, source: null } : { text });
                        }}
                    />
                    {draft.source !== null && <p className="hint">From {draft.source}</p>}
                    <div className="fields">
                        <Field
                            label="Name"
                            about="What was applied is remembered under it."
                            fault={/^[a-z0-9][a-z0-9._-]{0,62}$/.test(name)
                                ? undefined
                                : "1 to 63 lowercase letters, digits, dots, dashes and underscores"}
                        >
                            {(marks) => (
                                <input
                                    {...marks}
                                    type="text"
                                    spellCheck={false}
                                    value={name}
                                    onChange={(event) => put({ name: event.target.value })}
                                />
                            )}
                        </Field>
                    </div>
                    <label className="inline">
                        <input
                            type="checkbox"
                            checked={prunes}
                            onChange={(event) => put({ prunes: event.target.checked })}
                        />
                        Take away what was applied under this name and is not in the file any more
                    </label>
                    {refusal !== null && <p className="trouble" role="alert">{refusal}</p>}
                    <Diagnostics diagnostics={faults} />
                    <div className="actions">
                        <Action label="Plan" className="main" run={plan} disabled={text.trim() === ""} />
                    </div>
                </form>
            )}
            {query.plan !== undefined && (
                <Made
                    id={query.plan}
                    values={values}
                    change={(key, value) => put({ values: new Map(values).set(key, value) })}
                    isOld={draft.planned?.plan === query.plan && draft.planned.of !== basis}
                    isFresh={draft.planned?.plan === query.plan}
                    again={text.trim() === "" ? null : plan}
                    show={(apply) => set({ show: "applies", apply })}
                />
            )}
        </>
    );
}

/** What is wrong with a blueprint that was refused; null when it was refused for something else. */
function diagnosticsOf(error: unknown): readonly BlueprintDiagnostic[] | null {
    if (!(error instanceof ApiError) || error.problem?.code !== "invalid_blueprint") return null;
    const found = (error.problem as { readonly diagnostics?: unknown }).diagnostics;
    return Array.isArray(found) ? (found as readonly BlueprintDiagnostic[]) : [];
}

/** The plan that was made, with what is to be entered and the way to carry it out. */
function Made(props: {
    readonly id: string;
    readonly values: ReadonlyMap<string, string>;
    readonly change: (key: string, value: string) => void;
    /** Whether what it was made of has been changed in the form since. */
    readonly isOld: boolean;
    /** Whether it was made here, just now: then it is what one wants to see. */
    readonly isFresh: boolean;
    /** Plans the same text again; null when the page does not have it. */
    readonly again: (() => Promise<void>) | null;
    readonly show: (apply: string) => void;
}) {
    const title = useRef<HTMLHeadingElement>(null);
    const found = useQuery({
        key: "render plan " + props.id,
        tags: ["render plan"],
        fetch: (signal) => api.call(getRenderPlan, { path: { id: props.id } }, { signal }),
    });
    const isHere = found.data !== undefined;
    useEffect(() => {
        if (isHere && props.isFresh) title.current?.focus();
    }, [isHere, props.id]);
    if (found.data === undefined) {
        return found.status === "failed"
            ? <Unanswered error={found.error} what="the plan" retry={found.refresh} />
            : <Loading what="the plan" />;
    }
    const plan = found.data;
    return (
        <section className="sheet-of" aria-labelledby="plan-title">
            <div className="page-head">
                <h2 id="plan-title" ref={title} tabIndex={-1}>Plan of {plan.name}</h2>
                <Id id={plan.plan_id} short />
                <span className="faint">
                    made by {plan.created_by} <Time at={plan.created_at} />, for <code>{plan.owner_id}</code>
                </span>
            </div>
            {props.isOld && (
                <p className="warning" role="status">
                    The blueprint above has been changed since; this plan, and what applying it does, are of what it
                    was.
                </p>
            )}
            <PlanSheet key={plan.plan_id} plan={plan} />
            <Entries plan={plan} values={props.values} change={props.change} again={props.again} />
            <Carry plan={plan} values={props.values} show={props.show} />
        </section>
    );
}

function Entries(
    props: {
        readonly plan: RenderPlan;
        readonly values: ReadonlyMap<string, string>;
        readonly change: (key: string, value: string) => void;
        readonly again: (() => Promise<void>) | null;
    },
) {
    const missing = missingOf(props.plan);
    if (missing.length === 0) return null;
    return (
        <form className="entries" onSubmit={(event) => event.preventDefault()}>
            <h3>To be entered</h3>
            <p className="faint">The file leaves these to a person. They go to Render, and are not kept here.</p>
            {missing.map(([address, key]) => (
                <Field key={entryKey(address, key)} label={key} about={"of " + address} fault={undefined}>
                    {(marks) => (
                        <input
                            {...marks}
                            type="password"
                            autoComplete="off"
                            value={props.values.get(entryKey(address, key)) ?? ""}
                            onChange={(event) => props.change(entryKey(address, key), event.target.value)}
                        />
                    )}
                </Field>
            ))}
            {props.again === null
                ? <p className="hint">Paste the blueprint again to plan with them.</p>
                : (
                    <div className="actions">
                        <Action label="Plan with these" run={props.again} />
                    </div>
                )}
        </form>
    );
}

function Carry(
    props: {
        readonly plan: RenderPlan;
        readonly values: ReadonlyMap<string, string>;
        readonly show: (apply: string) => void;
    },
) {
    const { plan } = props;
    const [isAsked, setAsked] = useState(false);
    const [refusal, setRefusal] = useState<ApiError | null>(null);
    if (!session.can("deployments.manage") || !hasWork(plan) || plan.outcome === "blocked") return null;
    const apply = async (): Promise<void> => {
        setAsked(false);
        setRefusal(null);
        try {
            const body = { plan_id: plan.plan_id, entered: enteredOf(props.values) };
            const answer = await api.call(applyBlueprint, { body }, { timeout: PATIENCE });
            if (answer.apply !== null) props.show(answer.apply.apply_id);
        } catch (error) {
            if (error instanceof ApiError && error.problem !== null) setRefusal(error);
            else say(inWords(error), "bad");
        }
    };
    const { deploys, prune } = plan.counts;
    return (
        <>
            {refusal !== null && <Refusal error={refusal} />}
            <div className="actions">
                <button type="button" className="main" onClick={() => setAsked(true)}>
                    Apply…
                </button>
            </div>
            {isAsked && (
                <Confirm
                    title={`Apply the plan of ${plan.name}?`}
                    action="Apply it"
                    confirm={() => void apply()}
                    close={() => setAsked(false)}
                >
                    <p>
                        It changes what runs at Render now
                        {deploys > 0 && `, and starts ${deploys === 1 ? "one deploy" : `${deploys} deploys`}`}. It is
                        refused when something has changed there since the plan was made.
                    </p>
                    {prune > 0 && (
                        <p className="trouble">
                            {prune === 1 ? "One resource is" : `${prune} resources are`} taken away for good.
                        </p>
                    )}
                </Confirm>
            )}
        </>
    );
}

interface Moved {
    readonly resource: string;
    readonly path: string;
}

/** Why an apply was refused, with what has moved since the plan was made. */
function Refusal({ error }: { readonly error: ApiError }) {
    const moved = (error.problem as { readonly moved?: readonly Moved[] } | null)?.moved ?? [];
    return (
        <div className="trouble" role="alert">
            <p>{inWords(error)}</p>
            {moved.length > 0 && (
                <ul>
                    {moved.map((one) => (
                        <li key={one.resource + one.path}>
                            <code>{one.resource}</code> {one.path}
                        </li>
                    ))}
                </ul>
            )}
        </div>
    );
}
