// SPDX-License-Identifier: Apache-2.0

import { useEffect, useState } from "react";
import { api, cache, live, say, session } from "../../core/app";
import { ApiError, inWords } from "../../core/problem";
import { href } from "../../core/router";
import { duration } from "../../core/time";
import { changeTask, type Event, getTask, type Run, type Task, type TaskChange } from "../../gen/orchestrator";
import { Confirm } from "../../ui/Dialog";
import { useKeys, useQuery, useStore } from "../../ui/hooks";
import { JsonView } from "../../ui/JsonView";
import { Page } from "../../ui/Page";
import {
    Action,
    ConnectionBadge,
    ExactTime,
    Facts,
    Failed,
    Id,
    Loading,
    shortened,
    StatusBadge,
    Time,
} from "../../ui/parts";
import { runPlace } from "../run/route";
import { tasksPlace } from "../tasks/route";
import type { ViewProps } from "../view";
import type { taskPlace } from "./route";

const ENDED = ["completed", "failed", "cancelled"];

export default function TaskView({ parameters }: ViewProps<typeof taskPlace>) {
    const id = parameters.task;
    const tag = "task:" + id;
    const found = useQuery<Task>({
        key: tag,
        tags: [tag],
        fetch: (signal) => api.call(getTask, { path: { id }, query: { include: ["runs", "events"] } }, { signal }),
    });
    const { connection } = useStore(live.state);
    useEffect(() => {
        const again = (): void => cache.invalidate([tag]);
        return live.subscribe({
            channels: ["tasks"],
            filter: { task: [id] },
            tasks: again,
            begun: again,
            reset: again,
        });
    }, [id, tag]);

    const task = found.data;
    if (task === undefined) {
        return (
            <Page title="Task" windowTitle={"Task " + shortened(id)}>
                {found.status === "failed"
                    ? <Failed error={found.error} what="the task" retry={found.refresh} />
                    : <Loading what="the task" />}
            </Page>
        );
    }
    return (
        <Page
            title="Task"
            windowTitle={"Task " + shortened(id)}
            beside={
                <>
                    <StatusBadge status={task.status} />
                    <Id id={task.id} />
                    <ConnectionBadge connection={connection} />
                    {session.can("tasks.write") && <Actions task={task} refresh={found.refresh} />}
                </>
            }
        >
            {found.status === "failed" && <Failed error={found.error} what="the latest state" retry={found.refresh} />}
            {task.error !== null && (
                <div className="trouble">
                    <b>{task.error.code}</b> {task.error.message}
                    <span className="faint">
                        {task.error.retryable ? " Another try could have helped." : " Another try would not help."}
                    </span>
                </div>
            )}
            <Facts
                facts={[
                    ["Agent", task.agent],
                    ["Created", <ExactTime key="c" at={task.created_at} />],
                    ["Asked for by", task.created_by],
                    ["Not before", <ExactTime key="r" at={task.run_at} />],
                    ["Ended", <ExactTime key="f" at={task.finished_at} />],
                    ["Starts", `${task.attempts} of ${task.retry.max_attempts}`],
                    ["Priority", String(task.priority)],
                    ["Time limit", duration(task.timeout_seconds * 1000)],
                    ["Version", String(task.version)],
                    [
                        "Correlation",
                        task.correlation_id === null ? "–" : (
                            <Id
                                key="o"
                                id={task.correlation_id}
                                to={href(tasksPlace, {}, { correlationId: task.correlation_id })}
                            />
                        ),
                    ],
                    ["Trace", <Id key="t" id={task.trace_id} to={href(tasksPlace, {}, { traceId: task.trace_id })} />],
                    ["Room", <Id key="m" id={task.room_id} to={href(tasksPlace, {}, { roomId: task.room_id })} />],
                    ["Idempotency key", task.idempotency_key === null ? "–" : <Id key="i" id={task.idempotency_key} />],
                ]}
            />
            <div className="columns">
                <section>
                    <h2>Input</h2>
                    <JsonView value={task.input} label="Input" />
                </section>
                <section>
                    <h2>Result</h2>
                    {task.status === "completed"
                        ? <JsonView value={task.result} label="Result" />
                        : <p className="faint">There is none{ENDED.includes(task.status) ? "." : " yet."}</p>}
                </section>
            </div>
            <section>
                <h2>Runs</h2>
                <Runs runs={task.runs ?? []} />
            </section>
            <section>
                <h2>What happened</h2>
                <Events events={task.events ?? []} />
            </section>
        </Page>
    );
}

