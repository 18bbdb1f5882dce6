// SPDX-License-Identifier: Apache-2.0

import { choice, route } from "../../core/router";

export const schedulePlace = route("/schedules/{schedule}", {
    show: choice<"facts" | "form">(["facts", "form"]),
    tab: choice<"form" | "json">(["form", "json"]),
});

export const schedule = { place: schedulePlace, needs: "schedules.read" } as const;
