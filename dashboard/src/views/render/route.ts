// SPDX-License-Identifier: Apache-2.0

import { choice, route, text } from "../../core/router";

/** A name under which a blueprint is remembered. */
const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;

export const PANES = ["services", "monitor", "blueprint", "drift", "applies"] as const;
export type Pane = (typeof PANES)[number];

export const renderPlace = route("/render", {
    show: choice<Pane>(PANES),
    /** Of services: a part of the name, and a type. */
    name: text(),
    type: text(/^(web_service|static_site|private_service|background_worker|cron_job)$/),
    /** The diagnosis whose evidence is open. */
    diagnosis: text(),
    /** The blueprint whose drift is shown, and under whose name a plan is made. */
    blueprint: text(NAME),
    /** The plan that is shown. */
    plan: text(/^plan_[0-9A-Za-z]{8,128}$/),
    /** The apply that is shown. */
    apply: text(/^apply_[0-7][0-9A-HJKMNP-TV-Z]{25}$/),
});

export const render = {
    place: renderPlace,
    nav: { label: "Render", address: "/render", keys: "g d" },
    needs: "deployments.read",
} as const;
