// SPDX-License-Identifier: Apache-2.0

import { choice, route, text } from "../../core/router";

export const configurationPlace = route("/configuration", {
    /** The daemon of which every key is shown; the first that fails unless one is named. */
    daemon: text(/^[a-z][a-z0-9-]{0,62}$/),
    show: choice<"all" | "set" | "wrong">(["all", "set", "wrong"]),
    key: text(),
});

export const configuration = {
    place: configurationPlace,
    nav: { label: "Configuration", address: "/configuration", keys: "g c" },
};
