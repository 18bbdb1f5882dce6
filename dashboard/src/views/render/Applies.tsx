// SPDX-License-Identifier: Apache-2.0

import { useEffect, useState } from "react";
import { api } from "../../core/app";
import { displayed } from "../../core/display";
import {
    getRenderApply,
    listRenderApplies,
    type RenderApply,
    type RenderApplyStep,
    type RenderApplySummary,
} from "../../gen/orchestrator";
import { Badge } from "../../ui/Badge";
import { useEvery, useQuery } from "../../ui/hooks";
import { Empty, ExactTime, Id, Loading, Time } from "../../ui/parts";
import type { PaneProps } from "./pane";
import { Unanswered } from "./Unanswered";

/** While one runs. */
const PULSE = 1500;
const SLOW_PULSE = 15_000;

/** What was applied, newest first, and one of them with every step. */
export function Applies({ query, set }: PaneProps) {
    const found = useQuery({
        key: "render applies",
        tags: ["render applies"],
        fetch: async (signal) => (await api.call(listRenderApplies, { query: { limit: 50 } }, { signal })).items,
    });
    useEvery(SLOW_PULSE, found.refresh);
    const rows = found.data ?? [];
    return (
        <>
            {query.apply !== undefined && (
                <Open
                    id={query.apply}
                    ended={found.refresh}
                    plan={(plan) => set({ show: "blueprint", plan })}
                    follow={(apply) => set({ apply })}
                />
            )}
            {found.status === "failed" && <Unanswered error={found.error} what="the applies" retry={found.refresh} />}
            {found.data === undefined && found.status !== "failed" && <Loading what="the applies" />}
            {found.data !== undefined && rows.length === 0 && (
                <Empty title="Nothing was applied yet">
                    <p>Plan a blueprint first; what it would change is shown before anything is done.</p>
                    <button type="button" className="main" onClick={() => set({ show: "blueprint" })}>
                        Plan a blueprint
                    </button>
                </Empty>
            )}
            {rows.length > 0 && (
                <div className="scroll-x" tabIndex={0} role="region" aria-label="Applies">
                    <table>
                        <thead>
                            <tr>
                                <th scope="col">Apply</th>
                                <th scope="col">Status</th>
                                <th scope="col">Blueprint</th>
                                <th scope="col">By</th>
                                <th scope="col">Begun</th>
                                <th scope="col">Steps</th>
                            </tr>
                        </thead>
                        <tbody>
                            {rows.map((row) => (
                                <tr key={row.apply_id}>
                                    <th scope="row">
                                        <button
                                            type="button"
                                            className="quiet"
                                            aria-pressed={row.apply_id === query.apply}
                                            onClick={() => set({ apply: row.apply_id })}
                                        >
                                            {row.apply_id.slice(-8)}
                                        </button>
                                    </th>
                                    <td>
                                        <State status={row.status} />
                                    </td>
                                    <td>{row.name}</td>
                                    <td>{row.started_by}</td>
                                    <td>
                                        <Time at={row.started_at} />
                                    </td>
                                    <td>{steps(row)}</td>
                                </tr>
                            ))}
                        </tbody>
                    </table>
                </div>
            )}
        </>
    );
}

function steps(row: Pick<RenderApplySummary, "counts">): string {
    const { begun, done, failed, skipped } = row.counts;
    return [[done, "done"], [begun, "under way"], [failed, "failed"], [skipped, "skipped"]]
        .filter(([count]) => count !== 0)
        .map(([count, word]) => `${count} ${word}`)
        .join(", ") || "none yet";
}

function State({ status }: { readonly status: RenderApply["status"] }) {
    switch (status) {
        case "running":
            return <Badge tone="busy" icon="play">Under way</Badge>;
        case "succeeded":
            return <Badge tone="good" icon="check">Succeeded</Badge>;
        case "failed":
            return <Badge tone="bad" icon="cross">Failed</Badge>;
        case "abandoned":
            return <Badge tone="warn" icon="stop">Abandoned</Badge>;
    }
}

/** One apply, followed until it ends, and then the one that carries out what was left when it was interrupted. */
function Open(
    { id, ended, plan, follow }: {
        readonly id: string;
        readonly ended: () => void;
        readonly plan: (id: string) => void;
        readonly follow: (apply: string) => void;
    },
) {
    const found = useQuery({
        key: "render apply " + id,
        tags: ["render apply"],
        fetch: (signal) => api.call(getRenderApply, { path: { id } }, { signal }),
    });
    const apply = found.data;
    const isRunning = apply === undefined || apply.status === "running";
    useEvery(isRunning ? PULSE : null, found.refresh);
    // Which one was seen running: who opens an old one wants to see that one.
    const [running, setRunning] = useState<string | null>(null);
    useEffect(() => {
        if (apply === undefined || apply.apply_id !== id) return;
        if (isRunning) return setRunning(id);
        if (running !== id) return;
        setRunning(null);
        ended();
        if (apply.succeeded_by !== null) follow(apply.succeeded_by);
    }, [apply, isRunning, id]);
    if (apply === undefined) {
        return found.status === "failed"
            ? <Unanswered error={found.error} what="the apply" retry={found.refresh} />
            : <Loading what="the apply" />;
    }
    const successor = apply.succeeded_by;
    return (
        <section className="sheet-of" aria-labelledby="apply-title">
            <div className="page-head">
                <h2 id="apply-title">Apply of {apply.name}</h2>
                <State status={apply.status} />
                <Id id={apply.apply_id} short />
                <span className="faint">
                    by {apply.started_by}, begun <ExactTime at={apply.started_at} />
                    {apply.ended_at !== null && (
                        <>
                            , ended <ExactTime at={apply.ended_at} />
                        </>
                    )}
                </span>
                <button type="button" className="quiet" onClick={() => plan(apply.plan_id)}>
                    Its plan
                </button>
            </div>
            {found.status === "failed" && (
                <p className="warning">It cannot be followed just now; the apply itself goes on.</p>
            )}
            {apply.message !== null && (
                <p className={successor === null ? "trouble" : "warning"}>
                    {displayed(apply.message)} {successor !== null && (
                        <button
                            type="button"
                            onClick={() => follow(successor)}
                        >
                            Show what was left
                        </button>
                    )}
                </p>
            )}
            <p role="status" className="faint">{steps(apply)}</p>
            <ol className="apply-steps" aria-label="Steps">
                {apply.steps.map((step) => <Step key={step.key} step={step} />)}
            </ol>
        </section>
    );
}

function Step({ step }: { readonly step: RenderApplyStep }) {
    return (
        <li>
            <StepState state={step.state} />
            <code>{step.key}</code>
            {step.message !== null && <span className="bad">{displayed(step.message)}</span>}
            {step.because !== null && <span className="faint">because of {step.because}</span>}
            <span className="faint">
                <Time at={step.ended_at ?? step.begun_at} />
            </span>
        </li>
    );
}

function StepState({ state }: { readonly state: RenderApplyStep["state"] }) {
    switch (state) {
        case "begun":
            return <Badge tone="busy" icon="play">Under way</Badge>;
        case "done":
            return <Badge tone="good" icon="check">Done</Badge>;
        case "failed":
            return <Badge tone="bad" icon="cross">Failed</Badge>;
        case "skipped":
            return <Badge tone="warn" icon="stop">Skipped</Badge>;
    }
}
