// SPDX-License-Identifier: Apache-2.0
// What orchestrator-svc answers about how work went, in the form in which the generator writes it.

import type { Operation } from "../../core/operation";

/** Durations in seconds. */
export interface Percentiles {
    /** Half took no longer, in seconds. */
    readonly p50: number;
    /** Of a hundred, five took longer. */
    readonly p95: number;
    /** Of a hundred, one took longer. */
    readonly p99: number;
}

export interface TaskSLA {
    /** Tasks that completed within the time. */
    readonly in_time: number;
    /** Their part of those ended, 0 to 1; null while none has. */
    readonly share: number | null;
}

/** What became of tasks. */
export interface TaskFigures {
    readonly cancelled: number;
    readonly completed: number;
    readonly created: number;
    /** From creation to the end, of those completed or failed; null without any. */
    readonly duration: Percentiles | null;
    /** Completed, failed or cancelled. */
    readonly ended: number;
    readonly failed: number;
    readonly sla: TaskSLA;
    /** From creation until the first run started; null without any. */
    readonly wait: Percentiles | null;
}

export interface AnalyticsBucket extends TaskFigures {
    readonly since: string;
    readonly until: string;
}

export interface Analytics {
    readonly agent: string | null;
    readonly buckets: readonly AnalyticsBucket[];
    /** Whether all tasks of the time were counted. */
    readonly complete: boolean;
    /** Tasks created before this are missing; null when none is. */
    readonly counted_from: string | null;
    readonly since: string;
    readonly sla_seconds: number;
    readonly total: TaskFigures;
    readonly until: string;
}

export interface GetAnalyticsCall {
    readonly query: {
        readonly since: string;
        readonly until: string;
        readonly buckets?: number | undefined;
        readonly agent?: string | undefined;
        readonly sla_seconds?: number | undefined;
    };
    readonly answer: Analytics;
    readonly problems: 400 | 401 | 403 | 429 | 500 | 503 | 504;
}

/** Counts and times the tasks created within a time, in equal parts. */
export const getAnalytics: Operation<GetAnalyticsCall> = {
    name: "getAnalytics",
    method: "GET",
    path: "/v1/analytics",
    reads: "json",
};
