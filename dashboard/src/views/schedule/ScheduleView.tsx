// SPDX-License-Identifier: Apache-2.0

import { useState } from "react";
import { api, cache, router, say, session } from "../../core/app";
import { ApiError, inWords } from "../../core/problem";
import { href } from "../../core/router";
import { duration } from "../../core/time";
import {
    changeSchedule,
    deleteSchedule,
    getSchedule,
    listAgents,
    previewSchedule,
    type Schedule,
} from "../../gen/orchestrator";
import { Confirm } from "../../ui/Dialog";
import { useKeys, useQuery } from "../../ui/hooks";
import { JsonView } from "../../ui/JsonView";
import { Page } from "../../ui/Page";
import { Action, ExactTime, Facts, Failed, Id, Loading } from "../../ui/parts";
import { taskPlace } from "../task/route";
import { tasksPlace } from "../tasks/route";
import type { ViewProps } from "../view";
import { pauseOrResume, runNow } from "./actions";
import { Fires } from "./Fires";
import { alteration, draftOf, type ScheduleDraft } from "./form";
import type { schedulePlace } from "./route";
import { ScheduleForm } from "./ScheduleForm";
import { rhythm, Standing } from "./Standing";

const OVERLAP: Readonly<Record<Schedule["overlap"], string>> = {
    skip: "makes none while an earlier task is not finished",
    queue: "makes another, which waits for the earlier one",
    cancel_previous: "cancels the earlier task",
};

export default function ScheduleView({ parameters, query, set }: ViewProps<typeof schedulePlace>) {
    const id = parameters.schedule;
    const found = useQuery<Schedule>({
        key: "schedule:" + id,
        tags: ["schedules"],
        fetch: (signal) => api.call(getSchedule, { path: { schedule_id: id } }, { signal }),
    });
    const schedule = found.data;
    const mayManage = session.can("schedules.manage");
    const isForm = mayManage && query.show === "form";
    useKeys(
        isForm || !mayManage ? [] : [{ keys: "e", label: "Edit", group: "Schedule", run: () => set({ show: "form" }) }],
    );
    if (schedule === undefined) {
        return (
            <Page title="Schedule">
                {found.status === "failed"
                    ? <Failed error={found.error} what="the schedule" retry={found.refresh} />
                    : <Loading what="the schedule" />}
            </Page>
        );
    }
    return (
        <Page
            title={schedule.name}
            windowTitle={"Schedule " + schedule.name}
            beside={
                <>
                    <Standing schedule={schedule} />
                    <Id id={schedule.schedule_id} />
                    {mayManage && !isForm && <Actions schedule={schedule} edit={() => set({ show: "form" })} />}
                </>
            }
        >
            {found.status === "failed" && <Failed error={found.error} what="the latest state" retry={found.refresh} />}
            {isForm
                ? (
                    <Edit
                        schedule={schedule}
                        tab={query.tab}
                        choose={(tab) => set({ tab })}
                        close={() => set({ show: "facts" })}
                    />
                )
                : <About schedule={schedule} />}
        </Page>
    );
}

function Actions({ schedule, edit }: { readonly schedule: Schedule; readonly edit: () => void }) {
    const [asks, setAsks] = useState(false);
    const remove = async (): Promise<void> => {
        setAsks(false);
        try {
            await api.call(deleteSchedule, { path: { schedule_id: schedule.schedule_id } });
            cache.invalidate(["schedules"]);
            say(`${schedule.name} is deleted.`, "good");
            router.go("/schedules");
        } catch (error) {
            say(inWords(error), "bad");
        }
    };
    return (
        <span className="actions">
            <Action
                label="Run now"
                run={async () => router.go(href(taskPlace, { task: await runNow(schedule) }))}
            />
            {schedule.status !== "ended" && (
                <Action
                    label={schedule.status === "paused" ? "Resume" : "Pause"}
                    run={() => pauseOrResume(schedule)}
                />
            )}
            <button type="button" onClick={edit}>
                Edit <kbd>E</kbd>
            </button>
            <button type="button" className="danger" onClick={() => setAsks(true)}>
                Delete…
            </button>
            {asks && (
                <Confirm
                    title={`Delete ${schedule.name}?`}
                    action="Delete it"
                    confirm={() => void remove()}
                    close={() => setAsks(false)}
                >
                    <p>It makes no more tasks. Those that it has made stay.</p>
                </Confirm>
            )}
        </span>
    );
}

