// SPDX-License-Identifier: Apache-2.0

import { href } from "../core/router";
import { agents } from "./agents/route";
import { newSchedule } from "./new-schedule/route";
import { newTask } from "./new-task/route";
import { run, runPlace } from "./run/route";
import { schedule, schedulePlace } from "./schedule/route";
import { schedules } from "./schedules/route";
import { task, taskPlace } from "./task/route";
import { tasks, tasksPlace } from "./tasks/route";
import { type View, view } from "./view";

/** Every view, one line each. The order is that of the navigation. */
export const views: readonly View[] = [
    view(tasks, () => import("./tasks/TasksView")),
    view(newTask, () => import("./new-task/NewTaskView")),
    view(task, () => import("./task/TaskView")),
    view(run, () => import("./run/RunView")),
    view(agents, () => import("./agents/AgentsView")),
    view(schedules, () => import("./schedules/SchedulesView")),
    view(newSchedule, () => import("./new-schedule/NewScheduleView")),
    view(schedule, () => import("./schedule/ScheduleView")),
];

/** Where an identifier leads that somebody pastes; null for what names no place. */
export function addressOf(id: string): string | null {
    if (/^task_[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(id)) return href(taskPlace, { task: id });
    if (/^run_[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(id)) return href(runPlace, { run: id });
    if (/^sched_[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(id)) return href(schedulePlace, { schedule: id });
    return /^[0-9a-f]{32}$/.test(id) ? href(tasksPlace, {}, { traceId: id }) : null;
}
