// SPDX-License-Identifier: Apache-2.0

import { choice, type Codec, route } from "../../core/router";

/** The sequence of an event; undefined when it is left out or none. */
const sequence: Codec<number | undefined> = {
    read: ([value]) => (value !== undefined && /^[1-9][0-9]{0,14}$/.test(value) ? Number(value) : undefined),
    write: (value) => (value === undefined ? [] : [String(value)]),
};

/** A room; `at` is the event that is looked at, by its sequence. */
export const roomPlace = route("/rooms/{room}", {
    at: sequence,
    threads: choice<"open" | "archived">(["open", "archived"]),
});

export const room = { place: roomPlace };
