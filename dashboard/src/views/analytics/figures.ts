// SPDX-License-Identifier: Apache-2.0
// The figures of how work went, as charts and sentences take them.

import type { Bucket } from "../../core/chart";
import { duration } from "../../core/time";
import type { Analytics, AnalyticsBucket, Percentiles, TaskFigures } from "./operations";

const whole = new Intl.NumberFormat("en");

export function counted(count: number, one: string): string {
    return whole.format(count) + " " + one + (count === 1 ? "" : "s");
}

/** A share of 1 in per cent, as fine as it takes to tell it from all and nothing. */
export function perCent(share: number): string {
    const value = share * 100;
    if (value === 0 || value === 100) return value + " %";
    if (value > 100) return whole.format(Math.round(value)) + " %";
    if (value > 99.99) return "> 99.99 %";
    if (value < 0.01) return "< 0.01 %";
    return (value >= 99 || value < 1 ? value.toFixed(2) : value.toFixed(1)) + " %";
}

export function seconds(value: number): string {
    return value > 0 && value < 0.001 ? "< 1 ms" : duration(value * 1000);
}

/** Of those that ended, the share that failed; null while none has. */
export function errorRate(figures: TaskFigures): number | null {
    return figures.ended === 0 ? null : figures.failed / figures.ended;
}

function buckets(
    analytics: Analytics,
    values: (bucket: AnalyticsBucket) => readonly (number | null)[],
): readonly Bucket[] {
    return analytics.buckets.map((one) => ({
        start: Date.parse(one.since),
        end: Date.parse(one.until),
        values: values(one),
    }));
}

/** Completed, failed, cancelled, and those that have not ended. */
export function throughput(analytics: Analytics): readonly Bucket[] {
    return buckets(
        analytics,
        (one) => [one.completed, one.failed, one.cancelled, Math.max(0, one.created - one.ended)],
    );
}

export function percentiles(analytics: Analytics, of: "wait" | "duration"): readonly Bucket[] {
    return buckets(analytics, (one) => {
        const found = one[of];
        return [found?.p50 ?? null, found?.p95 ?? null, found?.p99 ?? null];
    });
}

export function errorRates(analytics: Analytics): readonly Bucket[] {
    return buckets(analytics, (one) => [errorRate(one)]);
}

/** Of those that ended, the share that was not completed in time. */
export function misses(analytics: Analytics): readonly Bucket[] {
    return buckets(analytics, (one) => [one.sla.share === null ? null : 1 - one.sla.share]);
}

/** How much of what may miss the target has missed it: 1 is all of it, more is too much; null without tasks. */
export function budgetUsed(figures: TaskFigures, target: number): number | null {
    if (figures.sla.share === null) return null;
    return (1 - figures.sla.share) / (1 - target);
}

export function throughputInWords(figures: TaskFigures, milliseconds: number): string {
    const perHour = figures.created / (milliseconds / 3_600_000);
    const rate = perHour >= 60 ? whole.format(Math.round(perHour / 60)) + " a minute" : perHour.toFixed(1) + " an hour";
    const open = figures.created - figures.ended;
    return `${counted(figures.created, "task")}, ${rate}: ${whole.format(figures.completed)} completed, ` +
        `${whole.format(figures.failed)} failed, ${whole.format(figures.cancelled)} cancelled, ` +
        `${whole.format(Math.max(0, open))} not ended.`;
}

export function percentilesInWords(found: Percentiles | null, nothing: string): string {
    if (found === null) return nothing;
    return `Half within ${seconds(found.p50)}, 95 of 100 within ${seconds(found.p95)}, 99 within ${
        seconds(found.p99)
    }.`;
}

/** How it stands with the target, in one sentence. */
export function targetInWords(figures: TaskFigures, within: number, target: number): string {
    const { share, in_time: kept } = figures.sla;
    const used = budgetUsed(figures, target);
    if (share === null || used === null) return "No task has ended.";
    const missed = figures.ended - kept;
    return `${perCent(share)} completed within ${seconds(within)}; the target of ${perCent(target)} is ` +
        `${share >= target ? "met" : "missed"}. ${counted(missed, "task")} missed it, ` +
        `${perCent(used)} of what the target leaves room for.`;
}
