// SPDX-License-Identifier: Apache-2.0

import { useState } from "react";
import { displayed } from "../../core/display";
import type { BlueprintDiagnostic, PlannedAction, PlannedChange, RenderPlan } from "../../gen/orchestrator";
import { Badge } from "../../ui/Badge";
import { changeSign, countsOf, inOrder, place, reasonOf, signOf, valueText } from "./plan";

/** A plan: counts first, then each resource with what changes of it. */
export function PlanSheet({ plan }: { readonly plan: RenderPlan }) {
    const [isWhole, setWhole] = useState(false);
    const shown = inOrder(plan.actions).filter((action) => isWhole || action.verb !== "noop" || action.block !== null);
    const hidden = plan.actions.length - shown.length;
    return (
        <div className="plan">
            <Diagnostics diagnostics={plan.diagnostics} />
            <p className="counts" role="status">
                {plan.outcome === "clean" && <Badge tone="good" icon="check">Nothing to do</Badge>}
                {plan.outcome === "drift" && <Badge tone="warn" icon="fork">Only drift</Badge>}
                {plan.outcome === "blocked" && <Badge tone="bad" icon="hand">Blocked</Badge>}
                {countsOf(plan.counts).map(([words, count, tone]) => (
                    <span key={words} className={"count count-" + tone}>
                        <b>{count}</b> {words}
                    </span>
                ))}
            </p>
            <Actions actions={shown} label="What the plan changes" />
            {hidden > 0 && (
                <button type="button" className="quiet" onClick={() => setWhole(true)}>
                    {hidden === 1 ? "Show the one that stays as it is" : `Show the ${hidden} that stay as they are`}
                </button>
            )}
        </div>
    );
}

/** Of more resources than this none is open at first. */
const MANY = 20;

/** Resources with what changes of them; each can be opened, and all of them at once. */
export function Actions({ actions, label }: { readonly actions: readonly PlannedAction[]; readonly label: string }) {
    // What hurts is open; a long list of new things is not.
    const [opened, setOpened] = useState<ReadonlyMap<string, boolean>>(new Map());
    if (actions.length === 0) return null;
    const isOpen = (action: PlannedAction): boolean =>
        opened.get(action.address) ??
            (action.verb !== "create" && action.changes.length <= 20 && actions.length <= MANY);
    const areAllOpen = actions.every(isOpen);
    return (
        <>
            {actions.length > 1 && (
                <button
                    type="button"
                    className="quiet"
                    onClick={() => setOpened(new Map(actions.map((action) => [action.address, !areAllOpen])))}
                >
                    {areAllOpen ? "Close all" : "Open all"}
                </button>
            )}
            <ul className="plan-actions" aria-label={label}>
                {actions.map((action) => (
                    <Deed
                        key={action.address}
                        action={action}
                        isOpen={isOpen(action)}
                        toggle={() => setOpened(new Map(opened).set(action.address, !isOpen(action)))}
                    />
                ))}
            </ul>
        </>
    );
}

function Deed(
    { action, isOpen, toggle }: {
        readonly action: PlannedAction;
        readonly isOpen: boolean;
        readonly toggle: () => void;
    },
) {
    const { sign, word, tone } = signOf(action.verb);
    const costs = action.changes.some((change) => change.costs);
    const interrupts = action.changes.some((change) => change.interrupts);
    return (
        <li className={"deed deed-" + tone}>
            <button type="button" className="deed-head" aria-expanded={isOpen} onClick={toggle}>
                <code className="sign" aria-hidden="true">{sign}</code>
                <span className="unseen">{word}</span>
                <b>{action.address}</b>
                {action.service_type !== null && (
                    <span className="faint">{action.service_type.replaceAll("_", " ")}</span>
                )}
                <span className="faint">
                    {action.changes.length === 0
                        ? "no value changes"
                        : action.changes.length === 1
                        ? "1 value"
                        : `${action.changes.length} values`}
                </span>
                {action.deploy !== "none" && (
                    <span className="mark">{action.deploy === "build" ? "builds and deploys" : "deploys"}</span>
                )}
                {costs && <span className="mark mark-warn">may cost</span>}
                {interrupts && <span className="mark mark-warn">interrupts</span>}
                <span className="faint place">{place(action.line, null)}</span>
            </button>
            {action.block !== null && <p className="trouble">{action.block}</p>}
            {isOpen && action.changes.length > 0 && (
                <ul className="changes">
                    {action.changes.map((change) => <Change key={change.path} change={change} />)}
                </ul>
            )}
            {isOpen && action.depends_on.length > 0 && (
                <p className="faint after">After {action.depends_on.join(", ")}</p>
            )}
        </li>
    );
}

function Change({ change }: { readonly change: PlannedChange }) {
    const { sign, word } = changeSign(change);
    const reason = reasonOf(change);
    return (
        <li>
            <code className="sign" aria-hidden="true">{sign}</code>
            <span className="unseen">{word}</span>
            <code className="path">{change.path}</code>
            <span className="values">
                {change.old !== null && <del>{displayed(valueText(change.old))}</del>}
                {change.old !== null && change.new !== null && " → "}
                {change.new !== null && <ins>{displayed(valueText(change.new))}</ins>}
            </span>
            {reason !== "" && <span className="faint">{reason}</span>}
            <span className="faint place">{place(change.line, change.column)}</span>
        </li>
    );
}

const SEVERITIES: Readonly<Record<string, readonly ["bad" | "warn" | "plain", "cross" | "hand" | "clock", string]>> = {
    error: ["bad", "cross", "Error"],
    unsupported: ["warn", "hand", "Not supported"],
    warning: ["plain", "clock", "Warning"],
};

/** What there is to say about the file, with the lines. */
export function Diagnostics({ diagnostics }: { readonly diagnostics: readonly BlueprintDiagnostic[] }) {
    if (diagnostics.length === 0) return null;
    return (
        <ul className="diagnostics" aria-label="What there is to say about the file">
            {diagnostics.map((one, index) => {
                const [tone, icon, word] = SEVERITIES[one.severity] ?? ["plain", "clock", one.severity];
                return (
                    <li key={index}>
                        <Badge tone={tone} icon={icon}>{word}</Badge>
                        <span className="place">{place(one.line, one.column)}</span>
                        <code>{displayed(one.path)}</code>
                        <span>{displayed(one.message)}</span>
                    </li>
                );
            })}
        </ul>
    );
}
