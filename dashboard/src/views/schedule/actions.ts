// SPDX-License-Identifier: Apache-2.0

import { api, cache, say } from "../../core/app";
import { randomKey } from "../../core/random";
import { fireSchedule, pauseSchedule, resumeSchedule, type Schedule } from "../../gen/orchestrator";

export async function pauseOrResume(schedule: Schedule): Promise<void> {
    const path = { schedule_id: schedule.schedule_id };
    const isPaused = schedule.status === "paused";
    await api.call(isPaused ? resumeSchedule : pauseSchedule, { path });
    say(isPaused ? `${schedule.name} fires again.` : `${schedule.name} is paused.`, "good");
    cache.invalidate(["schedules"]);
}

/** Makes a task of it at once; answers which. */
export async function runNow(schedule: Schedule): Promise<string> {
    const fired = await api.call(fireSchedule, {
        path: { schedule_id: schedule.schedule_id },
        body: { idempotency_key: randomKey() },
    });
    say(`A task was made of ${schedule.name}.`, "good");
    cache.invalidate(["schedules"]);
    return fired.task_id;
}
