// SPDX-License-Identifier: Apache-2.0

import { useEffect } from "react";
import { api, live, preferences, router, say, session } from "../../core/app";
import { inWords } from "../../core/problem";
import { href } from "../../core/router";
import { listSchedules, type Schedule } from "../../gen/orchestrator";
import { type Column, DataTable } from "../../ui/DataTable";
import { useKeys, useStore } from "../../ui/hooks";
import { Link } from "../../ui/Link";
import { Page } from "../../ui/Page";
import { usePages } from "../../ui/pages";
import { Action, Empty, Id, Time } from "../../ui/parts";
import { newSchedulePlace } from "../new-schedule/route";
import { pauseOrResume, runNow } from "../schedule/actions";
import { second } from "../schedule/Fires";
import { schedulePlace } from "../schedule/route";
import { rhythm, Standing } from "../schedule/Standing";
import { taskPlace } from "../task/route";

const id = (row: Schedule): string => row.schedule_id;

export default function SchedulesView() {
    const { workspace } = useStore(preferences);
    const list = usePages<Schedule>(
        workspace,
        id,
        (cursor, signal) => api.call(listSchedules, { query: { limit: 100, cursor } }, { signal }),
    );
    const { renew } = list;
    // A fire makes a task.
    useEffect(
        () => live.subscribe({ channels: ["tasks"], begun: renew, reset: renew, tasks: renew }),
        [workspace, renew],
    );
    const add = (): void => router.go(href(newSchedulePlace, {}));
    const mayManage = session.can("schedules.manage");
    useKeys(mayManage ? [{ keys: "n", label: "New schedule", group: "Schedules", run: add }] : []);
    const then = (work: Promise<unknown>): Promise<void> =>
        work.catch((error: unknown) => say(inWords(error), "bad")).then(renew);

    const actions: Column<Schedule> = {
        name: "actions",
        title: "",
        cell: (row) => (
            <span className="actions" onClick={(event) => event.stopPropagation()}>
                {row.status !== "ended" && (
                    <Action
                        label={row.status === "paused" ? "Resume" : "Pause"}
                        run={() => then(pauseOrResume(row))}
                    />
                )}
                <Action label="Run now" run={() => then(runNow(row))} />
            </span>
        ),
    };
    const columns: readonly Column<Schedule>[] = [
        { name: "status", title: "Status", cell: (row) => <Standing schedule={row} /> },
        {
            name: "name",
            title: "Name",
            cell: (row) => (
                <Link to={href(schedulePlace, { schedule: row.schedule_id })} tabIndex={-1}>
                    {row.name}
                </Link>
            ),
        },
        { name: "rhythm", title: "When", cell: (row) => <code>{rhythm(row)}</code> },
        {
            name: "next",
            title: "Next, here",
            cell: (row) =>
                row.next_fire_at === null ? <span className="faint">–</span> : (
                    <span className="exact">
                        {second(row.next_fire_at, "local")} (<Time at={row.next_fire_at} />)
                    </span>
                ),
        },
        {
            name: "utc",
            title: "Next, UTC",
            cell: (row) => (
                <span className="exact">{row.next_fire_at === null ? "–" : second(row.next_fire_at, "utc")}</span>
            ),
        },
        {
            name: "last",
            title: "Last task",
            cell: (row) =>
                row.last_task_id === null
                    ? <span className="faint">none yet</span>
                    : <Id id={row.last_task_id} to={href(taskPlace, { task: row.last_task_id })} short tabIndex={-1} />,
        },
        ...(mayManage ? [actions] : []),
    ];
    return (
        <Page
            title="Schedules"
            isList
            beside={mayManage && (
                <Link to={href(newSchedulePlace, {})} className="button main">
                    New schedule <kbd>N</kbd>
                </Link>
            )}
        >
            <DataTable
                label="Schedules"
                name="schedules"
                columns={columns}
                list={list}
                id={id}
                open={(row) => router.go(href(schedulePlace, { schedule: row.schedule_id }))}
                empty={
                    <Empty title="No schedule yet">
                        <p>A schedule makes tasks by itself: each morning, every minute, or once at a time to come.</p>
                        {mayManage && (
                            <Link to={href(newSchedulePlace, {})} className="button main">
                                Make the first schedule
                            </Link>
                        )}
                    </Empty>
                }
            />
        </Page>
    );
}
