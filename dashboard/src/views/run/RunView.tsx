// SPDX-License-Identifier: Apache-2.0

import { useEffect } from "react";
import { api, cache, live, preferences, router, say } from "../../core/app";
import { href } from "../../core/router";
import { duration } from "../../core/time";
import { getRun, listSteps, replayRun, type RunDetail, type Step } from "../../gen/orchestrator";
import { useQuery, useStore } from "../../ui/hooks";
import { JsonView } from "../../ui/JsonView";
import { Page } from "../../ui/Page";
import { usePages } from "../../ui/pages";
import { Action, ExactTime, Facts, Failed, Id, Loading, shortened, StatusBadge, Time } from "../../ui/parts";
import { taskPlace } from "../task/route";
import type { ViewProps } from "../view";
import { runPlace } from "./route";

const ENDED = ["completed", "failed", "cancelled"];

export default function RunView({ parameters }: ViewProps<typeof runPlace>) {
    const id = parameters.run;
    const tag = "run:" + id;
    const { workspace } = useStore(preferences);
    const found = useQuery<RunDetail>({
        key: tag,
        tags: [tag],
        fetch: (signal) => api.call(getRun, { path: { run_id: id } }, { signal }),
    });
    const steps = usePages<Step>(
        workspace + " " + tag,
        (step) => step.step_id,
        (cursor, signal) =>
            api.call(listSteps, {
                path: { run_id: id },
                query: { limit: 100, cursor: cursor === undefined ? undefined : Number(cursor) },
            }, { signal }),
    );
    const run = found.data;
    const task = run?.task_id;
    const { renew } = steps;
    useEffect(() => {
        if (task === undefined) return undefined;
        const again = (): void => {
            cache.invalidate([tag]);
            renew();
        };
        return live.subscribe({
            channels: ["tasks"],
            filter: { task: [task] },
            tasks: again,
            begun: again,
            reset: again,
        });
    }, [task, tag, workspace, renew]);

    if (run === undefined) {
        return (
            <Page title="Run" windowTitle={"Run " + shortened(id)}>
                {found.status === "failed"
                    ? <Failed error={found.error} what="the run" retry={found.refresh} />
                    : <Loading what="the run" />}
            </Page>
        );
    }
    const replay = async (): Promise<void> => {
        const made = await api.call(replayRun, { path: { run_id: id }, body: {} });
        say(`Run ${made.number} of the task is made.`, "good");
        router.go(href(runPlace, { run: made.run_id }));
    };
    return (
        <Page
            title={"Run " + run.number}
            windowTitle={"Run " + shortened(id)}
            beside={
                <>
                    <StatusBadge status={run.status} />
                    <Id id={run.run_id} />
                    <span className="actions">
                        {ENDED.includes(run.status) && <Action label="Replay" run={replay} />}
                    </span>
                </>
            }
        >
            {run.error !== null && (
                <div className="trouble">
                    <b>{run.error.code}</b> {run.error.message}
                </div>
            )}
            <Facts
                facts={[
                    ["Task", <Id key="t" id={run.task_id} to={href(taskPlace, { task: run.task_id })} />],
                    ["Agent", run.agent],
                    ["Made", <ExactTime key="m" at={run.created_at} />],
                    ["Claimed", <ExactTime key="c" at={run.claimed_at} />],
                    ["Ended", <ExactTime key="e" at={run.finished_at} />],
                    ["Claims", String(run.epoch)],
                    ["Labels", run.labels.length === 0 ? "–" : run.labels.join(", ")],
                    [
                        "Asked for by the run",
                        run.parent_run_id === null
                            ? "–"
                            : <Id key="p" id={run.parent_run_id} to={href(runPlace, { run: run.parent_run_id })} />,
                    ],
                    [
                        "Replay of",
                        run.replay_of_run_id === null ? "–" : (
                            <Id
                                key="y"
                                id={run.replay_of_run_id}
                                to={href(runPlace, { run: run.replay_of_run_id })}
                            />
                        ),
                    ],
                ]}
            />
            <div className="columns">
                <section>
                    <h2>Input</h2>
                    <JsonView value={run.input} label="Input" />
                </section>
                <section>
                    <h2>Result</h2>
                    {run.status === "completed"
                        ? <JsonView value={run.result} label="Result" />
                        : <p className="faint">There is none.</p>}
                </section>
            </div>
            <section>
                <h2>Steps</h2>
                {steps.status === "loading" && <Loading what="the steps" />}
                {steps.status === "failed" && <Failed error={steps.error} what="the steps" retry={steps.retry} />}
                {steps.status === "ready" && steps.rows.length === 0 && (
                    <p className="faint">Its worker has told of none.</p>
                )}
                <ol className="events">
                    {steps.rows.map((step) => (
                        <li key={step.step_id}>
                            <StepEntry step={step} />
                        </li>
                    ))}
                </ol>
                {steps.hasMore && (
                    <button type="button" onClick={steps.more} disabled={steps.isReading}>
                        Read more steps
                    </button>
                )}
            </section>
        </Page>
    );
}

function StepEntry({ step }: { readonly step: Step }) {
    return (
        <details open={step.status === "failed"}>
            <summary>
                <StatusBadge status={step.status} /> <b>{step.name}</b> <Time at={step.started_at} />{" "}
                {step.finished_at !== null && (
                    <span className="faint">
                        {duration(Date.parse(step.finished_at) - Date.parse(step.started_at))}
                    </span>
                )}
            </summary>
            <p>
                <Id id={step.step_id} />
            </p>
            {step.error !== null && (
                <p className="bad">
                    {step.error.code}: {step.error.message}
                </p>
            )}
            <JsonView value={step.input} label={"Input of " + step.name} />
            <JsonView value={step.output} label={"Output of " + step.name} />
        </details>
    );
}
