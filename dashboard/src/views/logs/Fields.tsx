// SPDX-License-Identifier: Apache-2.0

import type { ReactNode } from "react";
import { api } from "../../core/app";
import { displayed } from "../../core/display";
import type { Json } from "../../core/operation";
import { href } from "../../core/router";
import { listTasks, type LogFrame } from "../../gen/orchestrator";
import { useQuery } from "../../ui/hooks";
import { Icon } from "../../ui/Icon";
import { JsonView } from "../../ui/JsonView";
import { Link } from "../../ui/Link";
import { copy, ExactTime, Facts, Id, StatusBadge } from "../../ui/parts";
import { addressOf } from "..";
import { runPlace } from "../run/route";
import { taskPlace } from "../task/route";
import { comparable, type Place } from "./filter";
import { logsPlace } from "./route";
import { inOneLine } from "./rows";

/** What may be done with a value: only lines with it, or none with it. */
export type Choose = (how: "with" | "without", place: Place, value: string) => void;

/** Everything that a line holds, each value with what filters by it. */
export function Fields(props: {
    readonly frame: LogFrame;
    readonly choose: Choose;
    readonly isAround: boolean;
    readonly surround: (frame: LogFrame) => void;
}) {
    const { frame, choose } = props;
    const own = (name: string, value: string | null, shown?: ReactNode): ReactNode =>
        value === null ? <span className="faint">–</span> : (
            <span className="log-value">
                {shown ?? displayed(value)}
                <Both place={{ part: "own", name }} value={value} choose={choose} />
            </span>
        );
    const beside = (path: readonly string[], value: Json): ReactNode => {
        const [name] = path;
        const text = comparable(value);
        // What is nested deeper is not compared by the API.
        if (name === undefined || path.length > 1 || text === null) return null;
        const address = addressOf(text);
        return (
            <>
                <Both place={{ part: "field", name }} value={text} choose={choose} />
                {address !== null && <Link to={address} label={"Open " + text}>open</Link>}
            </>
        );
    };
    const link = APP_BASE + href(logsPlace, {}, { id: String(frame.id) });
    return (
        <div className="log-fields">
            <div className="actions">
                <button type="button" aria-pressed={props.isAround} onClick={() => props.surround(frame)}>
                    {props.isAround ? "Without the lines around it" : "Lines around it"} <kbd>S</kbd>
                </button>
                <button type="button" onClick={() => void copy(inOneLine(frame), "Line")}>
                    <Icon name="copy" /> Copy the line <kbd>Y</kbd>
                </button>
                <button type="button" onClick={() => void copy(window.location.origin + link, "Link")}>
                    Copy a link to it
                </button>
                <Link to={href(logsPlace, {}, { id: String(frame.id) })} className="button">
                    Line {frame.id} alone
                </Link>
            </div>
            <Origin frame={frame} />
            <Facts
                facts={[
                    ["Time", <ExactTime key="time" at={frame.time} />],
                    ["Arrived", <ExactTime key="arrived" at={frame.received_at} />],
                    ["Level", own("level", frame.level)],
                    ["Service", own("service", frame.service)],
                    ["Trace", own("traceId", frame.trace_id, <Id id={frame.trace_id ?? ""} />)],
                    ["Correlation", own("correlationId", frame.correlation_id, <Id id={frame.correlation_id ?? ""} />)],
                ]}
            />
            <pre className="log-whole" tabIndex={0} aria-label="Message">
                {linked(displayed(frame.message)).map((one, at) => {
                    const address = at % 2 === 0 ? null : addressOf(one);
                    return address === null ? one : <Link key={at} to={address}>{one}</Link>;
                })}
            </pre>
            {frame.fields !== null && <JsonView value={frame.fields} label="fields" beside={beside} />}
        </div>
    );
}

/** A text in parts, of which every second one may be an identifier. */
function linked(text: string): readonly string[] {
    return text.split(/\b((?:task|run)_[0-9A-HJKMNP-TV-Z]{26}|[0-9a-f]{32})\b/);
}

function Both({ place, value, choose }: { readonly place: Place; readonly value: string; readonly choose: Choose }) {
    const said = displayed(place.name + " " + value);
    return (
        <span className="log-both">
            <button
                type="button"
                className="quiet icon-button"
                aria-label={"Only lines with " + said}
                title="Only lines with this"
                onClick={() => choose("with", place, value)}
            >
                <Icon name="plus" />
            </button>
            <button
                type="button"
                className="quiet icon-button"
                aria-label={"No lines with " + said}
                title="No lines with this"
                onClick={() => choose("without", place, value)}
            >
                <Icon name="minus" />
            </button>
        </span>
    );
}

/** The task whose trace or correlation a line has, and its run. */
function Origin({ frame }: { readonly frame: LogFrame }) {
    const { trace_id: trace, correlation_id: correlation } = frame;
    const isTrace = trace !== null && /^[0-9a-f]{32}$/.test(trace);
    const isCorrelation = correlation !== null && /^[!-~]{1,128}$/.test(correlation);
    const found = useQuery({
        key: JSON.stringify(["log-origin", trace, correlation]),
        tags: ["tasks"],
        freshFor: 60_000,
        async fetch(signal) {
            const ask = async (query: { readonly traceId: string } | { readonly correlationId: string }) =>
                (await api.call(listTasks, { query: { ...query, limit: 3 } }, { signal })).items;
            const byTrace = isTrace ? await ask({ traceId: trace }) : [];
            return byTrace.length > 0 || !isCorrelation ? byTrace : ask({ correlationId: correlation });
        },
    });
    if (found.data === undefined || found.data.length === 0) return null;
    return (
        <ul className="log-origin" aria-label="Tasks of this trace">
            {found.data.map((task) => (
                <li key={task.id}>
                    Of task <Id id={task.id} to={href(taskPlace, { task: task.id })} short /> and run{" "}
                    <Id id={task.run_id} to={href(runPlace, { run: task.run_id })} short />
                    <StatusBadge status={task.status} />
                </li>
            ))}
        </ul>
    );
}
