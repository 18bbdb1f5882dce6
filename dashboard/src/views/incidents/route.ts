// SPDX-License-Identifier: Apache-2.0

import { choice, choices, route, text } from "../../core/router";
import type { Incident } from "../../gen/orchestrator";

export const STATUSES: readonly Incident["status"][] = ["open", "acknowledged", "closed"];
export const SEVERITIES: readonly Incident["severity"][] = ["low", "medium", "high", "critical"];

const ID = "[0-7][0-9A-HJKMNP-TV-Z]{25}";

/** Every filter of `GET /v1/incidents`, and whether one is being opened by hand, with what it is about. */
export const incidentsPlace = route("/incidents", {
    status: choices(STATUSES),
    severity: choices(SEVERITIES),
    kind: text(/^[a-z][a-z0-9_]{0,62}$/),
    room_id: text(new RegExp(`^room_${ID}$`)),
    run_id: text(new RegExp(`^run_${ID}$`)),
    open: choice(["no", "yes"]),
    about: text(new RegExp(`^run_${ID}$`)),
    title: text(),
});

export const incidentPlace = route("/incidents/{incident}", {});

export const incidents = { place: incidentsPlace, nav: { label: "Incidents", address: "/incidents", keys: "g i" } };
export const incident = { place: incidentPlace };
