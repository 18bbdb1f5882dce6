// SPDX-License-Identifier: Apache-2.0

import { router } from "../../core/app";
import type { Bucket } from "../../core/chart";
import { href } from "../../core/router";
import type { Series } from "../../ui/charts/marks";
import { TimeChart } from "../../ui/charts/TimeChart";
import { tasksPlace, type TaskStatus } from "../tasks/route";
import type { ViewProps } from "../view";
import {
    errorRate,
    errorRates,
    misses,
    perCent,
    percentiles,
    percentilesInWords,
    seconds,
    targetInWords,
    throughput,
    throughputInWords,
} from "./figures";
import type { Analytics } from "./operations";
import type { analyticsPlace } from "./route";

const ENDS: readonly Series[] = [
    { name: "completed", tone: "good", pattern: "plain" },
    { name: "failed", tone: "bad", pattern: "stripes" },
    { name: "cancelled", tone: "faint", pattern: "dots" },
    { name: "not ended", tone: "busy", pattern: "bars" },
];
const TIMES: readonly Series[] = [
    { name: "p50", tone: "busy", pattern: "plain" },
    { name: "p95", tone: "accent", pattern: "stripes" },
    { name: "p99", tone: "warn", pattern: "dots" },
];
const FAILED: readonly Series[] = [{ name: "failed of those ended", tone: "bad", pattern: "stripes" }];
const MISSED: readonly Series[] = [{ name: "not completed in time", tone: "warn", pattern: "stripes" }];

/** The course of the figures. Every part of every chart leads to the tasks that are counted in it. */
export function Charts(
    { analytics, query, set }: Pick<ViewProps<typeof analyticsPlace>, "query" | "set"> & {
        readonly analytics: Analytics;
    },
) {
    const { total } = analytics;
    const target = query.target / 100;
    const length = Date.parse(analytics.until) - Date.parse(analytics.since);
    const choose = (since: number, until: number): void =>
        set({ range: undefined, since: new Date(since).toISOString(), until: new Date(until).toISOString() });
    const open = (label: string, status: readonly TaskStatus[] = []) => {
        const to = (bucket: Bucket): string => {
            // The bounds as they were counted with, to the microsecond.
            const part = analytics.buckets.find((one) => Date.parse(one.since) === bucket.start);
            return href(tasksPlace, {}, { since: part?.since, until: part?.until, agent: query.agent, status });
        };
        return { label, to, go: (bucket: Bucket) => router.go(to(bucket)) };
    };
    const slow = Math.max(0, ...analytics.buckets.map((one) => one.duration?.p99 ?? 0));
    return (
        <div className="charts">
            <TimeChart
                title="Throughput"
                kind="bars"
                series={ENDS}
                buckets={throughput(analytics)}
                choose={choose}
                open={open("show its tasks")}
                summary={throughputInWords(total, length)}
            />
            <TimeChart
                title="Error rate"
                kind="bars"
                series={FAILED}
                buckets={errorRates(analytics)}
                format={perCent}
                choose={choose}
                open={open("show its failed tasks", ["failed"])}
                summary={total.ended === 0
                    ? "No task has ended."
                    : `${perCent(errorRate(total) ?? 0)} of those that have ended failed.`}
            />
            <TimeChart
                title="Missed the target"
                kind="bars"
                series={MISSED}
                buckets={misses(analytics)}
                format={perCent}
                target={{ value: 1 - target, label: "allowed, " + perCent(1 - target) }}
                choose={choose}
                open={open("show its tasks")}
                summary={targetInWords(total, query.within, target)}
            />
            <TimeChart
                title="From creation to start"
                kind="lines"
                series={TIMES}
                buckets={percentiles(analytics, "wait")}
                format={seconds}
                choose={choose}
                open={open("show its tasks")}
                summary={percentilesInWords(total.wait, "No task has started.")}
            />
            <TimeChart
                title="From creation to end"
                kind="lines"
                series={TIMES}
                buckets={percentiles(analytics, "duration")}
                format={seconds}
                // Far above everything it would press the lines together.
                target={query.within <= slow * 2 ? { value: query.within, label: "to be completed by" } : null}
                choose={choose}
                open={open("show its tasks")}
                summary={percentilesInWords(total.duration, "No task has completed or failed.")}
            />
        </div>
    );
}
