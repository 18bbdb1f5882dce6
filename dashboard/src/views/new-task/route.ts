// SPDX-License-Identifier: Apache-2.0

import { choice, route, text } from "../../core/router";

export const newTaskPlace = route("/new-task", {
    agent: text(/^[a-z][a-z0-9-]{0,62}$/),
    tab: choice<"form" | "json">(["form", "json"]),
});

export const newTask = {
    place: newTaskPlace,
    nav: { label: "New task", address: "/new-task", keys: "c" },
    needs: "tasks.write",
} as const;
