// SPDX-License-Identifier: Apache-2.0

import type { Problem } from "../gen/orchestrator";

export type { Problem };

/** Why a request came to nothing: refused with a problem, not answered at all, or answered with something unreadable. */
export type Trouble = "refused" | "unreachable" | "unreadable";

/** A request that failed. An aborted one is an `AbortError` of the platform instead. */
export class ApiError extends Error {
    constructor(
        readonly trouble: Trouble,
        /** The status of the answer; 0 when there was none. */
        readonly status: number,
        /** The daemon's words, when it said any. */
        readonly problem: Problem | null,
        message: string,
        /** The pause that the daemon asked for. */
        readonly retryAfterSeconds: number | null = null,
    ) {
        super(message);
        this.name = "ApiError";
    }

    /** Whether the same request may succeed a little later. */
    get isPassing(): boolean {
        return this.trouble === "unreachable" || this.status === 429 || this.status >= 500;
    }
}

/** Whether an error only says that nobody waits for the answer any more. */
export function isAbort(error: unknown): boolean {
    return error instanceof Error && error.name === "AbortError";
}

/** One sentence for a person about anything that was thrown. */
export function inWords(error: unknown): string {
    return error instanceof Error && error.message !== "" ? error.message : "Something went wrong.";
}

/** Reads problem+json; null for anything else. */
export function readProblem(text: string): Problem | null {
    try {
        const value: unknown = JSON.parse(text);
        if (typeof value !== "object" || value === null) return null;
        const found = value as Partial<Problem>;
        const isOne = typeof found.status === "number" && typeof found.code === "string" &&
            typeof found.detail === "string";
        return isOne ? (found as Problem) : null;
    } catch {
        return null;
    }
}
