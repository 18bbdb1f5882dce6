// SPDX-License-Identifier: Apache-2.0

import { api } from "../../core/app";
import { listAgents } from "../../gen/orchestrator";
import { ChoiceChips } from "../../ui/Chips";
import { useFilterText } from "../../ui/filterText";
import { useMedia, useQuery } from "../../ui/hooks";
import { statusWord } from "../../ui/parts";
import { MomentField } from "../../ui/TimeRange";
import type { ViewProps } from "../view";
import { STATUSES, tasksPlace } from "./route";

type Props = Pick<ViewProps<typeof tasksPlace>, "query" | "set">;

/** Every filter of the list. Whatever is chosen goes into the address at once. */
export function Filters({ query, set }: Props) {
    const agents = useQuery({
        key: "agents",
        tags: ["agents"],
        freshFor: 60_000,
        fetch: (signal) => api.call(listAgents, {}, { signal }),
    });
    const known = agents.data?.items.map((one) => one.name) ?? [];
    const names = query.agent === undefined || known.includes(query.agent) ? known : [query.agent, ...known];
    // Where there is little room, the chips below tell what holds.
    const isNarrow = useMedia("(max-width: 720px)");
    const { roomId, label, parentRunId, correlationId, traceId, since, until } = query;
    const hasMore = roomId ?? label ?? parentRunId ?? correlationId ?? traceId ?? since ?? until;
    return (
        <div className="filters">
            <ChoiceChips
                label="Status"
                words={STATUSES}
                chosen={query.status}
                show={statusWord}
                choose={(status) => set({ status })}
            />
            <label className="inline">
                Agent
                <select
                    id="filter-agent"
                    value={query.agent ?? ""}
                    onChange={(event) => set({ agent: event.target.value || undefined })}
                >
                    <option value="">any</option>
                    {names.map((name) => <option key={name}>{name}</option>)}
                </select>
            </label>
            <details open={hasMore !== undefined && !isNarrow}>
                <summary>More filters</summary>
                <div className="filters-more">
                    <Words
                        label="Correlation"
                        value={query.correlationId}
                        allowed={/^[!-~]{1,128}$/}
                        change={(correlationId) => set({ correlationId })}
                    />
                    <Words
                        label="Trace"
                        value={query.traceId}
                        allowed={/^[0-9a-f]{32}$/}
                        change={(traceId) => set({ traceId })}
                    />
                    <Words
                        label="Room"
                        value={query.roomId}
                        allowed={/^room_[0-7][0-9A-HJKMNP-TV-Z]{25}$/}
                        change={(roomId) => set({ roomId })}
                    />
                    <Words
                        label="Label"
                        value={query.label}
                        allowed={/^[a-z][a-z0-9-]{0,62}$/}
                        change={(label) => set({ label })}
                    />
                    <Words
                        label="Asked for by run"
                        value={query.parentRunId}
                        allowed={/^run_[0-7][0-9A-HJKMNP-TV-Z]{25}$/}
                        change={(parentRunId) => set({ parentRunId })}
                    />
                    <MomentField
                        className="field"
                        label="Created since"
                        value={query.since}
                        change={(since) => set({ since })}
                    />
                    <MomentField
                        className="field"
                        label="Created before"
                        value={query.until}
                        change={(until) => set({ until })}
                    />
                </div>
            </details>
        </div>
    );
}

/** A text that is taken over with Enter or when the field is left, and only when the API would take it. */
function Words(
    props: {
        readonly label: string;
        readonly value: string | undefined;
        readonly allowed: RegExp;
        readonly change: (value: string | undefined) => void;
    },
) {
    const { fits, input } = useFilterText(props.value, props.allowed, props.change);
    return (
        <label className="field">
            {props.label}
            <input {...input} />
            {!fits && <span className="bad">This is no such identifier.</span>}
        </label>
    );
}
