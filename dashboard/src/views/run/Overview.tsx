// SPDX-License-Identifier: Apache-2.0

import type { ReactNode } from "react";
import { href } from "../../core/router";
import { duration } from "../../core/time";
import type { RunDetail } from "../../gen/orchestrator";
import { ExactTime, Facts, Id } from "../../ui/parts";
import { taskPlace } from "../task/route";
import { tasksPlace } from "../tasks/route";
import { comparePlace, runPlace } from "./route";
import { stretches, waited } from "./scale";
import { dueAt, instant } from "./spans";
import type { Wait } from "./waits";
import { Link } from "../../ui/Link";

/** What is good to know of a run at once, and the rest of its facts when they are asked for. */
export function Overview(props: { readonly run: RunDetail; readonly waits: readonly Wait[]; readonly now: number }) {
    const { run } = props;
    const begin = dueAt(run);
    const end = run.finished_at === null ? Math.max(begin, props.now) : instant(run.finished_at);
    const wait = waited(stretches(begin, end, props.waits));
    const line: readonly (readonly [string, ReactNode])[] = [
        ["Task", <Id key="t" id={run.task_id} to={href(taskPlace, { task: run.task_id })} short />],
        ["Agent", run.agent],
        ["Worked", duration(end - begin - wait)],
        ["Waited", duration(wait)],
        ["Starts of its task", `${run.attempt} of ${run.max_attempts}`],
        ["Begun", <ExactTime key="b" at={run.started_at} />],
    ];
    return (
        <div className="run-overview">
            <dl className="run-line">
                {line.map(([name, value]) => (
                    <div key={name}>
                        <dt>{name}</dt>
                        <dd>{value}</dd>
                    </div>
                ))}
            </dl>
            <details>
                <summary>All facts</summary>
                <Facts
                    facts={[
                        ["Made", <ExactTime key="m" at={run.created_at} />],
                        ["Asked for by", run.created_by],
                        ["Claimed", <ExactTime key="c" at={run.claimed_at} />],
                        ["Ended", <ExactTime key="e" at={run.finished_at} />],
                        ["Claims", String(run.epoch)],
                        ["Time limit", duration(run.timeout_seconds * 1000)],
                        ["Priority", String(run.priority)],
                        ["Labels", run.labels.length === 0 ? "–" : run.labels.join(", ")],
                        [
                            "Room",
                            <Id key="o" id={run.room_id} to={href(tasksPlace, {}, { roomId: run.room_id })} short />,
                        ],
                        [
                            "Trace",
                            <Id key="r" id={run.trace_id} to={href(tasksPlace, {}, { traceId: run.trace_id })} short />,
                        ],
                        [
                            "Correlation",
                            run.correlation_id === null ? "–" : (
                                <Id
                                    key="l"
                                    id={run.correlation_id}
                                    to={href(tasksPlace, {}, { correlationId: run.correlation_id })}
                                />
                            ),
                        ],
                        [
                            "Worker session",
                            run.worker_session_id === null ? "–" : <Id key="w" id={run.worker_session_id} short />,
                        ],
                        [
                            "Asked for by the run",
                            run.parent_run_id === null ? "–" : <RunLink key="p" id={run.parent_run_id} />,
                        ],
                        [
                            "Replay of",
                            run.replay_of_run_id === null ? "–" : (
                                <>
                                    <RunLink id={run.replay_of_run_id} />{" "}
                                    <Link
                                        to={href(comparePlace, { run: run.replay_of_run_id, other: run.run_id })}
                                    >
                                        Compare
                                    </Link>
                                </>
                            ),
                        ],
                    ]}
                />
            </details>
        </div>
    );
}

function RunLink({ id }: { readonly id: string }) {
    return <Id id={id} to={href(runPlace, { run: id })} short />;
}
