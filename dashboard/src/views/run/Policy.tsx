// SPDX-License-Identifier: Apache-2.0

import { api } from "../../core/app";
import { type Approval, type Event, listApprovals, listEvents, type ToolCall } from "../../gen/orchestrator";
import { useQuery } from "../../ui/hooks";
import { Facts, Id, Time } from "../../ui/parts";
import { instant } from "./spans";

interface Policy {
    readonly begun: Event | null;
    readonly approvals: readonly Approval[];
}

/** What policy knows of a tool call: in which zone it was made, in whose name, under which key, and what people were asked. */
export function CallPolicy({ call }: { readonly call: ToolCall }) {
    const found = useQuery<Policy>({
        key: `policy:${call.tool_call_id} ${call.status} ${call.attempt}`,
        tags: [],
        freshFor: 60_000,
        async fetch(signal) {
            const begin = Math.floor(instant(call.started_at));
            const [events, approvals] = await Promise.all([
                api.call(listEvents, {
                    query: {
                        run_id: call.run_id,
                        event_type: "tool_call.started",
                        since: new Date(begin).toISOString(),
                        until: new Date(begin + 1).toISOString(),
                    },
                }, { signal }),
                api.call(listApprovals, { query: { run_id: call.run_id, limit: 200 } }, { signal }),
            ]);
            const isIts = (event: Event): boolean =>
                (event.data as { readonly tool_call_id?: unknown } | null)?.tool_call_id === call.tool_call_id;
            return {
                begun: events.items.find(isIts) ?? null,
                approvals: approvals.items.filter((one) => one.step_id === call.step_id),
            };
        },
    });
    const policy = found.data;
    return (
        <>
            <h3>Policy</h3>
            <Facts
                facts={[
                    ["Zone", policy?.begun?.zone.replace("_", " ") ?? (found.isFetching ? "…" : "not known")],
                    ["In the name of", policy?.begun?.actor ?? (found.isFetching ? "…" : "not known")],
                    [
                        "Idempotency key",
                        call.idempotency_key === null
                            ? "none: a repeated try may have its effect twice"
                            : <Id key="k" id={call.idempotency_key} />,
                    ],
                    ["Asked of people", asked(policy?.approvals, found.isFetching)],
                ]}
            />
        </>
    );
}

function asked(approvals: readonly Approval[] | undefined, isFetching: boolean) {
    if (approvals === undefined) return isFetching ? "…" : "not known";
    if (approvals.length === 0) return "nothing, in this step";
    return (
        <ul className="plain-list">
            {approvals.map((one) => (
                <li key={one.approval_id}>
                    <b>{one.status}</b>: {one.action.kind}
                    {one.action.target !== null && <>on {one.action.target}</>}
                    {one.decided_by !== null && (
                        <>
                            , by {one.decided_by} <Time at={one.decided_at} />
                        </>
                    )}
                    {one.note !== null && <>: “{one.note}”</>}{" "}
                    <span className="faint">
                        arguments <Id id={one.action.arguments_hash} short />
                    </span>
                </li>
            ))}
        </ul>
    );
}