function About({ schedule }: { readonly schedule: Schedule }) {
    const { task } = schedule;
    const catchUp = schedule.catch_up;
    return (
        <>
            <Facts
                facts={[
                    ["When", <code key="w">{rhythm(schedule)}</code>],
                    ["Next fire", <ExactTime key="n" at={schedule.next_fire_at} />],
                    ["Last fire", <ExactTime key="l" at={schedule.last_fire_at} />],
                    [
                        "Last task",
                        schedule.last_task_id === null ? "–" : (
                            <Id
                                key="t"
                                id={schedule.last_task_id}
                                to={href(taskPlace, { task: schedule.last_task_id })}
                            />
                        ),
                    ],
                    ["Tasks made", schedule.fire_count.toLocaleString("en")],
                    [
                        "Jitter",
                        schedule.jitter_seconds === 0 ? "none" : "up to " + duration(schedule.jitter_seconds * 1000),
                    ],
                    ["A fire", OVERLAP[schedule.overlap]],
                    [
                        "Missed fires",
                        catchUp.policy === "skip"
                            ? "are left out"
                            : catchUp.policy === "latest"
                            ? "the latest is made up for"
                            : `the latest ${catchUp.limit ?? ""} are made up for`,
                    ],
                    ["Agent", task.agent],
                    ["Priority", String(task.priority)],
                    ["Time limit", duration(task.timeout_seconds * 1000)],
                    [
                        "Its tasks",
                        <Id
                            key="c"
                            id={task.correlation_id ?? schedule.schedule_id}
                            to={href(tasksPlace, {}, { correlationId: task.correlation_id ?? schedule.schedule_id })}
                        />,
                    ],
                    ["Paused", <ExactTime key="p" at={schedule.paused_at} />],
                    ["Changed", <ExactTime key="u" at={schedule.updated_at} />],
                ]}
            />
            <div className="columns">
                <section>
                    <h2>Next fires</h2>
                    <Next schedule={schedule} />
                </section>
                <section>
                    <h2>Input</h2>
                    <JsonView value={task.input} label="Input" />
                </section>
            </div>
        </>
    );
}

function Next({ schedule }: { readonly schedule: Schedule }) {
    const id = schedule.schedule_id;
    const found = useQuery({
        key: `fires:${id}:${schedule.version}:${schedule.next_fire_at ?? ""}`,
        tags: ["schedules"],
        fetch: (signal) => api.call(previewSchedule, { path: { schedule_id: id }, query: { count: 10 } }, { signal }),
    });
    if (schedule.status === "paused") {
        return <p className="faint">It is paused: it fires when it is resumed, or by Run now.</p>;
    }
    if (found.data === undefined) {
        return found.status === "failed"
            ? <Failed error={found.error} what="the next fires" retry={found.refresh} />
            : <Loading what="the next fires" />;
    }
    const hasJitter = schedule.jitter_seconds > 0;
    const fires = found.data.fires.map((one) => ({ at: one.fire_at, ...(hasJitter ? { task: one.run_at } : {}) }));
    return <Fires label="Next fires" fires={fires} hasJitter={hasJitter} />;
}

function Edit(props: {
    readonly schedule: Schedule;
    readonly tab: "form" | "json";
    readonly choose: (tab: "form" | "json") => void;
    readonly close: () => void;
}) {
    // What somebody began to change stays, whatever happens to the schedule meanwhile: the version decides.
    const [schedule] = useState(props.schedule);
    const agents = useQuery({
        key: "agents",
        tags: ["agents"],
        freshFor: 60_000,
        fetch: (signal) => api.call(listAgents, {}, { signal }),
    });
    const send = async (draft: ScheduleDraft): Promise<void> => {
        try {
            const path = { schedule_id: schedule.schedule_id };
            await api.call(changeSchedule, { path, body: alteration(draft, schedule) });
        } catch (error) {
            if (!(error instanceof ApiError && error.status === 412)) throw error;
            throw new Error("Somebody else has changed the schedule meanwhile. Leave this and look at it again.");
        }
        cache.invalidate(["schedules"]);
        say("The schedule is changed.", "good");
        props.close();
    };
    if (agents.data === undefined) {
        return agents.status === "failed"
            ? <Failed error={agents.error} what="the agents" retry={agents.refresh} />
            : <Loading what="the agents" />;
    }
    return (
        <ScheduleForm
            agents={agents.data.items}
            first={draftOf(schedule)}
            exists
            tab={props.tab}
            choose={props.choose}
            action="Save"
            send={send}
            cancel={props.close}
        />
    );
}
