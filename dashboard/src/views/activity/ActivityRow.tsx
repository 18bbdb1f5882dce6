// SPDX-License-Identifier: Apache-2.0

import { memo } from "react";
import { displayedLine } from "../../core/display";
import { grouped } from "../../core/number";
import { href } from "../../core/router";
import { Link } from "../../ui/Link";
import { shortened, StatusBadge, Time } from "../../ui/parts";
import { logsPlace } from "../logs/route";
import { runPlace } from "../run/route";
import { taskPlace } from "../task/route";
import type { Gap, Item, Line } from "./feed";
import type { TaskUpdate } from "../../core/live";

/** What a click on a value restricts the list to. */
export interface Narrow {
    readonly service?: string;
    readonly agent?: string;
    readonly trace?: string;
    readonly correlation?: string;
}

export const ActivityRow = memo(function ActivityRow(props: {
    readonly item: Item;
    readonly agent: string | undefined;
    readonly isActive: boolean;
    readonly narrow: (part: Narrow) => void;
    readonly fill: (gap: Gap) => void;
    readonly focused: (key: string) => void;
}) {
    const { item } = props;
    const kind = item.is === "log" ? " activity-" + item.line.level : " activity-" + item.is;
    return (
        <div
            role="article"
            aria-label={nameOf(item)}
            className={"activity-row" + kind}
            data-key={item.key}
            tabIndex={props.isActive ? 0 : -1}
            onFocus={() => props.focused(item.key)}
        >
            {item.is === "task" && <Update update={item.update} agent={props.agent} narrow={props.narrow} />}
            {item.is === "log" && <LogLine line={item.line} time={item.time} narrow={props.narrow} />}
            {item.is === "gap" && <Missing gap={item} fill={props.fill} />}
        </div>
    );
});

function nameOf(item: Item): string {
    if (item.is === "task") return item.update.event_type + " of " + item.update.task_id;
    return item.is === "log"
        ? item.line.level + " of " + item.line.service + ": " + item.line.message
        : "Something missing";
}

function Update(
    props: {
        readonly update: TaskUpdate;
        readonly agent: string | undefined;
        readonly narrow: (part: Narrow) => void;
    },
) {
    const { update, narrow } = props;
    const agent = update.agent ?? props.agent;
    const error = update.error === undefined
        ? ""
        : displayedLine(`${update.error.code}: ${update.error.message}`.slice(0, 500));
    return (
        <>
            <span className="activity-time">
                <Time at={update.occurred_at} />
            </span>
            <span className="activity-what">
                {update.status === null
                    ? <span className="faint">removed</span>
                    : <StatusBadge status={update.status} />}
            </span>
            <span className="activity-who">
                {agent !== undefined && agent !== "" && <Value words={agent} take={() => narrow({ agent })} />}
            </span>
            <span className="activity-words" title={error}>
                {update.event_type}
                {error !== "" && <span className="bad">{error}</span>}
            </span>
            <span className="activity-links">
                <Link to={href(taskPlace, { task: update.task_id })} label={"task " + update.task_id}>
                    {shortened(update.task_id)}
                </Link>
                {update.run_id !== null && (
                    <Link to={href(runPlace, { run: update.run_id })} label={"run " + update.run_id}>
                        {shortened(update.run_id)}
                    </Link>
                )}
                <Tied trace={update.trace_id} correlation={update.correlation_id} narrow={narrow} />
            </span>
        </>
    );
}

function LogLine(
    props: { readonly line: Line; readonly time: number; readonly narrow: (part: Narrow) => void },
) {
    const { line, narrow } = props;
    return (
        <>
            <span className="activity-time">
                <Time at={new Date(props.time).toISOString()} />
            </span>
            <span className={"activity-what level level-" + line.level}>{line.level}</span>
            <span className="activity-who">
                <Value words={line.service} take={() => narrow({ service: line.service })} />
            </span>
            <span className="activity-words" title={line.message}>{line.message}</span>
            <span className="activity-links">
                <Link to={href(logsPlace, {}, { id: String(line.id) })} label={"log line " + line.id}>
                    #{grouped(line.id)}
                </Link>
                <Tied trace={line.trace} correlation={line.correlation} narrow={narrow} />
            </span>
        </>
    );
}

function Tied(
    props: {
        readonly trace: string | null;
        readonly correlation: string | null;
        readonly narrow: (part: Narrow) => void;
    },
) {
    const { trace, correlation, narrow } = props;
    return (
        <>
            {correlation !== null && (
                <Value
                    words={displayedLine(correlation).slice(0, 24)}
                    label={"Only with the correlation " + correlation}
                    take={() => narrow({ correlation })}
                />
            )}
            {trace !== null && (
                <Value
                    words="trace"
                    label={"Only of the trace " + trace}
                    take={() => narrow({ trace })}
                />
            )}
        </>
    );
}

/** A value that the list can be restricted to. */
function Value(props: { readonly words: string; readonly label?: string; readonly take: () => void }) {
    return (
        <button
            type="button"
            className="quiet activity-value"
            tabIndex={-1}
            title={props.label ?? "Only " + props.words}
            aria-label={props.label ?? "Only " + props.words}
            onClick={props.take}
        >
            {props.words}
        </button>
    );
}

function Missing({ gap, fill }: { readonly gap: Gap; readonly fill: (gap: Gap) => void }) {
    const many = gap.count === 0 ? "More" : grouped(gap.count);
    if (gap.why === "gone") {
        return <span className="activity-gap">{many} log lines came here and are kept no longer.</span>;
    }
    return (
        <span className="activity-gap">
            {many} {gap.count === 1 ? "line is" : "lines are"} not shown here.{" "}
            {gap.isReading ? <span role="status">Reading…</span> : (
                <button type="button" onClick={() => fill(gap)}>
                    Read {gap.count === 1 ? "it" : "them"}
                </button>
            )}
        </span>
    );
}