function Actions({ task, refresh }: { readonly task: Task; readonly refresh: () => void }) {
    const [asks, setAsks] = useState(false);
    const change = async (body: TaskChange, done: string): Promise<void> => {
        try {
            await api.call(changeTask, { path: { id: task.id }, body: { ...body, ifVersion: task.version } });
            say(done, "good");
        } catch (error) {
            if (!(error instanceof ApiError && error.status === 412)) throw error;
            say(
                "Somebody else has changed the task meanwhile. This is how it is now; look again before you decide.",
                "bad",
            );
        } finally {
            refresh();
        }
    };
    const cancel = (): void => {
        setAsks(false);
        change({ status: "cancelled" }, "The task is cancelled.").catch((error: unknown) => say(inWords(error), "bad"));
    };
    const hasEnded = ENDED.includes(task.status);
    // What had the focus may be gone with the status that it was for.
    useEffect(() => {
        if (document.activeElement === document.body) document.querySelector<HTMLElement>("main h1")?.focus();
    }, [task.status]);
    useKeys(hasEnded ? [] : [{ keys: "shift+c", label: "Cancel the task", group: "Task", run: () => setAsks(true) }]);
    return (
        <span className="actions">
            {!hasEnded && (
                <button type="button" className="danger" onClick={() => setAsks(true)}>
                    Cancel…
                </button>
            )}
            {(task.status === "failed" || task.status === "cancelled") && (
                <Action
                    label="Try again"
                    run={() => change({ status: "queued" }, "The task is queued again.")}
                />
            )}
            {asks && (
                <Confirm
                    title="Cancel this task?"
                    action="Cancel the task"
                    confirm={cancel}
                    close={() => setAsks(false)}
                >
                    <p>
                        Its run is stopped, and what its runs have asked for is cancelled, too. It can be tried again
                        afterwards.
                    </p>
                </Confirm>
            )}
        </span>
    );
}

function Runs({ runs }: { readonly runs: readonly Run[] }) {
    if (runs.length === 0) return <p className="faint">None was made yet.</p>;
    return (
        <div className="scroll-x" tabIndex={0} role="region" aria-label="Runs">
            <table>
                <thead>
                    <tr>
                        <th scope="col">Number</th>
                        <th scope="col">Status</th>
                        <th scope="col">Run</th>
                        <th scope="col">Started</th>
                        <th scope="col">Took</th>
                        <th scope="col">What went wrong</th>
                    </tr>
                </thead>
                <tbody>
                    {runs.map((run) => (
                        <tr key={run.id}>
                            <td>{run.number}</td>
                            <td>
                                <StatusBadge status={run.status} />
                            </td>
                            <td>
                                <Id id={run.id} to={href(runPlace, { run: run.id })} short />
                            </td>
                            <td>
                                <Time at={run.started_at} />
                            </td>
                            <td>
                                {run.started_at !== null && run.finished_at !== null
                                    ? duration(Date.parse(run.finished_at) - Date.parse(run.started_at))
                                    : "–"}
                            </td>
                            <td>{run.error?.message ?? "–"}</td>
                        </tr>
                    ))}
                </tbody>
            </table>
        </div>
    );
}

function Events({ events }: { readonly events: readonly Event[] }) {
    return (
        <ol className="events">
            {events.map((event) => (
                <li key={event.event_id} id={"event-" + event.event_id}>
                    <details>
                        <summary>
                            <ExactTime at={event.occurred_at} /> <b>{event.event_type}</b>{" "}
                            <span className="faint">{event.actor}</span>
                        </summary>
                        <p>
                            <Id id={event.event_id} />
                            {event.causation_id !== null && (
                                <>
                                    {" because of "}
                                    <a href={"#event-" + event.causation_id}>{shortened(event.causation_id)}</a>
                                </>
                            )}
                        </p>
                        <JsonView value={event.data} label={"Particulars of " + event.event_type} />
                    </details>
                </li>
            ))}
        </ol>
    );
}
