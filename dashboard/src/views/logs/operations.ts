// SPDX-License-Identifier: Apache-2.0
// What orchestrator-svc answers about logs, in the form in which the generator writes it.

import type { Operation } from "../../core/operation";
import type { ListLogsCall, LogPage } from "../../gen/logging";

export interface LogHistogramBucket {
    /** Where it begins; it ends where the next one begins. */
    readonly start: string;
    readonly trace: number;
    readonly debug: number;
    readonly info: number;
    readonly notice: number;
    readonly warning: number;
    readonly error: number;
    readonly critical: number;
}

export interface LogHistogram {
    /** The length of each bucket; the last one may reach beyond `until`. */
    readonly bucket_seconds: number;
    /** In the order of time, those without frames included. */
    readonly buckets: readonly LogHistogramBucket[];
    /** Whether every frame of the range was looked at. */
    readonly complete: boolean;
    /** When the oldest frame that was looked at arrived: earlier ones are not counted. Null when none was left out. */
    readonly counted_from: string | null;
    /** When the newest frame that was looked at arrived. Null when no later one was left out. */
    readonly counted_until?: string | null;
    /** Frames that were looked at. */
    readonly scanned: number;
    readonly since: string;
    readonly until: string;
}

interface Matches {
    /** Only with this value at this member of `fields`, as `NAME:VALUE`. */
    readonly field?: readonly string[] | undefined;
    /** Only without this value, as `NAME:VALUE`. */
    readonly without?: readonly string[] | undefined;
}

type ListQuery = NonNullable<ListLogsCall["query"]> & Matches;

export interface ListCall {
    readonly query?: ListQuery;
    readonly answer: LogPage;
    readonly problems: ListLogsCall["problems"];
}

/** Finds log frames. */
export const listLogs: Operation<ListCall> = { name: "listLogs", method: "GET", path: "/v1/logs", reads: "json" };

export interface CountLogsCall {
    readonly query:
        & Pick<ListQuery, "service" | "level" | "traceId" | "correlationId" | "text" | "field" | "without">
        & { readonly since: string; readonly until: string; readonly buckets?: number | undefined };
    readonly answer: LogHistogram;
    readonly problems: ListLogsCall["problems"];
}

/** Counts log frames over time, by level. */
export const countLogs: Operation<CountLogsCall> = {
    name: "countLogs",
    method: "GET",
    path: "/v1/logs/histogram",
    reads: "json",
};
