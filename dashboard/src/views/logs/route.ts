// SPDX-License-Identifier: Apache-2.0

import { choice, type Codec, moment, route, text } from "../../core/router";
import type { LogFrame } from "../../gen/orchestrator";

export type Level = LogFrame["level"];

/** Least first. */
export const LEVELS: readonly Level[] = ["trace", "debug", "info", "notice", "warning", "error", "critical"];

/** Texts that stand in the address one after the other, each once. */
function texts(allowed: RegExp, most: number): Codec<readonly string[]> {
    return {
        read: (values) => [...new Set(values.filter((value) => allowed.test(value)))].slice(0, most),
        write: (values) => values,
    };
}

const level: Codec<Level | undefined> = {
    read: ([value]) => LEVELS.find((one) => one === value),
    write: (value) => (value === undefined ? [] : [value]),
};

const LABEL = /^[^\u0000-\u001f\u007f]{1,256}$/;
const MATCH = /^([^:\\\u0000]|\\[:\\])+:[^\u0000]*$/;
/** What the API takes of `field` and `without` together. */
export const MOST_MATCHES = 8;

/** Every filter of `GET /v1/logs` under its own name, and how the list is looked at. */
export const logsPlace = route("/logs", {
    service: texts(/^[^\u0000-\u001f\u007f,]{1,128}$/, 8),
    level,
    traceId: text(LABEL),
    correlationId: text(LABEL),
    text: text(/^[^\u0000]{1,1024}$/),
    field: texts(MATCH, MOST_MATCHES),
    without: texts(MATCH, MOST_MATCHES),
    /** How far back from now, such as `15m`; or `all`. */
    range: text(/^([1-9]\d{0,3}[smhd]|all)$/),
    since: moment,
    until: moment,
    order: choice<"newest" | "oldest">(["newest", "oldest"]),
    follow: choice<"no" | "yes">(["no", "yes"]),
    wrap: choice<"no" | "yes">(["no", "yes"]),
    /** One line, shown among its neighbours. */
    id: text(/^[1-9]\d{0,15}$/),
});

export const logs = { place: logsPlace, nav: { label: "Logs", address: "/logs", keys: "g l" } };
