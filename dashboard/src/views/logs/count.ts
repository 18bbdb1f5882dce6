// SPDX-License-Identifier: Apache-2.0

import type { Bucket } from "../../core/chart";
import type { LogHistogram } from "../../gen/orchestrator";
import { LEVELS } from "./route";

/** A histogram as a chart takes it. The last part may reach beyond the range, and ends with it. */
export function bucketsOf(histogram: LogHistogram): readonly Bucket[] {
    const length = histogram.bucket_seconds * 1000;
    const until = Date.parse(histogram.until);
    return histogram.buckets.map((bucket) => {
        const start = Date.parse(bucket.start);
        return {
            start,
            end: Math.min(until, start + length),
            values: LEVELS.map((level) => bucket[level]),
        };
    });
}

const figure = new Intl.NumberFormat("en");

function counted(count: number, one: string): string {
    return figure.format(count) + " " + one + (count === 1 ? "" : "s");
}

/** How many lines there are, and how many of them tell of trouble. */
export function countInWords(histogram: LogHistogram): string {
    const sum = (level: typeof LEVELS[number]): number =>
        histogram.buckets.reduce((total, bucket) => total + bucket[level], 0);
    const all = LEVELS.reduce((total, level) => total + sum(level), 0);
    if (all === 0) return "No lines.";
    const bad = sum("error") + sum("critical");
    const parts = [
        bad === 0
            ? "no errors"
            : counted(bad, "error") + (sum("critical") === 0 ? "" : ` (${sum("critical")} critical)`),
        sum("warning") === 0 ? "no warnings" : counted(sum("warning"), "warning"),
    ];
    return counted(all, "line") + ", " + parts.join(" and ") + ".";
}
