// SPDX-License-Identifier: Apache-2.0

import { choice, route, text } from "../../core/router";

const ID = "[0-7][0-9A-HJKMNP-TV-Z]{25}";
const step = text(new RegExp(`^step_${ID}$`));

export const PANES = ["data", "artifacts", "events", "logs"] as const;
export type Pane = typeof PANES[number];

/** A run; what of it is looked at, and how. */
export const runPlace = route("/runs/{run}", {
    step,
    call: text(new RegExp(`^tc_${ID}$`)),
    /** A run that it asked for; `self` is the run itself. */
    asked: text(new RegExp(`^(self|run_${ID})$`)),
    event: text(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
    pane: choice(PANES),
    /** What ties log lines to the run. */
    by: choice<"trace" | "correlation">(["trace", "correlation"]),
    only: choice(["all", "failed"]),
    fold: choice(["open", "folded"]),
    /** The part of its time that is shown: milliseconds from its beginning. */
    part: text(/^[\d.]{1,16}-[\d.]{1,16}$/),
    /** Only steps with a larger number. */
    behind: text(/^[1-9]\d{0,8}$/),
});

/** Two runs side by side. */
export const comparePlace = route("/runs/{run}/compare/{other}", {
    key: text(/^[!-~]{1,128}$/),
    only: choice(["all", "different"]),
});

export const run = { place: runPlace };
export const compare = { place: comparePlace };
