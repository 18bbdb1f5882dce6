// SPDX-License-Identifier: Apache-2.0

import { useEffect, useState } from "react";
import { api } from "../../core/app";
import { listAgents } from "../../gen/orchestrator";
import { useQuery } from "../../ui/hooks";
import { TimeRange } from "../../ui/TimeRange";
import type { ViewProps } from "../view";
import type { analyticsPlace } from "./route";

/** The range that holds when none is chosen. */
export const USUAL = "1d";
const RANGES = ["1h", "6h", "1d", "7d", "30d", "90d"];

/** Which tasks are counted, and what they are measured by. */
export function Filters({ query, set }: Pick<ViewProps<typeof analyticsPlace>, "query" | "set">) {
    const agents = useQuery({
        key: "agents",
        tags: ["agents"],
        freshFor: 60_000,
        fetch: (signal) => api.call(listAgents, {}, { signal }),
    });
    const known = agents.data?.items.map((one) => one.name) ?? [];
    const names = query.agent === undefined || known.includes(query.agent) ? known : [query.agent, ...known];
    return (
        <div className="filters">
            <TimeRange words={query} usual={USUAL} ranges={RANGES} change={set} />
            <label className="inline">
                Agent
                <select value={query.agent ?? ""} onChange={(event) => set({ agent: event.target.value || undefined })}>
                    <option value="">any</option>
                    {names.map((name) => <option key={name}>{name}</option>)}
                </select>
            </label>
            <span className="inline target" role="group" aria-label="Target">
                Target
                <Amount
                    label="Per cent of the tasks"
                    unit="%"
                    value={query.target}
                    below={100}
                    change={(target) => set({ target })}
                />
                within
                <Amount
                    label="Seconds until completed"
                    unit="s"
                    value={query.within}
                    below={7_948_800}
                    change={(within) => set({ within })}
                />
            </span>
        </div>
    );
}

/** A number that is taken over with Enter or when the field is left. */
function Amount(
    props: {
        readonly label: string;
        readonly unit: string;
        readonly value: number;
        readonly below: number;
        readonly change: (value: number) => void;
    },
) {
    const [text, setText] = useState(String(props.value));
    useEffect(() => setText(String(props.value)), [props.value]);
    const value = text.trim() === "" ? Number.NaN : Number(text);
    const fits = value > 0 && value < props.below;
    const take = (): void => {
        if (fits && value !== props.value) props.change(value);
    };
    return (
        <label className="inline amount">
            <span className="unseen">{props.label}</span>
            <input
                type="text"
                inputMode="decimal"
                size={5}
                value={text}
                aria-invalid={!fits}
                onChange={(event) => setText(event.target.value)}
                onBlur={take}
                onKeyDown={(event) => event.key === "Enter" && take()}
            />
            {props.unit}
        </label>
    );
}
