// SPDX-License-Identifier: Apache-2.0

import { type Codec, moment, route, text } from "../../core/router";

/** A number above 0 and below a bound; the usual one is not written. */
function amount(usual: number, below: number): Codec<number> {
    return {
        read([value]) {
            const found = value === undefined || value === "" ? Number.NaN : Number(value);
            return found > 0 && found < below ? found : usual;
        },
        write: (value) => (value === usual ? [] : [String(value)]),
    };
}

export const analyticsPlace = route("/analytics", {
    agent: text(/^[a-z][a-z0-9-]{0,62}$/),
    range: text(/^[1-9]\d{0,3}[smhd]$/),
    since: moment,
    until: moment,
    /** Seconds within which a task is to be completed. */
    within: amount(60, 7_948_800),
    /** Per cent of the tasks that are to keep to it. */
    target: amount(99, 100),
});

export const analytics = {
    place: analyticsPlace,
    nav: { label: "Analytics", address: "/analytics", keys: "g y" },
};
