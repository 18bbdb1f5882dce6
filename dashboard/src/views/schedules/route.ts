// SPDX-License-Identifier: Apache-2.0

import { route } from "../../core/router";

export const schedulesPlace = route("/schedules", {});

export const schedules = {
    place: schedulesPlace,
    nav: { label: "Schedules", address: "/schedules", keys: "g s" },
    needs: "schedules.read",
} as const;
