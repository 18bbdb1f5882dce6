// SPDX-License-Identifier: Apache-2.0

import { route, text } from "../../core/router";

export const agentsPlace = route("/agents", {
    /** The agent of which everything is shown. */
    agent: text(/^[a-z][a-z0-9-]{0,62}$/),
    /** The worker session whose runs are shown. */
    worker: text(/^ses_[0-7][0-9A-HJKMNP-TV-Z]{25}$/),
});

export const agents = { place: agentsPlace, nav: { label: "Agents", address: "/agents", keys: "g e" } };
