// SPDX-License-Identifier: Apache-2.0

import { api } from "../../core/app";
import { getBlueprintDrift, listRenderBlueprints, type RenderBlueprint } from "../../gen/orchestrator";
import { Badge } from "../../ui/Badge";
import { useQuery } from "../../ui/hooks";
import { Empty, Id, Loading, Time } from "../../ui/parts";
import { type PaneProps, PATIENCE } from "./pane";
import { Actions } from "./PlanSheet";
import { Unanswered } from "./Unanswered";

/** What somebody changed elsewhere since a blueprint was applied. */
export function Drift({ query, set }: PaneProps) {
    const found = useQuery({
        key: "render blueprints",
        tags: ["render applies"],
        fetch: async (signal) => (await api.call(listRenderBlueprints, {}, { signal })).blueprints,
    });
    if (found.data === undefined) {
        return found.status === "failed"
            ? <Unanswered error={found.error} what="the blueprints" retry={found.refresh} />
            : <Loading what="the blueprints" />;
    }
    const open = found.data.find((one) => one.name === query.blueprint) ?? found.data[0];
    if (open === undefined) {
        return (
            <Empty title="No blueprint was applied yet">
                <p>Once one was, this shows what differs from it, and who cares may put it back.</p>
                <button type="button" className="main" onClick={() => set({ show: "blueprint" })}>
                    Plan a blueprint
                </button>
            </Empty>
        );
    }
    return (
        <>
            {found.data.length > 1 && (
                <div className="chips" role="group" aria-label="Blueprints">
                    {found.data.map((one) => (
                        <button
                            key={one.owner_id + one.name}
                            type="button"
                            className="chip"
                            aria-pressed={one === open}
                            onClick={() => set({ blueprint: one.name })}
                        >
                            {one.name}
                        </button>
                    ))}
                </div>
            )}
            <Differences key={open.owner_id + open.name} blueprint={open} />
        </>
    );
}

function Differences({ blueprint }: { readonly blueprint: RenderBlueprint }) {
    const { name, owner_id } = blueprint;
    const found = useQuery({
        key: `render drift ${owner_id} ${name}`,
        tags: ["render drift"],
        fetch: (signal) => api.call(getBlueprintDrift, { query: { name, owner_id } }, { signal, timeout: PATIENCE }),
    });
    const drift = found.data;
    return (
        <section className="sheet-of" aria-labelledby="drift-title">
            <div className="page-head">
                <h2 id="drift-title">{name}</h2>
                {drift !== undefined && (
                    <>
                        {drift.drifted
                            ? <Badge tone="warn" icon="fork">Has drifted</Badge>
                            : <Badge tone="good" icon="check">As it was applied</Badge>}
                        <span className="faint">
                            applied <Time at={drift.applied_at} />, compared <Time at={drift.checked_at} />
                        </span>
                        <Id id={drift.plan_id} short />
                    </>
                )}
                <button type="button" onClick={found.refresh} disabled={found.isFetching} aria-busy={found.isFetching}>
                    Compare again
                </button>
            </div>
            {found.status === "failed" && <Unanswered error={found.error} what="the drift" retry={found.refresh} />}
            {drift === undefined && found.status !== "failed" && <Loading what="the drift" />}
            {drift?.drifted === true && (
                <p className="faint">Struck through is what is live now; beside it, what the blueprint says.</p>
            )}
            {drift !== undefined && <Actions actions={drift.resources} label="What differs" />}
            {drift?.drifted === true && (
                <p className="hint">Planning the same blueprint again shows how an apply would put it back.</p>
            )}
        </section>
    );
}
