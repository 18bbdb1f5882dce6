// SPDX-License-Identifier: Apache-2.0

import { choice, route } from "../../core/router";

export const newSchedulePlace = route("/schedules/new", {
    tab: choice<"form" | "json">(["form", "json"]),
});

export const newSchedule = { place: newSchedulePlace, needs: "schedules.manage" } as const;
