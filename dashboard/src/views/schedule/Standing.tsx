// SPDX-License-Identifier: Apache-2.0

import type { Schedule } from "../../gen/orchestrator";
import { Badge } from "../../ui/Badge";

/** Whether a schedule fires. */
export function Standing({ schedule }: { readonly schedule: Schedule }) {
    switch (schedule.status) {
        case "active":
            return <Badge tone="good" icon="clock">Active</Badge>;
        case "paused":
            return <Badge tone="warn" icon="pause">Paused</Badge>;
        case "ended":
            return <Badge tone="plain" icon="stop">Ended</Badge>;
    }
}

/** When it fires, in its own words. */
export function rhythm(schedule: Schedule): string {
    return schedule.cron === null ? "once" : schedule.cron + " · " + (schedule.timezone ?? "UTC");
}
