// SPDX-License-Identifier: Apache-2.0

import { useEffect, useId, useRef, useState } from "react";
import type { ActiveFilter } from "../../ui/Chips";
import { TimeRange } from "../../ui/TimeRange";
import { type LogsQuery, read } from "./filter";
import { type Level, LEVELS } from "./route";
import { usualRange } from "./useLogs";

const RANGES = ["5m", "15m", "1h", "6h", "1d", "7d", "30d", "all"];
/** A pause in typing after which the search begins. */
const PAUSE = 500;

type Set = (change: Partial<LogsQuery>) => void;

/** The filters that are always there; the others come by a click on a value, and as chips. */
export function Filters(props: { readonly query: LogsQuery; readonly set: Set; readonly services: readonly string[] }) {
    const { query, set, services } = props;
    const [first = ""] = query.service;
    const names = [...new Set([...query.service, ...services])].sort();
    return (
        <div className="filters log-filters" role="search" aria-label="Logs">
            <Search value={query.text} change={(text) => set({ text, id: undefined })} />
            <label className="inline">
                Service
                <select
                    value={query.service.length > 1 ? "+" : first}
                    onChange={(event) => set({ service: event.target.value === "" ? [] : [event.target.value] })}
                >
                    <option value="">any</option>
                    {query.service.length > 1 && <option value="+">{query.service.length} of them</option>}
                    {names.map((name) => <option key={name}>{name}</option>)}
                </select>
            </label>
            <label className="inline">
                Level
                <select
                    value={query.level ?? ""}
                    onChange={(event) => set({ level: LEVELS.find((one) => one === event.target.value) })}
                >
                    <option value="">any</option>
                    {LEVELS.slice(1).map((level) => <option key={level} value={level}>{atLeast(level)}</option>)}
                </select>
            </label>
            <TimeRange
                words={query}
                usual={usualRange(query)}
                ranges={RANGES}
                change={(words) => set({ ...words, id: undefined })}
            />
        </div>
    );
}

function atLeast(level: Level): string {
    return level === "critical" ? level : level + " and above";
}

/** The search: it begins with Enter, when the field is left, and after a pause in typing. */
function Search(props: {
    readonly value: string | undefined;
    readonly change: (value: string | undefined) => void;
}) {
    const { value = "", change } = props;
    const [text, setText] = useState(value);
    const timer = useRef<number | null>(null);
    const id = useId();
    useEffect(() => setText(value), [value]);
    const stop = (): void => {
        if (timer.current !== null) window.clearTimeout(timer.current);
        timer.current = null;
    };
    useEffect(() => stop, []);
    const take = (words: string): void => {
        stop();
        if (words !== value) change(words === "" ? undefined : words);
    };
    return (
        <span className="log-search">
            <label htmlFor={id} className="unseen">Search in messages</label>
            <input
                id={id}
                name="log-search"
                type="search"
                placeholder="Search in messages"
                maxLength={1024}
                value={text}
                spellCheck={false}
                onChange={(event) => {
                    const words = event.target.value;
                    setText(words);
                    stop();
                    timer.current = window.setTimeout(() => take(words), PAUSE);
                }}
                onBlur={() => take(text)}
                onKeyDown={(event) => event.key === "Enter" && take(text)}
            />
        </span>
    );
}

/** The filters that hold, each with what takes it away. */
export function heldFilters(query: LogsQuery, set: Set): readonly ActiveFilter[] {
    const held: ActiveFilter[] = query.service.map((value) => ({
        name: "Service",
        value,
        clear: () => set({ service: query.service.filter((one) => one !== value) }),
    }));
    const single = (name: "level" | "traceId" | "correlationId" | "text", label: string): void => {
        const value = query[name];
        if (value !== undefined) held.push({ name: label, value, clear: () => set({ [name]: undefined }) });
    };
    single("level", "At least");
    single("traceId", "Trace");
    single("correlationId", "Correlation");
    single("text", "Message with");
    for (const match of query.field) {
        const [name, value] = read(match);
        held.push({ name, value, clear: () => set({ field: query.field.filter((one) => one !== match) }) });
    }
    for (const match of query.without) {
        const [name, value] = read(match);
        const clear = (): void => set({ without: query.without.filter((one) => one !== match) });
        held.push({ name: "without " + name, value, clear });
    }
    return held;
}
