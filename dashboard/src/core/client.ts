// SPDX-License-Identifier: Apache-2.0

import type { Answer, CallShape, EventStream, Input, Operation } from "./operation";
import { ApiError, isAbort, readProblem } from "./problem";

/** What a request may carry beside what its operation takes. */
export interface RequestOptions {
    readonly signal?: AbortSignal | undefined;
    /** Sends `If-Match`: only when what is there still has this ETag. */
    readonly ifMatch?: string | undefined;
    /** Sends `If-None-Match`: an answer with the same ETag is left out (304). */
    readonly ifNoneMatch?: string | undefined;
    /** Sends `Idempotency-Key`, for operations that read it there. */
    readonly idempotencyKey?: string | undefined;
    /** Milliseconds until the request is given up; streams have no end. */
    readonly timeout?: number | undefined;
}

/** An answer with what its headers say. */
export interface Exchange<T> {
    readonly status: number;
    /** Null when the status is 304. */
    readonly answer: T | null;
    readonly etag: string | null;
    /** Whether an earlier request with the same key was answered again. */
    readonly replayed: boolean;
    readonly requestId: string | null;
}

/** Speaks with one daemon in the words of its OpenAPI document. */
export interface Client {
    call<C extends CallShape>(operation: Operation<C>, input: Input<C>, options?: RequestOptions): Promise<Answer<C>>;
    exchange<C extends CallShape>(
        operation: Operation<C>,
        input: Input<C>,
        options?: RequestOptions,
    ): Promise<Exchange<Answer<C>>>;
}

export interface ClientSettings {
    /** What goes before every path; empty for the origin of the page. */
    readonly base: string;
    readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
    /** Headers of every request: credentials, workspace. */
    readonly headers: () => Readonly<Record<string, string>>;
    /** Called when the server knows of no session, or of another one than this page. */
    readonly refused?: () => void;
    readonly timeout?: number;
}

interface Parts {
    readonly path?: Readonly<Record<string, unknown>>;
    readonly query?: Readonly<Record<string, unknown>>;
    readonly header?: Readonly<Record<string, unknown>>;
    readonly body?: unknown;
}

/** The path and query of a request; lists are repeated, what is undefined is left out. */
export function requestPath(template: string, parts: Pick<Parts, "path" | "query">): string {
    const path = template.replace(/\{([^}]+)\}/g, (_, name: string) => {
        const value = parts.path?.[name];
        if (value === undefined || value === "") throw new Error(`the path ${template} needs ${name}`);
        return encodeURIComponent(String(value));
    });
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(parts.query ?? {})) {
        if (value === undefined || value === null) continue;
        for (const one of Array.isArray(value) ? value : [value]) query.append(name, String(one));
    }
    const text = query.toString();
    return text === "" ? path : path + "?" + text;
}

export function createClient(settings: ClientSettings): Client {
    const exchange = async <C extends CallShape>(
        operation: Operation<C>,
        input: Input<C>,
        options: RequestOptions = {},
    ): Promise<Exchange<Answer<C>>> => {
        const parts = input as Parts;
        const headers: Record<string, string> = { ...settings.headers() };
        headers["Accept"] = operation.reads === "stream" ? "text/event-stream" : "application/json, */*;q=0.5";
        for (const [name, value] of Object.entries(parts.header ?? {})) {
            if (value !== undefined) headers[name] = String(value);
        }
        if (options.ifMatch !== undefined) headers["If-Match"] = options.ifMatch;
        if (options.ifNoneMatch !== undefined) headers["If-None-Match"] = options.ifNoneMatch;
        if (options.idempotencyKey !== undefined) headers["Idempotency-Key"] = options.idempotencyKey;

        const init: RequestInit = { method: operation.method, headers, credentials: "same-origin", redirect: "error" };
        if (parts.body instanceof Blob) {
            headers["Content-Type"] = "application/octet-stream";
            init.body = parts.body;
        } else if (parts.body !== undefined) {
            headers["Content-Type"] = "application/json";
            init.body = JSON.stringify(parts.body);
        }

        const limit = operation.reads === "stream" ? null : options.timeout ?? settings.timeout ?? 30_000;
        const deadline = withDeadline(options.signal, limit);
        if (deadline.signal !== undefined) init.signal = deadline.signal;
        try {
            const response = await settings.fetch(settings.base + requestPath(operation.path, parts), init);
            return await read(response, operation, settings);
        } catch (error) {
            if (deadline.expired()) throw new ApiError("unreachable", 0, null, "The server did not answer in time.");
            if (isAbort(error) || error instanceof ApiError) throw error;
            throw new ApiError("unreachable", 0, null, "The server cannot be reached.");
        } finally {
            deadline.end();
        }
    };
    return {
        exchange,
        call: async (operation, input, options) => (await exchange(operation, input, options)).answer,
    };
}

async function read<C extends CallShape>(
    response: Response,
    operation: Operation<C>,
    settings: ClientSettings,
): Promise<Exchange<Answer<C>>> {
    const facts = {
        status: response.status,
        etag: response.headers.get("ETag"),
        replayed: response.headers.get("Idempotency-Replayed") === "true",
        requestId: response.headers.get("X-Request-Id"),
    };
    if (response.status === 304) return { ...facts, answer: null };
    if (!response.ok) {
        const problem = readProblem(await response.text());
        if (response.status === 401 || problem?.code === "csrf_refused") settings.refused?.();
        const said = problem?.detail ?? (response.statusText || "The server refused the request.");
        const pause = Number(response.headers.get("Retry-After") ?? Number.NaN);
        throw new ApiError("refused", response.status, problem, said, Number.isFinite(pause) ? pause : null);
    }
    return { ...facts, answer: await content(response, operation.reads) };
}

async function content(response: Response, reads: Operation<CallShape>["reads"]): Promise<unknown> {
    switch (reads) {
        case "nothing":
            return undefined;
        case "text":
            return response.text();
        case "blob":
            return response.blob();
        case "stream": {
            if (response.body === null) {
                throw new ApiError("unreadable", response.status, null, "The stream has no body.");
            }
            const stream: EventStream<unknown> = { body: response.body };
            return stream;
        }
        case "json":
            try {
                return JSON.parse(await response.text()) as unknown;
            } catch (error) {
                if (isAbort(error)) throw error;
                throw new ApiError("unreadable", response.status, null, "The server's answer is no JSON.");
            }
    }
}

/** A signal that fires with the caller's or after the limit, whichever comes first. */
function withDeadline(signal: AbortSignal | undefined, limit: number | null) {
    if (limit === null) return { signal, expired: () => false, end: () => undefined };
    const controller = new AbortController();
    let late = false;
    const timer = setTimeout(() => {
        late = true;
        controller.abort();
    }, limit);
    const pass = (): void => controller.abort();
    if (signal?.aborted === true) controller.abort();
    signal?.addEventListener("abort", pass);
    return {
        signal: controller.signal,
        expired: () => late,
        end: () => {
            clearTimeout(timer);
            signal?.removeEventListener("abort", pass);
        },
    };
}
