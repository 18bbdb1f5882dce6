// SPDX-License-Identifier: Apache-2.0

import { href } from "../core/router";
import { activity } from "./activity/route";
import { agents } from "./agents/route";
import { analytics } from "./analytics/route";
import { configuration } from "./configuration/route";
import { incident, incidentPlace, incidents } from "./incidents/route";
import { logs } from "./logs/route";
import { newSchedule } from "./new-schedule/route";
import { newTask } from "./new-task/route";
import { notifications } from "./notifications/route";
import { render } from "./render/route";
import { room, roomPlace } from "./room/route";
import { rooms } from "./rooms/route";
import { compare, run, runPlace } from "./run/route";
import { schedule, schedulePlace } from "./schedule/route";
import { schedules } from "./schedules/route";
import { task, taskPlace } from "./task/route";
import { tasks, tasksPlace } from "./tasks/route";
import { thread } from "./thread/route";
import { type View, view } from "./view";

/** Every view, one line each. The order is that of the navigation. */
export const views: readonly View[] = [
    view(activity, () => import("./activity/ActivityView")),
    view(tasks, () => import("./tasks/TasksView")),
    view(rooms, () => import("./rooms/RoomsView")),
    view(notifications, () => import("./notifications/NotificationsView")),
    view(newTask, () => import("./new-task/NewTaskView")),
    view(logs, () => import("./logs/LogsView")),
    view(task, () => import("./task/TaskView")),
    view(run, () => import("./run/RunView")),
    view(room, () => import("./room/RoomView")),
    view(thread, () => import("./thread/ThreadView")),
    view(compare, () => import("./run/CompareView")),
    view(incidents, () => import("./incidents/IncidentsView")),
    view(incident, () => import("./incidents/IncidentView")),
    view(agents, () => import("./agents/AgentsView")),
    view(analytics, () => import("./analytics/AnalyticsView")),
    view(schedules, () => import("./schedules/SchedulesView")),
    view(newSchedule, () => import("./new-schedule/NewScheduleView")),
    view(schedule, () => import("./schedule/ScheduleView")),
    view(render, () => import("./render/RenderView")),
    view(configuration, () => import("./configuration/ConfigurationView")),
];

/** Where an identifier leads that somebody pastes; null for what names no place. */
export function addressOf(id: string): string | null {
    if (/^task_[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(id)) return href(taskPlace, { task: id });
    if (/^run_[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(id)) return href(runPlace, { run: id });
    if (/^room_[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(id)) return href(roomPlace, { room: id });
    if (/^inc_[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(id)) return href(incidentPlace, { incident: id });
    if (/^sched_[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(id)) return href(schedulePlace, { schedule: id });
    return /^[0-9a-f]{32}$/.test(id) ? href(tasksPlace, {}, { traceId: id }) : null;
}
