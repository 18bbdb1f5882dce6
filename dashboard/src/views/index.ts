// SPDX-License-Identifier: Apache-2.0

import { newTask } from "./new-task/route";
import { run } from "./run/route";
import { task } from "./task/route";
import { tasks } from "./tasks/route";
import { view, type View } from "./view";

/** Every view, one line each. The order is that of the navigation. */
export const views: readonly View[] = [
    view(tasks, () => import("./tasks/TasksView")),
    view(newTask, () => import("./new-task/NewTaskView")),
    view(task, () => import("./task/TaskView")),
    view(run, () => import("./run/RunView")),
];
